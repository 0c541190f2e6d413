"""The front door: the table of commands, the lazy group, and the one place that ends the process."""

import contextlib
import os
import signal
import sys
from importlib import import_module
from types import FrameType
from typing import Any, NoReturn

import click

import stdtools
from stdtools.shared import screen
from stdtools.shared.config import load_config
from stdtools.shared.errors import TROUBLE, ReaderGone, Signalled, ToolError
from stdtools.shared.options import HelpToOutput, print_text
from stdtools.shared.streams import fill_closed_descriptors

# name: (module, short help: the first line of the command's own help)
COMMANDS = {
    "pack": ("stdtools.pack.command", "Turn values into packed binary records."),
    "unpack": ("stdtools.pack.command", "Turn packed binary records into rows."),
}


class FrontDoor(HelpToOutput, click.Group):
    """A group that knows its commands by name and imports one only to run it."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        for name, (_, short_help) in COMMANDS.items():
            self.add_command(click.Command(name, short_help=short_help, help=short_help))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Resolve the name against the table, then put the real command in the place of its stub."""
        name, command, rest = super().resolve_command(ctx, args)
        if name in COMMANDS:
            command = getattr(import_module(COMMANDS[name][0]), name)
        return name, command, rest


def _show_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        python = ".".join(map(str, sys.version_info[:3]))
        print_text(f"stdtools {stdtools.__version__} (Python {python}, {sys.platform})\n")
        ctx.exit()


stdtools_command = FrontDoor(
    name="stdtools",
    help="A toolbox built on the modules of Python's standard library, made to be piped.",
    epilog="Run 'stdtools COMMAND --help' for examples and options.",
    invoke_without_command=True,
    subcommand_metavar="COMMAND [ARGS]...",
    params=[
        click.Option(
            ["-V", "--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_show_version,
            help="Show the version and exit.",
        )
    ],
    callback=lambda: None,
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "STDTOOLS"},
)


def run(arguments: list[str] | None = None) -> NoReturn:
    """Run one command line and end the process: the exit codes of the whole program are made here."""
    args = sys.argv[1:] if arguments is None else arguments
    fill_closed_descriptors()
    _catch_signals()
    try:
        code = _run(args)
    except ToolError as error:
        code = _report(args, str(error), *error.detail)
    except click.exceptions.Exit as done:
        code = done.exit_code
    except click.ClickException as error:
        code = _report(args, _usage(error))
    except (ReaderGone, BrokenPipeError):
        _die(signal.SIGPIPE)
    except KeyboardInterrupt:
        _die(signal.SIGINT)
    except Signalled as error:
        _die(error.number)
    except MemoryError:
        code = _report(args, "not enough memory for this input")
    except OSError as error:
        where = f"{os.fsdecode(error.filename)}: " if error.filename is not None else ""
        code = _report(args, f"{where}{error.strerror or error}")
        _show_traceback(error)
    except Exception as error:  # noqa: BLE001 - the last resort: a bug is told in one line
        code = _report(args, f"internal error: {type(error).__name__}: {error}; --debug shows where")
        _show_traceback(error)
    # Taking the interpreter apart would cost 5 ms. Nothing is left to write: Output has flushed.
    os._exit(code)


def _run(args: list[str]) -> int:
    with stdtools_command.make_context("stdtools", list(args), default_map=load_config()) as ctx:
        if not args:
            print_text(ctx.get_help() + "\n")
            return 0
        stdtools_command.invoke(ctx)
    return 0


def _report(args: list[str], message: str, *detail: str) -> int:
    command = next((f" {arg}" for arg in args[:1] if arg in COMMANDS), "")
    for line in (f"stdtools{command}: {message}", *detail):
        screen.complain(line)
    return TROUBLE


def _show_traceback(error: BaseException) -> None:
    if screen.preferences.debug or os.environ.get("STDTOOLS_DEBUG", "0") not in ("", "0"):
        import traceback

        for line in "".join(traceback.format_exception(error)).splitlines():
            screen.complain(line)


def _usage(error: click.ClickException) -> str:
    close = getattr(error, "possibilities", None)
    message = (error.message if close is not None else error.format_message()).strip().rstrip(".")
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
        return f" (from {error.ctx.auto_envvar_prefix}_{error.param.name.upper()})"
    return " (from config.toml)" if source is click.core.ParameterSource.DEFAULT_MAP else ""


def _catch_signals() -> None:
    """Turn the signals that end a process into exceptions, so that temporary files are removed."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _interrupt)
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _terminate)


def _interrupt(number: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a second Ctrl-C does not wait for tidying up
    raise KeyboardInterrupt


def _terminate(number: int, frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_DFL)
    raise Signalled(number)


def _die(number: int) -> NoReturn:
    """End as the signal would have ended us: 128 + *number* in a shell, which then stops its loops."""
    with contextlib.suppress(ValueError, OSError):
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(128 + number)
