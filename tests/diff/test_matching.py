"""Each way to match sequences of numbers, beside a table of all pairs."""

import random
from itertools import pairwise

import pytest

from stdtools.diff import bits, matching
from stdtools.diff.bits import longest
from stdtools.diff.chains import longest_chain
from stdtools.diff.edits import few_edits
from stdtools.diff.effort import LARGE, LATE, Effort, OutOfTime
from stdtools.diff.matching import match
from tests.diff.texts import least_of

PLENTY = Effort(10**9, 10**9, 10**3)


def sequences(seed: int) -> tuple[list[int], list[int]]:
    draw = random.Random(seed)
    kinds = draw.choice((1, 2, 3, 10, 100))
    return tuple([draw.randrange(kinds) for _ in range(draw.randrange(70))] for _ in "ab")  # type: ignore[return-value]


def is_common(pairs: list[tuple[int, int]], a: list[int], b: list[int]) -> bool:
    rising = all(i < k and j < m for (i, j), (k, m) in pairwise(pairs))
    return rising and all(a[i] == b[j] for i, j in pairs)


@pytest.mark.parametrize("kept", [1, 64, 4 << 20])
@pytest.mark.parametrize("masks", [0, 16, 64 << 20])
def test_bits_find_a_longest_common_subsequence(kept: int, masks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bits, "KEPT", kept)
    monkeypatch.setattr(bits, "MASKS", masks)
    for seed in range(300):
        a, b = sequences(seed)
        pairs = longest(a, b, PLENTY)
        assert is_common(pairs, a, b)
        assert len(a) + len(b) - 2 * len(pairs) == least_of(a, b)


def test_chains_find_a_longest_common_subsequence() -> None:
    for seed in range(300):
        a, b = sequences(seed)
        pairs = longest_chain(a, b, PLENTY)
        assert is_common(pairs, a, b)
        assert len(a) + len(b) - 2 * len(pairs) == least_of(a, b)


def test_few_edits_are_the_fewest_or_none() -> None:
    for seed in range(300):
        a, b = sequences(seed)
        least = least_of(a, b)
        for most in (least - 1, least, least + 5):
            runs = few_edits(a, b, most, PLENTY)
            if most < least:
                assert runs is None
            else:
                assert runs is not None
                pairs = [(i + k, j + k) for i, j, length in runs for k in range(length)]
                assert is_common(pairs, a, b)
                assert len(a) + len(b) - 2 * len(pairs) == least


@pytest.mark.parametrize("patience", [False, True])
@pytest.mark.parametrize(("cells", "pairs", "edits"), [(0, 0, 0), (0, 0, 4), (100, 0, 0), (0, 100, 0), (10**6, 0, 0)])
def test_whatever_may_be_spent_what_is_matched_is_equal(
    cells: int, pairs: int, edits: int, patience: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matching, "WINDOW", 8)
    monkeypatch.setattr(matching, "ANCHOR_PAIRS", 20)
    for seed in range(200):
        a, b = sequences(seed)
        runs, why = match(a, b, Effort(cells, pairs, edits, patience=patience))
        found = [(i + k, j + k) for i, j, length in runs for k in range(length)]
        assert is_common(found, a, b)
        if not why:
            assert len(a) + len(b) - 2 * len(found) == least_of(a, b)


def test_windows_stay_close_to_what_can_be_had() -> None:
    draw = random.Random(1)
    a, b = ([draw.randrange(2) for _ in range(30_000)] for _ in "ab")
    runs, why = match(a, b, Effort(10**6, 0, 0))
    assert why == LARGE
    assert sum(length for *_, length in runs) > 0.99 * len(longest(a, b, PLENTY))


def test_a_search_that_is_late_ends() -> None:
    a, b = [1, 2] * 50_000, [2, 1, 1] * 30_000
    late = Effort(10**12, 10**12, 10**12, deadline=0)
    for search in (longest, longest_chain):
        with pytest.raises(OutOfTime):
            search(a, b, late)
    with pytest.raises(OutOfTime):
        few_edits(a, b, 100_000, late)
    assert match(a, b, Effort(10**12, 0, 0, deadline=0)) == ([], LATE)
