"""The format that diff had first: ``2c2``, the old lines behind ``<``, the new ones behind ``>``."""

from collections.abc import Collection

from stdtools.diff.comparison import Comparison
from stdtools.diff.hunks import first_and_last, marked
from stdtools.diff.unified_format import BLOCK, Writable


def write(comparison: Comparison, out: Writable, *, tab: bytes = b" ", ignored: Collection[int] = ()) -> None:
    """Write the changes but those at the places *ignored*; *tab* comes behind the mark of each line."""
    a, b = comparison.a, comparison.b
    old, new = b"<" + tab, b">" + tab
    parts: list[bytes] = []
    size = 0
    for place, (a1, a2, b1, b2, a_start, a_end, b_start, b_end) in enumerate(comparison.changes):
        if place in ignored:
            continue
        letter = b"a" if a1 == a2 else b"d" if b1 == b2 else b"c"
        parts.append(first_and_last(a1, a2) + letter + first_and_last(b1, b2) + b"\n")
        if a1 < a2:
            parts.append(marked(old, a[a_start:a_end]))
        if letter == b"c":
            parts.append(b"---\n")
        if b1 < b2:
            parts.append(marked(new, b[b_start:b_end]))
        size += a_end - a_start + b_end - b_start
        if size > BLOCK:
            out.write(b"".join(parts))
            parts, size = [], 0
    if parts:
        out.write(b"".join(parts))
