"""The fields of a JSON object that is an operation or a record: keys, values, times to live."""

from collections.abc import Mapping
from typing import Any

from stdtools.kv.forms import from_json, to_json
from stdtools.kv.keys import key_text
from stdtools.shared.errors import ToolError
from stdtools.shared.times import parse_duration

MISSING: Any = object()


def key_in(operation: Mapping[str, Any], field: str = "key") -> str:
    """Return the key under *field*. Raises ToolError."""
    return as_key(operation.get(field, MISSING), field)


def as_key(value: Any, field: str) -> str:
    """Return the key that JSON has under *field*: text, or bytes as their tag."""
    if type(value) is str:
        _check_utf8(value, field)
        return value
    if value is MISSING:
        raise ToolError(f"the field {field!r} is missing")
    data = from_json(value)
    if isinstance(data, bytes):
        return key_text(data)
    raise ToolError(f"{field} is neither text nor tagged bytes")


def _check_utf8(text: str, field: str) -> None:
    """Raise ToolError for a lone surrogate, which a Store takes for a byte."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ToolError(f"{field} is not UTF-8", hint='a key of bytes is {"$base64": true, "encoded": …}') from None


def keys_in(operation: Mapping[str, Any]) -> list[str]:
    """Return the keys under ``keys``, or the one under ``key``. Raises ToolError."""
    if "keys" not in operation:
        return [key_in(operation)]
    if "key" in operation or not isinstance(operation["keys"], list):
        raise ToolError("give 'key', or a list of them in 'keys'")
    return [as_key(key, "keys") for key in operation["keys"]]


def value_in(operation: Mapping[str, Any], field: str = "value") -> Any:
    """Return what the JSON under *field* stands for. Raises ToolError."""
    value = operation.get(field, MISSING)
    if value is MISSING:
        raise ToolError(f"the field {field!r} is missing")
    return from_json(value)


def ttl_in(operation: Mapping[str, Any]) -> float | None:
    """Return the seconds under ``ttl``, more than none; None where there are none. Raises ToolError."""
    ttl = as_ttl(operation.get("ttl"))
    if ttl == 0:
        raise ToolError(f"ttl is {operation['ttl']!r}, no time at all")
    return ttl


def as_ttl(value: Any) -> float | None:
    """Return the seconds that JSON has as a time to live: a number, or a duration as it is typed."""
    if value is None:
        return None
    try:
        if type(value) in (int, float):
            return parse_duration(f"{float(value):.3f}s")
        return parse_duration(value)
    except (ValueError, AttributeError, OverflowError):
        raise ToolError(f"{value!r} is not a time to live; write seconds or '10m'") from None


def flag_in(operation: Mapping[str, Any], field: str) -> bool:
    """Return what is under *field*, false where nothing is. Raises ToolError."""
    value = operation.get(field, False)
    if not isinstance(value, bool):
        raise ToolError(f"{field} is true or false")
    return value


def text_in(operation: Mapping[str, Any], field: str) -> str | None:
    """Return the text under *field*, None where there is none. Raises ToolError."""
    value = operation.get(field)
    if value is not None and not isinstance(value, str):
        raise ToolError(f"{field} is text")
    if value:
        _check_utf8(value, field)
    return value


def key_form(key: bytes) -> str:
    """Return the stored *key* as JSON: text, or bytes as their tag."""
    try:
        return to_json(key.decode())
    except UnicodeDecodeError:
        return to_json(key)
