"""Lines in colours: what changed stands out, and nothing in them steers the terminal."""

import re

from hypothesis import given
from hypothesis import strategies as st

from stdtools.diff.comparison import split_lines
from stdtools.diff.highlighting import Highlighter, visible
from stdtools.shared.screen import safe_lines
from tests.diff.small_texts import TEXTS, table

SGR = re.compile(rb"\x1b\[[0-9;]*m")


def test_what_changed_within_a_line_is_reversed() -> None:
    old, new = Highlighter().lines([b"the quick fox\n", b"gone\n"], [b"the slow fox\n"])
    assert old == [b"\x1b[31m-the \x1b[7mquick\x1b[27m fox\x1b[0m\n", b"\x1b[31m-gone\x1b[0m\n"]
    assert new == [b"\x1b[32m+the \x1b[7mslow\x1b[27m fox\x1b[0m\n"]
    plain = Highlighter(words=False, signs=(b"< ", b"> ")).lines([b"the quick fox\n"], [b"the slow fox"])
    assert plain == ([b"\x1b[31m< the quick fox\x1b[0m\n"], [b"\x1b[32m> the slow fox\x1b[0m"])


def test_a_carriage_return_is_seen() -> None:
    assert Highlighter().lines([b"text\r\n"], [b"text\n"]) == (
        [b"\x1b[31m-text\x1b[7m\\r\x1b[27m\x1b[0m\n"],
        [b"\x1b[32m+text\x1b[0m\n"],
    )


def test_heads() -> None:
    style = Highlighter()
    assert style.title(b"--- a\x1b.txt\t2026-11-26\n") == b"\x1b[1m--- a\\x1b.txt\t2026-11-26\x1b[0m\n"
    assert style.range(b"@@ -1 +1 @@ def f(\x07):\n") == b"\x1b[36m@@ -1 +1 @@\x1b[0m def f(\\x07):\n"
    assert style.range(b"12c14\n") == b"\x1b[36m12c14\x1b[0m\n"


def test_what_could_steer_a_terminal_is_shown() -> None:
    assert visible("a\tb\x1b[2J\x9b\u202e\r\n日本\n".encode() + b"\xff\n") == (
        "a\tb\\x1b[2J\\x9b\\u202e\\r\n日本\n\\xff\n".encode()
    )


@given(TEXTS, TEXTS, st.booleans())
def test_without_colours_the_lines_are_there_and_safe(a: bytes, b: bytes, words: bool) -> None:
    old, new = split_lines(a), split_lines(b)
    painted = Highlighter(words=words).lines(old, new)
    for sign, lines, shown in zip("-+", (old, new), painted, strict=True):
        plain = [sign + safe_lines(line.decode("utf-8", "surrogateescape")) for line in lines]
        assert [SGR.sub(b"", line).decode() for line in shown] == plain
        assert all(line.removesuffix(b"\n").endswith(b"\x1b[0m") for line in shown)
        assert all(line.count(b"\x1b[7m") == line.count(b"\x1b[27m") for line in shown)


def test_the_head_of_a_range_ends_at_its_own_at_signs() -> None:
    assert Highlighter().range(b"@@ -1 +1 @@ x @@ y\n") == b"\x1b[36m@@ -1 +1 @@\x1b[0m x @@ y\n"


def test_rows_that_gained_a_column() -> None:
    a, b = table(5_000)
    old, new = Highlighter().lines(split_lines(a), split_lines(b))
    assert not any(b"\x1b[7m" in line for line in old)
    assert all(b"\x1b[7mEUR,\x1b[27m" in line for line in new)
