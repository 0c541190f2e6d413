"""Tasks counted: by project, priority, status, and the week of the ISO calendar."""

import datetime
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from stdtools.shared.sqlite import telling
from stdtools.tasks.database import Database

_OVERDUE = "count(*) FILTER (WHERE status = 'open' AND deadline < :today) AS overdue"  # sum() of NULLs is NULL
_COUNTS = f"""sum(status = 'open') AS open, {_OVERDUE},
    sum(status = 'done') AS done, round(avg(status = 'done'), 3) AS share"""

# Queries whose columns are those of COLUMNS; :today is a local date.
QUERIES = {
    "project": f"""SELECT project, {_COUNTS} FROM task GROUP BY project
UNION ALL SELECT name, 0, 0, 0, NULL FROM project
    WHERE name NOT IN (SELECT project FROM task WHERE project IS NOT NULL)
ORDER BY project NULLS LAST""",
    "priority": f"SELECT priority, {_COUNTS} FROM task GROUP BY priority ORDER BY priority",
    "status": f"""SELECT status, count(*) AS tasks, {_OVERDUE},
    round(count(*) * 1.0 / (SELECT count(*) FROM task), 3) AS share
FROM task GROUP BY status ORDER BY status DESC""",
}
COLUMNS = {
    "project": ("project", "open", "overdue", "done", "share"),
    "priority": ("priority", "open", "overdue", "done", "share"),
    "week": ("week", "created", "done", "open"),
    "status": ("status", "tasks", "overdue", "share"),
}
DAYS = """SELECT date(created, 'localtime') AS day, 1 AS created, 0 AS done FROM task
UNION ALL SELECT date(completed, 'localtime'), 0, 1 FROM task WHERE completed IS NOT NULL"""
BY_DAY = f"SELECT day, sum(created), sum(done) FROM ({DAYS}) GROUP BY day"


def counts(database: Database, by: str, today: datetime.date) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of COLUMNS[*by*]. ``share`` is that of the tasks which are done, or have the status.

    Of a week: how many tasks were created and done in it, and were open at its end. Weeks without either are
    left out.
    """
    with telling(database.path):
        if by == "week":
            yield from _weeks(database)
        else:
            yield from database.sql.execute(QUERIES[by], {"today": today.isoformat()}).fetchall()


def _weeks(database: Database) -> Iterator[tuple[str | None, int, int, int]]:
    weeks: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    for day, created, done in database.sql.execute(BY_DAY):
        week = weeks[_week(day)]
        week[0] += created
        week[1] += done
    left = 0
    for name, (created, done) in sorted(weeks.items()):
        left += created - done
        yield name or None, created, done, left


def _week(day: str | None) -> str:
    """Return a date's week as ISO 8601 writes it, nothing for what is no date of Python's."""
    try:
        year, week, _ = datetime.date.fromisoformat(day or "").isocalendar()
    except ValueError:
        return ""
    return f"{year:04}-W{week:02}"
