"""What the engine finds: rebuilt, checked against a table of all pairs of lines, and against difflib."""

import difflib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stdtools.diff import bits, compare, engine, places, resuming, trimming
from stdtools.diff.checking import check
from stdtools.diff.comparison import Change, split_lines
from tests.diff.texts import LINES, edited, least, rebuilt, size, texts

ALGORITHMS = pytest.mark.parametrize("algorithm", engine.ALGORITHMS)


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every limit so low that small texts reach what only large ones do."""
    for module, name, value in (
        (engine, "AS_A_WHOLE", 0),
        (engine, "ONCE_MORE", 0),
        (resuming, "ENOUGH", 4),
        (resuming, "ALIKE", 2),
        (resuming, "WINDOW", 8),
        (resuming, "WIDEST", 32),
        (resuming, "LINES", 3),
        (bits, "KEPT", 16),
        (bits, "FEW", 1),
        (bits, "MASKS", 8),
        (trimming, "FIRST", 1),
        (places, "NEAR", 1),
        (places, "BLOCK", 16),
    ):
        monkeypatch.setattr(module, name, value)


def agrees(a: bytes, b: bytes, algorithm: str) -> None:
    comparison = compare(a, b, algorithm=algorithm)
    check(comparison, count=True)
    assert rebuilt(comparison) == b
    assert comparison.minimal == (not comparison.why)
    if comparison.minimal:
        assert size(comparison) == least(a, b)
    assert comparison.minimal or algorithm != "minimal"


@ALGORITHMS
@given(a=texts, b=texts)
def test_b_is_rebuilt_and_what_is_called_minimal_is(algorithm: str, a: bytes, b: bytes) -> None:
    agrees(a, b, algorithm)


@given(a=texts, b=texts)
def test_small_texts_are_always_compared_minimally(a: bytes, b: bytes) -> None:
    assert compare(a, b).minimal


@ALGORITHMS
@pytest.mark.usefixtures("narrow")
def test_what_large_texts_go_through_is_right_on_small_ones(algorithm: str) -> None:
    for seed in range(2_000):
        draw = random.Random(seed)
        lines = [*LINES[: draw.randrange(1, 9)], *(b"%d\n" % n for n in range(draw.choice((0, 20))))]
        a = draw.choices(lines, k=draw.randrange(40))
        b = edited(draw, a, draw.randrange(6), lines) if seed % 3 else draw.choices(lines, k=draw.randrange(40))
        a_text, b_text = b"".join(a)[: draw.choice((None, -1))], b"".join(b)[: draw.choice((None, -1))]
        try:
            agrees(a_text, b_text, algorithm)
        except Exception as error:
            raise AssertionError(f"seed {seed}: {a_text!r} {b_text!r}") from error


def test_the_fast_path_of_large_texts_finds_nearly_as_little_as_the_plain_one(narrow: None) -> None:
    found = needed = 0
    for seed in range(400):
        draw = random.Random(seed)
        lines = [*LINES, *(b"%d\n" % n for n in range(40))]
        a = draw.choices(lines, k=60)
        a_text, b_text = b"".join(a), b"".join(edited(draw, a, 4, lines))
        found += size(compare(a_text, b_text))
        needed += least(a_text, b_text)
    assert needed <= found <= needed * 1.02


def test_what_is_searched_for_begins_a_line(narrow: None) -> None:
    """The end of a longer line is not it."""
    a = b"".join(b"a%d\n" % n for n in range(30)) + b"b\nc\nd\n" * 3
    b = b"xb\nc\nd\n" + b"".join(b"%d\n" % n for n in range(40)) + b"b\nc\nd\nb\n"
    agrees(a, b, "fast")
    agrees(b, a, "fast")


@pytest.mark.parametrize(
    ("a", "b", "changes"),
    [
        (b"", b"", []),
        (b"x\n", b"x\n", []),
        (b"", b"x\n", [Change(0, 0, 0, 1, 0, 0, 0, 2)]),
        (b"x\n", b"", [Change(0, 1, 0, 0, 0, 2, 0, 0)]),
        (b"x", b"x\n", [Change(0, 1, 0, 1, 0, 1, 0, 2)]),
        (b"x", b"x", []),
        (b"a\nx", b"b\nx", [Change(0, 1, 0, 1, 0, 2, 0, 2)]),
        (b"a\nx", b"a\nyx", [Change(1, 2, 1, 2, 2, 3, 2, 4)]),
        (b"ax\n", b"x\n", [Change(0, 1, 0, 1, 0, 3, 0, 2)]),
        (b"x\n", b"ax\n", [Change(0, 1, 0, 1, 0, 2, 0, 3)]),
        (b"x\r\n", b"x\n", [Change(0, 1, 0, 1, 0, 3, 0, 2)]),
        (b"a\x0cb\x85c\n", b"a\x0cb\n", [Change(0, 1, 0, 1, 0, 6, 0, 4)]),
        (b"a\nb\nc\n", b"a\nc\n", [Change(1, 2, 1, 1, 2, 4, 2, 2)]),
        (b"\0", b"\0\n", [Change(0, 1, 0, 1, 0, 1, 0, 2)]),
    ],
)
@ALGORITHMS
def test_the_ends_of_texts(a: bytes, b: bytes, changes: list[Change], algorithm: str) -> None:
    comparison = compare(a, b, algorithm=algorithm)
    assert (list(comparison.changes), comparison.minimal, comparison.why) == (changes, True, "")


@given(a=texts, b=texts)
def test_difflib_is_difflib(a: bytes, b: bytes) -> None:
    opcodes = difflib.SequenceMatcher(None, split_lines(a), split_lines(b)).get_opcodes()
    assert list(compare(a, b, algorithm="difflib").opcodes()) == opcodes


def test_difflib_leaves_out_popular_lines_as_it_always_did() -> None:
    a, b = b"{\nx\n}\n" * 150, b"{\nx\n}\n" * 75 + b"1\n2\n3\n" + b"{\nx\n}\n" * 75
    comparison = compare(a, b, algorithm="difflib")
    assert size(comparison) > 400
    assert (comparison.minimal, comparison.why) == (False, "difflib")
    assert size(compare(a, b)) == 3


def test_patience_matches_first_what_is_there_once() -> None:
    """The line that both have once is kept, though three others would be more."""
    a, b = b"a\nb\na\nonce\n", b"once\na\nb\na\n"
    assert size(compare(a, b)) == 2
    comparison = compare(a, b, algorithm="patience")
    assert size(comparison) == 6
    assert (comparison.minimal, comparison.why) == (False, "what is there once was matched first")


@given(a=texts, b=texts, algorithm=st.sampled_from(["fast", "minimal", "patience"]))
def test_at_the_deadline_the_rest_is_one_change(a: bytes, b: bytes, algorithm: str) -> None:
    comparison = compare(a, b, algorithm=algorithm, deadline=0)
    check(comparison, count=True)
    assert len(comparison.changes) <= 1
    if not comparison.minimal:
        assert comparison.why == "the deadline"


def test_a_deadline_in_the_middle_keeps_what_was_found() -> None:
    line = [b"line %d\n" % n for n in range(20_000)]
    other = list(line)
    for n in range(50, 20_000, 100):
        other[n] = b"changed\n" if n % 200 == 50 else line[n - 50]
    for limit in (0, 1, 2, 10, 50, 100, 150, 10_000):
        ticks = iter(range(1_000_000))
        comparison = compare(b"".join(line), b"".join(other), deadline=limit, clock=lambda ticks=ticks: next(ticks))
        check(comparison, count=True)
        assert comparison.why == ("the deadline" if limit < 10_000 else "")
        assert limit in (0, 1) or len(comparison.changes) > limit // 4 or limit == 10_000


@given(a=texts, b=texts, algorithm=st.sampled_from(engine.ALGORITHMS))
def test_keys_are_compared_and_texts_are_shown(a: bytes, b: bytes, algorithm: str) -> None:
    def key(text: bytes) -> bytes:
        return text.replace(b" ", b"").replace(b"\t", b"").replace(b"\r", b"").replace(b"2", b"1")

    comparison = compare(a, b, algorithm=algorithm, keys=(key(a), key(b)))
    check(comparison, (key(a), key(b)), count=True)
    assert (comparison.a, comparison.b) == (a, b)
    on_keys = compare(key(a), key(b), algorithm=algorithm)
    assert [change[:4] for change in comparison.changes] == [change[:4] for change in on_keys.changes]
    a_lines, b_lines = split_lines(a), split_lines(b)
    for change in comparison.changes:
        assert a[change.a_start : change.a_end] == b"".join(a_lines[change.a1 : change.a2])
        assert b[change.b_start : change.b_end] == b"".join(b_lines[change.b1 : change.b2])


def test_lines_of_every_length_are_found_again_in_the_real_texts() -> None:
    """Many short lines behind a long one once were sought for ever."""
    a = b"x" * 100_000 + b"\n" + b"\n" * 5_000 + b"y" * 70_000 + b"\nlast\n"
    b = a.replace(b"last", b"LAST") + b"new"
    comparison = compare(a, b, keys=(b"\n" * 5_002 + b"last\n", b"\n" * 5_002 + b"LAST\nnew"))
    check(comparison, (b"\n" * 5_002 + b"last\n", b"\n" * 5_002 + b"LAST\nnew"), count=True)
    assert list(comparison.changes) == [
        Change(5_002, 5_003, 5_002, 5_004, len(a) - 5, len(a), len(a) - 5, len(b)),
    ]


def test_another_algorithm_is_refused() -> None:
    with pytest.raises(ValueError, match="'quick' is none of fast, minimal, patience, difflib"):
        compare(b"", b"", algorithm="quick")
