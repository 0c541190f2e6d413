"""A diff on a terminal: lines painted by what they begin with, and nothing in them that could steer it."""

import re
from collections.abc import Collection
from typing import Protocol

from stdtools.diff.comparison import Comparison, split_lines
from stdtools.diff.functions import Functions
from stdtools.diff.hunks import NO_NEWLINE, back, forward, group
from stdtools.diff.unified import Writable, lines_between, span
from stdtools.shared.screen import safe_lines

_RED, _GREEN, _YELLOW, _CYAN, _BOLD = 31, 32, 33, 36, 1
_BY_MARK = {"-": _RED, "<": _RED, "+": _GREEN, ">": _GREEN, "!": _YELLOW}
_TITLE = re.compile(r"(?:\*\*\*|---) .*(?:\t.*|[^-*])\Z").match
_RANGE = re.compile(r"\d+(?:,\d+)?[acd]\d+(?:,\d+)?\Z|(?:\*\*\*|---) \d+(?:,\d+)? (?:\*{4}|-{4})\Z|\*{15}").match


class Painter(Protocol):
    """What paints the lines of a change, without their newlines, and what differs within them."""

    def hunk(self, old: list[bytes], new: list[bytes]) -> tuple[list[bytes], list[bytes]]:
        """Return both with the sequences that paint them, safe on a terminal."""


class SafeOutput:
    """Lets text through to a terminal with all that could steer it escaped."""

    def __init__(self, out: Writable) -> None:
        self._out = out

    def write(self, data: bytes) -> None:
        """Write *data*, whole lines."""
        self._out.write(safe_lines(data.decode("utf-8", "surrogateescape")).encode())


class PaintedOutput:
    """Paints lines of the context and the normal format by their marks."""

    def __init__(self, out: Writable) -> None:
        self._out = out

    def write(self, data: bytes) -> None:
        """Write *data*, whole lines."""
        text = safe_lines(data.decode("utf-8", "surrogateescape"))
        self._out.write("".join(map(_paint, text.splitlines(keepends=True))).encode())


def _paint(line: str) -> str:
    text = line.rstrip("\n")
    if _RANGE(text):
        code = _CYAN
    elif _TITLE(text):
        code = _BOLD
    else:
        code = _BY_MARK.get(text[:1], 0)
    return painted(text, code) + line[len(text) :] if code else line


def painted(text: str, code: int) -> str:
    """Return *text* in a colour."""
    return f"\x1b[{code}m{text}\x1b[0m"


def write_unified(
    comparison: Comparison,
    titles: tuple[bytes, bytes],
    out: Writable,
    painter: Painter,
    context: int = 3,
    *,
    functions: Functions | None = None,
    tab: bytes = b"",
    ignored: Collection[int] = (),
) -> None:
    """Write what ``unified.write`` does, painted."""
    a, b = comparison.a, comparison.b
    for number, hunk in enumerate(group(comparison.changes, context, ignored)):
        if not number:
            for mark, title in zip(("---", "+++"), titles, strict=True):
                out.write(painted(f"{mark} {_safe(title)}", _BOLD).encode() + b"\n")
        first, last = hunk[0], hunk[-1]
        above = min(context, first.a1, first.b1)
        position, end = back(a, first.a_start, above), forward(a, last.a_end, context)
        below = lines_between(a, last.a_end, end)
        old, new = span(first.a1 - above, last.a2 + below), span(first.b1 - above, last.b2 + below)
        function = _safe(functions.before(position)) if functions else ""
        parts = [f"{painted(f'@@ -{old.decode()} +{new.decode()} @@', _CYAN)}{function}\n".encode()]
        for change in hunk:
            parts += _same(tab or b" ", a[position : change.a_start])
            sides = split_lines(a[change.a_start : change.a_end]), split_lines(b[change.b_start : change.b_end])
            shown = painter.hunk(*([line.removesuffix(b"\n") for line in side] for side in sides))
            for column, code, lines, painted_lines in zip((b"-", b"+"), (_RED, _GREEN), sides, shown, strict=True):
                front = b"\x1b[%dm%b\x1b[0m" % (code, column + tab)
                for line, painted_line in zip(lines, painted_lines, strict=True):
                    parts.append(front + painted_line + (b"\n" if line.endswith(b"\n") else NO_NEWLINE))
            position = change.a_end
        parts += _same(tab or b" ", a[position:end])
        out.write(b"".join(parts))


def _same(mark: bytes, text: bytes) -> list[bytes]:
    return [
        mark + _safe(line.removesuffix(b"\n")).encode() + (b"\n" if line.endswith(b"\n") else NO_NEWLINE)
        for line in split_lines(text)
    ]


def _safe(text: bytes) -> str:
    return safe_lines(text.decode("utf-8", "surrogateescape"))
