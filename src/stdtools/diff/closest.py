"""The lines that are most like a word: what ``difflib.get_close_matches`` finds, among millions of them.

difflib's ratio counts characters that two texts have in one order: at most as many as their longest common
subsequence has, whose length is found for many lines at once. The ratio itself is computed for those lines that
promise most, until the others can no longer be among the best: for a handful.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from heapq import heappush, heapreplace
from itertools import compress, groupby, islice
from typing import NamedTuple

from stdtools.diff.subsequences import CommonLengths
from stdtools.shared import screen
from stdtools.shared.records import RecordWriter
from stdtools.shared.streams import LARGEST_READ, Input, Output

COLUMNS = ("match", "ratio", "line")
PIECE = 50_000  # lines


class Match(NamedTuple):
    """A line that is like the word, how much, and its number, from 1."""

    match: str
    ratio: float
    line: int


def closest(
    word: str, lines: Iterable[str], count: int = 3, cutoff: float = 0.6, *, ignore_case: bool = False
) -> list[Match]:
    """Return the *count* of *lines* that are most like *word*, the best first, of a ratio of *cutoff* at least.

    They are those of ``difflib.get_close_matches``, in its order; with *ignore_case* its answer for case-folded
    texts. Of *lines* a piece at a time is held. Raises ValueError where *count* or *cutoff* make no sense.
    """
    search = Search(word, count, cutoff, ignore_case=ignore_case)
    rest = iter(lines)
    while piece := list(islice(rest, PIECE)):
        search.feed(piece)
    return search.matches()


def main(
    word: str, source: Input, output: Output, format: str | None, count: int, cutoff: float, ignore_case: bool
) -> bool:
    """Write the lines of *source* that are closest to *word*, or records of them in *format*; say if there are any."""
    search = Search(word, count, cutoff, ignore_case=ignore_case)
    for block in _blocks(source):
        text = block.decode("utf-8", "surrogateescape")
        lines = text.removesuffix("\n").split("\n")
        search.feed(lines, text.casefold().removesuffix("\n").split("\n") if ignore_case else lines)
    found = search.matches()
    if format is not None:
        writer = RecordWriter(output, COLUMNS, format)
        writer.write(found)
        writer.close()
    else:
        for match, _, _ in found:
            shown = screen.safe(match) if output.is_terminal else match
            output.write(f"{shown}\n".encode("utf-8", "surrogateescape"))
    return bool(found)


def _blocks(source: Input) -> Iterator[bytes]:
    """Yield all of *source* in blocks of whole lines."""
    held: list[bytes] = []
    while block := source.read(LARGEST_READ):
        end = block.rfind(b"\n") + 1
        if end:
            yield b"".join([*held, block[:end]])
            held = []
        if end < len(block):
            held.append(block[end:])
    if held:
        yield b"".join(held)


class Search:
    """Keeps the *count* lines closest to *word* of those that it is fed."""

    def __init__(self, word: str, count: int, cutoff: float, *, ignore_case: bool = False) -> None:
        if count < 1:
            raise ValueError(f"the count must be 1 or more, not {count}")
        if not 0 <= cutoff <= 1:
            raise ValueError(f"the cutoff must lie between 0 and 1, not at {cutoff}")
        self._ignore_case = ignore_case
        self._word = word.casefold() if ignore_case else word
        self._matcher = SequenceMatcher(b=self._word)
        self._common = CommonLengths(self._word)
        self._count = count
        self._cutoff = cutoff
        self._best: list[tuple[float, str, int]] = []  # a heap: ratio, line and its number from 0, less than nothing
        self._fed = 0

    def matches(self) -> list[Match]:
        """Return the closest of all lines so far, the best first."""
        return [Match(line, ratio, 1 - number) for ratio, line, number in sorted(self._best, reverse=True)]

    def feed(self, lines: Sequence[str], keys: Sequence[str] | None = None) -> None:
        """Take *lines*; *keys* are what of them is compared, where that is known already."""
        if keys is None:
            keys = [line.casefold() for line in lines] if self._ignore_case else lines
        is_full = len(self._best) == self._count
        promises = []
        for bound, index in self._promising(keys, self._best[0][0] if is_full else self._cutoff):
            promises.append((bound, lines[index], -self._fed - index, keys[index]))
        promises.sort(reverse=True)
        for bound, line, number, key in promises:
            is_full = len(self._best) == self._count
            if is_full and (bound, line, number) < self._best[0]:
                break
            self._matcher.set_seq1(key)
            ratio = self._matcher.ratio()
            if not is_full:
                if ratio >= self._cutoff:
                    heappush(self._best, (ratio, line, number))
            elif (ratio, line, number) > self._best[0]:
                heapreplace(self._best, (ratio, line, number))
        self._fed += len(lines)

    def _promising(self, keys: Sequence[str], floor: float) -> Iterator[tuple[float, int]]:
        """Yield the bounds of the ratios that may reach *floor*, and the indexes of their *keys*."""
        lengths = list(map(len, keys))
        by_length = sorted(range(len(lengths)), key=lengths.__getitem__)
        for length, group in groupby(by_length, lengths.__getitem__):
            total = len(self._word) + length
            ratios = [_ratio(common, total) for common in range(min(length, len(self._word)) + 1)]
            needed = bisect_left(ratios, floor)
            if needed == len(ratios):
                continue
            indexes = list(group)
            commons = self._common([keys[index] for index in indexes])
            for common, index in compress(zip(commons, indexes, strict=True), map(needed.__le__, commons)):
                yield ratios[common], index


def _ratio(common: int, total: int) -> float:
    return 2.0 * common / total if total else 1.0  # as difflib computes it, to the last bit
