"""The command lines of kv incr, append, push and pop: changes that make one value of another."""

from typing import Any

import click

from stdtools.kv.command_options import (
    KvCommand,
    absent,
    given_value,
    key_argument,
    key_bytes_option,
    typed_value,
    with_store,
    writing,
)
from stdtools.kv.presenting import write_value
from stdtools.kv.store import parse_number
from stdtools.shared import screen
from stdtools.shared.commands import print_text
from stdtools.shared.streams import Output


class _Number(click.ParamType[float]):
    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | float:
        number = value if isinstance(value, int | float) else parse_number(value)
        if number is None:
            self.fail(f"{value!r} is no number", param, ctx)
        return number


_left = click.option("--left", is_flag=True, help="At the head of the list instead of its end.")


@click.command(
    cls=KvCommand,
    explain="stdtools.kv.explain:explain_incr",
    examples=r"""
stdtools kv incr visits
stdtools kv incr visits 10
stdtools kv incr visits -2
""",
)
@key_argument()
@click.argument("by", type=_Number(), default=1, metavar="[BY]")
@key_bytes_option
@with_store
def incr(key: str, by: int | float, key_bytes: bool, store: str) -> int:
    """Add to a number.

    Adds BY, 1 if there is none, to the number under KEY, 0 if it is not there, and prints the sum. Text
    that is a number becomes one. The time that KEY has left stays.
    """
    with writing(store) as shelf:
        total = shelf.incr(key, by)
    with Output() as output:
        write_value(output, total)
    return 0


@click.command(
    cls=KvCommand,
    explain="stdtools.kv.explain:explain_append",
    examples=r"""
stdtools kv append notes 'one more; '
date | stdtools kv append notes
""",
)
@key_argument()
@click.argument("value", required=False, metavar="[VALUE]")
@click.option("--bytes", "as_bytes", is_flag=True, help="VALUE is bytes, also where it could be text.")
@key_bytes_option
@with_store
def append(key: str, value: str | None, as_bytes: bool, key_bytes: bool, store: str) -> int:
    """Put text or bytes behind those of a key.

    Without VALUE it is standard input, byte for byte. Prints how long the value is now, in characters,
    or in bytes where it is bytes.
    """
    more = given_value(value, json=False, as_bytes=as_bytes)
    with writing(store) as shelf:
        size = shelf.append(key, more)
    print_text(f"{size}\n")
    return 0


@click.command(
    cls=KvCommand,
    explain="stdtools.kv.explain:explain_push",
    examples=r"""
stdtools kv push queue first second
stdtools kv push queue --json '{"job": 3}'
""",
)
@key_argument()
@click.argument("values", nargs=-1, required=True, metavar="VALUE...")
@_left
@click.option("--json", is_flag=True, help="Each VALUE is JSON.")
@key_bytes_option
@with_store
def push(key: str, values: tuple[str, ...], left: bool, json: bool, key_bytes: bool, store: str) -> int:
    """Put elements into a list.

    Puts one VALUE after the other at the end of the list under KEY, a new one if it is not there, and
    prints how many elements it has now.
    """
    elements = [typed_value(value, json=json, as_bytes=False) for value in values]
    with writing(store) as shelf:
        size = shelf.push(key, elements, left=left)
    print_text(f"{size}\n")
    return 0


@click.command(
    cls=KvCommand,
    explain="stdtools.kv.explain:explain_pop",
    examples=r"""
stdtools kv push queue a b c && stdtools kv pop queue
stdtools kv push queue a && stdtools kv pop queue --left
""",
)
@key_argument()
@_left
@key_bytes_option
@with_store
def pop(key: str, left: bool, key_bytes: bool, store: str) -> int:
    """Take an element out of a list and print it.

    The last one, or with --left the first: a queue. Exits with 1 when there is none.
    """
    with writing(store) as shelf, Output() as output:
        try:
            with shelf.dict.transaction():  # what cannot be printed stays in the list
                write_value(output, shelf.pop_element(key, left=left))
                output.flush()
        except KeyError:
            if key not in shelf:
                return absent(key)
            screen.note(f"the list '{key}' is empty")
            return 1
    return 0
