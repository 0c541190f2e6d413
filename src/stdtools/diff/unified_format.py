"""The unified format, as patch and git read it and GNU diff writes it."""

import os
from collections.abc import Collection
from typing import AnyStr, Protocol

from stdtools.diff.comparison import Comparison, lines_between
from stdtools.diff.functions import Functions
from stdtools.diff.hunks import back, forward, group, marked, span

BLOCK = 1 << 18


class Writable(Protocol):
    """What takes bytes."""

    def write(self, data: bytes, /) -> object:
        """Write all of *data*."""


def unified(
    a: AnyStr, b: AnyStr, a_name: str = "a", b_name: str = "b", *, context: int = 3, algorithm: str = "fast"
) -> AnyStr:
    """Return the patch that makes *b* of *a*, two texts or two files' bytes, empty where they are equal.

    The names stand in its head without times; *algorithm* as in ``compare``.
    """
    from stdtools.diff.engine import compare
    from stdtools.diff.headers import label

    old, new = (text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape") for text in (a, b))
    parts: list[bytes] = []
    titles = label(os.fsencode(a_name)), label(os.fsencode(b_name))
    write(compare(old, new, algorithm=algorithm), titles, _Kept(parts), context)
    patch = b"".join(parts)
    return patch if isinstance(a, bytes) else patch.decode("utf-8", "surrogateescape")


class _Kept:
    """Keeps what is written."""

    def __init__(self, parts: list[bytes]) -> None:
        self.write = parts.append


def write(
    comparison: Comparison,
    titles: tuple[bytes, bytes],
    out: Writable,
    context: int = 3,
    *,
    functions: Functions | None = None,
    tab: bytes = b"",
    ignored: Collection[int] = (),
) -> None:
    """Write hunks with *context* lines around them below the *titles*; nothing where there is none.

    *tab* comes behind the first column of each line. *ignored* as in ``group``.
    """
    a, b = comparison.a, comparison.b
    deleted, inserted, same = b"-" + tab, b"+" + tab, tab or b" "
    parts = [b"--- %b\n+++ %b\n" % titles]
    size = 0
    for hunk in group(comparison.changes, context, ignored):
        first, last = hunk[0], hunk[-1]
        above = min(context, first.a1, first.b1)
        start = back(a, first.a_start, above)
        end = forward(a, last.a_end, context)
        below = context if end < len(a) else lines_between(a, last.a_end, end)
        head = b"@@ -%b +%b @@%b\n" % (
            span(first.a1 - above, last.a2 + below),
            span(first.b1 - above, last.b2 + below),
            functions.before(start) if functions else b"",
        )
        parts.append(head)
        position = start
        for change in hunk:
            if change.a_start > position:
                parts.append(marked(same, a[position : change.a_start]))
            if change.a_end > change.a_start:
                parts.append(marked(deleted, a[change.a_start : change.a_end]))
            if change.b_end > change.b_start:
                parts.append(marked(inserted, b[change.b_start : change.b_end]))
            position = change.a_end
        if end > position:
            parts.append(marked(same, a[position:end]))
        size += end - start + last.b_end - first.b_start
        if size > BLOCK:
            out.write(b"".join(parts))
            parts, size = [], 0
    if len(parts) != 1 or size:
        out.write(b"".join(parts))
