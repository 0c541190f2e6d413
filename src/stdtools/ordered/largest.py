"""The largest of any number of lines, in memory for those alone."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from heapq import nlargest, nsmallest
from typing import Any

from stdtools.ordered.keys import number_in
from stdtools.shared.inputs import split_lines

EXACT = 1 << 53  # floats tell ints below it from each other

Kept = tuple[Any, int, bytes]  # what it is ordered by, its place backwards, the line


class Largest:
    """The *most* largest lines, or with *smallest* the smallest; of equal ones the first that came.

    ``add_numbers`` takes blocks of lines that begin with a number; ``add`` lines with their keys. ``missing`` counts
    those without.
    """

    def __init__(self, most: int, *, smallest: bool = False) -> None:
        self.missing = 0
        self.seen = 0
        self._most = most
        self._smallest = smallest
        self._best: list[Kept] = []

    def add_numbers(self, block: bytes) -> None:
        """Add the lines of a block, each ordered by the number at its beginning."""
        lines = split_lines(block)
        keys = _numbers(lines, block)
        if keys is None:
            found = [(number_in(line), line) for line in lines]
            self.missing += sum(key is None for key, _ in found)
            lines = [line for key, line in found if key is not None]
            keys = [key for key, _ in found if key is not None]
        self._add_many(keys, lines)

    def _add_many(self, keys: Sequence[Any], lines: list[bytes]) -> None:
        if not keys:
            return
        place = self.seen
        self.seen += len(keys)
        if len(self._best) == self._most:
            edge = self._best[-1][0]
            if (min(keys) >= edge) if self._smallest else (max(keys) <= edge):
                return
            chosen: Iterable[int] = (
                [at for at, key in enumerate(keys) if key < edge]
                if self._smallest
                else [at for at, key in enumerate(keys) if key > edge]
            )
        else:
            chosen = range(len(keys))
        self._keep([(keys[at], -place - at, lines[at]) for at in chosen])

    def add(self, records: Iterable[tuple[bytes, Any]]) -> None:
        """Add records, each with what it is ordered by, None where it lacks that."""
        keys, lines = [], []
        for record, key in records:
            if key is None:
                self.missing += 1
                continue
            keys.append(key)
            lines.append(record)
            if len(keys) == 1 << 14:
                self._add_many(keys, lines)
                keys, lines = [], []
        self._add_many(keys, lines)

    def _keep(self, more: list[Kept]) -> None:
        both = self._best + more
        if self._smallest:
            self._best = nsmallest(self._most, both, key=lambda kept: (kept[0], -kept[1]))
        else:
            self._best = nlargest(self._most, both, key=lambda kept: kept[:2])

    def lines(self) -> list[bytes]:
        """Return the lines, the largest first, or the smallest."""
        return [line for _, _, line in self._best]


def _numbers(lines: list[bytes], block: bytes) -> Sequence[Any] | None:
    """Return what ``number_in`` finds in *lines*, those of *block*, all at once; None where that is not sure."""
    if any(odd in block for odd in (b"_", b"n", b"N")):  # int and float take 1_000, inf and nan
        return None
    with suppress(ValueError):
        return list(map(int, lines))
    with suppress(ValueError):
        keys = list(map(float, lines))
        if max(map(abs, keys)) < EXACT:
            return keys
    return None
