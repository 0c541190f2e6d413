"""A diff on a terminal: lines painted by what they begin with, and nothing in them that could steer it."""

import re
from collections.abc import Collection

from stdtools.diff.comparison import Comparison, lines_between, split_lines
from stdtools.diff.functions import Functions
from stdtools.diff.highlighting import Highlighter, visible
from stdtools.diff.hunks import NO_NEWLINE, back, forward, group, span
from stdtools.diff.unified_format import Writable
from stdtools.shared.screen import paint, safe_lines

_RED, _GREEN, _YELLOW, _CYAN, _BOLD = 31, 32, 33, 36, 1
_BY_MARK = {"-": _RED, "<": _RED, "+": _GREEN, ">": _GREEN, "!": _YELLOW}
_TITLE = re.compile(r"(?:\*\*\*|---) .*(?:\t.*|[^-*])\Z").match
_RANGE = re.compile(r"\d+(?:,\d+)?[acd]\d+(?:,\d+)?\Z|(?:\*\*\*|---) \d+(?:,\d+)? (?:\*{4}|-{4})\Z|\*{15}").match


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
    return paint(text, code) + line[len(text) :] if code else line


def write_unified(
    comparison: Comparison,
    titles: tuple[bytes, bytes],
    out: Writable,
    context: int = 3,
    *,
    functions: Functions | None = None,
    tab: bytes = b"",
    ignored: Collection[int] = (),
) -> None:
    """Write what ``unified_format.write`` does, painted, with what changed within lines."""
    a, b = comparison.a, comparison.b
    style = Highlighter(words=True, signs=(b"-" + tab, b"+" + tab))
    for number, hunk in enumerate(group(comparison.changes, context, ignored)):
        if not number:
            out.write(style.title(b"--- %b\n" % titles[0]) + style.title(b"+++ %b\n" % titles[1]))
        first, last = hunk[0], hunk[-1]
        above = min(context, first.a1, first.b1)
        position, end = back(a, first.a_start, above), forward(a, last.a_end, context)
        below = lines_between(a, last.a_end, end)
        old, new = span(first.a1 - above, last.a2 + below), span(first.b1 - above, last.b2 + below)
        function = functions.before(position) if functions else b""
        parts = [style.range(b"@@ -%b +%b @@" % (old, new)), visible(function), b"\n"]
        for change in hunk:
            parts += _same(tab or b" ", a[position : change.a_start])
            sides = split_lines(a[change.a_start : change.a_end]), split_lines(b[change.b_start : change.b_end])
            for lines in style.lines(*sides):
                parts += (line if line.endswith(b"\n") else line + NO_NEWLINE for line in lines)
            position = change.a_end
        parts += _same(tab or b" ", a[position:end])
        out.write(b"".join(parts))


def _same(mark: bytes, text: bytes) -> list[bytes]:
    return [mark + visible(line) + (b"" if line.endswith(b"\n") else NO_NEWLINE) for line in split_lines(text)]
