"""The command line of tasks stats."""

from collections.abc import Sequence
from typing import Any

import click

from stdtools.shared import screen
from stdtools.shared.options import record_output
from stdtools.shared.records import RecordWriter
from stdtools.shared.streams import Output
from stdtools.tasks.command_options import TasksCommand, with_database
from stdtools.tasks.command_types import today

_BAR = 20  # characters


def _explain(given: dict[str, Any]) -> str:
    from stdtools.tasks.explain_queries import explain_stats

    return explain_stats(given, today())


@click.command(
    cls=TasksCommand,
    explain=_explain,
    examples=r"""
stdtools tasks stats
stdtools tasks stats --by week --csv
stdtools tasks stats --jsonl | jq -r 'select(.overdue > 0) | .project'
""",
)
@click.option(
    "--by",
    type=click.Choice(["project", "priority", "week", "status"]),
    default="project",
    show_default=True,
    help="What is counted together.",
)
@record_output("bars on a terminal, else plain")
@with_database
def stats(by: str, format: str | None, db: str) -> int:
    """Count tasks by project, priority and week.

    By project, also those without tasks, and by priority: how many are open, overdue and done, and the share
    that is done, from 0 to 1. By status: how many, overdue, and their share of all tasks.

    By week, of the ISO calendar in local time: how many were created and done in it, and were open at its end.
    """
    from stdtools.tasks.database import Database
    from stdtools.tasks.stats import COLUMNS, counts

    with Database(db, writable=False) as database, Output() as output:
        rows = counts(database, by, today())
        if format is None and output.is_terminal:
            lines = _drawn(COLUMNS[by], list(rows), output.fd)
            output.write("".join(f"{line}\n" for line in lines).encode())
        else:
            writer = RecordWriter(output, COLUMNS[by], format)
            writer.write(rows)
            writer.close()
    return 0


def _drawn(columns: Sequence[str], rows: Sequence[Sequence[Any]], fd: int) -> list[str]:
    """Return lines: a bar, the numbers, and what they are of; the share, or for weeks what of the most was done."""
    has_share = "share" in columns
    numbers = [list(row[1:-1] if has_share else row[1:]) for row in rows]
    titles = list(columns[1:-1] if has_share else columns[1:])
    most = max((row[2] for row in rows), default=0) or 1
    widths = [max([len(title), *(len(str(row[at])) for row in numbers)]) for at, title in enumerate(titles)]
    share_title = " share" if has_share else ""
    heads = "  ".join(title.rjust(width) for title, width in zip(titles, widths, strict=True))
    lines = [f"{'':{_BAR}}{share_title}  {heads}  {columns[0]}"]
    for row, cells in zip(rows, numbers, strict=True):
        share = row[-1] if has_share else row[2] / most
        percent = f"{'' if share is None else f'{share:.0%}':>6}" if has_share else ""
        shown = "  ".join(str(cell).rjust(width) for cell, width in zip(cells, widths, strict=True))
        name = "(none)" if row[0] is None else screen.safe(str(row[0]))
        drawn = screen.bar(share or 0, _BAR, fd)
        lines.append(f"{drawn}{percent}  {shown}  {name}")
    return lines
