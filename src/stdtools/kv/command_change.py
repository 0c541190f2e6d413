"""The command lines of kv incr, append, push and pop: changes that make one value of another."""

from typing import Any

import click

from stdtools.kv.command_options import (
    KvCommand,
    ValueCommand,
    absent,
    key_argument,
    key_bytes_option,
    typed_value,
    value_of,
    with_store,
    writing,
)
from stdtools.kv.presenting import write_value
from stdtools.kv.store import parse_number
from stdtools.shared import screen
from stdtools.shared.options import print_text
from stdtools.shared.streams import Output, open_input

_BLOCK = 1 << 20


def _explain_incr(**given: Any) -> str:
    from stdtools.kv.explain import explain_incr

    return explain_incr(given)


def _explain_append(**given: Any) -> str:
    from stdtools.kv.explain import explain_append

    return explain_append(given)


def _explain_push(**given: Any) -> str:
    from stdtools.kv.explain import explain_push

    return explain_push(given)


def _explain_pop(**given: Any) -> str:
    from stdtools.kv.explain import explain_pop

    return explain_pop(given)


class _Number(click.ParamType[float]):
    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | float:
        number = value if isinstance(value, int | float) else parse_number(value)
        if number is None:
            self.fail(f"{value!r} is no number", param, ctx)
        return number


_left = click.option("--left", is_flag=True, help="At the head of the list instead of its end.")


@click.command(
    cls=ValueCommand,
    explain=_explain_incr,
    examples=r"""
stdtools kv incr visits
stdtools kv incr visits 10
stdtools kv incr visits -2
""",
)
@key_argument()
@click.argument("number", type=_Number(), default=1, metavar="[N]")
@key_bytes_option
@with_store
def incr(key: str, number: int | float, key_bytes: bool, store: str) -> int:
    """Add to a number.

    Adds N, 1 if there is none, to the number under KEY, 0 if it is not there, and prints the sum. Text
    that is a number becomes one. The time that KEY has left stays.
    """
    with writing(store) as shelf:
        total = shelf.incr(key, number)
    with Output() as output:
        write_value(output, total)
    return 0


@click.command(
    cls=ValueCommand,
    explain=_explain_append,
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
    if value is None:
        with open_input("-") as source:
            data = b"".join(iter(lambda: source.read(_BLOCK), b""))
            more = value_of(data, source.name, json=False, as_bytes=as_bytes)
    else:
        more = typed_value(value, json=False, as_bytes=as_bytes)
    with writing(store) as shelf:
        size = shelf.append(key, more)
    print_text(f"{size}\n")
    return 0


@click.command(
    cls=ValueCommand,
    explain=_explain_push,
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
    explain=_explain_pop,
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
