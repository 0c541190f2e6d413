"""What ndiff writes is what difflib's would, where both pair the same lines; and it can be turned back."""

import difflib
import random
import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stdtools.diff import ndiff
from stdtools.diff.comparison import split_lines
from stdtools.diff.engine import compare
from tests.diff.small_texts import TEXTS, replaced, table, written, written_of

MARK = "\\ No newline at end of file\n"


def text_lines(text: bytes) -> list[str]:
    return [line.decode("utf-8", "surrogateescape") for line in split_lines(text)]


def by_difflib(a: bytes, b: bytes) -> str:
    return "".join(difflib.ndiff(text_lines(a), text_lines(b)))


def by_us(a: bytes, b: bytes) -> str:
    return written(ndiff.write, a, b).decode("utf-8", "surrogateescape")


def restored(output: str, which: int) -> bytes:
    """One side of the output, the plain way: difflib's own, and the newline that was not there taken away."""
    lines = text_lines(output.encode("utf-8", "surrogateescape"))
    sides = ("  ", "- " if which == 1 else "+ ")
    ended = not any(mark == MARK and line[:2] in sides for line, mark in pairwise(lines))
    text = "".join(difflib.restore(lines, which))
    return (text if ended else text[:-1]).encode("utf-8", "surrogateescape")


@given(TEXTS, TEXTS)
def test_both_sides_can_be_restored(a: bytes, b: bytes) -> None:
    output = by_us(a, b)
    assert restored(output, 1) == a
    assert restored(output, 2) == b


@given(TEXTS, TEXTS)
def test_both_sides_can_be_restored_when_all_is_replaced(a: bytes, b: bytes) -> None:
    output = written_of(ndiff.write, replaced(a, b)).decode("utf-8", "surrogateescape")
    assert restored(output, 1) == a
    assert restored(output, 2) == b


@given(TEXTS, TEXTS, st.sets(st.integers(0, 3)))
def test_changes_that_do_not_count_leave_what_a_has(a: bytes, b: bytes, ignored: set[int]) -> None:
    output = written(ndiff.write, a, b, ignored=ignored).decode("utf-8", "surrogateescape")
    assert restored(output, 1) == a
    if ignored >= set(range(len(compare(a, b).changes))):
        assert all(
            line.startswith("  ") or line == MARK for line in text_lines(output.encode("utf-8", "surrogateescape"))
        )


WORDS = ["alpha", "beta", "gamma", "delta", "\t", "  ", "epsilon(x)", "= 17", "é", "\udce9", "zeta, eta", "aaaa", "a"]


@pytest.mark.parametrize("seed", range(300))
def test_lines_changed_one_by_one_are_shown_as_difflib_does(seed: int) -> None:
    chance = random.Random(seed)
    old = [f"{number:03} " + " ".join(chance.choices(WORDS, k=chance.randrange(1, 9))) + "\n" for number in range(12)]
    new = list(old)
    for at in range(1, 12, 2):  # no two in a row, so that there is but one way to pair them
        words = new[at].split(" ")
        place = chance.randrange(1, len(words))
        words[place : place + chance.randrange(2)] = chance.choices(WORDS, k=chance.randrange(2))
        new[at] = " ".join(words).rstrip("\n") + "\n"
    a, b = ("".join(lines).encode("utf-8", "surrogateescape") for lines in (old, new))
    assert by_us(a, b) == by_difflib(a, b), f"seed {seed}"


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (b"", b""),
        (b"same\n", b"same\n"),
        (b"", b"new\n"),
        (b"gone\n", b""),
        (b"one\ntwo\nthree\n", b"ore\ntree\nemu\n"),
        (b"\tabcDefghiJkl\n", b"\tabcdefGhijkl\n"),
        (b"all\nof\nit\nother\n", b"nothing\nalike\n"),
        (b"nothing\nalike\n", b"all\nof\nit\nother\n"),
        (b"x" * 250 + b"\n", b"x" * 120 + b"y" + b"x" * 129 + b"\n"),
        (b"private Thread currentThread;\n", b"private volatile Thread currentThread;\n"),
        (b"a\r\n", b"a\n"),
        (b"caf\xe9 noir\n", b"caf\xc3\xa9 noir\n"),
    ],
)
def test_small_texts_are_shown_as_difflib_does(a: bytes, b: bytes) -> None:
    assert by_us(a, b) == by_difflib(a, b)


def test_a_last_line_without_a_newline_says_so() -> None:
    assert by_us(b"x\nlast line", b"x\nlast line\n") == f"  x\n- last line\n{MARK}+ last line\n?          +\n"
    assert by_us(b"x\nlast line\n", b"x\nlast line") == f"  x\n- last line\n?          -\n+ last line\n{MARK}"
    assert by_us(b"x\nlast", b"y\nlast") == f"- x\n+ y\n  last\n{MARK}"
    assert by_us(b"old", b"new") == f"- old\n{MARK}+ new\n{MARK}"


def test_an_equal_line_within_a_change_is_no_change() -> None:
    output = written_of(ndiff.write, replaced(b"a 1\nsame line\n", b"same line\nb 2\n"))
    assert output == b"- a 1\n  same line\n+ b 2\n"


def test_rows_that_gained_a_column() -> None:
    a, b = table(5_000)
    lines = written_of(ndiff.write, replaced(a, b)).splitlines()
    assert len(lines) == 15_000
    assert {line[:1] for line in lines[::3]} == {b"-"}
    assert set(lines[2:30:3]) == {b"?  ++++"}


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (b"ab" * 2_500_000 + b"\n", b"ab" * 2_400_000 + b"c\n"),
        (
            b"".join(b"ab" * 900 + b"%d\n" % at for at in range(200)),
            b"".join(b"ba" * 900 + b"%d\n" % at for at in range(200)),
        ),
        (b"x\n" * 20_000, b"y\n" * 19_999),
        (b"".join(b"line %d\n" % at for at in range(20_000)), b"".join(b"Line %d\n" % at for at in range(20_000))),
    ],
    ids=["one line of 5 MB", "two letters", "lines all the same", "all lines changed"],
)
def test_what_is_hard_for_difflib_ends(a: bytes, b: bytes) -> None:
    output = written_of(ndiff.write, replaced(a, b)).decode()
    assert restored(output, 1) == a
    assert restored(output, 2) == b


def test_beyond_difflibs_patience_the_guides_are_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ndiff._Cruncher, "left", 20)
    assert by_us(b"some words here\n", b"some word here\n") == ("- some words here\n?          -\n+ some word here\n")


def test_guides_take_no_more_memory_than_their_lines() -> None:
    """And not a reference for each character."""
    line = "\t" + "x" * 1_000_000
    tracemalloc.start()
    try:
        guide = ndiff._guide(line, " " * 1_000_000 + "^")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert guide == "\t" + " " * 999_999 + "^"
    assert peak < 6_000_000


def test_difflibs_patience_is_for_all_lines_together() -> None:
    cruncher = ndiff._Cruncher()
    left = [cruncher.left]
    for number in range(3):
        assert list(ndiff._replaced([b"line %d of some\n" % number], [b"line %d of all\n" % number], cruncher))
        left.append(cruncher.left)
    assert left == sorted(left, reverse=True)
    assert len(set(left)) == 4


@given(st.text("ab \t", max_size=12), st.text("ab \t", max_size=12))
def test_guides_are_difflibs(old: str, new: str) -> None:
    a, b = (f"the same head {text} and tail\n".encode() for text in (old, new))
    assert by_us(a, b) == by_difflib(a, b)
