"""Where the lines of a text are."""

from collections.abc import Iterator
from itertools import count, repeat

BLOCK = 1 << 20
NEAR = 32  # so many lines are stepped over one by one


class Places:
    """Finds the byte at which a line starts; it is asked for lines in ascending order."""

    __slots__ = ("_line", "_offset", "_text")

    def __init__(self, text: bytes, line: int = 0, offset: int = 0) -> None:
        self._text = text
        self._line = line
        self._offset = offset

    def start(self, line: int) -> int:
        """Return where *line* starts, counted from 0; behind the last one is the end of the text."""
        text, offset, ahead = self._text, self._offset, line - self._line
        step = 64 * NEAR
        while ahead > NEAR:
            stop = min(offset + step, len(text))
            lines = text.count(b"\n", offset, stop)
            if lines > ahead:
                step = max(step // 4, 1)
                continue
            end = text.rfind(b"\n", offset, stop) if lines else text.find(b"\n", stop)
            if end < 0:
                break
            offset, ahead = end + 1, ahead - (lines or 1)
            step = min(2 * step, BLOCK)
        for _ in range(ahead):
            offset = text.find(b"\n", offset) + 1
            if not offset:
                offset = len(text)
                break
        self._line, self._offset = line, offset
        return offset


def pieces(text: bytes, start: int, end: int) -> list[bytes]:
    r"""Return the lines of *text* from *start* to *end* without their newlines, but the last one with, if it has none.

    No other line has a ``\n`` in it, so two pieces are equal when their lines are.
    """
    lines = text[start:end].split(b"\n")
    last = lines.pop()
    if last:
        lines.append(last + b"\n")
    return lines


def blocks(text: bytes, start: int, end: int) -> Iterator[list[bytes]]:
    """Yield the pieces of a text, about a mebibyte at a time."""
    while start < end:
        stop = end
        if end - start > BLOCK:
            stop = text.rfind(b"\n", start, start + BLOCK) + 1 or text.find(b"\n", start + BLOCK, end) + 1 or end
        yield pieces(text, start, stop)
        start = stop


def numbered(a: Iterator[list[bytes]], b: Iterator[list[bytes]]) -> tuple[list[int], list[int]]:
    """Return the lines of two texts as numbers that are equal where the lines are; -1 is a line that only B has."""
    numbers: dict[bytes, int] = {}
    counter = count()
    a_numbers: list[int] = []
    b_numbers: list[int] = []
    for lines in a:
        a_numbers.extend(map(numbers.setdefault, lines, counter))
    for lines in b:
        b_numbers.extend(map(numbers.get, lines, repeat(-1)))
    return a_numbers, b_numbers
