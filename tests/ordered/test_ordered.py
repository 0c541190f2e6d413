"""top, merge and look, beside sort, sort -m and grep."""

import heapq
import itertools
import random
import subprocess
import tempfile
from pathlib import Path

import pytest

from stdtools.ordered.looking import look
from stdtools.ordered.merging import merge
from stdtools.shared.streams import Input
from tests.conftest import Run

pytestmark = pytest.mark.process


def test_top_is_what_sort_has_at_its_ends(shell: Run, tmp_path: Path) -> None:
    chance = random.Random(1)
    numbers = [f"{chance.choice([chance.randrange(-99, 99), chance.random() * 9])} {at}" for at in range(5000)]
    (tmp_path / "f").write_text("\n".join(numbers) + "\n")
    (tmp_path / "whole").write_text("".join(f"{chance.randrange(10**20)}\n" for _ in range(50_000)))
    for more, order in (("", "-k1,1gr"), ("--smallest", "-k1,1g")):
        assert shell(f"stdtools top -n 20 {more} f").out == shell(f"LC_ALL=C sort -s {order} f | head -n 20").out
        assert (
            shell(f"stdtools top --by 2 -n 9 {more} f").out
            == shell(f"LC_ALL=C sort -s {order.replace('1', '2')} f | head -n 9").out
        )
    assert shell("stdtools top whole").out == shell("sort -nr whole | head").out, "beyond what a float can tell"
    assert shell("printf 'b\\né\\na\\n' | stdtools top --text -n 2").text == "é\nb\n"
    for odd in ("", "abc\n", "0.5\n"):  # what a line counts by does not depend on the others
        lines = f"1_000\n5\n9007199254740992\n9007199254740993\ninf\nNaN\n{odd}".encode()
        assert shell("stdtools top -n 3 -q", lines).text == "9007199254740993\n9007199254740992\n5\n"
    assert shell("stdtools top -n 1", b"9007199254740992\n9007199254740993\n0.5\n").text == "9007199254740993\n"


def test_top_by_fields_and_arithmetic(run: Run) -> None:
    table = 'price,count,name\n3,4,a\n5,1,"b\nb"\n2,,c\nx,1,d\n'
    assert run("top", "--by", "price * count", stdin=table) == (
        0,
        b'price,count,name\n3,4,a\n5,1,"b\nb"\n',
        "stdtools top: 2 lines without a number left out\n",
    )
    assert (
        run("top", "--by", "a.b", "-n", "1", stdin='{"a": {"b": 2}}\n{"a": {"b": 10}}\n').text == '{"a": {"b": 10}}\n'
    )
    assert run("top", "--by", "a", "-n", "1", stdin='[{"a": 1},\n {"a": 3}]\n').text == '{"a": 3}\n'
    assert run("top", "--by", "min(round(price), abs(count))", "-n", "1", "-q", stdin=table).text == (
        "price,count,name\n3,4,a\n"
    )
    assert run("top", "--by", "name", "--text", "-n", "1", stdin=table).text == "price,count,name\nx,1,d\n"
    assert run("top", "--by", "none", stdin=table) == (
        2,
        b"",
        "stdtools top: standard input: no column 'none'; it has price, count, name\n",
    )
    for bad in (
        "a.b(c)",
        "__import__('os')",
        "a if b else c",
        "[a]",
        "a ** b",
        "'x' * 9",
        "a" * 2000 + "+1",
        "len(a)",
        "round(a, b)",
        "max(a)",
    ):
        result = run("top", "--by", bad, stdin=table)
        assert (result.code, result.out) == (2, b"")
        assert "neither a field nor arithmetic" in result.err


def test_merged_as_sort_merges(shell: Run, tmp_path: Path) -> None:
    chance = random.Random(2)
    for number in range(40):
        words = [chance.choice("ab\xe9 ") * chance.randrange(4) + str(chance.randrange(99)) for _ in range(300)]
        end = chance.choice([b"", b"\n"])
        lines = sorted(word.encode("latin-1") for word in words)
        (tmp_path / f"f{number:02}").write_bytes(b"\n".join(lines) + end)
        values = sorted(chance.randrange(-50, 50) for _ in range(300))
        (tmp_path / f"n{number:02}").write_text("".join(f"{value} x{chance.randrange(3)}\n" for value in values))
    assert shell("stdtools merge f*").out == shell("LC_ALL=C sort -m f*").out
    assert shell("stdtools merge --unique f*").out == shell("LC_ALL=C sort -mu f*").out
    assert shell("stdtools merge n* --as number").out == shell("LC_ALL=C sort -m -s -k1,1n n*").out
    assert (
        shell("stdtools merge n* --by 1 --as number --unique | wc -l").out
        == shell("cut -d' ' -f1 n* | sort -u | wc -l").out
    )
    assert shell("stdtools merge f00 <(cat f01) - < f02").out == shell("LC_ALL=C sort -m f00 f01 f02").out
    assert shell("ulimit -n 20; stdtools merge f* f* f*").out == shell("LC_ALL=C sort -m f* f* f*").out


@pytest.mark.once
def test_equal_keys_come_in_the_order_of_the_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Also those that go on behind the block of a file that is in memory."""
    chance = random.Random(4)

    def keys_of(lines: list[bytes], name: str, first: int) -> list[tuple[bytes, bytes]]:
        return [(line[:1], line) for line in lines]

    for _ in range(200):
        monkeypatch.setattr("stdtools.ordered.merging.LARGEST", chance.randint(1, 30))
        monkeypatch.setattr("stdtools.ordered.merging.SMALLEST", 1)
        paths, files = [], []
        for number in range(3):
            keys = sorted(chance.choices("abc", k=chance.randrange(9)))
            files.append([f"{key} {number} {at}".encode() for at, key in enumerate(keys)])
            paths.append(str(tmp_path / str(number)))
            Path(paths[-1]).write_bytes(b"".join(line + b"\n" for line in files[-1]))
        expected = list(heapq.merge(*files, key=lambda line: line[:1]))
        assert [line for some in merge(paths, keys_of) for line in some] == expected
        firsts = [next(group) for _, group in itertools.groupby(expected, key=lambda line: line[:1])]
        assert [line for some in merge(paths, keys_of, unique=True) for line in some] == firsts


def test_what_is_not_in_order_is_told_with_its_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1\n2\n10\n")
    assert run("merge", "a", "--as", "number").text == "1\n2\n10\n"
    assert run("merge", "a") == (2, b"", "stdtools merge: a:3: is not in order; sort it first\n")
    assert run("merge", "a", "--check") == (1, b"", "stdtools merge: a:3: is not in order\n")
    assert run("merge", "--by", "2", "--as", "number", "a").err == "stdtools merge: a:1: has no number in field 2\n"
    assert run("merge", "--by", "2", "a") == (2, b"", "stdtools merge: a:1: has no field 2\n")
    for name, by in (("merge", "x"), ("merge", "0"), ("look", "0")):
        assert run(name, "--by", by, "a", "a").err == (
            f"stdtools {name}: invalid value for '--by': '{by}' is no number of a field, from 1; "
            f"see 'stdtools {name} --help'\n"
        )
    large = "".join(f"{number:08}\n" for number in range(60_000))
    (tmp_path / "b").write_text(large + "0\n")
    assert run("merge", "b").err == "stdtools merge: b:60001: is not in order; sort it first\n"


@pytest.mark.once
def test_every_prefix_is_found_in_any_sorted_file(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(3)
    for _ in range(1500):
        monkeypatch.setattr("stdtools.ordered.looking.PROBE", chance.randint(1, 8))
        monkeypatch.setattr("stdtools.ordered.looking.NEAR", chance.randint(0, 20))
        lines = sorted(bytes(chance.choices(b"ab", k=chance.randint(0, 5))) for _ in range(chance.randint(1, 30)))
        data = b"\n".join(lines) + (b"\n" if chance.random() < 0.7 or not lines[-1] else b"")
        prefix = bytes(chance.choices(b"ab", k=chance.randint(0, 4)))
        with tempfile.TemporaryFile() as file:
            file.write(data)
            file.flush()
            source = Input(file.fileno(), "f")

            def is_above(key: bytes, prefix: bytes = prefix) -> bool:
                return key > prefix and not key.startswith(prefix)

            found = list(look(source, len(data), lambda line: line, prefix, is_above, "no key"))
        assert found == [line for line in lines if line.startswith(prefix)], (data, prefix)


def test_look_by_bytes_numbers_and_times(run: Run, shell: Run, tmp_path: Path) -> None:
    shell("stdtools find /usr/include /usr/lib/python3 | LC_ALL=C sort > paths")
    assert shell("stdtools look /usr/lib/python3/d paths").out == shell("grep '^/usr/lib/python3/d' paths").out
    (tmp_path / "ids").write_text("".join(f"{number},x\n" for number in range(0, 300_000, 3)))
    assert run("look", "--by", "1", "-d", ",", "--as", "number", "299997", "ids").text == "299997,x\n"
    assert run("look", "--by", "1", "-d", ",", "--as", "number", "299998", "ids") == (1, b"", "")
    assert run("look", "--by", "1", "-d", ",", "--as", "number", "--range", "..4", "ids").text == "0,x\n3,x\n"
    (tmp_path / "log").write_text("".join(f"2026-11-{day:02}T12:00:00+01:00 x\n" for day in range(1, 30)))
    assert run("look", "--by", "1", "--as", "time", "--range", "2026-11-03..2026-11-04T23:00:00", "log").text == (
        "2026-11-03T12:00:00+01:00 x\n2026-11-04T12:00:00+01:00 x\n"
    )
    assert run("look", "a", "none").code == 2
    assert run("look", "--as", "time", "1", "log").err == "stdtools look: log: the line at byte 0 has no time\n"
    told = run("look", "--as", "number", "--by", "5", "1", "log").err
    assert told == "stdtools look: log: the line at byte 0 has no number in field 5\n"
    assert shell("stdtools look a <(echo a)").err.endswith(
        "is no regular file; it cannot be halved; use grep or lines\n"
    )
    (tmp_path / "empty").write_bytes(b"")
    assert run("look", "a", "empty") == (1, b"", "")
    (tmp_path / "unsorted").write_text("a\nc\nb\nb\n")
    assert run("look", "--range", "a..z", "unsorted") == (
        2,
        b"a\nc\n",
        "stdtools look: unsorted: is not in order at byte 4; sort it first\n",
    )


@pytest.mark.parametrize(
    "args",
    [
        ["top", "-n", "2", "n"],
        ["top", "-n", "2", "--by", "1", "--smallest", "n"],
        ["merge", "t", "u"],
        ["merge", "--unique", "t", "u"],
        ["merge", "--as", "number", "n", "n"],
        ["merge", "--by", "-1", "t", "-"],
        ["merge"],
        ["look", "b", "t"],
        ["look", "d", "t"],
    ],
)
def test_the_script_of_explain_does_the_same(run: Run, python: str, tmp_path: Path, args: list[str]) -> None:
    (tmp_path / "n").write_text("1\n5\n30\n")
    (tmp_path / "t").write_text("a\nb\nb\rc\nd")
    (tmp_path / "u").write_text("b\nc\n")
    script = run(*args, "--explain").text
    done = subprocess.run([python, "-c", script], input=b"a\nb\n", capture_output=True, cwd=tmp_path, check=True)
    assert done.stdout == run(*args, stdin="a\nb\n").out


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["look", "--range", "a..b", "f"], "does not cover --range"),
        (["merge", "--as", "time", "f"], "covers text and numbers"),
        (["merge", "--check", "f"], "does not cover --check"),
    ],
)
def test_explain_names_what_it_does_not_cover(run: Run, args: list[str], message: str) -> None:
    assert run(*args, "--explain") == (2, b"", f"stdtools {args[0]}: --explain {message}\n")
