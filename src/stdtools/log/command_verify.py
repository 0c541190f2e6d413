"""The command line of log verify."""

import click

from stdtools.shared import journal, screen
from stdtools.shared.commands import ToolCommand
from stdtools.shared.options import record_output
from stdtools.shared.records import RecordWriter
from stdtools.shared.streams import Output

COLUMNS = ("file", "lines", "bytes", "problems")


@click.command(
    cls=ToolCommand,
    group="log",
    explain="stdtools.log.explain:explain_verify",
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
            writer.write([(report.file, report.lines, report.size, "; ".join(report.problems) or None)])
            lines += report.lines
            problems += len(report.problems)
        writer.close()
    journal.counts["lines"] = lines
    screen.note(f"{screen.amount(lines, 'line')}, {screen.amount(problems, 'problem')}", verbosity=1)
    return 1 if problems else 0
