"""sub, beside re on single lines, perl and tr."""

import os
import random
import re
import subprocess
import tempfile
from pathlib import Path

import pytest

from stdtools.shared.streams import Input
from stdtools.shared.strides import strides
from stdtools.text.substituting import Substitution, within_lines
from tests.conftest import Run

pytestmark = pytest.mark.process

ATOMS = r"a b . [ab] [^a] \s \S \d \w \W \D \b ^ $ (a|b) x* (?=a) (?!b) (?<=a) (?<!b) [^\s] [\s,] \B [\W] \. é (?:ab)? "
ATOMS += r"a{2} .* .+? (.)\1 []a] [^]a] [^^] [a\]] \n (?i:A) [^\n] (?P<n>a) (?P=n) \Z [\t-\r]"


@pytest.mark.once
def test_many_lines_at_once_become_what_each_becomes() -> None:
    chance = random.Random(5)
    at_once = 0
    for _ in range(4000):
        pattern = "".join(chance.choice([*ATOMS.split(), " "]) for _ in range(chance.randint(1, 4)))
        text = "".join(chance.choices("aab.,  1é\n\n\r\tx]^", k=chance.randint(1, 30)))
        try:
            each = re.compile(pattern)
        except re.error:
            continue
        at_once += within_lines(pattern) is not None
        work = Substitution(pattern, r"<\g<0>>")
        lines = [each.subn(r"<\g<0>>", line) for line in text.removesuffix("\n").split("\n")]
        expected = "\n".join(line for line, _ in lines) + ("\n" if text.endswith("\n") else "")
        assert (work.in_lines(text.encode()).decode(), work.matches) == (expected, sum(n for _, n in lines)), pattern
    assert at_once > 1000


@pytest.mark.once
def test_blocks_that_are_dealt_out_are_the_whole_file(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(6)
    for _ in range(500):
        monkeypatch.setattr("stdtools.shared.strides.BLOCK", chance.randint(1, 12))
        data = bytes(chance.choices(b"ab\n", k=chance.randint(0, 60)))
        number = chance.randint(1, 3)
        with tempfile.TemporaryFile() as file:
            file.write(data)
            file.flush()
            dealt = [list(strides(Input(file.fileno(), "f"), index, number)) for index in range(number)]
        both = [dealt[at % number][at // number] for at in range(sum(map(len, dealt)))]
        assert all(data[offset : offset + len(block)] == block for offset, block in both)
        rows = [block for _, block in both]
        assert b"".join(rows) == data
        assert all(row.endswith(b"\n") for row in rows if row and not data.endswith(row))


def test_the_same_as_perl_and_tr(shell: Run, tmp_path: Path) -> None:
    chance = random.Random(7)
    (tmp_path / "f").write_bytes(bytes(chance.choices(b"abc 12.,\n\xff", k=20_000)))
    for pattern, put, theirs in [
        (r"([a-c]+) (\d)", r"\2-\1", r"$2-$1"),
        (r"^.", "", ""),
        (r"\.$", "!", "!"),
        (r"[^a]b", r"<\g<0>>", "<$&>"),
    ]:
        ours = shell(f"stdtools sub '{pattern}' '{put}' f")
        assert (ours.code, ours.err) == (0, "")
        assert ours.out == shell(f"perl -pe 's/{pattern}/{theirs}/g' f").out, pattern
    for one, other in (("a-c", "A-C"), ("a-c1", "xy"), ("b", "")):
        theirs = f"tr '{one}' '{other}'" if other else f"tr -d '{one}'"
        assert shell(f"stdtools sub --tr '{one}' '{other}' f").out == shell(f"LC_ALL=C {theirs} < f").out
    assert shell("printf 'élan VITAL  x\\n' | stdtools sub --capwords").text == "Élan Vital  X\n"
    assert shell("echo äö | stdtools sub --tr ä-ö x").text == "xx\n"
    assert shell(r"echo 'a\b' | stdtools sub --tr 'b\' 'c/'").text == "a/c\n", "a backslash at the end is one"


@pytest.mark.once
def test_a_large_file_goes_through_two_processes_alike(shell: Run, tmp_path: Path, home: Path) -> None:
    (tmp_path / "f").write_bytes(b"the quick brown fox 12\n" * 800_000 + b"the end")
    for words in (r"'(\w+) (\d+)' '\2 \1'", "the THE"):
        assert shell(f"cmp <(stdtools sub {words} f) <(stdtools sub {words} < f)") == (0, b"", "")
    assert shell("stdtools sub the THE f | head -n 1") == (141, b"THE quick brown fox 12\n", "")
    journal = home / ".local/state/stdtools/log/stdtools.log"
    assert "matches=0" not in journal.read_text(), "what other processes found is not known"
    full = shell("stdtools sub the THE f > /dev/full")
    assert (full.code, full.err) == (2, "stdtools sub: standard output: No space left on device\n")


def test_in_place_changes_what_changes_and_nothing_else(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("foo\n")
    (tmp_path / "b").write_text("bar\n")
    os.chmod(tmp_path / "a", 0o640)
    (tmp_path / "link").symlink_to("a")
    before = (tmp_path / "b").stat()
    assert run("sub", "foo", "baz", "--in-place", "--backup", "~", "link", "b", "-v") == (
        0,
        b"",
        "stdtools sub: 1 of 2 files changed\n",
    )
    assert (tmp_path / "a").read_text() == "baz\n"
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640
    after = (tmp_path / "b").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert not (tmp_path / "b~").exists()
    assert (tmp_path / "link~").read_text() == "foo\n"
    assert run("sub", "x", "y", "--in-place").err.startswith("stdtools sub: --in-place needs files")
    assert run("sub", "b", "y", "--in-place", "none", "a") == (
        2,
        b"",
        "stdtools sub: none: No such file or directory\n",
    )
    assert (tmp_path / "a").read_text() == "yaz\n"


def test_a_default_that_is_of_no_use_is_no_error(run: Run, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("a\n")
    env = {"STDTOOLS_SUB_BACKUP": "~", "STDTOOLS_SUB_MAX": "1", "STDTOOLS_SUB_IN_PLACE": "1"}
    assert run("sub", "a", "b", "f", env=env) == (0, b"b\n", "")
    assert run("sub", "--tr", "a", "b", "f", env=env) == (0, b"b\n", "")
    assert (tmp_path / "f").read_text() == "a\n", "what changes files is typed"
    assert run("sub", "a", "b", "f", "--in-place", env=env) == (0, b"", "")
    assert [path.read_text() for path in sorted(tmp_path.iterdir())] == ["b\n", "a\n"]


def test_looking_before_it_is_done(run: Run, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("one two\nthree\ntwo\n")
    assert run("sub", "t(w)o", r"\1", "-n", "f").text == "f:1:5\n-one two\n+one w\nf:3:1\n-two\n+w\n"
    assert run("sub", "two", "2", "--count", "f", "--csv").text == "file,matches\nf,2\n"
    assert run("sub", "zwei", "2", "--count", "f") == (1, b"f\t0\n", "")
    assert run("sub", "zwei", "2", "-n", "f") == (1, b"", "")
    assert run("sub", "(?P<first>.)(w)", "--extract", "f", "--json").text == (
        '[{"first": "t", "2": "w"},\n {"first": "t", "2": "w"}]\n'
    )
    assert run("sub", "o", "--extract", "--max", "1", stdin="foo\nboo\n") == (0, b"o\no\n", "")
    assert run("sub", "e\nt", "E", "--multiline", "-n", "f").text == (
        "--- f\n+++ f\n@@ -1,3 +1,2 @@\n one two\n-three\n-two\n+threEwo\n"
    )
    assert run("sub", "o", "0", "--max", "1", stdin="foo\nboo\n").text == "f0o\nb0o\n"
    assert run("sub", "-i", "-F", "A.", r"\1", stdin="xa.\nab\n").text == "x\\1\nab\n"
    assert (tmp_path / "f").read_text() == "one two\nthree\ntwo\n"


def test_a_pattern_that_never_ends_is_ended(run: Run, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("a" * 60 + "b\n")
    (tmp_path / "g").write_text("aa\n")
    told = "stdtools sub: f: took longer than --timeout; the input is slow, or nested repeats never end\n"
    slow = ("sub", "(a+)+$", "--timeout", "0.3")
    assert run(*slow, "x", "f", "g") == (124, b"x\n", told), "what follows is treated"
    assert run(*slow, "x", "--count", "f", "g") == (124, b"g\t1\n", told)
    assert run(*slow, "x", "-n", "f", "g") == (124, b"g:1:1\n-aa\n+x\n", told)
    assert run(*slow, "--extract", "f", "g") == (124, b"aa\n", told)
    assert run(*slow, "x", "--in-place", "f", "g") == (124, b"", told)
    assert sorted(os.listdir(tmp_path)) == ["f", "g"]
    assert (tmp_path / "g").read_text() == "x\n"


@pytest.mark.parametrize("way", ["n", "--extract"])
def test_a_slow_reader_does_not_pass_the_timeout(shell: Run, way: str) -> None:
    slow = "(yes | head -c 65536; sleep 0.1; yes | head -c 40000; sleep 0.1; echo y)"
    lines = shell(f"{slow} | stdtools sub --timeout 1 y {way} | (sleep 1.5; wc -l)")
    assert lines == (0, b"52769\n", "")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "a PATTERN is missing; see 'stdtools sub --help'"),
        (["a"], "a REPLACEMENT is missing; see 'stdtools sub --help'"),
        (["(", "x"], "not a pattern with its replacement: missing ), unterminated subpattern at position 0"),
        (["a", r"\2"], "not a pattern with its replacement: invalid group reference 2 at position 1"),
        (["--tr", "z-a", "x"], "the range z-a runs backwards"),
        (["--tr", "a", "b", "-n"], "--tr and --capwords go with --in-place alone; see 'stdtools sub --help'"),
        (["--capwords", "--max", "1"], "--max has no meaning with --capwords; see 'stdtools sub --help'"),
        (["a", "b", "--count", "--explain"], "--explain does not cover --count"),
        (["a", "b", "--backup", "~"], "--backup needs --in-place; see 'stdtools sub --help'"),
    ],
)
def test_what_has_no_meaning_is_refused(run: Run, args: list[str], message: str) -> None:
    assert run("sub", *args) == (2, b"", f"stdtools sub: {message}\n")


@pytest.mark.parametrize("args", [["a(.)", r"\1"], ["-F", "a.", r"\1"], ["-i", "A", "", "--max", "1"], ["--capwords"]])
def test_the_script_of_explain_does_the_same(run: Run, python: str, args: list[str]) -> None:
    data = b"abac a.\xff\n\nAa"
    done = subprocess.run([python, "-c", run("sub", *args, "--explain").text], input=data, capture_output=True)
    assert done.stdout == run("sub", *args, stdin=data).out


@pytest.mark.parametrize(("suffix", "why"), [("", "it is empty"), ("x/", "'x/' has a / in it")])
@pytest.mark.parametrize("line", [("sub", "a", "b", "--in-place"), ("sponge",), ("fixenc", "-i")])
def test_a_suffix_that_gives_no_copy_is_refused(
    run: Run, tmp_path: Path, line: tuple[str, ...], suffix: str, why: str
) -> None:
    (tmp_path / "f").write_text("a\n")
    result = run(*line, "--backup", suffix, "f", stdin="b\n")
    assert (result.code, os.listdir(tmp_path), (tmp_path / "f").read_text()) == (2, ["f"], "a\n")
    assert f"invalid value for '--backup': {why}" in result.err
