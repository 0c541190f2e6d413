"""Every command of the program, those in groups under both names: ``log write``."""

from collections.abc import Iterator

import click

from stdtools.cli import stdtools_command
from stdtools.shared.commands import LazyGroup


def _expand(group: LazyGroup, before: str = "") -> Iterator[tuple[str, click.Command, str]]:
    for name, (_, short_help) in group.table.items():
        command = group.load(name)
        yield before + name, command, short_help
        if isinstance(command, LazyGroup):
            yield from _expand(command, f"{before}{name} ")


TABLE = {name: (command, short_help) for name, command, short_help in _expand(stdtools_command)}
LEAVES = {name: command for name, (command, _) in TABLE.items() if not isinstance(command, LazyGroup)}
