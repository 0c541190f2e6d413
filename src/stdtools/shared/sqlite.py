"""Connections to SQLite files, and SQLite's errors told as what they mean for the user.

Rollback journal and not WAL, which can corrupt a file before SQLite 3.51.3 (https://sqlite.org/wal.html);
a commit has been synced when it returns.
"""

import contextlib
import errno
import os
import sqlite3
import stat
import time
from collections.abc import Iterator, Mapping
from string import ascii_letters, digits
from typing import Any

from stdtools.shared.disk import make_directory, sync_directory
from stdtools.shared.errors import ToolError, raise_os_error

PATIENCE = 10  # seconds for which a lock is waited for
_GLANCE = 0.001  # seconds between two looks at a lock that others have; SQLite's own become 100 times as long
_SAFE_IN_URI = frozenset(f"{ascii_letters}{digits}/-._~".encode())
_WAL_IS_SOUND = sqlite3.sqlite_version_info >= (3, 51, 3)
JOURNALS = ("-journal", "-wal")  # what the names of the files beside one end with
_NO_PLACE = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY})  # for the files beside it

_MEANINGS = {
    sqlite3.SQLITE_BUSY: (f"another process has kept it locked for {PATIENCE} seconds", ""),
    sqlite3.SQLITE_CORRUPT: ("is damaged", "restore a backup"),
    sqlite3.SQLITE_FULL: ("No space left on device", ""),
    sqlite3.SQLITE_NOTADB: ("is not an SQLite database", ""),
    sqlite3.SQLITE_READONLY: ("cannot be written here", ""),
    sqlite3.SQLITE_TOOBIG: ("is too large for a value", ""),
}


class NotSqlite(ToolError):
    """A file that is not SQLite's."""


@contextlib.contextmanager
def telling(path: str) -> Iterator[None]:
    """Raise what SQLite has to say about the file *path* as a ToolError."""
    try:
        yield
    except sqlite3.Error as error:
        code = _code(error)
        what, hint = _MEANINGS.get(code, (str(error), ""))
        kind = NotSqlite if code == sqlite3.SQLITE_NOTADB else ToolError
        raise kind(what, where=path, hint=hint) from error
    except UnicodeDecodeError as error:  # in what SQLite has to say of the file, since it is in the file
        raise ToolError("is damaged", where=path) from error
    except OverflowError as error:  # more than 2 GiB at once
        raise ToolError("is too large for a value", where=path) from error


def _code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def connect_to_write(path: str) -> sqlite3.Connection:
    """Open the file *path*, which exists. Raises sqlite3.Error, and ToolError where it has another name.

    The journal of a killed writer is found by one name only: https://sqlite.org/howtocorrupt.html
    """
    _check_is_file(path)
    names = os.stat(path).st_nlink
    if names > 1:
        raise ToolError(f"has {names} names (hard links), and is only read", where=path)
    return _connect(path, "rw")


def patiently(connection: sqlite3.Connection, query: str, values: Mapping[str, Any] | None = None) -> sqlite3.Cursor:
    """Execute *query* as soon as nobody else keeps the file locked. Raises sqlite3.Error.

    Who writes and writes leaves the lock free for an instant at a time. SQLite itself looks for that ever
    more seldom, at last ten times a second.
    """
    deadline = time.monotonic() + PATIENCE
    connection.execute("PRAGMA busy_timeout=0")
    try:
        while True:
            try:
                return connection.execute(query, values or {})
            except sqlite3.OperationalError as error:
                if _code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
            time.sleep(_GLANCE)
    finally:
        connection.execute(f"PRAGMA busy_timeout={PATIENCE * 1000}")


def set_journal(connection: sqlite3.Connection) -> None:
    """Have commits synced, and end the use of WAL where it is not sound: Python's dbm.sqlite3 begins it."""
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA cache_size=-65536")
    (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    if mode in ("wal", b"wal") and not _WAL_IS_SOUND:
        with contextlib.suppress(sqlite3.OperationalError):  # another process has it open
            connection.execute("PRAGMA journal_mode=DELETE")


def connect_to_read(path: str) -> sqlite3.Connection:
    """Open the file *path* without changing it, unless a killed writer's journal is to be rolled back.

    Raises sqlite3.Error, and ToolError for what is no file.
    """
    _check_is_file(path)
    try:
        return _connect(path, "ro")
    except sqlite3.OperationalError as error:
        if _code(error) not in _NO_PLACE:
            raise
        if os.access(path, os.W_OK):
            with contextlib.suppress(sqlite3.OperationalError):
                return _connect(path, "rw")
        if any(os.path.exists(path + suffix) for suffix in JOURNALS):
            raise
    return _connect(path, "ro&immutable=1")  # a place that cannot be written has no file for the locks of WAL


def _check_is_file(path: str) -> None:
    """Raise ToolError for a pipe, for which SQLite would wait for ever, and for what else is no regular file."""
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not os.access(path, os.R_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise_os_error(error, path)
    if not stat.S_ISREG(mode):
        raise ToolError("is not a regular file", where=path)


def copy(source: sqlite3.Connection, target: sqlite3.Connection, path: str) -> None:
    """Copy the file *path*, open as *source*, as it is at one moment, into the temporary file *target*.

    Raises sqlite3.Error.
    """
    target.execute("PRAGMA journal_mode=OFF")  # a copy that fails is thrown away
    target.execute("PRAGMA synchronous=OFF")
    source.execute("BEGIN")
    try:
        source.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall()  # backup() would wait for a lock for ever
        source.backup(target)
    except sqlite3.OperationalError as error:
        if _code(error) == sqlite3.SQLITE_FULL:  # only what is written can be
            raise ToolError("no space left for a copy", where=path, hint="TMPDIR says where it is made") from None
        raise
    finally:
        source.execute("ROLLBACK")


def uri_of(path: str, mode: str) -> str:
    """Return the URI that opens the file *path*. It names no host, for a path may begin with two slashes."""
    name = os.fsencode(os.path.abspath(path))
    quoted = "".join(chr(byte) if byte in _SAFE_IN_URI else f"%{byte:02x}" for byte in name)
    return f"file://{quoted}?mode={mode}"


def _connect(path: str, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        uri_of(path, mode), timeout=PATIENCE, isolation_level=None, check_same_thread=False, uri=True
    )
    try:
        connection.execute("PRAGMA trusted_schema=OFF")
        connection.execute("PRAGMA mmap_size=0")
        patiently(connection, "SELECT 1 FROM sqlite_master LIMIT 1").fetchall()
    except BaseException:
        connection.close()
        raise
    return connection


def make_file(path: str) -> None:
    """Make an empty file *path* that only its owner may read, and its directory, where they are missing."""
    directory = os.path.dirname(os.path.abspath(path))
    try:
        make_directory(directory)
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
            sync_directory(directory)
    except OSError as error:
        raise_os_error(error, path)
