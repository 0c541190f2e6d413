"""A task and a project, as the rows of their tables and as values."""

import datetime
from typing import NamedTuple


class Task(NamedTuple):
    """A row of ``task``; dates are local, moments UTC."""

    id: int
    project: str | None
    priority: int
    details: str
    status: str
    deadline: datetime.date | None
    created: datetime.datetime
    completed: datetime.datetime | None


class Project(NamedTuple):
    """A row of ``project``."""

    name: str
    description: str
    deadline: datetime.date | None
