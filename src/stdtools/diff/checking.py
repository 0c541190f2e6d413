"""A comparison is checked before anything of it is shown: what is printed rebuilds B from A, byte for byte."""

from stdtools.diff.comparison import Change, Comparison
from stdtools.diff.places import Places
from stdtools.diff.trimming import lines_between, same_ahead


class WrongComparison(Exception):
    """A comparison that would not make B of A: a bug."""


def check(comparison: Comparison, keys: tuple[bytes, bytes] | None = None) -> None:
    """Raise WrongComparison unless A with the changes made is B.

    All between the changes has to be equal, and the lines have to be where the bytes are. With *keys* they are what is
    equal.
    """
    a, b, changes = comparison.a, comparison.b, comparison.changes
    if keys:
        _check_places(comparison)
        a, b = keys
        of_a, of_b = Places(a), Places(b)
        changes = [
            change._replace(
                a_start=of_a.start(change.a1),
                a_end=of_a.start(change.a2),
                b_start=of_b.start(change.b1),
                b_end=of_b.start(change.b2),
            )
            for change in changes
        ]
    end = Change(*(comparison.a_lines,) * 2, *(comparison.b_lines,) * 2, *(len(a),) * 2, *(len(b),) * 2)
    line = other = i = j = 0
    for number, change in enumerate((*changes, end)):
        a1, a2, b1, b2, a_start, a_end, b_start, b_end = change
        size = a_start - i
        if size < 0 or size != b_start - j or same_ahead(a, i, b, j, size) != size:
            raise WrongComparison(f"the lines before change {number} are not equal")
        lines = lines_between(a, i, a_start)
        if a1 - line != lines or b1 - other != lines or (not lines and 0 < number < len(changes)):
            raise WrongComparison(f"change {number} is not at line {a1} and {b1}")
        if a2 - a1 != lines_between(a, a_start, a_end) or b2 - b1 != lines_between(b, b_start, b_end):
            raise WrongComparison(f"change {number} has not the lines {a1} to {a2} and {b1} to {b2}")
        if change is not end and not ((a2 > a1 or b2 > b1) and _cuts(a, a_start, a_end) and _cuts(b, b_start, b_end)):
            raise WrongComparison(f"change {number} does not begin and end with a line")
        line, other, i, j = a2, b2, a_end, b_end


def _cuts(text: bytes, start: int, end: int) -> bool:
    return 0 <= start <= end <= len(text) and all(
        at in (0, len(text)) or text[at - 1] == 10 for at in (start, end)
    )


def _check_places(comparison: Comparison) -> None:
    of_a, of_b = Places(comparison.a), Places(comparison.b)
    for number, change in enumerate(comparison.changes):
        a1, a2, b1, b2, *bytes_ = change
        if bytes_ != [of_a.start(a1), of_a.start(a2), of_b.start(b1), of_b.start(b2)]:
            raise WrongComparison(f"change {number} has other bytes than its lines")
