"""The front door: the table of commands, the lazy group, and the one place that ends the process."""

import contextlib
import os
import signal
import sys
from types import FrameType
from typing import Any, NoReturn

import click

import stdtools
from stdtools.shared import journal, screen
from stdtools.shared.commands import LazyGroup, in_our_words, print_text
from stdtools.shared.config import load_config
from stdtools.shared.errors import TROUBLE, ReaderGone, Signalled, ToolError
from stdtools.shared.streams import fill_closed_descriptors

# by what people want, name: (module, short help: the first line of the command's own help)
GROUPS = {
    "Files": {
        "find": ("stdtools.tree.command_find", "Find files by name, type, size, age and more."),
        "walk": ("stdtools.tree.command_walk", "Draw directories as a tree, or add up what is in them."),
        "copy": ("stdtools.files.command_copy", "Copy or move files and trees, each file whole or not at all."),
        "path": ("stdtools.files.command_path", "Take paths apart, and look at what they name."),
        "sponge": ("stdtools.files.command_sponge", "Soak up standard input, then replace a file."),
    },
    "Text": {
        "sub": ("stdtools.text.command_sub", "Substitute by regular expressions in lines."),
        "lines": ("stdtools.text.command_lines", "Print lines by their numbers."),
        "wrap": ("stdtools.text.command_wrap", "Fill paragraphs to a width."),
        "count": ("stdtools.text.command_count", "Count how often each line, field or match comes."),
        "top": ("stdtools.ordered.command_top", "Print the lines with the largest numbers."),
        "merge": ("stdtools.ordered.command_merge", "Merge files that are sorted."),
        "look": ("stdtools.ordered.command_look", "Find lines in a sorted file."),
        "diff": ("stdtools.diff.command", "Show how files differ: patches, side by side, by words and more."),
        "fixenc": ("stdtools.fixenc.command", "Convert, detect, check and repair the encoding of text."),
        "tmpl": ("stdtools.tmpl.command", "Fill in templates: $name and ${name:-default}."),
    },
    "Data": {
        "pack": ("stdtools.pack.command_pack", "Turn values into packed binary records."),
        "unpack": ("stdtools.pack.command_unpack", "Turn packed binary records into rows."),
        "unpickle": ("stdtools.kv.command_unpickle", "Show pickles as JSON, importing and calling nothing."),
        "kv": ("stdtools.kv.command", "Keep values under keys, in a shelf that survives kill -9."),
        "tasks": ("stdtools.tasks.command", "Keep tasks and projects in a database fed from CSV."),
        "date": ("stdtools.clock.command_date", "Convert, move, round and compare dates and times."),
    },
    "Processes and logs": {
        "par": ("stdtools.par.command_par", "Run jobs side by side: a command for each item."),
        "log": ("stdtools.log.command", "Write, view and verify rotating logs."),
    },
    "stdtools itself": {
        "help": ("stdtools.helping.command_help:help_command", "Show the help of a command, or about a topic."),
        "config": ("stdtools.configuration.command", "Show and change the defaults of all commands."),
        "completion": (
            "stdtools.completion.command_completion",
            "Make Tab complete commands, options and values.",
        ),
    },
}
COMMANDS = {name: entry for group in GROUPS.values() for name, entry in group.items()}
ASKING = "__complete"  # the word by which the completion scripts ask for values


def _show_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        python = ".".join(map(str, sys.version_info[:3]))
        print_text(f"stdtools {stdtools.__version__} (Python {python}, {sys.platform})\n")
        ctx.exit()


stdtools_command = LazyGroup(
    name="stdtools",
    table=COMMANDS,
    sections={title: list(group) for title, group in GROUPS.items()},
    help="Shell tools built on Python's standard library, made to be piped into each other.",
    params=[
        click.Option(
            ["-V", "--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_show_version,
            help="Shows the version and exits.",
        )
    ],
)


def run(arguments: list[str] | None = None) -> NoReturn:
    """Run one command line and end the process: the exit codes of the whole program are made here."""
    global _ending
    args = list(sys.argv[1:] if arguments is None else arguments)
    this_run = journal.Run()
    fill_closed_descriptors()
    try:
        _catch_signals()  # in here, for one may come before the last is set
        code = _run(args)
        if _signals:  # raised where Python swallows exceptions, such as a weakref's callback
            code = -_signals[0]
        _ending = True
    except BaseException as error:  # noqa: BLE001 - whatever it is, the process ends here
        _ending = True
        code = -_signals[0] if _signals else _outcome(error)  # what a signal breaks off may end in any error
        if code == TROUBLE:
            this_run.error = error
    this_run.end(code)
    if code < 0:
        _die(-code)
    # Taking the interpreter apart would cost 5 ms. Nothing is left to write: Output has flushed.
    os._exit(code)


def _outcome(error: BaseException) -> int:
    """Tell the user about *error* and return the exit code; minus its number for a signal to die of."""
    match error:
        case ToolError():
            return _report(str(error), *error.detail)
        case click.exceptions.Exit():
            return error.exit_code
        case click.ClickException():
            return _report(_usage(error))
        case ReaderGone() | BrokenPipeError():
            return -signal.SIGPIPE
        case KeyboardInterrupt():
            return -signal.SIGINT
        case Signalled():
            return -error.number
        case MemoryError():
            return _report("not enough memory for this input")
        case OSError():
            where = "" if isinstance(error.filename, int | None) else f"{os.fsdecode(error.filename)}: "
            message = f"{where}{error.strerror or error}"
        case _:
            where = journal.place()
            shown = f"--debug and {where} show" if where else "--debug shows"
            message = f"internal error: {type(error).__name__}: {error}; {shown} where"
    code = _report(message)
    _show_traceback(error)
    return code


def _run(args: list[str]) -> int:
    """Run the command that *args* name and return what it returns: its exit code."""
    if args[:1] == [ASKING]:
        from stdtools.shared.completing import offers

        print_text("".join(f"{line}\n" for line in offers(stdtools_command, args[1:])))
        return 0
    with stdtools_command.make_context("stdtools", args, default_map=_defaults()) as ctx:
        code: int = stdtools_command.invoke(ctx)
    return code


def _defaults() -> dict[str, Any]:
    return {name: table for name, table in load_config().items() if name in COMMANDS and isinstance(table, dict)}


def _report(message: str, *detail: str) -> int:
    screen.complain(message, *detail)
    return TROUBLE


def _show_traceback(error: BaseException) -> None:
    if screen.preferences.debug or os.environ.get("STDTOOLS_DEBUG", "0") not in ("", "0"):
        import traceback

        screen.complain("traceback:", *"".join(traceback.format_exception(error)).rstrip("\n").split("\n"))


def _usage(error: click.ClickException) -> str:
    close = getattr(error, "possibilities", None)
    message = in_our_words((error.message if close is not None else error.format_message()).strip())
    message = message[:1].lower() + message[1:]
    if close:
        return f"{message}; did you mean {' or '.join(close)}?"
    if isinstance(error, click.UsageError) and error.ctx is not None:
        if isinstance(error, click.BadParameter):
            message += _origin(error)
        message += f"; see '{error.ctx.command_path} --help'"
    return message


def _origin(error: click.BadParameter) -> str:
    """Say where a bad value came from, when it was not typed."""
    if error.ctx is None or error.param is None or error.param.name is None:
        return ""
    source = error.ctx.get_parameter_source(error.param.name)
    if source is click.core.ParameterSource.ENVIRONMENT:
        return f" (from {error.param.envvar})"
    return " (from config.toml)" if source is click.core.ParameterSource.DEFAULT_MAP else ""


def _catch_signals() -> None:
    """Turn the signals that end a process into exceptions, so that temporary files are removed."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _interrupt)
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _interrupt)

    sys.unraisablehook = _deliver_again


def _deliver_again(unraisable: "sys.UnraisableHookArgs") -> None:
    """Raise a signal's exception once more that Python has swallowed, as where a generator is thrown away.

    A little later, for what is raised in here is swallowed, too.
    """
    if isinstance(unraisable.exc_value, KeyboardInterrupt | Signalled) and _signals:
        signal.signal(signal.SIGALRM, _interrupt_again)
        signal.setitimer(signal.ITIMER_REAL, 0.001)
    else:
        sys.__unraisablehook__(unraisable)


def _interrupt_again(alarm: int, frame: FrameType | None) -> None:
    _interrupt(_signals[-1], frame)


_signals: list[int] = []
_ending = False  # nobody is left to catch an exception


def _interrupt(number: int, frame: FrameType | None) -> None:
    if _ending:
        _die(number)
    _signals.append(number)
    signal.signal(number, signal.SIG_DFL)  # a second one does not wait for tidying up
    raise KeyboardInterrupt if number == signal.SIGINT else Signalled(number)


def _die(number: int) -> NoReturn:
    """End as the signal would have ended us: 128 + *number* in a shell, which then stops its loops."""
    with contextlib.suppress(ValueError, OSError):
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(128 + number)
