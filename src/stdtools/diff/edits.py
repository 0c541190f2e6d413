"""The shortest edit script, exactly, of sequences that are nearly the same, however long (Myers, 1986)."""

from stdtools.diff.effort import Effort
from stdtools.diff.trimming import same_ahead

Run = tuple[int, int, int]  # a place in A, one in B, and how many items are equal from there on


def few_edits(a: list[int], b: list[int], effort: Effort) -> list[Run] | None:
    """Return the runs that *a* and *b* have in common, None if more than ``effort.edits`` items are not in them.

    Raises OutOfTime.
    """
    most = min(effort.edits, len(a) + len(b))
    if abs(len(a) - len(b)) > most:
        return None
    reached = [0] * (2 * most + 3)  # by diagonal, the place in A
    history: list[list[int]] = []
    middle = most + 1
    for edits in range(most + 1):
        effort.check()
        history.append(reached[middle - edits - 1 : middle + edits + 2])
        for diagonal in range(-edits, edits + 1, 2):
            at = middle + diagonal
            i = reached[at + 1] if _comes_down(reached, at, diagonal, edits) else reached[at - 1] + 1
            j = i - diagonal
            if i < len(a) and j < len(b) and a[i] == b[j]:
                i += same_ahead(a, i, b, j, min(len(a) - i, len(b) - j))
            reached[at] = i
            if i == len(a) and i - diagonal == len(b):
                return _way_back(history, len(a), len(b))
    return None


def _comes_down(reached: list[int], at: int, diagonal: int, edits: int) -> bool:
    """Return whether the way to this diagonal is an insertion and no deletion."""
    return diagonal == -edits or (diagonal != edits and reached[at - 1] < reached[at + 1])


def _way_back(history: list[list[int]], i: int, j: int) -> list[Run]:
    runs: list[Run] = []
    for edits in range(len(history) - 1, -1, -1):
        reached, middle = history[edits], edits + 1
        diagonal = i - j
        at = middle + diagonal
        if not edits:
            start, before = 0, (0, 0)
        elif _comes_down(reached, at, diagonal, edits):
            start = reached[at + 1]
            before = (start, start - diagonal - 1)
        else:
            start = reached[at - 1] + 1
            before = (start - 1, start - diagonal)
        if i > start:
            runs.append((start, start - diagonal, i - start))
        i, j = before
    return runs[::-1]
