"""A comparison is checked before anything of it is shown: what is printed rebuilds B from A, byte for byte."""

from stdtools.diff.comparison import Comparison, lines_between
from stdtools.diff.places import Places
from stdtools.diff.trimming import MOST, same_ahead

NEWLINE = 10


class WrongComparison(Exception):
    """A comparison that would not make B of A: a bug."""


def check(comparison: Comparison, keys: tuple[bytes, bytes] | None = None, *, count: bool = False) -> None:
    """Raise WrongComparison unless A with the changes made is B.

    All between the changes has to be equal, and each change has to consist of as many whole lines as it says. With
    *keys* they are what is equal. With *count* the lines between the changes are counted too, which takes as long as
    all else.
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
    line = other = i = j = 0
    a_ends, b_ends = (0, len(a)), (0, len(b))
    for number, change in enumerate(changes):
        a1, a2, b1, b2, a_start, a_end, b_start, b_end = change
        whole = (
            i <= a_start <= a_end <= len(a)
            and j <= b_start <= b_end <= len(b)
            and (a_start in a_ends or a[a_start - 1] == NEWLINE)
            and (a_end in a_ends or a[a_end - 1] == NEWLINE)
            and (b_start in b_ends or b[b_start - 1] == NEWLINE)
            and (b_end in b_ends or b[b_end - 1] == NEWLINE)
        )
        if not whole or (a1 == a2 and b1 == b2):
            raise WrongComparison(f"change {number} does not begin and end with a line")
        size = a_start - i
        if size != b_start - j or not _equal(a, i, b, j, size):
            raise WrongComparison(f"the lines before change {number} are not equal")
        lines = lines_between(a, i, a_start) if count else a1 - line
        if a1 - line != lines or b1 - other != lines or lines > size or (not lines and number):
            raise WrongComparison(f"change {number} is not at line {a1} and {b1}")
        if a2 - a1 != lines_between(a, a_start, a_end) or b2 - b1 != lines_between(b, b_start, b_end):
            raise WrongComparison(f"change {number} has not the lines {a1} to {a2} and {b1} to {b2}")
        line, other, i, j = a2, b2, a_end, b_end
    if len(a) - i != len(b) - j or not _equal(a, i, b, j, len(a) - i):
        raise WrongComparison("the lines behind the last change are not equal")


def _equal(a: bytes, i: int, b: bytes, j: int, size: int) -> bool:
    if size <= MOST:
        return a[i : i + size] == b[j : j + size]
    return same_ahead(a, i, b, j, size) == size


def _check_places(comparison: Comparison) -> None:
    of_a, of_b = Places(comparison.a), Places(comparison.b)
    for number, change in enumerate(comparison.changes):
        a1, a2, b1, b2, *bytes_ = change
        if bytes_ != [of_a.start(a1), of_a.start(a2), of_b.start(b1), of_b.start(b2)]:
            raise WrongComparison(f"change {number} has other bytes than its lines")
