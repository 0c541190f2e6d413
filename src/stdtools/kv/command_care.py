"""The command lines of kv stores, info, check, compact and backup."""

import os
from typing import Any

import click

from stdtools.kv.command_options import SUFFIX, KvCommand, reading, stores_dir, with_store, writing
from stdtools.shared import journal, screen
from stdtools.shared.commands import print_text
from stdtools.shared.errors import TROUBLE
from stdtools.shared.options import record_output
from stdtools.shared.records import RecordWriter
from stdtools.shared.streams import Output


def _explain_stores(given: dict[str, Any]) -> str:
    from stdtools.kv.explain_store import explain_stores

    return explain_stores(given, stores_dir())


@click.command(
    cls=KvCommand,
    explain=_explain_stores,
    examples=r"""
stdtools kv stores
stdtools kv stores --jsonl | jq -r .path
""",
)
@record_output()
def stores(format: str | None) -> int:
    """List the stores that have a name.

    Columns: store, bytes, path. Exits with 1 when there is none.
    """
    place = stores_dir()
    try:
        names = sorted(name for name in os.listdir(place) if name.endswith(SUFFIX))
    except FileNotFoundError:
        names = []
    problems: list[str] = []
    with Output() as output:
        writer = RecordWriter(output, ("store", "bytes", "path"), format)
        for name in names:
            path = os.path.join(place, name)
            try:
                size = os.stat(path).st_size
            except OSError as error:  # a link to nowhere, or deleted just now
                problems.append(f"{path}: {error.strerror}")
            else:
                writer.write([(name.removesuffix(SUFFIX), size, path)])
        writer.close()
    for problem in problems:
        screen.complain(problem)
    if problems:
        return TROUBLE
    return 0 if names else 1


@click.command(
    cls=KvCommand,
    explain="stdtools.kv.explain_store:explain_info",
    examples=r"""
stdtools kv info
stdtools kv info --jsonl | jq .keys
""",
)
@record_output()
@with_store
def info(format: str | None, store: str) -> int:
    """Tell what kind of shelf a store is, and how large.

    Columns: path, kind, keys, bytes, unused (what 'compact' gives back), expiring, written_by.
    """
    from stdtools.kv.care import Summary, summary

    with reading(store, must_exist=True) as shelf, Output() as output:
        writer = RecordWriter(output, Summary._fields, format)
        writer.write([summary(shelf)])
        writer.close()
    return 0


@click.command(
    cls=KvCommand,
    explain="stdtools.kv.explain_store:explain_check",
    examples=r"""
stdtools kv check
stdtools kv check --store default --csv
""",
)
@record_output()
@with_store
def check(format: str | None, store: str) -> int:
    """Check that a store is whole and its values readable.

    Prints what is wrong, a record of key and problem each; the key is empty where it is the file's.
    Exits with 1 when something is.
    """
    from stdtools.kv.care import Problem, problems

    count = 0
    with reading(store, must_exist=True) as shelf, Output() as output:
        writer = RecordWriter(output, Problem._fields, format)
        for problem in problems(shelf):
            count += 1
            writer.write([problem])
        if count or format:
            writer.close()
    journal.counts["problems"] = count
    screen.note(f"{count} problem{'' if count == 1 else 's'}", verbosity=1)
    return 1 if count else 0


@click.command(
    cls=KvCommand,
    explain="stdtools.kv.explain_store:explain_compact",
    examples=r"""
stdtools kv compact
stdtools kv compact -q
""",
)
@with_store
def compact(store: str) -> int:
    """Give the space of deleted values back.

    Needs as much free space as the store takes, for a moment. Prints how many bytes it took and takes now.
    """
    from stdtools.kv.care import compact as work

    with writing(store, must_exist=True) as shelf:
        before, after = work(shelf)
    print_text(f"{before}\t{after}\n")
    return 0


def _no_stream(ctx: click.Context, param: click.Parameter, value: str) -> str:
    if value == "-":
        raise click.UsageError("a store is a file; './-' is a file named -", ctx)
    return value


@click.command(
    cls=KvCommand,
    explain="stdtools.kv.explain_store:explain_backup",
    examples=r"""
stdtools kv backup kv.backup
stdtools kv backup kv.backup && stdtools kv list --store ./kv.backup
""",
)
@click.argument("file", metavar="FILE", callback=_no_stream)
@with_store
def backup(file: str, store: str) -> int:
    """Copy a store, as it is at one moment, into a file.

    FILE is a store, too: replaced as a whole, or not at all. Others may go on writing meanwhile.
    """
    from stdtools.kv.care import backup as work

    with reading(store, must_exist=True) as shelf:
        size = work(shelf, file)
    screen.note(f"{size} bytes", verbosity=1)
    return 0
