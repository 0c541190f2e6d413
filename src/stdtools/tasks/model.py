"""A task as a value."""

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
