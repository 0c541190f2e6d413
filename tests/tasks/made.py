"""A database of tasks as the tests want it: the same each time."""

import datetime
from pathlib import Path

from stdtools.tasks.database import Database

TODAY = datetime.date(2024, 3, 10)
PROJECTS = [("garden", "beans, = and more", "2024-06-30"), ("home", "", None), ("idle", "has no tasks", None)]
DETAILS = (
    "water the beans",
    "=1+1",
    'say "hello", twice',
    "two\nlines",
    "{not JSON",
    "wörter ☃",
    "-5",
    "tab\tand \\ backslash",
)


def make(path: Path, count: int) -> None:
    """Make a database of *count* tasks, a third of them done, in two steps."""
    with Database(str(path), writable=True) as database:
        execute = database.sql.execute
        with database.step("projects"):
            for project in PROJECTS:
                execute("INSERT INTO project VALUES (?, ?, ?)", project)
        with database.step("tasks"):
            for number in range(count):
                created = datetime.datetime(2024, 1, 1, 12) + datetime.timedelta(days=number % 50)
                done = number % 3 == 2
                execute(
                    "INSERT INTO task VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        None,
                        ("garden", "home", None)[number // 3 % 3],
                        number % 4,
                        DETAILS[number % len(DETAILS)],
                        "done" if done else "open",
                        str(datetime.date(2024, 3, 1) + datetime.timedelta(days=number % 20)) if number % 2 else None,
                        f"{created.isoformat()}Z",
                        f"{(created + datetime.timedelta(days=9)).isoformat()}Z" if done else None,
                    ),
                )
