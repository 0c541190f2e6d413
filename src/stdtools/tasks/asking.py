"""Ask a database in SQL and do nothing else to it: one query, its parameters by name, within limits.

SQLite's authorizer lets through what reads (https://sqlite.org/c3ref/set_authorizer.html) and nothing that
writes, attaches files or loads code; its limits bound what one value or one statement may take.
"""

import contextlib
import math
import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

from stdtools.shared.errors import ToolError
from stdtools.shared.sqlite import telling
from stdtools.tasks.pointing import Names, hint_for, place_of
from stdtools.tasks.spooling import spooled

WHERE = "QUERY"  # what errors are about
LARGEST_VALUE = 64 << 20  # bytes
MOST_MEMORY = 1 << 30  # bytes, of SQLite's; what is to be sorted goes to files long before

_ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE}
_DENIED_FUNCTIONS = {"load_extension", "fts3_tokenizer", "readfile", "writefile", "edit"}
_HARMLESS_PRAGMAS = {
    "collation_list",
    "compile_options",
    "database_list",
    "foreign_key_list",
    "function_list",
    "index_info",
    "index_list",
    "index_xinfo",
    "table_info",
    "table_list",
    "table_xinfo",
}
_TABLE_FUNCTIONS = ("json_each", "json_tree", *(f"pragma_{name}" for name in sorted(_HARMLESS_PRAGMAS)))
_CHANGES = {sqlite3.SQLITE_DELETE: "DELETE", sqlite3.SQLITE_INSERT: "INSERT", sqlite3.SQLITE_UPDATE: "UPDATE"}
_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: LARGEST_VALUE,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 1 << 20,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 1_000_000,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 1000,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
_INSTRUCTIONS = 10_000  # of SQLite's machine between two looks at the clock: about a millisecond
_GRACE = 1.0  # seconds for which one instruction may go on when the time is up

Result = TypeVar("Result")
Row = tuple[Any, ...]


class TimeIsUp(ToolError):
    """The query took longer than it may."""


def ask(
    connection: sqlite3.Connection,
    query: str,
    parameters: Mapping[str, Any],
    seconds: float | None,
    *,
    when_stuck: Callable[[], object] | None = None,
) -> tuple[tuple[str, ...], Iterator[Row]]:
    """Return the columns, no two of the same name, and the rows of *query*, which may take *seconds*.

    *parameters* are the values of ``:name`` in it, no more and no fewer. What is read of a file has been read
    when the first row comes, so that the caller may take its time with them. The time while the caller does
    something else between two rows is not counted. The connection is guarded until the rows have ended or
    are closed. Raises ToolError, also while the rows come; TimeIsUp is one.

    SQLite looks at the clock between two instructions of its machine, and not while it compiles a query: where
    one takes for ever, as instr() of two long texts does, *when_stuck* is called, in another thread.
    """
    asking = _Asking(connection, query, seconds)
    if when_stuck is not None:
        threading.Thread(target=asking.watch, args=(when_stuck,), daemon=True).start()
    rows = asking.rows(parameters)
    next(rows)  # so that the guard is lifted whatever becomes of the rows
    return asking.columns, rows


def check(connection: sqlite3.Connection, query: str) -> None:
    """Raise ToolError where ``ask`` would not begin with *query*, which has no parameters; none of it is run."""
    _Asking(connection, query, None).check()


class _Asking:
    """A query that is being asked."""

    columns: tuple[str, ...] = ()

    def __init__(self, connection: sqlite3.Connection, query: str, seconds: float | None) -> None:
        self._connection = connection
        self._query = query
        self._seconds = seconds
        self._left = seconds  # None: for ever
        self._end = math.inf  # of the time, while SQLite is at work
        self._closed = threading.Event()
        self._denied = ""
        self._reads_file = False
        self._raised: BaseException | None = None

    def rows(self, parameters: Mapping[str, Any]) -> Iterator[Row]:
        """Yield nothing of note, once ``columns`` is known, and then the rows."""
        path = self._connection.execute("PRAGMA database_list").fetchone()[2]
        with telling(path or ":memory:"), self._guarded():
            self._check(parameters)
            cursor = self._run(lambda: self._connection.execute(self._query, parameters))
            with _closing(cursor):
                if cursor.description is None:  # which no statement is that reads
                    raise ToolError("asks for nothing", where=WHERE)
                self.columns = _distinct([column[0] for column in cursor.description])
                yield ()
                fetched = self._fetched(cursor)
                yield from spooled(fetched) if path and self._reads_file else fetched

    def check(self) -> None:
        """Have the query compiled, as one without parameters."""
        with self._guarded():
            self._check({})

    def _fetched(self, cursor: sqlite3.Cursor) -> Iterator[Row]:
        while (row := self._run(cursor.fetchone)) is not None:
            yield row

    def watch(self, when_stuck: Callable[[], object]) -> None:
        """Call *when_stuck* when SQLite does not end although its time is up; return when the rows have ended."""
        while not self._closed.wait(_GRACE):
            if time.monotonic() > self._end + _GRACE:
                when_stuck()
                return

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        connection = self._connection
        for name in _TABLE_FUNCTIONS:  # what makes the table of one would not be let through
            if name in self._query.lower():
                connection.execute(f"SELECT 1 FROM {name}('[]') LIMIT 0").close()
        (was_query_only,) = connection.execute("PRAGMA query_only").fetchone()
        connection.execute("PRAGMA query_only=ON")
        connection.execute(f"PRAGMA hard_heap_limit={MOST_MEMORY}")  # of the whole process, and for good
        limits = {category: connection.setlimit(category, limit) for category, limit in _LIMITS.items()}
        connection.set_authorizer(self._authorize)
        connection.set_progress_handler(self._clock().__next__, _INSTRUCTIONS)
        try:
            yield
        finally:
            self._closed.set()
            with contextlib.suppress(sqlite3.ProgrammingError):  # it may have been closed before
                connection.set_progress_handler(None, 0)
                connection.set_authorizer(None)
                for category, limit in limits.items():
                    connection.setlimit(category, limit)
                connection.execute(f"PRAGMA query_only={was_query_only}")

    def _authorize(self, action: int, first: str | None, second: str | None, schema: str | None, by: str | None) -> int:
        if action in _ALLOWED:
            self._reads_file = self._reads_file or (action == sqlite3.SQLITE_READ and schema == "main")
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_FUNCTION:
            if str(second).lower() not in _DENIED_FUNCTIONS:
                return sqlite3.SQLITE_OK
            self._denied = self._denied or f"the function {second}"
        elif action == sqlite3.SQLITE_PRAGMA:
            if str(first).lower() in _HARMLESS_PRAGMAS:
                return sqlite3.SQLITE_OK
            self._denied = self._denied or f"PRAGMA {first}"
        elif action in _CHANGES and not str(first).startswith("sqlite_"):
            self._denied = self._denied or _CHANGES[action]
        else:  # to create or drop something is to write into sqlite_master, and so it is to make a virtual table
            match = re.match(r"\s*(?:explain\s+)?(\w*)", self._query, re.IGNORECASE)
            word = match[1].upper() if match else ""
            self._denied = self._denied or ("a table in it" if word in ("", "SELECT", "VALUES", "WITH") else word)
        return sqlite3.SQLITE_DENY

    def _clock(self) -> Iterator[bool]:
        """Yield whether the time is up, each time that SQLite asks.

        A generator, as sqlite3 drops what its callbacks raise: a signal's exception, which Python raises where it
        begins to run again, is raised within the ``try`` here, but before the first line of a function.
        """
        try:
            while True:
                yield time.monotonic() > self._end
        except GeneratorExit:
            raise
        except BaseException as error:  # noqa: BLE001
            self._raised = error
        while True:
            yield True

    def _run(self, work: Callable[[], Result]) -> Result:
        """Return what *work* does, on this query's time."""
        begun = time.monotonic()
        try:
            if self._left is not None:
                self._end = begun + self._left
            result = work()
            if self._left is not None:
                self._left -= time.monotonic() - begun
            return result
        except MemoryError:
            raise ToolError(f"takes more than {MOST_MEMORY >> 30} GiB of memory", where=WHERE) from None
        except (sqlite3.Error, sqlite3.Warning, ValueError, OverflowError) as error:
            if self._raised is not None:
                raise self._raised from None
            raise self._told(error) from error
        finally:
            self._end = math.inf

    def _check(self, parameters: Mapping[str, Any]) -> None:
        """Raise ToolError when the parameters that the query has are not those that are given."""
        if not self._query.strip(" \t\r\n;"):
            raise ToolError("asks for nothing", where=WHERE, hint="a query begins with SELECT, VALUES or WITH")
        names = Names()
        is_explain = re.match(r"\s*explain\b", self._query, re.IGNORECASE)
        self._run(lambda: self._connection.execute(f"{'' if is_explain else 'EXPLAIN '}{self._query}", names)).close()
        if missing := [name for name in names.asked if name not in parameters]:
            shown = ", ".join(f":{name}" for name in missing)
            raise ToolError(f"{shown} has no value", where=WHERE, hint=f"give it with -p {missing[0]}=VALUE")
        if idle := [name for name in parameters if name not in names.asked]:
            close = get_close_matches(idle[0], names.asked, 1)
            raise ToolError(
                f"there is no :{' or :'.join(idle)} in it", where=WHERE, hint=f"it has :{close[0]}" if close else ""
            )

    def _told(self, error: Exception) -> Exception:
        """Return what to raise for *error*: one about the database stays what it is, for ``telling``."""
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        message = str(error)
        if code == sqlite3.SQLITE_INTERRUPT:
            return TimeIsUp(f"took longer than {self._seconds:g} s", where=WHERE)
        if code == sqlite3.SQLITE_TOOBIG:
            return ToolError(f"makes a value of more than {LARGEST_VALUE >> 20} MiB", where=WHERE)
        if self._denied:
            return ToolError(f"{self._denied} is refused", where=WHERE, hint="a query only reads")
        if code not in (0, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_RANGE, sqlite3.SQLITE_MISMATCH):
            return error
        if isinstance(error, UnicodeEncodeError):
            return ToolError("is not UTF-8", where=WHERE)
        if isinstance(error, OverflowError):
            return ToolError("a parameter is a whole number of more than 64 bits", where=WHERE)
        if message.startswith("You can only execute one statement"):
            return ToolError("is more than one statement", where=WHERE, hint="ask them one by one")
        if message.startswith("Binding "):
            return ToolError("a parameter has no name", where=WHERE, hint="write :name, and -p name=VALUE")
        if match := re.match(r"Could not decode to UTF-8 column '(.*)' with text", message, re.DOTALL):
            what = f"the column {match[1]!r} has text that is not UTF-8"
            return ToolError(what, where=WHERE, hint="cast(… as blob) is its bytes")
        place = place_of(message, self._query, self._connection)
        self._connection.set_authorizer(None)  # nothing of the query is run any more
        told = ToolError(message, where=WHERE, hint=hint_for(message, self._connection))
        told.detail = place
        return told


@contextlib.contextmanager
def _closing(cursor: sqlite3.Cursor) -> Iterator[None]:
    """Close *cursor* at the end, so that it locks no file; its connection may have been closed before."""
    try:
        yield
    finally:
        with contextlib.suppress(sqlite3.ProgrammingError):
            cursor.close()


def _distinct(names: list[str]) -> tuple[str, ...]:
    """Return *names* with ``_2`` and so on behind those that were there before."""
    taken, distinct = set(names), []
    seen: set[str] = set()
    for name in names:
        unique, number = name, 1
        while unique in seen or (number > 1 and unique in taken):
            number += 1
            unique = f"{name}_{number}"
        seen.add(unique)
        distinct.append(unique)
    return tuple(distinct)
