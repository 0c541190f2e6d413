"""The command line of log view."""

import os
import re
from collections import deque
from typing import Any

import click

from stdtools.log.levels import LEVELS, rank_of
from stdtools.log.lines import Pattern, Selection
from stdtools.log.showing import COLUMNS, JOURNAL_COLUMNS, Plain, Records, Show, journal_record, record
from stdtools.shared import journal, screen
from stdtools.shared.commands import ToolCommand
from stdtools.shared.errors import TROUBLE, ToolError
from stdtools.shared.options import record_output
from stdtools.shared.parameters import Moment
from stdtools.shared.records import RecordWriter
from stdtools.shared.streams import BLOCK, STDOUT, Output, open_input
from stdtools.shared.whole_lines import WholeLines


class _Level(click.ParamType[int]):
    name = "level"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        try:
            return rank_of(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class _Pattern(click.ParamType[Pattern]):
    name = "regex"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Pattern:
        if isinstance(value, Pattern):
            return value
        try:
            return Pattern(str(value))
        except (re.error, OverflowError, RecursionError) as error:
            self.fail(f"{value!r} is not a regular expression: {error}", param, ctx)


@click.command(
    cls=ToolCommand,
    group="log",
    explain="stdtools.log.explain:explain_view",
    examples=r"""
stdtools log view app.log --since 2h --level warning
stdtools log view app.log --grep 'took [0-9]{4,} ms' -n 20
stdtools log view app.log --csv | head
stdtools log view --since today
""",
)
@click.argument("file", metavar="[FILE]", required=False)
@click.option("--since", type=Moment(), metavar="TIME", help="From here on: 2h (ago), 15:00, 2026-11-22, today …")
@click.option("--until", type=Moment(), metavar="TIME", help="Up to here.")
@click.option("--grep", type=_Pattern(), metavar="REGEX", help="Only lines in which this regular expression is found.")
@click.option(
    "--level", type=_Level(), metavar="LEVEL", help=f"Only lines of at least this level: {', '.join(LEVELS)}."
)
@click.option(
    "-n",
    "--lines",
    type=click.IntRange(min=0),
    metavar="N",
    help="Only the last N of these lines, which are kept in memory.",
)
@click.option("-f", "--follow", is_flag=True, help="Goes on with what is written from now on, across rotations.")
@record_output("the lines as they are")
def view(
    file: str | None,
    since: float | None,
    until: float | None,
    grep: Pattern | None,
    level: int | None,
    lines: int | None,
    follow: bool,
    format: str | None,
) -> int:
    """Show a log with its backups as one stream.

    Reads FILE and its backups FILE.1, FILE.2 … also where they are compressed, the oldest first, and
    writes their lines as they are. Without FILE it is the journal of stdtools itself. With --format, or
    one of its short forms, lines become records.

    A line without a time or level of its own belongs to the one before it that has one.
    """
    if follow and (file == "-" or format == "json"):
        what = "standard input is read to its end" if file == "-" else "a JSON array has an end; use --jsonl"
        raise click.UsageError(f"-f: {what}", click.get_current_context())
    path = _journal() if file is None else file
    if file is None and not os.path.exists(path):
        screen.note("the journal is empty")
        return 1
    selection = Selection(since, until, grep, level)
    with Output() as output:
        show: Show
        if format is None:
            show = Plain(output, selection)
        else:
            selection.is_stateful = True  # a record has the time and level of the line that it belongs to
            columns, make = (JOURNAL_COLUMNS, journal_record) if file is None else (COLUMNS, record)
            show = Records(RecordWriter(output, columns, format), selection, make)
        code = _view_input(show, lines) if path == "-" else _view_chain(path, show, lines, since, follow=follow)
        show.close()
    if code or selection.wants_all or show.count:
        return code
    if (since is not None or until is not None) and not selection.saw_time:
        screen.note("no line has a time that is recognised")
    return 1


def _journal() -> str:
    path = journal.place()
    if not path:
        raise ToolError("the journal is switched off by STDTOOLS_JOURNAL")
    return path


def _view_input(show: Show, count: int | None) -> int:
    kept: deque[Any] = deque(maxlen=count)
    lines = WholeLines()
    with open_input("-", show) as source:
        while block := source.read(BLOCK):
            if count is None:
                show.show(show.select(lines.cut(block)))
            else:
                kept.extend(show.select_lines(lines.cut(block)))
    kept.extend(show.select_lines(lines.rest()))
    show.show(kept)
    return 0


def _view_chain(path: str, show: Show, count: int | None, since: float | None, *, follow: bool) -> int:
    from stdtools.log import following

    chain = following.Chain(path, since)
    troubles: list[ToolError] = []
    if count is None:
        start = chain.oldest()
    else:
        start, lines, troubles = following.last_lines(chain, count, show.select_lines, show.selection, follow=follow)
        show.show(lines)
    code = max(map(_tell, troubles), default=0)
    if follow:
        wait_for_more = following.waiting_for(STDOUT)

        def wait() -> None:
            show.flush()
            wait_for_more()

        blocks = following.follow(chain, start, wait)
    elif count is None:
        blocks = following.read_chain(chain, start)
    else:
        return code
    for block in blocks:
        if isinstance(block, ToolError):
            code = _tell(block)
        else:
            show.show(show.select(block))
    return code


def _tell(trouble: ToolError) -> int:
    screen.complain(str(trouble))
    return TROUBLE
