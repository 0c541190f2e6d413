"""lines, beside sed and a list."""

import os
import random
import subprocess
import tempfile
from pathlib import Path

import pytest

from stdtools.shared.streams import Input, open_input
from stdtools.text import line_index
from stdtools.text.line_index import LineIndex
from stdtools.text.picking import parse, pick
from tests.conftest import Run

pytestmark = pytest.mark.process


@pytest.mark.once
def test_any_ranges_with_and_without_an_index(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(9)
    for _ in range(1500):
        monkeypatch.setattr("stdtools.text.line_index.STEP", chance.randint(1, 9))
        monkeypatch.setattr("stdtools.shared.inputs.LINES", chance.randint(1, 9))
        monkeypatch.setattr("stdtools.text.picking.FAR", chance.choice([0, 2, 5]))
        data = bytes(chance.choices(b"ab\n", k=chance.randint(0, 60)))
        lines = data.split(b"\n")
        lines = lines if lines[-1] else lines[:-1]
        parts, wanted = [], set()
        for _ in range(chance.randint(1, 3)):
            first, more, step = chance.randint(1, 25), chance.randint(0, 9), chance.randint(1, 4)
            text, numbers = chance.choice(
                [
                    (str(first), [first]),
                    (f"{first}-{first + more}", range(first, first + more + 1)),
                    (f"{first}-", range(first, 100)),
                    (f"-{step}", range(max(1, len(lines) - step + 1), len(lines) + 1)),
                    (f"{first}:{first + more}:{step}", range(first, first + more + 1, step)),
                    (f"::{step}", range(1, 100, step)),
                ]
            )
            parts.append(text)
            wanted |= set(numbers)
        expected = [(number, line) for number, line in enumerate(lines, 1) if number in wanted]
        for indexed in (False, True):
            with tempfile.TemporaryFile() as file:
                file.write(data)
                file.flush()
                file.seek(0)
                source = Input(file.fileno(), "f")
                index = LineIndex(source, "/nonexistent") if indexed else None
                assert list(pick(source, parse(",".join(parts)), index)) == expected, (data, parts, indexed)


def test_the_same_as_sed_and_tail(shell: Run) -> None:
    for ours, theirs in [
        ("5", "sed -n 5p"),
        ("10-20", "sed -n 10,20p"),
        ("9-", "sed -n '9,$p'"),
        ("-3", "tail -n 3"),
        ("::7", "sed -n '1~7p'"),
        ("3,5,7-8", "sed -n '3p;5p;7,8p'"),
    ]:
        for source in ("/etc/services", "<(cat /etc/services)"):
            assert shell(f"cmp <(stdtools lines -- {ours} {source}) <({theirs} {source})") == (0, b"", "")
    assert (
        shell("seq 20 | stdtools lines --match '^1.$' --around 2 | md5sum").out
        == shell("seq 20 | grep -C 2 '^1.$' | md5sum").out
    )
    assert shell("seq 20 | stdtools lines --grep '^2' --numbers").text == "2\t2\n20\t20\n"
    assert shell("yes | stdtools lines 3").text == "y\n", "no more is read than must be"
    assert shell("seq 5 | stdtools lines 2-3 --numbers").text == "2\t2\n3\t3\n"
    assert shell("seq 5 > a; stdtools lines 2 a a --jsonl").text == ('{"file": "a", "line": 2, "text": "2"}\n' * 2)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["x"], "'x' is no range of lines; write 5, 10-20, 9-, -3 (the last three) or ::100"),
        (["0"], "'0': lines are numbered from 1"),
        (["5-3"], "'5-3' runs backwards"),
        ([], "the RANGES are missing: 5, 10-20, -3, ::100; see 'stdtools lines --help'"),
        (["3", "--nmbers"], "no such option '--nmbers'; did you mean --numbers?"),
        (["--number", "-2", "f"], "no such option '--number'; did you mean --numbers?"),
        (["-n", "3"], "no such option '-n'; see 'stdtools lines --help'"),
        (["3", "-2"], "no such option '-2'; a file of that name is ./-2; see 'stdtools lines --help'"),
        (["3", "--around", "1"], "--around needs --match; see 'stdtools lines --help'"),
    ],
)
def test_what_is_no_range_is_refused(run: Run, args: list[str], message: str) -> None:
    assert run("lines", *args) == (2, b"", f"stdtools lines: {message}\n")


def test_a_default_that_is_of_no_use_is_no_error(run: Run) -> None:
    around = {"STDTOOLS_LINES_AROUND": "1"}
    assert run("lines", "2", stdin="a\nb\nc\n", env=around) == (0, b"b\n", "")
    assert run("lines", "--match", "a", stdin="a\nb\nc\n", env=around) == (0, b"a\nb\n", "")


@pytest.mark.once
def test_the_index_of_a_large_file_holds_until_the_file_changes(run: Run, tmp_path: Path, home: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(b"".join(b"%07d\n" % number for number in range(1, 4_300_001)))
    assert run("lines", "4300000", "large").text == "4300000\n"
    assert not list(home.glob(".cache/stdtools/lines/*")), "a change within the clock's tick would not show"
    os.utime(path, ns=(1, 1))
    settled = Path("/proc/uptime").read_text()  # ctime is of now: wait until it is settled, as a test without sleep can
    assert settled
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("stdtools.text.line_index.SETTLED", -(10**18))
        with path.open("rb") as file:
            source = Input(file.fileno(), "large")
            index = LineIndex(source, str(home / ".cache/stdtools/lines"))
            index.counts()
            index.save()
    [kept] = home.glob(".cache/stdtools/lines/*")
    assert kept.stat().st_mode & 0o777 == 0o600
    good = kept.read_bytes()
    for bad in (good[:-1], good[:100], b"", good[:-1] + bytes([good[-1] ^ 1]), b"x" * len(good)):
        kept.write_bytes(bad)
        assert run("lines", "4000000,-1", "large").text == "4000000\n4300000\n"
    wrong = good[:-8] + bytes(8)
    kept.write_bytes(wrong)
    assert run("lines", "-1", "large").text == "4300000\n"
    kept.write_bytes(good)
    with path.open("ab") as file:
        file.write(b"more\n")
    assert run("lines", "-1", "large").text == "more\n"
    with path.open("r+b") as file:
        file.write(b"0\n0\n0\n0\n")
    assert run("lines", "4300003", "large").text == "4299999\n" or run("lines", "-1", "large").text == "more\n"
    assert run("lines", "-1", "--no-index", "large").text == "more\n"


@pytest.mark.parametrize("args", [["2-3,5"], ["::2", "--numbers"], ["1,9"], ["6"], ["-2", "--numbers"], ["-0"]])
def test_the_script_of_explain_does_the_same(run: Run, python: str, args: list[str]) -> None:
    data = b"a\nb\n\xff\nd\ne\nf"
    done = subprocess.run([python, "-c", run("lines", *args, "--explain").text], input=data, capture_output=True)
    assert done.stdout == run("lines", *args, stdin=data).out


def test_explain_covers_the_last_lines_or_ranges(run: Run) -> None:
    assert run("lines", "10,-3", "--explain") == (
        2,
        b"",
        "stdtools lines: --explain covers the last lines alone, or ranges alone\n",
    )


def test_no_index_where_times_cannot_be_trusted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"x\n")
    monkeypatch.setattr(line_index, "SMALLEST", 1)
    for kind, good in (("ext4", True), ("nfs4", False), ("fuse.sshfs", False), ("overlay", True)):
        monkeypatch.setattr(line_index, "file_systems", lambda kind=kind: {os.stat(tmp_path).st_dev: kind})
        with open_input(str(tmp_path / "f")) as source:
            assert LineIndex.is_for(source) is good
