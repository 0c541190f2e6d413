"""wrap, beside textwrap."""

import random
import subprocess
import textwrap

import pytest

from stdtools.shared.widths import width
from stdtools.text.wrapping import Wrapper, fill
from tests.conftest import Run

pytestmark = pytest.mark.process


@pytest.mark.once
def test_ascii_is_filled_as_textwrap_fills_it() -> None:
    chance = random.Random(4)
    for _ in range(1000):
        words = [chance.choice("abcdefgh") * chance.randint(1, 12) for _ in range(chance.randint(1, 30))]
        columns = chance.randint(5, 40)
        expected = textwrap.wrap(
            " ".join(words),
            columns,
            initial_indent="> ",
            subsequent_indent=">   ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        assert list(fill(words, columns, "> ", ">   ")) == expected


@pytest.mark.once
def test_no_word_is_lost_and_filling_twice_changes_nothing() -> None:
    chance = random.Random(5)
    marks = ["", "", "", "- ", "1. ", "> ", "> > ", "  ", "    "]
    for _ in range(500):
        lines = []
        for _ in range(chance.randint(1, 8)):
            words = [
                "日本語、テキスト" if chance.random() < 0.05 else "x" * chance.randint(1, 9)
                for _ in range(chance.randint(0, 9))
            ]
            lines.append(chance.choice(marks) + " ".join(words))
        once = list(Wrapper(24).wrap(lines))
        if all(map(str.isascii, lines)):  # a blank between wide characters is lost where a line ends there
            assert list(Wrapper(24).wrap(once)) == once, lines
        kept = "".join("".join(line.replace(">", "").split()) for line in once)
        assert kept == "".join("".join(line.replace(">", "").split()) for line in lines)
        assert all(width(line) <= 24 for line in once)


TEXT = """\
A paragraph that is long
enough to be filled.

- a bullet that goes on
  with its indent
- the next
12) a number
> > quoted text, too long for a line
>
> one level
"""
FILLED = """\
A paragraph that is
long enough to be
filled.

- a bullet that goes
  on with its indent
- the next
12) a number
> > quoted text, too
> > long for a line
>
> one level
"""


def test_paragraphs_bullets_and_quotes_are_kept(run: Run) -> None:
    assert run("wrap", "-w", "20", stdin=TEXT).text == FILLED
    assert run("wrap", "-w", "22", "--indent", "# ", stdin="a b\n\nc\n").text == "# a b\n#\n# c\n"
    assert run("wrap", "-w", "10", stdin="日本語の文章です。\n").text == "日本語の文\n章です。\n"
    assert run("wrap", "-w", "4", stdin=b"caf\xe9 \xff\n").out == b"caf\xe9 \xff\n", (
        "bytes that are no text have no width"
    )
    code = "x = 1  # kept as it is, however long it may be\n\t# one two three\n\t#\n\t# four\n"
    assert run("wrap", "--comment", "# ", "-w", "18", stdin=code).text == (
        "x = 1  # kept as it is, however long it may be\n\t# one two\n\t# three\n\t#\n\t# four\n"
    )
    assert run("wrap", "--dedent", "--no-fill", stdin="  a\n    b\n").text == "a\n  b\n"
    assert run("wrap", "--shorten", "12", stdin="a  b\nthe quick brown fox\n").text == "a b\nthe quick …\n"
    assert run("wrap", "-w", "8", stdin="aaa b\u00a0c d\r\ne\r\n").out.decode() == "aaa b\u00a0c\r\nd e\r\n"
    assert run("wrap", "-w", "9", stdin="in the - 12. of > x\n").text == "in\nthe - 12.\nof > x\n"
    assert (
        run("wrap", "-w", "4", stdin="👩\u200d👩\u200d👧👩\u200d👩\u200d👧\n").text.replace("\n", "")
        == "👩\u200d👩\u200d👧" * 2
    )
    assert run("wrap", "-w", "6", stdin="한국어 글\n자\n").text == "한국어\n글 자\n"
    assert run("wrap", "-w", "10", stdin="日本語の\n文章です。\n").text == "日本語の文\n章です。\n"
    assert run("wrap", "-w", "14", stdin="\tone two three\n-\tfour\n").text == "\tone\n\ttwo\n\tthree\n-\tfour\n"
    indented = run("wrap", "-w", "20", "--indent", "\t", stdin="aaaa bbbb cccc dddd\n")
    assert indented.text == "\taaaa bbbb\n\tcccc dddd\n", "a tab takes eight columns"
    assert run("wrap", "-w", "20", "--shorten", "20", "--indent", "\t", stdin="aaaa bbbb cccc\n").text == (
        "\taaaa bbbb …\n"
    )
    assert run("wrap", "-w", "18", "--comment", "#\t", stdin="#\taaaa bbbb cc\n").text == "#\taaaa bbbb\n#\tcc\n"
    assert run("wrap", "--no-fill", "--shorten", "3").err == (
        "stdtools wrap: one of --no-fill, --shorten and --comment at a time; see 'stdtools wrap --help'\n"
    )


@pytest.mark.parametrize(
    "args",
    [["-w", "20"], ["--indent", "> "], ["--dedent", "--no-fill", "--indent", "  "], ["--no-fill", "--indent", "> "]],
)
def test_the_script_of_explain_does_the_same(run: Run, python: str, args: list[str]) -> None:
    text = "  one two three four five six\n  seven\n\n  eight\n".replace("  ", "" if "-w" in args else "  ")
    text = textwrap.dedent(text) if "--dedent" not in args else text
    done = subprocess.run(
        [python, "-c", run("wrap", *args, "--explain").text], input=text.encode(), capture_output=True
    )
    assert done.stdout == run("wrap", *args, stdin=text).out
