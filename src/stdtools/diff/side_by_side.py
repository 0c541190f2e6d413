"""Two columns: the old lines on the left, the new ones on the right, a mark in the gutter between them."""

import re
from collections import deque
from collections.abc import Callable, Collection, Iterator
from io import BytesIO
from itertools import islice, zip_longest
from typing import NamedTuple

from stdtools.diff.comparison import Comparison
from stdtools.diff.unified_format import BLOCK, Writable
from stdtools.shared.screen import paint, safe_lines
from stdtools.shared.widths import width_of

TAB = 8
SHORT = 1_000  # columns; for lines up to so wide the gap before the right column is made beforehand
GUTTER = 3  # columns at least: a blank, the mark, a blank
COLORS = {b"|": 33, b"<": 31, b">": 32}

Row = tuple[bytes | None, bytes, bytes | None]

_PLAIN = re.compile(rb"[ -~]*\n?\Z").match


class Columns(NamedTuple):
    """How wide a half is, and where the right one begins.

    A half and its gutter are a whole number of tabs, so that tabs stand for the same on both sides.
    """

    half: int
    right: int

    @classmethod
    def of(cls, width: int) -> "Columns":
        """Return the columns of lines of *width*: first as wide a half, then as wide a gutter as will go."""
        least = TAB + GUTTER
        middle = (width >> 1) + (least >> 1) + (width & least & 1)
        right = middle - middle % TAB
        half = max(0, min(right - GUTTER, width - right))
        return cls(half, right if half else width)


def write(
    comparison: Comparison,
    out: Writable,
    width: int = 130,
    *,
    ignored: Collection[int] = (),
    only_changes: bool = False,
    wrapped: bool = False,
    color: bool = False,
) -> None:
    """Write both texts side by side in *width* columns; what is longer is cut, or *wrapped* into more lines.

    With *only_changes* the lines that both have are left out. *color* paints the lines that differ.
    """
    line = (_wrapped_line if wrapped else _line)(Columns.of(width))
    parts: list[bytes] = []
    size = 0
    for left, mark, right in _rows(comparison, ignored, only_changes):
        part = line(left, mark, right)
        if color:
            part = _painted(part, COLORS.get(mark, 0))
        parts.append(part)
        size += len(part)
        if size > BLOCK:
            out.write(b"".join(parts))
            parts, size = [], 0
    if parts:
        out.write(b"".join(parts))


def _painted(part: bytes, code: int) -> bytes:
    """Return lines in a colour, if *code* is one; nothing but that steers a terminal."""
    text = safe_lines(part.decode("utf-8", "surrogateescape"))
    if not code:
        return text.encode()
    return (paint(text.removesuffix("\n"), code) + "\n" * text.endswith("\n")).encode()


def _rows(comparison: Comparison, ignored: Collection[int], only_changes: bool) -> Iterator[Row]:
    """Yield what stands on the left, the mark, and what stands on the right; None where nothing does."""
    left, right = BytesIO(comparison.a), BytesIO(comparison.b)  # they share the bytes, and end lines at \n alone
    a = b = 0
    for place, change in enumerate([*comparison.changes, None]):
        if place in ignored:
            continue
        if change is None:
            a1, b1, old, new = comparison.a_lines, comparison.b_lines, 0, 0
        else:
            a1, b1, old, new = change.a1, change.b1, change.a2 - change.a1, change.b2 - change.b1
        # A change that is ignored stands here among the lines that are equal, so there may be more on one side.
        common = zip_longest(islice(left, a1 - a), islice(right, b1 - b))
        if only_changes:
            deque(common, 0)
        else:
            yield from ((one, b"(" if other is None else b")" if one is None else b" ", other) for one, other in common)
        both = min(old, new)
        yield from ((one, b"|", other) for one, other in zip(islice(left, both), islice(right, both), strict=True))
        yield from ((None, b">", line) for line in islice(right, new - both))
        yield from ((line, b"<", None) for line in islice(left, old - both))
        a, b = a1 + old, b1 + new


def _line(columns: Columns) -> Callable[[bytes | None, bytes, bytes | None], bytes]:
    """Return what writes a line as GNU diff does, in a locale of UTF-8."""
    half, column = columns
    gaps = [_blanks(start, column) for start in range(min(half, SHORT) + 1)]
    at_mark = (half + column - 1) // 2
    behind_mark = _blanks(at_mark + 1, column)

    def line(left: bytes | None, mark: bytes, right: bytes | None) -> bytes:
        if left == right and mark == b" " and _PLAIN(left or b""):
            text = (left or b"").removesuffix(b"\n")
            end = b"\n" if left != text else b""
            shown = text[:half]
            gap = gaps[len(shown)] if len(shown) < len(gaps) else _blanks(len(shown), column)
            return shown + gap + shown + end if text else end
        text, position = _cut(left, 0, half) if left else (b"", 0)
        ends = left is not None and left.endswith(b"\n")
        right_ends = right is not None and right.endswith(b"\n")
        if mark != b" ":
            if mark == b"|" and ends != right_ends:
                mark = b"/" if ends else b"\\"
            text += _blanks(position, at_mark) + mark
            position = at_mark + 1
        if right and right != b"\n":
            text += behind_mark if mark != b" " else _blanks(position, column)
            text += _cut(right, column, half)[0]
        return text + b"\n" if ends or right_ends else text

    return line


def _blanks(start: int, end: int) -> bytes:
    """Return tabs and blanks that lead from one column to another."""
    tabs = end // TAB - start // TAB
    return b"\t" * tabs + b" " * (end - end // TAB * TAB) if tabs > 0 else b" " * (end - start)


def _cut(line: bytes, indent: int, bound: int) -> tuple[bytes, int]:
    """Return what of *line* goes into *bound* columns that begin at *indent*, and the column it ends at."""
    if _PLAIN(line):
        start = line.removesuffix(b"\n")[:bound]
        return start, len(start)
    text = line.removesuffix(b"\n").decode("utf-8", "surrogateescape")
    shown: list[str] = []
    seen = position = 0  # the column in the line, and the one that has been written to
    comes_back = "\b" in text or "\r" in text
    for character in text:
        if seen > bound and not comes_back:
            break
        if character == "\t":
            tab = TAB - seen % TAB
            if seen == position and position + tab < bound:
                position += tab
                shown.append(character)
            seen += tab
        elif character == "\r":
            shown.append("\r" + _blanks(0, indent).decode())
            seen = position = 0
        elif character == "\b":
            if seen:
                seen -= 1
                if seen < bound:
                    shown.append(" " * (seen - position) if position <= seen else "\b")
                    position = seen
        elif character in "\f\v\0" or "\udc80" <= character <= "\udcff":
            if seen < bound:
                shown.append(character)
        else:
            seen += width_of(character)
            if seen <= bound:
                position = seen
                shown.append(character)
    return "".join(shown).encode("utf-8", "surrogateescape"), position


def _wrapped_line(columns: Columns) -> Callable[[bytes | None, bytes, bytes | None], bytes]:
    """Return what writes all of both lines, one below the other what does not go into a column, for a terminal."""
    half, column = columns
    at_mark = (half + column - 1) // 2

    def line(left: bytes | None, mark: bytes, right: bytes | None) -> bytes:
        if mark == b"|" and (left or b"").endswith(b"\n") != (right or b"").endswith(b"\n"):
            mark = b"/" if (left or b"").endswith(b"\n") else b"\\"
        rows = []
        for one, other in zip_longest(_wrap(left or b"", half), _wrap(right or b"", half), fillvalue=("", 0)):
            gap = " " * (at_mark - one[1]) + mark.decode() + " " * (column - at_mark - 1)
            rows.append((one[0] + gap + other[0]).rstrip(" ") + "\n")
        return "".join(rows).encode()

    return line


def _wrap(line: bytes, bound: int) -> list[tuple[str, int]]:
    """Return *line* in pieces of at most *bound* columns, each with its width; nothing in it steers a terminal."""
    text = safe_lines(line.removesuffix(b"\n").decode("utf-8", "surrogateescape"))
    pieces: list[tuple[str, int]] = []
    piece: list[str] = []
    width = 0
    for character in text:
        tab = character == "\t"
        wide = TAB - width % TAB if tab else width_of(character)
        if width + wide > bound and piece:
            pieces.append(("".join(piece), width))
            piece, width = [], 0
        wide = min(wide, max(bound, 1)) if tab else wide
        piece.append(" " * wide if tab else character)
        width += wide
    return [*pieces, ("".join(piece), width)]
