"""The command line of tasks export."""

import math
from collections.abc import Iterable, Iterator
from typing import Any

import click

from stdtools.shared import journal
from stdtools.shared.errors import ToolError
from stdtools.shared.options import is_typed, refuse_idle
from stdtools.shared.records import RecordWriter
from stdtools.shared.sqlite import telling
from stdtools.shared.streams import Output
from stdtools.tasks.command_filters import FILTERS, ORDERING, exporting_options, filter_of, ids_argument, order_of
from stdtools.tasks.command_options import TasksCommand, with_database
from stdtools.tasks.schema import PROJECT, TASK

FORMATS = ("csv", "tsv", "jsonl", "json")
_SHORT = ("csv", "jsonl", "json")
BY_ID = (("id", False),)
_OF_TASKS = (*FILTERS[1:], *ORDERING)


def _explain(given: dict[str, Any]) -> str:
    from stdtools.tasks.explain_queries import explain_export

    given["projects"] = _lists_projects(given)
    return explain_export(given, filter_of(given), order_of(given, BY_ID))


def _lists_projects(given: dict[str, Any]) -> bool:
    """Say whether projects are listed; what chooses tasks is refused with --projects, and stronger than a default."""
    if not is_typed("projects"):
        return given["projects"] and not (given["ids"] or any(map(is_typed, _OF_TASKS)))
    refuse_idle(_OF_TASKS, (), "--projects", {})
    if given["ids"]:
        raise click.UsageError("an ID has no meaning with --projects", click.get_current_context())
    return True


def _format_options(command: Any) -> Any:
    for name in _SHORT:
        text = f"Same as --format {name}."
        command = click.option(f"--{name}", "format", flag_value=name, allow_from_autoenv=False, help=text)(command)
    return click.option("--format", type=click.Choice(FORMATS), help="[default: csv]")(command)


@click.command(
    cls=TasksCommand,
    explain=_explain,
    examples=r"""
stdtools tasks export > tasks.csv
stdtools tasks export --status open --due week --jsonl
stdtools tasks export --safe-csv > for-a-spreadsheet.csv
stdtools tasks export --projects --json
""",
)
@ids_argument()
@exporting_options
@click.option("--projects", is_flag=True, help="The projects, instead of the tasks.")
@click.option(
    "--safe-csv",
    is_flag=True,
    help="Puts ' before text that a spreadsheet would compute, which begins with = + - @ TAB or CR.",
)
@_format_options
@with_database
def export(safe_csv: bool, format: str | None, db: str, **given: Any) -> int:
    """Print tasks as import reads them.

    All of them, or those that the filters choose, by their ids unless --sort says otherwise. Each has id,
    project, priority, details, status, deadline, created and completed; what it lacks is empty, or null.

    IDs are 3, 3-7 or 1,3-7. --due is today, week (and six days more), overdue, none, a DATE, or
    DATE..DATE, where one may be missing; a DATE is 2026-11-22, friday, +3d, eom. --status is all by default.
    """
    form = format or "csv"
    projects = _lists_projects(given)
    if safe_csv and form not in ("csv", "tsv"):
        raise ToolError(f"{form} has no formulas; leave it out", where="--safe-csv")
    from stdtools.tasks.database import Database
    from stdtools.tasks.filters import rows

    count = 0

    def counted(found: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        nonlocal count
        for row in found:
            count += 1
            yield row

    with Database(db, writable=False) as database, telling(db), Output() as output:
        writer = RecordWriter(output, PROJECT if projects else TASK, form)
        found: Iterable[Any] = (
            database.sql.execute(f"SELECT {', '.join(PROJECT)} FROM project ORDER BY name").fetchall()
            if projects
            else rows(
                database,
                filter_of(given),
                order=order_of(given, BY_ID),
                limit=given["limit"],
                patience=math.inf,
            )
        )
        if safe_csv:
            from stdtools.tasks.exporting import without_formulas

            found = without_formulas(found)
        writer.write(counted(found))
        writer.close()
    journal.counts["rows"] = count
    return 0
