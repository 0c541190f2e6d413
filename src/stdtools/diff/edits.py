"""The shortest edit script, exactly, of sequences that are nearly the same, however long (Myers, 1986)."""

from array import array
from collections.abc import Sequence

from stdtools.diff.effort import Effort
from stdtools.diff.trimming import same_ahead

Run = tuple[int, int, int]  # a place in A, one in B, and how many items are equal from there on


def few_edits(a: list[int], b: list[int], most: int, effort: Effort) -> list[Run] | None:
    """Return the runs that *a* and *b* have in common, None if more than *most* items are not in them.

    Raises OutOfTime.
    """
    most = min(most, len(a) + len(b))
    if abs(len(a) - len(b)) > most:
        return None
    reached = [0] * (2 * most + 3)  # by diagonal, the place in A
    history: list[Sequence[int]] = []
    middle = most + 1
    for edits in range(most + 1):
        effort.check()
        history.append(array("q", reached[middle - edits - 1 : middle + edits + 2 : 2]))
        for diagonal in range(-edits, edits + 1, 2):
            at = middle + diagonal
            right, down = reached[at - 1] + 1, reached[at + 1]
            i = down if diagonal == -edits or (diagonal != edits and right <= down) else right
            j = i - diagonal
            if i < len(a) and j < len(b) and a[i] == b[j]:
                i += same_ahead(a, i, b, j, min(len(a) - i, len(b) - j))
            reached[at] = i
            if i == len(a) and i - diagonal == len(b):
                return _way_back(history, len(a), len(b))
    return None


def _way_back(history: list[Sequence[int]], i: int, j: int) -> list[Run]:
    """Return the runs on the way to *i* and *j*; *history* has for each number of edits where one less had reached.

    Every second diagonal is in it, as the others cannot be reached with that number.
    """
    runs: list[Run] = []
    for edits in range(len(history) - 1, -1, -1):
        diagonal = i - j
        start, before = 0, (0, 0)
        if edits:
            above = (diagonal + edits) // 2
            right, down = history[edits][above] + 1, history[edits][above + 1]
            if diagonal == -edits or (diagonal != edits and right <= down):
                start, before = down, (down, down - diagonal - 1)
            else:
                start, before = right, (right - 1, right - diagonal)
        if i > start:
            runs.append((start, start - diagonal, i - start))
        i, j = before
    return runs[::-1]
