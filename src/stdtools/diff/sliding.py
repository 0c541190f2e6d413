"""Hunks moved to where a person would cut.

An insertion between equal lines can be shown in several ways: where its last line is like the one before it, it may
begin a line earlier. Of all the places the one is taken that cuts at empty lines and where the indentation ends; hunks
that can be moved until they touch become one. The rule and its weights are Michael Haggerty's, who tuned them on
thousands of hunks: https://github.com/mhagger/diff-slider-tools.
"""

from collections.abc import Sequence
from typing import NamedTuple

from stdtools.diff.comparison import Change

FARTHEST = 100  # lines
JUDGED = 50_000  # places, in all; what is left then stays where it is
BLANKS = 20  # so many empty lines are looked past
WIDEST = 200  # columns; what is indented more is so much
TAB = 8

# What makes a cut bad, and good where it is below 0; with empty lines around, the second counts.
AT_START, AT_END = 1, 21
BLANK, BLANK_BEHIND = -30, 6
DEEPER = -4, 10
BACK_AND_DEEPER = 24, 17
BACK = 23, 17
INDENTATION = 60


class _Cut(NamedTuple):
    indent: int
    badness: int


def slide(a: bytes, b: bytes, changes: Sequence[Change]) -> list[Change]:
    """Return *changes* with each at its best place, fewer where some met."""
    done: list[Change] = []
    waiting = list(reversed(changes))
    left = JUDGED
    while waiting:
        change = waiting.pop()
        if (change.a1 == change.a2) == (change.b1 == change.b2):
            done.append(change)
            continue
        insertion = change.a1 == change.a2
        text, start, end = (b, change.b_start, change.b_end) if insertion else (a, change.a_start, change.a_end)
        floor, ceiling = 0, len(text)
        if done:
            floor = done[-1].b_end if insertion else done[-1].a_end
        if waiting:
            ceiling = waiting[-1].b_start if insertion else waiting[-1].a_start
        above = _upwards(text, start, end, floor)
        if done and above and above[-1] == floor:
            waiting.append(_joined(done.pop(), _moved(change, -len(above), floor - start)))
            continue
        below = _downwards(text, start, end, ceiling)
        if waiting and below and below[-1] + end - start == ceiling:
            waiting.append(_joined(_moved(change, len(below), below[-1] - start), waiting.pop()))
            continue
        left -= len(above) + len(below)
        if (above or below) and left >= 0:
            lines, place = _best(text, end - start, start, above, below)
            change = _moved(change, lines, place - start)
        done.append(change)
    return done


def _upwards(text: bytes, start: int, end: int, floor: int) -> list[int]:
    """Return where the hunk from *start* to *end* may start instead, line by line before it."""
    starts: list[int] = []
    while start > floor and len(starts) < FARTHEST:
        before, last = text.rfind(b"\n", floor, start - 1) + 1 or floor, text.rfind(b"\n", 0, end - 1) + 1
        if text[before:start] != text[last:end]:
            break
        starts.append(before)
        start, end = before, last
    return starts


def _downwards(text: bytes, start: int, end: int, ceiling: int) -> list[int]:
    """Return where the hunk may start instead, line by line behind its start."""
    starts: list[int] = []
    while end < ceiling and len(starts) < FARTHEST:
        first, behind = text.find(b"\n", start) + 1, text.find(b"\n", end) + 1
        if not behind or text[start:first] != text[end:behind]:
            break
        starts.append(first)
        start, end = first, behind
    return starts


def _moved(change: Change, lines: int, size: int) -> Change:
    a1, a2, b1, b2, a_start, a_end, b_start, b_end = change
    return Change(
        a1 + lines, a2 + lines, b1 + lines, b2 + lines, a_start + size, a_end + size, b_start + size, b_end + size
    )


def _joined(first: Change, second: Change) -> Change:
    return Change(
        first.a1,
        second.a2,
        first.b1,
        second.b2,
        first.a_start,
        second.a_end,
        first.b_start,
        second.b_end,
    )


def _best(text: bytes, size: int, start: int, above: list[int], below: list[int]) -> tuple[int, int]:
    """Return by how many lines a hunk of *size* bytes at *start* had better be moved, and where it starts then."""
    best, place, least = 0, start, None
    steps = [*zip(range(-len(above), 0), reversed(above), strict=True), (0, start)]
    steps += zip(range(1, len(below) + 1), below, strict=True)
    for lines, at in steps:
        first, second = _cut(text, at), _cut(text, at + size)
        cut = _Cut(first.indent + second.indent, first.badness + second.badness)
        if least is None or _no_worse(cut, least):
            best, place, least = lines, at, cut
    return best, place


def _no_worse(cut: _Cut, other: _Cut) -> bool:
    deeper = (cut.indent > other.indent) - (cut.indent < other.indent)
    return INDENTATION * deeper + cut.badness - other.badness <= 0


def _cut(text: bytes, at: int) -> _Cut:
    """Judge a cut in front of the line at *at*."""
    badness = (AT_START if at == 0 else 0) + (AT_END if at == len(text) else 0)
    blanks_before, before = _indent_before(text, at)
    blanks_behind, indent, behind = _indent_behind(text, at)
    blanks = blanks_before + blanks_behind
    badness += BLANK * blanks + BLANK_BEHIND * blanks_behind
    if indent >= 0 and before >= 0 and indent != before:
        weights = DEEPER if indent > before else BACK_AND_DEEPER if behind > indent else BACK
        badness += weights[blanks > 0]
    return _Cut(indent, badness)


def _indent_before(text: bytes, at: int) -> tuple[int, int]:
    """Return how many empty lines are before *at*, and how far the line before these is indented, -1 if none is."""
    blanks = 0
    while at > 0:
        start = text.rfind(b"\n", 0, at - 1) + 1
        indent = _indent(text, start, at)
        if indent >= 0 or blanks == BLANKS:
            return blanks, max(indent, 0)
        blanks, at = blanks + 1, start
    return blanks, -1


def _indent_behind(text: bytes, at: int) -> tuple[int, int, int]:
    """Return how many empty lines are at *at*, and how far the two lines behind these are indented."""
    blanks, indent, at = _next_indent(text, at)
    if blanks or indent < 0:
        return blanks, indent, -1
    return 0, indent, _next_indent(text, at)[1]


def _next_indent(text: bytes, at: int) -> tuple[int, int, int]:
    """Return how many empty lines are at *at*, the indentation of the line behind, -1 if none is, and where it ends."""
    blanks = 0
    while at < len(text):
        stop = text.find(b"\n", at) + 1 or len(text)
        indent = _indent(text, at, stop)
        if indent >= 0 or blanks == BLANKS:
            return blanks, max(indent, 0), stop
        blanks, at = blanks + 1, stop
    return blanks, -1, at


def _indent(text: bytes, start: int, end: int) -> int:
    """Return by how many columns a line is indented; -1 if it is empty."""
    line = text[start : min(end, start + WIDEST)]
    rest = line.lstrip(b" \t\r\n\f\v")
    if rest or start + WIDEST < end:
        return min(len(line[: len(line) - len(rest)].expandtabs(TAB)), WIDEST)
    return -1
