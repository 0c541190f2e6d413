"""Kinds made of others: bit fields, lists, groups of fields, and padding between them."""

import math
import struct
from typing import NamedTuple

from stdtools.pack.cursor import Cursor, Short
from stdtools.pack.kind import Kind, Misfit, check_names, shown
from stdtools.pack.numbers import BadLength, Float, Integer, read_length, whole
from stdtools.shared.records import Value


class Field(NamedTuple):
    """A named kind; padding has no name."""

    name: str
    kind: Kind


class Bits(Kind):
    """Named runs of bits of an unsigned number, from its most significant bit; the value is a dict."""

    def __init__(self, number: Integer, parts: list[tuple[str, int]]) -> None:
        self.code, self.size, self.align = number.code, number.size, number.align
        self.number = number
        self.names = [name for name, _ in parts]
        self.runs: list[tuple[str, int, int]] = []  # name, shift, mask
        shift = 8 * number.size
        for name, width in parts:
            shift -= width
            self.runs.append((name, shift, (1 << width) - 1))

    def words(self) -> str:
        return f"bits of an {self.number.words()}"

    def decode(self, raw: bytes) -> dict[str, Value]:
        number = self.number.decode(raw)
        return {name: number >> shift & mask for name, shift, mask in self.runs}

    def encode(self, value: Value) -> bytes:
        if not isinstance(value, dict):
            raise Misfit(f"{shown(value)} is not an object with {', '.join(self.names)}")
        check_names(value, self.names)
        number = 0
        for name, shift, mask in self.runs:
            bits = whole(value[name])
            if type(bits) is not int or not 0 <= bits <= mask:
                raise Misfit(f"{shown(bits)} does not fit {mask.bit_length()} bits (0 to {mask})").within(name)
            number |= bits << shift
        return self.number.encode(number)


class Array(Kind):
    """*count* values of one kind in a row; the value is a list."""

    def __init__(self, item: Kind, count: int, code: str = "") -> None:
        self.item, self.count = item, count
        self.code = code or item.code
        self.size, self.fixed, self.align = count * item.size, item.fixed or count == 0, item.align
        order = ">" if item.big else "<"
        self._struct = struct.Struct(f"{order}{count}{item.letter}") if item.letter else None

    def words(self) -> str:
        return f"{self.count} × {self.item.words()}"

    def decode(self, raw: bytes) -> list[Value]:
        if self._struct is not None:
            values = list(self._struct.unpack(raw))
            if not isinstance(self.item, Float) or math.isfinite(sum(values)):
                return values
        size = self.item.size
        return [self.item.decode(raw[at : at + size]) for at in range(0, self.count * size, size or 1)]

    def read(self, cursor: Cursor, path: str) -> list[Value]:
        if self.fixed:
            return self.decode(cursor.take(self.size))
        values: list[Value] = []
        try:
            while len(values) < self.count:
                values.append(self.item.read(cursor, path))
        except Short as short:
            short.value = values
            raise
        return values

    def encode(self, value: Value) -> bytes:
        if not isinstance(value, list | tuple):
            raise Misfit(f"{shown(value)} is not a list of {self.count}")
        if len(value) != self.count:
            raise Misfit(f"{len(value)} values; {self.count} belong there")
        return b"".join([_encode_item(self.item, index, item) for index, item in enumerate(value)])


def _encode_item(kind: Kind, index: int, value: Value) -> bytes:
    try:
        return kind.encode(value)
    except Misfit as misfit:
        raise misfit.within(f"[{index}]") from None


class Pad(Kind):
    """Bytes without a value: skipped on reading, zero on writing."""

    code = "x"

    def __init__(self, size: int, why: str = "") -> None:
        self.size, self.why = size, why

    def words(self) -> str:
        return f"padding{self.why}"

    def decode(self, raw: bytes) -> None:
        return None

    def encode(self, value: Value) -> bytes:
        return bytes(self.size)


class Group(Kind):
    """Fields that repeat: a fixed number of times, as often as a number before them says, or to the end."""

    fixed = False

    def __init__(self, fields: list[Field], count: int | Integer | None) -> None:
        self.fields, self.count = fields, count
        self.least = sum(field.kind.size for field in fields)
        self.align = max([1, *(field.kind.align for field in fields)])
        if isinstance(count, Integer):
            self.align = max(self.align, count.align)
            self.code, self.size = f"{count.code}/()", count.size
        else:
            self.code, self.size = ("*()", 0) if count is None else (f"{count}()", count * self.least)

    def words(self) -> str:
        if isinstance(self.count, Integer):
            return f"group after its count ({self.count.words()})"
        return "group to the end of the input" if self.count is None else f"group, {self.count} times"

    def read(self, cursor: Cursor, path: str) -> list[Value]:
        items: list[Value] = []
        count = self.count
        if isinstance(count, Integer):
            start = cursor.position
            count = read_length(count, cursor)
            if cursor.trace:
                cursor.trace(f"{path} (count)", start, cursor.since(start), count)
        try:
            while not cursor.at_end() if count is None else len(items) < count:
                items.append(read_fields(self.fields, cursor, f"{path}[{len(items)}]."))
        except Short as short:
            short.value = items
            raise
        return items

    def encode(self, value: Value) -> bytes:
        if not isinstance(value, list):
            raise Misfit(f"{shown(value)} is not a list of objects")
        parts = []
        if isinstance(self.count, Integer):
            parts.append(self.count.encode(len(value)))
        elif self.count is not None and len(value) != self.count:
            raise Misfit(f"{len(value)} items; {self.count} belong there")
        for index, item in enumerate(value):
            try:
                parts.append(encode_fields(self.fields, item))
            except Misfit as misfit:
                raise misfit.within(f"[{index}]") from None
        return b"".join(parts)


def read_fields(fields: list[Field], cursor: Cursor, prefix: str = "") -> dict[str, Value]:
    """Take one value of every field off *cursor*.

    Raises Short with the path of the field that is cut off and in ``value`` what came before it.
    """
    row: dict[str, Value] = {}
    for name, kind in fields:
        path = prefix + name
        start = cursor.position
        try:
            value = kind.read(cursor, path)
        except Short as short:
            short.path = short.path or path
            if short.value is not None and name:
                row[name] = short.value
            short.value = row
            raise
        except BadLength as error:
            error.path = error.path or path
            raise
        if name:
            row[name] = value
        if cursor.trace and not isinstance(kind, Group):
            cursor.trace(path, start, cursor.since(start), value)
    return row


def encode_fields(fields: list[Field], row: Value) -> bytes:
    """Return the bytes of *row*, a dict with exactly the names of *fields*. Raises Misfit."""
    if not isinstance(row, dict):
        raise Misfit(f"{shown(row)} is not an object")
    check_names(row, [field.name for field in fields if field.name])
    parts = []
    for name, kind in fields:
        try:
            parts.append(kind.encode(row[name] if name else None))
        except Misfit as misfit:
            raise misfit.within(name) from None
    return b"".join(parts)
