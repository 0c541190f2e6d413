"""A regular file of records in pieces of whole ones, for several processes."""

import io
import os
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from stdtools.shared.errors import ToolError
from stdtools.shared.record_input import unescape_tsv
from stdtools.shared.streams import Input
from stdtools.tmpl.record_batches import READERS, form_of, texts_of
from stdtools.tmpl.rows import Batch

PIECE = 1 << 20  # bytes
_MOST_TRIES = 100  # newlines that are looked at for one that ends a row


class Piece(NamedTuple):
    """Records of the file *source*, from byte ``at`` to ``end``."""

    source: Input
    form: str
    at: int
    end: int
    columns: list[str] | None

    def batches(self) -> Iterator[Batch]:
        """Yield its records, numbered from 1. Raises ToolError."""
        reader = _Reader(self)
        try:
            texts = texts_of(reader, "utf-8" if self.at else "utf-8-sig")
            yield from READERS[self.form](texts, reader.name, self.columns, PIECE)
        except ToolError as error:
            where = f"{self.source.name}, from byte {self.at} on"
            hint = "without --jobs it is read row by row"
            raise ToolError(error.what, where=where, hint=error.hint or hint) from None


class _Reader:
    """The bytes of a piece, read as an Input is."""

    def __init__(self, piece: Piece) -> None:
        self.name = piece.source.name
        self._source = piece.source
        self._at = piece.at
        self._end = piece.end

    def read(self, size: int) -> bytes:
        """Return up to *size* bytes, none at the end."""
        block = self._source.read_at(self._at, min(size, self._end - self._at))
        self._at += len(block)
        return block


def pieces_of(source: Input) -> list[Piece]:
    """Return the pieces of *source*; none where it is no long regular file of one record after the other.

    Where a piece ends is told by the number of quotes. When that misleads, a piece ends within a cell, and
    reading it is an error.
    """
    size = os.fstat(source.fd).st_size if source.is_file else 0
    start = source.position if source.is_file else 0
    if size - start < 2 * PIECE:
        return []
    head = source.read_at(start, PIECE)
    form = form_of(head.decode("utf-8-sig", "replace"), source.name)
    columns: list[str] | None = None
    if form == "json":
        if not _is_lines(head):
            return []
    else:
        at, columns = _header(head, form)
        if not columns or len(set(columns)) < len(columns):
            return []
        start += at
    cuts = [start, *_cuts(source, start, size, quoted=form == "csv"), size]
    return [Piece(source, form, at, end, columns) for at, end in pairwise(cuts) if at < end]


def _is_lines(head: bytes) -> bool:
    """Say whether the first line is a whole object."""
    from json import loads

    line = head.removeprefix(b"\xef\xbb\xbf").lstrip().partition(b"\n")[0]
    try:
        return type(loads(line)) is dict
    except (ValueError, RecursionError):
        return False


def _header(head: bytes, form: str) -> tuple[int, list[str] | None]:
    """Return where the header of a table ends, and its columns; none when it does not end in *head*, as text."""
    at = end = 0
    while end := head.find(b"\n", end) + 1:
        line = head[at:end]
        if form == "csv" and line.count(b'"') % 2:
            continue
        if line.strip():
            try:
                return end, _columns(line.decode("utf-8-sig"), form)
            except ValueError:
                return 0, None
        at = end
    return 0, None


def _columns(line: str, form: str) -> list[str]:
    if form == "tsv":
        return [unescape_tsv(cell) for cell in line.rstrip("\r\n").split("\t")]
    import csv

    try:
        return next(csv.reader(io.StringIO(line, newline="\n"), strict=True))
    except csv.Error as error:
        raise ValueError from error


def _cuts(source: Input, start: int, size: int, *, quoted: bool) -> Iterator[int]:
    """Yield where pieces end, but for the last."""
    odd = 0
    for at in range(start, size, PIECE):
        block = source.read_at(at, min(PIECE, size - at))
        if at + len(block) < size:
            end = len(block)
            for _ in range(_MOST_TRIES if quoted else 1):
                end = block.rfind(b"\n", 0, end)
                if end < 0:
                    break
                if not quoted or (odd + block.count(b'"', 0, end)) % 2 == 0:
                    yield at + end + 1
                    break
        odd += block.count(b'"') if quoted else 0
