"""par when it is interrupted, killed, starved, and fed with what nobody should feed it."""

import contextlib
import fcntl
import json
import os
import pty
import random
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import COMMAND, Run

pytestmark = [pytest.mark.process, pytest.mark.once]


def marked(mark: str) -> list[int]:
    """Return the live processes whose environment or arguments have *mark*."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            environment = Path(f"/proc/{name}/environ").read_bytes()
            state = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()[0]
            if f"MARK={mark}".encode() in environment.split(b"\0") and state != "Z":
                found.append(int(name))
    return found


def until(condition: object, seconds: float = 20) -> None:
    """Wait until *condition* is true; fail when it takes too long."""
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it takes for ever"
        time.sleep(0.01)


@pytest.fixture
def mark(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A mark on all processes of the test; none is left at its end."""
    text = f"{os.getpid()}-{random.random()}"
    monkeypatch.setenv("MARK", text)
    yield text
    monkeypatch.delenv("MARK")
    until(lambda: not marked(text))


@contextlib.contextmanager
def killed_at_the_end(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    try:
        yield
    finally:
        process.kill()


def started(place: Path, count: int) -> None:
    until(lambda: len(list(place.glob("started-*"))) >= count)


SCRIPT = "touch started-{}; sleep 100"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_the_jobs_and_par_as_it_says(tmp_path: Path, mark: str, number: int, code: int) -> None:
    process = subprocess.Popen(
        [COMMAND, "par", "-j3", "--shell", SCRIPT, ":::", *"abcdef"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    started(tmp_path, 3)
    process.send_signal(number)
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out) == (-number, b"")
    assert code == 128 + number
    assert b"Traceback" not in err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["started-a", "started-b", "started-c"]


def test_a_job_that_ignores_ctrl_c_is_killed(tmp_path: Path, mark: str) -> None:
    script = "trap '' TERM INT; touch started-{}; while :; do sleep 0.01; done"
    with subprocess.Popen([COMMAND, "par", "--shell", script, ":::", "a"], cwd=tmp_path) as process:
        started(tmp_path, 1)
        process.send_signal(signal.SIGINT)
        process.wait(10)
        assert process.returncode == -signal.SIGINT


def test_a_second_ctrl_c_does_not_wait(tmp_path: Path, mark: str) -> None:
    """The first leaves jobs some time for their ends; here a minute, which nobody waits for."""
    code = "from stdtools.par import children; children.LAST_GRACE = 60; from stdtools.__main__ import main; main()"
    script = "trap '' TERM; touch started-{}; while :; do sleep 0.01; done"
    command = [sys.executable, "-c", code, "par", "--shell", script, ":::", "a"]
    with subprocess.Popen(command, cwd=tmp_path) as process, killed_at_the_end(process):
        started(tmp_path, 1)
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == -signal.SIGINT


def test_grandchildren_end_with_an_interrupted_job(tmp_path: Path, mark: str) -> None:
    script = "touch started-{}; sleep 100 & sleep 100 & trap 'exit 1' TERM; wait"
    with subprocess.Popen([COMMAND, "par", "-j2", "--shell", script, ":::", "a", "b"], cwd=tmp_path) as process:
        started(tmp_path, 2)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == -signal.SIGINT


def test_nothing_survives_par_when_it_is_killed(tmp_path: Path, mark: str) -> None:
    script = "touch started-{}; sleep 100 & trap '' TERM HUP; setsid sleep 100 & sleep 100"
    with subprocess.Popen([COMMAND, "par", "-j2", "--shell", script, ":::", "a", "b", "c"], cwd=tmp_path) as process:
        started(tmp_path, 2)
        process.kill()


def test_what_a_job_leaves_behind_does_not_hold_par(run: Run, mark: str) -> None:
    result = run("par", "--shell", "sleep 100 & echo $! {}", ":::", "a")
    assert result.code == 0
    os.kill(int(result.text.split()[0]), signal.SIGKILL)


def test_a_job_that_closes_its_output_is_waited_for(run: Run, tmp_path: Path) -> None:
    assert run("par", "--shell", "exec >&- 2>&-; sleep 0.3; touch done-{}", ":::", "a").code == 0
    assert (tmp_path / "done-a").exists()


def test_a_reader_that_goes_ends_all(tmp_path: Path, mark: str) -> None:
    command = f"seq 100000 | {COMMAND} par -j2 --shell 'echo {{}}; sleep 0.01' | head -n 3; echo ${{PIPESTATUS[1]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, timeout=30)
    assert done.stdout == b"1\n2\n3\n141\n"
    assert done.stderr == b""


def test_a_full_disk_is_told(run: Run, tmp_path: Path) -> None:
    with open("/dev/full", "wb") as full:
        result = run("par", "echo", ":::", "a", stdout=full)
    assert (result.code, result.err) == (2, "stdtools par: standard output: No space left on device\n")


def test_output_larger_than_a_file_may_be_is_told(run: Run, tmp_path: Path) -> None:
    """Two jobs: the second cannot speak before the first has ended, and is kept on a disk that is full."""

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))

    script = "case {} in a) sleep 2;; *) trap '' XFSZ; head -c 9000000 /dev/zero;; esac"
    result = run("par", "-j2", "--shell", script, ":::", "a", "b", preexec_fn=small_files)
    assert result.code == 2
    assert "cannot keep the output of jobs: File too large; set TMPDIR to a larger place" in result.err


def test_much_output_in_little_memory(run: Run) -> None:
    """The jobs but the first are kept on disk: sixteen times 20 MB, with an address space of 200 MB."""

    def little_memory() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (200 << 20, 200 << 20))

    script = "test {} != 1 || sleep 1; head -c 20000000 /dev/zero | tr '\\0' {}"
    with subprocess.Popen(
        ["sh", "-c", f'"$@" | tr -s {"abcdefghijklmnop"!r}', "sh", COMMAND, "par", "-j4", "--shell", script, ":::",
         *"abcdefghijklmnop"],
        stdout=subprocess.PIPE, preexec_fn=little_memory,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.read() == b"abcdefghijklmnop"


def test_disk_that_was_used_is_used_again(run: Run, tmp_path: Path) -> None:
    """Sixty times 200 kB and 3 MB through files of at most 8 MB; each is written when it has ended."""

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (8 << 20, 8 << 20))

    for size, count in ((200_000, 60), (3_000_000, 12)):
        items = [str(number) for number in range(count)]
        script = f"head -c {size} /dev/zero; : {{}}"
        result = run("par", "-j2", "--unordered", "--shell", script, ":::", *items, preexec_fn=small_files)
        assert (result.code, len(result.out)) == (0, size * count)


def test_special_characters(run: Run) -> None:
    items = [bytes([code]) * 2 for code in range(1, 256) if code != 10] + [
        b"'\"$(rm) `x` \\ ;&|<>*?[]#~",
        b"-n",
        "é日".encode(),
    ]
    stdin = b"\0".join(items) + b"\0"
    for args in (["printf", r"<%s>\n"], ["--shell", r"printf '<%s>\n' {}"], ["--shell", r"""printf '<%s>\n' "{}" """]):
        assert run("par", "-0", *args, stdin=stdin).out == b"".join(b"<%b>\n" % item for item in items)


def test_many_items_and_many_words(run: Run) -> None:
    items = [str(number) for number in range(60_000)]
    result = run("par", "-j2", "-n", "20000", "echo", stdin="\n".join(items))
    assert result.text.split() == items


def test_an_item_too_long_for_an_argument_is_told_and_the_rest_goes_on(run: Run) -> None:
    longest = 128 * 1024 - 1
    stdin = b"first\n" + b"x" * longest + b"\n" + b"y" * (longest + 1) + b"\nlast\n" + b"z" * 50_000_000
    result = run("par", "sh", "-c", "echo ${#1}", "sh", stdin=stdin)
    assert (result.code, result.text) == (2, f"5\n{longest}\n4\n")
    assert "not started: the item has 131072 bytes, too many for an argument; feed it by --block" in result.err
    assert "not started: the item has 50000000 bytes" in result.err


def test_a_long_line_is_a_block(run: Run) -> None:
    stdin = b"a\n" + b"x" * 30_000_000 + b"\nb\n"
    assert run("par", "--block", "1M", "wc", "-c", stdin=stdin).text.split() == ["2", "30000003"]


def test_few_descriptors(run: Run) -> None:
    def few() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (24, 24))

    result = run("par", "-j50", "echo", stdin="\n".join(map(str, range(300))), preexec_fn=few)
    assert (result.code, result.text.split()) == (0, [str(number) for number in range(300)])


def test_descriptors_of_others_are_not_handed_on(run: Run) -> None:
    result = run("par", "-j1", "--joblog", "log", "--shell", "cd /proc/$$/fd; echo *; : {}", ":::", "a", "b")
    assert result.text.split() == ["0", "1", "2", "3"] * 2  # the last is the shell's, to list them


def test_par_in_par(run: Run) -> None:
    inner = f"{COMMAND} par echo ::: {{}} x"
    assert run("par", "-j2", "--shell", inner, ":::", "1", "2") == (0, b"1\nx\n2\nx\n", "")


def test_closed_standard_streams(run: Run) -> None:
    done = subprocess.run(["sh", "-c", f"{COMMAND} par echo ::: a <&-"], capture_output=True)
    assert (done.returncode, done.stdout) == (0, b"a\n")
    done = subprocess.run(["sh", "-c", f"{COMMAND} par echo <&-"], capture_output=True)
    assert (done.returncode, done.stderr) == (2, b"stdtools par: standard input: Bad file descriptor\n")
    done = subprocess.run(["sh", "-c", f"{COMMAND} par --shell 'echo {{}} >&2' ::: a 2>&-"], capture_output=True)
    assert done.returncode == 0


def test_a_stopped_par_stops_its_jobs(tmp_path: Path, mark: str) -> None:
    script = "while :; do echo >> ticks; sleep 0.01; done"
    command = [COMMAND, "par", "--shell", f"{script}; : {{}}", ":::", "a"]
    # In a process group of its own: the kernel does not stop one that nobody of its session could continue.
    with subprocess.Popen(command, cwd=tmp_path, process_group=0) as process, killed_at_the_end(process):
        until((tmp_path / "ticks").exists)
        process.send_signal(signal.SIGTSTP)
        until(lambda: Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T")
        time.sleep(0.2)
        before = (tmp_path / "ticks").stat().st_size
        time.sleep(0.3)
        assert (tmp_path / "ticks").stat().st_size <= before + 1
        process.send_signal(signal.SIGCONT)
        until(lambda: (tmp_path / "ticks").stat().st_size > before + 1)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == -signal.SIGINT


def test_ctrl_c_while_the_reader_does_not_read(tmp_path: Path, mark: str) -> None:
    with subprocess.Popen([COMMAND, "par", "yes", ":::", "a"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, 4096)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == -signal.SIGINT


def test_ctrl_c_while_the_input_is_silent(mark: str) -> None:
    with subprocess.Popen([COMMAND, "par", "echo"], stdin=subprocess.PIPE) as process:
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == -signal.SIGINT


@pytest.mark.soak
def test_random_interrupts_and_kills_leave_nothing(tmp_path: Path, mark: str) -> None:
    draw = random.Random(7)
    for number in range(130):
        log = tmp_path / f"log-{number}"
        script = "for n in 1 2 3; do sleep 0.01; echo {}; done; sleep 0.0{}"
        with subprocess.Popen(
            [COMMAND, "par", "-j3", "--joblog", str(log), "--shell", script],
            cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        ) as process:  # fmt: skip
            assert process.stdin is not None
            process.stdin.write(b"".join(b"%d\n" % item for item in range(1000)))
            process.stdin.close()
            time.sleep(draw.random())
            process.send_signal(signal.SIGINT if number < 100 else signal.SIGKILL)
            assert process.stdout is not None
            out = process.stdout.read()
            process.wait(10)
        lines = Counter(out.split())
        assert process.returncode in (-signal.SIGINT, -signal.SIGKILL)
        assert all(count <= 3 for count in lines.values())
        until(lambda: not marked(mark), 10)


@pytest.mark.soak
def test_resume_after_kills_runs_every_item_once(tmp_path: Path, mark: str) -> None:
    draw = random.Random(8)
    items = "".join(f"{item}\n" for item in range(300))
    (tmp_path / "list").write_text(items)
    command = [COMMAND, "par", "-j3", "-a", "list", "--joblog", "log", "--resume", "--shell", "sleep 0.01; echo {}"]
    for _ in range(12):
        process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.1 + draw.random())
        process.kill()
        process.wait()
    subprocess.run(command, cwd=tmp_path, stdout=subprocess.DEVNULL, check=True)
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=True).stdout == b""


def test_many_background_children_do_not_exhaust_the_descriptors(run: Run, mark: str) -> None:
    def few() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))

    result = run("par", "-j8", "--shell", "sleep 3 & echo {}", stdin="\n".join(map(str, range(100))), preexec_fn=few)
    assert (result.code, result.text.split()) == (0, [str(number) for number in range(100)])


def test_a_timeout_ends_the_whole_group(run: Run, mark: str) -> None:
    script = "(trap '' TERM; sleep 100) & sleep 100; : {}"
    assert run("par", "--timeout", "0.3", "--shell", script, ":::", "1").code == 2
    until(lambda: not marked(mark), 5)


def test_a_timeout_longer_than_poll_takes(run: Run) -> None:
    assert run("par", "--timeout", "60d", "--rate", "1000/s", "echo", stdin="1\n" * 1200).text == "1\n" * 1200


def test_time_stands_still_for_stopped_jobs(tmp_path: Path, mark: str) -> None:
    command = [COMMAND, "par", "--timeout", "2", "--shell", "touch started-{}; sleep 1", ":::", "a"]
    with subprocess.Popen(command, cwd=tmp_path, process_group=0) as process, killed_at_the_end(process):
        started(tmp_path, 1)
        process.send_signal(signal.SIGTSTP)
        time.sleep(2.5)
        process.send_signal(signal.SIGCONT)
        assert process.wait(20) == 0


def test_a_nul_in_a_line_is_told_and_the_rest_goes_on(run: Run) -> None:
    result = run("par", "echo", stdin=b"ok\na\0b\nc\n")
    assert (result.code, result.out) == (2, b"ok\nc\n")
    assert "not started: the item has a NUL byte, which no argument can have; -0 ends items by NUL" in result.err


def test_arguments_as_many_as_fit(run: Run) -> None:
    items = "\n".join(map(str, range(50_000)))
    result = run("par", "-n", "10000", "echo", "A" * 400 + "{}", stdin=items)
    assert (result.code, len(result.text.split())) == (0, 50_000)


def test_only_what_was_written_is_logged_as_done(tmp_path: Path, mark: str) -> None:
    script = "test {} != 1 || { touch started-1; sleep 100; }; echo {}"
    command = [COMMAND, "par", "-j2", "--joblog", "log", "--shell", script]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=tmp_path
    )
    assert process.stdin is not None
    process.stdin.write(b"".join(b"%d\n" % number for number in range(30)))
    process.stdin.close()
    started(tmp_path, 1)
    time.sleep(1)
    process.kill()
    assert process.stdout is not None
    out = process.stdout.read()
    process.wait()
    process.stdout.close()
    logged = [line for line in (tmp_path / "log").read_text().splitlines() if '"exit": 0' in line]
    assert (out, len(logged)) == (b"0\n", 1)


def test_halt_lets_nothing_of_what_went_well_be_lost(run: Run, tmp_path: Path) -> None:
    """a waits for another attempt when b has had its last and stops all; what c said is behind both."""
    script = "case {} in a) sleep 1; exit 1;; b) exit 1;; esac; echo {}"
    result = run("par", "-j3", "--retries", "1", "--halt", "soon,fail=1", "--shell", script, ":::", "a", "b", "c")
    assert (result.code, result.text) == (2, "c\n")
    assert "2 of 3 jobs failed" in result.err


def test_a_watchdog_that_is_killed_is_replaced(tmp_path: Path, mark: str) -> None:
    with subprocess.Popen([COMMAND, "par", "-j2", "--shell", SCRIPT, ":::", "a", "b"], cwd=tmp_path) as process:
        started(tmp_path, 2)
        watchdogs = [pid for pid in marked(mark) if Path(f"/proc/{pid}/cmdline").read_bytes().count(b"par\0")]
        for pid in watchdogs:
            if pid != process.pid:
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.3)
        process.kill()


def test_a_job_that_wants_the_terminal_is_ended(run: Run, tmp_path: Path) -> None:
    script = "import pty, os, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)"
    command = [COMMAND, "par", "--no-progress", "--shell", "read x < /dev/tty; : {}", ":::", "1"]
    done = subprocess.run(
        ["python3", "-c", script, *command], capture_output=True, timeout=30, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 2
    assert b"it wanted the terminal, which par does not give to jobs" in done.stdout


@pytest.mark.parametrize("jobs", [2, 40])
def test_par_killed_while_it_starts_jobs_leaves_none(tmp_path: Path, mark: str, jobs: int) -> None:
    for _ in range(5):
        process = subprocess.Popen([COMMAND, "par", f"-j{jobs}", "sleep", ":::", *["100"] * jobs])
        with killed_at_the_end(process):
            until(lambda: Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text())  # noqa: B023
            process.kill()
            process.wait()
    until(lambda: not marked(mark), 10)


def test_a_kill_of_the_whole_group_leaves_none(tmp_path: Path, mark: str) -> None:
    process = subprocess.Popen(
        [COMMAND, "par", "-j3", "--shell", SCRIPT, ":::", *"abc"], cwd=tmp_path, start_new_session=True
    )
    started(tmp_path, 3)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    until(lambda: not marked(mark), 10)


@pytest.mark.parametrize("signals", [[signal.SIGINT], [signal.SIGTERM], [signal.SIGINT] * 2, [signal.SIGKILL]])
def test_nothing_survives_a_par_within_a_par(tmp_path: Path, mark: str, signals: list[int]) -> None:
    """The jobs of the inner one are in groups of their own, ignore TERM, and are ended before it could do so."""
    job = tmp_path / "job"
    job.write_text("#!/bin/sh\ntrap '' TERM\ntouch started-a\nwhile :; do sleep 0.01; done\n")
    job.chmod(0o755)
    (tmp_path / "items").write_text("a\n")
    with subprocess.Popen(
        [COMMAND, "par", COMMAND, "par", "-a", "items", "./job", ":::", "x"], cwd=tmp_path, stderr=subprocess.PIPE
    ) as process:
        started(tmp_path, 1)
        for number in signals:
            process.send_signal(number)
            time.sleep(0.05)
        process.communicate(timeout=10)
        assert process.returncode == -signals[0]
    until(lambda: not marked(mark), 5)


def test_a_job_that_par_ends_is_not_done_whatever_it_says(run: Run, tmp_path: Path) -> None:
    script = (
        "trap 'exit 0' TERM; touch seen-$1; test $1 = good || "
        "{ until test -e seen-good; do sleep 0.01; done; exit 1; }; sleep 100 & wait"
    )
    args = ["par", "-j2", "--joblog", "log", "--halt", "now,fail=1", "sh", "-c", script, "sh"]
    assert run(*args, stdin="bad\ngood\n").code == 2
    ends = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert [(end["exit"], end.get("stopped")) for end in ends] == [(1, None), (0, True)]
    assert run("par", "--joblog", "log", "--resume", "--dry-run", *args[6:], stdin="good\n").out.endswith(b" good\n")


def test_the_last_attempt_is_heard_when_no_other_follows(run: Run, tmp_path: Path) -> None:
    script = "echo out$1; echo err$1 >&2; exit 1"
    args = ["--joblog", "log", "--retries", "2", "--halt", "soon,fail=1", "-j1", "sh", "-c", script, "sh"]
    result = run("par", *args, stdin="1\n2\n3\n")
    heard = result.out.decode().split()
    assert len(heard) == len(set(heard)) > 1
    assert [f"err{each[3:]}" for each in heard] == [line for line in result.err.split("\n") if line.startswith("err")]
    attempts = [(end["job"], end["attempt"]) for end in map(json.loads, (tmp_path / "log").read_text().splitlines())]
    assert len(attempts) == len(set(attempts))
    assert max(Counter(job for job, _ in attempts).values()) == 3


def test_after_a_signal_all_that_have_failed_are_told(tmp_path: Path) -> None:
    command = [COMMAND, "par", "-j2", "--retries", "9", "sh", "-c", "touch started-$1; exit 3", "sh", ":::", *"123"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE) as process:
        started(tmp_path, 3)
        time.sleep(0.2)
        process.terminate()
        said = process.communicate(timeout=10)[1]
        assert said.startswith(
            (b"stdtools par: 3 of 3 jobs failed\n", b"stdtools par: 2 of 2 jobs failed\n")
        )  # or one runs


def test_a_slow_reader_loses_nothing_of_what_is_left_behind(tmp_path: Path) -> None:
    script = "(for i in $(seq 200); do printf '%0999d\\n' $i; done) & exit 0"
    process = subprocess.Popen(
        [COMMAND, "par", "--", "sh", "-c", script, ":::", *"1234"], cwd=tmp_path, stdout=subprocess.PIPE
    )
    time.sleep(3)
    assert process.communicate()[0].count(b"\n") == 800
    assert process.returncode == 0


@pytest.mark.parametrize("most", [24, 32, 64])
def test_output_with_few_descriptors(run: Run, most: int) -> None:
    command = f"ulimit -n {most}; seq 40 | {COMMAND} par -j 20 -n 1 sh -c 'seq 20000; sleep 0.01' sh | wc -l"
    done = subprocess.run(["sh", "-c", command], capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"800000\n", b"")


def test_a_timeout_finds_a_job_that_has_left_its_group(run: Run, mark: str) -> None:
    code = "import os, time; os.setpgid(0, os.getpgid(os.getppid())); time.sleep(100)"
    result = run("par", "--timeout", "0.5", sys.executable, "-c", code, ":::", "x")
    assert (result.code, "timed out" in result.err) == (2, True)


def test_a_tag_does_not_steer_the_terminal(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = [COMMAND, "par", "--tag", "sh", "-c", "echo x", ":::", "\x1b[31mred"]
    subprocess.run(command, stdout=theirs, cwd=tmp_path, check=True)
    os.close(theirs)
    heard = os.read(ours, 1000)
    os.close(ours)
    assert b"red\tx" in heard
    assert b"\x1b[31m" not in heard


def test_each_stream_has_the_tag_that_it_needs(tmp_path: Path) -> None:
    """Escaped on the terminal that standard error is, and as it is in the pipe of standard output."""
    ours, theirs = pty.openpty()
    command = [COMMAND, "par", "--tag", "--no-progress", "--shell", "echo o; echo e >&2; : {}", ":::", "a\x01b"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=theirs, cwd=tmp_path, check=True)
    os.close(theirs)
    assert (done.stdout, os.read(ours, 1000)) == (b"a\x01b\to\n", b"a\\x01b\te\r\n")
    os.close(ours)


def test_progress_is_shown_beside_a_file_whose_last_line_is_open(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = [COMMAND, "par", "--progress", "sh", "-c", "printf x; sleep 1.3", "sh", ":::", "a"]
    with open(tmp_path / "out", "wb") as out:
        subprocess.run(command, stdout=out, stderr=theirs, cwd=tmp_path, check=True)
    os.close(theirs)
    assert b"0 of 1" in os.read(ours, 1000)
    os.close(ours)
    assert (tmp_path / "out").read_bytes() == b"x"
