"""The command lines of kv keys and kv list."""

from collections.abc import Callable, Iterator

import click

from stdtools.kv.command_options import Decorated, KvCommand, reading, with_store
from stdtools.kv.keys import key_text, matching
from stdtools.kv.store import Store
from stdtools.kv.table import Row, is_time, now
from stdtools.shared import journal, screen
from stdtools.shared.errors import TROUBLE, ToolError
from stdtools.shared.options import record_output
from stdtools.shared.records import RecordWriter, Value
from stdtools.shared.streams import Output

COLUMNS = ("key", "type", "size", "ttl", "modified", "value")
_SHORT = 60  # characters of a value on a terminal


_glob = click.argument("glob", required=False, metavar="[GLOB]")
_prefix = click.option("--prefix", metavar="TEXT", default="", help="Only keys that begin with TEXT.")


def _null(text: str) -> Callable[[Decorated], Decorated]:
    return click.option("-0", "--null", is_flag=True, help=text)


@click.command(
    cls=KvCommand,
    explain="stdtools.kv.explain:explain_keys",
    apart=[("null", "format")],
    examples=r"""
stdtools kv keys
stdtools kv keys 'user:*' -0 | xargs -0 -r stdtools kv get
stdtools kv keys --prefix user: | wc -l
""",
)
@_glob
@_prefix
@_null("Ends each key with NUL instead of a newline.")
@record_output("a key on a line")
@with_store
def keys(glob: str | None, prefix: str, null: bool, format: str | None, store: str) -> int:
    """Print the keys.

    All of them, or those that match the shell pattern GLOB, in the order of their bytes, or
    in that of the file where another program has made it and it is not SQLite. Exits with 1 when there is none.
    """
    count = 0
    with reading(store) as shelf, Output() as output:
        writer = RecordWriter(output, ("key",), format) if format else None
        end = b"\0" if null else b"\n"
        for row in matching(shelf.dict, glob, prefix, values=False):
            count += 1
            if writer is not None:
                writer.write([(key_text(row.key),)])
            elif output.is_terminal:
                output.write(screen.safe(key_text(row.key)).encode() + end)
            else:
                output.write(row.key + end)
        if writer is not None:
            writer.close()
    journal.counts["keys"] = count
    return 0 if count else 1


@click.command(
    "list",
    cls=KvCommand,
    explain="stdtools.kv.explain:explain_list",
    apart=[("null", "format")],
    examples=r"""
stdtools kv list
stdtools kv list 'user:*' --format csv
stdtools kv list --jsonl | jq -r 'select(.size > 1000) | .key'
""",
)
@_glob
@_prefix
@_null("Key and value in turn, each with NUL behind it.")
@record_output()
@with_store
def list_values(glob: str | None, prefix: str, null: bool, format: str | None, store: str) -> int:
    """List keys with their values, types and times.

    Columns: key, type, size in bytes as stored, ttl in seconds, when it was modified, value. On a
    terminal long values are shortened.

    Exits with 1 when there is no key, and with 2 when a value is damaged.
    """
    count = 0
    problems: list[str] = []
    with reading(store) as shelf, Output() as output:
        if null:
            from stdtools.kv.presenting import presented_pickle

            for row in matching(shelf.dict, glob, prefix):
                count += 1
                try:
                    value = presented_pickle(row.value)
                except ToolError as error:
                    problems.append(f"{key_text(row.key)}: {error}")
                    value = b""
                if output.is_terminal:
                    text = value.decode("utf-8", "surrogateescape")
                    output.write(f"{screen.safe(key_text(row.key))}\0{screen.safe_lines(text)}\0".encode())
                else:
                    output.write(row.key + b"\0" + value + b"\0")
        else:
            writer = RecordWriter(output, COLUMNS, format)
            shorten = format is None and output.is_terminal
            for record in _records(shelf, glob, prefix, problems):
                count += 1
                writer.write([(*record[:-1], _shortened(record[-1])) if shorten else record])
            writer.close()
    journal.counts["keys"] = count
    for problem in problems:
        screen.complain(problem)
    if problems:
        return TROUBLE
    return 0 if count else 1


def _records(shelf: Store, glob: str | None, prefix: str, problems: list[str]) -> Iterator[tuple[Value, ...]]:
    from stdtools.kv.pickles import load, type_name
    from stdtools.kv.presenting import record_value

    for row in matching(shelf.dict, glob, prefix):
        try:
            value, named = record_value(load(row.value)), type_name(row.value)
        except ToolError as error:
            value, named = None, "damaged"
            problems.append(f"{key_text(row.key)}: {error}")
        yield key_text(row.key), named, len(row.value), _ttl(row), _clock(row.modified), value


def _ttl(row: Row) -> float | None:
    return None if row.expires is None else max(0, row.expires - now()) / 1000


def _clock(moment: int | None) -> str | None:
    if moment is None or not is_time(moment):
        return None
    from datetime import datetime

    return datetime.fromtimestamp(moment / 1000).astimezone().isoformat(timespec="milliseconds")


def _shortened(value: Value) -> Value:
    if isinstance(value, str | bytes):
        size = len(value)
        if size > _SHORT:
            more = f"… {size} {'bytes' if isinstance(value, bytes) else 'characters'}"
            return (value[:_SHORT] if isinstance(value, str) else value[:_SHORT].hex()) + more
    elif isinstance(value, list | dict):
        from stdtools.shared.records import JsonText

        text = JsonText()(value)
        return text if len(text) <= _SHORT else f"{text[:_SHORT]}… {_elements(value)} elements"
    return value


def _elements(value: list[Value] | dict[str, Value]) -> int:
    """Return how many there are in *value*, or in what its tag stands for."""
    if isinstance(value, dict) and len(value) == 1:
        ((tag, inner),) = value.items()
        if tag.startswith("$") and isinstance(inner, list):
            return len(inner)
    return len(value)
