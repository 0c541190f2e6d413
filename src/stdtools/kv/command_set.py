"""The command line of kv set."""

import os

import click

from stdtools.kv.command_options import (
    KvCommand,
    Ttl,
    given_value,
    key_argument,
    key_bytes_option,
    typed_value,
    with_store,
    writing,
)
from stdtools.kv.pickles import load
from stdtools.kv.presenting import presented, presented_pickle, write_presented
from stdtools.kv.store import Condition
from stdtools.shared import screen
from stdtools.shared.streams import Output


@click.command(
    "set",
    cls=KvCommand,
    explain="stdtools.kv.explain:explain_set",
    apart=[("json", "as_bytes"), ("ttl", "keep_ttl"), ("if_absent", "if_value")],
    examples=r"""
stdtools kv set greeting 'hello world'
stdtools kv set hits 41 --json --ttl 10m
printf 'any bytes' | stdtools kv set user:ada
stdtools kv set lock "$$" --if-absent --ttl 30s
""",
)
@key_argument()
@click.argument("value", required=False, metavar="[VALUE]")
@click.option("--json", is_flag=True, help="VALUE is JSON, with the tags that export writes.")
@click.option("--bytes", "as_bytes", is_flag=True, help="VALUE is bytes, also where it could be text.")
@click.option("--ttl", type=Ttl(), metavar="DURATION", help="Gone after so long, such as 10m or 1h30m.")
@click.option("--keep-ttl", is_flag=True, help="Keeps what is left of the time that the old value had.")
@click.option("--if-absent", is_flag=True, help="Only if there is no such key.")
@click.option("--if-value", metavar="V", help="Only if V is what 'get' would print; with --json, the same JSON.")
@click.option("--get", "get_old", is_flag=True, help="Prints the old value.")
@key_bytes_option
@with_store
def set_value(
    key: str,
    value: str | None,
    json: bool,
    as_bytes: bool,
    ttl: float | None,
    keep_ttl: bool,
    if_absent: bool,
    if_value: str | None,
    get_old: bool,
    key_bytes: bool,
    store: str,
) -> int:
    """Store a value under a key.

    Without VALUE it is standard input, byte for byte. A value is text where it is UTF-8, else bytes.

    Exits with 1 when --if-absent or --if-value keeps it from being stored.
    """
    new = given_value(value, json=json, as_bytes=as_bytes)
    condition: Condition | None = None
    if if_absent:
        condition = _is_absent
    elif if_value is not None:
        condition = _has_value(if_value, json=json)
    olds: list[bytes] = []

    def only_if(old: bytes | None) -> bool:
        if get_old and old is not None:
            olds.append(presented_pickle(old))  # what cannot be shown is not replaced
        return condition is None or condition(old)

    with writing(store) as shelf:
        done, _ = shelf.set(key, new, ttl=ttl, keep_ttl=keep_ttl, only_if=only_if)
    if olds:
        with Output() as output:
            write_presented(output, olds[0])
    if not done:
        screen.note(f"'{key}' is there already" if if_absent else f"'{key}' has another value")
    return 0 if done else 1


def _is_absent(old: bytes | None) -> bool:
    return old is None


def _has_value(typed: str, *, json: bool) -> Condition:
    if json:
        from stdtools.kv.forms import canonical

        wanted = canonical(typed_value(typed, json=True, as_bytes=False))
        return lambda old: old is not None and canonical(load(old)) == wanted
    data = os.fsencode(typed)

    def condition(old: bytes | None) -> bool:
        if old is None:
            return False
        value = load(old)
        end = b"" if isinstance(value, str | bytes) else b"\n"  # which JSON has on its line
        return presented(value) in (data, data + end)

    return condition
