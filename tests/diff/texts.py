"""Texts for comparisons: random ones with few different lines, and what is the least that two differ in."""

import random

from hypothesis import strategies as st

from stdtools.diff.comparison import Comparison, split_lines

LINES = [b"a\n", b"b\n", b"\n", b"}\n", b"    x = 1\n", b"\tx = 2\r\n", b"\xff\n", b"another line\n"]

texts = st.lists(st.sampled_from(LINES), max_size=30).flatmap(
    lambda lines: st.sampled_from([b"".join(lines), b"".join(lines)[:-1]])
)


def edited(draw: random.Random, lines: list[bytes], times: int, new: list[bytes]) -> list[bytes]:
    """Return *lines* with *times* pieces inserted, deleted, replaced or moved."""
    lines = list(lines)
    for _ in range(times):
        at, size = draw.randrange(len(lines) + 1), draw.randrange(1, 6)
        kind = draw.randrange(4)
        if kind == 0:
            lines[at:at] = draw.choices(new, k=size)
        elif kind == 1:
            del lines[at : at + size]
        elif kind == 2:
            lines[at : at + size] = draw.choices(new, k=draw.randrange(1, 6))
        else:
            moved = lines[at : at + size]
            del lines[at : at + size]
            to = draw.randrange(len(lines) + 1)
            lines[to:to] = moved
    return lines


def size(comparison: Comparison) -> int:
    """Return how many lines are deleted or inserted."""
    return sum(change.a2 - change.a1 + change.b2 - change.b1 for change in comparison.changes)


def least(a: bytes, b: bytes) -> int:
    """Return the least number of lines that can be deleted or inserted, from the table of all pairs."""
    return least_of(split_lines(a), split_lines(b))


def least_of(a: list[bytes] | list[int], b: list[bytes] | list[int]) -> int:
    """Return the same for sequences."""
    above = [0] * (len(b) + 1)
    for x in a:
        row = [0]
        for j, y in enumerate(b):
            row.append(above[j] + 1 if x == y else max(above[j + 1], row[j]))
        above = row
    return len(a) + len(b) - 2 * above[-1]


def rebuilt(comparison: Comparison) -> bytes:
    """Return A with the changes made, by lines alone."""
    a, b = split_lines(comparison.a), split_lines(comparison.b)
    result, line = [], 0
    for change in comparison.changes:
        result += a[line : change.a1] + b[change.b1 : change.b2]
        line = change.a2
    return b"".join(result + a[line:])
