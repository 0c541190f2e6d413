"""The mapping of bytes to bytes under a store: the table of Python's ``dbm.sqlite3``, and the times of its keys.

``Dict`` is what ``shelve.open`` of Python 3.13 and later reads and writes. ``stdtools_times`` holds
when a key was made, changed and will be gone, in milliseconds since the epoch. Triggers keep it right
whoever writes: a value that somebody else has set does not expire.
"""

import contextlib
import sqlite3
import time
from collections.abc import Iterator, MutableMapping, Sequence
from typing import NamedTuple

from stdtools.shared.errors import ToolError
from stdtools.shared.sqlite import connect_to_read, connect_to_write, copy, patiently, set_journal, telling

VERSION = 1
PAGE = 1000  # rows that are read at once, so that no slow reader keeps the file locked
PAGE_SIZE = 4 << 20  # bytes of values after which a page ends sooner
FEW = 20  # rows of the first page: what a completion or `keys | head` asks for

_LAST = 253_370_764_800_000  # the year 9999, which is a date in all zones
_NOW = "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"
_DICT = "CREATE TABLE IF NOT EXISTS Dict (key BLOB UNIQUE NOT NULL, value BLOB NOT NULL)"
_TIMES = """TABLE stdtools_times (
    key BLOB PRIMARY KEY NOT NULL, created INTEGER NOT NULL, modified INTEGER NOT NULL, expires INTEGER
) WITHOUT ROWID"""
_SCHEMA = (
    f"CREATE {_TIMES}",
    "CREATE INDEX stdtools_expiring ON stdtools_times (expires) WHERE expires IS NOT NULL",
    f"""CREATE TRIGGER stdtools_inserted AFTER INSERT ON Dict BEGIN
        INSERT INTO stdtools_times VALUES (new.key, {_NOW}, {_NOW}, NULL)
        ON CONFLICT (key) DO UPDATE SET modified = excluded.modified, expires = NULL;
    END""",
    f"""CREATE TRIGGER stdtools_updated AFTER UPDATE ON Dict BEGIN
        DELETE FROM stdtools_times WHERE key = new.key AND new.key <> old.key;
        UPDATE OR REPLACE stdtools_times SET key = new.key, modified = {_NOW}, expires = NULL WHERE key = old.key;
    END""",
    "CREATE TRIGGER stdtools_deleted AFTER DELETE ON Dict BEGIN DELETE FROM stdtools_times WHERE key = old.key; END",
    f"PRAGMA user_version = {VERSION}",
)
_ROW, _BARE_ROW = (
    f"""SELECT CAST(d.key AS BLOB), {value},
    CAST(t.created AS INTEGER), CAST(t.modified AS INTEGER), CAST(t.expires AS INTEGER)
    FROM Dict d LEFT JOIN stdtools_times t ON t.key = d.key"""
    for value in ("IFNULL(CAST(d.value AS BLOB), x'')", "x''")
)
_GENERATED = "SELECT count(*) FROM pragma_table_xinfo('Dict') WHERE hidden"  # columns, of any size out of nothing
_ALIVE = "(t.expires IS NULL OR t.expires > ?)"


class Row(NamedTuple):
    """A key with its value as it is stored; times in milliseconds since the epoch, None where not known or never."""

    key: bytes
    value: bytes
    created: int | None = None
    modified: int | None = None
    expires: int | None = None


def now() -> int:
    """Return the milliseconds since the epoch."""
    return int(time.time() * 1000)


def is_time(moment: int) -> bool:
    """Say whether *moment* is in the years that a calendar has; a file may hold any number."""
    return 0 <= moment < _LAST


class Table(MutableMapping[bytes, bytes]):
    """The keys and values of the store in the file *path*; what has expired is not there.

    A file that another program has made is only read. Raises ToolError.
    """

    def __init__(self, path: str, *, writable: bool, connection: sqlite3.Connection | None = None) -> None:
        self.path = path
        self.writable = writable
        self.is_ours = False
        self._in_transaction = False
        with telling(path):
            self.connection = connection or (connect_to_write if writable else connect_to_read)(path)
            self.connection.text_factory = bytes
            try:
                self._settle()
            except BaseException:
                self.close()
                raise

    def _settle(self) -> None:
        """Make the tables of a new file, and see whether those of an old one are ours."""
        names = self._names()
        if not names and self.writable:
            with self.transaction():
                if not self.one("SELECT count(*) FROM sqlite_master"):  # nobody was faster
                    self.connection.execute(_DICT)
                    for statement in _SCHEMA:
                        self.connection.execute(statement)
            names = self._names()
        if names and (names.get(b"Dict") != b"table" or self.one(_GENERATED)):
            raise ToolError("is an SQLite database, but not a shelf", where=self.path)
        self.is_ours = names.get(b"stdtools_times") == b"table"
        if self.is_ours:
            version = self.one("PRAGMA user_version")
            if version > VERSION:
                raise ToolError(f"is of a newer stdtools (version {version} of its tables)", where=self.path)
            if self.writable:
                self._check_triggers()
                set_journal(self.connection)
            return
        if self.writable:
            raise ToolError(
                "is another program's shelf, and only read", where=self.path, hint="see 'stdtools kv convert'"
            )
        self.connection.execute("PRAGMA temp_store=MEMORY")
        self.connection.execute(f"CREATE TEMP {_TIMES}")
        if not names:
            self.connection.execute(_DICT.replace("TABLE", "TEMP TABLE"))

    def _names(self) -> dict[bytes, bytes]:
        """Return the type of each name in the file; a virtual table, which has no pages, is no table here."""
        return dict(self.connection.execute("SELECT name, iif(rootpage, type, 'other') FROM sqlite_master"))

    def _check_triggers(self) -> None:
        """Raise ToolError when a write would do what somebody else has put into the file, perhaps without end."""
        for name, text in self.connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"):
            if text.decode() not in _SCHEMA:
                what = f"has a trigger that is not ours, {name.decode()!r}, and is only read"
                raise ToolError(what, where=self.path, hint="see 'stdtools kv convert'")

    def one(self, query: str, *values: object) -> int:
        """Return the one number that *query* asks for. Raises sqlite3.Error."""
        (value,) = self.connection.execute(query, values).fetchone()
        return int(value)

    def read(self, key: bytes, *, value: bool = True) -> Row | None:
        """Return the row of *key*, if it is there and alive; its value is empty without *value*."""
        with telling(self.path):
            found = self.connection.execute(f"{_ROW if value else _BARE_ROW} WHERE d.key = ?", (key,)).fetchone()
        if found is None or (found[4] is not None and found[4] <= now()):
            return None
        return Row(*found)

    def rows(self, first: bytes = b"", end: bytes | None = None, *, values: bool = True) -> Iterator[Row]:
        """Yield the rows from the key *first* on, up to *end* and without it, in the order of their bytes.

        They are read in pages: what others write meanwhile may be seen or not. Without *values* these are empty.
        """
        select, compare, size = _ROW if values else _BARE_ROW, ">=", FEW
        while True:
            query = f"{select} WHERE d.key {compare} ? AND {_ALIVE}"
            parameters: list[object] = [first, now()]
            if end is not None:
                query += " AND d.key < ?"
                parameters.append(end)
            with telling(self.path):
                page = self._page(f"{query} ORDER BY d.key LIMIT {size}", parameters)
            yield from page
            if len(page) < size and sum(len(row.value) for row in page) < PAGE_SIZE:
                return
            first, compare, size = page[-1].key, ">", PAGE

    def _page(self, query: str, parameters: list[object]) -> list[Row]:
        """Return what *query* finds, up to the row with which it has PAGE_SIZE bytes of values."""
        page = []
        left = PAGE_SIZE
        with contextlib.closing(self.connection.execute(query, parameters)) as found:
            for row in map(Row._make, found):
                page.append(row)
                left -= len(row.value)
                if left <= 0:
                    break
        return page

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Do all that is written in the ``with`` block or, when it raises, nothing of it.

        One within another is a part of that one, and is done or not with it.
        """
        if self._in_transaction:
            yield
            return
        if not self.writable:
            raise ToolError("is only read here", where=self.path)
        with telling(self.path):
            patiently(self.connection, "BEGIN IMMEDIATE")
            self._in_transaction = True
            try:
                if self.is_ours:
                    self.connection.execute(
                        "DELETE FROM Dict WHERE key IN (SELECT key FROM stdtools_times WHERE expires <= ?)", (now(),)
                    )
                yield
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise
            finally:
                self._in_transaction = False

    def write(self, key: bytes, value: bytes, expires: int | None = None) -> None:
        """Set *key* to *value*, which will be gone at *expires*."""
        with self.transaction():
            self.connection.execute("REPLACE INTO Dict (key, value) VALUES (?, ?)", (key, value))
            if expires is not None:
                self.set_expiry(key, expires)

    def write_many(self, rows: Sequence[tuple[bytes, bytes, object]], conflict: str) -> int:
        """Insert *rows* of key and value and return how many; *conflict* is what SQL does with a key that is there.

        REPLACE, IGNORE or ABORT. Many rows a statement are three times as fast as one. Raises sqlite3.IntegrityError.
        """
        verb = f"INSERT OR {conflict} INTO Dict (key, value) VALUES "
        many = 100
        whole = len(rows) - len(rows) % many
        statement = verb + ",".join(["(?,?)"] * many)
        count = 0
        for start in range(0, whole, many):
            values = [item for key, value, _ in rows[start : start + many] for item in (key, value)]
            count += self.connection.execute(statement, values).rowcount
        rest = ((key, value) for key, value, _ in rows[whole:])
        return count + max(0, self.connection.executemany(f"{verb}(?,?)", rest).rowcount)

    @contextlib.contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what is written in the ``with`` block when it raises, within a transaction."""
        self.connection.execute("SAVEPOINT here")
        try:
            yield
        except BaseException:
            if self.connection.in_transaction:  # SQLite itself ends it where the disk is full
                self.connection.execute("ROLLBACK TO here")
                self.connection.execute("RELEASE here")
            raise
        self.connection.execute("RELEASE here")

    def set_expiry(self, key: bytes, expires: int | None) -> None:
        """Have *key*, which is there, be gone at *expires*; None is never."""
        with self.transaction():
            self.connection.execute("UPDATE stdtools_times SET expires = ? WHERE key = ?", (expires, key))

    def move(self, old: bytes, new: bytes) -> None:
        """Give the row of *old* the key *new*, with its times; what was there is gone."""
        with self.transaction():
            row = self.read(old)
            if row is None:
                raise KeyError(old)
            del self[old]
            self.write(new, row.value)
            self.connection.execute(
                "UPDATE stdtools_times SET created = ?, expires = ? WHERE key = ?", (row.created, row.expires, new)
            )

    def __getitem__(self, key: bytes) -> bytes:
        row = self.read(key)
        if row is None:
            raise KeyError(key)
        return row.value

    def __setitem__(self, key: bytes, value: bytes) -> None:
        self.write(key, value)

    def __delitem__(self, key: bytes) -> None:
        if not self.discard(key):
            raise KeyError(key)

    def discard(self, key: bytes) -> bool:
        """Delete *key*, and say whether it was there."""
        with self.transaction():
            return self.connection.execute("DELETE FROM Dict WHERE key = ?", (key,)).rowcount > 0

    def clear(self) -> None:
        """Delete all keys."""
        with self.transaction():
            self.connection.execute("DELETE FROM Dict")

    def __contains__(self, key: object) -> bool:
        return isinstance(key, bytes) and self.read(key, value=False) is not None

    def __iter__(self) -> Iterator[bytes]:
        return (row.key for row in self.rows(values=False))

    def __len__(self) -> int:
        query = "SELECT count(*) FROM Dict"
        gone = "SELECT count(*) FROM stdtools_times WHERE expires <= ?"
        with telling(self.path):
            return self.one(query) - self.one(gone, now())

    def snapshot(self) -> "Table":
        """Return a copy, as it is at this moment, in a file without a name: no reader of it keeps others waiting."""
        temporary = sqlite3.connect("", isolation_level=None)
        try:
            with telling(self.path):
                copy(self.connection, temporary, self.path)
            return Table(self.path, writable=False, connection=temporary)
        except BaseException:
            temporary.close()
            raise

    def close(self) -> None:
        """Close the file; the table is of no use afterwards."""
        self.connection.close()
