"""Runs of rows on disk, sorted by their keys, which one process writes and others read and merge."""

import marshal
import os
import struct
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Any, NamedTuple
from zlib import crc32

from stdtools.par.ordering import place
from stdtools.par.tallies import shown
from stdtools.shared.errors import ToolError
from stdtools.shared.scratch import scratch_file, scratch_trouble

Piece = tuple[list[Any], list[Any]]  # keys, and what belongs to each
Rows = list[tuple[Any, Any, Any]]  # what puts the key in its place, the key, what belongs to it

PIECE = 500  # rows that are written and read back at a time
_LARGE = 1 << 18  # bytes of a piece, where it has several rows
_HEAD = struct.Struct("<QI")  # bytes, and their CRC-32
_FIRST = itemgetter(0)


class Run(NamedTuple):
    """Where a run is; plain values, for another process."""

    store: int
    offset: int  # bytes
    length: int
    partition: int
    is_text: bool  # all keys are str


class Store:
    """A file without a name, the *number*-th of all.

    It is made before the processes are forked that share it. One of them at a time appends to it; all can read.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        try:
            self._file = scratch_file()
        except OSError as error:
            raise _trouble(error) from None
        self._fd = self._file.fileno()

    def append(self, partition: int, pieces: Iterable[Piece]) -> Run:
        """Write a run. Raises ToolError when the disk is full, or for a value that marshal cannot write."""
        try:
            offset = end = os.fstat(self._fd).st_size
            is_text = True
            for keys, values in pieces:
                is_text = is_text and {str}.issuperset(map(type, keys))
                for data in _packed(keys, values):
                    view = memoryview(data)
                    while view:
                        written = os.pwrite(self._fd, view, end)
                        view, end = view[written:], end + written
        except OSError as error:
            raise _trouble(error) from None
        return Run(self.number, offset, end - offset, partition, is_text)

    def read(self, run: Run) -> Iterator[Piece]:
        """Yield the pieces of *run*. Raises ToolError where they are not as they were written."""
        offset, end = run.offset, run.offset + run.length
        while offset < end:
            size, check = _HEAD.unpack(self._read(_HEAD.size, offset))
            data = self._read(min(size, end - offset), offset + _HEAD.size)  # a size may be torn, too
            if crc32(data) != check:
                raise _damage()
            offset += _HEAD.size + size
            yield marshal.loads(data)  # noqa: S302 - written by one of us

    def _read(self, size: int, offset: int) -> bytes:
        parts = []
        while size:
            try:
                data = os.pread(self._fd, size, offset)
            except OSError as error:
                raise _trouble(error) from None
            if not data:
                raise _damage()
            parts.append(data)
            size, offset = size - len(data), offset + len(data)
        return b"".join(parts)

    def raw(self, run: Run) -> bytes:
        """Return *run* as it is written, for ``append_raw`` on another machine."""
        return self._read(run.length, run.offset)

    def append_raw(self, data: bytes, *, is_text: bool) -> Run:
        """Write what ``raw`` has returned, as a run of partition 0. Raises ToolError."""
        try:
            offset = os.fstat(self._fd).st_size
            view = memoryview(data)
            while view:
                view = view[os.pwrite(self._fd, view, offset + len(data) - len(view)) :]
        except OSError as error:
            raise _trouble(error) from None
        return Run(self.number, offset, len(data), 0, is_text)

    def fileno(self) -> int:
        """Return the descriptor, for a lock on it."""
        return self._fd

    def close(self) -> None:
        """Give the space back, when all that share it have closed it."""
        self._file.close()


def pieces_of(rows: Iterable[tuple[Any, Any]]) -> Iterator[Piece]:
    """Yield *rows*, pairs of a key and what belongs to it, as ``Store.append`` takes them."""
    keys: list[Any] = []
    values: list[Any] = []
    for key, value in rows:
        keys.append(key)
        values.append(value)
        if len(keys) == PIECE:
            yield keys, values
            keys, values = [], []
    if keys:
        yield keys, values


def _packed(keys: list[Any], values: list[Any]) -> Iterator[bytes]:
    """Yield the bytes of a piece, or of several where values are long."""
    try:
        data = marshal.dumps((keys, values))
    except ValueError:
        if len(keys) == 1:
            raise ToolError(
                f"{shown(values[0])} cannot be kept",
                where=f"key {shown(keys[0])}",
                hint="values are None, numbers, str, bytes, and tuples, lists, dicts and sets of these",
            ) from None
        data = b""
    if len(keys) > 1 and not 0 < len(data) <= _LARGE:
        half = len(keys) // 2
        yield from _packed(keys[:half], values[:half])
        yield from _packed(keys[half:], values[half:])
    else:
        yield _HEAD.pack(len(data), crc32(data)) + data


class _Head:
    """The piece of a run that is in memory, and what of it is still to come."""

    def __init__(self, pieces: Iterator[Piece], places: Callable[[list[Any]], list[Any]]) -> None:
        self._pieces = pieces
        self._places = places
        self.last: Any = None
        self.load()

    def load(self) -> bool:
        """Read the next piece; tell whether there is one."""
        self._keys, self._values = next(self._pieces, ([], []))
        self._at = 0
        self.places = self._places(self._keys)
        return bool(self.places)

    def take(self, bound: Any) -> Rows:
        """Return the rows up to *bound*, that too."""
        start, self._at = self._at, bisect_right(self.places, bound, self._at)
        part = slice(start, self._at)
        return list(zip(self.places[part], self._keys[part], self._values[part], strict=True))

    def goes_on(self) -> bool:
        """Tell whether there are more rows."""
        return self._at < len(self.places) or self.load()


def merged(runs: Sequence[Run], stores: Sequence[Store]) -> Iterator[Rows]:
    """Yield the rows of *runs* in order, in lists of which none parts equal keys; a piece of each run is in memory.

    No run has a key twice, so up to the least of the last keys of all pieces nothing is still to come. Sorting what
    consists of sorted parts takes 215 ns a row with reading, ``heapq.merge`` 350.
    """
    places = list if all(run.is_text for run in runs) else _places
    heads = [_Head(stores[run.store].read(run), places) for run in runs]
    heads = [head for head in heads if head.places]
    while heads:
        bound = min(head.places[-1] for head in heads)
        rows: Rows = []
        for head in heads:
            rows += head.take(bound)
        rows.sort(key=_FIRST)
        yield rows
        heads = [head for head in heads if head.goes_on()]


def _places(keys: list[Any]) -> list[Any]:
    return list(map(place, keys))


def _trouble(error: OSError) -> ToolError:
    return scratch_trouble("what is to be reduced", error)


def _damage() -> ToolError:
    from tempfile import gettempdir

    return ToolError("what was to be reduced is damaged", where=gettempdir(), hint="the disk may be full or failing")
