"""What two sequences have in common is found, all of it while they are small."""

import random
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stdtools.diff import alignment
from stdtools.diff.alignment import common_blocks, common_prefix, common_suffix, rising, unique_in_both

ITEMS = st.lists(st.integers(0, 4), max_size=40)


def length_by_table(a: list[int], b: list[int]) -> int:
    """The length of the longest common subsequence, the plain way."""
    row = [0] * (len(b) + 1)
    for x in a:
        new = [0]
        for at, y in enumerate(b):
            new.append(row[at] + 1 if x == y else max(row[at + 1], new[-1]))
        row = new
    return row[-1]


def check(a: list[int], b: list[int]) -> int:
    """Return how much the blocks have, after a look at whether they are some."""
    x = y = total = 0
    for a_at, b_at, count in common_blocks(a, b):
        assert a_at >= x
        assert b_at >= y
        assert count > 0
        assert a[a_at : a_at + count] == b[b_at : b_at + count]
        x, y, total = a_at + count, b_at + count, total + count
    return total


@given(ITEMS, ITEMS)
def test_the_blocks_are_a_longest_common_subsequence(a: list[int], b: list[int]) -> None:
    assert check(a, b) == length_by_table(a, b)


@pytest.mark.parametrize("most", [0, 6])
@given(a=st.lists(st.integers(0, 30), max_size=60), b=st.lists(st.integers(0, 30), max_size=60))
def test_what_is_too_large_is_cut_into_blocks_that_are_common(most: int, a: list[int], b: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(alignment, "MOST", most)
        patch.setattr(alignment, "RUN", 2)
        patch.setattr(alignment, "SAMPLED", 2)
        check(a, b)


def test_a_large_pair_is_cut_where_runs_and_items_are_rare() -> None:
    a = random.Random(6).choices(range(500), k=30_000)
    b = [-1 if number % 1_000 == 7 else item for number, item in enumerate(a)]
    a += range(1_000, 6_000)
    b += (item for item in range(1_000, 6_000) for _ in range(1 + (item % 5 == 0)))
    assert check(a, b) == 30_000 - 30 + 5_000


def test_what_has_nothing_rare_ends_without_blocks() -> None:
    assert check([0, 1] * 5_000, [2] + [1, 0] * 5_000 + [2]) == 0


@given(st.text("ab"), st.text("ab"))
def test_common_ends(a: str, b: str) -> None:
    count = common_prefix(a, b)
    assert a[:count] == b[:count]
    assert a[count : count + 1] != b[count : count + 1] or count == len(a) == len(b)
    assert common_suffix(a, b) == common_prefix(a[::-1], b[::-1])


@given(st.lists(st.integers(0, 9), max_size=9))
def test_the_longest_chain_that_rises(seconds: list[int]) -> None:
    pairs = list(enumerate(seconds))
    chain = rising(pairs)
    assert set(chain) <= set(pairs)
    assert all(a[0] < b[0] and a[1] < b[1] for a, b in pairwise(chain))
    longer = combinations(seconds, len(chain) + 1)
    assert not any(all(a < b for a, b in pairwise(choice)) for choice in longer)


@given(ITEMS, ITEMS)
def test_items_that_both_have_once(a: list[int], b: list[int]) -> None:
    once = [(a.index(item), b.index(item)) for item in a if a.count(item) == 1 == b.count(item)]
    assert unique_in_both(a, b) == once


def test_items_that_only_look_the_same_are_no_anchors() -> None:
    assert list(alignment._between([(0, 0), (1, 1)], [1, 5], [2, 5], 10, 20, alignment._give_up)) == [(11, 21, 1)]
