"""Which new line an old one has become, and what of it changed.

The plain way, the best of all pairs by their exact likeness, is what makes difflib's ndiff cubic. Here lines find
each other by words that no other line has, and only what is left between them is compared pair by pair, where it is
little. So the cost grows with the size of the lines.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import accumulate, chain, pairwise
from typing import AnyStr, NamedTuple

from stdtools.diff.alignment import Pair, common_blocks, common_prefix, common_suffix, rising
from stdtools.diff.tokens import Split, characters, decode, encode, words

ALIKE = 0.4  # at which likeness two lines are one line, changed
SURE = 0.5  # at which likeness two lines that share a rare word are
CANDIDATES = 3  # lines that are looked at, of those that share a rare word with another
MOST_PAIRS = 2_000  # of lines between two sure pairs; beyond, they are paired by position or not at all
MOST_LINES = 20_000  # of a block in which words are looked at; beyond, lines are paired by position
MOST_BY_POSITION = 100_000
SAMPLE = 5_000  # bytes at either end of a line that tell what it is like
MOST_CHARACTERS = 500_000  # of what differs in two lines that is cut into words; more is all changed
WORD = 200  # characters within which one is expected to end
LONGEST_COMMON = 200  # characters; what is longer is never too little to be shown as unchanged

Span = tuple[int, int]
Likeness = frozenset[tuple[str, str]]


class Edit(NamedTuple):
    """The characters *a1* to *a2* of a line are others, *b1* to *b2*, in its new form; one side may have none."""

    a1: int
    a2: int
    b1: int
    b2: int

    @property
    def size(self) -> int:
        """The characters of the longer side."""
        return max(self.a2 - self.a1, self.b2 - self.b1)


def spans(old: AnyStr, new: AnyStr, split: Split = words) -> tuple[list[Span], list[Span]]:
    """Return what differs between two lines: start and end of each changed stretch of *old*, and of *new*.

    They count characters where the lines are text, bytes where they are bytes.
    """
    if isinstance(old, bytes):
        changed = edits(a := decode(old), b := decode(new), split)
        if not (a.isascii() and b.isascii()):
            changed = _in_bytes(changed, a, b)
    else:
        changed = edits(old, new, split)
    return [edit[:2] for edit in changed if edit.a1 < edit.a2], [edit[2:] for edit in changed if edit.b1 < edit.b2]


def edits(old: str, new: str, split: Split = words) -> list[Edit]:
    """Return the edits that make *new* of *old*, in the pieces that *split* makes, but none that only confuse."""
    if split is not characters:
        return _readable(_edits(old, new, split), old, least_share=3)
    # Characters are compared within the words that changed: a word does not lend its letters to another one.
    fine: list[Edit] = []
    for word in _edits(old, new, words):
        text = old[word.a1 : word.a2]
        inner = _readable(_edits(text, new[word.b1 : word.b2], characters), text, least_share=1)
        fine += (Edit(word.a1 + a1, word.a1 + a2, word.b1 + b1, word.b1 + b2) for a1, a2, b1, b2 in inner)
    return _readable(fine, old, least_share=3)


def pairs(old: Sequence[bytes], new: Sequence[bytes], *, least: float = ALIKE) -> list[Pair]:
    """Return indexes of lines of *old* and *new* that are one line, changed; both rise.

    *least* is from 0 to 1, how like each other two lines have to be.
    """
    if len(old) > MOST_LINES or len(new) > MOST_LINES:
        return _by_position(old, new, least)
    found: list[Pair] = []
    sure = _sure_pairs(old, new, least) if len(old) * len(new) > 1 else []
    for (a0, b0), (a1, b1) in pairwise([(-1, -1), *sure, (len(old), len(new))]):
        if a0 >= 0:
            found.append((a0, b0))
        gap = _gap(old[a0 + 1 : a1], new[b0 + 1 : b1], least)
        found += [(a0 + 1 + a, b0 + 1 + b) for a, b in gap]
    return found


def _edits(old: str, new: str, split: Split) -> Iterator[Edit]:
    start, end = _ends(old, new) if len(old) + len(new) > MOST_CHARACTERS else (0, 0)
    a_end, b_end = len(old) - end, len(new) - end
    if a_end + b_end - 2 * start > MOST_CHARACTERS:
        yield Edit(start, a_end, start, b_end)
        return
    a, b = split(old[start:a_end]), split(new[start:b_end])
    a_at, b_at = list(accumulate(map(len, a), initial=start)), list(accumulate(map(len, b), initial=start))
    x = y = 0
    for a1, b1, count in chain(common_blocks(a, b), [(len(a), len(b), 0)]):
        if x < a1 or y < b1:
            yield Edit(a_at[x], a_at[a1], b_at[y], b_at[b1])
        x, y = a1 + count, b1 + count


def _ends(old: str, new: str) -> tuple[int, int]:
    """Return how many characters two long lines begin and end with that are the same, up to a blank if one is near."""
    start = common_prefix(old, new)
    end = common_suffix(old[start:], new[start:])
    start = old.rfind(" ", max(start - WORD, 0), start) + 1 or start
    blank = old.find(" ", len(old) - end, len(old) - end + WORD)
    return start, len(old) - blank if blank >= 0 else end


def _readable(changed: Iterable[Edit], old: str, *, least_share: int) -> list[Edit]:
    """Join edits between which there are but blanks, or too little to be more than chance.

    That is where both edits are *least_share* times as long as what the lines have in common between them.
    """
    joined: list[Edit] = []
    for edit in changed:
        while joined:
            before = joined[-1]
            if edit.a1 - before.a2 > LONGEST_COMMON:
                break
            common = sum(map(len, old[before.a2 : edit.a1].split()))
            if common * least_share > min(before.size, edit.size):
                break
            edit = Edit(before.a1, edit.a2, before.b1, edit.b2)
            joined.pop()
        joined.append(edit)
    return joined


def _in_bytes(changed: Sequence[Edit], a: str, b: str) -> list[Edit]:
    sides = []
    for text, edges in ((a, [edit[:2] for edit in changed]), (b, [edit[2:] for edit in changed])):
        bounds = [0, *chain.from_iterable(edges)]
        sizes = [len(encode(text[start:end])) for start, end in pairwise(bounds)]
        sides.append(list(accumulate(sizes)))
    return [Edit(*edge) for edge in zip(sides[0][::2], sides[0][1::2], sides[1][::2], sides[1][1::2], strict=True)]


def _sample(line: bytes) -> str:
    return decode(line if len(line) <= 2 * SAMPLE else line[:SAMPLE] + line[-SAMPLE:])


def _likeness(line: bytes) -> Likeness:
    """Return the pairs of neighbours in *line*, but for its indentation."""
    text = _sample(line).strip()
    return frozenset(zip(" " + text, text + " ", strict=True))


def _alike(a: Likeness, b: Likeness) -> float:
    """Return how much of both is the same, from 0 to 1: Dice's coefficient."""
    return 2 * len(a & b) / (len(a) + len(b))


def _sure_pairs(old: Sequence[bytes], new: Sequence[bytes], least: float) -> list[Pair]:
    """Return pairs of lines that share a word, or two in a row, that no other line of its block has."""
    a_lines, b_lines = _rare_words(old), _rare_words(new)
    shared = ((a, b_lines.get(word, -1)) for word, a in a_lines.items() if a >= 0)
    votes = Counter(pair for pair in shared if pair[1] >= 0)
    candidates: dict[int, list[int]] = {}
    for (a, b), _ in votes.most_common():
        candidates.setdefault(a, []).append(b)
    likely = []
    for a, others in sorted(candidates.items()):
        likeness = _likeness(old[a])
        best, b = max((_alike(likeness, _likeness(new[b])), b) for b in others[:CANDIDATES])
        if best >= max(least, SURE):
            likely.append((a, b))
    return rising(likely)


def _rare_words(lines: Sequence[bytes]) -> dict[Hashable, int]:
    """Return the number of the line of each word, and of each hash of two in a row; -1 where more lines have it."""
    found: dict[Hashable, int] = {}
    for number, line in enumerate(lines):
        inside = [word for word in words(_sample(line)) if word[0].isalnum()]
        own = dict.fromkeys(chain(inside, map(hash, pairwise(inside))), number)
        again = found.keys() & own.keys()
        found.update(own)
        found.update(dict.fromkeys(again, -1))
    return found


def _gap(old: Sequence[bytes], new: Sequence[bytes], least: float) -> list[Pair]:
    if not old or not new:
        return []
    if len(old) * len(new) > MOST_PAIRS:
        return _by_position(old, new, least)
    return _best(list(map(_likeness, old)), list(map(_likeness, new)), least)


def _by_position(old: Sequence[bytes], new: Sequence[bytes], least: float) -> list[Pair]:
    if len(old) != len(new) or len(old) > MOST_BY_POSITION:
        return []
    lines = enumerate(zip(old, new, strict=True))
    return [(at, at) for at, (a, b) in lines if _alike(_likeness(a), _likeness(b)) >= least]


def _best(a: Sequence[Likeness], b: Sequence[Likeness], least: float) -> list[Pair]:
    """Return the rising pairs whose squared likenesses have the greatest sum: a good one outdoes two poor ones."""
    score = [[0.0] * (len(b) + 1)]
    for x in a:
        above, row = score[-1], [0.0]
        for at, y in enumerate(b):
            like = _alike(x, y)
            best = max(above[at + 1], row[at])
            row.append(max(best, above[at] + like * like) if like >= least else best)
        score.append(row)
    found: list[Pair] = []
    x_at, y_at = len(a), len(b)
    while x_at and y_at:
        here = score[x_at][y_at]
        if here == score[x_at - 1][y_at]:
            x_at -= 1
        elif here == score[x_at][y_at - 1]:
            y_at -= 1
        else:
            x_at -= 1
            y_at -= 1
            found.append((x_at, y_at))
    return found[::-1]
