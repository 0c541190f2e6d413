"""Files of records as temporary tables of a connection: CSV, TSV, JSON, under the file's name.

SQLite keeps temporary tables in a file that has no name and is gone with the connection, so that
memory does not grow with them.
"""

import codecs
import csv
import gc
import io
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from stdtools.shared.errors import ToolError
from stdtools.shared.record_input import named_form, unescape_tsv
from stdtools.shared.records import is_utf8
from stdtools.shared.streams import Input, open_input
from stdtools.tasks.dialect import Dialect, dialect_of
from stdtools.tasks.tables_of_json import add_json, quoted

LARGEST_FIELD = 64 << 20  # characters; an open quote ends there, at the latest
_HEAD = 64 * 1024

# What a cell must be to be a number: as JSON writes it, and no exponent but as printf does (1e-05), so that
# codes such as 007, 1E5 and 1e999 stay text.
_IS_WHOLE = "CAST(CAST({0} AS INTEGER) AS TEXT) = {0}"
_IS_NUMBER = (
    "{0} NOT GLOB '*[^-+.e0-9]*' AND {0} GLOB '*[.e]*' AND ({0} NOT GLOB '*e*' OR {0} GLOB '*e[-+][0-9][0-9]*')"
    " AND json_valid({0}) AND abs(CAST({0} AS REAL)) < 9e999"
)


def add_tables(connection: sqlite3.Connection, paths: Sequence[str]) -> None:
    """Make a table of each of the files *paths*, ``-`` for standard input, which is the table ``stdin``.

    A column whose values are all whole numbers, or all numbers, has numbers; what is empty is NULL.
    Raises ToolError, with the line where there is one.
    """
    names = [table_name(path) for path in paths]
    for at, (name, path) in enumerate(zip(names, paths, strict=True)):
        others = [others.lower() for others in names[:at]]
        if name.lower() in others:
            hint = "only one of them can be read here"
            raise ToolError(f"is a table {name!r}, as is {paths[others.index(name.lower())]}", where=path, hint=hint)
        taken = connection.execute("SELECT 1 FROM sqlite_master WHERE lower(name) = lower(?)", (name,)).fetchone()
        if taken or name.lower().startswith("sqlite_"):
            hint = "give the file another name, or read it as -"
            raise ToolError(f"the database has a table {name!r} of its own", where=path, hint=hint)
    connection.execute("PRAGMA temp.cache_size=-32768")
    for name, path in zip(names, paths, strict=True):
        with open_input(path) as source, _in_one_go(connection), _telling(path):
            _add_table(connection, name, source, path)


def table_name(path: str) -> str:
    """Return the name of the table that is made of the file *path*. Raises ToolError."""
    if path == "-":
        return "stdin"
    name = os.path.basename(path)
    if named_form(path):
        name = name.rpartition(".")[0]
    if not name:
        raise ToolError("has no name that a table could have", where=path or "''", hint="read it as -")
    if not is_utf8(name):
        raise ToolError("has a name that is not UTF-8", where=path, hint="read it as -")
    return name


@contextmanager
def _in_one_go(connection: sqlite3.Connection) -> Iterator[None]:
    """One transaction, and no search for cycles among millions of rows that have none."""
    was_enabled = gc.isenabled()
    gc.disable()
    connection.execute("BEGIN")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        if was_enabled:
            gc.enable()


@contextmanager
def _telling(path: str) -> Iterator[None]:
    """Raise what SQLite says of a table that is made of the file *path* as a ToolError."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        full = code == sqlite3.SQLITE_FULL
        raise ToolError(
            "No space left on device for a temporary table" if full else str(error),
            where="standard input" if path == "-" else path,
            hint="TMPDIR names another directory" if full else "",
        ) from error


def encoded_as(source: Input, path: str) -> tuple[str, Dialect]:
    """Return the encoding and the dialect of the file *path*, open as *source*. Raises ToolError for an empty one."""
    head = source.peek(_HEAD)
    if not head:
        raise ToolError("is empty", where=source.name, hint="a line with the names of its columns belongs there")
    encoding = "utf-16" if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    start = codecs.getincrementaldecoder(encoding)("replace").decode(head)  # which may end within a character
    return encoding, dialect_of(path, start)


def _add_table(connection: sqlite3.Connection, name: str, source: Input, path: str) -> None:
    encoding, (form, delimiter) = encoded_as(source, path)
    if form == "json":
        add_json(connection, name, source)
    else:
        text = io.TextIOWrapper(io.BufferedReader(_Raw(source), 1 << 20), encoding, newline="")
        rows = (_TsvRows if form == "tsv" else _CsvRows)(source.name, text, delimiter)
        _add_text(connection, name, rows)


class _Raw(io.RawIOBase):
    """An Input as the io module wants it."""

    def __init__(self, source: Input) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._source.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class _CsvRows:
    """The rows of a CSV text, the header apart; ``line`` is where the last one began."""

    def __init__(self, where: str, text: io.TextIOWrapper, delimiter: str) -> None:
        csv.field_size_limit(LARGEST_FIELD)
        self._where = where
        self._reader = csv.reader(text, delimiter=delimiter, strict=True)
        self.line = 1

    def __iter__(self) -> Iterator[list[str]]:
        reader = self._reader
        try:
            for row in reader:
                if row:
                    yield row
                self.line = reader.line_num + 1
        except csv.Error as error:
            raise self.trouble(_csv_trouble(str(error))) from None
        except UnicodeDecodeError as error:
            self.line = reader.line_num + 1 + bytes(error.object[: error.start]).count(b"\n")
            raise self.trouble(_not_text(error)) from None

    def trouble(self, what: str) -> ToolError:
        """Return the error that *what* is wrong with the last row."""
        return ToolError(what, where=f"{self._where}: line {self.line}")


def _csv_trouble(message: str) -> str:
    if message == "unexpected end of data":
        return "a quote is opened in this record and never closed"
    if message.startswith("field larger"):
        return f"has a value of more than {LARGEST_FIELD >> 20} MiB; is a quote not closed?"
    return f"not CSV: {message}"


def _not_text(error: UnicodeDecodeError) -> str:
    if error.encoding != "utf-8":  # utf-16-le or -be
        return f"not UTF-16: {error.reason}"
    return f"not UTF-8: byte 0x{error.object[error.start]:02x}"


class _TsvRows(_CsvRows):
    """The rows of a TSV text as stdtools writes it: a backslash before t, n, r and itself."""

    def __init__(self, where: str, text: io.TextIOWrapper, delimiter: str) -> None:
        super().__init__(where, text, delimiter)
        self._text = text

    def __iter__(self) -> Iterator[list[str]]:
        read = 0
        try:
            for line in self._text:
                read += 1
                self.line = read
                row = line.rstrip("\r\n").split("\t")
                yield list(map(unescape_tsv, row)) if "\\" in line else row
        except UnicodeDecodeError as error:
            self.line = read + 1 + bytes(error.object[: error.start]).count(b"\n")
            raise self.trouble(_not_text(error)) from None


def _add_text(connection: sqlite3.Connection, name: str, table: _CsvRows) -> None:
    """Make a table of text, and the view *name* on it that has its numbers and NULLs."""
    rows = iter(table)
    header = next(rows, None)
    if header is None:
        raise table.trouble("there is no line with the names of the columns")
    columns = _columns(header, table)
    base = quoted(f"{name} (text)")
    connection.execute(f"CREATE TEMP TABLE {base} ({', '.join(f'{column} TEXT' for column in columns)})")
    connection.executemany(
        f"INSERT INTO {base} VALUES ({', '.join('?' * len(columns))})", _of_width(rows, table, columns)
    )
    typed = []
    for column in columns:
        found = connection.execute(f"SELECT 1 FROM {base} WHERE {column} <> '' LIMIT 1").fetchone()
        kind = "TEXT"
        if found and not _exists(connection, f"FROM {base} WHERE {column} <> '' AND NOT ({_IS_WHOLE.format(column)})"):
            kind = "INTEGER"
        elif found:
            is_number = f"({_IS_WHOLE.format(column)} OR {_IS_NUMBER.format(column)})"
            if not _exists(connection, f"FROM {base} WHERE {column} <> '' AND NOT {is_number}"):
                kind = "REAL"
        typed.append(f"CAST(nullif({column}, '') AS {kind}) AS {column}")
    connection.execute(f"CREATE TEMP VIEW {quoted(name)} AS SELECT {', '.join(typed)} FROM {base}")


def _exists(connection: sqlite3.Connection, rest: str) -> bool:
    return connection.execute(f"SELECT 1 {rest} LIMIT 1").fetchone() is not None


def _of_width(rows: Iterator[list[str]], table: _CsvRows, columns: Sequence[str]) -> Iterator[list[str]]:
    width = len(columns)
    for row in rows:
        if len(row) == width:
            yield row
        elif row != [""]:  # a blank line
            raise table.trouble(f"has {len(row)} value{'s' * (len(row) != 1)} for {width} columns")


def _columns(header: list[str], table: _CsvRows) -> list[str]:
    """Return the names in the *header*, quoted for SQL, without blanks around them."""
    names = [name.strip() for name in header]
    if blank := [str(number) for number, name in enumerate(names, 1) if not name]:
        raise table.trouble(f"column {', '.join(blank)} of {len(names)} has no name")
    lower = [name.lower() for name in names]  # SQL does not tell a from A
    if double := [name for at, name in enumerate(names) if name.lower() in lower[:at]]:
        raise table.trouble(f"the column {', '.join(map(repr, double))} stands twice in the header")
    if odd := [name for name in names if "\0" in name]:
        raise table.trouble(f"the name of the column {odd[0]!r} has a NUL in it")
    return [quoted(name) for name in names]
