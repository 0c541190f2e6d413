"""Sorted inputs merged in blocks: what is below the end of every block that is in memory can be put in order at once.

``list.sort`` finds the runs that the blocks are, and merges them; ``heapq.merge`` would ask Python for each line.
"""

import os
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from stdtools.shared.errors import ToolError, raise_os_error
from stdtools.shared.inputs import split_lines
from stdtools.shared.streams import STDIN, Input

MOST = 64 << 20  # bytes that are in memory, of all inputs together
LARGEST, SMALLEST = 1 << 18, 1 << 12  # bytes that are read at a time

Items = list[Any]  # lines, or pairs of a key and a line
KeysOf = Callable[[list[bytes], str, int], list[tuple[Any, bytes]]]  # of lines, their input, the number of the first
Key = Callable[[Any], Any] | None  # of an item; None where it is the item itself


class Sorted:
    """One input: its lines, a block at a time, in order or complained of. Files are opened for each block alone."""

    def __init__(self, path: str, keys_of: KeysOf | None, size: int) -> None:
        self.name = "standard input" if path == "-" else path
        self._path = path
        self._keys_of = keys_of
        self._key: Key = None if keys_of is None else itemgetter(0)
        self._size = size
        self._identity: tuple[int, int] | None = None
        self._offset = 0
        self._pipe: Input | None = None
        self._rest = b""
        self._ended = False
        self._number = 0  # of lines that were read
        self._last: Items = []
        self.items: Items = []
        if path == "-":
            self._pipe = Input(STDIN, self.name)
            return
        fd = self._open()
        found = os.fstat(fd)
        if Input(fd, path).is_file or (found.st_size == 0 and os.path.isfile(path)):
            os.close(fd)
        else:
            self._pipe = Input(fd, path)

    def _open(self) -> int:
        try:
            fd = os.open(self._path, os.O_RDONLY)
            found = os.fstat(fd)
        except OSError as error:
            raise_os_error(error, self._path)
        identity = (found.st_dev, found.st_ino)
        if self._identity not in (None, identity):
            os.close(fd)
            raise ToolError("was replaced while it was read", where=self._path)
        self._identity = identity
        return fd

    def _read(self, size: int) -> bytes:
        if self._pipe is not None:
            return self._pipe.read(size)
        fd = self._open()
        try:
            data = os.pread(fd, size, self._offset)
        except OSError as error:
            raise_os_error(error, self._path)
        finally:
            os.close(fd)
        self._offset += len(data)
        return data

    def fill(self) -> bool:
        """Read on where nothing is in memory; say whether there is anything."""
        while not self.items and not self._ended:
            parts = [self._rest]
            while True:
                block = self._read(self._size)
                end = block.rfind(b"\n") + 1
                if end or not block:
                    parts.append(block[:end])
                    break
                parts.append(block)
            self._rest = block[end:]
            self._ended = not block
            self._take(split_lines(b"".join(parts)))
        return bool(self.items)

    def _take(self, lines: list[bytes]) -> None:
        items: Items = lines if self._keys_of is None else self._keys_of(lines, self.name, self._number + 1)
        together = self._last + items
        if sorted(together, key=self._key) != together:
            at = next(at for at in range(1, len(together)) if _less(together[at], together[at - 1], self._key))
            where = f"{self.name}:{self._number + 1 + at - len(self._last)}"
            raise Unsorted("is not in order", where=where, hint="sort it first")
        self._number += len(lines)
        self._last = items[-1:] or self._last
        self.items = items


class Unsorted(ToolError):
    """A line that belongs before the one before it."""


def _less(one: Any, other: Any, key: Key) -> bool:
    less: bool = one < other if key is None else key(one) < key(other)
    return less


def merge(paths: list[str], keys_of: KeysOf | None = None, *, unique: bool = False) -> Iterator[list[bytes]]:
    """Yield the lines of all *paths*, many at a time, in order; equal ones in the order of the paths.

    Lines are ordered by their bytes, or by what *keys_of* has for them. With *unique* the first of those with equal
    keys alone. Raises Unsorted, and ToolError for what cannot be read.
    """
    key: Key = None if keys_of is None else itemgetter(0)
    size = max(SMALLEST, min(LARGEST, MOST // max(1, len(paths))))
    sources = [Sorted(path, keys_of, size) for path in paths]
    last: Items = []
    while sources := [source for source in sources if source.fill()]:
        ends = [source.items[-1] for source in sources]
        bound = min(ends) if key is None else min(map(key, ends))
        ready: Items = []
        more = False  # whether one of them may go on with what is equal, which belongs before that of the next
        for source in sources:
            at = (bisect_left if more else bisect_right)(source.items, bound, key=key)
            ready += source.items[:at]
            del source.items[:at]
            more = more or (key is not None and not source.items)
        ready.sort(key=key)
        if unique:
            ready = [next(group) for _, group in groupby(last + ready, key=key)][len(last) :]
            last = ready[-1:] or last
        yield ready if key is None else [line for _, line in ready]
