"""What a kind of field is: how a value lies in bytes, both ways, and what can go wrong with it.

Format: https://docs.python.org/3/library/struct.html#format-characters
"""

from typing import Any

from stdtools.pack.cursor import Cursor
from stdtools.shared.records import Value, untag


class Misfit(Exception):
    """A value cannot be packed into its field; ``path`` names the field."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what
        self.path = ""

    def within(self, name: str) -> "Misfit":
        """Put *name* before the path and return self."""
        joint = "" if not self.path or self.path.startswith("[") else "."
        self.path = f"{name}{joint}{self.path}"
        return self


class Kind:
    """What every kind of field has.

    ``size`` is its length in bytes, for a kind that is not ``fixed`` the least. ``letter`` is the
    struct code whose own value is ours, where there is one, in byte order ``big``.
    """

    code = ""
    size = 0
    fixed = True
    align = 1
    letter = ""
    big = False

    def words(self) -> str:
        """Say in words what the kind is."""
        raise NotImplementedError

    def decode(self, raw: bytes) -> Value:
        """Return the value of ``size`` bytes; only for a fixed kind."""
        raise NotImplementedError

    def decode_column(self, column: list[bytes]) -> list[Value]:
        """Return the values of many fields; a kind overrides it where that is faster."""
        return [self.decode(raw) for raw in column]

    def read(self, cursor: Cursor, path: str) -> Value:
        """Take one value off *cursor*; *path* is the field's full name. Raises Short."""
        return self.decode(cursor.take(self.size))

    def encode(self, value: Value) -> bytes:
        """Return the bytes of *value*. Raises Misfit."""
        raise NotImplementedError

    def from_text(self, text: str) -> Value:
        """Return what *text*, an argument or a CSV cell, means here. Raises Misfit."""
        import json

        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise Misfit(f"{shown(text)} is not JSON, which {self.words()} is written in") from None


def untagged(value: dict[str, Value]) -> Value:
    """Return what a tagged *value* stands for. Raises Misfit."""
    try:
        return untag(value)
    except ValueError:
        raise Misfit(f"{shown(value)} is not a value for one field") from None


def check_names(value: dict[str, Any], names: list[str]) -> None:
    """Raise Misfit unless *value* has exactly the keys *names*."""
    if value.keys() == set(names):
        return
    for key in value:
        if key not in names:
            from difflib import get_close_matches

            close = get_close_matches(key, names, 1)
            hint = f"did you mean {close[0]}?" if close else f"it has {', '.join(names) or 'no fields'}"
            raise Misfit(f"not in the layout; {hint}").within(key)
    raise Misfit("missing").within(next(name for name in names if name not in value))


def shown(value: Any) -> str:
    """Return *value* for an error message, at most 40 characters of it."""
    try:
        text = {True: "true", False: "false", None: "null"}[value] if isinstance(value, bool | None) else repr(value)
    except (ValueError, RecursionError):  # an int of more than 4300 digits, a deep list
        text = f"this {type(value).__name__}"
    return text if len(text) <= 40 else f"{text[:37]}..."
