"""Numbers: integers of 1 to 8 bytes, truth values, IEEE 754 floats."""

import math
import struct
from typing import Literal

from stdtools.pack.cursor import Cursor
from stdtools.pack.kind import Kind, Misfit, shown, untagged
from stdtools.shared.records import Value


def _order_words(big: bool, size: int) -> str:
    if size == 1:
        return ""
    return ", big-endian" if big else ", little-endian"


class Integer(Kind):
    """A whole number of 1 to 8 bytes."""

    def __init__(self, code: str, size: int, *, signed: bool, big: bool, align: int = 1) -> None:
        self.code, self.size, self.signed, self.big, self.align = code, size, signed, big, align
        self.letter = {1: "b", 2: "h", 4: "i", 8: "q"}.get(size, "")
        if not signed:
            self.letter = self.letter.upper()
        bits = 8 * size - signed
        self.low, self.high = -(1 << bits) if signed else 0, (1 << bits) - 1
        self._order: Literal["big", "little"] = "big" if big else "little"

    def words(self) -> str:
        sign = "signed" if self.signed else "unsigned"
        return f"{sign} {8 * self.size}-bit integer{_order_words(self.big, self.size)}"

    def decode(self, raw: bytes) -> int:
        return int.from_bytes(raw, self._order, signed=self.signed)

    def encode(self, value: Value) -> bytes:
        value = whole(value)
        if type(value) is not int:
            raise Misfit(f"{shown(value)} is not a whole number")
        if not self.low <= value <= self.high:
            raise Misfit(f"{shown(value)} does not fit {self.code} ({self.low} to {self.high})")
        return value.to_bytes(self.size, self._order, signed=self.signed)

    def from_text(self, text: str) -> int:
        digits = text.removeprefix("-")
        if not digits.isascii() or "_" in digits:  # Python takes 1_0 and digits of every script
            raise Misfit(f"{shown(text)} is not a whole number")
        try:
            return int(text, 10 if digits.isdecimal() else 0)
        except ValueError:
            pass
        try:
            value = whole(float(text))
        except ValueError:
            value = None
        if not isinstance(value, int):
            raise Misfit(f"{shown(text)} is not a whole number")
        return value


def whole(value: Value) -> Value:
    """Return a float without a fraction as the int that it is: JSON has one kind of number."""
    if isinstance(value, float) and value.is_integer() and abs(value) <= 1 << 53:
        return int(value)
    return value


class Bool(Kind):
    """One byte: 0 is false, 1 is true, any other value stays the number that it is."""

    code, size = "?", 1

    def words(self) -> str:
        return "truth value"

    def decode(self, raw: bytes) -> Value:
        return (False, True)[raw[0]] if raw[0] < 2 else raw[0]

    def encode(self, value: Value) -> bytes:
        if not isinstance(value, int) or not 0 <= value <= 255:
            raise Misfit(f"{shown(value)} is not true or false")
        return bytes([value])

    def from_text(self, text: str) -> Value:
        if text in ("true", "false"):
            return text == "true"
        if text.isascii() and text.isdecimal() and len(text) <= 3:
            return int(text)
        raise Misfit(f"{shown(text)} is not true or false")


class PayloadNaN(float):
    """A NaN other than the usual quiet one; ``raw`` are its bits as an unsigned number."""

    raw: int
    width: int

    def __new__(cls, raw: int, width: int) -> "PayloadNaN":
        """Make one of *width* bytes."""
        self = super().__new__(cls, math.nan)
        self.raw, self.width = raw, width
        return self

    def __str__(self) -> str:
        return f"NaN(0x{self.raw:0{2 * self.width}x})"

    __repr__ = __str__


_QUIET_NAN = {2: 0x7E00, 4: 0x7FC00000, 8: 0x7FF8000000000000}
_EXPONENT = {2: 0x7C00, 4: 0x7F800000, 8: 0x7FF0000000000000}


class Float(Kind):
    """An IEEE 754 number of 2, 4 or 8 bytes; NaNs keep their bits."""

    def __init__(self, code: str, size: int, *, big: bool, align: int = 1) -> None:
        self.code, self.size, self.big, self.align = code, size, big, align
        self.letter = {2: "e", 4: "f", 8: "d"}[size]
        self._struct = struct.Struct((">" if big else "<") + self.letter)
        self._order: Literal["big", "little"] = "big" if big else "little"

    def words(self) -> str:
        return f"{8 * self.size}-bit float{_order_words(self.big, self.size)}"

    def decode(self, raw: bytes) -> float:
        value: float = self._struct.unpack(raw)[0]
        if value != value:
            bits = int.from_bytes(raw, self._order)
            return math.nan if bits == _QUIET_NAN[self.size] else PayloadNaN(bits, self.size)
        return value

    def encode(self, value: Value) -> bytes:
        if isinstance(value, dict):
            value = untagged(value)
        if isinstance(value, str):
            value = self._from_name(value)
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise Misfit(f"{shown(value)} is not a number")
        if value != value:
            bits = value.raw if isinstance(value, PayloadNaN) and value.width == self.size else _QUIET_NAN[self.size]
            return bits.to_bytes(self.size, self._order)
        try:
            return self._struct.pack(value)
        except (OverflowError, struct.error):
            raise Misfit(f"{shown(value)} is too large for {self.code}") from None

    def from_text(self, text: str) -> float:
        if "_" in text or not text.isascii():  # Python takes 1_0 and digits of every script
            return self._from_name(text)
        try:
            value = float(text)
        except ValueError:
            return self._from_name(text)
        if math.isinf(value) and "inf" not in text.lower():
            raise Misfit(f"{shown(text)} is too large for {self.code}")
        return value

    def _from_name(self, name: str) -> float:
        if name in ("NaN", "Infinity", "-Infinity"):
            return float(name)
        if name.startswith("NaN(0x") and name.endswith(")"):
            try:
                bits = int(name[4:-1], 16)
            except ValueError:
                bits = 0
            exponent = _EXPONENT[self.size]
            magnitude = bits & (1 << (8 * self.size - 1)) - 1
            if bits.bit_length() <= 8 * self.size and magnitude > exponent:
                return PayloadNaN(bits, self.size)
        raise Misfit(f"{shown(name)} is not a number")


class BadLength(Exception):
    """A length in the input is negative; ``path`` names its field."""

    path = ""


def read_length(length: Integer, cursor: Cursor) -> int:
    """Take the length that stands before a text or a group. Raises BadLength, Short."""
    value = length.decode(cursor.take(length.size))
    if value < 0:
        raise BadLength(value)
    return value
