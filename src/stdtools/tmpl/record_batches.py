"""The records of a file in batches: CSV, TSV, JSON lines; what they are is told by the file's name or beginning."""

import codecs
import io
from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import Any, Protocol

from stdtools.shared.errors import ToolError
from stdtools.shared.record_input import named_form, unescape_tsv
from stdtools.shared.streams import Input
from stdtools.tmpl.rows import Batch, batches_of_lists

_BLOCK = 1 << 18
_SIZE = 2000  # records
_LONGEST = 1 << 30


def batches(source: Input) -> Iterator[Batch]:
    """Yield the records of *source*."""
    texts = texts_of(source)
    head = next(texts, "")
    # What comes slowly is not to wait for more.
    size = _SIZE if source.is_file else 1
    return READERS[form_of(head, source.name)](chain([head], texts), source.name, None, size)


def form_of(head: str, name: str) -> str:
    """Return what the records of the file *name* are, which begins with *head*: a key of READERS."""
    if form := named_form(name):
        return form
    if head.lstrip().startswith(("{", "[")):
        return "json"
    return "tsv" if "\t" in head.lstrip("\r\n").partition("\n")[0] else "csv"


def _csv(texts: Iterator[str], where: str, columns: list[str] | None, size: int) -> Iterator[Batch]:
    import csv

    csv.field_size_limit(_LONGEST)
    first, line = 1, 0
    whole = False  # whether all that is left is one segment
    while (text := next(texts, None)) is not None:
        segment = _Segment(text, texts, whole=whole)
        rows = csv.reader(segment.lines(), strict=True)
        read = 0  # lines of the segment that are done with
        try:
            if columns is None:
                columns = next(filter(None, rows), None)
                if columns is None:
                    line += rows.line_num
                    continue
                _check_columns(columns, where)
                read = rows.line_num
            for batch in batches_of_lists(rows, columns, where, first, _SIZE):
                read = rows.line_num
                yield batch
                first += len(batch.rows)
        except csv.Error as error:
            if whole or not segment.is_cut or (more := next(texts, None)) is None:
                what = "a carriage return that ends no line" if "new-line" in str(error) else str(error)
                raise ToolError(f"not CSV: {what}", where=f"{where}:{line + rows.line_num}") from None
            # A quote within a cell without quotes has misled _Segment.
            whole = True
            texts = chain([segment.after(read) + more], texts)
            line += read
            continue
        line += rows.line_num


class _Segment:
    """A piece of a CSV text that ends, by the number of its quotes, with a row, unless it is the *whole* rest."""

    def __init__(self, text: str, texts: Iterator[str], *, whole: bool) -> None:
        self.is_cut = False
        self._pieces = [text]
        self._texts = texts
        self._whole = whole

    def lines(self) -> Iterator[str]:
        """Return the lines, each with its newline: a cell may hold one."""
        return chain.from_iterable(io.StringIO(text, newline="\n") for text in self._all())

    def _all(self) -> Iterator[str]:
        text = self._pieces[0]
        quotes = text.count('"')
        yield text
        while self._whole or quotes % 2:
            more = next(self._texts, None)
            if more is None:
                return
            if not self._whole:
                self._pieces.append(more)
            quotes += more.count('"')
            yield more
        self.is_cut = True

    def after(self, count: int) -> str:
        """Return the text without its first *count* lines."""
        text = "".join(self._pieces)
        at = 0
        for _ in range(count):
            at = text.index("\n", at) + 1
        return text[at:]


def _tsv(texts: Iterator[str], where: str, columns: list[str] | None, size: int) -> Iterator[Batch]:
    first = 1
    for text in texts:
        lines = (line.removesuffix("\r") for line in text.removesuffix("\n").split("\n"))
        rows = (line.split("\t") for line in lines if line)
        if "\\" in text:
            rows = ([unescape_tsv(cell) for cell in row] for row in rows)
        if columns is None:
            columns = next(rows, None)
            if columns is None:
                continue
            _check_columns(columns, where)
        for batch in batches_of_lists(rows, columns, where, first, _SIZE):
            yield batch
            first += len(batch.rows)


def _check_columns(columns: list[str], where: str) -> None:
    if doubled := [name for name in columns if columns.count(name) > 1]:
        raise ToolError(f"the column {doubled[0]!r} stands twice in the header", where=where)


def _batches(records: Iterator[Any], first: int, where: str, size: int) -> Iterator[Batch]:
    while batch := list(islice(records, size)):
        yield Batch(first, _checked(batch, first, where))
        first += len(batch)


def _checked(records: list[Any], first: int, where: str) -> list[Any]:
    """Return *records*, all of them dictionaries, with the bytes of what is not UTF-8."""
    for index, record in enumerate(records):
        if not isinstance(record, dict):
            raise ToolError("is no JSON object", where=f"{where}: record {first + index}")
        if any(key.endswith("_b64") for key in record):
            records[index] = _with_bytes(record)
    return records


def _with_bytes(record: dict[str, Any]) -> dict[str, Any]:
    """Return *record* with the bytes in ``NAME_b64`` under the NAME that they were shown as."""
    from binascii import a2b_base64

    whole = dict(record)
    for key, value in record.items():
        name = key.removesuffix("_b64")
        if name != key and isinstance(record.get(name), str) and isinstance(value, str):
            try:
                whole[name] = a2b_base64(value, strict_mode=True)
            except ValueError:
                continue
    return whole


def _json(texts: Iterator[str], where: str, columns: list[str] | None, size: int) -> Iterator[Batch]:
    """Decode whole lines as the elements of one array, as many as there are; all else, also an array, value by value.

    Whether a float is finite is asked where one is written: here it would take as long as all else.
    """
    from json import JSONDecoder

    from stdtools.shared.record_input import read_json, refuse_nan

    decode = JSONDecoder(parse_constant=refuse_nan).decode
    first = 1
    for text in texts:
        is_array = first == 1 and text.lstrip().startswith("[")
        records = None if is_array else _as_array(decode, text)
        if records is None:
            rest: Any = _Rest(where, chain([text], texts))
            yield from _batches(read_json(rest, first), first, where, size)
            return
        if '_b64"' in text or not all(type(record) is dict for record in records):
            records = _checked(records, first, where)
        if records:
            yield Batch(first, records)
        first += len(records)


def _as_array(decode: Any, text: str) -> list[Any] | None:
    """Return the values of the lines of *text*; None where it is not one a line."""
    body = text.strip("\n")
    if not body:
        return []
    count = body.count("\n") + 1
    try:
        # Brackets for each line, so that an array that goes over two is an error; a newline stays for strings that do.
        lines: list[list[Any]] = decode(f"[[{body.replace(chr(10), '],' + chr(10) + '[')}]]")
    except (ValueError, RecursionError):
        return None
    return [record for (record,) in lines] if len(lines) == count and {*map(len, lines)} == {1} else None


class _Rest:
    """The text that is left of an input, as the bytes that ``read_json`` reads."""

    def __init__(self, name: str, texts: Iterator[str]) -> None:
        self.name = name
        self._texts = texts

    def read(self, size: int) -> bytes:
        """Return some bytes, none at the end."""
        return next(self._texts, "").encode()


class Readable(Protocol):
    """What is read: an Input, or a part of one."""

    name: str

    def read(self, size: int) -> bytes:
        """Return up to *size* bytes, none at the end."""


def texts_of(source: Readable, codec: str = "utf-8-sig") -> Iterator[str]:
    """Yield the text of *source* in pieces of whole lines."""
    decode = codecs.getincrementaldecoder(codec)().decode
    parts: list[str] = []
    size = line = 0
    while True:
        data = source.read(_BLOCK)
        try:
            text = decode(data, final=not data)
        except UnicodeDecodeError as error:
            number = line + bytes(error.object[: error.start]).count(b"\n") + 1
            where = f"{source.name}:{number}"
            raise ToolError(f"not UTF-8: byte 0x{error.object[error.start]:02x}", where=where) from None
        if not data:
            break
        head, newline, rest = text.rpartition("\n")
        line += head.count("\n") + len(newline)
        if newline:
            yield "".join([*parts, head, newline])
            parts, size = [], 0
        parts.append(rest)
        size += len(rest)
        if size > _LONGEST:
            raise ToolError("a line is longer than 1 GiB", where=source.name)
    if last := "".join(parts):
        yield last


# Each takes the text, the name of the file, the columns where no row says them, and how many records that are not
# one a line may wait for each other.
READERS: dict[str, Callable[[Iterator[str], str, list[str] | None, int], Iterator[Batch]]] = {
    "csv": _csv,
    "tsv": _tsv,
    "json": _json,
}
