"""The context format: each hunk twice, as it was and as it is."""

from collections.abc import Collection, Iterable

from stdtools.diff.comparison import Comparison, lines_between
from stdtools.diff.functions import Functions
from stdtools.diff.hunks import back, first_and_last, forward, group, marked
from stdtools.diff.unified_format import BLOCK, Writable


def write(
    comparison: Comparison,
    titles: tuple[bytes, bytes],
    out: Writable,
    context: int = 3,
    *,
    functions: Functions | None = None,
    tab: bytes = b" ",
    ignored: Collection[int] = (),
) -> None:
    """Write hunks with *context* lines around them below the *titles*; nothing where there is none.

    *tab* comes behind the mark of each line. *ignored* as in ``group``.
    """
    a, b = comparison.a, comparison.b
    marks = {mark: mark + tab for mark in (b" ", b"-", b"+", b"!")}
    parts = [b"*** %b\n--- %b\n" % titles]
    size = 0
    for hunk in group(comparison.changes, context, ignored):
        first, last = hunk[0], hunk[-1]
        above = min(context, first.a1, first.b1)
        a_start, b_start = back(a, first.a_start, above), back(b, first.b_start, above)
        a_end, b_end = forward(a, last.a_end, context), forward(b, last.b_end, context)
        old_lines = first_and_last(first.a1 - above, last.a2 + lines_between(a, last.a_end, a_end))
        new_lines = first_and_last(first.b1 - above, last.b2 + lines_between(b, last.b_end, b_end))
        function = functions.before(a_start) if functions else b""
        parts.append(b"***************%b\n*** %b ****\n" % (function, old_lines))
        if any(change.a1 < change.a2 for change in hunk):
            old = ((c.a_start, c.a_end, marks[b"!" if c.b1 < c.b2 else b"-"]) for c in hunk)
            parts += _half(a, a_start, a_end, old, marks[b" "])
        parts.append(b"--- %b ----\n" % new_lines)
        if any(change.b1 < change.b2 for change in hunk):
            new = ((c.b_start, c.b_end, marks[b"!" if c.a1 < c.a2 else b"+"]) for c in hunk)
            parts += _half(b, b_start, b_end, new, marks[b" "])
        size += a_end - a_start + b_end - b_start
        if size > BLOCK:
            out.write(b"".join(parts))
            parts, size = [], 0
    if len(parts) != 1 or size:
        out.write(b"".join(parts))


def _half(text: bytes, position: int, end: int, changes: Iterable[tuple[int, int, bytes]], same: bytes) -> list[bytes]:
    parts = []
    for start, stop, mark in changes:
        parts += [marked(same, text[position:start]), marked(mark, text[start:stop])]
        position = stop
    return [*parts, marked(same, text[position:end])]
