"""The command lines of config."""

import os
from collections.abc import Iterator
from typing import Any

import click

from stdtools.configuration.command_settings import Setting, faults, named, settings, value_of
from stdtools.shared import places, screen
from stdtools.shared.commands import LazyGroup, ToolCommand, print_text
from stdtools.shared.config import config_path, load_config, read_config
from stdtools.shared.errors import TROUBLE, ToolError, raise_os_error
from stdtools.shared.options import record_output
from stdtools.shared.records import RecordWriter
from stdtools.shared.streams import Output

_PATH = """\
import os

home = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
print(os.path.join(home, "stdtools", "config.toml"))
"""
_SHOW = """\
import os, tomllib

home = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")


def show(table, names):
    for name, value in sorted(table.items()):
        if isinstance(value, dict):
            show(value, [*names, name])
        else:
            text = str(value).lower() if isinstance(value, bool) else value
            print(".".join([*names, name]), text, "config.toml", sep="\\t")


path = os.path.join(home, "stdtools", "config.toml")
if os.path.exists(path):
    with open(path, "rb") as file:
        show(tomllib.load(file), [])
"""


def _explain_path(given: dict[str, Any]) -> str:
    return _PATH


def _explain_show(given: dict[str, Any]) -> str:
    if given["names"] or given["everything"] or given["format"]:
        raise ToolError("--explain covers what config.toml sets")
    return _SHOW


def _explain_nothing(given: dict[str, Any]) -> str:
    raise ToolError("--explain covers path and show", hint="the standard library reads TOML, and does not write it")


def _root() -> LazyGroup:
    root = click.get_current_context().find_root().command
    assert isinstance(root, LazyGroup)
    return root


@click.command(
    cls=ToolCommand,
    group="config",
    explain=_explain_path,
    examples=r"""
stdtools config path
dirname "$(stdtools config path)"
""",
)
def path() -> int:
    """Print where config.toml is.

    It need not be there.
    """
    print_text(f"{config_path()}\n")
    return 0


@click.command(
    cls=ToolCommand,
    group="config",
    explain=_explain_show,
    examples=r"""
stdtools config show
stdtools config show count kv.get.default
stdtools config show --all --jsonl
""",
)
@click.argument("names", nargs=-1, metavar="[COMMAND[.OPTION]]...")
@click.option("--all", "everything", is_flag=True, help="Shows what is not set, too.")
@record_output()
def show(names: tuple[str, ...], everything: bool, format: str | None) -> int:
    """Show what is set, and where it comes from.

    A flag on the command line comes before the variable STDTOOLS_COMMAND_OPTION, that
    before config.toml, and that before the default. Shown is the first of these three;
    without a name, what a variable or config.toml sets. The exit code is 2 when there
    is something in config.toml that nobody reads, or all of it.
    """
    config = load_config()
    root = _root()
    chosen: Iterator[Setting] | list[Setting]
    chosen = [setting for name in names for setting in named(root, name)] if names else settings(root)
    code = TROUBLE if read_config()[1] else 0
    with Output() as output:
        writer = RecordWriter(output, ("name", "value", "from"), format)
        for setting in chosen:
            value, source = _effective(setting, config)
            if names or everything or source != "default":
                writer.write([(setting.name, value, source)])
        writer.close()
    for fault in faults(root, config):
        screen.complain(f"config.toml: {fault}")
        code = TROUBLE
    return code


def _effective(setting: Setting, config: dict[str, Any]) -> tuple[Any, str]:
    """Return the value that a run without a flag would have, and where that comes from."""
    if typed := os.environ.get(setting.variable):
        return typed, setting.variable
    value = setting.in_config(config)
    if value is not None:
        return value, "config.toml"
    return _plain(setting.default()), "default"


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


@click.command(
    "set",
    cls=ToolCommand,
    group="config",
    explain=_explain_nothing,
    examples=r"""
stdtools config set count.format jsonl
stdtools config set kv.get.default none
stdtools config set find.gitignore true
""",
)
@click.argument("name", metavar="COMMAND.OPTION")
@click.argument("values", nargs=-1, required=True, metavar="VALUE...")
def set_value(name: str, values: tuple[str, ...]) -> int:
    """Set the default of an option.

    The name and the value are checked; comments in the file stay. A flag is true or
    false. An option that may be repeated takes several values.
    """
    setting = _one(name)
    _change(setting, value_of(setting, list(values)))
    if variable := os.environ.get(setting.variable):
        screen.note(f"{setting.variable} is set, too, and comes first: {screen.safe(variable)}")
    return 0


@click.command(
    cls=ToolCommand,
    group="config",
    explain=_explain_nothing,
    examples=r"""
stdtools config unset count.format
stdtools config unset kv.get.default -q
""",
)
@click.argument("name", metavar="COMMAND.OPTION")
def unset(name: str) -> int:
    """Take the default of an option back.

    The exit code is 1 when config.toml does not set it.
    """
    setting = _one(name)
    if setting.in_config(load_config()) is None:
        screen.note(f"{setting.name} is not set in config.toml")
        return 1
    _change(setting, None)
    return 0


@click.command(
    cls=ToolCommand,
    group="config",
    explain=_explain_nothing,
    examples=r"""
EDITOR=true stdtools config edit
VISUAL='sed -i s/jsonl/csv/' stdtools config edit
""",
)
def edit() -> int:
    """Change config.toml in your editor.

    The editor is $VISUAL, else $EDITOR, else vi. What you have written is kept when it
    is TOML; what is no setting is told.
    """
    import tomllib

    from stdtools.shared.draft import Draft

    old = _text()
    with Draft("config") as draft:
        new = draft.edited(old.encode(), ".toml")
        try:
            config = tomllib.loads(new.decode())
        except (ValueError, RecursionError) as error:
            raise ToolError(f"no TOML: {error}; nothing is changed", where="config.toml") from None
        if new != old.encode():
            _write(new)
    for fault in faults(_root(), config):
        screen.complain(f"config.toml: {fault}")
    return 0


def _one(name: str) -> Setting:
    found = named(_root(), name)
    if len(found) != 1 or found[0].name != name:
        raise ToolError(f"{name!r} is a command", hint=f"write {name}.OPTION; stdtools config show {name} lists them")
    return found[0]


def _change(setting: Setting, value: Any) -> None:
    from stdtools.configuration.toml_text import changed

    try:
        text = changed(_text(), setting.table, setting.key, value)
    except ToolError as error:
        raise ToolError(error.what, where=error.where or config_path(), hint=error.hint) from None
    _write(text.encode())


def _text() -> str:
    try:
        with open(config_path(), "rb") as file:
            return file.read().decode()
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError:
        raise ToolError("is not UTF-8", where=config_path()) from None
    except OSError as error:
        raise_os_error(error, config_path())


def _write(data: bytes) -> None:
    from stdtools.shared.atomic import replacement
    from stdtools.shared.disk import make_directory

    make_directory(places.config_dir())
    with replacement(config_path(), 0o600) as output:
        output.write(data)
