"""Where something is in a text: lines and columns, both from 1, columns in characters."""

from typing import NamedTuple


class Place(NamedTuple):
    """A line and a column."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.line}:{self.column}"

    def next(self) -> "Place":
        """Return the place one column on."""
        return Place(self.line, self.column + 1)


class Position:
    """How far a text has been read. Lines end with a newline and nothing else."""

    def __init__(self, line: int = 1, column: int = 1) -> None:
        self._line = line
        self._column = column

    def place(self, ahead: str = "") -> Place:
        """Return where we are, or will be behind the text *ahead*."""
        newline = ahead.rfind("\n")
        if newline < 0:
            return Place(self._line, self._column + len(ahead))
        return Place(self._line + ahead.count("\n"), len(ahead) - newline)

    def move(self, text: str) -> None:
        """Move on behind *text*."""
        self._line, self._column = self.place(text)

    def step(self) -> None:
        """Move on by a column, for bytes that are no text."""
        self._column += 1
