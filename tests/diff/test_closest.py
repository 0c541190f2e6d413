"""The closest lines are difflib's, in its order, however many there are."""

import itertools
import json
import os
import random
from collections.abc import Iterator
from difflib import SequenceMatcher, get_close_matches
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stdtools.diff import closest as closest_module
from stdtools.diff.closest import Match, Search, closest, main
from stdtools.diff.subsequences import FEW, CommonLengths
from stdtools.shared.streams import Output, open_input

LETTERS = st.text("abcAB", max_size=9)
ODD = st.text("ab\u0436\u0136\u00e46\U0001d51e\u00df\udc80", max_size=9)  # some agree in their lower bytes


def difflibs(word: str, lines: list[str], count: int, cutoff: float) -> list[str]:
    return get_close_matches(word, lines, n=count, cutoff=cutoff)


@settings(max_examples=400)
@given(LETTERS | ODD, st.lists(LETTERS | ODD, max_size=60), st.integers(1, 6), st.sampled_from([0, 0.3, 0.6, 0.75, 1]))
def test_matches_are_those_of_difflib(word: str, lines: list[str], count: int, cutoff: float) -> None:
    found = closest(word, lines, count, cutoff)
    assert [match.match for match in found] == difflibs(word, lines, count, cutoff)
    for match, ratio, line in found:
        assert ratio == SequenceMatcher(None, match, word).ratio()
        assert lines[line - 1] == match
    assert len({match.line for match in found}) == len(found)


@settings(max_examples=200)
@given(LETTERS, st.lists(LETTERS, max_size=30), st.integers(1, 4), st.sampled_from([0.3, 0.6]), st.data())
def test_pieces_are_as_good_as_the_whole(
    word: str, lines: list[str], count: int, cutoff: float, data: st.DataObject
) -> None:
    """Also where the pieces are so short that no long integer is made of them."""
    size = data.draw(st.integers(1, 10))
    search = Search(word, count, cutoff)
    for start in range(0, len(lines), size):
        search.feed(lines[start : start + size])
    assert search.matches() == closest(word, lines, count, cutoff)


@settings(max_examples=200)
@given(st.text("aBßẞİıσς", max_size=7), st.lists(st.text("AbSsİiıΣσς", max_size=7), max_size=30))
def test_case_is_ignored_by_folding_and_lines_are_shown_as_they_are(word: str, lines: list[str]) -> None:
    found = closest(word, lines, 4, 0.5, ignore_case=True)
    folded = [line.casefold() for line in lines]
    matches = sorted(
        ((SequenceMatcher(None, key, word.casefold()).ratio(), line) for key, line in zip(folded, lines, strict=True)),
        reverse=True,
    )
    assert [(match.ratio, match.match) for match in found] == [pair for pair in matches if pair[0] >= 0.5][:4]


@pytest.mark.once
@pytest.mark.parametrize("seed", range(4))
def test_many_words_are_searched_as_difflib_searches_them(seed: int) -> None:
    chance = random.Random(seed)
    words = ["".join(chance.choices("etaoinshrdlu", range(12, 0, -1), k=chance.randrange(3, 14))) for _ in range(5000)]
    for word in [*words[:3], "nation", "x", "", "a" * 12]:
        for count, cutoff in ((1, 0.6), (3, 0.6), (50, 0.8), (5, 0.0)):
            assert [match.match for match in closest(word, words, count, cutoff)] == difflibs(
                word, words, count, cutoff
            )


@pytest.mark.parametrize("length", [7, 8, 63, 64, 199, 200, 201, 255, 256, 300])
def test_words_of_any_length(length: int) -> None:
    """From 200 characters on difflib takes frequent ones for junk; past 255 no byte counts them."""
    chance = random.Random(length)
    word = "".join(chance.choices("abcdefgh", k=length))
    lines = []
    for _ in range(3 * FEW):
        line = list(word)
        for _ in range(chance.randrange(1 + length // 8)):
            line[chance.randrange(length)] = chance.choice("abcz")
        lines.append("".join(line))
    assert [match.match for match in closest(word, lines, 5, 0.1)] == difflibs(word, lines, 5, 0.1)


def test_equal_lines_are_all_found_the_first_first() -> None:
    """As in difflib, which of two lines of one ratio comes first is decided by their text, downwards."""
    assert closest("ab", ["ab", "b", "ab", "a", "ab", "ab"], 5) == [
        Match("ab", 1.0, 1),
        Match("ab", 1.0, 3),
        Match("ab", 1.0, 5),
        Match("ab", 1.0, 6),
        Match("b", 2 / 3, 2),
    ]


def test_a_million_promises_that_none_can_beat_are_not_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of ratios, the costly part, does not grow with lines that are as close as the best so far."""
    asked = 0

    class Counting(SequenceMatcher):  # type: ignore[type-arg]
        def ratio(self) -> float:
            nonlocal asked
            asked += 1
            return super().ratio()

    monkeypatch.setattr(closest_module, "SequenceMatcher", Counting)
    assert len(closest("abcdef", itertools.repeat("abcdeg", 200_000), 3)) == 3
    assert asked < 20


def test_lines_may_come_without_end_and_are_not_kept() -> None:
    seen = 0

    def lines() -> Iterator[str]:
        nonlocal seen
        for seen in range(1, 200_001):
            yield f"line {seen}"

    found = closest("line 199999", lines(), 1)
    assert found == [Match("line 199999", 1.0, 199_999)]
    assert seen == 200_000


@pytest.mark.parametrize(("count", "cutoff"), [(0, 0.6), (-1, 0.6), (3, -0.1), (3, 1.1), (3, float("nan"))])
def test_a_count_or_a_cutoff_without_sense_is_refused(count: int, cutoff: float) -> None:
    with pytest.raises(ValueError, match="must"):
        closest("a", ["a"], count, cutoff)


# The longest common subsequence


def by_the_table(a: str, b: str) -> int:
    row = [0] * (len(b) + 1)
    for x in a:
        before = row
        row = [0]
        for at, y in enumerate(b):
            row.append(before[at] + 1 if x == y else max(before[at + 1], row[at]))
    return row[-1]


@settings(max_examples=300)
@given(st.text("abж6ä\U0001d51e", max_size=40), st.integers(0, 9), st.data())
def test_side_by_side_and_one_by_one_agree_with_the_table(word: str, length: int, data: st.DataObject) -> None:
    letters = data.draw(st.sampled_from(["ab6", "abä6", "abж6", "abж6\U0001d51e"]))
    texts = data.draw(st.lists(st.text(letters, min_size=length, max_size=length), min_size=1, max_size=20))
    common = CommonLengths(word)
    wanted = [by_the_table(word, text) for text in texts]
    assert list(common.side_by_side(texts)) == wanted
    assert [common.one(text) for text in texts] == wanted
    assert list(common(texts)) == wanted


# What is read and written


def written(
    tmp_path: Path, data: bytes, word: str, form: str | None = None, *, count: int = 3, ignore_case: bool = False
) -> tuple[bool, bytes]:
    """Return what ``main`` says, and what it writes into a pipe, for lines of a file."""
    path = tmp_path / "lines"
    path.write_bytes(data)
    target = tmp_path / "written"
    fd = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    try:
        with open_input(str(path)) as source, Output(fd) as output:
            found = main(word, source, output, form, count, 0.6, ignore_case)
    finally:
        os.close(fd)
    return found, target.read_bytes()


def test_lines_are_written_the_best_first(tmp_path: Path) -> None:
    data = b"ape\napple\npeach\npuppy"
    assert written(tmp_path, data, "appel") == (True, b"apple\nape\n")
    assert written(tmp_path, data, "zzz") == (False, b"")
    assert written(tmp_path, b"", "zzz") == (False, b"")
    assert written(tmp_path, b"APPLE\n\nApe", "appel", ignore_case=True) == (True, b"APPLE\nApe\n")
    assert written(tmp_path, b"\n\nab\n\n", "") == (True, b"\n\n\n")  # nothing is most like nothing


def test_records_have_the_ratio_and_the_number_of_the_line(tmp_path: Path) -> None:
    data = b"ape\napple\n"
    assert written(tmp_path, data, "appel", "jsonl") == (
        True,
        b'{"match": "apple", "ratio": 0.8, "line": 2}\n{"match": "ape", "ratio": 0.75, "line": 1}\n',
    )
    assert written(tmp_path, data, "appel", "csv")[1] == b"match,ratio,line\napple,0.8,2\nape,0.75,1\n"
    assert written(tmp_path, data, "zzz", "json") == (False, b"[]\n")


def test_bytes_that_are_no_text_and_other_line_ends_stay_what_they_are(tmp_path: Path) -> None:
    data = b"appl\xff\nappl\xff\x0cx\nappl\r\nappl\xe2\x80\xa8\n"
    assert written(tmp_path, data, "apple") == (True, b"appl\xff\nappl\xe2\x80\xa8\nappl\r\n")
    (found, out) = written(tmp_path, data, "appl\udcff", "jsonl", count=1)
    assert found
    assert json.loads(out)["match_b64"] == "YXBwbP8="


@pytest.mark.parametrize("ignore_case", [False, True])
def test_lines_are_whole_wherever_the_blocks_end(tmp_path: Path, ignore_case: bool) -> None:
    """More than two blocks of lines that differ, one longer than a block, and a last one without its end."""
    lines = [f"word{number:06}" for number in range(200_000)]
    lines[100_000] = "x" * 3_000_000
    data = "\n".join(lines).encode()
    for number in (0, 77_777, 100_001, 199_999):
        found, out = written(tmp_path, data, lines[number].upper() if ignore_case else lines[number], "jsonl",
                             count=1, ignore_case=ignore_case)  # fmt: skip
        assert (found, json.loads(out)) == (True, {"match": lines[number], "ratio": 1.0, "line": number + 1})


def test_a_slow_pipe_is_read_to_its_end(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    if not (child := os.fork()):
        for part in (b"ap", b"ple\nape", b"\n", b"appe", b"l"):
            os.write(writer, part)
        os._exit(0)
    os.close(writer)
    saved = os.dup(0)
    os.dup2(reader, 0)
    try:
        fd = os.open(tmp_path / "written", os.O_RDWR | os.O_CREAT)
        with open_input("-") as source, Output(fd) as output:
            assert main("appel", source, output, None, 3, 0.6, False)
    finally:
        os.dup2(saved, 0)
        os.waitpid(child, 0)
        for each in (saved, reader, fd):
            os.close(each)
    assert (tmp_path / "written").read_bytes() == b"appel\napple\nape\n"
