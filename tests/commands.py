"""Every command of the program, those in groups under both names: ``log write``."""

from collections.abc import Iterator, Mapping
from importlib import import_module

import click

from stdtools.cli import COMMANDS
from stdtools.shared.options import LazyGroup


def _expand(table: Mapping[str, tuple[str, str]], before: str = "") -> Iterator[tuple[str, click.Command, str]]:
    for name, (module, short_help) in table.items():
        command = getattr(import_module(module), name)
        yield before + name, command, short_help
        if isinstance(command, LazyGroup):
            yield from _expand(command.table, f"{before}{name} ")


TABLE = {name: (command, short_help) for name, command, short_help in _expand(COMMANDS)}
LEAVES = {name: command for name, (command, _) in TABLE.items() if not isinstance(command, LazyGroup)}
