"""The command line of log write, and the options that log run shares with it."""

import contextlib
import signal
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import click

from stdtools.log.pump import Requests, Source, Tee, pump
from stdtools.log.sink import Sink
from stdtools.log.stamp import FORMATS, is_format, make_stamp
from stdtools.shared import journal, screen
from stdtools.shared.backups import MOST
from stdtools.shared.commands import ToolCommand
from stdtools.shared.errors import TROUBLE, Signalled, ToolError
from stdtools.shared.parameters import Size
from stdtools.shared.rotation import RotatingFile
from stdtools.shared.streams import STDIN, STDOUT

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class _Mode(click.ParamType[int]):
    name = "mode"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            mode = value if isinstance(value, int) else int(str(value), 8)  # TOML has 0o640
        except ValueError:
            mode = -1
        if not 0 <= mode <= 0o777 or mode & 0o600 != 0o600:
            self.fail(f"{value!r} is not a mode that lets its owner read and write, such as 0640", param, ctx)
        return mode


class WritingCommand(ToolCommand):
    """A command whose --timestamp takes the next word only if that is a format."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Say what --timestamp takes before Click looks."""
        return super().parse_args(ctx, join_timestamp(args))


def join_timestamp(args: list[str]) -> list[str]:
    """Join --timestamp and the format behind it, or the default one, into one word."""
    end = args.index("--") if "--" in args else len(args)
    joined: list[str] = []
    for word in args[:end]:
        if joined and joined[-1] == "--timestamp":
            joined[-1] += f"={word if is_format(word) else FORMATS[0]}"
            if is_format(word):
                continue
        joined.append(word)
    if joined and joined[-1] == "--timestamp":
        joined[-1] += f"={FORMATS[0]}"
    return joined + args[end:]


def writing_options(command: Decorated) -> Decorated:
    """Add the options that say how a log is written; the callback hands them to ``open_sink``."""
    options = [
        click.option(
            "--max-bytes",
            type=Size(),
            default="10M",
            show_default=True,
            metavar="SIZE",
            help="Begins a new file rather than exceed this; 0: no limit.",
        ),
        click.option(
            "--backups",
            type=click.IntRange(0, MOST),
            default=5,
            show_default=True,
            metavar="N",
            help="Keeps N older files: FILE.1 is the newest.",
        ),
        click.option(
            "--every", metavar="PERIOD", help="Begins a new file every hour, day (at midnight), week, 15m, 6h …"
        ),
        click.option(
            "--compress", type=click.Choice(["gz", "bz2", "xz"]), help="Compresses backups, beside the writing."
        ),
        click.option(
            "--timestamp",
            metavar="[FORMAT]",
            help="Puts the time before each line: iso (the default), utc, epoch, or a format of strftime.",
        ),
        click.option("--prefix", default="", metavar="TEXT", help="Puts TEXT before each line, behind the time."),
        click.option("--tee", is_flag=True, help="Also passes on what comes, as it is."),
        click.option(
            "--sync",
            type=click.Choice(["none", "block", "line"]),
            default="none",
            show_default=True,
            help="Waits for the disk: never, after each block, or after each line.",
        ),
        click.option(
            "--on-full",
            type=click.Choice(["wait", "drop", "exit"]),
            default="wait",
            show_default=True,
            help="On a full disk wait for room, drop lines and count them in the log, or exit.",
        ),
        click.option(
            "--mode",
            type=_Mode(),
            metavar="MODE",
            help="The mode of new files.  [default: as the last one; at first 0640]",
        ),
        click.option(
            "--max-total",
            type=Size(),
            metavar="SIZE",
            help="Removes the oldest backups so that all files together stay below this.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def open_sink(file: str, requests: Requests, given: dict[str, Any]) -> Sink:
    """Open the log *file* as the options *given* say; nothing has been read yet when this fails."""
    if file == "-":
        raise click.BadArgumentUsage("a log is a file; './-' is a file named -", click.get_current_context())
    if given["max_total"] is not None and not 0 < given["max_bytes"] <= given["max_total"]:
        raise click.BadOptionUsage(
            "max_total", "--max-total needs a --max-bytes between 1 and itself", click.get_current_context()
        )
    schedule = None
    try:
        stamp = make_stamp(given["timestamp"], given["prefix"])
        if given["every"] is not None:
            from stdtools.log.schedule import Schedule

            schedule = Schedule(given["every"])
    except ValueError as error:
        raise click.UsageError(str(error), click.get_current_context()) from None
    if "\n" in given["prefix"]:
        raise click.UsageError("--prefix is one line", click.get_current_context())
    rotating = RotatingFile(
        file,
        max_bytes=given["max_bytes"],
        backups=given["backups"],
        mode=given["mode"],
        is_due=None if schedule is None else schedule.is_over,
        max_total=given["max_total"] or 0,
        sync=given["sync"] != "none",
    )
    compressor = None
    if given["compress"] and given["backups"]:
        from stdtools.log.compression import Compressor

        compressor = Compressor(file, given["backups"], "." + given["compress"], screen.complain)
    sink = Sink(
        rotating,
        tell=screen.complain,
        pause=requests.pause,
        stamp=stamp,
        on_full=given["on_full"],
        each_line=given["sync"] == "line",
        schedule=schedule,
        compressor=compressor,
    )
    sink.open()
    return sink


@contextlib.contextmanager
def requests_by_signal(*, rotating: bool) -> Iterator[Requests]:
    """Note signals as requests; Ctrl-C is for whoever writes to us, whose last words belong in the log."""
    requests = Requests()

    def stop(number: int, frame: object) -> None:
        requests.stop = number
        signal.signal(number, signal.SIG_DFL)  # a second one does not wait for a reader or a lock

    def rotate(number: int, frame: object) -> None:
        requests.rotate = True

    def reopen(number: int, frame: object) -> None:
        requests.reopen = True

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if rotating:
        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGUSR1, rotate)
        signal.signal(signal.SIGHUP, reopen)
    signal.set_wakeup_fd(requests.writer, warn_on_full_buffer=False)
    try:
        yield requests
    finally:
        signal.set_wakeup_fd(-1)


def finish(sink: Sink, tees: list[Tee], requests: Requests) -> int:
    """Close *sink*, tell what is missing, and return the exit code."""
    lost = sink.close(wait=not requests.stop)
    journal.counts.update(sink.counts)
    code = 0
    for tee in tees:
        if tee.error is not None:
            screen.complain(f"{tee.name}: {tee.error.strerror}")
            code = TROUBLE
    if lost:
        screen.complain(f"{lost} dropped while the disk was full")
        code = TROUBLE
    return code


@click.command(
    cls=WritingCommand,
    group="log",
    explain="stdtools.log.explain:explain_write",
    examples=r"""
make 2>&1 | stdtools log write make.log
(date; uptime) | stdtools log write host.log --timestamp --every day --compress gz
""",
)
@click.argument("file", metavar="FILE")
@writing_options
def write(file: str, **given: Any) -> int:
    """Write standard input into a rotating log.

    FILE is written; FILE.1, FILE.2 … are older. Any number of processes may write one FILE: no line
    is lost, torn or out of its writer's order. A new file begins only between lines.

    Ends at the end of the input. Ctrl-C is ignored: the last words of whoever writes belong in the
    log. TERM ends it after the current line, HUP opens FILE anew, USR1 begins a new file.
    """
    with requests_by_signal(rotating=True) as requests:
        sink = open_sink(file, requests, given)
        tees = [Tee(STDOUT, "standard output")] if given["tee"] else []
        screen.warn_of_terminal(STDIN)
        source = Source(STDIN, "standard input", tee=tees[0] if tees else None)
        try:
            pump([source], sink, requests)
        except ToolError:
            with contextlib.suppress(ToolError):
                sink.close(wait=False)
            raise
        code = finish(sink, tees, requests)
        if requests.stop:
            raise Signalled(requests.stop)
    return code
