"""The command line of kv del."""

import click

from stdtools.kv.command_options import KvCommand, key_argument, key_bytes_option, with_store, writing
from stdtools.shared.commands import print_text


@click.command(
    "del",
    cls=KvCommand,
    explain="stdtools.kv.explain:explain_delete",
    examples=r"""
stdtools kv set old 1 && stdtools kv del old
stdtools kv set job:1 x && stdtools kv del --glob 'job:*'
stdtools kv set tmp/1 x && stdtools kv del --prefix tmp/
""",
)
@key_argument("keys", many=True, required=False)
@click.option("--glob", metavar="PATTERN", help="The keys that match a shell pattern.")
@click.option("--prefix", metavar="TEXT", help="The keys that begin with TEXT.")
@key_bytes_option
@with_store
def delete(keys: tuple[str, ...], glob: str | None, prefix: str | None, key_bytes: bool, store: str) -> int:
    """Delete keys.

    Prints how many there were, and exits with 1 when there was none. All of them go at once.
    """
    chosen = glob is not None or prefix is not None
    if bool(keys) == chosen:
        raise click.UsageError("give KEYs, or --glob or --prefix")
    with writing(store) as shelf:
        count = shelf.remove_matching(glob, prefix or "") if chosen else shelf.remove(keys)
    print_text(f"{count}\n")
    return 0 if count else 1
