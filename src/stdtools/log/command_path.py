"""The command line of log path."""

import click

from stdtools.shared import journal, screen
from stdtools.shared.commands import ToolCommand, print_text


@click.command(
    cls=ToolCommand,
    group="log",
    explain="stdtools.log.explain:explain_path",
    examples=r"""
stdtools log path
dirname "$(stdtools log path)"
""",
)
def path() -> int:
    """Show where the journal of stdtools is.

    Every run appends one line to it: time, process, command, exit code, duration and counts, never contents
    or arguments. Exits with 1 when it is switched off.

    STDTOOLS_JOURNAL is off or another file; STDTOOLS_LOG_LEVEL is debug, info, warning or error.
    """
    place = journal.place()
    if not place:
        screen.note("the journal is switched off by STDTOOLS_JOURNAL")
        return 1
    print_text(f"{place}\n")
    return 0
