"""Undo and redo: each command that changed something is a step, and steps are undone in turn."""

import contextlib
import json
from collections.abc import Iterator
from typing import NamedTuple

from stdtools.shared.errors import ToolError
from stdtools.shared.sqlite import telling
from stdtools.tasks.database import Database
from stdtools.tasks.schema import PROJECT, TASK, json_of
from stdtools.tasks.watching import watched


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
            _turn(database, step, "undone", "after", "before", "DESC")
        return chosen


def redo(database: Database, count: int = 1) -> list[Step]:
    """Do the *count* steps again that were undone last, all or none, and return them."""
    with _turning(database):
        chosen = list(steps(database, count, "undone", forward=True))
        for step in chosen:
            _turn(database, step, "done", "before", "after", "ASC")
        return chosen


@contextlib.contextmanager
def _turning(database: Database) -> Iterator[None]:
    """A transaction in which no foreign key acts: what a cascade did has changes of its own."""
    database.sql.execute("PRAGMA foreign_keys=OFF")
    try:
        with database.transaction(), watched(database):
            yield
            if database.one("SELECT 1 FROM pragma_foreign_key_check"):
                raise ToolError("a project that tasks are of would be missing; nothing is done", where=database.path)
    finally:
        database.sql.execute("PRAGMA foreign_keys=ON")


def _turn(database: Database, step: Step, state: str, expected: str, wanted: str, order: str) -> None:
    """Make each row that the *step* changed what is *wanted* of it, if it is what is *expected*.

    Both are columns of ``change``, read in this *order*. Raises ToolError.
    """
    query = f"SELECT key, {expected}, {wanted} FROM change WHERE step = ? AND kind = 'project' ORDER BY id {order}"
    for key, *both in database.sql.execute(query, (step.id,)):
        _turn_project(database, step, key, *both)
    _turn_tasks(database, step, expected, wanted, order)
    database.sql.execute("UPDATE step SET state = ? WHERE id = ?", (state, step.id))


def _turn_project(database: Database, step: Step, key: str, expected: str | None, wanted: str | None) -> None:
    """Turn one of the projects: they are few, and their keys may change."""
    key = json.loads(expected)["name"] if expected else key
    found = database.sql.execute(f"SELECT {', '.join(PROJECT)} FROM project WHERE name = ?", (key,)).fetchone()
    if (dict(zip(PROJECT, found, strict=True)) if found else None) != (json.loads(expected) if expected else None):
        raise _changed_since(step, f"project {key} was")
    if expected:
        database.sql.execute("DELETE FROM project WHERE name = ?", (key,))
    if wanted:
        names = ", ".join(f":{column}" for column in PROJECT)
        database.sql.execute(f"INSERT INTO project VALUES ({names})", json.loads(wanted))


def _turn_tasks(database: Database, step: Step, expected: str, wanted: str, order: str) -> None:
    """Turn all of the tasks at once: a million of them in seconds."""
    sql = database.sql.execute
    sql("DROP TABLE IF EXISTS temp.turn")
    # Of a task that was changed more than once: the change that has to be undone first, and the one that is last.
    sql("CREATE TEMP TABLE turn (id INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL)")
    sql(
        "INSERT INTO temp.turn SELECT key, id, id FROM change WHERE step = ? AND kind = 'task' "
        f"ORDER BY id {order} ON CONFLICT DO UPDATE SET last = excluded.last",
        (step.id,),
    )
    both = "temp.turn JOIN change AS f ON f.id = turn.first JOIN change AS l ON l.id = turn.last"
    equal = " AND ".join(f"task.{column} IS json_extract(f.{expected}, '$.{column}')" for column in TASK)
    differs = f"f.{expected} IS NOT {json_of('task', TASK)} AND NOT ({equal})"  # nearly always it is the very text
    odd = database.one(
        f"SELECT turn.id FROM {both} LEFT JOIN task ON task.id = turn.id "
        f"WHERE (f.{expected} IS NULL) <> (task.id IS NULL) OR (task.id IS NOT NULL AND {differs}) LIMIT 1"
    )
    if odd is not None:
        raise _changed_since(step, f"task {odd} was")
    sql(f"DELETE FROM task WHERE id IN (SELECT turn.id FROM {both} WHERE l.{wanted} IS NULL)")
    new = [f"json_extract(l.{wanted}, '$.{column}')" for column in TASK]
    sets = ", ".join(f"{column} = {value}" for column, value in zip(TASK[1:], new[1:], strict=True))
    sql(
        f"UPDATE task SET {sets} FROM {both} "
        f"WHERE task.id = turn.id AND f.{expected} IS NOT NULL AND l.{wanted} IS NOT NULL"
    )
    sql(
        f"INSERT INTO task SELECT {', '.join(new)} FROM {both} "
        f"WHERE f.{expected} IS NULL AND l.{wanted} IS NOT NULL ORDER BY turn.id"
    )
    sql("DROP TABLE temp.turn")


def _changed_since(step: Step, what: str) -> ToolError:
    return ToolError(f"{what} changed since; nothing is done", where=f"step {step.id} ({step.command})")


def _undo_bulk(database: Database, step: Step) -> None:
    """Take back the tasks that the *step* inserted in bulk; what they were is kept, so that it can be redone."""
    row = database.sql.execute("SELECT first, last, rows FROM bulk WHERE step = ?", (step.id,)).fetchone()
    if row is None:
        return
    *found, rows = row
    if database.one("SELECT count(*) FROM task WHERE id BETWEEN ? AND ?", *found) != rows:
        raise _changed_since(step, "its tasks were")
    database.sql.execute(
        f"INSERT INTO change (step, kind, key, after) SELECT ?, 'task', id, {json_of('task', TASK)} FROM task "
        "WHERE id BETWEEN ? AND ? ORDER BY id",
        (step.id, *found),
    )
    database.sql.execute("DELETE FROM bulk WHERE step = ?", (step.id,))
