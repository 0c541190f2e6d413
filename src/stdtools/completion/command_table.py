"""What Tab may offer, taken from the commands of Click: all of them, their options and arguments."""

from collections.abc import Iterator

import click

from stdtools.completion.scripts import ASK, COMMAND, FILE, FLAG, FREE, WORDS, Option, Place
from stdtools.shared.commands import LazyGroup


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
    if getattr(param, "_custom_shell_complete", None) is not None or isinstance(param.type, click.Choice):
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
