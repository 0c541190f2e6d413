"""JSON objects as a temporary table."""

import sqlite3
from contextlib import suppress
from itertools import islice
from typing import Any

from stdtools.shared.errors import ToolError
from stdtools.shared.records import is_utf8
from stdtools.shared.streams import Input

_BATCH = 10_000  # records


def quoted(name: str) -> str:
    """Return *name* as SQL writes a name of any characters."""
    return '"' + name.replace('"', '""') + '"'


def add_json(connection: sqlite3.Connection, name: str, source: Input) -> None:
    """Make a table of JSON objects: a column for each key that any of them has."""
    from stdtools.shared.record_input import read_json

    columns: dict[str, str] = {}  # key: as SQL has it
    table = quoted(name)
    records = read_json(source)
    first = 1
    while batch := list(islice(records, _BATCH)):
        for number, record in enumerate(batch, first):
            where = f"{source.name}: record {number}"
            if not isinstance(record, dict):
                raise ToolError("is no JSON object", where=where)
            for key in record:
                if key not in columns:
                    _add_column(connection, table, columns, key, where)
        marks = ", ".join("?" * len(columns))
        rows = ([_stored(record.get(key)) for key in columns] for record in batch)
        try:
            connection.executemany(f"INSERT INTO temp.{table} VALUES ({marks})", rows)
        except UnicodeEncodeError:
            last = first + len(batch) - 1
            raise ToolError(
                "half a surrogate pair is no text", where=f"{source.name}: records {first} to {last}"
            ) from None
        first += len(batch)
    if not columns:
        raise ToolError("has no record with a key", where=source.name)


def _add_column(connection: sqlite3.Connection, table: str, columns: dict[str, str], key: str, where: str) -> None:
    if not key.strip() or "\0" in key or not is_utf8(key):
        raise ToolError(f"the key {key!r} cannot be the name of a column", where=where)
    if key.lower() in map(str.lower, columns):
        raise ToolError(f"the key {key!r} is in other case the name of a column already", where=where)
    as_sql = quoted(key)
    if columns:
        connection.execute(f"ALTER TABLE temp.{table} ADD COLUMN {as_sql}")
    else:
        connection.execute(f"CREATE TEMP TABLE {table} ({as_sql})")
    columns[key] = as_sql


def _stored(value: Any) -> Any:
    """Return a value of JSON as SQLite stores it: what it has no type for as JSON."""
    if isinstance(value, dict):
        from stdtools.shared.records import untag

        with suppress(ValueError):
            return untag(value)
    if isinstance(value, dict | list):
        from stdtools.shared.records import JsonText

        return JsonText()(value)
    if isinstance(value, int) and not -(1 << 63) <= value < 1 << 63:
        return str(value)
    return value
