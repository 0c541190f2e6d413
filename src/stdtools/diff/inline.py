"""One text in which ``[-what went-]`` and ``{+what came+}`` stand in their places, as words or as characters.

Without the marks and what stands in ``{+ +}`` the lines are those of A, without them and ``[- -]`` those of B: blanks
count as everything does.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import pairwise
from typing import Literal

from stdtools.diff.comparison import Change, Comparison, lines_between, split_lines
from stdtools.diff.highlighting import DELETED, INSERTED, Highlighter, paint, visible
from stdtools.diff.hunks import NO_NEWLINE as NO_NEWLINE_BELOW
from stdtools.diff.hunks import back, forward, group, span
from stdtools.diff.pairing import edits, pairs
from stdtools.diff.tokens import Split, characters, decode, encode, splitting, words
from stdtools.diff.unified_format import Writable
from stdtools.shared.screen import safe_lines

# Struck out and underlined as well, as not all see colours.
PAINTED_DELETED, PAINTED_INSERTED = f"{DELETED};9", f"{INSERTED};4"
NO_NEWLINE = NO_NEWLINE_BELOW.decode().strip()


def write(
    comparison: Comparison,
    titles: tuple[bytes, bytes],
    out: Writable,
    unit: Literal["word", "char"] = "word",
    regex: str | None = None,
    context: int = 3,
    *,
    ignored: Collection[int] = (),
    color: bool = False,
) -> None:
    """Write the changes with *context* lines around them, below heads as the unified format has them.

    A word is what *regex* matches. *ignored* as in ``group``. With *color* the marks are colours, and what could
    steer a terminal is an escape. Raises re.error where *regex* is none.
    """
    split = splitting(regex) if regex is not None else characters if unit == "char" else words
    a = comparison.a
    style = Highlighter()
    for number, hunk in enumerate(group(comparison.changes, context, ignored)):
        if number == 0:
            heads = [b"%b %b\n" % head for head in zip((b"---", b"+++"), titles, strict=True)]
            out.write(b"".join(map(style.title, heads) if color else heads))
        first, last = hunk[0], hunk[-1]
        above = min(context, first.a1, first.b1)
        start, end = back(a, first.a_start, above), forward(a, last.a_end, context)
        below = lines_between(a, last.a_end, end)
        ranges = (first.a1 - above, last.a2 + below), (first.b1 - above, last.b2 + below)
        head = b"@@ -%b +%b @@\n" % (span(*ranges[0]), span(*ranges[1]))
        out.write(style.range(head) if color else head)
        _write_hunk(comparison, hunk, (start, end), out, _Marks(split, color=color))


def _write_hunk(
    comparison: Comparison, hunk: Sequence[Change], bounds: tuple[int, int], out: Writable, marks: "_Marks"
) -> None:
    a, b = comparison.a, comparison.b
    position, end = bounds
    for change in hunk:
        out.write(marks.same(a[position : change.a_start]))
        position = change.a_end
        old, new = split_lines(a[change.a_start : change.a_end]), split_lines(b[change.b_start : change.b_end])
        out.write(encode("".join(marks.changed(old, new))))
    out.write(marks.same(a[position:end]))


class _Marks:
    """Puts the marks around what changed, or paints it."""

    def __init__(self, split: Split, *, color: bool) -> None:
        self._split = split
        self._color = color

    def same(self, text: bytes) -> bytes:
        """Return unchanged lines."""
        lines = text if text.endswith(b"\n") or not text else text + NO_NEWLINE_BELOW
        return visible(lines) if self._color else lines

    def changed(self, old: Sequence[bytes], new: Sequence[bytes]) -> Iterator[str]:
        """Yield the lines of a change."""
        for (a0, b0), (a1, b1) in pairwise([(-1, -1), *pairs(old, new), (len(old), len(new))]):
            if a0 >= 0:
                yield self._pair(decode(old[a0]), decode(new[b0]))
            for line in old[a0 + 1 : a1]:
                yield self._whole(decode(line), self._deleted)
            for line in new[b0 + 1 : b1]:
                yield self._whole(decode(line), self._inserted)

    def _whole(self, line: str, mark: Callable[[str], str]) -> str:
        if line.endswith("\n"):
            return f"{mark(line[:-1])}\n"
        return f"{mark(line)}\n{mark(NO_NEWLINE)}\n"

    def _pair(self, old: str, new: str) -> str:
        a, b = old.removesuffix("\n"), new.removesuffix("\n")
        parts = []
        done = 0
        for a1, a2, b1, b2 in edits(a, b, self._split):
            parts.append(self._plain(a[done:a1]))
            if a1 < a2:
                parts.append(self._deleted(a[a1:a2]))
            if b1 < b2:
                parts.append(self._inserted(b[b1:b2]))
            done = a2
        parts.append(self._plain(a[done:]))
        parts.append("\n")
        if a == old or b == new:
            mark = self._plain if a == old and b == new else self._deleted if a == old else self._inserted
            parts.append(f"{mark(NO_NEWLINE)}\n")
        return "".join(parts)

    def _plain(self, text: str) -> str:
        return safe_lines(text) if self._color else text

    def _deleted(self, text: str) -> str:
        return paint(text, PAINTED_DELETED) if self._color and text else f"[-{text}-]"

    def _inserted(self, text: str) -> str:
        return paint(text, PAINTED_INSERTED) if self._color and text else f"{{+{text}+}}"
