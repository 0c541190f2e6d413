"""Sorting more rows than memory should hold: runs in files without a name, merged at the end."""

import heapq
import marshal
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any

from stdtools.shared.errors import ToolError
from stdtools.tree.entry import Entry
from stdtools.tree.facts import Facts
from stdtools.tree.forms import Form
from stdtools.tree.troubles import Troubles

IN_MEMORY = 50_000  # rows
_PIECE = 500  # rows that are read back at a time, from each run

KEYS: dict[str, Callable[[Entry], Any]] = {
    "name": lambda entry: entry.name,
    "path": lambda entry: entry.path,
    "size": lambda entry: entry.stat.st_size,
    "mtime": lambda entry: entry.stat.st_mtime_ns,
    "ext": lambda entry: Facts(entry).ext.encode("utf-8", "surrogateescape"),
}


class Sorter:
    """Keeps rows under the key that *key* names, by path where it is equal."""

    def __init__(self, form: Form, key: str, *, reverse: bool = False) -> None:
        self._form = form
        self._key = KEYS[key]
        self._reverse = reverse
        self._rows: list[tuple[Any, bytes, Any]] = []
        self._runs: list[IO[bytes]] = []
        self._streams: list[Iterator[Any]] = []

    def add(self, entry: Entry) -> None:
        """Keep the row of *entry*. Raises OSError of the entry, and ToolError when the disk is full."""
        self._rows.append((self._key(entry), entry.path, self._form.row(entry)))
        if len(self._rows) >= IN_MEMORY:
            self._spill()

    def _spill(self) -> None:
        from tempfile import TemporaryFile, gettempdir

        self._rows.sort(reverse=self._reverse)
        try:
            run = TemporaryFile()  # noqa: SIM115 - it lives as long as the sorter
            write_rows(run, iter(self._rows))
            run.seek(0)
        except OSError as error:
            raise ToolError(
                f"cannot keep what is to be sorted: {error.strerror}",
                where=gettempdir(),
                hint="set TMPDIR to a larger place",
            ) from None
        self._runs.append(run)
        self._rows = []

    def add_stream(self, rows: Iterator[Any]) -> None:
        """Take rows that another sorter yields."""
        self._streams.append(rows)

    def clear(self) -> None:
        """Forget all rows."""
        self._rows, self._runs, self._streams = [], [], []

    def rows(self) -> Iterator[tuple[Any, bytes, Any]]:
        """Yield key, path and row of everything, in order."""
        self._rows.sort(reverse=self._reverse)
        runs = [*map(read_rows, self._runs), *self._streams]
        yield from heapq.merge(*runs, self._rows, reverse=self._reverse)


def write_rows(file: IO[bytes], rows: Iterator[Any]) -> None:
    """Write *rows* for ``read_rows``."""
    piece = []
    for row in rows:
        piece.append(row)
        if len(piece) == _PIECE:
            marshal.dump(piece, file)
            piece = []
    marshal.dump(piece, file)
    marshal.dump(None, file)
    file.flush()


def read_rows(file: IO[bytes]) -> Iterator[Any]:
    """Yield the rows that ``write_rows`` has written."""
    try:
        while (piece := marshal.load(file)) is not None:  # noqa: S302 - written by one of us
            yield from piece
    except EOFError:
        raise ToolError("a process of the walk was killed; what it had found is lost") from None


class Sorted:
    """Keeps finds in a Sorter."""

    wants_entries = True

    def __init__(self, sorter: Sorter, troubles: Troubles) -> None:
        self.count = 0
        self.sorter: Sorter | None = sorter
        self._add = sorter.add
        self._troubles = troubles

    def paths(self, paths: Sequence[bytes]) -> None:
        """Never called: it wants entries."""

    def entries(self, entries: Sequence[Entry]) -> None:
        """Keep entries."""
        for entry in entries:
            try:
                self._add(entry)
                self.count += 1
            except OSError as error:
                self._troubles.meet(entry.path, error)
