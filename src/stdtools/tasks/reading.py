"""CSV and TSV in blocks of whole rows: their cells in one list where that is safe, else row by row with their lines.

https://www.rfc-editor.org/rfc/rfc4180; a lone CR ends a line, too.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any, NamedTuple

from stdtools.shared.errors import ToolError
from stdtools.shared.record_input import unescape_tsv
from stdtools.tasks.decoding import BLOCK, Text, Undecodable, line_ends
from stdtools.tasks.dialect import Dialect
from stdtools.tasks.splitting import split

LARGEST_FIELD = 16 << 20  # characters: an open quote ends there at the latest


class Row(NamedTuple):
    """The cells of a row that begins in *line*; or what is wrong with it, in which column, counted from 0.

    ``is_open`` says that a quote is so wrong that nobody knows where the rows behind it begin.
    """

    line: int
    cells: list[str]
    raw: str
    trouble: str = ""
    column: int = 0
    is_open: bool = False


class Block(NamedTuple):
    """The text of some rows, and their cells one after the other, None where a closer look is needed."""

    text: str
    cells: list[str] | None


class Rows:
    """The rows of *text*, of which *head* has been read and *texts* are to come: first ``header``, then ``blocks``."""

    def __init__(self, text: Text, head: str, texts: Iterator[str], dialect: Dialect) -> None:
        csv.field_size_limit(LARGEST_FIELD)
        self._text = text
        self._texts = texts
        self._delimiter = dialect.delimiter
        self._quotes = dialect.form == "csv"
        self._pending = head
        self._ended = False
        self._window = BLOCK
        self._line = 1  # where the block begins that is looked at
        self._rest = ""  # what of it belongs to the next one
        self._lines: list[str] = []
        self._at = 0  # the first of these lines that no row has taken

    def header(self) -> list[str]:
        """Return the first row. Raises ToolError where it is bad, or missing."""
        while text := self._take():
            for row in self.rows(text):
                if row.trouble:
                    raise ToolError(row.trouble, where=f"{self._text.name}: line {row.line}")
                self._rest = "".join(self._lines[self._at :])
                self._end_block(text)
                return row.cells
            self._end_block(text)
        raise ToolError("is empty", where=self._text.name, hint="its first line names the columns")

    def blocks(self, width: int) -> Iterator[Block]:
        """Yield the rows in blocks; the cells of one come along if its rows have *width* each, and no NUL."""
        while text := self._take():
            cells = None
            if "\0" not in text and not ("{" in text and re.search(r'\{"{1,2}\$', text)):
                cells = split(text, self._delimiter, width, quotes=self._quotes)
                if cells is None:
                    text = self._without_open_quote(text)
                    cells = self._read_all(text, width)
                if cells is not None and not self._quotes and "\\" in text:
                    cells = list(map(unescape_tsv, cells))
            lines = len(cells) // width if cells is not None and '"' not in text else None
            yield Block(text, cells)  # whoever takes the cells may leave some out
            self._end_block(text, lines)

    def rows(self, text: str) -> Iterator[Row]:
        """Yield the rows in the *text* of the block that came last, one by one, those that are bad as well.

        A quote that does not end well makes a bad row of the line where it is opened; the next line is taken
        for a row again.
        """
        self._lines = lines = list(io.StringIO(text, newline=""))
        first = at = 0  # of the lines, where the reader and the row begin
        line = self._line
        reader = self._reader(lines)
        while True:
            try:
                cells = next(reader, None)
            except csv.Error as error:
                is_short = "unexpected end" in str(error)
                if is_short and not (self._ended and not self._pending):
                    self._rest = "".join(lines[at:])
                    return
                end = first + reader.line_num
                opened, column, what = self._open_quote("".join(lines[at:end]))
                line += line_ends("".join(lines[at : at + opened]))
                at += opened
                yield Row(line, [], lines[at].rstrip("\r\n"), what, column, is_short or end > at + 1)
                line += line_ends(lines[at])
                self._at = first = at = at + 1
                if not is_short and "larger" in str(error):
                    self._rest = "".join(lines[at:])
                    return
                reader = self._reader(islice(lines, at, None))
                continue
            if cells is None:
                return
            self._at = first + reader.line_num
            raw = lines[at] if self._at == at + 1 else "".join(lines[at : self._at])
            if cells:
                yield Row(line, [self._plain(cell) for cell in cells], raw.rstrip("\r\n"))
            line += line_ends(raw)
            at = self._at

    def _take(self) -> str:
        """Return whole lines, about as many as the window has room for; nothing at the end."""
        while True:
            self._read_on()
            done = self._ended and len(self._pending) <= self._window
            end = len(self._pending) if done else _end_of_lines(self._pending, self._window)
            if end or done:
                break
            self._window *= 2
        text, self._pending = self._pending[:end], self._pending[end:]
        return text if not text or text.endswith(("\n", "\r")) else text + "\n"

    def _read_on(self) -> None:
        parts, size = [self._pending], len(self._pending)
        try:
            while size < self._window and not self._ended:
                part = next(self._texts, "")
                self._ended = not part
                parts.append(part)
                size += len(part)
        except Undecodable as error:
            line = self._line + line_ends("".join(parts) + error.before)
            error.where = f"{self._text.name}: line {line}"
            raise
        self._pending = "".join(parts)

    def _end_block(self, text: str, lines: int | None = None) -> None:
        """Go on behind the block *text* of so many *lines*, or where what it left to the next one begins."""
        rest, self._rest = self._rest, ""
        self._line += line_ends(text) - line_ends(rest) if lines is None else lines
        self._pending = rest + self._pending
        stuck = 2 * self._window if rest == text else 0
        self._window = max(BLOCK, 2 * len(rest), stuck)

    def _without_open_quote(self, text: str) -> str:
        """Return *text* without its last record if that seems to go on, which is kept for the next block."""
        end = len(text)
        while end and self._quotes and text.count('"', 0, end) % 2:
            end = _end_of_lines(text, text.rfind('"', 0, end) + 1)
        if end and end < len(text):
            self._pending, text = text[end:] + self._pending, text[:end]
        return text

    def _read_all(self, text: str, width: int) -> list[str] | None:
        try:
            rows = list(self._reader(io.StringIO(text, newline="")))
        except csv.Error:
            return None
        return list(chain.from_iterable(rows)) if set(map(len, rows)) == {width} else None

    def _reader(self, lines: Iterable[str]) -> Any:
        if self._quotes:
            return csv.reader(lines, delimiter=self._delimiter, strict=True)
        return csv.reader(lines, delimiter=self._delimiter, quoting=csv.QUOTE_NONE, quotechar=None, strict=True)

    def _plain(self, cell: str) -> str:
        if not self._quotes:
            cell = unescape_tsv(cell)
        return _untagged(cell) if cell.startswith('{"$') else cell

    def _open_quote(self, text: str) -> tuple[int, int, str]:
        """Return in which line and column of *text* a quote begins that does not end well, and how it fails."""
        delimiter = self._delimiter
        end_of_cell = re.compile(f"[{re.escape(delimiter)}\r\n]")
        at = column = 0
        while at < len(text):
            if text[at] == '"' and self._quotes:
                opened, at = at, at + 1
                while (at := text.find('"', at)) >= 0 and text.startswith('""', at):
                    at += 2
                if at < 0:
                    closed = f"within {LARGEST_FIELD >> 20} MiB" if len(text) > LARGEST_FIELD else "before the end"
                    return _cut_lines(text[:opened]), column, f"the quote that opens here does not close {closed}"
                at += 1
                if at < len(text) and text[at] not in (delimiter, "\r", "\n"):
                    what = f"{text[at]!r} follows the quoted text that opens here; in it a quote is written twice"
                    return _cut_lines(text[:opened]), column, what
            found = end_of_cell.search(text, at)
            if found is None:
                break
            at, column = found.end(), column + (found.group() == delimiter)
        return 0, 0, f"has a value of more than {LARGEST_FIELD >> 20} MiB"


def _end_of_lines(text: str, limit: int) -> int:
    """Return where the last line ends within *limit*; a CR that comes last may be the half of an end."""
    return text.rfind("\n", 0, limit) + 1 or text.rfind("\r", 0, limit - 1) + 1


def _cut_lines(text: str) -> int:
    """Return how many lines end in *text* as io cuts them, at a lone CR as well."""
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def _untagged(cell: str) -> str:
    """Return the text that *cell* stands for, where it is tagged as text that looks like a tag."""
    import json

    try:
        value = json.loads(cell)
    except ValueError:
        return cell
    return value["$text"] if isinstance(value, dict) and list(value) == ["$text"] else cell
