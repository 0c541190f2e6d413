"""What Tab may offer: the commands, options and arguments of the whole program, as lines that shells can read."""

from collections.abc import Iterator
from typing import NamedTuple

import click

from stdtools.shared.options import LazyGroup

FILES = {"FILE", "PATH", "NAME|PATH", "DIR"}
FLAG, FREE, FILE, WORDS, ASK, COMMAND = "flag", "free", "file", "words", "ask", "command"


class Option(NamedTuple):
    """An option: its names, what kind of value it takes, the words that this may be, and its help."""

    names: list[str]
    kind: str
    words: list[str]
    help: str


class Place(NamedTuple):
    """A command by its path, as ``kv get``: the commands in it, its options, and the kind of its arguments."""

    path: str
    commands: dict[str, str]
    options: list[Option]
    arguments: str


def places(command: click.Command, path: str = "", parent: click.Context | None = None) -> Iterator[Place]:
    """Yield *command* and all that are in it, groups before their commands; this imports every one of them."""
    context = click.Context(command, info_name=path, parent=parent, **command.context_settings)
    options = [_option(param) for param in command.get_params(context) if isinstance(param, click.Option)]
    if not isinstance(command, LazyGroup):
        yield Place(path, {}, options, _arguments(command))
        return
    yield Place(path, {name: short for name, (_, short) in sorted(command.table.items())}, options, "")
    for name in sorted(command.table):
        yield from places(command.load(name), f"{path} {name}".strip(), context)


def _option(param: click.Option) -> Option:
    names = [*param.opts, *param.secondary_opts]
    text = " ".join((param.help or "").split())
    if param.is_flag or param.count:
        return Option(names, FLAG, [], text)
    if isinstance(param.type, click.Choice):
        return Option(names, WORDS, [str(choice) for choice in param.type.choices], text)
    if words := getattr(param.type, "words", ()):
        return Option(names, WORDS, list(words), text)
    return Option(names, _kind(param), [], text)


def _arguments(command: click.Command) -> str:
    kinds = [_kind(param) for param in command.params if isinstance(param, click.Argument)]
    return next((kind for kind in (COMMAND, ASK, FILE) if kind in kinds), FREE)


def _kind(param: click.Parameter) -> str:
    if getattr(param, "_custom_shell_complete", None) is not None:
        return ASK
    metavar = (
        param.make_metavar(click.Context(click.Command("x"))) if isinstance(param, click.Argument) else param.metavar
    )
    words = {word.strip("[].-") for word in (metavar or "").replace("|", " ").split()}
    if "COMMAND" in words:
        return COMMAND
    if words & {"FILE", "PATH", "ROOT", "DIR", "DEST", "TEMPLATE", "B"} or isinstance(param.type, click.Path):
        return FILE
    return FREE
