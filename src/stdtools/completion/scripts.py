"""The completion scripts: a parser by hand for each shell, and the same table in all of them."""

from collections.abc import Callable, Iterable
from importlib.resources import files
from typing import NamedTuple

FLAG, FREE, FILE, WORDS, ASK, COMMAND = "flag", "free", "file", "words", "ask", "command"
SHELLS = ("bash", "zsh", "fish")


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


class _Language(NamedTuple):
    """How a shell writes a variable, a case with one branch for each place, and text that means nothing to it."""

    assign: str
    begin: str
    branch: str
    end_branch: str
    end: str
    quoted: Callable[[str], str]


def _for_posix(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _for_fish(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


_POSIX = _Language("{}={}", "case $1 in", "{})", ";;", "esac", _for_posix)
_FISH = _Language("set {} {}", "switch $argv[1]", "case {}", "", "end", _for_fish)


def script(shell: str, found: list[Place]) -> str:
    """Return the completion script of a program with the commands *found* for *shell*, one of SHELLS."""
    text = (files("stdtools.completion") / f"stdtools.{shell}").read_text(encoding="utf-8")
    return text.replace("@TABLE@", _table(found, _FISH if shell == "fish" else _POSIX))


def _table(found: list[Place], language: _Language) -> str:
    """Return what sets commands, arguments and options by the path of a command."""
    common = [option for option in found[-1].options if all(option in p.options for p in found if not p.commands)]
    quoted = language.quoted
    lines = [language.assign.format("common", quoted(_rows(common))), language.begin]
    for place in found:
        commands = "\n".join(f"{name}|{text}" for name, text in place.commands.items())
        own = [option for option in place.options if option not in common or place.commands]
        lines += [
            language.branch.format(quoted(place.path)),
            language.assign.format("commands", quoted(commands)),
            language.assign.format("arguments", quoted(place.arguments)),
            language.assign.format("options", quoted(_rows(own))),
            language.end_branch,
        ]
    return "\n".join(filter(None, [*lines, language.end]))


def _rows(options: Iterable[Option]) -> str:
    return "\n".join(
        "|".join([" ".join(option.names), option.kind, " ".join(option.words), option.help]) for option in options
    )
