"""Formats where random pairs do not go: odd columns, odd names, long lines, names with something in common."""

import os
import random
import subprocess
from pathlib import Path

import pytest

from stdtools.diff import context, headers, normal, side_by_side, summary, unified_format
from stdtools.diff.comparing import Outcome
from stdtools.diff.comparison import Change, Comparison
from stdtools.diff.engine import compare
from stdtools.diff.functions import Functions, is_c_function
from stdtools.diff.side_by_side import Columns
from stdtools.diff.summary import Row
from tests.diff.oracles import Written, comparison_of, gnu

SEED = int(os.environ.get("DIFF_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 32)
PIECES = [
    *(b"a", b"bc", b"\t", b" ", b"\r", b"\b", b"\f", b"\v", b"\0", b"\x01", b"\x7f", b"\xff"),
    *(text.encode() for text in ("é", "日", "e\u0301", "\u200b", "😀", "\xad", "ᄀ", "ｆ")),
]


@pytest.mark.once
def test_two_columns_of_odd_characters_are_gnus(tmp_path: Path) -> None:
    """Tabs, backspaces, wide and combining characters, in columns of every width; as in a locale of UTF-8."""
    chance = random.Random(SEED)

    def text() -> bytes:
        lines = (b"".join(chance.choices(PIECES, k=chance.randrange(14))) + b"\n" for _ in range(chance.randrange(5)))
        return b"".join(lines).removesuffix(b"\n" if chance.random() < 0.3 else b"-")

    for number in range(150):
        a, b = text(), text()
        (tmp_path / "a").write_bytes(a)
        (tmp_path / "b").write_bytes(b)
        width = chance.choice([1, 2, 3, 5, 8, 10, 11, 12, 13, 17, 20, 24, 25, 31, 40, 130])
        comparison = comparison_of(a, b, gnu(tmp_path, "-a", "--normal", "--horizon-lines", "0"))
        out = Written()
        side_by_side.write(comparison, out, width)
        assert b"".join(out) == gnu(tmp_path, "-a", "-y", "-W", str(width)), (f"DIFF_SEED={SEED}", number, width, a, b)


@pytest.mark.parametrize("width", range(1, 200, 7))
def test_columns_never_take_more_than_the_width(width: int) -> None:
    half, right = Columns.of(width)
    assert right + half <= width
    assert half == 0 or (right % 8 == 0 and right - half >= 3)


@pytest.mark.once
def test_names_are_quoted_as_gnu_diff_quotes_them(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("x")
    for code in (*range(1, 47), *range(48, 256)):
        name = b"n" + bytes([code]) + b"m"
        (tmp_path / os.fsdecode(name)).write_text("y")
        done = subprocess.run(["diff", "-u", name, "other"], cwd=tmp_path, capture_output=True)
        assert done.stdout.split(b"\t")[0] == b"--- " + headers.quote(name)


@pytest.mark.parametrize(
    ("nanoseconds", "zone", "shown"),
    [
        (0, "utc", b"1970-01-01 00:00:00.000000000 +0000"),
        (-1, "utc", b"1969-12-31 23:59:59.999999999 +0000"),
        (1_700_000_000_000_000_001, "utc", b"2023-11-14 22:13:20.000000001 +0000"),
        (-62_135_596_800_000_000_000, "utc", b"0001-01-01 00:00:00.000000000 +0000"),
        (10**30, "local", b"1000000000000000000000.000000000"),
    ],
)
def test_times(nanoseconds: int, zone: str, shown: bytes) -> None:
    assert headers.stamp(nanoseconds, zone) == shown


def test_a_line_of_megabytes_is_not_looked_at_character_by_character() -> None:
    """Neither in columns nor around a hunk; a second for each would be a minute here."""
    long = "é\t".encode() * 1_000_000
    a, b = long + b"\n" + b"x\n" * 50, long + b"\n" + b"x\ny\n" * 50
    comparison = compare(a, b)
    for write in (
        lambda out: unified_format.write(comparison, (b"", b""), out, functions=Functions(a, is_c_function)),
        lambda out: context.write(comparison, (b"", b""), out, 1),
        lambda out: normal.write(comparison, out),
        lambda out: side_by_side.write(comparison, out),
    ):
        write(Written())


@pytest.mark.once
def test_many_hunks_come_in_blocks() -> None:
    a = b"".join(b"%d\n" % number for number in range(200_000))
    b = a.replace(b"7\n", b"8\n")
    out = Written()
    unified_format.write(compare(a, b), (b"a", b"b"), out)
    assert len(out) < 50
    assert max(map(len, out)) < 1 << 21


def test_nothing_is_written_where_nothing_differs() -> None:
    for text in (b"", b"x", b"x\n" * 100_000):
        out = Written()
        unified_format.write(Comparison(text, text, []), (b"a", b"b"), out)
        context.write(Comparison(text, text, []), (b"a", b"b"), out)
        normal.write(Comparison(text, text, []), out)
        assert not any(out)


@pytest.mark.parametrize(("a", "b"), [("a", "b"), (b"a", b"b")])
def test_unified_from_python(a: object, b: object) -> None:
    patch = unified_format.unified(a, b, "old", "new name")
    expected = (
        "--- old\n+++ new name\t\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n"
    )
    assert patch == (expected if isinstance(a, str) else expected.encode())
    assert unified_format.unified(a, a) == (b"" if isinstance(a, bytes) else "")


def test_the_nearest_line_before_a_hunk_is_found_once() -> None:
    looked: list[bytes] = []
    text = b"f\n" + b" x\n" * 1000
    functions = Functions(text, lambda line: looked.append(line) or line == b"f")
    assert [functions.before(place) for place in range(2, len(text), 3)] == [b" f"] * 1000
    assert len(looked) <= 1001


@pytest.mark.once
def test_names_of_two_paths_are_gits(tmp_path: Path) -> None:
    """What they have in common at either end is said once."""
    chance = random.Random(SEED)
    for _ in range(60):
        paths = [
            "/".join(chance.choices(["a", "b", "ab", "x y", "é", '"'], k=chance.choice([1, 2, 3, 4]))) for _ in "ab"
        ]
        places = [tmp_path / str(_) / "work" for _ in (0,)]
        place = places[0]
        subprocess.run(["rm", "-rf", place], check=True)
        try:
            for number, path in enumerate(paths):
                (place / path).parent.mkdir(parents=True, exist_ok=True)
                (place / path).write_text(str(number))
        except OSError:  # one is a directory of the other
            continue
        if paths[0] == paths[1]:
            continue
        done = subprocess.run(
            ["git", "diff", "--no-index", "--no-renames", "--numstat", *paths], cwd=place, capture_output=True
        )
        assert done.stdout.decode().split("\t")[2].rstrip("\n") == summary.name_of(*(path.encode() for path in paths))


@pytest.mark.once
def test_bars_are_gits(tmp_path: Path) -> None:
    """Rows as git would make them of the same numbers, in every width."""
    chance = random.Random(SEED)
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    for number in range(25):
        rows = []
        names = []
        for _ in range(chance.randint(1, 5)):
            name = (
                chance.choice(["", "d/", "d/" * 30, "long" * 18 + "/"])
                + "n" * chance.choice([1, 9, 40])
                + str(len(names))
            )
            deleted, inserted = (chance.choice([0, 0, 1, 2, 7, 90, 1500]) for _ in "ab")
            names.append(name)
            old, new = (
                "".join(f"{side}{n}\n" for n in range(many)) for side, many in (("a", deleted), ("b", inserted))
            )
            is_binary = chance.random() < 0.1
            if is_binary:
                old, new = "\0" * (deleted + 1), "\0" * (inserted + 1) + "x"
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(old)
            rows.append((name, old, new, is_binary))
        subprocess.run(["git", "add", "-A"], cwd=tmp_path, check=True)
        for name, _, new, _ in rows:
            (tmp_path / name).write_text(new)
        width = chance.choice([20, 40, 80, 120, 300])
        done = subprocess.run(
            ["git", "diff", f"--stat={width}", "--", *names], cwd=tmp_path, capture_output=True, check=True
        )
        out = Written()
        shown = [
            Row(name, len(old), len(new), True) if is_binary else Row(name, old.count("\n"), new.count("\n"))
            for name, old, new, is_binary in sorted(rows)
            if old != new
        ]
        if shown:
            summary.write_graph(shown, out, width)
        assert b"".join(out).decode() == done.stdout.decode(), (f"DIFF_SEED={SEED}", number, width)


def test_a_row_counts_what_counts() -> None:
    comparison = Comparison(b"a\nb\n", b"x\ny\nz\n", [Change(0, 2, 0, 1, 0, 4, 0, 2), Change(2, 2, 1, 3, 4, 4, 2, 6)])
    assert summary.row_of(b"a", b"b", Outcome(True, comparison)) == Row("a => b", 2, 3)
    assert summary.row_of(b"a", b"b", Outcome(True, comparison, frozenset([1]))) == Row("a => b", 2, 1)
