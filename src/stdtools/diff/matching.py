"""Which items of two sequences of numbers belong together."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import compress
from math import isqrt
from typing import NamedTuple

from stdtools.diff.bits import longest
from stdtools.diff.chains import longest_chain
from stdtools.diff.edits import Run, few_edits
from stdtools.diff.effort import LATE, QUICK, Effort, OutOfTime
from stdtools.diff.trimming import same_ahead, same_behind

PAIR = 500  # so many cells of the table of bits take the time of one pair of a chain
EDIT = 90  # trying as many edits as a side of the table has lines, divided by this, takes a tenth of its time
ANCHOR_PAIRS = 200_000
WINDOW = 4096
ROUNDS = 30  # so often each item may be looked at, on the average, before anchors are no longer asked for

Pair = tuple[int, int]


class Matching(NamedTuple):
    """Runs that are equal, in order; ``why`` says what kept them from being the longest, if anything did."""

    runs: list[Run]
    why: str = ""


def match(a: list[int], b: list[int], effort: Effort) -> Matching:
    """Return what *a* and *b* have in common; a number below 0 is an item that the other side has not."""
    runs: list[Run] = []
    why = ""
    work = ROUNDS * (len(a) + len(b))
    regions = [(0, len(a), 0, len(b))]
    try:
        while regions:
            effort.check()
            a1, a2, b1, b2 = regions.pop()
            work -= a2 - a1 + b2 - b1
            head = same_ahead(a, a1, b, b1, min(a2 - a1, b2 - b1))
            if head:
                runs.append((a1, b1, head))
                a1, b1 = a1 + head, b1 + head
            tail = same_behind(a, a2, b, b2, min(a2 - a1, b2 - b1))
            if tail:
                a2, b2 = a2 - tail, b2 - tail
                runs.append((a2, b2, tail))
            a_places, b_places = _in_both(a, a1, a2, b, b1, b2)
            if not a_places:
                continue
            a_items, b_items = [a[i] for i in a_places], [b[j] for j in b_places]
            found = None if effort.patience else _exactly(a_items, b_items, effort)
            if found is None:
                anchors = _anchors(a_items, b_items, effort) if work > 0 else []
                if anchors:
                    why = effort.doubt
                    ends = [(a_places[i], b_places[j]) for i, j in anchors]
                    regions.extend(_gaps(ends, a1, a2, b1, b2))
                    found = [(i, j, 1) for i, j in anchors]
                else:
                    found = _exactly(a_items, b_items, effort) if effort.patience else None
                    if found is None:
                        why = effort.doubt
                        found = [(i, j, 1) for i, j in _piecewise(a_items, b_items, effort)]
            for i, j, length in found:
                for k in range(length):
                    runs.append((a_places[i + k], b_places[j + k], 1))
    except OutOfTime:
        why = LATE
    runs.sort()
    return Matching(runs, why)


def _in_both(a: list[int], a1: int, a2: int, b: list[int], b1: int, b2: int) -> tuple[list[int], list[int]]:
    """Return the places of the items that both have: nothing else can be matched."""
    a_items, b_items = a[a1:a2], b[b1:b2]
    both = set(b_items).intersection(a_items)  # in A there are more, as -1 stands for many in B
    a_places = list(compress(range(a1, a2), map(both.__contains__, a_items)))
    return a_places, list(compress(range(b1, b2), map(both.__contains__, b_items)))


def _exactly(a: list[int], b: list[int], effort: Effort) -> list[Run] | None:
    """Return the longest common subsequence, None if that is too much work."""
    head = same_ahead(a, 0, b, 0, min(len(a), len(b)))
    runs = [(0, 0, head)] if head else []
    tail = same_behind(a, len(a), b, len(b), min(len(a), len(b)) - head)
    behind = [(len(a) - tail, len(b) - tail, tail)] if tail else []
    a, b = a[head : len(a) - tail], b[head : len(b) - tail]
    if not a or not b:
        return runs + behind
    cells = len(a) * len(b)
    counts = Counter(b)
    pairs = sum(map(counts.__getitem__, a))
    found: Sequence[Run] | None
    if pairs <= effort.pairs and (pairs * PAIR <= cells or cells > effort.cells):
        found = [(i, j, 1) for i, j in longest_chain(a, b, effort)]
    else:
        most = effort.edits if cells > min(QUICK, effort.cells) else isqrt(cells) // EDIT
        found = few_edits(a, b, most, effort)
        if found is None:
            if cells > effort.cells:
                return None
            found = [(i, j, 1) for i, j in longest(a, b, effort)]
    return [*runs, *((i + head, j + head, length) for i, j, length in found), *behind]


def _anchors(a: list[int], b: list[int], effort: Effort) -> list[Pair]:
    """Return a longest chain of the items that both have once; where there are none, of the rarest."""
    a_counts, b_counts = Counter(a), Counter(b)
    items = {item for item, number in a_counts.items() if number == 1 == b_counts[item]}
    if not items and not effort.patience:
        pairs = 0
        for number, item in sorted((number * b_counts[item], item) for item, number in a_counts.items()):
            pairs += number
            if pairs > ANCHOR_PAIRS:
                break
            items.add(item)
    return longest_chain(a, b, effort, items) if items else []


def _gaps(anchors: Sequence[Pair], a1: int, a2: int, b1: int, b2: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield the regions between *anchors* that have lines on both sides."""
    for i, j in anchors:
        if i > a1 and j > b1:
            yield a1, i, b1, j
        a1, b1 = i + 1, j + 1
    if a2 > a1 and b2 > b1:
        yield a1, a2, b1, b2


def _piecewise(a: list[int], b: list[int], effort: Effort) -> list[Pair]:
    """Return a common subsequence that is the longest within windows, at a cost that grows with the length alone.

    Of the way through each window the first half is kept.
    """
    pairs: list[Pair] = []
    i = j = 0
    while i < len(a) and j < len(b):
        found = longest(a[i : i + WINDOW], b[j : j + WINDOW], effort)
        if i + WINDOW >= len(a) and j + WINDOW >= len(b):
            pairs += [(i + x, j + y) for x, y in found]
            break
        kept = sum(x + y < WINDOW for x, y in found)
        pairs += [(i + x, j + y) for x, y in found[:kept]]
        if kept < len(found):
            x, y = found[kept]
        elif found:
            x, y = (max(place + 1, WINDOW // 2) for place in found[-1])
        else:
            x = y = WINDOW
        i, j = i + x, j + y
    return pairs
