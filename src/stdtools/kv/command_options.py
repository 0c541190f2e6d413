"""What the commands of kv share of the command line: the store, keys, times to live, values as they are typed."""

import contextlib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import click

from stdtools.kv.plain import text_or_bytes
from stdtools.kv.store import Store, parse_number
from stdtools.shared import places, screen
from stdtools.shared.commands import ToolCommand
from stdtools.shared.options import is_typed, offering, option_name
from stdtools.shared.records import is_utf8
from stdtools.shared.streams import open_input

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

SUFFIX = ".db"
_ESCAPES = {b"\\": b"\\", b"n": b"\n", b"t": b"\t", b"r": b"\r", b"0": b"\0"}
_MOST_COMPLETIONS = 1000
_BLOCK = 1 << 20


class KvCommand(ToolCommand):
    """A command of kv: its variables are STDTOOLS_KV_…, its table in config.toml is [kv.…].

    *apart* are pairs of parameters of which one may be given; what was typed takes the place of the other's default.
    """

    def __init__(self, *args: Any, apart: Sequence[tuple[str, str]] = (), **settings: Any) -> None:
        super().__init__(*args, group="kv", **settings)
        self._apart = apart

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, or explain it; refuse what does not go together."""
        for pair in self._apart:
            if not any(ctx.params[name] in (None, False) for name in pair):
                idle = [name for name in pair if not is_typed(name)]
                if len(idle) != 1:
                    raise click.UsageError(f"{' and '.join(map(option_name, pair))} do not go together", ctx)
                ctx.params[idle[0]] = None
        return super().invoke(ctx)

    def make_parser(self, ctx: click.Context) -> Any:
        """Return Click's parser, which leaves ``-2`` in its place: a key, a value, a number, unless it is an option."""
        parser = super().make_parser(ctx)
        process = parser._process_opts

        def process_or_keep(word: str, state: Any) -> None:
            if word[1:2].isdigit() and word not in parser._short_opt and parse_number(word) is not None:
                state.largs.append(word)
            else:
                process(word, state)

        parser._process_opts = process_or_keep
        return parser


def with_store(command: Decorated) -> Decorated:
    """Add --store; the callback gets the path of the store."""
    return click.option(
        "--store",
        metavar="NAME|PATH",
        allow_from_autoenv=False,
        callback=_place_of_store,
        shell_complete=offering(stores),
        help="The store: a name, or a path with a / or a dot in it.",
    )(command)


def _place_of_store(ctx: click.Context, param: click.Parameter, value: str | None) -> str:
    if value is None and ctx.parent is not None:
        value = ctx.parent.params.get("store")
    return store_path("default" if value is None else value)


def stores() -> list[str]:
    """Return the names of the stores that have one."""
    with contextlib.suppress(OSError):
        return sorted(name.removesuffix(SUFFIX) for name in os.listdir(stores_dir()) if name.endswith(SUFFIX))
    return []


def stores_dir() -> str:
    """Return the directory of the stores that have a name."""
    return os.path.join(places.data_dir(), "kv")


def store_path(store: str) -> str:
    """Return where *store* is: a name's file in the user's data directory; a path, which has a / or a dot, as it is."""
    if not store:  # as "$STORE" is where that is not set: the default would be another store than was meant
        raise click.UsageError("the name of the store is empty")
    return store if "/" in store or "." in store else os.path.join(stores_dir(), store + SUFFIX)


@contextlib.contextmanager
def writing(path: str, *, must_exist: bool = False) -> Iterator[Store]:
    """Open the store at *path* for the time of the ``with`` block; one that is missing is made, or told."""
    from stdtools.kv import opening

    flag = "w" if must_exist else "c"
    with contextlib.closing(opening.open(path, flag)) as store:
        yield store


@contextlib.contextmanager
def reading(path: str, *, must_exist: bool = False) -> Iterator[Store]:
    """Open the shelf at *path*, of any kind, to be read; one with a name that is missing is empty, or told."""
    from stdtools.kv.opening import nothing, read

    may_miss = not must_exist and os.path.dirname(path) == stores_dir()
    store = nothing(path) if may_miss and not os.path.exists(path) else read(path)
    with contextlib.closing(store):
        yield store


def key_argument(name: str = "key", *, many: bool = False, required: bool = True) -> Callable[[Decorated], Decorated]:
    """Add a KEY, or several; the callback gets a Store's keys. *key_bytes_option* belongs beside it."""
    word = name.upper().rstrip("S")

    def add(command: Decorated) -> Decorated:
        return click.argument(
            name,
            metavar=f"{word if required else f'[{word}]'}{'...' if many else ''}",
            nargs=-1 if many else 1,
            required=required,
            callback=_stored_keys,
            shell_complete=complete_keys,
        )(command)

    return add


key_bytes_option = click.option(
    "--key-bytes",
    is_flag=True,
    is_eager=True,
    help=r"Keys are bytes, of any kind: \x00 to \xff, \n, \t, \r, \0 and \\ are escapes in them.",
)


def _stored_keys(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    if value is None or isinstance(value, str):
        return None if value is None else stored_key(value, escaped=ctx.params.get("key_bytes", False))
    return tuple(stored_key(each, escaped=ctx.params.get("key_bytes", False)) for each in value)


def stored_key(typed: str, *, escaped: bool) -> str:
    """Return the key that was *typed*. Raises UsageError when it is neither text nor *escaped*."""
    if escaped:

        def byte(match: re.Match[bytes]) -> bytes:
            word = match[1]
            if word[:1] == b"x" and len(word) == 3:
                return bytes([int(word[1:], 16)])
            if word in _ESCAPES:
                return _ESCAPES[word]
            raise click.UsageError(f"the key {screen.safe(typed)} has a backslash that is no escape; write it \\\\")

        data = re.sub(rb"\\(x[0-9A-Fa-f]{2}|.|$)", byte, os.fsencode(typed), flags=re.DOTALL)
        return data.decode("utf-8", "surrogateescape")
    if not is_utf8(typed):
        raise click.UsageError(f"the key {screen.safe(typed)} is not UTF-8; --key-bytes takes it")
    return typed


def complete_keys(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the keys in the store that begin with *incomplete* and mean nothing to a shell, nor are options here.

    What begins with a hyphen is asked for behind ``--`` only.
    """
    from stdtools.shared.completing import is_harmless

    found: list[str] = []
    with contextlib.suppress(Exception), reading(_place_of_store(ctx, param, ctx.params.get("store"))) as store:
        from stdtools.kv.keys import matching

        for row in matching(store.dict, None, incomplete, values=False):
            key = row.key.decode("utf-8", "replace")
            if is_harmless(key) and (incomplete or not key.startswith("-")):
                found.append(key)
            if len(found) == _MOST_COMPLETIONS:
                break
    return found


class Ttl(click.ParamType[float]):
    """A time to live in seconds, as ``parse_duration`` reads it."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return *value* in seconds."""
        from stdtools.shared.times import parse_duration

        try:
            seconds = parse_duration(f"{value}s" if str(value).replace(".", "", 1).isdecimal() else str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if seconds < 0.001:  # in which times are kept
            self.fail(f"{value!r} is no time at all", param, ctx)
        return seconds


def given_value(typed: str | None, *, json: bool, as_bytes: bool) -> Any:
    """Return the value that was *typed*, or else that all of standard input is."""
    if typed is not None:
        return typed_value(typed, json=json, as_bytes=as_bytes)
    with open_input("-") as source:
        data = b"".join(iter(lambda: source.read(_BLOCK), b""))
        return _value_of(data, source.name, json=json, as_bytes=as_bytes)


def typed_value(typed: str, *, json: bool, as_bytes: bool) -> Any:
    """Return the value that was *typed*: what the JSON says, bytes, or text where it is UTF-8."""
    return _value_of(os.fsencode(typed), "VALUE", json=json, as_bytes=as_bytes)


def _value_of(data: bytes, where: str, *, json: bool, as_bytes: bool) -> Any:
    """Return the value that *data* is. Raises ToolError about *where* it came from."""
    if as_bytes:
        return data
    if not json:
        return text_or_bytes(data)
    from stdtools.kv.forms import parse
    from stdtools.shared.errors import ToolError

    try:
        return parse(data.decode())
    except UnicodeDecodeError as error:
        raise ToolError(f"not UTF-8: byte 0x{data[error.start]:02x}", where=where) from None
    except ToolError as error:
        raise ToolError(
            error.what, where=f"{where}: {error.where}" if error.where else where, hint=error.hint
        ) from None


def absent(key: str) -> int:
    """Tell that *key* is not there, and return the exit code for it."""
    screen.note(f"no key '{key}'")
    return 1


def absent_keys(keys: Sequence[str]) -> int:
    """Tell which *keys* are not there, and return the exit code."""
    for key in keys:
        absent(key)
    return 1 if keys else 0
