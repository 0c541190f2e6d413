"""count, beside sort | uniq -c and a Counter."""

import json
import os
import random
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from stdtools.text.counting import Tally
from tests.conftest import COMMAND, Run

pytestmark = pytest.mark.process


def ranked(counts: Counter[bytes]) -> list[tuple[bytes, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def test_lines_are_counted_as_sort_and_uniq_count_them(shell: Run, tmp_path: Path) -> None:
    chance = random.Random(3)
    lines = [bytes(chance.choices(b"ab \xff\xc3", k=chance.randrange(3))) for _ in range(3000)]
    (tmp_path / "f").write_bytes(b"\n".join(lines))
    theirs = shell("LC_ALL=C sort f | uniq -c | LC_ALL=C sort -k1,1nr -s | sed -E 's/^ *([0-9]+) /\\1\\t/'")
    assert shell("stdtools count f").out == theirs.out
    first = theirs.out.split(b"\n")[0].split(b"\t", 1)
    assert shell("stdtools count -n 1 f f").out == b"%d\t%b\n" % (2 * int(first[0]), first[1])


@pytest.mark.once
def test_what_outgrows_memory_is_counted_on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stdtools.text.counting.LEAST_RUN", 20_000)
    chance = random.Random(4)
    keys = [b"%d" % chance.randrange(5000) for _ in range(40_000)]
    for memory in (5_000, 100_000, 1 << 30):
        tally = Tally(memory)
        for at in range(0, len(keys), 500):
            tally.count(keys[at : at + 500], 3000)
        assert list(tally.ranked()) == ranked(Counter(keys))
    tally = Tally(20_000)
    for key in keys:
        tally.add((key[:1], key), 1)
    top = Tally(1 << 30)
    for key in keys:
        top.add((key[:1], key), 1)
    assert list(tally.ranked(2, 3)) == list(top.ranked(2, 3))


@pytest.mark.once
def test_a_large_file_is_counted_by_two_processes_alike(shell: Run, tmp_path: Path) -> None:
    chance = random.Random(5)
    words = [b"word%d" % number for number in range(3000)]
    with (tmp_path / "f").open("wb") as file:
        for _ in range(20):
            file.write(b"\n".join(chance.choices(words, k=100_000)) + b"\n")
    assert (tmp_path / "f").stat().st_size > 16 << 20
    assert shell("stdtools count f").out == shell("stdtools count < f").out
    assert shell("stdtools count --regex '[0-9]' f").out == shell("stdtools count --regex '[0-9]' < f").out


def test_fields_groups_sums_and_shares(run: Run, shell: Run) -> None:
    table = 'city,eur\nUlm,0.1\n"Ulm",0.2\nBonn,-1\n"a ""b"",\nc",5\nUlm\nUlm,x\n'
    result = run("count", "--field", "city", "--sum", "eur", "--jsonl", stdin=table)
    assert [json.loads(line) for line in result.text.splitlines()] == [
        {"sum": 5, "value": 'a "b",\nc'},
        {"sum": 0.3, "value": "Ulm"},
        {"sum": -1, "value": "Bonn"},
    ]
    assert (result.code, result.err) == (0, "stdtools count: 2 records without the field, or a number to add\n")
    lines = "".join(f'{{"a": {{"b": {value}}}, "g": "{group}"}}\n' for value, group in ["1x", "1y", "2x", "1x"])
    assert run("count", "-f", "a.b", "--by", "g", "--percent", "--csv", stdin=lines).text == (
        "count,group,value,percent\n2,x,1,66.67\n1,x,2,33.33\n1,y,1,100.0\n"
    )
    assert run("count", "-f", "a", stdin='[{"a": 1},\n {"a": 1}]\n').text == "2\t1\n", "as --json writes it"
    assert run("count", "-f", "-1", stdin="a b\n  c b \n").text == "2\tb\n"
    assert run("count", "-f", "2", "-d", ":", stdin="a:b\nc:\n").text == "1\t\n1\tb\n"
    assert run("count", "--chars", stdin="é€é\n").text == "2\té\n1\t\\n\n1\t€\n"
    assert run("count", "--regex", "(.)=(.)", stdin="a=b a=b\n").text == "2\ta\\tb\n"
    assert shell("seq 100 | stdtools count --by 1 | wc -l").text == "100\n"


def test_sums_are_exact_and_what_is_too_large_for_them_is_left_out(run: Run, home: Path) -> None:
    digits = "123456789012345678901234567890"
    by = ("count", "--by", "1", "--sum", "2")
    for memory in ("256M", "1"):
        lines = f"a {digits}\nb 1\na 0.{digits}\na -0.{digits}\na -1e30\na 1e30\n"
        out = f"{digits}\ta\t100.0\n1\tb\t0.0\n"
        assert run(*by, "--memory", memory, "--percent", stdin=lines) == (0, out.encode(), "")
    assert run(*by, stdin="a 1e5000\na 9e999999\na 9e999999\na -1e-5000\na 2\n") == (
        0,
        b"2\ta\n",
        "stdtools count: 4 records without the field, or a number to add\n",
    )
    assert run(*by, stdin="a 9e308\na 9e308\n").text == f"18{'0' * 308}\ta\n", "more than any float"
    assert run("count", "--by", "k", "--sum", "n", "--percent", stdin=f'{{"k": "a", "n": 1{"0" * 300}}}\n').text == (
        f"1{'0' * 300}\ta\t100.0\n"
    )
    journal = (home / ".local/state/stdtools/log/stdtools.log").read_text()
    assert "count" in journal
    assert digits not in journal, "it has no values"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--field", "1", "--chars"], "--field and --chars exclude each other"),
        (["--sum", "x"], "--sum needs --field or --by: a sum for each value of it"),
        (["--regex", "a", "--by", "1"], "--by is of fields; --regex has none"),
        (["--regex", "("], "--regex: missing ), unterminated subpattern at position 0"),
    ],
)
def test_what_has_no_meaning_is_refused(run: Run, args: list[str], message: str) -> None:
    assert run("count", *args) == (2, b"", f"stdtools count: {message}; see 'stdtools count --help'\n")


def test_a_file_that_is_missing_does_not_stop_the_rest(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x\n")
    assert run("count", "a", "none", "a") == (2, b"2\tx\n", "stdtools count: none: No such file or directory\n")
    assert run("count", "-f", "no", stdin="a,b\n") == (
        2,
        b"",
        "stdtools count: standard input: no column 'no'; it has a, b\n",
    )


@pytest.mark.parametrize(
    "args", [[], ["--chars"], ["--regex", "[a-z]+", "-n", "3"], ["--min", "2"], ["--regex", "(.)(b|c)?"]]
)
def test_the_script_of_explain_does_the_same(run: Run, python: str, args: list[str]) -> None:
    data = "a b\tc\nb\\\nb\\\né\n"
    script = run("count", *args, "--explain").text
    done = subprocess.run([python, "-c", script], input=data.encode(), capture_output=True, check=True)
    assert done.stdout == run("count", *args, stdin=data).out
    assert len(script.splitlines()) <= 20


def test_explain_names_the_option_that_it_does_not_cover(run: Run) -> None:
    assert run("count", "--field", "1", "--explain").err == "stdtools count: --explain does not cover --field\n"
    assert run("count", "--sum", "1", "--explain").err == "stdtools count: --explain does not cover --sum\n"
    assert run("count", "--regex", "(", "--explain").err == (
        "stdtools count: --regex: missing ), unterminated subpattern at position 0\n"
    )


def test_ctrl_c_ends_both_processes(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"".join(b"%d\n" % number for number in range(4_000_000)))
    for number, code in ((signal.SIGINT, -2), (signal.SIGTERM, -15)):
        process = subprocess.Popen([COMMAND, "count", tmp_path / "f"], stdout=subprocess.DEVNULL)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        deadline = time.monotonic() + 30
        while not (pids := children.read_text().split()) and time.monotonic() < deadline:
            time.sleep(0.005)
        os.kill(process.pid, number)
        assert process.wait() == code
        assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
