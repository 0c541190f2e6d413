"""One column of records turned into another form, in the form that the records have: CSV, TSV, JSON, JSON lines."""

from collections.abc import Callable, Collection, Iterator
from typing import Any

from stdtools.shared.errors import ToolError
from stdtools.shared.record_input import read_csv, read_json, read_tsv
from stdtools.shared.records import RecordWriter, escape_surrogates
from stdtools.shared.streams import Input, Output

_HEAD = 1 << 16


def convert_column(
    source: Input, output: Output, column: str, form: str, convert: Callable[[str], str], tell: Callable[[str], None]
) -> None:
    """Write the records of *source* with ``convert`` of what is in *column*; nothing there stays nothing.

    A record whose value is refused, by ValueError, is written as it is, and *tell* is told. Raises ToolError for
    what are no records, or lack the column.
    """
    if form == "auto":
        head = source.peek(_HEAD).lstrip()
        first = head.split(b"\n", 1)[0]
        json = {b"{": "jsonl", b"[": "json"}.get(head[:1])
        form = json or ("tsv" if b"\t" in first else "csv")
    if form in ("json", "jsonl"):
        records = _converted(read_json(source), column, source, convert, tell)
        _write_json(records, output, as_array=form == "json")
        return
    columns: list[str] = []
    rows = (read_csv if form == "csv" else read_tsv)(source, columns)
    writer = None
    for row in _converted(rows, column, source, convert, tell):
        writer = writer or RecordWriter(output, columns, form)
        writer.write([list(row.values())])
    if writer is None and columns:
        _need(column, columns, source.name)
        RecordWriter(output, columns, form).close()


def _need(column: str, columns: Collection[str], where: str) -> None:
    if column not in columns:
        raise ToolError(f"no column {column!r}", where=where, hint=f"it has {', '.join(list(columns)[:20])}")


def _write_json(records: Iterator[Any], output: Output, *, as_array: bool) -> None:
    from json import dumps

    before, behind = (b"[", b"") if as_array else (b"", b"\n")
    try:
        for record in records:
            output.write(before + escape_surrogates(dumps(record, ensure_ascii=False)).encode() + behind)
            before = b",\n " if as_array else b""
    finally:  # what comes before a bad record is an array, too
        if as_array:
            output.write(b"[]\n" if before == b"[" else b"]\n")


def _converted(
    records: Iterator[Any], column: str, source: Input, convert: Callable[[str], str], tell: Callable[[str], None]
) -> Iterator[dict[str, Any]]:
    for number, record in enumerate(records, 1):
        where = f"{source.name}: record {number}"
        if not isinstance(record, dict):
            raise ToolError("is no object", where=where)
        _need(column, record, where)
        value = record[column]
        if value not in (None, ""):
            try:
                if isinstance(value, bool | list | dict):
                    raise ValueError(f"the value of {column!r} is no text and no number")
                record[column] = convert(str(value))
            except ValueError as error:
                tell(f"{where}: {error}")
        yield record
