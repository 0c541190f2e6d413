"""Records as any command writes them, read back: JSON lines, a JSON array, CSV or TSV."""

import codecs
import contextlib
import os
import re
from collections.abc import Callable, Iterator
from typing import Any

from stdtools.shared.errors import ToolError
from stdtools.shared.streams import Input

LONGEST_RECORD = 1 << 30  # characters; more is taken for input that never ends a record
BLANKS = re.compile(r"[ \t\n\r]*")
CLOSERS = {"{": "}", "[": "]", '"': '"'}
_FORMS = {".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".json": "json", ".jsonl": "json", ".ndjson": "json"}


def named_form(path: str) -> str:
    """Return what the name of a file says that its records are: csv, tsv or json; nothing when it does not say."""
    return _FORMS.get(os.path.splitext(path)[1].lower(), "")


def read_json(source: Input, first: int = 1, refuse: Callable[[str], None] | None = None) -> Iterator[Any]:
    """Yield the JSON values of *source*, whose numbers begin with *first*: one after another, or the elements of one
    array.

    Values may span lines. Memory is bounded by the longest value. Raises ToolError with the number
    of the record that is not JSON, not UTF-8, nested too deep or over LONGEST_RECORD.
    """
    return _JsonReader(source, first, refuse or refuse_nan).values()


class _JsonReader:
    def __init__(self, source: Input, first: int, refuse: Callable[[str], None]) -> None:
        from json import JSONDecoder

        self._source = source
        self._utf8 = codecs.getincrementaldecoder("utf-8-sig")()
        self._plain = JSONDecoder(parse_constant=refuse, parse_float=finite_float).raw_decode
        self._signed = JSONDecoder(
            parse_constant=refuse, parse_float=finite_float, parse_int=_int_or_minus_zero
        ).raw_decode
        self._decode = self._plain
        self._text = ""  # what has been read and is not done with
        self._at = 0
        self._ended = False
        self._number = first

    def values(self) -> Iterator[Any]:
        if self._next_character() != "[":
            while self._next_character():
                yield self._value()
                self._number += 1
                yield from self._lines()
            return
        self._at += 1
        if self._next_character() != "]":
            yield self._value()
            while (mark := self._next_character()) == ",":
                self._at += 1
                self._number += 1
                self._next_character()
                yield self._value()
            if mark != "]":
                raise self._trouble("a comma or ] belongs behind it" if mark else "the array is not closed behind it")
        self._at += 1
        if self._next_character():
            self._number += 1
            raise self._trouble("something follows the array")

    def _lines(self) -> Iterator[Any]:
        """Yield the objects that are here, each on a line of its own: half the time that it takes else."""
        text, decode = self._text, self._decode
        self._next_character()
        with contextlib.suppress(ValueError, RecursionError):  # which are told when it is tried again
            while self._text is text and text.startswith("{", self._at):
                value, end = decode(text, self._at)
                if not text.startswith("\n", end):
                    return
                self._at = end + 1
                self._number += 1
                yield value

    def _next_character(self) -> str:
        """Move on to the next character that is no blank, and return it; nothing at the end."""
        while True:
            blanks = BLANKS.match(self._text, self._at)
            self._at = blanks.end() if blanks else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._grow():
                return ""

    def _value(self) -> Any:
        """Take the JSON value that begins here."""
        from json import JSONDecodeError

        while True:
            try:
                value, end = self._decode(self._text, self._at)
            except JSONDecodeError as error:
                # Only an error at the end may be a value that goes on in the next block.
                at_end = error.msg.startswith("Unterminated string") or len(self._text) - error.pos < len("-Infinity")
                if at_end and self._grow():
                    continue
                raise self._trouble(f"not JSON: {error.msg[0].lower()}{error.msg[1:]}") from None
            except RecursionError:
                raise self._trouble("nested too deep") from None
            except ValueError as error:
                digits = "4300 digits" in str(error)
                raise self._trouble("a whole number of more than 4300 digits" if digits else str(error)) from None
            size = end - self._at
            if isinstance(value, int | float) and len(self._text) - end < len("e+1") and self._grow():
                continue  # a number may go on
            self._at += size  # from where it begins now: _grow has dropped what was before it
            return value

    def _grow(self) -> bool:
        """Drop what is done with and read on; say whether anything came.

        A value that is not complete is tried again when its last character could end it, or when
        twice as much is there: trying after every small piece of a long value would be quadratic.
        """
        pending = self._text[self._at :]
        if len(pending) > LONGEST_RECORD:
            raise self._trouble("longer than 1 GiB")
        closer = CLOSERS.get(pending[:1], "")
        parts, size = [pending], 0
        while not self._ended:
            data = self._source.read(64 * 1024)
            self._ended = not data
            try:
                part = self._utf8.decode(data, final=self._ended)
            except UnicodeDecodeError as error:
                raise self._trouble(f"not UTF-8: byte 0x{error.object[error.start]:02x}") from None
            parts.append(part)
            size += len(part)
            if part and (size >= len(pending) or part.rstrip().endswith(closer)):
                break
        self._text, self._at = "".join(parts), 0
        self._decode = self._signed if "-0" in self._text else self._plain
        return size > 0

    def _trouble(self, what: str) -> ToolError:
        return ToolError(what, where=f"{self._source.name}: record {self._number}")


def _int_or_minus_zero(text: str) -> int | float:
    return -0.0 if text == "-0" else int(text)  # jq writes -0.0 as -0


def finite_float(text: str) -> float:
    """Return the number that JSON has as *text*. Raises ValueError where a float cannot hold it."""
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"{text[:40]} is too large for a 64-bit float")
    return value


def refuse_nan(name: str) -> None:
    """Raise ValueError for NaN and Infinity, which Python's decoder takes."""
    raise ValueError(f'not JSON: {name}; write "{name}"')


def read_csv(source: Input, columns: list[str] | None = None) -> Iterator[dict[str, str]]:
    """Yield the rows of a CSV text (RFC 4180, UTF-8, header first) as dicts of strings.

    *columns*, where given, gets the names in the header, also where no row follows.
    """
    import csv

    csv.field_size_limit(LONGEST_RECORD)
    try:
        yield from _with_header(source, csv.reader(_lines(source), strict=True), columns)
    except csv.Error as error:
        raise ToolError(f"not CSV: {error}", where=source.name) from None


def read_tsv(source: Input, columns: list[str] | None = None) -> Iterator[dict[str, str]]:
    """Yield the rows of a TSV text as RecordWriter writes it (header first) as dicts of strings; as ``read_csv``."""
    split = (line.removesuffix("\n").removesuffix("\r").split("\t") for line in _lines(source))
    return _with_header(source, ([unescape_tsv(cell) for cell in row] for row in split), columns)


def _lines(source: Input) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    pending: list[str] = []
    number = 0
    while data := source.read(64 * 1024):
        try:
            text = decoder.decode(data)
        except UnicodeDecodeError as error:
            where = f"{source.name}: line {number + _line_of(error)}"
            raise ToolError(f"not UTF-8: byte 0x{error.object[error.start]:02x}", where=where) from None
        *whole, rest = text.split("\n")
        for line in whole:
            number += 1
            yield "".join([*pending, line, "\n"])
            pending = []
        pending.append(rest)
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise ToolError("ends within a UTF-8 character", where=source.name) from None
    if last := "".join(pending):
        yield last


def _line_of(error: UnicodeDecodeError) -> int:
    """Return the line of the byte that *error* is about, counted from 1 within what was decoded."""
    return bytes(error.object[: error.start]).count(b"\n") + 1


def _with_header(source: Input, rows: Iterator[list[str]], columns: list[str] | None) -> Iterator[dict[str, str]]:
    header: list[str] | None = None
    number = 0
    for row in rows:
        if not row:
            continue
        if header is None:
            header = row
            if doubled := [name for name in row if row.count(name) > 1]:
                raise ToolError(f"the column {doubled[0]!r} stands twice in the header", where=source.name)
            if columns is not None:
                columns += header
            continue
        number += 1
        if len(row) != len(header):
            raise ToolError(f"has {len(row)} values for {len(header)} columns", where=f"{source.name}: record {number}")
        yield dict(zip(header, row, strict=True))


_ESCAPES = {"\\t": "\t", "\\n": "\n", "\\r": "\r", "\\\\": "\\"}


def unescape_tsv(text: str) -> str:
    """Return the cell that RecordWriter has written as *text*."""
    if "\\" not in text:
        return text
    return re.sub(r"\\[tnr\\]", lambda match: _ESCAPES[match.group()], text)
