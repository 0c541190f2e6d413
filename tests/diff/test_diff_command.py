"""stdtools diff as a whole: options, exit codes, what is said where, streams that close."""

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import click
import pytest

from tests.commands import LEAVES
from tests.conftest import COMMAND, Run
from tests.test_cli import on_terminal

pytestmark = pytest.mark.process


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "a").write_text("one\ntwo\nthree\n")
    (tmp_path / "b").write_text("one\n2\nthree\nfour")
    (tmp_path / "c").write_text("ONE \n\ntwo\nthree\n")
    return tmp_path


HUNK = "@@ -1,3 +1,4 @@\n one\n-two\n+2\n three\n+four\n\\ No newline at end of file\n"


def test_the_default_is_the_unified_format_with_times(run: Run, files: Path) -> None:
    os.utime(files / "a", ns=(0, 1_234_567_890_123_456_789))
    os.utime(files / "b", ns=(0, -1))
    result = run("diff", "a", "b", env={"TZ": "Asia/Kathmandu"})
    head = "--- a\t2009-02-14 05:16:30.123456789 +0545\n+++ b\t1970-01-01 05:29:59.999999999 +0530\n"
    assert (result.code, result.text, result.err) == (1, head + HUNK, "")


def test_times_can_be_left_out_or_be_one_for_all(run: Run, files: Path) -> None:
    assert run("diff", "--no-timestamps", "a", "b").text == "--- a\n+++ b\n" + HUNK
    result = run("diff", "-N", "a", "none", env={"SOURCE_DATE_EPOCH": "1700000000", "TZ": "Asia/Kathmandu"})
    assert result.text.splitlines()[0] == "--- a\t2023-11-14 22:13:20.000000000 +0000"
    assert result.text.splitlines()[1].endswith("\t1970-01-01 00:00:00.000000000 +0000"), "it is not there"
    for text in ("soon", "\u0663", "9" * 12, "9" * 5000):
        result = run("diff", "a", "b", env={"SOURCE_DATE_EPOCH": text})
        assert (result.code, result.out) == (2, b"")
        assert result.err == f"stdtools diff: SOURCE_DATE_EPOCH: {text!r} is not a number of seconds\n"


def test_labels(run: Run, files: Path) -> None:
    assert run("diff", "--label", "x", "--label", "y", "a", "b").text == "--- x\n+++ y\n" + HUNK
    result = run("diff", "--no-timestamps", "--label", "new\nline", "a", "b")
    assert result.text == '--- "new\\nline"\n+++ b\n' + HUNK
    assert run("diff", "--label", "sp ace", "--label", "ü \t2020-01-01", "a", "b").text == (
        "--- sp ace\t\n+++ ü \t2020-01-01\n" + HUNK
    )
    assert run("diff", "-q", "--label", "x", "a", "b").text == "Files x and b differ\n"
    result = run("diff", *["--label", "x"] * 3, "a", "b")
    assert result.err == "stdtools diff: --label names A, then B; there is no third; see 'stdtools diff --help'\n"


def test_brief_and_identical(run: Run, files: Path) -> None:
    (files / "d").write_bytes((files / "a").read_bytes())
    assert run("diff", "-q", "a", "b") == (1, b"Files a and b differ\n", "")
    for form in ("-qu", "-q --stat", "-q --numstat", "-q --html"):
        assert run("diff", *form.split(), "a", "b") == (1, b"Files a and b differ\n", "")
    assert run("diff", "-s", "a", "d") == (0, b"Files a and d are identical\n", "")
    assert run(
        "diff", "-sy", "-W", "20", "a", "d"
    ).text == "one\t    one\ntwo\t    two\nthree\t    three\nFiles a and d are identical\n".replace("\t    ", "\t")


@pytest.mark.parametrize(
    ("options", "code", "out", "err"),
    [
        (["-i"], 1, "1c1,2\n< one\n---\n> ONE \n> \n", ""),
        (["-i", "-Z"], 1, "1a2\n> \n", "stdtools diff: 1 difference ignored\n"),
        (["-i", "-Z", "-B"], 0, "", "stdtools diff: 2 differences ignored\n"),
        (["-iwB", "--quiet"], 0, "", ""),
        (["-B", "-I", "(?i)one"], 0, "", "stdtools diff: 1 difference ignored\n"),
        (["--mask", "(?i)one *", "-Z", "-q"], 1, "Files a and c differ\n", "stdtools diff: 1 difference ignored\n"),
        (["--mask", "(?i)one *", "-I", "^$", "-q"], 0, "", "stdtools diff: 2 differences ignored\n"),
    ],
)
def test_what_does_not_count_is_told(run: Run, files: Path, options: list[str], code: int, out: str, err: str) -> None:
    assert run("diff", "--normal", *options, "a", "c") == (code, out.encode(), err)


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        ("--word", b"@@ -5 +7 @@\n[-5-]\n{+five+}\n"),
        ("--char", b"@@ -5 +7 @@\n[-5-]\n{+five+}\n"),
        ("--ndiff", b"- 5\n+ five\n"),
        ("--html", b"<b>1</b> change"),
    ],
)
def test_every_format_leaves_out_what_does_not_count(run: Run, files: Path, form: str, shown: bytes) -> None:
    (files / "x").write_text("1\n2\n3\n4\n5\n")
    (files / "y").write_text("1\n\n\n2\n3\n4\nfive\n")
    result = run("diff", "-B", form, "-U0", "x", "y")
    assert (result.code, result.err) == (1, "stdtools diff: 1 difference ignored\n")
    assert shown in result.out
    assert not re.search(rb"\{\+\+\}|\n\+ \n|class=.i", result.out)


def test_a_mask_shows_the_real_lines(run: Run, files: Path) -> None:
    (files / "x").write_text("10:00 start\n10:01 error 5\n")
    (files / "y").write_text("11:30 start\n11:31 error 6\n")
    result = run("diff", "--mask", r"^\d\d:\d\d", "--no-timestamps", "x", "y")
    assert result.text == "--- x\n+++ y\n@@ -1,2 +1,2 @@\n 10:00 start\n-10:01 error 5\n+11:31 error 6\n"
    assert result.err == "stdtools diff: 1 difference ignored\n"
    patch = subprocess.run(["patch", "-s", "x"], cwd=files, input=result.out, check=True)
    assert patch.returncode == 0
    assert (files / "x").read_text() == "10:00 start\n11:31 error 6\n"


def test_what_is_no_regular_expression_is_exit_2(run: Run, files: Path) -> None:
    for option in ("-I", "--mask", "-F", "--word-regex"):
        result = run("diff", "--word", option, "(", "a", "b")
        assert (result.code, result.out) == (2, b"")
        name = next(max(param.opts, key=len) for param in LEAVES["diff"].params if option in param.opts)
        what = "'(' is not a regular expression: missing ), unterminated subpattern at position 0"
        assert result.err == f"stdtools diff: {name}: {what}\n"


def test_classes_of_posix_are_refused_and_what_to_write_is_said(run: Run, files: Path) -> None:
    result = run("diff", "-I", "^[[:alpha:]_]", "a", "b")
    what = "'^[[:alpha:]_]' has [:alpha:], which Python's regular expressions do not know; write A-Za-z in its place"
    assert result == (2, b"", f"stdtools diff: --ignore-matching-lines: {what}\n")


def test_what_a_later_python_may_read_otherwise_is_no_warning(run: Run, files: Path) -> None:
    assert run("diff", "--normal", "-I", "[[-z||]", "a", "b").err == "stdtools diff: 1 difference ignored\n"
    assert run("diff", "--word", "--word-regex", "[[-z]+", "a", "b").err == ""
    assert run("diff", "--mask", "[[]", "--normal", "a", "a") == (0, b"", "")


def test_what_is_not_a_number_is_refused(run: Run, files: Path) -> None:
    for args in (["--deadline", "nan", "a", "b"], ["--closest", "one", "--cutoff", "nan", "a"]):
        result = run("diff", *args)
        assert (result.code, result.out) == (2, b"")
        assert re.search(r": 'nan' is not a (number|duration; write 90s, .*); see 'stdtools diff --help'\n", result.err)


@pytest.mark.parametrize("word", ["-u1", "--unified=1", "-c1", "--context=1"])
def test_lines_of_context_as_gnu_diff_takes_them_are_told(run: Run, files: Path, word: str) -> None:
    message = f"{word} is written -{word.lstrip('-')[0].upper()} 1; see 'stdtools diff --help'\n"
    assert run("diff", word, "a", "b") == (2, b"", f"stdtools diff: {message}")
    assert run("diff", "--label", word, "a", "b").code == 1


def test_the_last_format_that_was_named_is_the_one(run: Run, files: Path) -> None:
    assert run("diff", "-u", "--normal", "a", "b").text.startswith("2c2\n")
    assert run("diff", "-C", "1", "a", "b").text.startswith("*** a\t")
    assert run("diff", "-c", "-U", "1", "a", "b").text.startswith("*** a\t"), "N lines in another format"
    for args in (["-u", "-C", "1"], ["-U", "1", "-C", "1"]):
        result = run("diff", *args, "a", "b")
        assert (result.code, result.out) == (2, b"")
        assert "name two formats" in result.err


def test_lines_of_context_may_have_a_default(run: Run, files: Path, home: Path) -> None:
    env = {"STDTOOLS_DIFF_UNIFIED_LINES": "0"}
    assert "@@ -2 +2 @@\n" in run("diff", "a", "b", env=env).text
    assert "*** 1,3 ****\n" in run("diff", "-C", "1", "a", "b", env=env).text
    assert run("diff", "--normal", "a", "b", env=env).text.startswith("2c2\n")
    config = home / ".config/stdtools/config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("[diff]\ncontext-lines = 1\n")
    assert run("diff", "a", "b").text.startswith("*** a\t")
    assert "@@ -1,3 +1,4 @@\n" in run("diff", "-u", "a", "b").text
    assert run("diff", "--normal", "a", "b").text.startswith("2c2\n")
    assert "@@ -2 +2 @@\n" in run("diff", "a", "b", env=env).text, "two defaults name one format"
    assert "*** 1,3 ****\n" in run("diff", "-c", "a", "b", env=env).text


def test_records_have_hunks_lines_and_spans(run: Run, files: Path) -> None:
    (files / "x").write_bytes(b"a\nhello old world\n\xff\n")
    (files / "y").write_bytes(b"a\nhello new world\n\xfe")
    result = run("diff", "--json", "-U", "1", "x", "y")
    assert result.code == 1
    (record,) = json.loads(result.out)
    assert {key: record[key] for key in ("a", "b", "equal", "note", "minimal", "ignored")} == {
        "a": "x", "b": "y", "equal": False, "note": None, "minimal": True, "ignored": 0,
    }  # fmt: skip
    (hunk,) = record["hunks"]
    assert [hunk[key] for key in ("a_start", "a_count", "b_start", "b_count")] == [1, 3, 1, 3]
    first, old, odd, new, end = hunk["lines"]
    assert first == {"kind": "equal", "a": 1, "b": 1, "text": "a"}
    assert old == {"kind": "delete", "a": 2, "spans": [[6, 9]], "text": "hello old world"}
    assert new == {"kind": "insert", "b": 2, "spans": [[6, 9]], "text": "hello new world"}
    assert odd["text"] == {"$base64": True, "encoded": "/w=="}
    assert end["newline"] is False


def test_records_are_there_for_every_pair(run: Run, files: Path) -> None:
    for name in ("d", "e"):
        (files / name).mkdir()
        (files / name / "x").write_text(name)
        (files / name / "bin").write_bytes(b"\0" + name.encode())
        (files / name / f"only-{name}").touch()
        (files / name / "same").touch()
    result = run("diff", "--jsonl", "-U0", "d", "e")
    records = {os.path.basename(record["a"]): record for record in map(json.loads, result.text.splitlines())}
    assert result.code == 1
    assert list(records) == ["bin", "only-d", "only-e", "same", "x"]
    assert records["bin"]["note"] == "Binary files d/bin and e/bin differ"
    assert records["only-d"]["note"] == "Only in d: only-d"
    assert records["same"]["equal"] is True
    assert records["x"]["hunks"][0]["lines"][0]["text"] == "d"


def test_records_of_names_that_are_not_utf_8(run: Run, files: Path) -> None:
    (files / os.fsdecode(b"\xff")).write_text("x\n")
    for name, path in ((b"\xff", "/w=="), ("é".encode(), None)):
        (files / os.fsdecode(name)).write_text("x\n")
        (record,) = map(json.loads, run("diff", "--jsonl", name, "a").text.splitlines())
        assert record.get("a_b64") == path
        assert len(record["hunks"]) == 1


def test_directories_below_the_options_as_they_were_typed(run: Run, files: Path) -> None:
    for name in ("d", "e"):
        (files / name / "s p").mkdir(parents=True)
        (files / name / "s p/x").write_text(name + "\n")
    result = run("diff", "-r", "d", "--exclude", "*.o", "-U1", "e", "--no-timestamps", "-x=y z", "--label", "L")
    assert result.text == (
        "diff -r --exclude '*.o' -U1 --no-timestamps '-x=y z' --label L L \"e/s p/x\"\n"
        '--- L\n+++ "e/s p/x"\n@@ -1 +1 @@\n-d\n+e\n'
    )
    assert run("diff", "d", "e") == (0, b"Common subdirectories: d/s p and e/s p\n", "")
    result = run("diff", "--html", "-r", "d", "e")
    assert (result.code, result.err) == (2, "stdtools diff: --html: a page shows two files, not directories\n")


def test_a_directory_that_is_absent_is_empty(run: Run, files: Path) -> None:
    (files / "d").mkdir()
    (files / "d/x").write_text("1\n")
    assert run("diff", "-rN", "--no-timestamps", "d", "e").text == (
        "diff -rN --no-timestamps d/x e/x\n--- d/x\n+++ e/x\n@@ -1 +0,0 @@\n-1\n"
    )
    assert run("diff", "-r", "d", "e").code == 2


def test_links_may_be_compared_as_what_they_say(run: Run, files: Path) -> None:
    (files / "l").symlink_to("a")
    (files / "m").symlink_to("b")
    assert run("diff", "--no-dereference", "l", "m") == (1, b"Symbolic links l and m differ\n", "")
    assert run("diff", "l", "a") == (0, b"", "")


@pytest.mark.once
def test_links_are_told_apart_in_gnus_words_wherever_they_lead(files: Path, run: Run) -> None:
    """Also where that is nowhere, in a directory beside a file, and beside standard input."""
    (files / "d").mkdir()
    for name, target in {"l": "a", "m": "b", "gone": "nowhere", "way": "d", "d/l": "b"}.items():
        (files / name).symlink_to(target)
    pairs = [("l", "m"), ("l", "l"), ("l", "a"), ("a", "gone"), ("gone", "l"), ("l", "d"), ("d", "l"), ("way", "a")]
    for pair in [*pairs, ("l", "-"), ("-", "l")]:
        command = ["diff", "--no-dereference", *pair]
        gnu = subprocess.run(command, cwd=files, input=b"", capture_output=True)
        assert run(*command) == (gnu.returncode, gnu.stdout, ""), pair
    for options in ([], ["-N"]):
        result = run("diff", "--no-dereference", *options, "l", "none")
        assert result == (2, b"", "stdtools diff: none: No such file or directory\n")


def test_one_entry_that_cannot_be_read_does_not_stop_the_rest(run: Run, files: Path) -> None:
    for name in ("d", "e"):
        (files / name).mkdir()
        (files / name / "m").symlink_to("nowhere")
        (files / name / "z").write_text(name)
    result = run("diff", "-q", "d", "e")
    assert (result.code, result.out) == (2, b"Files d/z and e/z differ\n")
    assert result.err.count("No such file or directory") >= 1


def test_a_file_that_may_not_be_read_is_told_in_the_words_of_the_system(shell: Run, files: Path) -> None:
    (files / "b").chmod(0)
    privileged = os.geteuid() == 0
    prefix = "setpriv --inh-caps=-all --bounding-set=-dac_override,-dac_read_search " if privileged else ""
    for args in ("a b", "b a", "--closest one b"):
        assert shell(f"{prefix}stdtools diff {args}") == (2, b"", "stdtools diff: b: Permission denied\n")


@pytest.mark.once
def test_numbers_and_bars_are_gits(files: Path, run: Run) -> None:
    """Of two files and of two trees, with names and numbers of all sizes."""
    for number in range(9):
        for side in "de":
            path = files / side / ("long" * 9 + f"/{number}" if number % 4 == 0 else f"n{number}/s p/f")
            path.parent.mkdir(parents=True, exist_ok=True)
            lines = [f"{side if n % (number + 2) == 0 else ''} {n}\n" for n in range(3**number % 700)]
            path.write_text("".join(lines[: 2 * len(lines) // (3 if side == "d" else 2)]))
    (files / "d/n1/s p/f").write_bytes(b"\0" * 77)
    (files / "e/n1/s p/f").write_bytes(b"\0" * 12345)
    for option in ("--stat", "--numstat"):
        git = subprocess.run(
            ["git", "diff", "--no-index", "--no-renames", option, "d", "e"], cwd=files, capture_output=True
        )
        ours = run("diff", "-r", option, "d", "e")
        assert ours.text == git.stdout.decode()
        git = subprocess.run(["git", "diff", "--no-index", option, "a", "b"], cwd=files, capture_output=True)
        assert run("diff", option, "a", "b").out == git.stdout


def test_a_reader_that_goes_away_is_silent_and_141(shell: Run, files: Path) -> None:
    for form in ("-u", "--normal", "-y", "--json"):
        result = shell(
            f"stdtools diff {form} <(seq 20000) <(seq 2 2 20000) | head -c 5 >/dev/null; echo ${{PIPESTATUS[0]}}"
        )
        assert (result.text, result.err) == ("141\n", "")


@pytest.mark.once
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_regular_expression_that_would_not(number: int, files: Path) -> None:
    (files / "x").write_text("a" * 60 + "!\n")
    process = subprocess.Popen([COMMAND, "diff", "-I", "(a+)+$", "none", "x", "-N"], cwd=files, stdout=subprocess.PIPE)
    ticks = 0
    while ticks < os.sysconf("SC_CLK_TCK") // 2:  # of processor time, most of it within the expression
        ticks = int(Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[11])
        time.sleep(0.01)
    process.send_signal(number)
    assert (process.communicate()[0], process.returncode) == (b"", -number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_end_by_a_signal_is_not_exit_1(number: int, files: Path) -> None:
    process = subprocess.Popen(
        [COMMAND, "diff", "-", "a"], cwd=files, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    status = Path(f"/proc/{process.pid}/status")
    while not int(re.findall(r"SigCgt:\s*(\w+)", status.read_text())[0], 16) >> (signal.SIGTERM - 1) & 1:
        time.sleep(0.001)
    time.sleep(0.1)
    process.send_signal(number)
    out, err = process.communicate()
    assert (process.returncode, out, err) == (-number, b"", b"")


def test_a_full_disk_is_exit_2(run: Run, files: Path) -> None:
    with open("/dev/full", "wb") as full:
        result = run("diff", "a", "b", stdout=full)
    assert (result.code, result.err) == (2, "stdtools diff: standard output: No space left on device\n")


@pytest.mark.parametrize("form", ["-u", "-y", "--ndiff", "--word", "--html", "--json", "--numstat"])
def test_a_bug_is_exit_2(python: str, files: Path, form: str) -> None:
    """A comparison that would not rebuild B is never printed."""
    code = (
        "import stdtools.diff.comparing as c, stdtools.cli as cli\n"
        "real = c.compare\n"
        "c.compare = lambda *a, **k: (r := real(*a, **k))._replace(changes=r.changes[:-1])\n"
        f"cli.run(['diff', '{form}', 'a', 'b'])"
    )
    done = subprocess.run([python, "-c", code], cwd=files, capture_output=True)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"stdtools diff: internal error: WrongComparison: ")
    assert done.stderr.count(b"\n") == 1


def test_two_columns_show_no_carriage_returns_that_do_not_count(files: Path, run: Run) -> None:
    (files / "x").write_bytes(b"one\r\ntwo\r\nthree and more\r\nend")
    (files / "y").write_bytes(b"one\ntwo\r\nfour\r\nend")
    for pair in ("xy", "yx"):
        command = ["diff", "-y", "--strip-trailing-cr", "-W", "40", *pair]
        assert run(*command).out == subprocess.run(command, cwd=files, capture_output=True).stdout


@pytest.mark.once
def test_two_columns_are_as_wide_as_is_asked_for_but_no_wider_than_memory(files: Path, run: Run) -> None:
    for width in ("2500", "300001"):
        command = ["diff", "-y", "-W", width, "a", "b"]
        assert run(*command).out == subprocess.run(command, cwd=files, capture_output=True).stdout
    result = run("diff", "-y", "-W", "500000000", "a", "b")
    assert (result.code, result.out) == (2, b"")
    assert "500000000 is not in the range 1<=x<=1000000" in result.err


def test_two_columns_on_a_terminal_are_as_wide_as_it_and_wrap(files: Path) -> None:
    (files / "x").write_text("a" * 100 + "\nsame\n\x1b[31mé日本語\n")
    (files / "y").write_text("b" * 3 + "\nsame\n")
    seen = on_terminal(["diff", "-y", "--color", "never", "x", "y"], files)
    rows = seen.splitlines()
    assert max(map(len, rows)) <= 80
    assert sum(row.count("a") for row in rows[:-2]) == 100
    assert "\x1b" not in seen
    assert "\\x1b[31mé日本語" in rows[-1]
    assert rows[0].split() == ["a" * 37, "|", "bbb"]


@pytest.mark.once
def test_colours_on_a_terminal_alone_and_nothing_that_steers_it(run: Run, files: Path) -> None:
    (files / "x").write_text("old\x1b]0;owned\x07\rtext\n\u202e\n")
    (files / "y").write_text("new\x9b31m\n")
    for form in ("-u", "-c", "--normal", "-y", "--word", "--ndiff"):
        plain = on_terminal(["diff", form, "--color", "never", "x", "y"], files)
        painted = on_terminal(["diff", form, "x", "y"], files)
        assert "\x1b" not in plain
        assert not re.search("[\x07\r\x9b\u202e]", plain + painted), form
        assert "\x1b]" not in painted
        assert b"\x1b[3" not in run("diff", form, "a", "b").out
    assert b"\x1b[31m" in run("diff", "--color", "always", "a", "b").out
    assert "-two" in re.sub(r"\x1b\[\d*m", "", run("diff", "--color", "always", "a", "b").text)


@pytest.mark.parametrize("algorithm", ["fast", "minimal", "patience", "difflib"])
def test_algorithms(run: Run, files: Path, algorithm: str) -> None:
    assert run("diff", "--no-timestamps", "--algorithm", algorithm, "a", "b").text == "--- a\n+++ b\n" + HUNK


def test_a_deadline_is_told(run: Run, files: Path) -> None:
    (files / "x").write_text("".join(f"{n % 7} {n % 3}\n" for n in range(5000)))
    (files / "y").write_text("".join(f"{n % 5} {n % 3}\n" for n in range(5000)))
    result = run("diff", "--deadline", "0", "--numstat", "x", "y")
    assert result.code == 1
    assert result.err == "stdtools diff: perhaps not the fewest lines: the deadline\n"


def test_files_and_algorithms_are_completed() -> None:
    command = LEAVES["diff"]
    params = {name: param for param in command.params for name in param.opts}
    context = click.Context(command)
    assert [item.type for item in params["paths"].shell_complete(context, "x")] == ["file"]
    assert [item.value for item in params["--algorithm"].shell_complete(context, "p")] == ["patience"]


def test_an_expression_for_words_needs_words(run: Run, files: Path) -> None:
    for form in ("-u", "--char"):
        result = run("diff", form, "--word-regex", "x", "a", "b")
        message = "--word-regex needs --word or --color-words; see 'stdtools diff --help'"
        assert result == (2, b"", f"stdtools diff: {message}\n")


def test_closest_needs_what_it_means(run: Run, files: Path) -> None:
    assert run("diff", "--closest", "thre", "a") == (0, b"three\n", "")
    assert run("diff", "--closest", "xyz", "a") == (1, b"", "")
    for args in (["-k", "2", "a", "b"], ["--closest", "x", "-w", "a"], ["--closest", "x", "a", "b"]):
        result = run("diff", *args)
        assert (result.code, result.out) == (2, b"")
        assert "see 'stdtools diff --help'" in result.err


def test_what_is_left_of_standard_input_counts(files: Path) -> None:
    """Its size is that of the whole file, of which others may have read a part."""
    (files / "all").write_text("head\none\ntwo\nthree\n")
    done = subprocess.run(
        ["bash", "-c", f"(dd bs=5 count=1 >/dev/null 2>&1; {COMMAND} diff -q a -) < all"],
        cwd=files, capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_expressions_of_characters_alone(run: Run, files: Path) -> None:
    (files / "x").write_text("caf\u00e9 1\n12a\n")
    (files / "y").write_text("caf 1\na\n")
    for mask in ("\\u00e9", "(?u)\\xe9", "\\N{LATIN SMALL LETTER E WITH ACUTE}"):
        result = run("diff", "--no-timestamps", "--mask", mask, "--mask", "\\d*(?=a)", "-q", "x", "y")
        assert (result.code, result.text) == (1, "Files x and y differ\n")
    (files / "y").write_text("caf\u00e9 1\na\n")
    result = run("diff", "--mask", "\\d*(?=a)", "x", "y")
    assert (result.code, result.text) == (0, ""), "nothing before an a is like a number before one"


def test_a_name_cannot_make_lines_of_the_output_on_a_terminal(files: Path) -> None:
    for name in ("d", "e"):
        (files / name).mkdir()
    (files / "d" / "x\nOnly in e: y").touch()
    assert on_terminal(["diff", "-r", "d", "e"], files) == "Only in d: x\\nOnly in e: y\n"


def test_options_that_have_a_meaning_elsewhere(run: Run, files: Path) -> None:
    assert run("diff", "--html", "--suppress-common-lines", "a", "a").text.startswith("<!DOCTYPE html>")
    assert run("diff", "--html", "-s", "a", "a").text.rstrip().endswith("</html>")
    for options, message in (
        (["--deadline", "1", "--algorithm", "difflib"], "--deadline needs another --algorithm"),
        (["-U", "1", "--normal"], "--unified-lines needs a format with context"),
    ):
        result = run("diff", *options, "a", "b")
        assert (result.code, result.err) == (2, f"stdtools diff: {message}; see 'stdtools diff --help'\n")
    assert run("diff", "--deadline", "1m", "a", "b").code == 1


def test_the_columns_are_safe_where_they_are_painted(run: Run, files: Path) -> None:
    (files / "x").write_text("a\x1b[7mx\nsame\x1b[7m\n")
    (files / "y").write_text("b\nsame\x1b[7m\n")
    result = run("diff", "-y", "-W", "40", "--color=always", "x", "y")
    assert "\x1b[7m" not in result.text
    assert "\x1b[33m" in result.text
    assert "\x1b[33m" in on_terminal(["diff", "-y", "-W", "40", "--color=always", "a", "b"], files)


def test_numbers_of_lines_are_as_wide_as_the_terminal(run: Run, files: Path) -> None:
    (files / "b").write_text("x\n" * 500)
    seen = on_terminal(["diff", "--stat", "--color=never", "a", "b"], files)
    assert max(map(len, seen.splitlines())) <= 80
    assert max(map(len, run("diff", "--stat", "-W", "50", "a", "b").text.splitlines())) <= 50


def test_standard_input_is_there(run: Run, files: Path) -> None:
    (files / "link").symlink_to("a")
    result = run("diff", "-N", "--no-dereference", "-", "link", stdin=b"x\n")
    assert result.code == 1
    assert result.text.startswith("File - is a fifo while file link is a symbolic link")


def test_the_line_above_a_pair_has_the_options_alone(run: Run, files: Path) -> None:
    for name in ("d", "e"):
        (files / name).mkdir()
        (files / name / "list").write_text(name + "\n")
    result = run("diff", "-r", "--no-timestamps", "-x*.cxx", "-IxI", "d", "e")
    assert result.text.splitlines()[0] == "diff -r --no-timestamps '-x*.cxx' -IxI d/list e/list"
