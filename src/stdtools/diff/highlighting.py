r"""Colours for people at a terminal, and everything in a file that could steer one shown as an escape (``\x1b``).

What is painted is made safe first: no byte of a file reaches the terminal but as text. A deleted line is red and an
inserted one green, what changed within a line is reversed as well; the signs stay, as colours alone say nothing to
many.
"""

from collections.abc import Sequence

from stdtools.diff.pairing import Span, pairs, spans
from stdtools.diff.tokens import decode
from stdtools.shared.screen import safe_lines

# SGR codes: https://www.ecma-international.org/publications-and-standards/standards/ecma-48/
DELETED, INSERTED, RANGE, TITLE = "31", "32", "36", "1"
REVERSED, AS_BEFORE = "\x1b[7m", "\x1b[27m"


def paint(text: str, codes: str) -> str:
    """Return *text*, made safe, between the SGR sequences for *codes*."""
    return f"\x1b[{codes}m{safe_lines(text)}\x1b[0m" if text else ""


def visible(lines: bytes) -> bytes:
    r"""Return *lines* with what could steer a terminal shown as an escape; of line ends only ``\n`` stays."""
    return safe_lines(decode(lines)).encode()


class Highlighter:
    """Paints the lines of a hunk, each behind its sign; with *words* also what changed within them."""

    def __init__(self, *, words: bool = True, signs: tuple[bytes, bytes] = (b"-", b"+")) -> None:
        self._words = words
        self._signs = (signs[0].decode(), signs[1].decode())

    def lines(self, old: Sequence[bytes], new: Sequence[bytes]) -> tuple[list[bytes], list[bytes]]:
        """Return the *old* lines of a change as deleted ones, the *new* ones as inserted, ready to be written."""
        old_spans: dict[int, Sequence[Span]] = {}
        new_spans: dict[int, Sequence[Span]] = {}
        if self._words:
            for a, b in pairs(old, new):
                old_spans[a], new_spans[b] = spans(decode(old[a]).removesuffix("\n"), decode(new[b]).removesuffix("\n"))
        return (
            [_line(line, self._signs[0], DELETED, old_spans.get(at, ())) for at, line in enumerate(old)],
            [_line(line, self._signs[1], INSERTED, new_spans.get(at, ())) for at, line in enumerate(new)],
        )

    def title(self, line: bytes) -> bytes:
        """Return a line with the name of a file."""
        return _line(line, "", TITLE)

    def range(self, line: bytes) -> bytes:
        """Return the line that says which lines follow; what stands behind its second ``@@`` stays plain."""
        end = line.find(b"@@", 2) + 2 if line.startswith(b"@@") else len(line)
        return _line(line[:end], "", RANGE) + visible(line[end:])


def _line(line: bytes, sign: str, codes: str, changed: Sequence[Span] = ()) -> bytes:
    text = decode(line)
    end = "\n" if text.endswith("\n") else ""
    parts = [f"\x1b[{codes}m{sign}"]
    done = 0
    for start, stop in changed:
        parts += (safe_lines(text[done:start]), REVERSED, safe_lines(text[start:stop]), AS_BEFORE)
        done = stop
    parts += (safe_lines(text[done : len(text) - len(end)]), f"\x1b[0m{end}")
    return "".join(parts).encode()
