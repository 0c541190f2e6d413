"""par with commands: what is run, in which order it speaks, and how it ends."""

import itertools
import json
import os
import subprocess
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from tests.conftest import COMMAND, Run

pytestmark = pytest.mark.process
SEE_HELP = "; see 'stdtools par --help'\n"


def test_items_of_standard_input_of_a_file_and_of_the_command_line(run: Run, tmp_path: Path) -> None:
    assert run("par", "echo", "x", stdin="a\nb c\n\nlast") == (0, b"x a\nx b c\nx last\n", "")
    (tmp_path / "list").write_bytes(b"a\0b\nc\0")
    assert run("par", "-0", "-a", "list", "echo", "<{}>") == (0, b"<a>\n<b\nc>\n", "")
    assert run("par", "echo", "-n", ":::", "a", ":", "::", "") == (0, b"a:::", "")
    assert run("par", "echo", stdin="") == (0, b"", "")
    assert run("par", "echo", ":::") == (0, b"", "")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ("echo ::: a b ::: c", "':::' is a word of GNU parallel; here there is one list of items"),
        ("echo ::: a :::+ b", "':::+' is a word of GNU parallel; here there is one list of items"),
        ("echo :::: list", "'::::' is a word of GNU parallel; here -a FILE reads items from a file"),
        ("--py line ::: a :::: list", "'::::' is a word of GNU parallel; here -a FILE reads items from a file"),
        ("--explain echo ::: a ::: b", "':::' is a word of GNU parallel; here there is one list of items"),
    ],
)
def test_lists_as_gnu_parallel_has_them_are_told(run: Run, args: str, message: str) -> None:
    result = run("par", *args.split())
    assert (result.code, result.out) == (2, b"")
    assert result.err.startswith(f"stdtools par: {message}")
    assert run("par", "echo", stdin=":::\n") == (0, b":::\n", ""), "an item like any other"


def test_options_end_at_the_command(run: Run) -> None:
    assert run("par", "-j", "2", "echo", "-n", "-j", "{}", ":::", "1", "2") == (0, b"-j 1-j 2", "")
    assert run("par", "--", "echo", "--tag", ":::", "1") == (0, b"--tag 1\n", "")


def test_output_is_in_order_however_long_each_takes(run: Run) -> None:
    script = "sleep 0.{}; echo {}; echo e{} >&2"
    result = run("par", "-j", "5", "--shell", script, ":::", "3", "1", "4", "0", "2")
    assert result == (0, b"3\n1\n4\n0\n2\n", "e3\ne1\ne4\ne0\ne2\n")
    result = run("par", "-j", "3", "--unordered", "--shell", script, ":::", "6", "3", "0")
    assert result == (0, b"0\n3\n6\n", "e0\ne3\ne6\n")


def test_lines_of_jobs_are_never_mixed(run: Run) -> None:
    script = "for n in 1 2 3 4 5 6 7 8 9; do printf %s {}; sleep 0.00{}; echo {}; done"
    items = [str(number) for number in range(8)]
    ordered = run("par", "-j", "8", "--shell", script, ":::", *items)
    assert ordered.text == "".join(f"{item}{item}\n" * 9 for item in items)
    lines = run("par", "-j", "8", "--line-buffer", "--shell", script, ":::", *items)
    assert Counter(lines.text.splitlines()) == {item * 2: 9 for item in items}
    grouped = run("par", "-j", "8", "--unordered", "--shell", script, ":::", *items).text
    assert all(f"{item}{item}\n" * 9 in grouped for item in items)


def test_the_first_job_is_heard_while_it_runs(tmp_path: Path) -> None:
    with subprocess.Popen(
        [COMMAND, "par", "--shell", "echo {}; cat fifo", ":::", "a", "b"], stdout=subprocess.PIPE, cwd=tmp_path
    ) as process:
        os.mkfifo(tmp_path / "fifo") if not (tmp_path / "fifo").exists() else None
        assert process.stdout is not None
        assert process.stdout.readline() == b"a\n"
        process.terminate()
    assert process.returncode == -15


def test_jobs_start_before_the_input_ends(run: Run) -> None:
    with subprocess.Popen([COMMAND, "par", "echo"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for line in (b"one\n", b"two\n"):
            process.stdin.write(line)
            process.stdin.flush()
            assert process.stdout.readline() == line
        process.stdin.close()
    assert process.returncode == 0


def test_tags(run: Run) -> None:
    script = "printf 'one\\ntwo'; printf 'err' >&2; : {}"
    assert run("par", "--tag", "--shell", script, ":::", "a", "b") == (
        0, b"a\tone\na\ttwo\nb\tone\nb\ttwo\n", "a\terr\nb\terr\n"
    )  # fmt: skip
    assert run("par", "--line-buffer", "-j1", "printf", ":::", "a", "b") == (0, b"a\nb\n", "")


@pytest.mark.parametrize(
    ("args", "out"),
    [
        (["-n", "2", "echo"], "1 2\n3 4\n5\n"),
        (["-n", "2", "echo", "{}", "-"], "1 2 -\n3 4 -\n5 -\n"),
        (["-n", "9", "echo", "{#}:"], "1: 1 2 3 4 5\n"),
        (["-j", "1", "echo", "{%}.{#}"], "1.1 1\n1.2 2\n1.3 3\n1.4 4\n1.5 5\n"),
    ],
)
def test_many_arguments(run: Run, args: list[str], out: str) -> None:
    assert run("par", *args, stdin="1\n2\n3\n4\n5\n") == (0, out.encode(), "")


def test_as_many_arguments_as_pay(run: Run) -> None:
    items = [str(number) for number in range(5000)]
    result = run("par", "-j", "2", "-n", "auto", "echo", stdin="\n".join(items))
    assert result.text.split() == items
    assert 2 <= result.text.count("\n") < 500


def test_blocks_of_lines(run: Run) -> None:
    data = "".join(f"{number:07}\n" for number in range(10_000))
    result = run("par", "--block", "10k", "cat", stdin=data)
    assert (result.code, result.text) == (0, data)
    sizes = [int(size) for size in run("par", "--block", "10k", "wc", "-c", stdin=data).text.split()]
    assert sum(sizes) == len(data)
    assert max(sizes) <= 10 << 10
    assert all(size % 8 == 0 for size in sizes)
    assert run("par", "--block", "3", "sh", "-c", "cat; echo .", stdin="a\nlonger\nb") == (
        0,
        b"a\n.\nlonger\n.\nb.\n",
        "",
    )
    assert run("par", "--block", "4", "-0", "tr", r"\0", "+", stdin=b"a\0bc\0d\ne") == (
        0,
        b"a+d\ne".replace(b"a+d", b"a+bc+d"),
        "",
    )
    assert run("par", "--block", "1", "cat", stdin="") == (0, b"", "")


def test_standard_input_of_a_job_is_empty(run: Run) -> None:
    assert run("par", "cat", "-", stdin="/dev/null\n/dev/null\n") == (0, b"", "")


def test_exit_codes(run: Run) -> None:
    assert run("par", "--shell", "exit {}", ":::", "0", "0").code == 0
    result = run("par", "--shell", "exit {}", ":::", "0", "3", "0")
    assert (result.code, result.out) == (2, b"")
    assert result.err == (
        "stdtools par: 1 of 3 jobs failed\n  1 × exit code 3  (job 2 3)\n"
        "  to run them again: stdtools par --shell 'exit {}' ::: 3\n"
    )
    assert run("par", "false", stdin=":::\n").err == (
        "stdtools par: 1 of 1 job failed\n  1 × exit code 1  (job 1 :::)\n"
        "  with --joblog FILE, --resume would run just those again\n"
    )


def test_what_failed_is_grouped_by_what_it_said(run: Run) -> None:
    script = 'test {} -lt 5 || { echo "cannot reach host {} in $$ ms" >&2; exit 7; }; test {} != 3 || kill -9 $$'
    result = run("par", "-j1", "--shell", script, ":::", *map(str, range(20)))
    assert result.code == 2
    digest = result.err.splitlines()[15:]
    assert digest[0] == "stdtools par: 16 of 20 jobs failed"
    assert digest[1].startswith("  15 × exit code 7: cannot reach host 5 in ")
    assert digest[1].endswith(" ms  (first: job 6 5)")
    assert digest[2] == "  1 × killed by SIGKILL  (job 4 3)"
    assert digest[3] == "  with --joblog FILE, --resume would run just those again"


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["nosuch"], 127, "nosuch: command not found"),
        (["./nosuch"], 127, "./nosuch: command not found"),
        (["./plain"], 126, "./plain: Permission denied"),
        ([""], 127, "'': command not found"),
        (["wc -l {}"], 127, "wc -l item: command not found; a line for sh goes behind --shell"),
        (["./gone"], 127, "./gone: the interpreter in its first line is not there"),
    ],
)
def test_a_command_that_is_not_there_stops_at_once(
    run: Run, tmp_path: Path, args: list[str], code: int, message: str
) -> None:
    (tmp_path / "plain").touch()
    (tmp_path / "gone").write_text("#!/nosuch/sh\n")
    (tmp_path / "gone").chmod(0o755)
    result = run("par", *args, stdin="item\n" * 100_000)
    assert result == (code, b"", f"stdtools par: {message}\n")


def test_a_command_that_sh_does_not_find_stops_at_once(run: Run) -> None:
    result = run("par", "-j1", "--shell", "nosuch {}", stdin="item\n" * 1000)
    assert result.code == 127
    assert "1 of 1 job failed; no more were started" in result.err
    result = run("par", "-j1", "--shell", "test {} = 1 || exit 127", stdin="1\n2\n3\n")
    assert (result.code, "2 of 3 jobs failed\n" in result.err) == (2, True)


def test_sh_finds_the_command_when_another_job_has_ended_otherwise(run: Run) -> None:
    result = run("par", "-j1", "--shell", "exit {}", ":::", "3", "127", "0")
    assert (result.code, result.err.splitlines()[0]) == (2, "stdtools par: 2 of 3 jobs failed")


def test_a_command_that_is_not_there_is_not_told_as_failures_of_others(run: Run) -> None:
    result = run("par", "-j2", "{}", "5", ":::", "sleep", "nosuch")
    assert result == (127, b"", "stdtools par: nosuch: command not found\n")


def test_numbers_of_the_configuration_are_read_as_text_is(run: Run, home: Path) -> None:
    path = home / ".config/stdtools/config.toml"
    path.parent.mkdir(parents=True)
    path.write_text("[par]\nmax-args = 2\n")
    assert run("par", "-j1", "echo", ":::", *"abc") == (0, b"a b\nc\n", "")
    for key, value, message in (
        ("max-args", "-3", "'-3' is not a number of items; write 1, 100 or auto"),
        ("max-args", "2.5", "'2.5' is not a number of items; write 1, 100 or auto"),
        ("halt", "3", "'3' is not a rule; write soon,fail=1, now,fail=3 or now,fail=10%"),
        ("rate", "3", "'3' is not a rate; write 10/s, 30/m or 5/h"),
    ):
        path.write_text(f"[par]\n{key} = {value}\n")
        result = run("par", "echo", ":::", "a")
        assert (result.code, result.out) == (2, b"")
        assert message in result.err


def test_defaults_for_commands_do_no_harm_where_they_mean_nothing(run: Run) -> None:
    defaults = {"STDTOOLS_PAR_MAX_ARGS": "3", "STDTOOLS_PAR_TAG": "1"}
    assert run("par", "-j1", "--shell", "echo {}", ":::", *"abc", env=defaults).out == b"a\ta\nb\tb\nc\tc\n"
    defaults["STDTOOLS_PAR_MAX_ARGS"] = "auto"
    assert run("par", "-j1", "--block", "2", "cat", stdin="a\nb\n", env=defaults).out == b"a\nb\n"


@pytest.mark.parametrize(
    ("defaults", "args", "out"),
    [
        ("RETRIES=1", ["--line-buffer", "echo"], "a\n"),
        ("LINE_BUFFER=1", ["--retries", "1", "sh", "-c", "echo $0; mkdir $0 2>&- && exit 1; exit 0"], "a\n"),
        ("LINE_BUFFER=1", ["--py", "line"], "a\n"),
        ("RESUME=1", ["echo"], "a\n"),
        ("ARG_FILE=none", ["echo"], "a\n"),
        ("REDUCE=count", ["echo"], "a\n"),
        ("REDUCE=count", ["--map", "line"], "a\t1\n"),
        ("ON_ERROR=keep", ["--map", "line", "--reduce", "count"], "a\t1\n"),
    ],
)
def test_a_default_that_does_not_fit_what_was_typed_is_ignored(
    run: Run, defaults: str, args: list[str], out: str
) -> None:
    name, _, value = defaults.partition("=")
    assert run("par", *args, ":::", "a", env={f"STDTOOLS_PAR_{name}": value}) == (0, out.encode(), "")


def test_a_script_without_a_first_line_is_run_by_sh(run: Run, tmp_path: Path) -> None:
    (tmp_path / "script").write_text("echo got $1\n")
    (tmp_path / "script").chmod(0o755)
    assert run("par", "./script", ":::", "a") == (0, b"got a\n", "")


def test_timeout(run: Run) -> None:
    result = run("par", "--timeout", "0.3", "--shell", "echo began; sleep {} & wait", ":::", "60", "0")
    assert (result.code, result.out) == (2, b"began\nbegan\n")
    assert "1 × timed out  (job 1 60)" in result.err
    result = run("par", "--timeout", "200ms", "true", ":::", "a")
    assert result.err.startswith("stdtools par: invalid value for '--timeout': '200ms' is not a duration")


def test_a_job_that_ignores_the_timeout_is_killed(run: Run) -> None:
    result = run("par", "--timeout", "0.2", "--shell", "trap '' TERM; : {}; while :; do sleep 0.05; done", ":::", "a")
    assert (result.code, "1 × timed out" in result.err) == (2, True)


def test_retries(run: Run, tmp_path: Path) -> None:
    script = "echo said; echo x >> {}; test $(wc -l < {}) -ge 3"
    assert run("par", "--retries", "2", "--shell", script, ":::", "a", "b") == (0, b"said\nsaid\n", "")
    assert (tmp_path / "a").read_text() == "x\n" * 3
    result = run("par", "--retries", "1", "--joblog", "log", "false", ":::", "a")
    assert result.code == 2
    log = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert [record["attempt"] for record in log] == [1, 2]


def test_halt(run: Run, tmp_path: Path) -> None:
    result = run("par", "-j1", "--halt", "soon,fail=2", "--shell", "echo {}; exit 1", stdin="1\n2\n3\n4\n")
    assert (result.code, result.out) == (2, b"1\n2\n")
    assert result.err.startswith("stdtools par: 2 of 2 jobs failed; no more were started\n")
    script = "test {} != 1 || sleep 60; test {} = 1 || exit 1"
    result = run("par", "-j2", "--halt", "now,fail=1", "--shell", script, stdin="1\n2\n3\n")
    assert (result.code, result.err.splitlines()[0]) == (2, "stdtools par: 1 of 1 job failed; no more were started")


def test_rate(run: Run, tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert run("par", "-j9", "--rate", "20/s", "--joblog", str(log), "true", stdin="x\n" * 5).code == 0
    starts = sorted(json.loads(line)["start"][17:26] for line in log.read_text().splitlines())
    assert len(set(starts)) == 5


def test_rate_spaces_the_first_starts_too(run: Run, tmp_path: Path) -> None:
    run("par", "-j4", "--rate", "4/s", "--joblog", "log", "true", ":::", *"123")
    starts = sorted(json.loads(line)["start"] for line in (tmp_path / "log").read_text().splitlines())
    seconds = [datetime.fromisoformat(start).timestamp() for start in starts]
    assert all(later - earlier > 0.2 for earlier, later in itertools.pairwise(seconds))


def test_a_dry_run_names_what_cannot_run(run: Run) -> None:
    result = run("par", "--dry-run", "echo", stdin="a\n" + "b" * 200_000 + "\nc\n")
    message = "job 2: the item has 200000 bytes, too many for an argument; feed it by --block"
    assert result == (2, b"echo a\necho c\n", f"stdtools par: {message}\n")


def test_dry_run(run: Run) -> None:
    assert run("par", "--dry-run", "gzip", "-9", ":::", "a b", "c") == (0, b"gzip -9 'a b'\ngzip -9 c\n", "")
    assert run("par", "--dry-run", "-j2", "x{%}", "{#}", stdin="a\nb\nc") == (0, b"x1 1 a\nx2 2 b\nx1 3 c\n", "")


def test_joblog(run: Run, tmp_path: Path) -> None:
    run("par", "-j1", "--joblog", "log", "sh", "-c", 'exit "$1"', "sh", "{}", ":::", "0", "3")
    first, second = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert list(first) == [
        "key", "job", "argv", "start", "seconds", "user", "sys", "maxrss", "exit", "signal", "attempt"
    ]  # fmt: skip
    assert first["argv"] == ["sh", "-c", 'exit "$1"', "sh", "0"]
    assert (first["exit"], second["exit"], first["signal"], first["attempt"], second["job"]) == (0, 3, None, 1, 2)
    assert first["key"] != second["key"]
    assert 0 < first["maxrss"] < 1 << 30


def test_resume_skips_what_succeeded_in_any_order(run: Run, tmp_path: Path) -> None:
    script = "echo {}; test ! -e fail-{}"
    (tmp_path / "fail-b").touch()
    assert run("par", "--joblog", "log", "--shell", script, ":::", "a", "b", "c", "a").code == 2
    (tmp_path / "fail-b").unlink()
    with open(tmp_path / "log", "a") as log:
        log.write('{"key": "torn')
    again = ["par", "--resume", "--joblog", "log", "--shell"]
    assert run(*again, script, ":::", "new", "c", "b", "a", "a", "a") == (0, b"new\nb\na\n", "")
    assert run(*again, script, ":::", "new", "c", "b", "a") == (0, b"", "")
    assert run(*again, "echo {}", ":::", "a") == (0, b"a\n", "")  # another command
    assert all(json.loads(line) for line in (tmp_path / "log").read_text().splitlines() if "torn" not in line)


def test_resume_of_many_arguments_and_of_blocks(run: Run, tmp_path: Path) -> None:
    assert run("par", "-n2", "--joblog", "log", "echo", ":::", "a", "b", "c").out == b"a b\nc\n"
    assert (
        run("par", "-n2", "--joblog", "log", "--resume", "echo", ":::", "x", "b", "c", "y", "a", "z").out == b"x y\nz\n"
    )
    assert run("par", "--block", "2", "--joblog", "log2", "cat", stdin="a\nb\n").out == b"a\nb\n"
    assert run("par", "--block", "2", "--joblog", "log2", "--resume", "cat", stdin="b\nc\na\n").out == b"c\n"


def test_a_dry_run_of_a_resumed_run_shows_its_numbers_and_writes_nothing(run: Run, tmp_path: Path) -> None:
    assert run("par", "--joblog", "log", "echo", "{#}", ":::", "a", "c").out == b"1 a\n2 c\n"
    before = (tmp_path / "log").read_bytes()
    (tmp_path / "log").write_bytes(before + b'{"key": "torn')
    args = ["--joblog", "log", "--resume", "echo", "{#}", ":::", *"xabcd"]
    assert run("par", "--dry-run", *args) == (0, b"echo 1 x\necho 3 b\necho 5 d\n", "")
    assert (tmp_path / "log").read_bytes() == before + b'{"key": "torn'
    assert run("par", *args) == (0, b"1 x\n3 b\n5 d\n", "")
    assert run("par", "--dry-run", "--resume", "--joblog", "new", "echo", ":::", "a") == (0, b"echo a\n", "")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("dry", [[], ["--dry-run"]])
def test_a_joblog_is_a_file(run: Run, tmp_path: Path, dry: list[str]) -> None:
    (tmp_path / "d").mkdir()
    os.mkfifo(tmp_path / "fifo")
    for name, what in (("d", "Is a directory"), ("fifo", "File or stream is not seekable.")):
        result = run("par", *dry, "--joblog", name, "--resume", "echo", ":::", "a")
        assert result == (2, b"", f"stdtools par: {name}: {what}\n")


def test_two_runs_do_not_share_a_joblog(run: Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "go")
    with subprocess.Popen(
        [COMMAND, "par", "--joblog", "log", "sh", "-c", "echo; cat go", ":::", "a"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
    ) as first:
        assert first.stdout is not None
        first.stdout.readline()
        result = run("par", "--joblog", "log", "true", ":::", "a")
        (tmp_path / "go").write_text("")
    message = "stdtools par: log: another par is writing it; give each its own\n"
    assert result == (2, b"", message)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "missing a COMMAND, --shell TEXT or --py EXPR"),
        (["--shell", "x", "y"], "--shell is the command; 'y' would be another"),
        (["-a", "f", "x", ":::", "y"], "items come from --arg-file or behind ':::', not from both"),
        (["--resume", "x"], "--resume needs --joblog"),
        (["--joblog", "-", "x"], "--joblog needs a file; standard output is the jobs'"),
        (["--block", "0", "x"], "--block needs at least one byte"),
        (["--block", "1k", "-n", "2", "x"], "--max-args has no meaning with --block"),
        (["--block", "1k", "x", "{}"], "with --block a job has no item; {#} is its number"),
        (["--block", "1k", "x", ":::", "a"], "--block reads a stream; there are no items behind ':::'"),
        (["--shell", "x", "-n", "2"], "--max-args has no meaning with --shell"),
        (["-j", "many", "x"], "invalid value for --jobs: 'many' is not a number of jobs; write 4, 50%, +2 or -1"),
        (["-n", "0", "x"], "invalid value for '-n' / '--max-args': '0' is not a number of items; write 1, 100 or auto"),
        (["--halt", "fail=1", "x"], "invalid value for '--halt': 'fail=1' is not a rule; write soon,fail=1, now,fail=3 or now,fail=10%"),  # noqa: E501
        (["--rate", "x", "x"], "invalid value for '--rate': 'x' is not a rate; write 10/s, 30/m or 5/h"),
    ],
)  # fmt: skip
def test_what_is_refused(run: Run, args: list[str], message: str) -> None:
    assert run("par", *args) == (2, b"", f"stdtools par: {message}{SEE_HELP}")


@pytest.mark.parametrize("args", [["echo"], ["--py", "line"], ["--map", "line", "--reduce", "count"]])
def test_a_file_without_a_name_is_not_standard_input(run: Run, args: list[str]) -> None:
    """As in ``-a "$UNSET"``."""
    result = run("par", "-a", "", *args, stdin="a\n")
    assert result == (2, b"", "stdtools par: '': No such file or directory\n")


def test_any_number_may_log_to_dev_null(run: Run) -> None:
    command = [COMMAND, "par", "--joblog", os.devnull, "echo"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first:
        assert first.stdin is not None
        assert first.stdout is not None
        first.stdin.write(b"a\n")
        first.stdin.flush()
        assert first.stdout.readline() == b"a\n"
        assert run("par", "--joblog", os.devnull, "echo", ":::", "b") == (0, b"b\n", "")


def test_failures_are_told_behind_all_output(tmp_path: Path) -> None:
    with open(tmp_path / "both", "wb") as file:
        subprocess.run(
            [COMMAND, "par", "--retries", "1", "--shell", "echo {}; exit 1", ":::", "a"], stdout=file, stderr=file
        )
    assert (tmp_path / "both").read_text().startswith("a\nstdtools par: 1 of 1 job failed\n")


@pytest.mark.parametrize(
    "args",
    [
        ["echo", ":::", "a b", "c"], ["-j2", "echo", "x{}y", "{/}"], ["--shell", "echo got {}", ":::", "a", "b"],
        ["-0", "echo", "{.}", "{//}"], ["sh", "-c", "echo $0; exit 1"],
        ["echo", "{/}", "{//}-{//}", "{/.}", ":::", "/", "a/b.c/", "/x.y", "b"],
    ],
)  # fmt: skip
def test_the_explained_script_does_the_same(run: Run, python: str, tmp_path: Path, args: list[str]) -> None:
    stdin = "d/a.x\nb\n" if "-0" not in args else "d/a.x\0\0b\0"
    ours = run("par", *args, stdin=stdin)
    script = run("par", "--explain", *args).text
    theirs = subprocess.run([python, "-c", script], input=stdin.encode(), capture_output=True, cwd=tmp_path)
    assert (theirs.returncode, theirs.stdout) == (ours.code, ours.out), theirs.stderr


def test_what_par_refuses_is_not_explained(run: Run) -> None:
    for args in (
        [":::", "a"],
        ["--shell", "echo {}", "cat", ":::", "a"],
        ["-a", "f", "echo", ":::", "a"],
        ["--on-error", "skip", "echo"],
        ["--memory", "1M", "echo"],
    ):
        refused = run("par", *args)
        assert run("par", "--explain", *args) == refused == (2, b"", refused.err)
    message = "stdtools par: --explain covers --shell only with {} and without quotes\n"
    assert run("par", "--explain", "--shell", "echo hi") == (2, b"", message)


def test_python_is_a_command_as_any_other(run: Run) -> None:
    assert run("par", sys.executable, "-c", "print('hi')", ":::", "a") == (0, b"hi\n", "")
