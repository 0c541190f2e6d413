"""What the commands of tasks share of the command line: the database."""

import os
from collections.abc import Callable
from typing import Any, TypeVar

import click

from stdtools.shared import places
from stdtools.shared.commands import ToolCommand

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

_TYPED = "stdtools.tasks.typed"
_IDLE = {"-y": 0, "--yes": 0, "-v": 0, "--verbose": 0, "-q": 0, "--quiet": 0, "--debug": 0, "--db": 1, "--color": 1}
_LONGEST = 100  # characters


class TasksCommand(ToolCommand):
    """A command of tasks; it remembers what was typed."""

    def __init__(self, *args: Any, group: str = "tasks", **settings: Any) -> None:
        super().__init__(*args, group=group, **settings)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Remember *args* for ``typed``."""
        ctx.meta[_TYPED] = list(args)
        return super().parse_args(ctx, args)


def typed() -> str:
    """Return what was typed, in short: ``done 3``; it is how ``log`` names the step."""
    context = click.get_current_context()
    words: list[str] = []
    rest = iter(context.meta[_TYPED])
    for word in rest:
        if word == "--":  # what comes behind is no option
            words += [word, *rest]
        elif word in _IDLE:
            for _ in range(_IDLE[word]):
                next(rest, None)
        elif not word.startswith("--db="):
            words.append(word)
    name = context.command_path.removeprefix("stdtools tasks ")
    text = " ".join([name, *map(_quoted, words)]).encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _quoted(word: str) -> str:
    return word if word and not any(map(str.isspace, word)) else f"'{word}'"


def with_database(command: Decorated) -> Decorated:
    """Add --db; the callback gets ``db``, the path of the database."""
    return click.option(
        "--db",
        metavar="PATH",
        type=click.Path(),
        allow_from_autoenv=False,
        callback=place_of_database,
        help="The database, as behind 'stdtools tasks'.",
    )(command)


def place_of_database(ctx: click.Context, param: click.Parameter, value: str | None) -> str:
    """Return the path of the database: *value*, what the group was given, or the one in the user's data directory."""
    group = ctx.parent
    while not value and group is not None:  # a group in the group has no --db
        value, group = group.params.get("db"), group.parent
    return value or os.path.join(places.data_dir(), "tasks.db")
