"""A changed line finds what it was, and what changed within it is told in few words."""

import random
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stdtools.diff import pairing
from stdtools.diff.pairing import Edit, edits, pairs, spans
from stdtools.diff.tokens import characters, splitting, words

TEXT = st.text("ab1 ,.é日\u0301", max_size=40)
LINES = st.lists(
    st.binary(max_size=12) | st.sampled_from([b"", b"a", b"one two\n", b"one too\n", b"two\n"]), max_size=12
)


def changed(old: str, new: str, split: object = words) -> tuple[list[str], list[str]]:
    a, b = spans(old, new, split)
    return [old[start:end] for start, end in a], [new[start:end] for start, end in b]


@pytest.mark.parametrize(
    ("old", "new", "gone", "come"),
    [
        ("same", "same", [], []),
        ("the quick fox", "the slow fox", ["quick"], ["slow"]),
        ("the quick brown fox", "the slow red fox", ["quick brown"], ["slow red"]),
        ("foo(bar)", "foo(bar, baz)", [], [", baz"]),
        ("f(a, b)", "f(x, y)", ["a", "b"], ["x", "y"]),
        ("10,20,30", "11,21,30", ["10", "20"], ["11", "21"]),
        ("    return foo", "  return foo", ["    "], ["  "]),
        ("text\r", "text", ["\r"], []),
        ("alphabet, numerals", "gorillas, elephant", ["alphabet, numerals"], ["gorillas, elephant"]),
        ("", "all", [], ["all"]),
        ("e\u0301cole", "ecole", ["e\u0301cole"], ["ecole"]),
    ],
)
def test_changed_words(old: str, new: str, gone: list[str], come: list[str]) -> None:
    assert changed(old, new) == (gone, come)
    assert changed(new, old) == (come, gone)


@pytest.mark.parametrize(
    ("old", "new", "gone", "come"),
    [
        ("colour", "color", ["u"], []),
        ("foobar", "foo bar", [], [" "]),
        ("e\u0301cole", "ecole", ["e\u0301"], ["e"]),
        ("value = 10", "value = 17", ["0"], ["7"]),
    ],
)
def test_changed_characters(old: str, new: str, gone: list[str], come: list[str]) -> None:
    assert changed(old, new, characters) == (gone, come)


def test_letters_that_two_texts_share_by_chance_are_no_news() -> None:
    old, new = "completely rewritten sentence here", "something entirely different stands there"
    assert changed(old, new) == ([old], [new])
    gone, come = changed(old, new, characters)
    assert len(gone) <= 4
    assert len(come) <= 4


def test_words_of_ones_own() -> None:
    assert changed("a-b-c d", "a-x-c d", splitting(r"\S+")) == (["a-b-c"], ["a-x-c"])


def rebuilt(old: str, new: str, found: Sequence[Edit]) -> str:
    """What the edits make of *old*."""
    parts, done = [], 0
    for edit in found:
        assert done <= edit.a1 <= edit.a2
        parts += [old[done : edit.a1], new[edit.b1 : edit.b2]]
        done = edit.a2
    return "".join([*parts, old[done:]])


@given(TEXT, TEXT, st.sampled_from([words, characters, splitting("a+|,")]))
def test_edits_make_the_new_line_of_the_old_one(old: str, new: str, split: object) -> None:
    assert rebuilt(old, new, edits(old, new, split)) == new


@given(TEXT, TEXT, st.booleans())
def test_spans_of_bytes_are_those_of_the_text(old: str, new: str, stray: bool) -> None:
    a, b = (text.encode() + b"\xff" * stray for text in (old, new))
    in_bytes = spans(a, b)
    as_text = spans(a.decode("utf-8", "surrogateescape"), b.decode("utf-8", "surrogateescape"))
    for line, found, text_found in zip((a, b), in_bytes, as_text, strict=True):
        text = line.decode("utf-8", "surrogateescape")
        pieces = [text[start:end].encode("utf-8", "surrogateescape") for start, end in text_found]
        assert [line[start:end] for start, end in found] == pieces


@given(LINES, LINES, st.sampled_from([0.0, 0.4, 1.0]))
def test_pairs_rise(old: list[bytes], new: list[bytes], least: float) -> None:
    found = pairs(old, new, least=least)
    assert all(a[0] < b[0] and a[1] < b[1] for a, b in pairwise(found))
    assert all(a < len(old) and b < len(new) for a, b in found)


@given(st.lists(st.integers(0, 10**6), max_size=30, unique=True), st.data())
def test_lines_that_gained_a_word_are_paired_around_those_that_are_new(numbers: list[int], data: st.DataObject) -> None:
    old = [b"entry %d of the list\n" % number for number in numbers]
    at = data.draw(st.integers(0, len(old)))
    new = [line.replace(b"of", b"in") for line in old]
    new.insert(at, b"zzz\n")
    assert pairs(old, new) == [(place, place + (place >= at)) for place in range(len(old))]


def test_the_better_pair_wins() -> None:
    old = [b"def compare(a, b):\n"]
    new = [b"def combine(x, y):\n", b"def compare(a, b, c):\n", b"def comparison():\n"]
    assert pairs(old, new) == [(0, 1)]
    assert pairs([b"alpha\n"], [b"omega 12\n"]) == []


def test_a_word_shared_by_chance_does_not_keep_lines_apart() -> None:
    names = [b"maxlevel", b"maxtuple", b"maxarray", b"maxdict"]
    old = [b"        self.%b = 6\n" % name for name in names]
    new = [b"        self, " + b", ".join(b"%b=6" % name for name in names) + b"\n"]
    new += [b"        self.%b = %b\n" % (name, name) for name in names]
    assert pairs(old, new) == pairs(old, new, least=0.3) == [(0, 1), (1, 2), (2, 3), (3, 4)]


def test_one_good_pair_outdoes_two_poor_ones() -> None:
    one = frozenset(zip("abcdefgh", "abcdefgh", strict=True))
    like_it = frozenset([*sorted(one)[:5], ("x", "x"), ("y", "y"), ("z", "z")])
    assert pairing._best([one, like_it], [like_it, one], 0.1) in ([(0, 1)], [(1, 0)])
    assert pairing._best([one, like_it], [one, like_it], 0.1) == [(0, 0), (1, 1)]


def table(rows: int) -> list[bytes]:
    chance = random.Random(8)
    return [
        b"%d,name %d,%d.%02d\n" % (row, chance.randrange(99), *chance.choices(range(99), k=2)) for row in range(rows)
    ]


@pytest.mark.parametrize("rows", [5_000, 20_000, 20_001])
def test_rows_that_gained_a_column_are_paired_one_by_one(rows: int) -> None:
    old = table(rows)
    new = [line.replace(b",", b",EUR,", 1) for line in old]
    assert pairs(old, new) == [(row, row) for row in range(rows)]


def test_rows_that_gained_a_column_are_paired_when_some_are_gone() -> None:
    old = table(5_000)
    new = [line.replace(b",", b",EUR,", 1) for line in old]
    del new[2_500], new[10]
    wrong = [pair for pair in pairs(old, new) if pair[0] - pair[1] != (pair[0] > 10) + (pair[0] > 2_500)]
    assert wrong == []


def test_rows_without_a_word_of_their_own_are_paired_by_position() -> None:
    old, new = [b"x = 1;\n"] * 300, [b"x = 2;\n"] * 300
    assert pairs(old, new) == [(row, row) for row in range(300)]
    assert pairs(old, new[1:]) == []
    assert pairs(old * 400, new * 400) == [], "but not any number of them"


def test_no_two_lines_are_compared_beyond_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = 0
    plain = pairing._alike

    def counting(a: pairing.Likeness, b: pairing.Likeness) -> float:
        nonlocal compared
        compared += 1
        return plain(a, b)

    monkeypatch.setattr(pairing, "_alike", counting)
    chance = random.Random(4)
    old, new = ([bytes(chance.choices(b"ab", k=60)) for _ in range(count)] for count in (2_000, 1_990))
    pairs(old, new)
    assert compared <= 4_000


def long_line(words: int) -> bytes:
    return b" ".join(b"w%d" % number for number in random.Random(5).choices(range(3_000), k=words))


def test_one_line_of_five_megabytes() -> None:
    line = long_line(900_000)
    middle = line.index(b" ", len(line) // 2)
    other = line[:middle] + b" new" + line[middle:]
    assert pairs([line], [other]) == [(0, 0)]
    old, new = spans(line, other)
    assert old == []
    assert [other[start:end].strip() for start, end in new] == [b"new"]
    assert spans(line, other + b"!") == ([(middle + 1, len(line))], [(middle + 1, len(other) + 1)]), "beyond the budget"
    assert spans(line, other + b"!", characters) == spans(line, other + b"!")


def test_beyond_the_budget_all_between_the_ends_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairing, "MOST_CHARACTERS", 30)
    assert changed("same start one two three same end", "same start one 2 three same end") == (["two"], ["2"])
    assert changed("a one two three four five six z", "a 1 two three four 5 six z") == (
        ["one two three four five"],
        ["1 two three four 5"],
    )


@given(TEXT, TEXT, st.integers(0, 30))
def test_edits_of_long_lines_make_the_new_one_of_the_old_one(old: str, new: str, most: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pairing, "MOST_CHARACTERS", most)
        for split in (words, characters):
            assert rebuilt(old, new, edits(old, new, split)) == new


def test_a_line_without_anything_rare_is_all_changed() -> None:
    assert spans(b"ab " * 50_000, b"ba " * 40_000) == ([(0, 149_999)], [(0, 119_999)])


def test_many_changes_in_a_long_line_are_told_one_by_one() -> None:
    old = long_line(40_000).split(b" ")
    new = [b"new" if at % 500 == 250 else word for at, word in enumerate(old)]
    gone, come = spans(b" ".join(old), b" ".join(new))
    assert len(gone) == len(come) == 80
