"""What is compared instead of the lines, and which changes do not count: -i, -w, -b, -Z, -E, -B, -I and the like.

A key text has as many lines as its text. Each option works on the whole text at once, in a few calls.
"""

import re
from collections.abc import Sequence
from io import BytesIO
from itertools import islice
from operator import ne
from typing import NamedTuple

from stdtools.diff.comparison import Change, Comparison, split_lines
from stdtools.diff.expressions import Expression

BLANKS = b" \t\r\v\f"  # isspace of C, but the newline
MASK = b"\0"  # in the place of what is masked: a line has something there, or not

_OTHER_THAN_A_BLANK = re.compile(rb"[ \t\r\v\f]{2,}|[\t\r\v\f]")


class Ignored(NamedTuple):
    """What does not count, under the names of the options."""

    case: bool = False
    all_space: bool = False
    space_change: bool = False
    trailing_space: bool = False
    tab_expansion: bool = False
    trailing_cr: bool = False
    blank_lines: bool = False
    matching_lines: Sequence[Expression] = ()
    mask: Sequence[Expression] = ()

    @property
    def has_key(self) -> bool:
        """Whether something else is compared than the lines as they are."""
        return any(self._replace(blank_lines=False, matching_lines=()))

    def key(self, text: bytes) -> bytes:
        """Return what is compared instead of *text*."""
        spaces = self.all_space or self.space_change or self.trailing_space
        if spaces and text and text[-1] != 10:
            text += b"\n"  # is white space, too
        if self.mask:
            text = b"".join(map(self._masked, split_lines(text)))
        if self.trailing_cr:
            text = text.replace(b"\r\n", b"\n")
            if text.endswith(b"\r") and text != b"\r" and not text.endswith(b"\n\r"):  # else no line were left
                text = text[:-1]
        if self.all_space:
            text = text.translate(None, BLANKS)
        elif self.space_change:
            if b"  " in text or any(blank in text for blank in (b"\t", b"\r", b"\v", b"\f")):
                text = _OTHER_THAN_A_BLANK.sub(b" ", text)
            text = text.replace(b" \n", b"\n")
        else:
            if self.trailing_space:
                text = b"\n".join(map(bytes.rstrip, text.split(b"\n")))
            if self.tab_expansion and b"\t" in text:
                text = b"".join(map(_expand, split_lines(text))) if b"\b" in text else text.expandtabs(8)
        return _folded(text) if self.case else text

    def _masked(self, line: bytes) -> bytes:
        text = line.removesuffix(b"\n")
        for expression in self.mask:
            text = expression.blank(text, MASK)
        return text + line[-1:] if line.endswith(b"\n") else text

    def changes(self, comparison: Comparison) -> frozenset[int]:
        """Return the places of the changes that do not count: all their lines are blank, or match."""
        if not self.blank_lines and not self.matching_lines:
            return frozenset()
        return frozenset(
            place for place, change in enumerate(comparison.changes) if self._is_trivial(comparison, change)
        )

    def _is_trivial(self, comparison: Comparison, change: Change) -> bool:
        for text, start, end in (
            (comparison.a, change.a_start, change.a_end),
            (comparison.b, change.b_start, change.b_end),
        ):
            lines = text[start:end]
            if self.blank_lines and not self.key(lines).strip(b"\n"):
                continue
            if not all(map(self._is_trivial_line, split_lines(lines))):
                return False
        return True

    def _is_trivial_line(self, line: bytes) -> bool:
        if self.blank_lines and not self.key(line).strip(b"\n"):
            return True
        text = line.removesuffix(b"\n")
        return any(expression.matches(text) for expression in self.matching_lines)


def lines_ignored(comparison: Comparison) -> int:
    """Return how many lines are taken as equal and are not."""
    a, b = BytesIO(comparison.a), BytesIO(comparison.b)
    count = 0
    a_at = b_at = a_line = 0
    end = Change(comparison.a_lines, 0, 0, 0, len(comparison.a), 0, len(comparison.b), 0)
    for change in (*comparison.changes, end):
        if comparison.a[a_at : change.a_start] != comparison.b[b_at : change.b_start]:
            a.seek(a_at)
            b.seek(b_at)
            lines = change.a1 - a_line
            count += sum(map(ne, islice(a, lines), islice(b, lines)))
        a_at, b_at, a_line = change.a_end, change.b_end, change.a2
    return count


def _folded(text: bytes) -> bytes:
    """Return *text* without a difference between capitals and small letters, of UTF-8 where it is that."""
    if text.isascii():
        return text.lower()
    return text.decode("utf-8", "surrogateescape").casefold().encode("utf-8", "surrogateescape")


def _expand(line: bytes) -> bytes:
    """Return *line* with its tabs expanded, before which a backspace may have gone back."""
    if b"\b" not in line:
        return line.expandtabs(8)
    column = 0
    parts = []
    for code in line:
        if code == 9:
            parts.append(b" " * (8 - column % 8))
            column += 8 - column % 8
        else:
            parts.append(bytes([code]))
            column = max(0, column - 1) if code == 8 else 0 if code == 13 else column + 1
    return b"".join(parts)
