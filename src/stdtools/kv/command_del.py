"""The command line of kv del."""

from typing import Any

import click

from stdtools.kv.command_options import KvCommand, key_argument, key_bytes_option, with_store, writing
from stdtools.shared.commands import print_text


def _explain(given: dict[str, Any]) -> str:
    from stdtools.kv.explain import explain_delete

    _check(**given)
    return explain_delete(given)


def _check(keys: tuple[str, ...], glob: str | None, prefix: str | None, **others: object) -> None:
    if bool(keys) == (glob is not None or prefix is not None):
        raise click.UsageError("give KEYs, or --glob or --prefix", click.get_current_context())


@click.command(
    "del",
    cls=KvCommand,
    explain=_explain,
    examples=r"""
stdtools kv set old 1 && stdtools kv del old
stdtools kv set job:1 x && stdtools kv del --glob 'job:*'
stdtools kv set tmp/1 x && stdtools kv del --prefix tmp/
""",
)
@key_argument("keys", many=True, required=False)
@click.option("--glob", metavar="PATTERN", allow_from_autoenv=False, help="The keys that match a shell pattern.")
@click.option("--prefix", metavar="TEXT", allow_from_autoenv=False, help="The keys that begin with TEXT.")
@key_bytes_option
@with_store
def delete(keys: tuple[str, ...], glob: str | None, prefix: str | None, key_bytes: bool, store: str) -> int:
    """Delete keys.

    Prints how many there were, and exits with 1 when there was none. All of them go at once.
    """
    _check(keys, glob, prefix)
    with writing(store) as shelf:
        count = shelf.remove(keys) if keys else shelf.remove_matching(glob, prefix or "")
    print_text(f"{count}\n")
    return 0 if count else 1
