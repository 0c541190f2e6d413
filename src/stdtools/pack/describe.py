"""A layout in words, and a hex dump in which every byte belongs to a field."""

from collections.abc import Iterator
from typing import NamedTuple

from stdtools.pack.cursor import Cursor
from stdtools.pack.decode import TruncatedRecord, records
from stdtools.pack.groups import Bits, Field, Group
from stdtools.pack.layout import Layout
from stdtools.shared.records import JsonText, Value

COLUMNS = ("field", "offset", "size", "align", "code", "type")
WIDTH = 16  # bytes on a line of the dump


def describe(layout: Layout) -> Iterator[tuple[Value, ...]]:
    """Yield a row of COLUMNS for every field: offset and size in bytes, None where they vary.

    The fields of a group come after it as ``group[].field``, with offsets within the item; bit
    fields as ``field.bit`` with their width in ``type``.
    """
    return _describe(layout.fields, "")


def _describe(fields: list[Field], prefix: str) -> Iterator[tuple[Value, ...]]:
    offset: int | None = 0
    for name, kind in fields:
        path = prefix + name if name else "(padding)"
        yield path, offset, kind.size if kind.fixed else None, kind.align, kind.code, kind.words()
        if isinstance(kind, Group):
            yield from _describe(kind.fields, f"{path}[].")
        if isinstance(kind, Bits):
            for part, shift, mask in kind.runs:
                low, high = shift, shift + mask.bit_length() - 1
                bits = f"bit {low}" if low == high else f"bits {high} to {low}"
                yield f"{path}.{part}", offset, kind.size, kind.align, kind.code, f"{bits} of {8 * kind.size}"
        offset = offset + kind.size if kind.fixed and offset is not None else None


class DumpLine(NamedTuple):
    """A line of the dump; a field's first line has its name and value, the further ones have not."""

    owner: int  # the field's number in its record, from 0
    text: str


def dump(layout: Layout, cursor: Cursor, source: str, *, count: int | None = None) -> Iterator[DumpLine]:
    """Yield the lines of a hex dump of at most *count* records, one field after another.

    Bytes of a field that the end of the input cuts off come last, without a value; then the
    TruncatedRecord is raised.
    """
    spans: list[tuple[str, int, bytes, str]] = []
    to_json = JsonText(bare_floats=True)
    width = max((len(field.name) for field in layout.fields), default=0)

    def remember(path: str, start: int, data: bytes, value: object) -> None:
        spans.append((path or "(padding)", start, data, to_json(value) if path else ""))

    def lines() -> Iterator[DumpLine]:
        for owner, (name, start, data, value) in enumerate(spans):
            label = f"{name:{width}}  {value}"
            for at in range(0, len(data) or 1, WIDTH):
                piece = data[at : at + WIDTH].hex(" ")
                yield DumpLine(owner, f"{start + at:08x}  {piece:47}  {label}".rstrip())
                label = ""
        spans.clear()

    cursor.trace = remember
    rows = records(layout, cursor, source, count=count)
    while True:
        try:
            row = next(rows, None)
        except TruncatedRecord as truncated:
            if rest := cursor.rest():
                spans.append((f"{truncated.field} (cut off)", cursor.position, rest, ""))
            yield from lines()
            raise
        if row is None:
            return
        yield from lines()
