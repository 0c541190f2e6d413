"""Finds what differs between two texts."""

from difflib import SequenceMatcher
from itertools import accumulate

from stdtools.diff.comparison import Change, Comparison, split_lines


def compare(a: bytes, b: bytes, *, algorithm: str = "fast", deadline: float | None = None) -> Comparison:
    """Return what differs between the texts *a* and *b*, line by line."""
    a_lines, b_lines = split_lines(a), split_lines(b)
    a_at, b_at = (list(accumulate(map(len, lines), initial=0)) for lines in (a_lines, b_lines))
    opcodes = SequenceMatcher(None, a_lines, b_lines, autojunk=False).get_opcodes()
    changes = [
        Change(a1, a2, b1, b2, a_at[a1], a_at[a2], b_at[b1], b_at[b2])
        for tag, a1, a2, b1, b2 in opcodes
        if tag != "equal"
    ]
    return Comparison(a, b, changes, not changes, "" if not changes else "difflib")
