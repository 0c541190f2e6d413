"""Records as any command writes them, read back: JSON lines, a JSON array, CSV or TSV."""

import codecs
import re
from collections.abc import Iterator
from typing import Any

from stdtools.shared.errors import ToolError
from stdtools.shared.streams import Input

LONGEST_RECORD = 1 << 30  # bytes of text; more is taken for input that never ends a record


def read_json(source: Input) -> Iterator[Any]:
    """Yield the JSON values of *source*: one after another, or the elements of one array.

    Values may span lines. Memory is bounded by the longest value. Raises ToolError with the number
    of the record that is not JSON, not UTF-8, nested too deep or over LONGEST_RECORD.
    """
    return _JsonReader(source).values()


class _JsonReader:
    def __init__(self, source: Input) -> None:
        self._source = source
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._text = ""
        self._at = 0
        self._ended = False
        self._number = 1

    def values(self) -> Iterator[Any]:
        from json import JSONDecodeError, JSONDecoder

        blanks = re.compile(r"[ \t\n\r]*").match
        plain = JSONDecoder().raw_decode
        signed = JSONDecoder(parse_int=_int_or_minus_zero).raw_decode
        decode = plain
        array = comma = False
        wanted = 1
        while True:
            match = blanks(self._text, self._at)
            self._at = match.end() if match else self._at
            if self._at == len(self._text):
                if self._more(wanted):
                    decode = signed if "-0" in self._text else plain
                    continue
                if array:
                    raise self._trouble("the array is not closed")
                return
            character = self._text[self._at]
            if self._number == 1 and character == "[" and not array:
                array = True
                self._at += 1
                continue
            if array and character == "]":
                self._at += 1
                self._expect_end(blanks)
                return
            if comma and character == ",":
                self._at += 1
                comma = False
                continue
            if comma:
                raise self._trouble("a comma or ] belongs before it")
            try:
                value, end = decode(self._text, self._at)
            except JSONDecodeError as error:
                if self._unfinished(error.msg, error.pos) and self._more(wanted):
                    wanted *= 2
                    decode = signed if "-0" in self._text else plain
                    continue
                raise self._trouble(f"not JSON: {error.msg[0].lower()}{error.msg[1:]}") from None
            except RecursionError:
                raise self._trouble("nested too deep") from None
            except ValueError as error:  # a whole number of more than 4300 digits
                raise self._trouble(str(error)) from None
            if end == len(self._text) and isinstance(value, int | float) and self._more(wanted):
                continue  # a number may go on
            self._at = end
            wanted = 1
            comma = array
            yield value
            self._number += 1

    def _more(self, blocks: int) -> bool:
        """Drop what is done and append up to *blocks* blocks; say whether anything came."""
        if self._ended:
            return False
        if len(self._text) - self._at > LONGEST_RECORD:
            raise self._trouble("longer than 1 GiB")
        data = self._source.read(blocks * 64 * 1024)
        self._ended = not data
        try:
            more = self._decoder.decode(data, final=self._ended)
        except UnicodeDecodeError as error:
            raise self._trouble(f"not UTF-8: byte 0x{error.object[error.start]:02x}") from None
        self._text = self._text[self._at :] + more
        self._at = 0
        return not self._ended or bool(more)

    def _unfinished(self, message: str, position: int) -> bool:
        return message.startswith("Unterminated string") or len(self._text) - position < len("-Infinity")

    def _expect_end(self, blanks: Any) -> None:
        while blanks(self._text, self._at).end() == len(self._text):
            self._at = len(self._text)
            if not self._more(1):
                return
        raise self._trouble("something follows the array")

    def _trouble(self, what: str) -> ToolError:
        return ToolError(what, where=f"{self._source.name}: record {self._number}")


def _int_or_minus_zero(text: str) -> int | float:
    return -0.0 if text == "-0" else int(text)  # jq writes -0.0 as -0


def read_csv(source: Input) -> Iterator[dict[str, str]]:
    """Yield the rows of a CSV text (RFC 4180, UTF-8, header first) as dicts of strings."""
    import csv

    csv.field_size_limit(LONGEST_RECORD)
    try:
        yield from _with_header(source, csv.reader(_lines(source), strict=True))
    except csv.Error as error:
        raise ToolError(f"not CSV: {error}", where=source.name) from None


def read_tsv(source: Input) -> Iterator[dict[str, str]]:
    """Yield the rows of a TSV text as RecordWriter writes it (header first) as dicts of strings."""
    split = (line.rstrip("\n").split("\t") for line in _lines(source))
    return _with_header(source, ([_unescape(cell) for cell in row] for row in split))


def _lines(source: Input) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    pending: list[str] = []
    number = 0
    while data := source.read(64 * 1024):
        try:
            text = decoder.decode(data)
        except UnicodeDecodeError as error:
            where = f"{source.name}: line {number + text_lines(error)}"
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


def text_lines(error: UnicodeDecodeError) -> int:
    """Return the line of the byte that *error* is about, counted from 1 within what was decoded."""
    return bytes(error.object[: error.start]).count(b"\n") + 1


def _with_header(source: Input, rows: Iterator[list[str]]) -> Iterator[dict[str, str]]:
    header: list[str] | None = None
    number = 0
    for row in rows:
        if not row:
            continue
        if header is None:
            header = row
            if doubled := [name for name in row if row.count(name) > 1]:
                raise ToolError(f"the column {doubled[0]!r} stands twice in the header", where=source.name)
            continue
        number += 1
        if len(row) != len(header):
            raise ToolError(f"has {len(row)} values for {len(header)} columns", where=f"{source.name}: record {number}")
        yield dict(zip(header, row, strict=True))


_ESCAPES = {"\\t": "\t", "\\n": "\n", "\\r": "\r", "\\\\": "\\"}


def _unescape(text: str) -> str:
    if "\\" not in text:
        return text
    return re.sub(r"\\[tnr\\]", lambda match: _ESCAPES[match.group()], text)
