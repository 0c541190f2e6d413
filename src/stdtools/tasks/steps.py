"""Undo and redo: each command that changed something is a step, and steps are undone in turn."""

import contextlib
import json
from collections.abc import Iterator
from typing import NamedTuple

from stdtools.shared.errors import ToolError
from stdtools.shared.sqlite import telling
from stdtools.tasks.database import Database
from stdtools.tasks.schema import PROJECT, TASK

_COLUMNS = {"task": TASK, "project": PROJECT}


class Step(NamedTuple):
    """A command that changed *rows* tasks and projects."""

    id: int
    at: str
    command: str
    state: str
    rows: int


def steps(database: Database, limit: int = -1, state: str | None = None, *, forward: bool = False) -> Iterator[Step]:
    """Yield the steps, of a *state* or all, the last one first, or *forward*."""
    count = "(SELECT count(*) FROM change WHERE step = step.id)"
    bulk = "coalesce((SELECT rows FROM bulk WHERE step = step.id), 0)"
    query = f"SELECT id, at, command, state, {count} + {bulk} FROM step WHERE state = coalesce(?, state) "
    query += f"ORDER BY id {'ASC' if forward else 'DESC'} LIMIT ?"
    with telling(database.path):
        found = database.sql.execute(query, (state, limit)).fetchall()
    yield from map(Step._make, found)


def undo(database: Database, count: int = 1) -> list[Step]:
    """Undo the last *count* steps that are done, all or none, and return them.

    ToolError when a row has changed since.
    """
    with _turning(database):
        chosen = list(steps(database, count, "done"))
        for step in chosen:
            _undo_bulk(database, step)
            query = "SELECT kind, key, before, after FROM change WHERE step = ? ORDER BY id DESC"
            for kind, key, before, after in database.sql.execute(query, (step.id,)):
                _turn(database, step, kind, key, after, before)
            database.sql.execute("UPDATE step SET state = 'undone' WHERE id = ?", (step.id,))
        return chosen


def redo(database: Database, count: int = 1) -> list[Step]:
    """Do the *count* steps again that were undone last, all or none, and return them."""
    with _turning(database):
        chosen = list(steps(database, count, "undone", forward=True))
        for step in chosen:
            query = "SELECT kind, key, before, after FROM change WHERE step = ? ORDER BY id"
            for kind, key, before, after in database.sql.execute(query, (step.id,)):
                _turn(database, step, kind, key, before, after)
            database.sql.execute("UPDATE step SET state = 'done' WHERE id = ?", (step.id,))
        return chosen


@contextlib.contextmanager
def _turning(database: Database) -> Iterator[None]:
    """A transaction in which no foreign key acts: what a cascade did has changes of its own."""
    database.sql.execute("PRAGMA foreign_keys=OFF")
    try:
        with database.transaction():
            yield
            if database.one("SELECT 1 FROM pragma_foreign_key_check"):
                raise ToolError("a project that tasks are of would be missing; nothing is done", where=database.path)
    finally:
        database.sql.execute("PRAGMA foreign_keys=ON")


def _turn(database: Database, step: Step, kind: str, key: object, expected: str | None, wanted: str | None) -> None:
    """Make the row *key* what is *wanted*, if it is what is *expected*."""
    columns = _COLUMNS[kind]
    found = database.sql.execute(
        f"SELECT {', '.join(columns)} FROM {kind} WHERE {columns[0]} = ?", (_key(expected, key, columns),)
    ).fetchone()
    now = dict(zip(columns, found, strict=True)) if found else None
    if now != (json.loads(expected) if expected else None):
        raise ToolError(f"{kind} {key} was changed since; nothing is done", where=f"step {step.id} ({step.command})")
    if wanted is None:
        database.sql.execute(f"DELETE FROM {kind} WHERE {columns[0]} = ?", (key,))
        return
    values = json.loads(wanted)
    if expected is None:
        names = ", ".join(f":{column}" for column in columns)
        database.sql.execute(f"INSERT INTO {kind} VALUES ({names})", values)
    else:
        names = ", ".join(f"{column} = :{column}" for column in columns)
        database.sql.execute(
            f"UPDATE {kind} SET {names} WHERE {columns[0]} = :the_key",
            {**values, "the_key": _key(expected, key, columns)},
        )


def _key(expected: str | None, key: object, columns: tuple[str, ...]) -> object:
    return json.loads(expected)[columns[0]] if expected else key


def _undo_bulk(database: Database, step: Step) -> None:
    """Take back the tasks that the *step* inserted in bulk; what they were is kept, so that it can be redone."""
    row = database.sql.execute("SELECT first, last, rows FROM bulk WHERE step = ?", (step.id,)).fetchone()
    if row is None:
        return
    *found, rows = row
    later = "SELECT key FROM change JOIN step ON step.id = change.step WHERE state = 'done'"
    later += " AND kind = 'task' AND key BETWEEN ? AND ?"
    touched = database.one(f"{later} AND step <> ? LIMIT 1", *found, step.id)
    there = database.one("SELECT count(*) FROM task WHERE id BETWEEN ? AND ?", *found)
    if touched is not None or there != rows:
        what = f"task {touched} was" if touched is not None else "its tasks were"
        raise ToolError(f"{what} changed since; nothing is done", where=f"step {step.id} ({step.command})")
    after = ", ".join(f"'{column}', {column}" for column in TASK)
    database.sql.execute(
        f"INSERT INTO change (step, kind, key, after) SELECT ?, 'task', id, json_object({after}) FROM task "
        "WHERE id BETWEEN ? AND ? ORDER BY id",
        (step.id, *found),
    )
    database.sql.execute("DELETE FROM bulk WHERE step = ?", (step.id,))
