"""The command lines of tasks list and tasks show."""

import os
import re
from collections.abc import Iterator
from typing import Any

import click

from stdtools.shared import journal, screen
from stdtools.shared.options import record_output
from stdtools.shared.records import RecordWriter
from stdtools.shared.streams import Output
from stdtools.tasks.command_filters import filter_of, filter_options, ids_argument, order_of, ranges
from stdtools.tasks.command_options import TasksCommand, with_database
from stdtools.tasks.command_types import complete_any_ids, today
from stdtools.tasks.database import Database
from stdtools.tasks.filters import Filter, rows
from stdtools.tasks.schema import TASK

COLUMNS = ("id", "project", "priority", "deadline", "status", "details")
_HEAD = 4  # lines of a screen that are no tasks: the two of the table's head, the note, the next prompt
_OVERDUE = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2} overdue")
_RED = rb"\033[31m\g<0>\033[0m"


def _explain_list(given: dict[str, Any]) -> str:
    from stdtools.tasks.explain_tasks import explain_list

    return explain_list(given, filter_of(given, "open"), order_of(given))


def _explain_show(given: dict[str, Any]) -> str:
    from stdtools.tasks.explain_tasks import explain_show

    return explain_show(given, Filter(ids=ranges(given["ids"])))


class PaintedOutput(Output):
    """An Output in which what is overdue is red, after a table has been laid out."""

    def write(self, data: bytes | memoryview) -> None:
        """Write *data*."""
        super().write(_OVERDUE.sub(_RED, data))


def output_for(format: str | None) -> Output:
    """Return where a table, or records in another *format*, go to."""
    output = Output()
    is_table = format == "table" or (format is None and output.is_terminal)
    return PaintedOutput() if is_table and screen.wants_color(output.fd) else output


def marked(deadline: str | None, is_open: bool, day: str) -> str | None:
    """Return the *deadline* as a table shows it on the *day*."""
    return f"{deadline} overdue" if deadline and is_open and deadline < day else deadline


@click.command(
    "list",
    cls=TasksCommand,
    explain=_explain_list,
    examples=r"""
stdtools tasks list
stdtools tasks list --due ..+7d --priority 0..5 --sort -priority --csv
stdtools tasks list --match report --where 'deadline IS NOT NULL' --limit 5
stdtools tasks list --status all --jsonl | jq -r .details
""",
)
@ids_argument(complete=complete_any_ids)
@filter_options
@click.option(
    "--no-limit",
    is_flag=True,
    allow_from_autoenv=False,
    help="All of them on a terminal, too, not just a screenful.",
)
@record_output()
@with_database
def list_tasks(**given: Any) -> int:
    """List tasks, the most urgent first.

    The open ones, unless --status says otherwise or ids are given. What is due first comes first, what
    is overdue before all; tasks without a deadline come last. Then the priority decides, then the id.
    Columns: id, project, priority, deadline, status, details.

    All filters have to be met. An ID may be a range: 3-7. --due takes today, week (today and the six
    days after it), overdue, none, a DATE as 'add' takes it, or DATE..DATE, DATE.., ..DATE. --where
    takes SQL over id, project, priority, details, status, deadline, created, completed. --sort takes
    these, too, and urgency.

    Exits with 1 when there is none.
    """
    output = output_for(given["format"])
    limit = given["limit"]
    screenful = None
    if limit is None and not given["no_limit"] and given["format"] is None and output.is_terminal:
        screenful = limit = max(5, (os.get_terminal_size(output.fd).lines or 24) - _HEAD)
    with Database(given["db"], writable=False) as database, output:
        writer = RecordWriter(output, COLUMNS, given["format"])
        found = rows(
            database,
            filter_of(given, "open"),
            columns=COLUMNS,
            order=order_of(given),
            limit=limit if screenful is None else screenful + 1,
        )
        counted = _Counted(found, screenful)
        writer.write(_for_table(counted) if writer.format == "table" else counted)
        writer.close()
    journal.counts["tasks"] = counted.count
    if counted.has_more:
        screen.note("there are more; --limit N or --no-limit shows them")
    return 0 if counted.count else 1


class _Counted:
    """Rows, counted as they go by, and *most* of them at most."""

    def __init__(self, rows: Iterator[tuple[Any, ...]], most: int | None) -> None:
        self._rows = rows
        self._most = most
        self.count = 0
        self.has_more = False

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        for row in self._rows:
            if self.count == self._most:
                self.has_more = True
                return
            self.count += 1
            yield row


def _for_table(rows: Any) -> Iterator[tuple[Any, ...]]:
    day = today().isoformat()
    for task, project, priority, deadline, status, details in rows:
        yield task, project, priority, marked(deadline, status == "open", day), status, details


@click.command(
    cls=TasksCommand,
    explain=_explain_show,
    examples=r"""
stdtools tasks show 1
stdtools tasks show 1-3 --json
""",
)
@ids_argument(required=True, complete=complete_any_ids)
@record_output("a field on a line on a terminal, else plain")
@with_database
def show(ids: tuple[tuple[tuple[int, int], ...], ...], format: str | None, db: str) -> int:
    """Show all there is to know of tasks.

    Columns: id, project, priority, details, status, deadline, created, completed. An ID may be a range:
    3-7. In the order in which they are asked for. Exits with 1 when a task is missing.
    """
    missing = []
    output = output_for(format)
    with Database(db, writable=False) as database, output:
        upright = format is None and output.is_terminal
        writer = RecordWriter(output, ("field", "value") if upright else TASK, format)
        count = 0
        for span in ranges(ids):
            before = count
            for row in rows(database, Filter(ids=(span,)), order=(("id", False),)):
                count += 1
                writer.write(_upright(row, count > 1) if upright else [row])
            if count == before:
                missing.append(f"{span[0]}-{span[1]}" if span[0] < span[1] else str(span[0]))
        if count or not upright:
            writer.close()
    journal.counts["tasks"] = count
    for absent in missing:
        screen.note(f"{absent}: no such task")
    return 1 if missing else 0


def _upright(row: tuple[Any, ...], has_others: bool) -> Iterator[tuple[str, str]]:
    if has_others:
        yield "", ""
    for field, value in zip(TASK, row, strict=True):
        if field == "deadline":
            value = marked(value, row[TASK.index("status")] == "open", today().isoformat())
        if value is not None:
            yield field, str(value)
