"""The command lines of kv export, import and convert."""

import contextlib
from typing import Any

import click

from stdtools.kv.command_options import Decorated, KvCommand, reading, store_path, with_store, writing
from stdtools.kv.table import Table
from stdtools.shared import journal, screen
from stdtools.shared.commands import print_text
from stdtools.shared.errors import TROUBLE
from stdtools.shared.streams import Output, open_input


def _explain_convert(given: dict[str, Any]) -> str:
    from stdtools.kv.explain_store import explain_convert

    return explain_convert({**given, "target": store_path(given["target"])})


def _on_conflict(command: Decorated) -> Decorated:
    """Add --replace and --keep; the callback gets what SQL calls them, or None."""
    for name, word, what in (("keep", "IGNORE", "Keeps"), ("replace", "REPLACE", "Replaces")):
        text = f"{what} the value of a key that is there."
        command = click.option(f"--{name}", "conflict", flag_value=word, allow_from_autoenv=False, help=text)(command)
    return command


@click.command(
    cls=KvCommand,
    explain="stdtools.kv.explain_store:explain_export",
    examples=r"""
stdtools kv export > all.jsonl
stdtools kv export | jq -c 'select(.key | startswith("user:"))'
""",
)
@with_store
def export(store: str) -> int:
    """Print all keys and values as JSON lines.

    {"key": …, "value": …}, with "expires" where it has one: the store as it is at one moment, in the
    order of the keys' bytes, or of the file where it is not SQLite. What JSON lacks is tagged:
    {"$base64": true, "encoded": …} is bytes, and so are {"$tuple": […]}, {"$set": […]}, {"$datetime": …}.
    What has no such form comes as its pickle.
    """
    from stdtools.kv.transfer import export_lines

    count = 0
    with reading(store, must_exist=True) as shelf, _unchanging(shelf.dict) as table, Output() as output:
        for line in export_lines(table):
            count += 1
            output.write((screen.safe_lines(line, json=True) if output.is_terminal else line).encode())
    journal.counts["keys"] = count
    return 0


def _unchanging(table: Table) -> "contextlib.closing[Table]":
    return contextlib.closing(table.snapshot() if isinstance(table, Table) else table)


@click.command(
    "import",
    cls=KvCommand,
    explain="stdtools.kv.explain_store:explain_import",
    examples=r"""
stdtools kv export | stdtools kv import --store copy
echo '{"key": "colour", "value": "green"}' | stdtools kv import --replace
stdtools kv list 'user:*' --jsonl | stdtools kv import --store users --keep
""",
)
@click.argument("file", default="-", metavar="[FILE]")
@_on_conflict
@with_store
def import_values(file: str, conflict: str | None, store: str) -> int:
    """Store the keys and values of JSON lines.

    What 'export' and 'list --jsonl' write, from FILE or standard input: all of it, or nothing where a
    record is wrong. A key that is there is an error without --replace or --keep. Prints how many keys
    were stored.
    """
    from stdtools.kv.forms import refuse
    from stdtools.kv.transfer import import_all, incoming
    from stdtools.shared.record_input import read_json

    with open_input(file) as source, writing(store) as shelf:
        count = import_all(shelf, incoming(read_json(source, refuse=refuse), source.name), conflict or "ABORT")
    journal.counts["keys"] = count
    print_text(f"{count}\n")
    return 0


@click.command(
    cls=KvCommand,
    explain=_explain_convert,
    examples=r"""
python3 -c 'import shelve; shelve.open("old")["a"] = 1' && stdtools kv convert old new.db
stdtools kv convert new.db archive --replace && stdtools kv get a --store archive
""",
)
@click.argument("source", metavar="SOURCE")
@click.argument("target", metavar="TARGET")
@_on_conflict
def convert(source: str, target: str, conflict: str | None) -> int:
    """Copy a shelf of any kind into a store.

    SOURCE is a shelf that Python's shelve or dbm has written, in SQLite, dumb, gdbm or sdbm files; it is only
    read. TARGET is a name or a path, as with --store. Values are copied as they are and never loaded, all
    of them or none. A key that is there is an error without --replace or --keep. Prints how many keys
    were copied.

    Exits with 2 when SOURCE is damaged. What could be read is copied all the same, of SQLite nothing.
    """
    from stdtools.kv.opening import read
    from stdtools.kv.recognition import locate
    from stdtools.kv.transfer import import_all, rows_of

    place = source if locate(source).kind != "missing" else store_path(source)
    with contextlib.closing(read(place)) as shelf, writing(store_path(target)) as new:
        count = import_all(new, rows_of(shelf.dict), conflict or "ABORT")
        notes = getattr(shelf.dict, "notes", [])
    for note in notes:
        screen.complain(f"{source}: {note}")
    journal.counts["keys"] = count
    print_text(f"{count}\n")
    return TROUBLE if notes else 0
