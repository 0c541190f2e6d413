"""What is done to tasks: one of them added, many changed or deleted, each time as one step."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from stdtools.shared.errors import ToolError
from stdtools.shared.records import is_utf8
from stdtools.tasks.database import Database, utc_now
from stdtools.tasks.filters import Filter, Order, choose, rows
from stdtools.tasks.schema import TASK, USUAL, is_none
from stdtools.tasks.watching import watched

_CLOSE = 0.75  # difflib's measure: 'hoem' is as close as that to 'home', 'work' is not


class Unexpected(Exception):
    """There would have been *count* changes, and not as many as were expected: nothing is done."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.count = count


class Outcome(NamedTuple):
    """How many tasks are as was wanted, the ids that were asked for and are not, and what is to be said of it."""

    found: int
    left: tuple[tuple[int, str], ...] = ()  # id, why
    new_project: str | None = None
    close_project: str | None = None  # one that was there before and looks like the new one


class Change(NamedTuple):
    """A field of a task that would be changed."""

    id: int
    details: str
    field: str
    before: Any
    after: Any


def add(
    database: Database,
    command: str,
    details: str,
    *,
    project: str | None = None,
    priority: int = USUAL,
    deadline: str | None = None,
) -> tuple[int, Outcome]:
    """Add a task as a step that ``log`` names *command*; return its id. A *project* that is not there is made."""
    check_text(details, "details")
    with database.step(command):
        outcome = ready_project(database, project)
        cursor = database.sql.execute(
            "INSERT INTO task (project, priority, details, deadline, created) "
            "VALUES (:project, :priority, :details, :deadline, :created)",
            {
                "project": project,
                "priority": priority,
                "details": details,
                "deadline": deadline,
                "created": utc_now(),
            },
        )
        return int(cursor.lastrowid or 0), outcome


def set_fields(
    database: Database,
    command: str,
    filter: Filter,
    values: dict[str, Any],
    *,
    order: Order = (),
    limit: int | None = None,
    expect: int | None = None,
    shown: int | None = None,
) -> Outcome:
    """Give the tasks that *filter* means the *values* of their fields, as one step.

    Raises Unexpected when they are not *expect*, and ToolError when they are no more the *shown* ones
    that ``choose`` has put into the temporary table of that name.
    """
    check_values(values)
    fields = ", ".join(f"{field} = :{field}" for field in values)
    differs = " OR ".join(f"{field} IS NOT :{field}" for field in values)
    update = f"UPDATE task SET {fields} WHERE id IN (SELECT id FROM temp.chosen) AND ({differs})"
    with database.step(command):
        outcome = _chosen(database, filter, order, limit, expect, shown)
        if outcome.found:
            made = ready_project(database, values.get("project"))
            with watched(database):
                database.sql.execute(update, values)
            outcome = outcome._replace(new_project=made.new_project, close_project=made.close_project)
        return outcome


def remove(
    database: Database,
    command: str,
    filter: Filter,
    *,
    order: Order = (),
    limit: int | None = None,
    expect: int | None = None,
    shown: int | None = None,
) -> Outcome:
    """Delete the tasks that *filter* means, as one step; raises as ``set_fields`` does."""
    with database.step(command):
        outcome = _chosen(database, filter, order, limit, expect, shown)
        with watched(database):
            database.sql.execute("DELETE FROM task WHERE id IN (SELECT id FROM temp.chosen)")
        return outcome


def changes(
    database: Database, filter: Filter, values: dict[str, Any] | None, *, order: Order = (), limit: int | None = None
) -> Iterator[Change]:
    """Yield what ``set_fields`` would change, or with None as *values* what ``remove`` would."""
    for row in rows(database, filter, order=order, limit=limit):
        task = dict(zip(TASK, row, strict=True))
        if values is None:
            yield Change(task["id"], task["details"], "status", task["status"], "deleted")
            continue
        for field, value in values.items():
            if task[field] != value and field != "completed":
                yield Change(task["id"], task["details"], field, task[field], value)


def _chosen(
    database: Database, filter: Filter, order: Order, limit: int | None, expect: int | None, shown: int | None
) -> Outcome:
    count = choose(database, filter, order=order, limit=limit)
    if expect is not None and count != expect:
        raise Unexpected(count)
    others = "SELECT EXISTS (SELECT id FROM temp.chosen EXCEPT SELECT id FROM temp.shown)"
    if shown is not None and (count != shown or database.one(others)):
        raise ToolError("the tasks have changed meanwhile; nothing is done", hint="look at them again")
    return Outcome(count, tuple(left(database, filter)))


def left(database: Database, filter: Filter) -> Iterator[tuple[int, str]]:
    """Yield the ids that were named one by one and are not meant, and why, where nothing but ids was asked for."""
    if filter._replace(ids=(), status=None) != Filter():
        return
    for task, end in filter.ids:
        if task == end:
            status = database.one("SELECT status FROM task WHERE id = ?", task)
            if status is None:
                yield task, "no such task"
            elif filter.status not in (None, status):
                yield task, f"is {status} already"


def ready_project(database: Database, name: str | None) -> Outcome:
    """Make the project *name* where it is missing, and say so."""
    if name is None:
        return Outcome(0)
    check_project(name)
    if database.one("SELECT 1 FROM project WHERE name = ?", name) is not None:
        return Outcome(0)
    close = close_project(database, name)
    database.sql.execute("INSERT INTO project (name) VALUES (?)", (name,))
    return Outcome(0, new_project=name, close_project=close)


def close_project(database: Database, name: str) -> str | None:
    """Return the name of a project that looks like *name*, None if there is no such."""
    from difflib import get_close_matches

    query = "SELECT name FROM project WHERE typeof(name) = 'text' ORDER BY name"  # all that are not damaged
    names = {known.casefold(): known for (known,) in database.sql.execute(query)}
    found = get_close_matches(name.casefold(), names, 1, _CLOSE)
    return names[found[0]] if found else None


def check_values(values: Mapping[str, Any]) -> None:
    """Raise ToolError for a new value that the field of no task can have."""
    if "details" in values:
        check_text(values["details"], "details")
    if values.get("project") is not None:
        check_project(values["project"])


def check_project(name: str) -> None:
    """Raise ToolError if no project can be called *name*."""
    if is_none(name):
        raise ToolError(f"{name!r} is no name for a project: it stands for none", where="project")
    check_text(name, "project")


def check_text(text: str, where: str) -> None:
    """Raise ToolError unless *text* is some, in UTF-8 and without NUL."""
    if not text:
        raise ToolError("is empty", where=where)
    if "\0" in text:  # where SQLite's functions end a text
        raise ToolError("has a NUL character", where=where)
    if not is_utf8(text):
        raise ToolError("is not UTF-8", where=where)
