"""Stores and shelves of any kind, opened."""

import os
import stat
from collections.abc import Iterator, MutableMapping
from typing import TYPE_CHECKING, NoReturn

from stdtools.kv.store import Store
from stdtools.kv.table import Row, Table
from stdtools.shared.errors import ToolError
from stdtools.shared.sqlite import NotSqlite, make_file

if TYPE_CHECKING:
    from stdtools.kv.foreign import ForeignStore

_SUFFIX = ".db"


class ForeignTable(MutableMapping[bytes, bytes]):
    """The keys and values of *shelf*, which is never written; *kind* is its format. Without one it is empty."""

    def __init__(self, path: str, kind: str, shelf: "ForeignStore | None") -> None:
        self.path = path
        self.kind = kind
        self._shelf = shelf

    @property
    def notes(self) -> list[str]:
        """What could not be read, in sentences."""
        return self._shelf.notes if self._shelf is not None else []

    def read(self, key: bytes) -> Row | None:
        """Return the row of *key*, if it is there."""
        value = self._shelf.get(key) if self._shelf is not None else None
        return None if value is None else Row(key, value)

    def rows(self, first: bytes = b"", end: bytes | None = None, *, values: bool = True) -> Iterator[Row]:
        """Yield the rows from the key *first* on, up to *end* and without it, in the order of the file."""
        for key, value in self._shelf.items() if self._shelf is not None else ():
            if key >= first and (end is None or key < end):
                yield Row(key, value)

    def transaction(self) -> NoReturn:
        """Raise ToolError."""
        raise ToolError(f"is a {self.kind} file, and only read", where=self.path, hint="see 'stdtools kv convert'")

    def __setitem__(self, key: bytes, value: bytes) -> None:
        self.transaction()

    def __delitem__(self, key: bytes) -> None:
        self.transaction()

    def __getitem__(self, key: bytes) -> bytes:
        row = self.read(key)
        if row is None:
            raise KeyError(key)
        return row.value

    def __contains__(self, key: object) -> bool:
        return isinstance(key, bytes) and self.read(key) is not None

    def __iter__(self) -> Iterator[bytes]:
        return iter(() if self._shelf is None else self._shelf)

    def __len__(self) -> int:
        return len(self._shelf) if self._shelf is not None else 0

    def close(self) -> None:
        """Close the file, where there is one."""
        if self._shelf is not None:
            self._shelf.close()


def open(path: str | os.PathLike[str], flag: str = "c") -> Store:  # noqa: A001 - as shelve, dbm and gzip have it
    """Open the store in the file *path*; ``c`` makes it where it is missing, ``n`` empties it, ``w`` does neither.

    With ``r`` it is only read, and may be a shelf of any kind: SQLite, dumb, gdbm or sdbm. Raises ToolError.
    """
    path = os.fspath(path)
    if flag not in ("r", "w", "c", "n"):
        raise ValueError(f"the flag is 'r', 'w', 'c' or 'n', not {flag!r}")
    if flag == "r":
        return read(path)
    table = _sqlite(path, writable=True)
    if table is None:
        from stdtools.kv.foreign import refusal
        from stdtools.kv.recognition import locate

        found = locate(path)
        if found.kind == "missing" and flag != "w":
            make_file(path)
        elif found.kind == "missing":
            raise ToolError("No such file or directory", where=path)
        elif found.kind == "sqlite":
            path = found.path
        elif found.kind == "unknown":  # or just now being made, which SQLite waits for
            table = _sqlite(path, writable=True)
            if table is None:
                raise ToolError("is not a store", where=path)
        elif found.kind == "berkeley":
            raise refusal(found)
        elif found.kind != "empty":
            ForeignTable(found.path, found.kind, None).transaction()
        if table is None:
            table = Table(path, writable=True)
    store = Store(table)
    if flag == "n":
        store.clear()
    return store


def read(path: str) -> Store:
    """Open the shelf at *path*, of any kind, to be read. Raises ToolError."""
    table = _sqlite(path, writable=False)
    if table is None:
        from stdtools.kv.foreign import open_foreign
        from stdtools.kv.recognition import locate

        found = locate(path)
        if found.kind == "unknown":  # or just now being made
            table = _sqlite(path, writable=False)
        elif found.kind in ("sqlite", "empty"):
            table = Table(found.path, writable=False)
        if table is None:
            return Store(ForeignTable(found.path, found.kind, open_foreign(found)))
    return Store(table)


def nothing(path: str) -> Store:
    """Return the store that is not at *path*: an empty one."""
    return Store(ForeignTable(path, "missing", None))


def _sqlite(path: str, *, writable: bool) -> Table | None:
    """Open the file of just that name, or with ``.db``, which nearly always is SQLite's, else return None.

    It is SQLite that looks. When we closed a file that this process has open in another connection, that
    one's locks would go: https://sqlite.org/howtocorrupt.html
    """
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None if path.endswith(_SUFFIX) else _sqlite(path + _SUFFIX, writable=writable)
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(found.st_mode) or (not found.st_size and _is_part(path)):
        return None
    try:
        return Table(path, writable=writable)
    except NotSqlite:
        return None


def _is_part(path: str) -> bool:
    """Say whether *path* is named as one of several files of a shelf."""
    from stdtools.kv.recognition import PARTS

    return path.endswith(PARTS)
