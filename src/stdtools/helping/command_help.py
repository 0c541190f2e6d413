"""The command line of help."""

from typing import Any

import click

from stdtools.shared.commands import LazyGroup, ToolCommand, print_text
from stdtools.shared.errors import ToolError


def _explain(given: dict[str, Any]) -> str:
    raise ToolError("--explain does not cover texts", hint="each command explains itself: stdtools COMMAND --explain")


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the commands and topics that begin with *incomplete*, or what is in the group that was named."""
    from stdtools.helping.topics import TOPICS

    command: click.Command = ctx.find_root().command
    words = ctx.params.get("words") or ()
    for word in words:
        if not isinstance(command, LazyGroup) or word not in command.table:
            return []
        command = command.load(word)
    names = [*command.table] if isinstance(command, LazyGroup) else []
    return [name for name in (names if words else [*names, *TOPICS]) if name.startswith(incomplete)]


@click.command(
    "help",
    cls=ToolCommand,
    explain=_explain,
    examples=r"""
stdtools help count
stdtools help kv get
stdtools help dates
""",
)
@click.argument("words", nargs=-1, metavar="[COMMAND|TOPIC]...", shell_complete=_complete)
def help_command(words: tuple[str, ...]) -> int:
    """Show the help of a command, or about a topic.

    Topics are what all commands share: configuration, dates, exit-codes, layouts,
    names, records, sizes. Without a name, both are listed.
    """
    context = click.get_current_context().find_root()
    root = context.command
    assert isinstance(root, LazyGroup)
    if not words:
        from stdtools.helping.topics import topics

        listed = "".join(f"  {name.ljust(13)}  {first}\n" for name, first in topics().items())
        print_text(f"{root.get_help(context)}\n\nTopics of 'stdtools help TOPIC':\n{listed}")
        return 0
    if words[0] not in root.table:
        _print_topic(" ".join(words), root)
        return 0
    command: click.Command = root
    for word in words:
        if not isinstance(command, LazyGroup) or word not in command.table:
            raise ToolError(f"no such command {' '.join(words)!r}", hint=f"see 'stdtools help {words[0]}'")
        command = command.load(word)
        context = click.Context(command, info_name=word, parent=context)
    print_text(command.get_help(context) + "\n")
    return 0


def _print_topic(word: str, root: LazyGroup) -> None:
    from stdtools.helping.topics import TOPICS as known
    from stdtools.helping.topics import text_of

    typed = word.lower().replace("_", "-").replace(" ", "-").rstrip("s")
    name = next((topic for topic in known if topic.rstrip("s") == typed), None)
    if name is None:
        from difflib import get_close_matches

        close = get_close_matches(word, [*known, *root.table], 3)
        hint = f"did you mean {' or '.join(close)}?" if close else f"topics are {', '.join(known)}"
        raise ToolError(f"no command and no topic is called {word!r}", hint=hint)
    print_text(text_of(name))
