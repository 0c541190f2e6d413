"""How ids, dates, priorities and orders of tasks are typed, and what Tab offers for them."""

import contextlib
import datetime
import os
import re
import time
from typing import TYPE_CHECKING, Any

import click

from stdtools.shared.errors import ToolError
from stdtools.tasks.command_options import place_of_database
from stdtools.tasks.filters import SORTABLE, Due
from stdtools.tasks.schema import LOWEST, is_none

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_MOST_COMPLETIONS = 1000
_HELP = 60  # characters of a task beside its id
_ID = re.compile(r"([0-9]{1,18})(?:-([0-9]{1,18}))?")
_PRIORITY = re.compile(r"([0-9]{1,9})?(\.\.)?([0-9]{1,9})?")


def today() -> datetime.date:
    """Return the user's date; STDTOOLS_TODAY is another one."""
    chosen = os.environ.get("STDTOOLS_TODAY")
    try:
        return datetime.date.fromisoformat(chosen or time.strftime("%Y-%m-%d"))
    except ValueError:
        raise ToolError(f"{chosen!r} is not a date", where="STDTOOLS_TODAY", hint="write 2026-11-22") from None


class Offering(click.ParamType[Any]):
    """A type some of whose values are words, which Tab offers."""

    words: tuple[str, ...]

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
        """Return the words that begin with *incomplete*."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(word) for word in self.words if word.startswith(incomplete)]


class Ids(click.ParamType[tuple[tuple[int, int], ...]]):
    """Ids of tasks and ranges of them, between commas: 3, 3-7, 1,3-7."""

    name = "id"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[tuple[int, int], ...]:
        """Return the ranges."""
        if isinstance(value, tuple):
            return value
        ranges = []
        for part in value.split(","):
            match = _ID.fullmatch(part)
            first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
            if not 0 < first <= last:
                self.fail(f"{value!r} is no id of a task; write 3, 3-7 or 1,3-7", param, ctx)
            ranges.append((first, last))
        return tuple(ranges)


class Priority(click.ParamType[tuple[int, int]]):
    """A range of priorities: 2, 0..2, 3.., ..3."""

    name = "priority"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """Return the first and the last of them."""
        if isinstance(value, tuple):
            return value
        match = _PRIORITY.fullmatch(str(value))
        if match is None or not (match[1] or match[3]) or (match[1] and match[3] and not match[2]):
            self.fail(f"{value!r} is no priority; write N, N..M, N.. or ..M, with N from 0 to {LOWEST}", param, ctx)
        first = int(match[1] or 0)
        last = int(match[3] or (LOWEST if match[2] else first))
        if first > last or last > LOWEST:
            self.fail(f"{value!r} is no range of priorities; they go from 0 to {LOWEST}", param, ctx)
        return first, last


class Deadline(Offering):
    """A date as people write it, as an ISO date; '' is none."""

    name = "date"
    words = ("today", "tomorrow", "eow", "eom", "eoy", "none")

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the date."""
        from stdtools.shared.days import parse_date

        if is_none(value):
            return ""
        try:
            return parse_date(value, today()).isoformat()
        except ValueError as error:
            self.fail(_with_more_forms(error, ", or none"), param, ctx)


class DueType(Offering):
    """Deadlines: today, week, overdue, none, DATE, DATE..DATE."""

    name = "date"
    words = ("today", "tomorrow", "week", "overdue", "none")

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Due:
        """Return the deadlines that are meant."""
        if isinstance(value, Due):
            return value
        word = value.strip().lower()
        if word == "none":
            return Due(never=True)
        from stdtools.shared.days import parse_date
        from stdtools.tasks.dates import parse_span

        try:
            if word == "overdue":
                return Due(last=parse_date("yesterday", today()).isoformat(), overdue=True)
            first, last = parse_span(value, today())
        except ValueError as error:
            self.fail(_with_more_forms(error, ", week, overdue, none or DATE..DATE"), param, ctx)
        return Due(first.isoformat() if first else None, last.isoformat() if last else None)


def _with_more_forms(error: ValueError, more: str) -> str:
    """Return what *error* says; where it lists how a date is written, *more* is one of these, too."""
    from stdtools.shared.days import FORMS

    return f"{error}{more}" if str(error).endswith(FORMS) else str(error)


class Sort(Offering):
    """A field to sort by; -FIELD is descending."""

    name = "field"
    words = SORTABLE

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, bool]:
        """Return the field, and whether it is descending."""
        if isinstance(value, tuple):
            return value
        field = value.removeprefix("-").lower()
        field = {"due": "deadline"}.get(field, field)
        if field not in SORTABLE:
            self.fail(f"{value!r} is no field to sort by; there are {', '.join(SORTABLE)}", param, ctx)
        return field, value.startswith("-")


def complete_projects(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the projects that begin with *incomplete*."""
    query = "SELECT name FROM project WHERE name >= ? ORDER BY name"
    found = (name for (name,) in _found(ctx, param, query, incomplete))
    return [name for name in found if name.startswith(incomplete)]


def complete_ids(ctx: click.Context, param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
    """Return the ids of the open tasks that begin with *incomplete*, and what the tasks are."""
    return _tasks(ctx, param, "open", incomplete)


def complete_any_ids(ctx: click.Context, param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
    """Return the ids of the tasks that begin with *incomplete*, open ones first, and what the tasks are."""
    return _tasks(ctx, param, "open", incomplete) + _tasks(ctx, param, "done", incomplete)


def complete_done_ids(ctx: click.Context, param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
    """Return the ids of the tasks that are done and begin with *incomplete*, and what the tasks are."""
    return _tasks(ctx, param, "done", incomplete)


def _tasks(ctx: click.Context, param: click.Parameter, status: str, incomplete: str) -> "list[CompletionItem]":
    from click.shell_completion import CompletionItem

    query = f"SELECT id, substr(details, 1, {_HELP}) FROM task WHERE status = '{status}' "
    query += "AND id GLOB ? || '*' ORDER BY deadline NULLS LAST, priority, id"
    before, comma, begun = incomplete.rpartition(",")
    if begun and not begun.isdecimal():
        return []
    return [
        CompletionItem(f"{before}{comma}{task}", help=details) for task, details in _found(ctx, param, query, begun)
    ]


def _found(ctx: click.Context, param: click.Parameter, query: str, value: str) -> list[tuple[Any, ...]]:
    with contextlib.suppress(Exception):
        from stdtools.tasks.database import Database

        with Database(place_of_database(ctx, param, ctx.params.get("db")), writable=False) as database:
            return database.sql.execute(f"{query} LIMIT {_MOST_COMPLETIONS}", (value,)).fetchall()
    return []
