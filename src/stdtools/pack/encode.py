"""Bytes out of records: one by one, and for layouts of fixed size a batch at a time."""

import math
import struct
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from operator import itemgetter

from stdtools.pack.bulk import struct_codes
from stdtools.pack.groups import encode_fields
from stdtools.pack.kind import Misfit
from stdtools.pack.layout import Layout
from stdtools.pack.numbers import Float
from stdtools.shared.errors import ToolError
from stdtools.shared.records import Value
from stdtools.shared.screen import amount


def encode(
    layout: Layout, records: Iterable[Value], *, source: str | None = "", batch: int | None = None
) -> Iterator[bytes]:
    """Yield the bytes of *records*, dicts with the layout's columns, *batch* of them at a time.

    Raises ToolError with the record's number and the field for a value that does not fit, a missing
    or an unknown name. *source* is for that message; None leaves the number out as well.
    """
    batch = batch or layout.batch
    together = _Batch(layout, batch) if layout.fixed and layout.columns and batch > 1 else None
    iterator = iter(records)
    number = 0
    while rows := list(islice(iterator, batch)):
        data = together.encode(rows) if together else None
        if data is None:  # the plain way also finds out which record is wrong
            data = b"".join([_encode_one(layout, row, number + i, source) for i, row in enumerate(rows, 1)])
        yield data
        number += len(rows)


def from_texts(layout: Layout, rows: Iterable[dict[str, str]], source: str | None) -> Iterator[dict[str, Value]]:
    """Yield *rows* of CSV cells as records: each text as its field reads it."""
    kinds = dict(zip(layout.columns, layout.kinds, strict=True))
    for number, row in enumerate(rows, 1):
        record = {}
        for name, text in row.items():
            try:
                record[name] = kinds[name].from_text(text) if name in kinds else text
            except Misfit as misfit:
                raise _trouble(misfit.within(name), number, source) from None
        yield record


def from_arguments(layout: Layout, values: Sequence[str]) -> dict[str, Value]:
    """Return the record that *values* of the command line stand for, in the order of the columns."""
    if len(values) != len(layout.columns):
        names = f": {' '.join(layout.columns[:20])}" if layout.columns else ""
        raise ToolError(f"the layout has {amount(len(layout.columns), 'value')}, not {len(values)}{names}")
    return next(from_texts(layout, [dict(zip(layout.columns, values, strict=True))], None))


def _encode_one(layout: Layout, row: Value, number: int, source: str | None) -> bytes:
    try:
        return encode_fields(layout.fields, row)
    except Misfit as misfit:
        raise _trouble(misfit, number, source) from None


def _trouble(misfit: Misfit, number: int, source: str | None) -> ToolError:
    field = f"field {misfit.path}: " if misfit.path else ""
    where = "" if source is None else f"{source}: record {number}".removeprefix(": ")
    return ToolError(f"{field}{misfit.what}", where=where)


class _Batch:
    """Packs a list of records with one call of struct; gives up, with None, at anything unusual."""

    def __init__(self, layout: Layout, size: int) -> None:
        self._order, self._codes, direct = struct_codes(layout)
        self._columns = list(zip(map(itemgetter, layout.columns), layout.kinds, direct, strict=True))
        self._width = len(layout.columns)
        self._size = size
        self._full = struct.Struct(self._order + self._codes * size)

    def encode(self, rows: list[Value]) -> bytes | None:
        try:
            if set(map(type, rows)) != {dict} or set(map(len, rows)) != {self._width}:
                return None
            columns: list[list[Value]] = []
            for pick, kind, direct in self._columns:
                column = list(map(pick, rows))
                if not direct:
                    column = [kind.encode(value) for value in column]
                elif isinstance(kind, Float):
                    if set(map(type, column)) - {int, float} or not math.isfinite(sum(column)):
                        return None
                elif set(map(type, column)) != {int}:
                    return None
                columns.append(column)
            packer = self._full if len(rows) == self._size else struct.Struct(self._order + self._codes * len(rows))
            return packer.pack(*chain.from_iterable(zip(*columns, strict=True)))
        except (KeyError, Misfit, struct.error, OverflowError):
            return None
