"""The regions in which two long texts differ, with no line looked at that both have between them.

After a difference the nearest place is sought from which both go on in the same way, in windows that grow; from there
slices are compared that double. So few differences in much text cost little more than reading it.
"""

from collections.abc import Iterator
from itertools import accumulate

from stdtools.diff.comparison import Change, lines_between
from stdtools.diff.effort import Effort
from stdtools.diff.places import pieces
from stdtools.diff.trimming import lines_ahead

LINES = 6  # so many lines on, the nearest places are tried one by one
ALIKE = 3  # lines, and
ENOUGH = 64  # bytes that have to be equal: braces and empty lines are so everywhere
WINDOW = 1 << 12
GROWTH = 4
WIDEST = 1 << 20  # bytes; beyond, only a few lines are searched for
LOOKED_AT = 4  # times the length of both texts: so much is looked at in windows, in all

Place = tuple[int, int]  # in A and in B


def regions(a: bytes, b: bytes, core: Change, effort: Effort) -> Iterator[Change]:
    """Yield what differs within *core*, with lines between that are equal; what is late comes as one."""
    i, j, line, other = core.a_start, core.b_start, core.a1, core.b1
    left = LOOKED_AT * (core.a_end - i + core.b_end - j)
    while True:
        place = None
        if not effort.late:
            place = _near(a, i, core.a_end, b, j, core.b_end)
            if not place and left > 0:
                place, looked_at = _farther(a, i, core.a_end, b, j, core.b_end)
                left -= looked_at
        i2, j2 = place or (core.a_end, core.b_end)
        line2, other2 = line + lines_between(a, i, i2), other + lines_between(b, j, j2)
        yield Change(line, line2, other, other2, i, i2, j, j2)
        same = lines_ahead(a, i2, b, j2, min(core.a_end - i2, core.b_end - j2))
        i, j = i2 + same, j2 + same
        if i == core.a_end and j == core.b_end:
            return
        lines = a.count(b"\n", i2, i)
        line, other = line2 + lines, other2 + lines


def _near(a: bytes, i: int, a_end: int, b: bytes, j: int, b_end: int) -> Place | None:
    """Try the next lines of either text, those first that leave out the fewest."""
    a_starts, b_starts = [i], [j]
    probes: list[bytes] = []
    for steps in range(1, 2 * LINES - 1):
        if steps < LINES:
            if start := a.find(b"\n", a_starts[-1], a_end) + 1:
                a_starts.append(start)
            if start := b.find(b"\n", b_starts[-1], b_end) + 1:
                b_starts.append(start)
        for x in range(max(steps - len(b_starts) + 1, 0), min(steps + 1, len(a_starts))):
            while x >= len(probes):
                probes.append(_probe(a, a_starts[len(probes)], a_end))
            place, probe = b_starts[steps - x], probes[x]
            if b.startswith(probe, place) and probe and place + len(probe) <= b_end:
                return a_starts[x], place
    return None


def _probe(text: bytes, start: int, end: int) -> bytes:
    """Return the whole lines from *start* on that have to be found again; empty if there are not so many."""
    stop = start
    for _ in range(ALIKE):
        stop = text.find(b"\n", stop, end) + 1
        if not stop:
            return b""
    if stop - start < ENOUGH:
        stop = text.find(b"\n", start + ENOUGH - 1, end) + 1
    return text[start:stop]


def _farther(a: bytes, i: int, a_end: int, b: bytes, j: int, b_end: int) -> tuple[Place | None, int]:
    """Look in more and more of what comes next; return how many bytes were looked at, too."""
    size, looked_at = WINDOW, 0
    while True:
        a_stop, b_stop = min(i + size, a_end), min(j + size, b_end)
        looked_at += a_stop - i + b_stop - j
        place = _by_lines(a, i, a_stop, b, j, b_stop) if size <= WIDEST else None
        place = place or _by_searching(a, i, a_stop, b, j, b_stop)
        if place or (a_stop == a_end and b_stop == b_end):
            return place, looked_at
        size = size * GROWTH if size < WIDEST else len(a) + len(b)


def _by_lines(a: bytes, i: int, a_end: int, b: bytes, j: int, b_end: int) -> Place | None:
    """Try the lines that come once in either text."""
    a_lines, b_lines = pieces(a, i, a_end), pieces(b, j, b_end)
    a_once, b_once = _once(a_lines), _once(b_lines)
    places = sorted((x + b_once[line], x) for line, x in a_once.items() if line in b_once)
    if places:
        a_starts = list(accumulate([len(line) + 1 for line in a_lines], initial=i))
        b_starts = list(accumulate([len(line) + 1 for line in b_lines], initial=j))
        for steps, x in places:
            probe, place = _probe(a, a_starts[x], a_end), b_starts[steps - x]
            if probe and b.startswith(probe, place) and place + len(probe) <= b_end:
                return a_starts[x], place
    return None


def _by_searching(a: bytes, i: int, a_end: int, b: bytes, j: int, b_end: int) -> Place | None:
    """Search in either text for a few lines of the other, farther and farther ahead."""
    found: list[Place] = []
    for text, start, end, other, first, last in ((a, i, a_end, b, j, b_end), (b, j, b_end, a, i, a_end)):
        for ahead in (0, WINDOW // GROWTH, WINDOW, WINDOW * GROWTH, WIDEST // GROWTH, WIDEST):
            place = text.find(b"\n", start + ahead, end) + 1 if ahead else start
            probe = _probe(text, place, end) if place else b""
            if probe:
                at = other.find(b"\n" + probe, max(first - 1, 0), last) + 1
                if at:
                    found.append((place, at) if text is a else (at, place))
                    break
    return min(found, key=sum, default=None)


def _once(lines: list[bytes]) -> dict[bytes, int]:
    """Return the places of the lines that come once."""
    last = dict(zip(lines, range(len(lines)), strict=True))
    if len(last) == len(lines):
        return last
    first = dict(zip(reversed(lines), range(len(lines) - 1, -1, -1), strict=True))
    return {line: place for line, place in last.items() if first[line] == place}
