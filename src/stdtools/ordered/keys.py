"""What lines are ordered by: themselves, byte by byte, or a field as text, number or time."""

import re
from collections.abc import Callable
from typing import Any

from stdtools.shared.errors import ToolError
from stdtools.shared.fields import number_of

KINDS = ("text", "number", "time")
_NUMBER = re.compile(rb"\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")

Key = Any


def number_in(line: bytes) -> int | float | None:
    """Return the number that *line* begins with."""
    match = _NUMBER.match(line)
    return number_of(match[0].decode()) if match else None


def converter(kind: str) -> Callable[[Any], Key]:
    """Return what makes a key of a field's value; the key is None where there is none of that *kind*."""
    if kind == "number":
        return number_of
    if kind == "time":
        return moment
    return lambda value: value if value is None or isinstance(value, str) else str(value)


def moment(value: Any) -> float | None:
    """Return seconds since the epoch of a date and time, ``2026-11-22T15:00:00Z`` or a number; None for none."""
    number = number_of(value)
    if number is not None or not isinstance(value, str):
        return number
    from datetime import datetime

    try:
        return datetime.fromisoformat(value.strip()).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def field_of(line: bytes, number: int, delimiter: bytes | None) -> str | None:
    """Return the field *number*, from 1 or from -1 backwards, of a line of text."""
    cells = line.split(delimiter)
    at = number - (number > 0)
    return cells[at].decode("utf-8", "surrogateescape") if -len(cells) <= at < len(cells) else None


def key_of_line(kind: str, number: int | None, delimiter: bytes | None) -> Callable[[bytes], Key]:
    """Return what makes the key of a line: of all of it, or of the field *number*; the key is None where it has none.

    A text is its bytes; a number may have more behind it where it is not a field.
    """
    convert = converter(kind)
    if number is None:
        if kind == "text":
            return lambda line: line
        return number_in if kind == "number" else lambda line: convert(line.decode("utf-8", "replace"))

    def key_of(line: bytes) -> Key:
        value = field_of(line, number, delimiter)
        if kind == "text":
            return None if value is None else value.encode("utf-8", "surrogateescape")
        return convert(value)

    return key_of


def as_key(text: str, kind: str) -> Key:
    """Return what was typed as a key. Raises ToolError where it is none of that *kind*."""
    key = converter(kind)(text)
    if key is None:
        raise ToolError(f"{text!r} is no {kind}")
    return key
