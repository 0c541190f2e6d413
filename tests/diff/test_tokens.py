"""Lines are cut into words and characters where a reader would cut them, and nothing of them is lost."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stdtools.diff import tokens

MIXED = st.text(
    st.characters(exclude_categories=[]) | st.sampled_from("ab1_ \t,\r\u0301\u200d\u0e31é日か가\U0001f469\U0001f1e9")
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("foo_1(bar,  12)\t x\r\n", ["foo_1", "(", "bar", ",", "  ", "12", ")", "\t ", "x", "\r", "\n"]),
        ("école e\u0301cole", ["école", " ", "e\u0301cole"]),
        (" \u0301x", [" \u0301", "x"]),
        ("日本語 kana かな", ["日", "本", "語", " ", "kana", " ", "か", "な"]),
        ("हिन्दी शब्द", ["हिन्दी", " ", "शब्द"]),
        ("caf\udce9 noir", ["caf\udce9", " ", "noir"]),
        ("\U0001f469\u200d\U0001f469\u200d\U0001f467!", ["\U0001f469\u200d\U0001f469\u200d\U0001f467", "!"]),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert tokens.words(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\tb", ["a", "\t", "b"]),
        ("e\u0301\u0323x", ["e\u0301\u0323", "x"]),
        ("\u0301", ["\u0301"]),
        ("हिन्दी", ["हि", "न्", "दी"]),
        ("\u1112\u1161\u11ab한", ["\u1112\u1161\u11ab", "한"]),
        ("👍🏽👩\u200d👩\u200d👧❤\ufe0f", ["👍🏽", "👩\u200d👩\u200d👧", "❤\ufe0f"]),
        ("🇩🇪🇫🇷", ["🇩🇪", "🇫🇷"]),
        ("\udcff\udcfe", ["\udcff", "\udcfe"]),
    ],
)
def test_characters_keep_their_marks(text: str, expected: list[str]) -> None:
    assert tokens.characters(text) == expected


@given(MIXED)
def test_nothing_is_lost_and_no_mark_is_cut_off(text: str) -> None:
    for split in (tokens.words, tokens.characters):
        pieces = split(text)
        assert "".join(pieces) == text
        assert all(pieces)
        assert not any(unicodedata.category(piece[0])[0] == "M" for piece in pieces[1:])


@given(st.text(st.characters(max_codepoint=127)))
def test_the_fast_way_for_ascii_is_the_plain_way(text: str) -> None:
    word, character = tokens._patterns("")
    assert tokens.words(text) == word.findall(text)
    assert tokens.characters(text) == character.findall(text)


@given(st.binary())
def test_any_bytes_come_back(line: bytes) -> None:
    assert tokens.encode(tokens.decode(line)) == line


def test_words_of_ones_own() -> None:
    split = tokens.splitting(r"[a-z]+|(\d)")
    assert split("ab 12--c") == ["ab", " ", "1", "2", "--", "c"]
    assert tokens.splitting("x*")("axxb") == ["a", "xx", "b"], "an empty match is no word"


@given(MIXED, st.sampled_from([r"\w+", r"\S+", ".", r"\b", "a|b?", r"[^,]*"]))
def test_words_of_ones_own_lose_nothing(text: str, regex: str) -> None:
    pieces = tokens.splitting(regex)(text)
    assert "".join(pieces) == text
    assert all(pieces)
