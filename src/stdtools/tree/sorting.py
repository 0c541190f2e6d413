"""Sorting more rows than memory should hold: runs in files without a name, merged at the end."""

import heapq
import marshal
import struct
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import IO, Any

from stdtools.shared.errors import ToolError
from stdtools.shared.scratch import scratch_file, scratch_trouble
from stdtools.tree.entry import Entry
from stdtools.tree.facts import Facts
from stdtools.tree.finding import Counting
from stdtools.tree.forms import Form
from stdtools.tree.troubles import Troubles

IN_MEMORY = 50_000  # rows
MOST_RUNS = 200  # each is an open file
_PIECE = 500  # rows that are read back at a time, from each run
_LENGTH = struct.Struct("<Q")

KEYS: dict[str, Callable[[Entry], Any]] = {
    "name": lambda entry: entry.name,
    "path": lambda entry: entry.path,
    "size": lambda entry: entry.stat.st_size,
    "mtime": lambda entry: entry.stat.st_mtime_ns,
    "ext": lambda entry: Facts(entry).ext.encode("utf-8", "surrogateescape"),
}


class Sorter:
    """Keeps tuples of plain values, and yields them in order."""

    def __init__(self, *, reverse: bool = False) -> None:
        self._reverse = reverse
        self._rows: list[Any] = []
        self._weight = 0
        self._runs: list[IO[bytes]] = []

    def add(self, row: Any, weight: int = 1) -> None:
        """Keep *row*, as much in memory as *weight* plain ones. Raises ToolError when the disk is full."""
        self._rows.append(row)
        self._weight += weight
        if self._weight >= IN_MEMORY:
            self._spill()

    def _spill(self) -> None:
        self._rows.sort(reverse=self._reverse)
        if len(self._runs) >= MOST_RUNS:
            runs, self._runs = self._runs, [_kept(self._merged([]))]
            _close(runs)
        self._runs.append(_kept(iter(self._rows)))
        self._rows, self._weight = [], 0

    def extend(self, rows: Iterator[Any]) -> None:
        """Keep *rows*, plain ones. Raises ToolError when the disk is full."""
        while piece := list(islice(rows, _PIECE)):
            self._rows += piece
            self._weight += len(piece)
            if self._weight >= IN_MEMORY:
                self._spill()

    def clear(self) -> None:
        """Forget all rows."""
        self._rows, self._weight, self._runs = [], 0, []

    def _merged(self, rows: list[Any]) -> Iterator[Any]:
        """Yield what all runs hold, and *rows*, in order."""
        return heapq.merge(*map(read_rows, self._runs), rows, reverse=self._reverse)

    def rows(self) -> Iterator[Any]:
        """Yield all rows, in order."""
        self._rows.sort(reverse=self._reverse)
        yield from self._merged(self._rows)
        _close(self._runs)


def _kept(rows: Iterator[Any]) -> IO[bytes]:
    """Return a file without a name that holds *rows*. Raises ToolError when the disk is full."""
    try:
        run = scratch_file()
        write_rows(run, rows)
        run.seek(0)
    except OSError as error:
        raise scratch_trouble("what is to be sorted", error) from None
    return run


def _close(runs: list[IO[bytes]]) -> None:
    for run in runs:
        run.close()


def write_rows(file: IO[bytes], rows: Iterator[Any]) -> None:
    """Write *rows* for ``read_rows``."""
    piece = []
    weight = 0
    for row in rows:
        piece.append(row)
        weight += 1 + sum(len(part) for part in row if type(part) is list)
        if weight >= _PIECE:
            dump(file, piece)
            piece, weight = [], 0
    if piece:
        dump(file, piece)
    dump(file, [])
    file.flush()


def read_rows(file: IO[bytes]) -> Iterator[Any]:
    """Yield the rows that ``write_rows`` has written. Raises ToolError when it was killed meanwhile."""
    try:
        while piece := load(file):
            yield from piece
    except EOFError:
        raise ToolError("a process of the walk was killed; what it had found is lost") from None


def dump(file: IO[bytes], value: Any) -> None:
    """Write plain values for ``load``: ``marshal.load`` itself reads a file in very small pieces."""
    data = marshal.dumps(value)
    file.write(_LENGTH.pack(len(data)) + data)


def load(file: IO[bytes]) -> Any:
    """Return what ``dump`` has written. Raises EOFError where not all of it is there."""
    head = file.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    return marshal.loads(file.read(*_LENGTH.unpack(head)))  # noqa: S302 - written by one of us


class Sorted(Counting):
    """A sink that keeps the rows of finds under the key that *key* names, by path where it is equal."""

    def __init__(self, form: Form, key: str, troubles: Troubles, *, reverse: bool = False) -> None:
        super().__init__(form, troubles)
        self.wants_entries = True
        self.sorter: Sorter = Sorter(reverse=reverse)
        self._key = KEYS[key]

    def paths(self, paths: Sequence[bytes]) -> None:
        """Never called: it wants entries."""

    def entries(self, entries: Sequence[Entry]) -> None:
        """Keep entries."""
        for row in self._rows(entries, lambda entry: (self._key(entry), entry.path, self._form.row(entry))):
            self.sorter.add(row)
            self.count += 1

    def clear(self) -> None:
        """Begin anew."""
        super().clear()
        self.sorter.clear()
