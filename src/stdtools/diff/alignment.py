"""What two short sequences have in common, in order: the tokens of two lines, the lines of two blocks.

The longest common subsequence by the bit-parallel method of Hyyrö (https://doi.org/10.1007/978-3-540-27810-8_7):
a row of its table is one integer, a bit for each item of the first sequence that is 0 where the length grows. So a row
costs a few operations on long integers, whatever the items are, and nothing is as bad as the worst case of others.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

MOST = 4_000_000  # cells of a table, a bit each
RUN = 8  # items that are rare together though none is by itself
SAMPLED = 16  # runs, of which one is looked at

Pair = tuple[int, int]
Block = tuple[int, int, int]  # where it is in either sequence, and its length, as difflib has them


def common_prefix(a: Sequence[object], b: Sequence[object]) -> int:
    """Return how many items *a* and *b* begin with that are the same."""
    low, high = 0, min(len(a), len(b))
    if a[:high] == b[:high]:
        return high
    step = 16
    while a[low : low + step] == b[low : low + step]:  # ends, as they differ somewhere
        low += step
        step *= 2
    high = min(high, low + step) - 1
    while low < high:
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def common_suffix(a: Sequence[object], b: Sequence[object]) -> int:
    """Return how many items *a* and *b* end with that are the same."""
    return common_prefix(a[::-1], b[::-1])


def common_blocks(a: Sequence[Hashable], b: Sequence[Hashable]) -> Iterator[Block]:
    """Yield blocks of equal items, rising in both: as much as there can be while the table has its size.

    Longer sequences are cut at the runs of items, then at the items, that each has once; what is then still too
    large is all different.
    """
    yield from _aligned(a, b, 0, 0, _by_rare_runs)


def rising(pairs: Sequence[Pair]) -> list[Pair]:
    """Return the most of *pairs*, whose first numbers rise, so that the second rise too."""
    ends: list[int] = []  # the least second number in which a chain of each length ends
    last: list[int] = []  # the index of that pair
    before: list[int] = []  # for each pair the index of the one before it in its chain
    for index, (_, second) in enumerate(pairs):
        length = bisect_left(ends, second)
        before.append(last[length - 1] if length else -1)
        if length == len(ends):
            ends.append(second)
            last.append(index)
        else:
            ends[length], last[length] = second, index
    chain: list[Pair] = []
    index = last[-1] if last else -1
    while index >= 0:
        chain.append(pairs[index])
        index = before[index]
    return chain[::-1]


def unique_in_both(a: Sequence[Hashable], b: Sequence[Hashable]) -> list[Pair]:
    """Return where those items are that *a* has once and *b* has once, in the order of *a*."""
    b_at = _unique(b)
    return [(at, b_at[item]) for item, at in _unique(a).items() if item in b_at]


def _unique(items: Sequence[Hashable]) -> dict[Hashable, int]:
    counts = Counter(items)
    return {item: at for at, item in enumerate(items) if counts[item] == 1}


Solve = Callable[[Sequence[Hashable], Sequence[Hashable], int, int], Iterable[Block]]


def _aligned(a: Sequence[Hashable], b: Sequence[Hashable], a_at: int, b_at: int, solve: Solve) -> Iterator[Block]:
    """Yield the blocks of *a* and *b*, which stand at *a_at* and *b_at*; *solve* finds those of what is too large."""
    start = common_prefix(a, b)
    end = common_suffix(a[start:], b[start:])
    a_end, b_end = len(a) - end, len(b) - end
    if start:
        yield a_at, b_at, start
    if (a_end - start) * (b_end - start) <= MOST:
        yield from _longest(a[start:a_end], b[start:b_end], a_at + start, b_at + start)
    else:
        yield from solve(a[start:a_end], b[start:b_end], a_at + start, b_at + start)
    if end:
        yield a_at + a_end, b_at + b_end, end


def _by_rare_runs(a: Sequence[Hashable], b: Sequence[Hashable], a_at: int, b_at: int) -> Iterator[Block]:
    """Yield what is common between runs that both have once.

    One run of SAMPLED is looked at, whose hash says so: the same in both, wherever they stand. The hashes are of
    numbers, as those of strings are others in each process.
    """
    numbers: dict[Hashable, int] = {}
    places = []
    heads = []
    for items in (a, b):
        ids = [numbers.setdefault(item, len(numbers)) for item in items]
        hashes = list(map(hash, zip(*(ids[at:] for at in range(RUN)), strict=False)))
        places.append([at for at, value in enumerate(hashes) if value % SAMPLED == 0])
        heads.append([hashes[at] for at in places[-1]])
    anchors = [(places[0][x], places[1][y]) for x, y in unique_in_both(heads[0], heads[1])]
    return _between(anchors, a, b, a_at, b_at, _by_rare_items)


def _by_rare_items(a: Sequence[Hashable], b: Sequence[Hashable], a_at: int, b_at: int) -> Iterator[Block]:
    """Yield what is common between items that both have once."""
    return _between(unique_in_both(a, b), a, b, a_at, b_at, _give_up)


def _between(
    anchors: Sequence[Pair], a: Sequence[Hashable], b: Sequence[Hashable], a_at: int, b_at: int, solve: Solve
) -> Iterator[Block]:
    """Yield the *anchors* that rise in both, those that are of equal items, and what is common between them."""
    x = y = 0
    sound = rising([(x, y) for x, y in anchors if a[x] == b[y]])
    for x1, y1, count in [*_runs(sound), (len(a), len(b), 0)]:
        if x < x1 or y < y1:
            yield from _aligned(a[x:x1], b[y:y1], a_at + x, b_at + y, solve)
        if count:
            yield a_at + x1, b_at + y1, count
        x, y = x1 + count, y1 + count


def _runs(pairs: Iterable[Pair]) -> Iterator[Block]:
    """Yield the blocks that neighbouring *pairs* make."""
    first = second = count = 0
    for x, y in pairs:
        if count and x == first + count and y == second + count:
            count += 1
            continue
        if count:
            yield first, second, count
        first, second, count = x, y, 1
    if count:
        yield first, second, count


def _give_up(a: Sequence[Hashable], b: Sequence[Hashable], a_at: int, b_at: int) -> Iterable[Block]:
    return ()


def _longest(a: Sequence[Hashable], b: Sequence[Hashable], a_at: int, b_at: int) -> Iterable[Block]:
    rows = [(1 << len(a)) - 1, *_rows(a, b)]
    blocks: list[Block] = []
    x, y = len(a), len(b)
    while x and y:
        bit = 1 << (x - 1)
        if rows[y] & bit:
            x -= 1
        elif not rows[y - 1] & bit:
            y -= 1
        else:
            x -= 1
            y -= 1
            blocks.append((a_at + x, b_at + y, 1))
    return reversed(blocks)


def _rows(a: Sequence[Hashable], b: Sequence[Hashable]) -> Iterator[int]:
    masks: dict[Hashable, int] = {}
    bit = 1
    for item in a:
        masks[item] = masks.get(item, 0) | bit
        bit <<= 1
    row = full = bit - 1
    for item in b:
        if mask := masks.get(item):
            found = row & mask
            row = ((row + found) | (row - found)) & full
        yield row
