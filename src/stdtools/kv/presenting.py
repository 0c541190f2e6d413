"""Stored values as people and pipes get them: text and bytes as they are, all else as JSON."""

from typing import Any

from stdtools.kv.pickles import load
from stdtools.kv.plain import MOST_BITS
from stdtools.shared import screen
from stdtools.shared.records import Value
from stdtools.shared.streams import Output


def presented(value: Any) -> bytes:
    """Return *value* as a pipe gets it; JSON has a newline at its end, text and bytes have what is in them."""
    if isinstance(value, str):
        try:
            return value.encode()
        except UnicodeEncodeError:
            return value.encode("utf-8", "surrogatepass")
    if isinstance(value, bytes):
        return value
    from stdtools.kv.forms import to_json

    return to_json(value).encode() + b"\n"


def presented_pickle(data: bytes) -> bytes:
    """Return the pickle *data* as a pipe gets its value. Raises ToolError."""
    return presented(load(data))


def write_value(output: Output, value: Any) -> None:
    """Write *value*; on a terminal made safe, and on lines of its own."""
    write_presented(output, presented(value))


def write_presented(output: Output, data: bytes, end: bytes = b"") -> None:
    """Write what ``presented`` has made of a value."""
    if output.is_terminal:
        data = screen.safe_lines(data.decode("utf-8", "surrogateescape")).encode()
        data = data if data.endswith(b"\n") else data + b"\n"
    output.write(data + end)


def record_value(value: Any) -> Value:
    """Return *value* as one of a record: what records know as it is, all else as the JSON that it has."""
    kind = type(value)
    if value is None or kind in (bytes, float, bool) or (kind is int and value.bit_length() <= MOST_BITS):
        return value
    if kind is str:
        try:
            value.encode()
        except UnicodeEncodeError:  # which records take for bytes, as os.fsdecode makes them
            from stdtools.kv.tags import PAIR

            return {"$text": PAIR.split(value)}
        return value
    from json import loads

    from stdtools.kv.forms import to_json

    return loads(to_json(value))
