"""The command line of completion."""

import os
from typing import Any

import click

from stdtools.completion.command_table import places
from stdtools.completion.scripts import SHELLS, script
from stdtools.shared import screen
from stdtools.shared.commands import ToolCommand, print_text
from stdtools.shared.errors import ToolError

_PLACES = {
    "bash": ("XDG_DATA_HOME", "~/.local/share", "bash-completion/completions/stdtools"),
    "zsh": ("XDG_DATA_HOME", "~/.local/share", "zsh/site-functions/_stdtools"),
    "fish": ("XDG_CONFIG_HOME", "~/.config", "fish/completions/stdtools.fish"),
}
_NEXT = {
    "bash": "it works in a new shell, where bash-completion is installed; else let ~/.bashrc read it: source {}",
    "zsh": "in ~/.zshrc, before compinit: fpath=({} $fpath)",
    "fish": "it works at once",
}


def _explain(given: dict[str, Any]) -> str:
    raise ToolError("--explain does not cover completion", hint="what is printed is a script already")


@click.command(
    cls=ToolCommand,
    explain=_explain,
    examples=r"""
stdtools completion bash
stdtools completion zsh --install -q
""",
)
@click.argument("shell", type=click.Choice(SHELLS), metavar="bash|zsh|fish")
@click.option("--install", is_flag=True, allow_from_autoenv=False, help="Writes it to where the shell looks.")
def completion(shell: str, install: bool) -> int:
    """Make Tab complete commands, options and values.

    Prints the script for bash, zsh or fish, which knows all commands and options by itself; for
    keys, ids, projects, layouts, encodings and zones it asks stdtools. Values with
    a character that means anything to a shell are not offered.

    The packages of stdtools bring the scripts along, in share/bash-completion,
    share/zsh/site-functions and share/fish: --install is for your home.
    """
    text = script(shell, list(places(click.get_current_context().find_root().command)))
    if not install:
        print_text(text)
        return 0
    from stdtools.shared.atomic import replacement

    variable, default, rest = _PLACES[shell]
    path = os.path.join(os.environ.get(variable) or os.path.expanduser(default), rest)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with replacement(path, 0o644) as output:
        output.write(text.encode())
    screen.note(f"{path} is written; " + _NEXT[shell].format(path if shell == "bash" else os.path.dirname(path)))
    return 0
