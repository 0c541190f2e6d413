"""The longest common subsequence, exactly, in numbers of many bits.

A row of the table of lengths is a number: the bit of a column is 0 where the length grows. One row follows from the one
above in four operations on whole numbers, whatever the lines are, so no input is worse than another. The method is
Hyyrö's (Bit-parallel LCS-length computation revisited, 2004). Rows are kept for a part of the table at a time and
computed again when the way back comes to it: keeping all of them takes longer, as memory that is new is slow.
"""

from collections.abc import Sequence

from stdtools.diff.effort import Effort

KEPT = 4 << 20  # bytes of rows
MASKS = 64 << 20  # bytes of masks
FEW = 3  # places that are put together each time
CHECKED = 1 << 22  # bytes of rows between two looks at the clock


def longest(a: Sequence[int], b: Sequence[int], effort: Effort) -> list[tuple[int, int]]:
    """Return the places in *a* and *b* of a longest common subsequence. Raises OutOfTime."""
    if len(a) < len(b):
        return [(i, j) for j, i in longest(b, a, effort)]
    width = len(a)
    masks = _Masks(a)
    size = width // 8 + 1
    part = max(KEPT // size, 1)
    full = (1 << width) - 1
    tops = [full]
    for start in range(part, len(b), part):
        tops.append(_rows(tops[-1], b[start - part : start], masks, full, effort, keep=False)[0])
    found: list[tuple[int, int]] = []
    end, column = width, -1  # of A, the part that is still to be matched, and what is known to be matched next
    for start in range((len(tops) - 1) * part, -1, -part):
        rows = _rows(tops.pop(), b[start : start + part], masks, full, effort, keep=True)
        for row in range(len(rows) - 1, 0, -1):
            if column < 0:
                column = _highest_zero(rows[row], end)
                if column < 0:
                    return found[::-1]
            if rows[row - 1] >> column & 1:
                found.append((column, start + row - 1))
                end, column = column, -1
    return found[::-1]


class _Masks(dict[int, int]):
    """For each item, the bits of its places; those of frequent ones are kept, while there is room."""

    def __init__(self, items: Sequence[int]) -> None:
        self._size = len(items) // 8 + 1
        self._room = MASKS // self._size
        self._places: dict[int, list[int]] = {}
        for place, item in enumerate(items):
            self._places.setdefault(item, []).append(place)

    def __missing__(self, item: int) -> int:
        places = self._places.get(item, ())
        if len(places) <= FEW:
            return sum([1 << place for place in places])
        bits = bytearray(self._size)
        for place in places:
            bits[place >> 3] |= 1 << (place & 7)
        mask = int.from_bytes(bits, "little")
        if len(self) < self._room:
            self[item] = mask
        return mask


def _rows(row: int, items: Sequence[int], masks: _Masks, full: int, effort: Effort, *, keep: bool) -> list[int]:
    """Return the rows below *row*, after it, or the last of them alone."""
    rows = [row]
    some = CHECKED // (full.bit_length() // 8 + 1) + 1
    for start in range(0, len(items), some):
        effort.check()
        for item in items[start : start + some]:
            grown = row & masks[item]
            row = ((row + grown) | (row ^ grown)) & full
            if keep:
                rows.append(row)
    return rows if keep else [row]


def _highest_zero(row: int, end: int) -> int:
    """Return the highest bit of *row* below *end* that is 0; -1 if there is none."""
    low = max(end - 60, 0)
    near = ~(row >> low) & ((1 << (end - low)) - 1)
    if near:
        return low + near.bit_length() - 1
    return (~row & ((1 << low) - 1)).bit_length() - 1
