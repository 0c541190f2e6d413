"""The command lines of kv rename and kv copy."""

import click

from stdtools.kv.command_options import KvCommand, absent, key_argument, key_bytes_option, with_store, writing
from stdtools.shared import screen

_replace = click.option("--replace", is_flag=True, help="Also if there is such a key; its value is gone.")


@click.command(
    cls=KvCommand,
    explain="stdtools.kv.explain:explain_rename",
    examples=r"""
stdtools kv set draft text && stdtools kv rename draft final
stdtools kv set draft new && stdtools kv rename draft final --replace
""",
)
@key_argument("old")
@key_argument("new")
@_replace
@key_bytes_option
@with_store
def rename(old: str, new: str, replace: bool, key_bytes: bool, store: str) -> int:
    """Give a value another key.

    The value of OLD, with the time that it has left, is that of NEW afterwards. Exits with 1 when OLD is
    not there, or NEW is and is another.
    """
    with writing(store) as shelf:
        try:
            done = shelf.rename(old, new, replace=replace)
        except KeyError:
            return absent(old)
    return 0 if done else _taken(new)


@click.command(
    cls=KvCommand,
    explain="stdtools.kv.explain:explain_copy",
    examples=r"""
stdtools kv copy greeting greeting.old
stdtools kv copy greeting greeting.old --replace
""",
)
@key_argument("source")
@key_argument("target")
@_replace
@key_bytes_option
@with_store
def copy(source: str, target: str, replace: bool, key_bytes: bool, store: str) -> int:
    """Store a value under another key, too.

    TARGET has the value of SOURCE afterwards, and the time that it has left. Exits with 1 when SOURCE
    is not there, or TARGET is.
    """
    with writing(store) as shelf:
        try:
            done = shelf.copy(source, target, replace=replace)
        except KeyError:
            return absent(source)
    return 0 if done else _taken(target)


def _taken(key: str) -> int:
    screen.note(f"'{key}' is there already; --replace takes its place")
    return 1
