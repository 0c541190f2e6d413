"""log run: both streams in the log, and the command's own exit code."""

import fcntl
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.conftest import COMMAND, Run
from tests.log.test_write import until

pytestmark = pytest.mark.process


def test_both_streams_are_logged_line_by_line(run: Run, tmp_path: Path) -> None:
    script = "printf 'o1\\no'; printf 'e1\\ne' >&2; sleep 0.1; printf '2\\n'; printf '2\\nopen' >&2"
    assert run("log", "run", "a.log", "--tag", "--", "sh", "-c", script) == (0, b"", "")
    lines = (tmp_path / "a.log").read_text().splitlines()
    assert [line for line in lines if line.startswith("out: ")] == ["out: o1", "out: o2"]
    assert [line for line in lines if line.startswith("err: ")] == ["err: e1", "err: e2", "err: open"]
    assert len(lines) == 5


def test_tee_passes_each_stream_on(run: Run, tmp_path: Path) -> None:
    result = run("log", "run", "a.log", "--tee", "sh", "-c", "echo out; echo err >&2")
    assert result == (0, b"out\n", "err\n")
    assert sorted((tmp_path / "a.log").read_text().split()) == ["err", "out"]


@pytest.mark.parametrize(
    ("script", "code"), [("exit 0", 0), ("exit 3", 3), ("kill -9 $$", 137), ("kill -TERM $$", 143)]
)
def test_exits_with_the_command_s_code(run: Run, script: str, code: int) -> None:
    result = run("log", "run", "a.log", "sh", "-c", script)
    assert result.code == code
    assert result.err.count("\n") == (1 if code else 0)


def test_a_command_that_fails_is_told_of_with_its_last_lines(run: Run) -> None:
    result = run("log", "run", "a.log", "--", "sh", "-c", "seq 100; printf '\\033[31mred\\nopen' >&2; exit 3")
    head, *lines = result.err.splitlines()
    assert result.code == 3
    assert re.fullmatch(
        r"stdtools log run: sh exited with 3 after \d+\.\d s \(user \d+\.\d s, system \d+\.\d s, at most \d+ MiB\); "
        r"the last 20 of its 102 lines:",
        head,
    )
    assert len(lines) == 20
    assert {"  100", "  \\x1b[31mred", "  open"} <= set(lines)
    quiet = run("log", "run", "a.log", "--", "sh", "-c", "kill -9 $$")
    assert re.search(r"sh was ended by SIGKILL after .*; it wrote nothing\n$", quiet.err)


def test_a_command_that_cannot_be_run(run: Run, tmp_path: Path) -> None:
    assert run("log", "run", "a.log", "nosuch") == (127, b"", "stdtools log run: nosuch: command not found\n")
    (tmp_path / "plain").write_text("")
    assert run("log", "run", "a.log", "./plain") == (126, b"", "stdtools log run: ./plain: Permission denied\n")
    assert run("log", "run", "a.log").err == (
        "stdtools log run: missing argument '-- COMMAND [ARG]...'; see 'stdtools log run --help'\n"
    )
    assert run("log", "run", "--", "echo", "hi").err == (
        "stdtools log run: missing argument 'FILE'; see 'stdtools log run --help'\n"
    )
    assert sorted(os.listdir(tmp_path)) == [".a.log.lock", "a.log", "plain"]


def test_standard_input_is_the_command_s(run: Run, tmp_path: Path) -> None:
    assert run("log", "run", "a.log", "cat", stdin=b"given\n").code == 0
    assert (tmp_path / "a.log").read_bytes() == b"given\n"


def test_signals_are_passed_on_and_the_last_words_logged(tmp_path: Path) -> None:
    script = "trap 'echo told; exit 7' TERM; trap 'echo usr' USR1; echo ready; while :; do sleep 0.05; done"
    call = [COMMAND, "log", "run", "a.log", "-q", "--", "bash", "-c", script]
    process = subprocess.Popen(call, cwd=tmp_path, stderr=subprocess.DEVNULL)
    until(lambda: (tmp_path / "a.log").exists() and b"ready" in (tmp_path / "a.log").read_bytes())
    process.send_signal(signal.SIGINT)  # Ctrl-C would reach the command itself
    process.send_signal(signal.SIGUSR1)
    until(lambda: b"usr" in (tmp_path / "a.log").read_bytes())
    process.send_signal(signal.SIGTERM)
    assert process.wait() == 7
    assert (tmp_path / "a.log").read_bytes() == b"ready\nusr\ntold\n"


def test_the_command_finds_signals_and_descriptors_as_usual(run: Run, tmp_path: Path) -> None:
    """Python ignores SIGPIPE and the logger SIGINT; neither is passed on, nor is any descriptor."""
    script = "grep SigIgn /proc/self/status; ls /proc/self/fd | wc -l"
    ignored, descriptors = run("log", "run", "a.log", "--compress", "gz", "--tee", "sh", "-c", script).text.split()[1:]
    assert int(ignored, 16) & 0x7FFFFFFF == 0, "those from 32 on are the C library's own"
    assert descriptors == "4"


def test_what_a_command_leaves_behind_is_not_waited_for(run: Run, tmp_path: Path) -> None:
    started = time.monotonic()
    assert run("log", "run", "a.log", "sh", "-c", "echo now; (sleep 30; echo later) & exit 0") == (0, b"", "")
    assert time.monotonic() - started < 20
    assert (tmp_path / "a.log").read_bytes() == b"now\n"
    subprocess.run(["pkill", "-f", "^sleep 30$"], check=False)


def test_a_command_that_closes_its_streams_is_waited_for(run: Run) -> None:
    assert run("log", "run", "a.log", "sh", "-c", "exec >&- 2>&-; sleep 0.3; exit 5").code == 5


def test_a_log_that_cannot_be_written_runs_nothing(run: Run, tmp_path: Path) -> None:
    result = run("log", "run", "nodir/a.log", "touch", "ran")
    assert (result.code, result.err) == (2, "stdtools log run: nodir/a.log: No such file or directory\n")
    assert os.listdir(tmp_path) == []


def test_much_output_is_all_there(run: Run, tmp_path: Path) -> None:
    script = "seq 200000 & seq 200001 400000 >&2; wait"
    assert run("log", "run", "a.log", "--max-bytes", "0", "--", "bash", "-c", script).code == 0
    lines = (tmp_path / "a.log").read_bytes().split()
    assert sorted(map(int, lines)) == list(range(1, 400_001))


def test_lines_of_the_two_streams_are_never_glued(run: Run, tmp_path: Path) -> None:
    assert run("log", "run", "a.log", "sh", "-c", "printf abc; printf def >&2").code == 0
    assert sorted((tmp_path / "a.log").read_bytes().split(b"\n")) == [b"abc", b"def"]
    assert run("log", "run", "b.log", "sh", "-c", "printf abc; exec >&-; sleep 0.2; echo def >&2").code == 0
    assert (tmp_path / "b.log").read_bytes() == b"abc\ndef\n"


def test_a_signal_may_come_more_than_once(tmp_path: Path) -> None:
    script = "trap 'echo hup' HUP; trap 'echo usr' USR1; echo ready; while [ ! -e end ]; do sleep 0.02; done"
    process = subprocess.Popen([COMMAND, "log", "run", "a.log", "bash", "-c", script], cwd=tmp_path)
    path = tmp_path / "a.log"
    until(lambda: path.exists() and b"ready" in path.read_bytes())
    for number, word in ((signal.SIGHUP, b"hup"), (signal.SIGUSR1, b"usr")):
        for count in (1, 2, 3):
            process.send_signal(number)
            until(lambda word=word, count=count: path.read_bytes().count(word) == count)
    (tmp_path / "end").touch()
    assert process.wait() == 0


def test_a_second_term_ends_us_when_the_command_does_not_listen(tmp_path: Path) -> None:
    script = "trap 'echo no' TERM; echo ready; while :; do sleep 0.02; done"
    process = subprocess.Popen([COMMAND, "log", "run", "a.log", "bash", "-c", script], cwd=tmp_path)
    path = tmp_path / "a.log"
    until(lambda: path.exists() and b"ready" in path.read_bytes())
    process.terminate()
    until(lambda: b"no" in path.read_bytes())
    process.terminate()
    assert process.wait() == -signal.SIGTERM
    subprocess.run(["pkill", "-9", "-f", "while :; do sleep 0.02"], check=False)


def test_what_a_command_leaves_behind_may_talk_on(run: Run, tmp_path: Path) -> None:
    script = "(for i in $(seq 100); do echo x; sleep 0.05; done) & exit 3"
    started = time.monotonic()
    assert run("log", "run", "a.log", "bash", "-c", script).code == 3
    assert time.monotonic() - started < 4.5


def test_the_command_begins_at_the_second_word(run: Run, tmp_path: Path) -> None:
    for before in (["a.log"], ["a.log", "--"], ["--prefix", "> ", "a.log", "--tag"], ["a.log", "--timestamp", "--tee"]):
        result = run("log", "run", *before, "printf", "%s", "--tag")
        assert result.code == 0, result.err
        assert (tmp_path / "a.log").read_bytes().endswith(b"--tag")
    assert run("log", "run", "a.log", "").err == "stdtools log run: '': command not found\n"


def test_long_lines_of_a_failure_are_shortened(run: Run) -> None:
    script = "head -c 3000000 /dev/zero | tr '\\0' x; echo; echo second; exit 1"
    err = run("log", "run", "a.log", "sh", "-c", script).err
    assert err.splitlines()[1:] == ["  " + "x" * 2000 + "…", "  second"]
    assert "what it wrote:" in err


def test_all_that_the_command_wrote_is_logged_however_long_that_takes(run: Run, shell: Run, tmp_path: Path) -> None:
    assert run("log", "run", "a.log", "--sync", "line", "seq", "6000").code == 0
    assert (tmp_path / "a.log").read_bytes().count(b"\n") == 6000
    slow = "(for i in 1 2 3 4; do sleep .5; head -c 60000; done; cat) | wc -l"
    assert shell(f"stdtools log run b.log --tee sh -c 'sleep .1; seq 60000' | {slow}").text == "60000\n"
    assert (tmp_path / "b.log").read_bytes().count(b"\n") == 60_000


def test_options_of_the_command_are_its_own(run: Run, tmp_path: Path) -> None:
    for before in (["a.log"], ["a.log", "--timestamp"], ["--timestamp", "%H", "a.log"], ["a.log", "--prefix", "x"]):
        assert run("log", "run", *before, "echo", "--timestamp", "foo", "-n").code == 0
        assert (tmp_path / "a.log").read_bytes().endswith(b"--timestamp foo -n\n")


def test_term_ends_us_when_the_command_has_ended(tmp_path: Path) -> None:
    """The log cannot be locked; nothing else would end the wait."""
    with open(tmp_path / ".a.log.lock", "wb") as lock:
        process = subprocess.Popen([COMMAND, "log", "run", "a.log", "true"], cwd=tmp_path)
        time.sleep(0.5)
        fcntl.flock(lock.fileno(), fcntl.LOCK_EX)
        assert process.wait() == 0
        process = subprocess.Popen([COMMAND, "log", "run", "a.log", "true"], cwd=tmp_path)
        status = Path(f"/proc/{process.pid}/wchan")
        until(lambda: "lock" in status.read_text())
        for _ in range(3):
            process.terminate()
            time.sleep(0.1)
        assert process.wait() == -signal.SIGTERM
