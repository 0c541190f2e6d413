"""The rows that an import cannot take: how many, the first of them to be told, and all of them in a file."""

from collections.abc import Sequence
from typing import NamedTuple

from stdtools.shared.errors import ToolError
from stdtools.shared.records import quote_csv
from stdtools.shared.streams import Output

COLUMNS = ("file", "line", "column", "reason", "raw")
TOLD = 10


class Reject(NamedTuple):
    """What is wrong with a row; *column* is empty where it is all of it, *unit* what *line* counts."""

    file: str
    line: int
    column: str
    reason: str
    raw: str
    unit: str = "line"

    def __str__(self) -> str:
        column = f"{self.column}: " if self.column else ""
        return f"{self.file}: {self.unit} {self.line}: {column}{self.reason}"


class Rejects:
    """The bad rows, and the *files* that could not be read to their end; in *output* as CSV where it is given."""

    def __init__(self, output: Output | None = None) -> None:
        self.rows = 0
        self.first: list[Reject] = []
        self.told = 0  # rows that these are of
        self.fatal: list[ToolError] = []
        self.is_open = False  # a quote is, so that rows may be missing or none
        self._output = output
        if output is not None:
            output.write(f"{','.join(COLUMNS)}\n".encode())

    def add(self, reasons: Sequence[Reject]) -> None:
        """Take a row, with all that is wrong with it."""
        self.rows += 1
        if len(self.first) < TOLD:
            self.first += reasons
            self.told += 1
        if self._output is not None:
            for reason in reasons:
                cells = (reason.file, str(reason.line), reason.column, reason.reason, reason.raw)
                self._output.write(f"{','.join(map(quote_csv, cells))}\n".encode("utf-8", "surrogateescape"))
