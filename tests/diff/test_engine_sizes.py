"""How much the engine finds changed, beside GNU diff --minimal, and on texts that ruin other methods."""

import os
import random
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stdtools.diff import compare, engine
from stdtools.diff.checking import check
from tests.diff.texts import LINES, edited, size

COUNT = 20_000
UNIQUE = [b"line %d of many\n" % n for n in range(COUNT)]
PERIODIC = [b"{\n", b"x\n", b"}\n"] * (COUNT // 3)

Texts = tuple[bytes, bytes]


def by_diff(a: bytes, b: bytes, place: Path) -> int:
    """Return how many lines GNU diff finds deleted or inserted."""
    (place / "a").write_bytes(a)
    (place / "b").write_bytes(b)
    done = subprocess.run(["diff", "--text", "--minimal", "a", "b"], cwd=place, capture_output=True, check=False)
    assert done.returncode < 2
    return sum(line.startswith((b"<", b">")) for line in done.stdout.split(b"\n"))


def random_pairs() -> Iterator[Texts]:
    for seed in range(1_000):
        draw = random.Random(seed)
        lines = [*LINES[: draw.randrange(2, 9)], *(b"line %d\n" % n for n in range(draw.choice((0, 50, 2_000))))]
        a = draw.choices(lines, k=draw.choice((20, 200, 200, 2_000)))
        if seed % 10:
            b = edited(draw, a, draw.choice((1, 5, 20)), lines)
        else:
            b = draw.choices(lines, k=draw.choice((20, 200)))
        yield b"".join(a), b"".join(b)


def real_pairs() -> Iterator[Texts]:
    """Yield modules of the standard library and what became of them: pieces new, gone, moved and repeated."""
    directory = os.path.dirname(os.__file__)
    modules = sorted(name for name in os.listdir(directory) if name.endswith(".py"))
    for seed, name in enumerate(modules[:100]):
        draw = random.Random(seed)
        with open(os.path.join(directory, name), "rb") as source:
            a = source.readlines()
        b = edited(draw, a, 1 + len(a) // draw.choice((10, 50, 200)), a)
        at, length, to = (draw.randrange(len(a) + 1) for _ in range(3))
        moved = b[at : at + length // 4]
        del b[at : at + length // 4]
        b[to:to] = moved
        yield b"".join(a), b"".join(b)


@pytest.mark.once
@pytest.mark.parametrize("pairs", [random_pairs, real_pairs])
def test_hardly_more_lines_than_gnu_diff_minimal(
    pairs: Callable[[], Iterator[Texts]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fast path of large texts, alone, stays below the bound; with a second look there is nothing above."""
    needed = found = skipping = 0
    for a, b in pairs():
        needed += by_diff(a, b, tmp_path)
        comparison = compare(a, b)
        check(comparison, count=True)
        assert comparison.minimal
        found += size(comparison)
        with monkeypatch.context() as patch:
            patch.setattr(engine, "AS_A_WHOLE", 0)
            patch.setattr(engine, "ONCE_MORE", 0)
            comparison = compare(a, b)
        check(comparison, count=True)
        skipping += size(comparison)
    assert needed > 5_000
    assert found <= needed
    assert skipping <= 1.02 * needed


def two_letters(seed: int) -> list[bytes]:
    return random.Random(seed).choices([b"a\n", b"b\n"], k=COUNT)


def with_pieces(lines: list[bytes], every: int) -> list[bytes]:
    result = list(lines)
    for at in range(0, len(lines), every):
        result[at:at] = [b"y%d\n" % at, b"x\n", b"}\n"]
    return result


def shuffled(lines: list[bytes]) -> list[bytes]:
    return random.Random(1).sample(lines, len(lines))


# two texts, and how many lines differ at most
SHAPES: dict[str, tuple[list[bytes], list[bytes], int]] = {
    "all lines equal": ([b"x\n"] * COUNT, [b"x\n"] * (COUNT - 500), 500),
    "two letters": (two_letters(1), two_letters(2), 7_600),
    "one line among equal ones": ([b"x\n"] * 100_000, [b"x\n"] * 50_000 + [b"y\n"] + [b"x\n"] * 50_000, 1),
    "every line a little": (UNIQUE, [b"L" + line[1:] for line in UNIQUE], 2 * COUNT),
    "one line of 5 MB": ([b"x" * 5_000_000], [b"x" * 2_500_000 + b"y" + b"x" * 2_499_999], 2),
    "reversed": (UNIQUE, UNIQUE[::-1], 2 * COUNT - 2),
    "a block moved": (UNIQUE, UNIQUE[:5_000] + UNIQUE[10_000:15_000] + UNIQUE[5_000:10_000] + UNIQUE[15_000:], 10_000),
    "shuffled": (UNIQUE, shuffled(UNIQUE), 2 * COUNT - 400),
    "periods with pieces": (PERIODIC, with_pieces(PERIODIC, 1_000), 60),
    "a column more": (UNIQUE, [line[:-1] + b",0\n" for line in UNIQUE], 2 * COUNT),
    "empty lines more": (UNIQUE, [part for line in UNIQUE for part in (line, b"\n")], COUNT),
    "one side short": (PERIODIC, [b"x\n", b"none\n", b"}\n"], len(PERIODIC) - 1),
}


@pytest.mark.once
@pytest.mark.parametrize("algorithm", ["fast", "minimal", "patience"])
@pytest.mark.parametrize("shape", SHAPES)
def test_texts_that_ruin_other_methods(shape: str, algorithm: str) -> None:
    a_lines, b_lines, most = SHAPES[shape]
    a, b = b"".join(a_lines), b"".join(b_lines)
    comparison = compare(a, b, algorithm=algorithm)
    check(comparison, count=True)
    assert comparison.minimal or algorithm == "patience"
    assert size(comparison) <= most


@pytest.mark.once
def test_more_than_can_be_tried_is_said_so() -> None:
    draw = random.Random(1)
    a, b = (b"".join(draw.choices([b"a\n", b"b\n"], k=100_000)) for _ in "ab")
    comparison = compare(a, b)
    check(comparison, count=True)
    assert (comparison.minimal, comparison.why) == (False, "too much differs to try everything")
    assert size(comparison) < 40_000


@pytest.mark.once
def test_few_differences_among_very_many_equal_lines_are_the_fewest() -> None:
    lines = random.Random(1).choices([b"a\n", b"b\n"], k=200_000)
    other = list(lines)
    for at in (190_000, 100_000, 50_000, 1_000):
        other[at:at] = [b"a\n", b"b\n", b"a\n", b"a\n", b"b\n", b"b\n", b"b\n", b"a\n"]
        del other[at - 500 : at - 490]
    comparison = compare(b"".join(lines), b"".join(other), algorithm="minimal")
    check(comparison, count=True)
    assert comparison.minimal
    assert size(comparison) <= 72


@pytest.mark.once
def test_a_long_insertion_among_other_changes_is_found_by_searching() -> None:
    lines = [b"line %d of many that are equal\n" % n for n in range(100_000)]
    other = [b"changed\n" if n % 10_000 == 5_000 else line for n, line in enumerate(lines)]
    other[50_000:50_000] = [b"a line that is new, number %d\n" % n for n in range(80_000)]
    for a, b in ((lines, other), (other, lines)):
        comparison = compare(b"".join(a), b"".join(b))
        check(comparison, count=True)
        assert comparison.minimal
        assert (len(comparison.changes), size(comparison)) == (11, 80_020)


@pytest.mark.once
def test_hunks_in_a_text_of_two_letters_do_not_make_all_of_it_be_looked_at_again() -> None:
    """No line comes once in any window: each hunk had windows of a mebibyte, and it took minutes."""
    draw = random.Random(1)
    lines = draw.choices([b"a\n", b"b\n"], k=400_000)
    other = list(lines)
    for at in range(1_000, 400_000, 1_000):
        other[at : at + 20] = draw.choices([b"a\n", b"b\n"], k=25)
    comparison = compare(b"".join(lines), b"".join(other))
    check(comparison, count=True)
    assert size(comparison) < 399 * 25
