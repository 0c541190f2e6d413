"""The settings of all commands: names as ``count.format`` and ``kv.get.default``, and where their values come from."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import click

from stdtools.shared.commands import LazyGroup, ToolCommand, in_our_words, is_settable
from stdtools.shared.errors import ToolError


class Setting(NamedTuple):
    """An option that the environment and config.toml may set."""

    table: tuple[str, ...]
    key: str
    option: click.Option
    command: click.Command

    @property
    def name(self) -> str:
        """What it is called: its table and its key."""
        return ".".join([*self.table, self.key])

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return str(self.option.envvar)

    def in_config(self, config: Mapping[str, Any]) -> Any:
        """Return what *config* has for it; None for nothing, and for what no option can have."""
        found: Any = config
        for part in (*self.table, self.key):
            found = found.get(part) if isinstance(found, dict) else None
        return found if is_settable(self.option, found) else None

    def default(self) -> Any:
        """Return what it is when nothing sets it; None for nothing."""
        value = self.option.default
        return value if isinstance(value, bool | int | float | str | tuple | list) and value != () else None


def settings(command: click.Command, table: tuple[str, ...] = ()) -> Iterator[Setting]:
    """Yield all settings of *command* and what is in it; this imports every command below it."""
    for key, option in _settable(command).items():
        yield Setting(table, key, option, command)
    if isinstance(command, LazyGroup):
        for name in sorted(command.table):
            yield from settings(command.load(name), (*table, name))


def named(root: LazyGroup, name: str) -> list[Setting]:
    """Return the setting called *name*, or all of the command of that name. Raises ToolError, with what is close."""
    command: click.Command = root
    table: tuple[str, ...] = ()
    parts = name.split(".")
    for number, part in enumerate(parts):
        if number == len(parts) - 1 and part in (own := _settable(command)):
            return [Setting(table, part, own[part], command)]
        if not isinstance(command, LazyGroup) or part not in command.table:
            within = ".".join(table)
            known = [*_settable(command), *(command.table if isinstance(command, LazyGroup) else ())]
            raise ToolError(f"there is no setting {name!r}", hint=_hint(part, known, f"{within}." if within else ""))
        command = command.load(part)
        table = (*table, part)
    return list(settings(command, table))


def _hint(part: str, known: list[str], before: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(part, known, 3)
    if close:
        return f"did you mean {' or '.join(before + name for name in close)}?"
    return f"there are {', '.join(before + name for name in sorted(known))}" if known else f"{before[:-1]} has none"


def _settable(command: click.Command) -> dict[str, click.Option]:
    if isinstance(command, ToolCommand):
        return command.settable
    options = [param for param in command.params if isinstance(param, click.Option) and param.envvar]
    return {max(option.opts, key=len).lstrip("-"): option for option in options}


def faults(root: LazyGroup, config: Mapping[str, Any], table: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield what is wrong with *config*: names that are no settings, and what no setting can be."""
    command: click.Command = root
    for part in table:
        assert isinstance(command, LazyGroup)
        command = command.load(part)
    for name, value in config.items():
        is_command = isinstance(command, LazyGroup) and name in command.table
        if is_command and isinstance(value, dict):
            yield from faults(root, value, (*table, name))
        elif is_command or name not in (options := _settable(command)):
            yield f"{'.'.join([*table, name])} is no setting"
        elif not is_settable(options[name], value):
            yield f"{'.'.join([*table, name])} has a value that no option takes"


def value_of(setting: Setting, words: list[str]) -> Any:
    """Return what TOML is to have for *words* as typed. Raises ToolError for what the option would refuse."""
    option = setting.option
    if len(words) > 1 and not option.multiple:
        raise ToolError(f"takes one value, not {len(words)}", where=setting.name)
    context = click.Context(setting.command, info_name=setting.name)
    try:
        converted = [option.type.convert(word, option, context) for word in words]
    except click.UsageError as error:
        raise ToolError(in_our_words(error.message), where=setting.name) from None
    if option.multiple:
        return words
    plain = converted[0]
    return plain if type(plain) in (bool, int, float) else words[0]
