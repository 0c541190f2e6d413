"""The command lines of kv ttl, expire and persist."""

import click

from stdtools.kv.command_options import (
    KvCommand,
    Ttl,
    absent,
    absent_keys,
    key_argument,
    key_bytes_option,
    reading,
    with_store,
    writing,
)
from stdtools.shared.commands import print_text


@click.command(
    cls=KvCommand,
    explain="stdtools.kv.explain:explain_ttl",
    examples=r"""
stdtools kv set token abc --ttl 1h && stdtools kv ttl token
test "$(stdtools kv ttl token)" = never || echo 'will be gone'
""",
)
@key_argument()
@key_bytes_option
@with_store
def ttl(key: str, key_bytes: bool, store: str) -> int:
    """Print how many seconds a key has left.

    Prints 'never' where it stays. Exits with 1 when it is not there.
    """
    with reading(store) as shelf:
        try:
            left = shelf.ttl(key)
        except KeyError:
            return absent(key)
    print_text("never\n" if left is None else f"{left:.3f}\n")
    return 0


@click.command(
    cls=KvCommand,
    explain="stdtools.kv.explain:explain_expire",
    examples=r"""
stdtools kv set token abc && stdtools kv expire token 15m
stdtools kv expire token 1h30m
""",
)
@key_argument()
@click.argument("ttl", type=Ttl())
@key_bytes_option
@with_store
def expire(key: str, ttl: float, key_bytes: bool, store: str) -> int:
    """Have a key be gone after a while.

    The value of KEY is gone in TTL from now, such as 90s, 15m, 2h, 1d or 1h30m. Exits with 1 when
    it is not there.
    """
    with writing(store) as shelf:
        return 0 if shelf.expire(key, ttl) else absent(key)


@click.command(
    cls=KvCommand,
    explain="stdtools.kv.explain:explain_persist",
    examples=r"""
stdtools kv set token abc --ttl 1h && stdtools kv persist token
stdtools kv persist token greeting
""",
)
@key_argument("keys", many=True)
@key_bytes_option
@with_store
def persist(keys: tuple[str, ...], key_bytes: bool, store: str) -> int:
    """Have keys stay.

    Their values do not expire any more. Exits with 1 when one is not there.
    """
    with writing(store) as shelf, shelf.dict.transaction():
        return absent_keys([key for key in keys if not shelf.expire(key, None)])
