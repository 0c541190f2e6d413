"""Texts to compare, and comparisons that need no engine."""

import io
import random
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from stdtools.diff.comparison import Change, Comparison, split_lines
from stdtools.diff.engine import compare

_LINE = st.sampled_from(
    [
        b"",
        b"one",
        b"two",
        b"the quick fox",
        b"the slow fox",
        b"\tx = 1",
        b"\tx = 2",
        b"caf\xe9",
        b"x\r",
        b"<b>&\x1b[31m",
    ]
)
TEXTS = st.builds(
    lambda lines, end: b"\n".join(lines) + (b"\n" if lines and end else b""),
    st.lists(_LINE | st.binary(max_size=8).map(lambda line: line.replace(b"\n", b"")), max_size=8),
    st.booleans(),
)


def written(write: Callable[..., None], a: bytes, b: bytes, *args: Any, **settings: Any) -> bytes:
    """Return what *write* writes about *a* and *b*."""
    return written_of(write, compare(a, b), *args, **settings)


def written_of(write: Callable[..., None], comparison: Comparison, *args: Any, **settings: Any) -> bytes:
    """Return what *write* writes about a comparison."""
    out = io.BytesIO()
    write(comparison, *args, out, **settings)
    return out.getvalue()


def replaced(a: bytes, b: bytes) -> Comparison:
    """Return the comparison that says that all lines are others."""
    return Comparison(a, b, [Change(0, len(split_lines(a)), 0, len(split_lines(b)), 0, len(a), 0, len(b))])


def table(rows: int) -> tuple[bytes, bytes]:
    """Return rows with commas, and the same with one column more."""
    chance = random.Random(8)
    old = [b"%d,name %d,%d\n" % (row, chance.randrange(99), chance.randrange(1_000)) for row in range(rows)]
    return b"".join(old), b"".join(line.replace(b",", b",EUR,", 1) for line in old)
