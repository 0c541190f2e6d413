"""Text: of fixed length, behind its length, or up to a NUL; characters where the bytes allow it."""

import codecs
import contextlib
import os

from stdtools.pack.cursor import Cursor
from stdtools.pack.kind import Kind, Misfit, shown, untagged
from stdtools.pack.numbers import Integer, read_length
from stdtools.shared.errors import ToolError
from stdtools.shared.records import Value, untag


class Charset:
    """How text fields are decoded; with *raw* they keep their NULs.

    ``to_value`` gives a str only when ``to_bytes`` turns it into the same bytes again.
    """

    def __init__(self, encoding: str = "utf-8", *, raw: bool = False) -> None:
        try:
            info = codecs.lookup(encoding)
        except (LookupError, ValueError):
            raise ToolError(f"{encoding!r} is not an encoding that Python knows", where="text encoding") from None
        if not info._is_text_encoding:
            raise ToolError(f"{encoding!r} turns bytes into bytes; it is no text encoding", where="text encoding")
        self.encoding = info.name
        self.raw = raw
        self._is_utf8 = info.name == "utf-8"

    def to_value(self, data: bytes) -> str | bytes:
        """Return *data* as text, or as it is when it does not decode and encode to the same."""
        try:
            text = data.decode(self.encoding)
            return text if self._is_utf8 or self._encoded(text) == data else data
        except ValueError:  # UnicodeError is one
            return data

    def to_trimmed_value(self, data: bytes) -> str | bytes:
        """Like ``to_value`` without the trailing NULs that fill a field of fixed size."""
        if self.raw:
            return self.to_value(data)
        if self._is_utf8:
            return self.to_value(data.rstrip(b"\0"))
        try:
            text = data.decode(self.encoding).rstrip("\0")
            return text if self._encoded(text).ljust(len(data), b"\0") == data else data
        except ValueError:
            return data

    def _encoded(self, text: str) -> bytes:
        text.encode()  # UTF-7 and others make lone surrogates, which no output can hold
        return text.encode(self.encoding)


class Characters(Kind):
    """What the kinds of text have in common."""

    def __init__(self, code: str, size: int, charset: Charset) -> None:
        self.code, self.size, self.charset = code, size, charset

    def from_text(self, text: str) -> Value:
        """Return *text* itself, unless it is a tagged value; its bytes, when it is not text."""
        if text.startswith('{"$'):
            import json

            with contextlib.suppress(ValueError, RecursionError):
                return untag(json.loads(text))
        try:
            text.encode()
        except UnicodeEncodeError:
            return os.fsencode(text)
        return text

    def bytes_of(self, value: Value) -> bytes:
        """Return the bytes of a str, of bytes, or of a tagged value. Raises Misfit."""
        if isinstance(value, dict):
            value = untagged(value)
        if isinstance(value, bytes):
            return value
        if not isinstance(value, str):
            raise Misfit(f"{shown(value)} is not text")
        try:
            return value.encode(self.charset.encoding)
        except ValueError:
            raise Misfit(f"{shown(value)} cannot be written in {self.charset.encoding}") from None


class Text(Characters):
    """Bytes of fixed length, shown as text without the NULs that fill it."""

    def words(self) -> str:
        return f"text of {self.size} bytes" if self.size != 1 else "text of 1 byte"

    def decode(self, raw: bytes) -> str | bytes:
        return self.charset.to_trimmed_value(raw)

    def decode_column(self, column: list[bytes]) -> list[Value]:
        if self.charset.encoding == "utf-8" and not self.charset.raw:
            with contextlib.suppress(UnicodeDecodeError):
                return [raw.rstrip(b"\0").decode() for raw in column]
        return super().decode_column(column)

    def encode(self, value: Value) -> bytes:
        data = self.bytes_of(value)
        if len(data) > self.size:
            raise Misfit(f"{shown(value)} has {len(data)} bytes, which do not fit {self._typed()}")
        return data.ljust(self.size, b"\0")

    def _typed(self) -> str:
        return self.code if self.code == "c" else f"{self.size}{self.code}"


class Pascal(Text):
    """A length byte and text, in a field of fixed length.

    When the field is not what packing its text would give (a length beyond the field, stray bytes
    behind the text), the value is all of its bytes, the length byte included.
    """

    def words(self) -> str:
        return f"length byte and text, {self.size} bytes"

    decode_column = Kind.decode_column

    def decode(self, raw: bytes) -> str | bytes:
        if not raw:
            return ""
        data = raw[1 : 1 + raw[0]]
        if raw != bytes([len(data)]) + data.ljust(self.size - 1, b"\0"):
            return raw
        return self.charset.to_value(data)

    def encode(self, value: Value) -> bytes:
        if isinstance(value, dict):
            value = untagged(value)
        data = self.bytes_of(value)
        if isinstance(value, bytes) and len(data) == self.size:
            return data
        room = min(self.size - 1, 255)
        if len(data) > max(room, 0):
            raise Misfit(f"{shown(value)} has {len(data)} bytes, which do not fit {self._typed()}")
        return (bytes([len(data)]) + data.ljust(self.size - 1, b"\0"))[: self.size]


class CString(Characters):
    """Text up to a NUL."""

    fixed = False

    def __init__(self, charset: Charset) -> None:
        super().__init__("z", 1, charset)

    def words(self) -> str:
        return "text up to a NUL"

    def read(self, cursor: Cursor, path: str) -> str | bytes:
        return self.charset.to_value(cursor.take_through_nul())

    def encode(self, value: Value) -> bytes:
        data = self.bytes_of(value)
        if b"\0" in data:
            raise Misfit(f"{shown(value)} holds a NUL, which ends a z field")
        return data + b"\0"


class Prefixed(Characters):
    """Text with its length in bytes before it."""

    fixed = False

    def __init__(self, length: Integer, charset: Charset) -> None:
        super().__init__(f"{length.code}/s", length.size, charset)
        self.length, self.align = length, length.align

    def words(self) -> str:
        return f"text after its length ({self.length.words()})"

    def read(self, cursor: Cursor, path: str) -> str | bytes:
        return self.charset.to_value(cursor.take(read_length(self.length, cursor)))

    def encode(self, value: Value) -> bytes:
        data = self.bytes_of(value)
        if len(data) > self.length.high:
            raise Misfit(f"{shown(value)} has {len(data)} bytes; {self.code} counts to {self.length.high}")
        return self.length.encode(len(data)) + data
