"""Records out of bytes, one field after another: the plain way, which serves every layout."""

from collections.abc import Iterator

from stdtools.pack.cursor import Cursor, Short
from stdtools.pack.groups import read_fields
from stdtools.pack.layout import Layout
from stdtools.pack.numbers import BadLength
from stdtools.shared.errors import ToolError
from stdtools.shared.records import Value
from stdtools.shared.screen import amount
from stdtools.shared.streams import Input

TAILS = ("error", "drop", "partial")


class TruncatedRecord(ToolError):
    """The input ends inside a record; ``row`` has a value for each column, None for those that are not there."""

    def __init__(self, source: str, number: int, start: int, short: Short, row: list[Value]) -> None:
        there = f"{short.found} {'is' if short.found == 1 else 'are'} there"
        field = f"field {short.path}" if short.path else "padding"
        super().__init__(
            f"{field} at byte {short.position} wants {amount(short.wanted, 'byte')}, {there}",
            where=f"{source}: record {number} (byte {start})",
        )
        self.row = row
        self.field = short.path
        self.size = short.position - start + short.found


def records(
    layout: Layout, cursor: Cursor, source: str, *, count: int | None = None, number: int = 0
) -> Iterator[list[Value]]:
    """Yield one list of values, in the order of ``layout.columns``, for each record of *cursor*.

    At most *count*; *number* records came before. Memory holds one record. *source* is for messages.
    Raises TruncatedRecord after the last whole record when the input ends inside one, and ToolError
    for a negative length.
    """
    if not layout.size and not layout.takes_all:
        raise ToolError("the layout describes no bytes")
    last = None if count is None else number + count
    while number != last and cursor.begin_record():
        number += 1
        start = cursor.position
        try:
            row = read_fields(layout.fields, cursor)
        except Short as short:
            partial = short.value if isinstance(short.value, dict) else {}
            values = [partial.get(name) for name in layout.columns]
            raise TruncatedRecord(source, number, start, short, values) from None
        except BadLength as error:
            raise ToolError(
                f"field {error.path} has the length {error.args[0]}", where=f"{source}: record {number} (byte {start})"
            ) from None
        yield list(row.values())


def read_records(layout: Layout, source: Input | bytes) -> Iterator[dict[str, Value]]:
    """Yield the records of *source* as dicts; see ``records``."""
    for row in records(layout, Cursor(source), source.name if isinstance(source, Input) else "bytes"):
        yield dict(zip(layout.columns, row, strict=True))
