"""The command line of log verify."""

from typing import Any

import click

from stdtools.log.gap import amount
from stdtools.shared import journal, screen
from stdtools.shared.options import ToolCommand, record_output
from stdtools.shared.records import RecordWriter
from stdtools.shared.streams import Output

COLUMNS = ("file", "lines", "bytes", "problems")


def _explain(**given: Any) -> str:
    from stdtools.log.explain import explain_verify

    return explain_verify(given)


@click.command(
    cls=ToolCommand,
    group="log",
    explain=_explain,
    examples=r"""
stdtools log verify app.log
stdtools log verify app.log --jsonl | jq -r 'select(.problems) | .file'
""",
)
@click.argument("file", metavar="FILE")
@record_output()
def verify(file: str, format: str | None) -> int:
    """Check that a log and its backups are complete.

    Reads FILE and its backups, the oldest first, and counts lines and bytes. Problems are backups that
    are missing between others, that are damaged or there twice, lines without their end, holes, and
    what log write had to drop. A last line of FILE itself that has no end yet is no problem.

    Exits with 1 when there is a problem.
    """
    if file == "-":
        raise click.BadArgumentUsage("a log is a file; './-' is a file named -", click.get_current_context())
    from stdtools.log.verifying import verify as reports

    lines = problems = 0
    with Output() as output:
        writer = RecordWriter(output, COLUMNS, format)
        for report in reports(file):
            writer.write([(screen.safe(report.file), report.lines, report.size, "; ".join(report.problems) or None)])
            lines += report.lines
            problems += len(report.problems)
        writer.close()
    journal.counts["lines"] = lines
    screen.note(f"{amount(lines, 'line')}, {amount(problems, 'problem')}", verbosity=1)
    return 1 if problems else 0
