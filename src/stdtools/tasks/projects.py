"""Projects: what is in them, and what is done to them, each time as one step."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from stdtools.shared.errors import ToolError
from stdtools.shared.sqlite import telling
from stdtools.tasks.changing import check_project, check_text, close_project
from stdtools.tasks.database import Database
from stdtools.tasks.watching import watched


class Progress(NamedTuple):
    """A project, and how many of its tasks are open and done."""

    name: str
    description: str
    deadline: str | None
    open: int
    done: int


# One pass over the tasks, however many projects there are: task.project has no index.
PROGRESS = """\
SELECT name, description, deadline, coalesce(count.open, 0), coalesce(count.done, 0)
FROM project LEFT JOIN (
    SELECT project, sum(status = 'open') AS open, sum(status = 'done') AS done FROM task GROUP BY project
) AS count ON count.project = name
ORDER BY deadline NULLS LAST, name"""


def projects(database: Database) -> Iterator[Progress]:
    """Yield the projects, what is due first first."""
    with telling(database.path):
        found = database.sql.execute(PROGRESS).fetchall()
    yield from map(Progress._make, found)


def add_project(database: Database, command: str, name: str, description: str, deadline: str | None) -> bool:
    """Add a project, as a step; False if it is there."""
    check_fields({"name": name, "description": description})
    query = "INSERT INTO project VALUES (:name, :description, :deadline) ON CONFLICT DO NOTHING"
    with database.step(command):
        values = {"name": name, "description": description, "deadline": deadline}
        return bool(database.sql.execute(query, values).rowcount)


def edit_project(database: Database, command: str, name: str, values: dict[str, str | None]) -> None:
    """Give the project *name* the *values* of its fields, as a step; its tasks follow it to another name.

    Raises NoProject, and ToolError where the new name is taken.
    """
    check_fields(values)
    new = values.get("name")
    fields = ", ".join(f"{field} = :{field}" for field in values)
    differs = " OR ".join(f"{field} IS NOT :{field}" for field in values)
    with database.step(command):
        _check_there(database, name)
        if new not in (None, name) and database.one("SELECT 1 FROM project WHERE name = ?", new):
            raise ToolError("there is a project of this name", where=str(new))
        update = f"UPDATE project SET {fields} WHERE name = :old_name AND ({differs})"
        with watched(database):  # all of its tasks follow it
            database.sql.execute(update, {**values, "old_name": name})


def remove_project(database: Database, command: str, name: str, *, with_tasks: bool) -> int:
    """Delete the project *name*, as a step, and its tasks if it may have any; return how many they were.

    Raises NoProject, and HasTasks.
    """
    with database.step(command), watched(database):
        _check_there(database, name)
        tasks = "FROM task WHERE project = ?"
        count = int(database.one(f"SELECT count(*) {tasks}", name))
        if count and not with_tasks:
            raise HasTasks(name, count)
        database.sql.execute(f"DELETE {tasks}", (name,))
        database.sql.execute("DELETE FROM project WHERE name = ?", (name,))
        return count


class NoProject(Exception):
    """There is no project *name*; *close* is one whose name looks like it."""

    def __init__(self, name: str, close: str | None) -> None:
        super().__init__(name, close)
        self.name = name
        self.close = close


class HasTasks(Exception):
    """The project *name* has *count* tasks, so that it stays."""

    def __init__(self, name: str, count: int) -> None:
        super().__init__(name, count)
        self.name = name
        self.count = count


def _check_there(database: Database, name: str) -> None:
    if database.one("SELECT 1 FROM project WHERE name = ?", name) is None:
        raise NoProject(name, close_project(database, name))


def check_fields(values: Mapping[str, str | None]) -> None:
    """Raise ToolError for a new value that the field of no project can have."""
    if (name := values.get("name")) is not None:
        check_project(name)
    if description := values.get("description"):
        check_text(description, "--description")
