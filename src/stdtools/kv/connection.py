"""Connections to the SQLite file of a store, and SQLite's errors told as what they mean for it.

Rollback journal and not WAL, which can corrupt a file before SQLite 3.51.3 (https://sqlite.org/wal.html);
a commit has been synced when it returns.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from string import ascii_letters, digits

from stdtools.shared.errors import ToolError

PATIENCE = 10  # seconds for which a lock is waited for
_SAFE_IN_URI = frozenset(f"{ascii_letters}{digits}/-._~".encode())
_held: list[tuple[int, int]] = []  # device and inode of the files that this process has open as stores
_NOTHING = (0, 0)
_WAL_IS_SOUND = sqlite3.sqlite_version_info >= (3, 51, 3)

_MEANINGS = {
    sqlite3.SQLITE_BUSY: (f"another process has kept it locked for {PATIENCE} seconds", ""),
    sqlite3.SQLITE_CORRUPT: ("is damaged", "see 'stdtools kv check', and restore a backup"),
    sqlite3.SQLITE_FULL: ("No space left on device", ""),
    sqlite3.SQLITE_NOTADB: ("is not a store", ""),
    sqlite3.SQLITE_READONLY: ("cannot be written here", ""),
    sqlite3.SQLITE_TOOBIG: ("is too large for a value", ""),
}


@contextlib.contextmanager
def telling(path: str) -> Iterator[None]:
    """Raise what SQLite has to say about the file *path* as a ToolError."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        what, hint = _MEANINGS.get(code, (str(error), ""))
        raise ToolError(what, where=path, hint=hint) from error
    except UnicodeDecodeError as error:  # in what SQLite has to say of the file, since it is in the file
        raise ToolError("is damaged", where=path) from error
    except OverflowError as error:  # more than 2 GiB at once
        raise ToolError("is too large for a value", where=path) from error


def hold(path: str) -> tuple[int, int]:
    """Remember that this process has the file *path* open, and return what ``release`` is to be given."""
    try:
        identity = _identity(path)
    except OSError:  # deleted just now
        return _NOTHING
    _held.append(identity)
    return identity


def release(identity: tuple[int, int]) -> None:
    """Forget what ``hold`` has remembered."""
    with contextlib.suppress(ValueError):
        _held.remove(identity)


def is_held(path: str) -> bool:
    """Say whether this process has the SQLite file *path* open.

    Then nothing but SQLite may open it: to close it again would drop all locks that the process has on
    it, those of a transaction, too (https://sqlite.org/howtocorrupt.html, 2.2).
    """
    if not _held:
        return False
    try:
        return _identity(path) in _held
    except (OSError, ValueError):
        return False


def _identity(path: str) -> tuple[int, int]:
    found = os.stat(path)
    return found.st_dev, found.st_ino


def connect_to_write(path: str) -> sqlite3.Connection:
    """Open the file *path*, which exists; raises sqlite3.Error."""
    return _connect(path, "rw")


def set_journal(connection: sqlite3.Connection) -> None:
    """Have commits synced, and end the use of WAL where it is not sound: Python's dbm.sqlite3 begins it."""
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA cache_size=-65536")
    (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    if mode == b"wal" and not _WAL_IS_SOUND:
        with contextlib.suppress(sqlite3.OperationalError):  # another process has it open
            connection.execute("PRAGMA journal_mode=DELETE")


def connect_to_read(path: str) -> sqlite3.Connection:
    """Open the file *path* without changing it, unless a killed writer's journal is to be rolled back.

    Raises sqlite3.Error.
    """
    try:
        return _connect(path, "ro")
    except sqlite3.OperationalError:
        if os.access(path, os.W_OK):
            with contextlib.suppress(sqlite3.OperationalError):
                return _connect(path, "rw")
        if any(os.path.exists(path + suffix) for suffix in ("-journal", "-wal")):
            raise
    return _connect(path, "ro&immutable=1")  # a place that cannot be written has no file for the locks of WAL


def _connect(path: str, mode: str) -> sqlite3.Connection:
    uri = "".join(chr(byte) if byte in _SAFE_IN_URI else f"%{byte:02x}" for byte in os.fsencode(os.path.abspath(path)))
    connection = sqlite3.connect(f"file:{uri}?mode={mode}", timeout=PATIENCE, isolation_level=None, uri=True)
    try:
        connection.text_factory = bytes
        connection.execute("PRAGMA trusted_schema=OFF")
        connection.execute("PRAGMA mmap_size=0")
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall()
    except BaseException:
        connection.close()
        raise
    return connection
