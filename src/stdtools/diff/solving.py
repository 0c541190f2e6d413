"""What differs within a region of two texts, line by line."""

from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING

from stdtools.diff.comparison import Change
from stdtools.diff.effort import LATE, Effort
from stdtools.diff.places import Places, blocks, numbered, pieces

if TYPE_CHECKING:
    from stdtools.diff.edits import Run

SMALL = 1 << 12  # bytes
MANY = 1 << 12


def solve(a: bytes, b: bytes, region: Change, effort: Effort) -> tuple[list[Change], str]:
    """Return the changes within *region*, and what kept them from being as few as can be, if anything did.

    The first lines of the region are not equal.
    """
    a_lines, b_lines = region.a2 - region.a1, region.b2 - region.b1
    if not a_lines or not b_lines or a_lines == b_lines == 1:
        return [region], ""
    if max(region.a_end - region.a_start, region.b_end - region.b_start) <= SMALL:
        lines = pieces(a, region.a_start, region.a_end)
        if set(lines).isdisjoint(pieces(b, region.b_start, region.b_end)):
            return [region], ""
    if effort.late:
        return [region], LATE
    from stdtools.diff.matching import match

    numbers = numbered(blocks(a, region.a_start, region.a_end), blocks(b, region.b_start, region.b_end))
    matching = match(*numbers, effort)
    return list(_changes(a, b, region, matching.runs)), matching.why


def _changes(a: bytes, b: bytes, region: Change, runs: "Iterable[Run]") -> Iterator[Change]:
    """Yield what lies between the *runs* of lines that are equal, counted from the start of *region*."""
    a_places, b_places = Places(a, region.a1, region.a_start), Places(b, region.b1, region.b_start)
    a1, b1 = region.a1, region.b1
    for i, j, length in (*runs, (region.a2 - region.a1, region.b2 - region.b1, 0)):
        a2, b2 = i + region.a1, j + region.b1
        if a2 > a1 or b2 > b1:
            starts = a_places.start(a1), a_places.start(a2), b_places.start(b1), b_places.start(b2)
            yield Change(a1, a2, b1, b2, *starts)
        a1, b1 = a2 + length, b2 + length


def shared(a: bytes, b: bytes, changes: Sequence[Change]) -> set[bytes]:
    """Return the lines that are both deleted and inserted, without their newlines.

    If there are none, no fewer changes would do: what two texts can have in common is at most each line as often as
    the text has it that has it less often, and all of that is matched.
    """
    of_a = [(change.a_start, change.a_end) for change in changes if change.a_start < change.a_end]
    of_b = [(change.b_start, change.b_end) for change in changes if change.b_start < change.b_end]
    sides = sorted([(_size(of_a), a, of_a), (_size(of_b), b, of_b)], key=itemgetter(0))
    (size, text, spans), (_, other, others) = sides
    if not size:
        return set()
    lines: set[bytes] = set()
    for block in _lines(text, spans):
        lines.update(block)
    found: set[bytes] = set()
    for block in _lines(other, others):
        if not lines.isdisjoint(block):
            found |= lines.intersection(block)
    return found


def _size(spans: list[tuple[int, int]]) -> int:
    return sum(end - start for start, end in spans)


def _lines(text: bytes, spans: list[tuple[int, int]]) -> Iterator[list[bytes]]:
    """Yield the lines of many parts of *text*, of short ones those of many at once."""
    short: list[bytes] = []
    for start, end in spans:
        if end - start > SMALL:
            yield from blocks(text, start, end)
        else:
            short.append(text[start:end])
            if len(short) == MANY:
                yield _pieces_of(short)
                short.clear()
    yield _pieces_of(short)


def _pieces_of(parts: list[bytes]) -> list[bytes]:
    text = b"".join(parts)
    return pieces(text, 0, len(text))
