"""Tasks into the table by the hundred, without a row of journal for each; or one by one beside those that are there.

While it loads, the triggers leave out what ``bulk`` stands for, no check of the table is made (the values
have been cleaned) and no foreign key is looked up (the projects are made first): two thirds of the time.
"""

import contextlib
import gc
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from stdtools.tasks.aside import Aside
from stdtools.tasks.database import Database
from stdtools.tasks.schema import INDEX, STATUSES, TASK, TRIGGERS, USUAL

_AT_ONCE = (4000, 500, 50, 1)  # rows of a statement: so many that the other thread has Python's lock for long; the rest
_CACHE = 1024  # KiB: what is loaded is not read again, and small sorts are faster ones
_BYTES = 50  # of a row, at least, for a guess at how many a file has
_TOLD = 10  # new projects by name
_SETTABLE = ("project", "priority", "details", "deadline")


class _Insertion(NamedTuple):
    """A statement that inserts rows of so many cells."""

    cells: int
    statement: str


class Counts:
    """What has become of the rows, and the first of the projects that were made."""

    def __init__(self) -> None:
        self.imported = self.updated = self.skipped = self.projects = 0
        self.new_projects: list[str] = []


@contextlib.contextmanager
def loading(database: Database) -> Iterator[None]:
    """Set the connection and the interpreter up for a load; the transaction is inside."""
    sql = database.sql.execute
    was_enabled = gc.isenabled()
    gc.disable()  # a million new lists hold no cycle
    sql(f"PRAGMA cache_size=-{_CACHE}")
    sql("PRAGMA foreign_keys=OFF")
    sql("PRAGMA ignore_check_constraints=ON")
    try:
        yield
    finally:
        sql("PRAGMA ignore_check_constraints=OFF")
        sql("PRAGMA foreign_keys=ON")
        if was_enabled:
            gc.enable()


class Loader:
    """Puts rows into ``task``; made and finished within one step. Blocks of them go in *aside*.

    *conflict* (``error``, ``skip`` or ``update``) is what becomes of a row that is a task already: one with
    the same values of the fields *keys*. *now* is when the new ones are created.
    """

    def __init__(self, database: Database, conflict: str, keys: Sequence[str], now: str, aside: Aside) -> None:
        self.counts = Counts()
        self._aside = aside
        self.by_row = bool(keys) and not (conflict == "error" and tuple(keys) == ("id",))
        self._sql = database.sql
        self._conflict = conflict
        self._keys = tuple(keys)
        self._now = now
        self._ready: set[str] = set()  # projects
        self._statements: dict[tuple[str, ...], list[_Insertion]] = {}
        self._waiting: list[Any] = []  # cells
        self._waiting_for: list[_Insertion] = []
        self._before = database.one("SELECT seq FROM sqlite_sequence WHERE name = 'task'") or 0
        self._has_index = True
        self._leave_out_of_journal()
        self._find = self._finder() if self.by_row else ""

    def expect(self, size: int) -> None:
        """Get ready for a file of *size* bytes: where it is large, all of the index is made anew in the end."""
        self._watch_index(size // _BYTES)

    def _leave_out_of_journal(self) -> None:
        """Have the triggers pass over the rows that are new: their ids are beyond all there have been."""
        for name in ("task_insert", "task_update"):
            self._sql.execute(f"DROP TRIGGER temp.{name}")
            if self._before:
                narrowed = TRIGGERS[name].replace(" BEGIN", f" AND new.id <= {self._before} BEGIN", 1)
                self._sql.execute(narrowed)

    def _finder(self) -> str:
        """Return the query for the tasks that a row is, with an index for it that is not kept."""
        if self._keys == ("id",):
            return "SELECT id FROM task WHERE id = ?"
        columns = ", ".join(f"{key} AS key{number}" for number, key in enumerate(self._keys))
        names = ", ".join(f"key{number}" for number in range(len(self._keys)))
        self._sql.execute(f"CREATE TEMP TABLE known AS SELECT {columns}, id AS task FROM task")
        self._sql.execute(f"CREATE INDEX temp.known_keys ON known ({names})")
        where = " AND ".join(f"key{number} IS ?" for number in range(len(self._keys)))
        return f"SELECT task FROM temp.known WHERE {where} LIMIT 3"

    def add_block(self, cells: list[Any], fields: Sequence[str], constants: Mapping[str, Any]) -> None:
        """Insert many rows, whose *cells* stand one after the other; ``flush`` inserts those that still wait.

        Raises sqlite3.IntegrityError, and none is in.
        """
        insertions = self._insertions(tuple(fields), constants)
        if "id" in fields:
            self.flush()
            with self._savepoint():
                self._insert(cells, insertions)
        else:  # nothing can be there already
            if insertions is not self._waiting_for:
                self.flush()
                self._waiting_for = insertions
            self._waiting += cells
            size, insert = insertions[0].cells, insertions[0].statement
            while len(self._waiting) >= size:
                some, self._waiting = self._waiting[:size], self._waiting[size:]
                self._aside.start(partial(self._sql.execute, insert, some))
        self.counts.imported += len(cells) // len(fields)
        self._watch_index(self.counts.imported)

    def flush(self) -> None:
        """Insert all rows that wait for more of them."""
        self._aside.wait()
        waiting, self._waiting = self._waiting, []
        self._insert(waiting, self._waiting_for)

    def _insert(self, cells: list[Any], insertions: Sequence[_Insertion]) -> None:
        at = 0
        for size, insert in insertions:
            while at + size <= len(cells):
                self._sql.execute(insert, cells[at : at + size])
                at += size

    @contextlib.contextmanager
    def _savepoint(self) -> Iterator[None]:
        self._sql.execute("SAVEPOINT block")
        try:
            yield
        except sqlite3.IntegrityError:  # anything else ends all of it
            self._sql.execute("ROLLBACK TO block")
            self._sql.execute("RELEASE block")
            raise
        self._sql.execute("RELEASE block")

    def _insertions(self, fields: tuple[str, ...], constants: Mapping[str, Any]) -> list[_Insertion]:
        """Return the statements that insert rows which have these *fields*, the largest first."""
        if fields not in self._statements:
            more = {field: value for field, value in {"created": self._now, **constants}.items() if field not in fields}
            insert = f"INSERT INTO task ({', '.join((*fields, *more))}) VALUES "
            row = f"({', '.join((*'?' * len(fields), *map(_literal, more.values())))})"
            self._statements[fields] = [
                _Insertion(rows * len(fields), insert + ", ".join([row] * rows)) for rows in _AT_ONCE
            ]
        return self._statements[fields]

    def add_row(self, values: Mapping[str, Any], given: Sequence[str]) -> str:
        """Insert the task that has *values*, or do with the one that is there what is to be done.

        *given* are the fields that an update sets. Returns what is wrong with the row, if anything.
        """
        self.flush()
        found: list[int] = []
        if self.by_row and (self._keys != ("id",) or values.get("id") is not None):
            found = [task for (task,) in self._sql.execute(self._find, [values.get(key) for key in self._keys])]
        if not found:
            return self._insert_row(values)
        if self._conflict == "skip":
            self.counts.skipped += 1
            return ""
        ids = ", ".join(map(str, found[:2])) + ("…" if len(found) > 2 else "")
        if self._conflict == "error" and found[0] > self._before:
            return "is the same task as a row above"
        if self._conflict == "error":
            return f"is task {ids} already" if len(found) == 1 else f"is each of the tasks {ids} already"
        if len(found) > 1:
            return f"may be any of the tasks {ids}; more of --key would tell"
        self._update(found[0], values, given)
        return ""

    def _insert_row(self, values: Mapping[str, Any]) -> str:
        if not values.get("details"):
            return "has no details"
        status = values.get("status", STATUSES[0])
        completed = (values.get("completed") or self._now) if status == "done" else None
        row = {"priority": USUAL, "created": self._now, **values, "status": status, "completed": completed}
        try:
            marks = ", ".join("?" * len(TASK))
            cursor = self._sql.execute(f"INSERT INTO task VALUES ({marks})", [row.get(field) for field in TASK])
        except sqlite3.IntegrityError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
                raise  # an index or a trigger that is not ours forbids it
            above = ", in a row above" if values["id"] > self._before else ""
            return f"task {values['id']} is there already{above}"
        self.ready_projects([values.get("project")])
        self.counts.imported += 1
        if self.by_row and self._keys != ("id",):
            task = {**row, "id": cursor.lastrowid}
            marks = ", ".join("?" * (len(self._keys) + 1))
            self._sql.execute(f"INSERT INTO temp.known VALUES ({marks})", [*map(task.get, self._keys), task["id"]])
        return ""

    def _update(self, task: int, values: Mapping[str, Any], given: Sequence[str]) -> None:
        """Set the fields *given* of the *task*; it counts as skipped where that changes nothing."""
        new: dict[str, Any] = {field: values[field] for field in _SETTABLE if field in given and field in values}
        sets = [f"{field} = :{field}" for field in new]
        if "created" in values and "created" in given:
            new["created"] = values["created"]
            sets.append("created = :created")
        if "status" in values and not {"status", "completed"}.isdisjoint(given):
            new |= {"status": values["status"], "said": values.get("completed"), "now": self._now}
            moment = "coalesce(:said, completed, :now)" if values["status"] == "done" else "NULL"
            sets += ["status = :status", f"completed = {moment}"]
        if sets:
            self.ready_projects([new.get("project")])
            differs = " OR ".join(each.replace(" = ", " IS NOT ", 1) for each in sets)
            query = f"UPDATE task SET {', '.join(sets)} WHERE id = :task AND ({differs})"
            if self._sql.execute(query, {**new, "task": task}).rowcount:
                self.counts.updated += 1
                return
        self.counts.skipped += 1

    def ready_projects(self, names: Sequence[str | None]) -> None:
        """Make the projects of these *names* that are not there."""
        for name in names:
            if name is not None and name not in self._ready:
                if len(self._ready) > 100_000:
                    self._ready.clear()
                self._ready.add(name)
                self._aside.wait()
                if self._sql.execute("INSERT OR IGNORE INTO project (name) VALUES (?)", (name,)).rowcount:
                    self.counts.projects += 1
                    if len(self.counts.new_projects) < _TOLD:
                        self.counts.new_projects.append(name)

    def _watch_index(self, rows: int) -> None:
        """Drop the index once it costs less to sort all the rows than to put the new *rows* in their places."""
        if self._has_index and rows > self._before // 4:
            self._aside.wait()
            self._sql.execute("DROP INDEX task_deadline")
            self._has_index = False

    def finish(self, step: int) -> None:
        """Make the index and the triggers what they were, and note for the *step* what it inserted in bulk."""
        self.flush()
        if not self._has_index:
            self._sql.execute(INDEX)
        for name in ("task_insert", "task_update"):
            self._sql.execute(f"DROP TRIGGER IF EXISTS temp.{name}")
            self._sql.execute(TRIGGERS[name])
        self._sql.execute("DROP TABLE IF EXISTS temp.known")
        if self.counts.imported:
            beyond = "FROM task WHERE id > :before"
            first, last = f"(SELECT min(id) {beyond})", "(SELECT max(id) FROM task)"  # each of them a glance
            count = f"(SELECT count(*) {beyond})" if self._before else ":imported"
            values = {"step": step, "before": self._before, "imported": self.counts.imported}
            query = f"INSERT INTO bulk SELECT :step, {first}, {last}, {count} WHERE {first} IS NOT NULL"
            self._sql.execute(query, values)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
