"""Both texts can be read out of the inline format, and it looks as git's word diff does."""

import random
import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stdtools.diff import inline
from stdtools.shared.screen import safe_lines
from tests.diff.small_texts import TEXTS, replaced, table, written, written_of

TITLES = (b"a", b"b")
GONE, COME = rb"\[-((?:(?!-\]).)*)-\]", rb"\{\+((?:(?!\+\}).)*)\+\}"


def by_us(a: bytes, b: bytes, **settings: object) -> bytes:
    return written(lambda comparison, out: inline.write(comparison, TITLES, out, **settings), a, b)


def side(output: bytes, keep: bytes, drop: bytes) -> bytes:
    """One of the texts, read out of *output*: what stands in marks of *drop* is not its own."""
    lines: list[bytes] = []
    for line in output.splitlines(keepends=True)[2:]:
        if line.startswith(b"@@") or re.fullmatch(drop + rb"\n", line):
            continue
        own = re.sub(keep, rb"\1", re.sub(drop, b"", line))
        if own == b"\\ No newline at end of file\n":
            lines[-1] = lines[-1][:-1]
        else:
            lines.append(own)
    return b"".join(lines)


PLAIN = st.builds(
    lambda lines, end: b"\n".join(lines) + (b"\n" if end and lines else b""),
    st.lists(
        st.sampled_from([b"one", b"two three", b"the quick fox", b"the slow fox", b"x = 1;", b"x = 12;", b"caf\xe9 "]),
        max_size=8,
    ),
    st.booleans(),
)


@given(PLAIN, PLAIN, st.sampled_from(["word", "char"]), st.sampled_from([None, r"\S+", "x|o"]))
def test_both_texts_can_be_read_out_of_it(a: bytes, b: bytes, unit: str, regex: str | None) -> None:
    output = by_us(a, b, unit=unit, regex=regex, context=99)
    if a == b:
        assert output == b""
    else:
        assert side(output, GONE, COME) == a
        assert side(output, COME, GONE) == b


@pytest.mark.parametrize(
    ("a", "b", "settings", "expected"),
    [
        (b"the quick brown fox\n", b"the slow red fox\n", {}, b"the [-quick brown-]{+slow red+} fox\n"),
        (b"f(a, b)\n", b"f(a, c, b)\n", {}, b"f(a, {+c, +}b)\n"),
        (b"colour of\n", b"color of\n", {"unit": "char"}, b"colo[-u-]r of\n"),
        (b"a-b c-d\n", b"a-b c-e\n", {"regex": r"\S+"}, b"a-b [-c-d-]{+c-e+}\n"),
        (b"a  b\n", b"a b\n", {}, b"a[-  -]{+ +}b\n"),
        (b"one line\n\n", b"one line\n", {"context": 0}, b"[--]\n"),
        (b"old thing", b"old things\n", {}, b"old [-thing-]{+things+}\n[-\\ No newline at end of file-]\n"),
        (b"x y\n", b"x y", {}, b"x y\n{+\\ No newline at end of file+}\n"),
        (b"x y", b"x z", {}, b"x [-y-]{+z+}\n\\ No newline at end of file\n"),
        (b"caf\xe9 a\n", b"caf\xe9 b\n", {}, b"caf\xe9 [-a-]{+b+}\n"),
    ],
)
def test_marks(a: bytes, b: bytes, settings: dict[str, object], expected: bytes) -> None:
    assert re.sub(rb"\A--- a\n\+\+\+ b\n@@ .* @@\n", b"", by_us(a, b, **settings)) == expected


def test_heads_and_context() -> None:
    lines = [b"line %d\n" % number for number in range(1, 41)]
    other = list(lines)
    other[9] = b"line ten\n"
    del other[29]
    assert by_us(b"".join(lines), b"".join(other), context=1) == (
        b"--- a\n+++ b\n@@ -9,3 +9,3 @@\nline 9\nline [-10-]{+ten+}\nline 11\n"
        b"@@ -29,3 +29,2 @@\nline 29\n[-line 30-]\nline 31\n"
    )


def test_a_regex_that_is_none_is_the_callers_trouble() -> None:
    with pytest.raises(re.error):
        by_us(b"a\n", b"b\n", regex="(")


@pytest.mark.parametrize("seed", range(25))
def test_replaced_words_look_as_git_shows_them(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    old = [[f"w{line}x{word}" for word in range(chance.randrange(6, 12))] for line in range(30)]
    new = [list(line) for line in old]
    for line in chance.sample(range(12, 30), k=chance.randrange(1, 10)):
        for place in {chance.randrange(1, len(new[line]) - 1) for _ in range(2)}:  # git joins words across lines
            new[line][place] = f"n{line}y{place}"
    if chance.random() < 0.5:
        del new[chance.randrange(9)]
    a, b = ("".join(" ".join(words) + "\n" for words in side).encode() for side in (old, new))
    (tmp_path / "a").write_bytes(a)
    (tmp_path / "b").write_bytes(b)
    done = subprocess.run(
        ["git", "diff", "--no-index", "--word-diff=plain", "--no-color", "a", "b"], cwd=tmp_path, capture_output=True
    )
    assert done.returncode == 1, done.stderr
    theirs = re.sub(rb"(?m)^(@@ .* @@) .*", rb"\1", done.stdout.split(b"\n", 4)[4])  # without the names of functions
    assert by_us(a, b).split(b"\n", 2)[2] == theirs, f"seed {seed}"


@given(TEXTS, TEXTS)
def test_in_colour_nothing_of_a_file_steers_the_terminal(a: bytes, b: bytes) -> None:
    output = by_us(a, b, color=True).decode()
    bare = re.sub(r"\x1b\[[0-9;]*m", "", output)
    assert safe_lines(bare) == bare
    assert all(part.count("\x1b[") == 1 for part in output.split("\x1b[0m")[:-1]), "each colour ends"


def test_colours_take_the_place_of_marks() -> None:
    output = by_us(b"the quick fox\r\n\x1b[2J\n", b"the slow fox\r\n\x1b[2J\n\n", color=True)
    assert output == (
        b"\x1b[1m--- a\x1b[0m\n\x1b[1m+++ b\x1b[0m\n\x1b[36m@@ -1,2 +1,3 @@\x1b[0m\n"
        b"the \x1b[31;9mquick\x1b[0m\x1b[32;4mslow\x1b[0m fox\\r\n\\x1b[2J\n{++}\n"
    )


def test_rows_that_gained_a_column() -> None:
    a, b = table(5_000)
    output = written_of(lambda comparison, out: inline.write(comparison, TITLES, out), replaced(a, b))
    assert output.count(b"{+EUR,+}") == 5_000
