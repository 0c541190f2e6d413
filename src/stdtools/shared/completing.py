"""The values that Tab offers, as the completion scripts ask for them: ``stdtools __complete WORD...``."""

import re
from collections.abc import Iterator

import click

# All that is offered: nothing in it means anything to a shell, nor ends a word.
_HARMLESS = re.compile(r"[\w@%+=:,./-]+")
_TEXT = re.compile(r"[^\w @%+=:,./-]")
LONGEST_HELP = 60  # characters


def offers(root: click.Command, words: list[str]) -> Iterator[str]:
    """Yield a line for each value that may stand in the place of the last of *words*: itself, and a tab and help."""
    from click.shell_completion import ShellComplete

    *before, begun = words or [""]
    option, equals, value = begun.partition("=") if begun.startswith("--") else ("", "", begun)
    if equals:
        before, begun = [*before, option], value
    for item in ShellComplete(root, {}, "stdtools", "").get_completions(before, begun):
        if item.type == "plain" and is_harmless(item.value):
            yield f"{item.value}\t{_TEXT.sub(' ', item.help)[:LONGEST_HELP]}" if item.help else str(item.value)


def is_harmless(value: str) -> bool:
    """Whether *value* may be offered: a shell takes it for one word that means itself."""
    return _HARMLESS.fullmatch(value) is not None and not value.startswith("=")
