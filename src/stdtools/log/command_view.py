"""The command line of log view."""

import os
import re
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

import click

from stdtools.log.lines import LEVELS, Line, Pattern, Selection, level_of, rank_of
from stdtools.shared import journal, screen
from stdtools.shared.errors import TROUBLE, ToolError
from stdtools.shared.options import Moment, ToolCommand, record_output
from stdtools.shared.records import RecordWriter
from stdtools.shared.streams import BLOCK, STDOUT, Output, open_input
from stdtools.shared.whole_lines import WholeLines

COLUMNS = ("time", "level", "text")
JOURNAL_COLUMNS = ("time", "level", "pid", "command", "exit", "seconds", "more")
_COLORS = {"warning": 33, "error": 31, "critical": 31, "alert": 31, "emergency": 31}


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


def _explain(**given: Any) -> str:
    from stdtools.log.explain import explain_view

    return explain_view(given)


@click.command(
    cls=ToolCommand,
    group="log",
    explain=_explain,
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
    "-n", "--lines", type=click.IntRange(min=0), metavar="N", help="Only the last N of these lines; buffers them."
)
@click.option("-f", "--follow", is_flag=True, help="Go on with what is written from now on, across rotations.")
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
        show: _Show
        if format is None:
            show = _Plain(output, selection)
        else:
            selection.is_stateful = True  # a record has the time and level of the line that it belongs to
            columns, make = (JOURNAL_COLUMNS, _journal_record) if file is None else (COLUMNS, _record)
            show = _Records(RecordWriter(output, columns, format), selection, make)
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


class _Show(Protocol):
    """Selects lines and shows them; ``count`` is how many of those that were asked for it has shown."""

    selection: Selection
    count: int

    def select(self, block: bytes) -> Sequence[Any]:
        """Return what is to be shown of *block*, which ends with a line."""

    def select_lines(self, block: bytes) -> list[Any]:
        """Return the wanted lines of *block*, one by one."""

    def show(self, lines: Sequence[Any]) -> None:
        """Write what was selected."""

    def flush(self) -> None:
        """Let out what waits."""

    def close(self) -> None:
        """Write what ends the output."""


class _Plain:
    """Shows lines as they are; on a terminal made safe, warnings and errors in colour."""

    def __init__(self, output: Output, selection: Selection) -> None:
        self.output = output
        self.selection = selection
        self.count = 0
        self._color = screen.wants_color(output.fd)
        self._as_is = not self._color and not output.is_terminal

    def select(self, block: bytes) -> list[bytes]:
        """Return what is to be shown of *block*, which ends with a line."""
        if self._as_is and self.selection.wants_all:
            return [block]
        return self.selection.lines(block)

    def select_lines(self, block: bytes) -> list[bytes]:
        """Return the wanted lines of *block*."""
        return self.selection.lines(block)

    def show(self, lines: Sequence[bytes]) -> None:
        """Write what was selected."""
        self.count += len(lines)
        if not self._as_is:
            lines = [self._for_people(line) for line in lines]
        self.output.write(b"".join(lines))

    def _for_people(self, line: bytes) -> bytes:
        text = line.removesuffix(b"\n").decode("utf-8", "surrogateescape")
        if self.output.is_terminal:
            text = screen.safe_lines(text.removesuffix("\r"))
        if self._color and (code := _COLORS.get(level_of(line) or "")):
            text = screen.paint(text, code)
        return text.encode("utf-8", "surrogateescape") + b"\n" * line.endswith(b"\n")

    def flush(self) -> None:
        """Let out what waits."""
        self.output.flush()

    def close(self) -> None:
        """Write what ends the output: nothing."""


class _Records:
    """Shows lines as records: time, level and text; a line of the journal with its fields."""

    def __init__(self, writer: RecordWriter, selection: Selection, make: Callable[[Line], tuple[object, ...]]) -> None:
        self.selection = selection
        self.count = 0
        self._make = make
        self._writer = writer

    def select(self, block: bytes) -> list[Line]:
        """Return the wanted lines of *block*."""
        return list(self.selection.records(block))

    select_lines = select

    def show(self, lines: Sequence[Line]) -> None:
        """Write what was selected."""
        self.count += len(lines)
        self._writer.write(map(self._make, lines))

    def flush(self) -> None:
        """Let out what waits."""
        self._writer.flush()

    def close(self) -> None:
        """Write what ends the records."""
        self._writer.close()


def _record(line: Line) -> tuple[object, ...]:
    try:
        return _clock(line.time), line.level, line.text.decode()
    except UnicodeDecodeError:
        return _clock(line.time), line.level, line.text


_FIELD = re.compile(r'(\w+)=("[^"]*"|\S*)')


def _journal_record(line: Line) -> tuple[object, ...]:
    """Return the fields of a line of the journal, the usual ones first and whatever else there is as text."""
    text = line.text.decode("utf-8", "backslashreplace")
    fields = {name: value.strip('"') for name, value in _FIELD.findall(text)}
    pid, exit_code, seconds = (_number(fields, name) for name in ("pid", "exit", "seconds"))
    command = fields.pop("command", None)
    said = text.split(" ", 3)[-1]  # by a module's logger
    more = said if command is None else " ".join(f"{name}={value}" for name, value in fields.items())
    return _clock(line.time), line.level, pid, command, exit_code, seconds, more or None


def _number(fields: dict[str, str], name: str) -> float | None:
    """Take the number *name* out of *fields*; None when there is none."""
    match = re.fullmatch(r"([0-9]{1,15})(\.[0-9]{1,9})?", fields.get(name, ""))
    if match is None:
        return None
    del fields[name]
    return float(match[0]) if match[2] else int(match[0])


def _clock(moment: float | None) -> str | None:
    if moment is None:
        return None
    return datetime.fromtimestamp(moment).astimezone().isoformat(timespec="milliseconds")


def _view_input(show: _Show, count: int | None) -> int:
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


def _view_chain(path: str, show: _Show, count: int | None, since: float | None, *, follow: bool) -> int:
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
