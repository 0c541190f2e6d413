"""The completion scripts: a parser by hand for each shell, and the same table in all of them."""

from collections.abc import Callable, Iterable
from importlib.resources import files

import click

from stdtools.completion.table import Option, Place, places

SHELLS = ("bash", "zsh", "fish")


def script(shell: str, root: click.Command) -> str:
    """Return the completion script of *root* for *shell*, one of SHELLS; this imports every command."""
    text = (files("stdtools.completion") / f"stdtools.{shell}").read_text(encoding="utf-8")
    found = list(places(root))
    common = [option for option in found[-1].options if all(option in p.options for p in found if not p.commands)]
    write: Callable[[Iterable[Place], list[Option]], str] = _for_fish if shell == "fish" else _for_posix
    return text.replace("@TABLE@", write(found, common))


def _rows(options: Iterable[Option]) -> str:
    return "\n".join(
        "|".join([" ".join(option.names), option.kind, " ".join(option.words), option.help]) for option in options
    )


def _for_posix(found: Iterable[Place], common: list[Option]) -> str:
    """Return a case for each command, which sets commands, arguments and options."""
    lines = [f"common={_quoted(_rows(common))}", "case $1 in"]
    for place in found:
        commands = "\n".join(f"{name}|{text}" for name, text in place.commands.items())
        own = [option for option in place.options if option not in common or place.commands]
        lines += [
            f"{_quoted(place.path)})",
            f"commands={_quoted(commands)}",
            f"arguments={place.arguments}",
            f"options={_quoted(_rows(own))}",
            ";;",
        ]
    return "\n".join([*lines, "esac"])


def _for_fish(found: Iterable[Place], common: list[Option]) -> str:
    """Return the same in the words of fish."""
    lines = [f"set common {_quoted_by_fish(_rows(common))}", "switch $argv[1]"]
    for place in found:
        commands = "\n".join(f"{name}|{text}" for name, text in place.commands.items())
        own = [option for option in place.options if option not in common or place.commands]
        lines += [
            f"case {_quoted_by_fish(place.path)}",
            f"set commands {_quoted_by_fish(commands)}",
            f"set arguments {place.arguments}",
            f"set options {_quoted_by_fish(_rows(own))}",
        ]
    return "\n".join([*lines, "end"])


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _quoted_by_fish(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
