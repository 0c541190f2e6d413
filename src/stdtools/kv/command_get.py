"""The command lines of kv get and kv has."""

from typing import Any

import click

from stdtools.kv.command_options import (
    KvCommand,
    absent_keys,
    key_argument,
    key_bytes_option,
    reading,
    typed_value,
    with_store,
)
from stdtools.kv.presenting import presented, record_value, write_presented
from stdtools.shared import screen
from stdtools.shared.errors import TROUBLE, ToolError
from stdtools.shared.options import record_output
from stdtools.shared.records import RecordWriter
from stdtools.shared.streams import Output


@click.command(
    cls=KvCommand,
    explain="stdtools.kv.explain:explain_get",
    apart=[("null", "format")],
    examples=r"""
stdtools kv get greeting
stdtools kv get colour --default blue
stdtools kv get greeting hits --jsonl
""",
)
@key_argument("keys", many=True)
@click.option("--default", metavar="V", help="Printed for a key that is not there, which is then no failure.")
@click.option("-0", "--null", is_flag=True, help="Ends each value with NUL.")
@record_output("the values themselves")
@key_bytes_option
@with_store
def get(keys: tuple[str, ...], default: str | None, null: bool, format: str | None, key_bytes: bool, store: str) -> int:
    """Print the value of a key.

    Text and bytes come out exactly as they were stored; on a terminal a newline is added. All else is
    JSON on a line. With --format and its kin: records of key, type and value.

    Exits with 1 when a KEY is not there.
    """
    from stdtools.kv.pickles import load
    from stdtools.kv.plain import type_name_of

    instead = None if default is None else typed_value(default, json=False, as_bytes=False)
    missing = []
    problems = []
    with reading(store) as shelf, Output() as output:
        writer = RecordWriter(output, ("key", "type", "value"), format) if format else None
        for key in keys:
            row = shelf.row(key)
            if row is None and instead is None:
                missing.append(key)
                continue
            try:
                value: Any = instead if row is None else load(row.value)
                shown = presented(value) if writer is None else record_value(value)
            except ToolError as error:
                problems.append(f"{key}: {error}")
                continue
            if writer is None:
                write_presented(output, shown, b"\0" if null else b"")
            else:
                writer.write([(key, type_name_of(value), shown)])
        if writer is not None:
            writer.close()
    code = absent_keys(missing)
    for problem in problems:
        screen.complain(problem)
    return TROUBLE if problems else code


@click.command(
    cls=KvCommand,
    explain="stdtools.kv.explain:explain_has",
    examples=r"""
stdtools kv has greeting && echo hello
stdtools kv has nobody || echo 'not yet'
""",
)
@key_argument("keys", many=True)
@key_bytes_option
@with_store
def has(keys: tuple[str, ...], key_bytes: bool, store: str) -> int:
    """Say by the exit code whether keys are there.

    Exits with 0 when all are there, with 1 when one is not.
    """
    with reading(store) as shelf:
        return 0 if all(key in shelf for key in keys) else 1
