"""What -w, -i, -B and the like take as equal is what GNU diff takes as equal."""

import os
import random
import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stdtools.diff import context, normal, side_by_side, unified_format
from stdtools.diff.comparison import count_lines
from stdtools.diff.engine import compare
from stdtools.diff.expressions import Expression
from stdtools.diff.keys import Ignored, lines_ignored
from stdtools.shared.errors import ToolError
from tests.diff.oracles import Written, comparison_of, gnu

PAIRS = int(os.environ.get("DIFF_PAIRS", "60"))
SEED = int(os.environ.get("DIFF_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 32)

OPTIONS = {
    "-i": Ignored(case=True),
    "-w": Ignored(all_space=True),
    "-b": Ignored(space_change=True),
    "-Z": Ignored(trailing_space=True),
    "-E": Ignored(tab_expansion=True),
    "--strip-trailing-cr": Ignored(trailing_cr=True),
    "-Z -E": Ignored(trailing_space=True, tab_expansion=True),
    "-b -E -Z": Ignored(space_change=True, tab_expansion=True, trailing_space=True),
    "-w -b -i": Ignored(all_space=True, space_change=True, case=True),
    "--strip-trailing-cr -E -i": Ignored(trailing_cr=True, tab_expansion=True, case=True),
    "-b --strip-trailing-cr": Ignored(space_change=True, trailing_cr=True),
}
CR_ALONE = [Expression(r"^a", "-I"), Expression("b$", "-I")]
TRIVIAL = {
    "-B": Ignored(blank_lines=True),
    "-B -Z": Ignored(blank_lines=True, trailing_space=True),
    "-B -w": Ignored(blank_lines=True, all_space=True),
    "-B -E": Ignored(blank_lines=True, tab_expansion=True),
    "-I ^a -I b$": Ignored(matching_lines=CR_ALONE),
    "-I ^a -I b$ -B -b": Ignored(matching_lines=CR_ALONE, blank_lines=True, space_change=True),
}
PIECES = [b"a", b"B", b"b", b" ", b"  ", b"\t", b"\r", b"\f", b"\v", b"\b", b"x", b"\xff", "é".encode()]


def text(chance: random.Random, pieces: list[bytes] = PIECES) -> bytes:
    lines = [b"".join(chance.choices(pieces, k=chance.choice([0, 0, 1, 2, 3, 5]))) for _ in range(chance.randrange(12))]
    return b"\n".join(lines) + (b"\n" if lines and chance.random() < 0.7 else b"")


@pytest.mark.once
def test_no_fewer_and_no_more_lines_are_equal_than_to_gnu_diff(tmp_path: Path) -> None:
    """Both are asked for the fewest lines, so that both have to come to the same number."""
    chance = random.Random(SEED)
    for number in range(PAIRS):
        a, b = text(chance), text(chance)
        (tmp_path / "a").write_bytes(a)
        (tmp_path / "b").write_bytes(b)
        for options in chance.sample(sorted(OPTIONS), 5):
            ignored = OPTIONS[options]
            ours = compare(a, b, algorithm="minimal", keys=(ignored.key(a), ignored.key(b)))
            theirs = comparison_of(a, b, gnu(tmp_path, "-a", "-d", "--normal", *options.split()))
            totals = [sum(c.a2 - c.a1 + c.b2 - c.b1 for c in each.changes) for each in (ours, theirs)]
            assert totals[0] == totals[1], (f"DIFF_SEED={SEED}", number, options, a, b)


@pytest.mark.once
def test_changes_that_do_not_count_are_left_out_as_gnu_diff_does(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    pieces = [b"a", b"b", b"", b" ", b"c", b"d"]
    for number in range(PAIRS):
        a, b = text(chance, pieces), text(chance, pieces)
        (tmp_path / "a").write_bytes(a)
        (tmp_path / "b").write_bytes(b)
        for options, ignored in TRIVIAL.items():
            kept = [word for word in options.split() if word in ("-Z", "-w", "-E", "-b")]
            formats = {"--normal": "0", "-y": "0", "-U2": "2", "-C1": "1"}
            for form, lines in formats.items():
                comparison = comparison_of(a, b, gnu(tmp_path, "--normal", "--horizon-lines", lines, *kept))
                trivial = ignored.changes(comparison)
                out = Written()
                if form == "--normal":
                    normal.write(comparison, out, ignored=trivial)
                elif form == "-y":
                    side_by_side.write(comparison, out, ignored=trivial)
                elif form == "-U2":
                    unified_format.write(comparison, (b"A", b"B"), out, 2, ignored=trivial)
                else:
                    context.write(comparison, (b"A", b"B"), out, 1, ignored=trivial)
                expected = gnu(tmp_path, form, "--label", "A", "--label", "B", *options.split())
                if b"".join(out) != expected and not overlap(expected):
                    pytest.fail(f"DIFF_SEED={SEED} {number} {options} {form}\n{a!r}\n{b!r}\n{out!r}\n{expected!r}")


def overlap(patch: bytes) -> bool:
    """Say whether two hunks of *patch* have lines in common, which GNU's may where a change between them is ignored."""
    end = 0
    for start, count, first, last in re.findall(
        rb"^(?:@@ -(\d+)(?:,(\d+))? |\*\*\* (\d+)(?:,(\d+))? \*)", patch, re.MULTILINE
    ):
        begin = int(start or first)
        if begin <= end:
            return True
        end = begin + int(count or 1) - 1 if start else int(last or first)
    return False


def test_hunks_with_a_line_in_common_are_one(tmp_path: Path) -> None:
    """``git apply`` refuses such a patch, which GNU diff writes around a blank line that -B ignores."""
    a, b = b"N\n1\n2\n3\n4\n5\n6\nM\n", b"n\n1\n2\n3\n\n4\n5\n6\nm\n"
    (tmp_path / "a").write_bytes(a)
    ignored = Ignored(blank_lines=True)
    comparison = compare(a, b)
    out = Written()
    unified_format.write(comparison, (b"a", b"a"), out, ignored=ignored.changes(comparison))
    patch = b"".join(out)
    assert patch.count(b"@@ -") == 1
    subprocess.run(["git", "apply", "-p0"], cwd=tmp_path, input=patch, check=True)
    assert (tmp_path / "a").read_bytes() == b


@pytest.mark.parametrize(
    ("ignored", "before", "after"),
    [
        (Ignored(case=True), "Straße ΑΣ K".encode(), "strasse ασ k".encode()),
        (Ignored(case=True), b"A\xc3B\n", b"a\xc3b\n"),
        (Ignored(all_space=True), b" a\t\r\v\fb \n \n", b"ab\n\n"),
        (Ignored(all_space=True), b" ", b"\n"),
        (Ignored(space_change=True), b"  a \t b  \n\t\n", b" a b\n\n"),
        (Ignored(trailing_space=True), b" a \r\n ", b" a\n\n"),
        (Ignored(tab_expansion=True), b"\ta\tb\n1234567\t8", b"        a       b\n1234567 8"),
        (Ignored(tab_expansion=True), b"ab\b\tc\r\td\n", b"ab\b       c\r        d\n"),
        (Ignored(trailing_cr=True), b"a\r\nb\r\r\nc\r", b"a\nb\r\nc"),
        (Ignored(trailing_cr=True), b"a\n\r", b"a\n\r"),
        (Ignored(mask=[Expression(r"\d+", "--mask")]), b"1 a 22\n333", b"\0 a \0\n\0"),
        (Ignored(mask=[Expression(r"\w+$", "--mask")]), "x é\n".encode(), b"x \0\n"),
        (Ignored(mask=[Expression(r"\s", "--mask"), Expression("b*", "--mask")]), b"a\n", b"\0a\0\n"),
        (Ignored(mask=[Expression("[^,]*", "--mask")], all_space=True), b"a b,c\n\n", b"\0,\0\n\0\n"),
    ],
)
def test_what_is_compared(ignored: Ignored, before: bytes, after: bytes) -> None:
    assert ignored.key(before) == after


LINES = st.lists(st.sampled_from([*PIECES, b"\n", b"\n", b"1"]), max_size=30).map(b"".join)
EVERYTHING = [
    *OPTIONS.values(),
    Ignored(mask=[Expression(r"[ab1\s]+", "--mask")]),
    Ignored(mask=[Expression(".*", "--mask")], all_space=True, trailing_cr=True, case=True),
]


@given(LINES, st.sampled_from(EVERYTHING))
def test_a_key_has_as_many_lines_as_its_text(lines: bytes, ignored: Ignored) -> None:
    """Else places in the one were not places in the other."""
    assert count_lines(ignored.key(lines)) == count_lines(lines)


@given(LINES, LINES, st.sampled_from(EVERYTHING))
def test_what_is_ignored_is_counted(a: bytes, b: bytes, ignored: Ignored) -> None:
    comparison = compare(a, b, keys=(ignored.key(a), ignored.key(b)))
    a_lines, b_lines = (re.findall(rb"[^\n]*\n|[^\n]+", text) for text in (a, b))
    expected = 0
    for tag, a1, a2, b1, b2 in comparison.opcodes():
        if tag == "equal":
            expected += sum(one != other for one, other in zip(a_lines[a1:a2], b_lines[b1:b2], strict=True))
    assert lines_ignored(comparison) == expected


def test_a_long_run_of_blanks_takes_no_longer_than_other_lines() -> None:
    """Expressions that look for blanks before the end of a line are quadratic in them; a megabyte would take hours."""
    blanks = b" \t" * 500_000
    for ignored in OPTIONS.values():
        ignored.key(blanks + b"x\n" + blanks)


@pytest.mark.parametrize("pattern", ["(", "*", "a{2,1}", "(?P<x", "[z-a]"])
def test_what_is_no_regular_expression_is_told(pattern: str) -> None:
    with pytest.raises(ToolError, match="--mask is not a regular expression"):
        Expression(pattern, "--mask")
