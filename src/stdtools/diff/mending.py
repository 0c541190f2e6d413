"""A second look at changes that are near each other, where a line is deleted in one and inserted in another."""

from collections.abc import Iterator, Sequence

from stdtools.diff.comparison import Change
from stdtools.diff.effort import Effort
from stdtools.diff.places import pieces
from stdtools.diff.solving import solve

NEAR = 200  # lines between two changes that are looked at together
TOGETHER = 2_000  # lines of a side that are
IN_ALL = 200_000  # lines that are looked at again


def mended(a: bytes, b: bytes, changes: Sequence[Change], shared: set[bytes], effort: Effort) -> list[Change]:
    """Return *changes* with those solved anew, together, that may have missed that a line is in both texts.

    *shared* are the lines that are deleted and inserted. It never gets worse: what is found anew is taken if it is
    less.
    """
    result: list[Change] = []
    left = IN_ALL
    for group in _groups(a, b, changes, shared):
        first, last = group[0], group[-1]
        left -= max(last.a2 - first.a1, last.b2 - first.b1) if len(group) > 1 else 0
        if len(group) == 1 or left < 0:
            result += group
            continue
        region = Change(first.a1, last.a2, first.b1, last.b2, first.a_start, last.a_end, first.b_start, last.b_end)
        again, _ = solve(a, b, region, effort)
        result += again if lines(again) < lines(group) else group
    return result


def lines(changes: Sequence[Change]) -> int:
    """Return how many lines are deleted or inserted."""
    return sum(change.a2 - change.a1 + change.b2 - change.b1 for change in changes)


def _groups(a: bytes, b: bytes, changes: Sequence[Change], shared: set[bytes]) -> Iterator[list[Change]]:
    """Yield all changes, those together that are near each other and share a line."""
    group: list[Change] = []
    waiting: list[Change] = []  # behind the group, and sharing nothing with it so far
    deleted: set[bytes] = set()
    inserted: set[bytes] = set()
    for change in changes:
        apart = change.a1 - (waiting or group)[-1].a2 if group else 0
        first = group[0] if group else change
        size = max(change.a2 - first.a1, change.b2 - first.b1)
        if group and (apart > NEAR or size > TOGETHER):
            yield group
            yield from ([one] for one in waiting)
            group, waiting, deleted, inserted = [], [], set(), set()
            size = max(change.a2 - change.a1, change.b2 - change.b1)
        if size > TOGETHER:
            yield [change]
            continue
        gone = shared.intersection(pieces(a, change.a_start, change.a_end))
        come = shared.intersection(pieces(b, change.b_start, change.b_end))
        if not group:
            group = [change]
        elif not gone.isdisjoint(inserted) or not come.isdisjoint(deleted):
            group += [*waiting, change]
            waiting = []
        else:
            waiting.append(change)
        deleted |= gone
        inserted |= come
    if group:
        yield group
    yield from ([one] for one in waiting)
