"""Finds what differs between two texts."""

import time
from collections.abc import Callable
from itertools import accumulate

from stdtools.diff.comparison import Change, Comparison, split_lines
from stdtools.diff.effort import LARGE, LATE, QUICK, Effort
from stdtools.diff.mending import lines, mended
from stdtools.diff.places import Places
from stdtools.diff.resuming import regions
from stdtools.diff.sliding import slide
from stdtools.diff.solving import shared, solve
from stdtools.diff.trimming import core

ALGORITHMS = ("fast", "minimal", "patience", "difflib")
AS_A_WHOLE = 1 << 15  # bytes: where so little is left, no line in it is skipped
ONCE_MORE = 1 << 21  # bytes: so much is looked at a second time, as a whole
ORDINARY = QUICK, 1_000_000, 500  # cells, pairs and edits of an Effort: about a second
THOROUGH = 50 * QUICK, 5_000_000, 6_000  # about a minute

Texts = tuple[bytes, bytes]
Found = tuple[list[Change], str]


def compare(
    a: bytes,
    b: bytes,
    *,
    algorithm: str = "fast",
    deadline: float | None = None,
    keys: Texts | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Comparison:
    """Return what differs between the texts *a* and *b*, line by line.

    *algorithm* is ``fast``: few lines at little cost; ``minimal``: as few as there can be, whatever it costs;
    ``patience``: what both texts have once is matched first; or ``difflib``: what ``difflib.SequenceMatcher`` finds.
    *keys* are two texts with as many lines as *a* and *b*, that are compared instead of them. When *deadline* has
    passed, in seconds by *clock*, what has not been looked at becomes one change; difflib knows none. Raises
    ValueError for another algorithm.
    """
    if algorithm not in ALGORITHMS:
        raise ValueError(f"{algorithm!r} is none of {', '.join(ALGORITHMS)}")
    a_key, b_key = keys or (a, b)
    if algorithm == "difflib":
        changes, why = _by_difflib(a_key, b_key)
    else:
        thorough = algorithm == "minimal"
        limits = THOROUGH if thorough else ORDINARY
        effort = Effort(*limits, patience=algorithm == "patience", deadline=deadline, clock=clock)
        changes, why = _found(a_key, b_key, effort, thorough=thorough)
        changes = slide(a_key, b_key, changes)
    if keys:
        changes = _placed(a, b, changes)
    return Comparison(a, b, changes, not why, why)


def _found(a: bytes, b: bytes, effort: Effort, *, thorough: bool) -> Found:
    """Return what differs, by the cheapest way that is sure, and otherwise by the cheapest."""
    rest = core(a, b)
    if rest is None:
        return [], ""
    size = max(rest.a_end - rest.a_start, rest.b_end - rest.b_start)
    if effort.patience or size <= AS_A_WHOLE:
        return _proven(a, b, *solve(a, b, rest, effort))
    changes: list[Change] = []
    why, number = "", 0
    for region in regions(a, b, rest, effort):
        some, doubt = solve(a, b, region, effort)
        changes += some
        why, number = why or doubt, number + 1
    if number == 1 or why == LATE:
        return _proven(a, b, changes, why)
    twice = shared(a, b, changes)
    if not twice:
        return changes, ""
    cheap = (rest.a2 - rest.a1) * (rest.b2 - rest.b1) <= QUICK or lines(changes) <= effort.edits
    if thorough or (cheap and size <= ONCE_MORE):
        again, why = solve(a, b, rest, effort)
        return (again, why) if not why or lines(again) < lines(changes) else (changes, why)
    return mended(a, b, changes, twice, effort), LARGE


def _proven(a: bytes, b: bytes, changes: list[Change], why: str) -> Found:
    """Return *changes*, without a doubt where there is no reason for one."""
    return changes, why if why == LATE or (why and shared(a, b, changes)) else ""


def _by_difflib(a: bytes, b: bytes) -> Found:
    from difflib import SequenceMatcher

    a_lines, b_lines = split_lines(a), split_lines(b)
    a_at, b_at = (list(accumulate(map(len, lines), initial=0)) for lines in (a_lines, b_lines))
    opcodes = SequenceMatcher(None, a_lines, b_lines).get_opcodes()
    changes = [
        Change(a1, a2, b1, b2, a_at[a1], a_at[a2], b_at[b1], b_at[b2])
        for tag, a1, a2, b1, b2 in opcodes
        if tag != "equal"
    ]
    return _proven(a, b, changes, "difflib")


def _placed(a: bytes, b: bytes, changes: list[Change]) -> list[Change]:
    """Return *changes* with the bytes that their lines have in *a* and *b*."""
    of_a, of_b = Places(a), Places(b)
    return [
        Change(a1, a2, b1, b2, of_a.start(a1), of_a.start(a2), of_b.start(b1), of_b.start(b2))
        for a1, a2, b1, b2, *_ in changes
    ]
