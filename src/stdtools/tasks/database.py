"""The file of the tasks: made, brought up to date, opened to read or to write, changed step by step."""

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from typing import Any

from stdtools.shared.errors import ToolError
from stdtools.shared.sqlite import connect_to_read, connect_to_write, make_file, patiently, set_journal, telling
from stdtools.tasks.schema import MIGRATIONS, TRIGGERS, VERSION

MEMORY = ":memory:"


class Database:
    """The database in the file *path*, or in memory. ``sql`` is its connection. Raises ToolError.

    To write, the file is made where it is missing and brought up to date, with a copy of what it was
    beside it. To read, it stays as it is, and is empty where it is missing.
    """

    def __init__(self, path: str, *, writable: bool) -> None:
        self.path = path
        self.writable = writable
        if path == MEMORY or not (writable or os.path.exists(path)):
            self.sql = sqlite3.connect(MEMORY, isolation_level=None, check_same_thread=False)
        else:
            if writable and not os.path.exists(path):
                make_file(path)
            with telling(path):
                self.sql = (connect_to_write if writable else connect_to_read)(path)
        try:
            with telling(path):
                self.sql.execute("PRAGMA foreign_keys=ON")
                self._bring_up_to_date()
                if writable:
                    set_journal(self.sql)
                    for trigger in TRIGGERS.values():
                        self.sql.execute(trigger)
        except BaseException:
            self.sql.close()
            raise

    def _bring_up_to_date(self) -> None:
        # Both of one moment: another process may be making the tables.
        query = "SELECT user_version, NOT EXISTS (SELECT 1 FROM sqlite_master) FROM pragma_user_version"
        version, is_new = patiently(self.sql, query).fetchone()
        if version > VERSION:
            raise ToolError(f"is of a newer stdtools (version {version} of its tables)", where=self.path)
        if version == VERSION:
            return
        if version < 0 or (version == 0 and not is_new):
            raise ToolError("is an SQLite database, but not one of tasks", where=self.path)
        if not is_new and not self.writable:
            raise ToolError(
                "is of an older stdtools", where=self.path, hint="any command that changes tasks updates it"
            )
        if not is_new:
            self._keep_copy(version)
        elif not self.writable:  # who made the file was killed before its tables were there
            self.sql.close()
            self.sql = sqlite3.connect(MEMORY, isolation_level=None, check_same_thread=False)
        patiently(self.sql, "BEGIN IMMEDIATE")
        try:
            for old in range(self.one("PRAGMA user_version"), VERSION):  # somebody may have been faster
                for statement in MIGRATIONS[old]:
                    self.sql.execute(statement)
            self.sql.execute(f"PRAGMA user_version = {VERSION}")
            self.sql.execute("COMMIT")
        except BaseException:
            self.sql.execute("ROLLBACK")
            raise

    def _keep_copy(self, version: int) -> None:
        copy = f"{self.path}.version{version}"
        make_file(copy)
        with contextlib.closing(connect_to_write(copy)) as target:
            self.sql.backup(target)

    def one(self, query: str, *values: object) -> Any:
        """Return the one value that *query* asks for, None where there is none. Raises sqlite3.Error."""
        row = self.sql.execute(query, values).fetchone()
        return None if row is None else row[0]

    @contextlib.contextmanager
    def step(self, command: str) -> Iterator[int]:
        """Do what is changed in the ``with`` block as one step that can be undone, or when it raises nothing.

        Yields the step's number. *command* is how ``log`` names it. A step that has changed nothing leaves
        no trace; one that has drops what was undone and not done again.
        """
        with self.transaction():
            self.sql.execute("INSERT INTO step (at, command) VALUES (?, ?)", (utc_now(), command))
            number = self.one("SELECT last_insert_rowid()")
            self.sql.execute("INSERT INTO underway VALUES (?)", (number,))
            yield number
            self.sql.execute("DELETE FROM underway")
            changed = (
                "SELECT EXISTS (SELECT 1 FROM change WHERE step = ?) OR EXISTS (SELECT 1 FROM bulk WHERE step = ?)"
            )
            if self.one(changed, number, number):
                self.sql.execute("UPDATE step SET state = 'dropped' WHERE state = 'undone'")
            else:
                self.sql.execute("ROLLBACK")

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Do all that is changed in the ``with`` block, or nothing when it raises; no step is made of it."""
        if not self.writable:
            raise ToolError("is only read here", where=self.path)
        with telling(self.path):
            patiently(self.sql, "BEGIN IMMEDIATE")
            try:
                yield
                if self.sql.in_transaction:
                    self.sql.execute("COMMIT")
            except BaseException:
                if self.sql.in_transaction:
                    self.sql.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Close the file."""
        self.sql.close()

    def __enter__(self) -> "Database":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def existing(path: str) -> Database:
    """Open the database to change it; where there is none, an empty one in memory, and none is made."""
    is_there = path == MEMORY or os.path.exists(path)
    return Database(path if is_there else MEMORY, writable=True)


def utc_now() -> str:
    """Return the moment as the tables have it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
