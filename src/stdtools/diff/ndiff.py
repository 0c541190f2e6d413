r"""The format of ``difflib.ndiff``: all lines of both files, and guides below those that changed only in part.

Which old line became which new one is found by ``pairing``. The guides are difflib's own as long as it is quick, so
where both find the same pairs, both write the same. A last line without its newline is given one, and a line that
begins with ``\`` says so: ``difflib.restore`` passes over it.
"""

import contextlib
import re
from collections.abc import Collection, Iterator, Sequence
from difflib import IS_CHARACTER_JUNK, Match, SequenceMatcher

from stdtools.diff.comparison import Comparison, split_lines
from stdtools.diff.hunks import marked
from stdtools.diff.pairing import edits, pairs
from stdtools.diff.tokens import characters, decode, encode
from stdtools.diff.unified_format import Writable

ALIKE = 0.75  # at which ratio ndiff takes two lines for one line, changed
CANDIDATE = 0.3  # at which likeness the ratio is looked at
LONGEST = 2_000  # characters of a line that difflib may compare
PATIENCE = 5_000_000  # comparisons of characters by difflib, in one file
BLOCK = 1 << 18  # bytes

_other_blanks = re.compile(r"[^\S ]").finditer


class _Impatient(Exception):
    """The lines are too long, or too repetitive, for difflib."""


class _Cruncher(SequenceMatcher[str]):
    """difflib's matcher, which stops before it costs too much."""

    left = PATIENCE

    def __init__(self) -> None:
        super().__init__(IS_CHARACTER_JUNK)

    def find_longest_match(self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None) -> Match:
        """Find it as difflib does, which looks at all places in B of each character of A."""
        places: dict[str, list[int]] = self.b2j  # type: ignore[attr-defined]
        text: str = self.a  # type: ignore[attr-defined]
        cost = sum([len(places.get(character, ())) for character in text[alo:ahi]])
        if cost > self.left:
            raise _Impatient
        self.left -= cost
        return super().find_longest_match(alo, ahi, blo, bhi)


def write(comparison: Comparison, out: Writable, ignored: Collection[int] = ()) -> None:
    """Write all lines: those of A alone behind ``- ``, those of B alone behind ``+ ``, those of both behind blanks.

    Of the changes at the places *ignored*, A's lines stand among those of both.
    """
    a, b = comparison.a, comparison.b
    cruncher = _Cruncher()
    position = 0
    for place, change in enumerate(comparison.changes):
        if place in ignored:
            continue
        _dump(b"  ", a, position, change.a_start, out)
        position = change.a_end
        if change.a1 < change.a2 and change.b1 < change.b2:
            old = split_lines(a[change.a_start : change.a_end])
            new = split_lines(b[change.b_start : change.b_end])
            out.write(b"".join(_replaced(old, new, cruncher)))
        else:
            _dump(b"- ", a, change.a_start, change.a_end, out)
            _dump(b"+ ", b, change.b_start, change.b_end, out)
    _dump(b"  ", a, position, len(a), out)


def _dump(mark: bytes, text: bytes, start: int, end: int, out: Writable) -> None:
    while start < end:
        stop = text.find(b"\n", min(start + BLOCK, end) - 1, end) + 1 or end
        out.write(marked(mark, text[start:stop]))
        start = stop


def _replaced(old: Sequence[bytes], new: Sequence[bytes], cruncher: _Cruncher) -> Iterator[bytes]:
    x = y = 0
    for a, b in pairs(old, new, least=CANDIDATE):
        tags = _tags(decode(old[a]), decode(new[b]), cruncher)
        if tags is None:
            continue
        yield from _unlike(old[x:a], new[y:b])
        x, y = a + 1, b + 1
        if old[a] == new[b]:
            yield marked(b"  ", old[a])
            continue
        for mark, line, line_tags in ((b"- ", old[a], tags[0]), (b"+ ", new[b], tags[1])):
            yield marked(mark, line)
            if guide := _guide(decode(line), line_tags):
                yield encode(f"? {guide}\n")
    yield from _unlike(old[x:], new[y:])


def _unlike(old: Sequence[bytes], new: Sequence[bytes]) -> Iterator[bytes]:
    """Yield the lines of both sides, the shorter side first, as ndiff does it."""
    sides = [(b"- ", old), (b"+ ", new)]
    for mark, lines in reversed(sides) if len(new) < len(old) else sides:
        for line in lines:
            yield marked(mark, line)


def _tags(old: str, new: str, cruncher: _Cruncher) -> tuple[str, str] | None:
    """Return what became of each character of *old* and of *new*; None where too little of them is the same."""
    changed = _changed(old, new, cruncher)
    same = len(old) - sum([a2 - a1 for a1, a2, _, _ in changed])
    if 2 * same < ALIKE * (len(old) + len(new)):
        return None
    a_tags: list[str] = []
    b_tags: list[str] = []
    a = b = 0
    for a1, a2, b1, b2 in changed:
        a_tags += " " * (a1 - a), ("-" if b1 == b2 else "^") * (a2 - a1)
        b_tags += " " * (b1 - b), ("+" if a1 == a2 else "^") * (b2 - b1)
        a, b = a2, b2
    return "".join(a_tags), "".join(b_tags)


def _changed(old: str, new: str, cruncher: _Cruncher) -> Sequence[tuple[int, int, int, int]]:
    if len(old) + len(new) <= 2 * LONGEST:
        cruncher.set_seqs(old, new)
        with contextlib.suppress(_Impatient):
            return [opcode[1:] for opcode in cruncher.get_opcodes() if opcode[0] != "equal"]
    return edits(old, new, characters)


def _guide(line: str, tags: str) -> str:
    """Return *tags* with the blanks that *line* has there, so that tabs stay as wide as they are."""
    tags = tags.rstrip(" ")
    parts: list[str] = []
    done = 0
    for found in _other_blanks(line, 0, len(tags)):
        at = found.start()
        if tags[at] == " ":
            parts += tags[done:at], line[at]
            done = at + 1
    return ("".join(parts) + tags[done:]).rstrip()
