"""Fields of records that come as lines: of delimited text, CSV, TSV or JSON lines.

A field is a number, from 1, or from -1 backwards; or a name, of a column or a key. A key may be a path, ``a.b``.
"""

import re
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from stdtools.shared.errors import ToolError
from stdtools.shared.inputs import line_blocks, split_lines
from stdtools.shared.streams import Input

_NUMBER = re.compile(r"-?[1-9][0-9]*")
_ARRAY = re.compile(rb"(\xef\xbb\xbf)?\s*\[\s*([{\]]|\Z)")  # of records; a header may begin with a name in brackets

Values = tuple[Any, ...]


class FieldReader:
    """Read records, each with the values of *fields*: None where it has none.

    *form* is text, csv, tsv, jsonl or auto: text for a field that is a number, and else what the first record
    looks like. *delimiter* stands between the fields of text and CSV; without one, text has blanks there.
    Values of text, CSV and TSV are str, lossless by surrogateescape; those of JSON what they are.
    """

    def __init__(self, fields: Sequence[str], *, form: str = "auto", delimiter: str = "") -> None:
        self.fields = list(fields)
        self.header: bytes | None = None  # the line with the names, when it has been read
        self._form = form
        self._delimiter = delimiter
        self._numbers = [int(field) if _NUMBER.fullmatch(field) else None for field in fields]

    def read(self, source: Input) -> Iterator[tuple[bytes, Values]]:
        """Yield each record as it is, with its newline, and its values. Raises ToolError for what is no record."""
        form = self._form
        if (form == "jsonl" or (form == "auto" and None in self._numbers)) and _ARRAY.match(source.peek(64)):
            return self._read_array(source)
        blocks = line_blocks(source)
        if form == "auto":
            if None not in self._numbers:
                form = "text"
            else:
                first = next(blocks, b"")
                blocks = chain((first,), blocks)
                form = self._looks_like(first.split(b"\n", 1)[0])
        match form:
            case "text":
                return self._read_text(blocks, source)
            case "jsonl":
                return self._read_json(blocks, source)
        return self._read_table(blocks, source, form)

    def _looks_like(self, line: bytes) -> str:
        if line.removeprefix(BOM_UTF8).lstrip().startswith(b"{"):
            return "jsonl"
        return "tsv" if b"\t" in line and not self._delimiter else "csv"

    def _read_text(self, blocks: Iterator[bytes], source: Input) -> Iterator[tuple[bytes, Values]]:
        if None in self._numbers:
            name = self.fields[self._numbers.index(None)]
            raise ToolError(
                f"the field {name!r} of text must be a number", where=source.name, hint="--input csv has names"
            )
        separator = self._delimiter.encode("utf-8", "surrogateescape") or None
        at = [number - 1 if number > 0 else number for number in self._numbers if number is not None]
        for block in blocks:
            for line in split_lines(block):
                cells = line.split(separator)
                yield line + b"\n", tuple(_text(cells[i]) if -len(cells) <= i < len(cells) else None for i in at)

    def _read_json(self, blocks: Iterator[bytes], source: Input) -> Iterator[tuple[bytes, Values]]:
        from json import loads

        number = 0
        for block in blocks:
            for line in split_lines(block):
                number += 1
                if not line.strip():
                    continue
                try:
                    record = loads(line)
                except (ValueError, RecursionError):
                    raise ToolError("not JSON", where=f"{source.name}: line {number}") from None
                yield line + b"\n", tuple(_in_json(record, field) for field in self.fields)

    def _read_array(self, source: Input) -> Iterator[tuple[bytes, Values]]:
        from json import dumps

        from stdtools.shared.record_input import read_json
        from stdtools.shared.records import escape_surrogates

        for record in read_json(source):
            line = escape_surrogates(dumps(record, ensure_ascii=False))
            yield line.encode() + b"\n", tuple(_in_json(record, field) for field in self.fields)

    def _read_table(self, blocks: Iterator[bytes], source: Input, form: str) -> Iterator[tuple[bytes, Values]]:
        separator = self._delimiter.encode("utf-8", "surrogateescape") or (b"\t" if form == "tsv" else b",")
        if len(separator) != 1:
            raise ToolError("a delimiter of CSV is one byte", where=source.name)
        at: list[int] = []
        for record, cells in _rows(blocks, separator, source, quoted=form == "csv"):
            if self.header is None:
                self.header = record
                at = [self._column(cells, i, source) for i in range(len(self.fields))]
            elif not at:  # another file, with a header of its own
                at = [self._column(cells, i, source) for i in range(len(self.fields))]
            else:
                yield record, tuple(cells[i] if -len(cells) <= i < len(cells) else None for i in at)

    def _column(self, header: list[str], index: int, source: Input) -> int:
        field, number = self.fields[index], self._numbers[index]
        if field in header:
            return header.index(field)
        if number is not None and -len(header) <= (at := number - (number > 0)) < len(header):
            return at
        raise ToolError(f"no column {field!r}", where=source.name, hint=f"it has {', '.join(header[:20])}")


def _rows(
    blocks: Iterator[bytes], separator: bytes, source: Input, *, quoted: bool
) -> Iterator[tuple[bytes, list[str]]]:
    """Yield each row as it is and cell by cell; the csv module reads those with a quote, which may span lines."""
    from stdtools.shared.record_input import unescape_tsv

    delimiter = separator.decode("latin-1")
    lines = (line for block in blocks for line in split_lines(block))
    number = 0
    for line in lines:
        number += 1
        start = line.removeprefix(BOM_UTF8) if number == 1 else line
        if quoted and b'"' in start:
            import csv

            csv.field_size_limit(1 << 30)
            taken = [line]

            def texts(start: bytes = start, taken: list[bytes] = taken) -> Iterator[str]:
                yield _text(start) + "\n"
                for more in lines:
                    taken.append(more)
                    yield _text(more) + "\n"

            try:
                cells = next(csv.reader(texts(), delimiter=delimiter, strict=True))
            except (csv.Error, ValueError) as error:
                if str(error) == "unexpected end of data":
                    raise ToolError("a quote is open at the end", where=source.name) from None
                raise ToolError("not CSV", where=f"{source.name}: line {number + len(taken) - 1}") from None
            number += len(taken) - 1
            yield b"".join(each + b"\n" for each in taken), cells
            continue
        text = _text(start.removesuffix(b"\r"))
        cells = text.split(delimiter)
        if not quoted and "\\" in text:
            cells = [unescape_tsv(cell) for cell in cells]
        yield line + b"\n", cells


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _in_json(record: Any, field: str) -> Any:
    if isinstance(record, dict) and field in record:
        return record[field]
    for name in field.split("."):
        if not isinstance(record, dict) or name not in record:
            return None
        record = record[name]
    return record


def number_of(value: Any) -> int | float | None:
    """Return the number that *value* is, or is the text of; None for none, and for NaN, which has no place."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = (
            value if isinstance(value, int | float) else int(value) if value.lstrip("+- ").isdigit() else float(value)
        )
    except (ValueError, AttributeError):
        return None
    return None if number != number else number
