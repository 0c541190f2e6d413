"""log write: what comes in is in the log, whatever happens to the writer, the file and the disk."""

import contextlib
import os
import pty
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import COMMAND, Run
from tests.log.chain import chain, numbered, start_writer

pytestmark = pytest.mark.process


def until(condition: Callable[[], bool]) -> None:
    """Wait until *condition* holds; the test's own time limit ends it otherwise."""
    while not condition():
        time.sleep(0.01)


def holds(path: Path, content: bytes) -> Callable[[], bool]:
    return lambda: path.exists() and path.read_bytes() == content


def test_input_is_kept_byte_by_byte(run: Run, tmp_path: Path) -> None:
    """NULs, carriage returns, invalid UTF-8, empty lines, a last line without its end."""
    data = b"\0\r\n\n\xff\xfe\n\x1b[31m\x0c\x85\xe2\x80\xa8x\n" + os.urandom(200_000) + b"\nlast"
    assert run("log", "write", "a.log", "--max-bytes", "20k", "--backups", "99", stdin=data) == (0, b"", "")
    assert b"".join(chain(tmp_path / "a.log")) == data
    assert run("log", "write", "a.log", "--max-bytes", "20k", "--backups", "99", stdin=b"next\n").code == 0
    assert b"".join(chain(tmp_path / "a.log")) == data + b"\nnext\n"


def test_empty_input_makes_an_empty_log(run: Run, tmp_path: Path) -> None:
    assert run("log", "write", "a.log") == (0, b"", "")
    assert (tmp_path / "a.log").read_bytes() == b""


def test_defaults_are_those_of_the_help(run: Run, tmp_path: Path) -> None:
    """10 MiB, five backups, mode 0640 whatever the umask."""
    os.umask(0o077)
    data = numbered(1, 3_200_000)
    assert run("log", "write", "a.log", stdin=data).code == 0
    sizes = [path.stat().st_size for path in sorted(tmp_path.glob("a.log*"))]
    assert len(sizes) == 6
    assert all(10_485_700 < size <= 10_485_760 for size in sizes[1:])
    assert data.endswith(b"".join(chain(tmp_path / "a.log")))
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("a.log*")} == {0o640}


def test_lines_arrive_while_the_writer_waits_for_more(tmp_path: Path) -> None:
    writer = start_writer("a.log", cwd=tmp_path)
    assert writer.stdin is not None
    for content in (b"one\n", b"one\ntwo\n"):
        writer.stdin.write(content[-4:])
        writer.stdin.flush()
        until(holds(tmp_path / "a.log", content))
    writer.stdin.write(b"three")
    _, err = writer.communicate()
    assert (writer.returncode, err, (tmp_path / "a.log").read_bytes()) == (0, b"", b"one\ntwo\nthree")


@pytest.mark.parametrize(
    ("option", "pattern"),
    [
        ([], rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d "),
        (["utc"], rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z "),
        (["epoch"], rb"\d{10}\.\d{3} "),
        (["%H:%M"], rb"\d\d:\d\d "),
    ],
)
def test_timestamp_and_prefix_stand_before_every_line(
    run: Run, tmp_path: Path, option: list[str], pattern: bytes
) -> None:
    data = b"".join(b"line %d\n" % n for n in range(20_000)) + b"\nopen"
    for args in (
        ["a.log", "--timestamp", *option, "--prefix", "web %d: "],
        ["--timestamp", *option, "--prefix", "web %d: ", "a.log"],
        ["--prefix", "web %d: ", "a.log", "--timestamp", *option],
    ):
        assert run("log", "write", *args, stdin=data) == (0, b"", "")
        lines = (tmp_path / "a.log").read_bytes().split(b"\n")
        assert [re.sub(b"^" + pattern + b"web %d: ", b"", line, count=1) for line in lines] == data.split(b"\n")
        assert all(re.match(pattern + b"web %d: ", line) for line in lines)
        (tmp_path / "a.log").unlink()


def test_timestamp_takes_only_a_format_from_the_next_word(run: Run, tmp_path: Path) -> None:
    assert run("log", "write", "--timestamp", "a.log", stdin=b"x\n").code == 0
    assert (tmp_path / "a.log").read_bytes().endswith(b" x\n")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["-"], "a log is a file; './-' is a file named -; see 'stdtools log write --help'"),
        (["a", "--max-bytes", "5MBit"], "'5MBit' is not a size"),
        (["a", "--backups", "1000"], "1000 is not in the range 0<=x<=999"),
        (["a", "--every", "blue moon"], "'blue moon' is not a duration; write 90s, 15m, 2h, 1d or 1h30m"),
        (["a", "--timestamp=ISO"], "'ISO' is not a format of a time; there are iso, utc, epoch and strftime's"),
        (["a", "--mode", "abc"], "'abc' is not a mode that lets its owner read and write, such as 0640"),
        (["a", "--mode", "0400"], "'0400' is not a mode that lets its owner read and write, such as 0640"),
        (["a", "--max-bytes", "2M", "--max-total", "1M"], "--max-total needs a --max-bytes between 1 and itself"),
        (["a", "--prefix", "x\ny"], "--prefix is one line"),
        (["nodir/a"], "nodir/a: No such file or directory"),
        (["."], ".: Is a directory"),
        (["/dev/null"], "/dev/null: is not a regular file; only those can be rotated"),
    ],
)
def test_mistakes_are_told_before_anything_is_read(shell: Run, tmp_path: Path, args: list[str], message: str) -> None:
    quoted = " ".join(f"'{arg}'" for arg in args)
    result = shell(f"(stdtools log write {quoted}; echo code $?; cat)", stdin=b"not read\n")
    assert result.text == "code 2\nnot read\n"
    assert message in result.err
    assert result.err.count("\n") == 1
    assert os.listdir(tmp_path) == []


def test_tee_passes_on_what_comes_as_it_is(run: Run, tmp_path: Path) -> None:
    data = b"one\ntwo\0\nopen"
    assert run("log", "write", "a.log", "--tee", "--prefix", "> ", stdin=data) == (0, data, "")
    assert (tmp_path / "a.log").read_bytes() == b"> one\n> two\0\n> open"


def test_a_reader_of_the_tee_that_leaves_does_not_stop_the_log(shell: Run, tmp_path: Path) -> None:
    result = shell("seq 100000 | stdtools log write a.log --tee | head -n 1; echo ${PIPESTATUS[1]}")
    assert (result.text, result.err) == ("1\n0\n", "")
    assert (tmp_path / "a.log").read_bytes().count(b"\n") == 100_000


def test_a_full_tee_is_told_and_the_log_goes_on(shell: Run, tmp_path: Path) -> None:
    result = shell("seq 100000 | stdtools log write a.log --tee > /dev/full")
    assert (result.code, result.err) == (2, "stdtools log write: standard output: No space left on device\n")
    assert (tmp_path / "a.log").read_bytes().count(b"\n") == 100_000


@pytest.mark.parametrize("suffix", ["gz", "bz2", "xz"])
def test_backups_are_compressed_and_complete_at_the_end(run: Run, tmp_path: Path, suffix: str) -> None:
    data = numbered(1, 5000)
    args = ["log", "write", "a.log", "--max-bytes", "20k", "--backups", "9", "--compress", suffix, "--mode", "0604"]
    assert run(*args, stdin=data) == (0, b"", "")
    assert b"".join(chain(tmp_path / "a.log")) == data
    names = sorted(path.name for path in tmp_path.glob("a.log*"))
    assert names == ["a.log", *(f"a.log.{n}.{suffix}" for n in range(1, 6))]
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("a.log*")} == {0o604}
    assert not list(tmp_path.glob(".*.tmp"))


def test_a_compression_that_was_killed_is_finished_or_undone(run: Run, tmp_path: Path) -> None:
    """Half a temporary file; a compressed backup whose plain form is still there; a foreign one."""
    args = ["log", "write", "a.log", "--max-bytes", "100", "--backups", "9"]
    data = numbered(1, 30)
    assert run(*args, stdin=data).code == 0
    subprocess.run(["gzip", "-k", "a.log.3"], cwd=tmp_path, check=True)
    for slot in (0, 1, 7):
        (tmp_path / f".a.log.stdtools-{slot}.tmp").write_bytes(b"half")
    (tmp_path / "a.log.5.gz").write_bytes(b"somebody else's")
    result = run(*args, "--compress", "gz")
    assert result.code == 0
    assert (
        result.err == "stdtools log write: a.log: a backup is not compressed: a.log.5.gz is not its compressed form\n"
    )
    names = sorted(path.name for path in tmp_path.iterdir())
    plain = ["a.log.5", "a.log.5.gz"]
    assert names == [".a.log.lock", "a.log", *sorted([f"a.log.{n}.gz" for n in (1, 2, 3, 4, 6, 7)] + plain)]
    (tmp_path / "a.log.5.gz").unlink()
    assert b"".join(chain(tmp_path / "a.log")) == data


def test_writers_of_a_compressed_log_do_not_disturb_each_other(shell: Run, tmp_path: Path) -> None:
    result = shell(
        'for n in 1 2 3; do seq -f "writer $n line %06g" 3000 | '
        "stdtools log write a.log --max-bytes 8k --backups 99 --compress gz & done; wait"
    )
    assert (result.code, result.err) == (0, "")
    lines = b"".join(chain(tmp_path / "a.log")).splitlines()
    assert sorted(lines) == sorted(b"writer %d line %06d" % (w, n) for w in (1, 2, 3) for n in range(1, 3001))


def test_interrupt_is_ignored_and_term_finishes_the_line(tmp_path: Path) -> None:
    writer = start_writer("a.log", cwd=tmp_path)
    assert writer.stdin is not None
    writer.stdin.write(b"one\nhalf")
    writer.stdin.flush()
    until(holds(tmp_path / "a.log", b"one\n"))
    writer.send_signal(signal.SIGINT)
    writer.send_signal(signal.SIGTERM)
    time.sleep(0.2)
    writer.stdin.write(b" and half\nnot this line\n")
    writer.stdin.flush()
    assert writer.wait() == -signal.SIGTERM
    assert (tmp_path / "a.log").read_bytes() == b"one\nhalf and half\n"
    writer.communicate()


def test_term_writes_what_has_come_and_leaves_the_rest_in_the_pipe(tmp_path: Path) -> None:
    """As a supervisor that keeps the pipe for the next logger expects."""
    reader, pipe = os.pipe()
    data = numbered(1, 2000)
    writer = subprocess.Popen([COMMAND, "log", "write", "a.log"], cwd=tmp_path, stdin=reader)
    os.write(pipe, data[:30_005])
    until(lambda: (tmp_path / "a.log").exists() and (tmp_path / "a.log").stat().st_size > 29_000)
    writer.send_signal(signal.SIGTERM)
    time.sleep(0.2)
    os.write(pipe, data[30_005:])
    assert writer.wait() == -signal.SIGTERM
    os.close(pipe)
    rest = b""
    while block := os.read(reader, 65536):
        rest += block
    os.close(reader)
    assert (tmp_path / "a.log").read_bytes() + rest == data
    assert (tmp_path / "a.log").read_bytes().endswith(b"\n")


def test_hup_opens_the_file_anew_and_usr1_begins_a_new_one(tmp_path: Path) -> None:
    writer = start_writer("a.log", cwd=tmp_path)
    assert writer.stdin is not None

    def put(line: bytes) -> None:
        assert writer.stdin is not None
        writer.stdin.write(line)
        writer.stdin.flush()

    put(b"one\n")
    until(holds(tmp_path / "a.log", b"one\n"))
    os.rename(tmp_path / "a.log", tmp_path / "moved")
    writer.send_signal(signal.SIGHUP)
    put(b"two\n")
    until(holds(tmp_path / "a.log", b"two\n"))
    writer.send_signal(signal.SIGUSR1)
    until(holds(tmp_path / "a.log.1", b"two\n"))
    writer.send_signal(signal.SIGUSR1)  # an empty file is not rotated away
    put(b"three\n")
    writer.communicate()
    assert writer.returncode == 0
    assert chain(tmp_path / "a.log") == [b"two\n", b"three\n"]
    assert (tmp_path / "moved").read_bytes() == b"one\n"


def test_every_begins_a_new_file_also_when_nothing_comes(tmp_path: Path) -> None:
    writer = start_writer("a.log", "--every", "1s", cwd=tmp_path)
    assert writer.stdin is not None
    writer.stdin.write(b"one\n")
    writer.stdin.flush()
    until(holds(tmp_path / "a.log.1", b"one\n"))
    assert (tmp_path / "a.log").read_bytes() == b""
    writer.communicate(b"two\n")
    assert chain(tmp_path / "a.log") == [b"one\n", b"two\n"]


def test_every_looks_at_when_the_file_was_written_last(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(b"yesterday\n")
    yesterday = time.time() - 86400
    os.utime(tmp_path / "a.log", (yesterday, yesterday))
    for _ in range(2):
        assert run("log", "write", "a.log", "--every", "day", stdin=b"today\n").code == 0
    assert chain(tmp_path / "a.log") == [b"yesterday\n", b"today\ntoday\n"]


def test_max_total_holds(run: Run, tmp_path: Path) -> None:
    args = ["log", "write", "a.log", "--max-bytes", "10k", "--backups", "99", "--max-total", "35k"]
    assert run(*args, stdin=numbered(1, 20_000)).code == 0
    assert sum(path.stat().st_size for path in tmp_path.glob("a.log*")) <= 35 * 1024
    assert len(list(tmp_path.glob("a.log*"))) == 3


@pytest.mark.parametrize(("sync", "syncs"), [("none", 0), ("block", 1), ("line", 3)])
def test_sync(shell: Run, tmp_path: Path, sync: str, syncs: int) -> None:
    line = f"printf '1\\n2\\n3\\n' | strace -f -o trace -e fdatasync,fsync stdtools log write a.log --sync {sync}"
    result = shell(f"STDTOOLS_JOURNAL=off; export STDTOOLS_JOURNAL; {line}")
    assert (result.code, result.err) == (0, "")
    assert (tmp_path / "trace").read_text().count("fdatasync(") == syncs
    assert (tmp_path / "a.log").read_bytes() == b"1\n2\n3\n"


def test_a_gigantic_line_takes_little_memory(shell: Run, tmp_path: Path) -> None:
    result = shell("ulimit -v 150000; head -c 300000000 /dev/zero | stdtools log write a.log --prefix x")
    assert (result.code, result.err) == (0, "")
    assert (tmp_path / "a.log").stat().st_size == 300_000_001


def test_a_terminal_as_input_is_pointed_out(tmp_path: Path) -> None:
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(tmp_path)
        os.execv(COMMAND, [COMMAND, "log", "write", "a.log"])
    os.write(fd, b"typed\n\x04")
    seen = b""
    with contextlib.suppress(OSError):
        while block := os.read(fd, 4096):
            seen += block
    os.close(fd)
    os.waitpid(pid, 0)
    assert b"stdtools log write: reading from the terminal; Ctrl-D ends" in seen
    assert (tmp_path / "a.log").read_bytes() == b"typed\n"


class Disk:
    """A disk of 64 KiB, by a limit on the size of files that is lifted when there is to be room again.

    The writes of the log fail with EFBIG there, which the child takes for ENOSPC.
    """

    CODE = (
        "import errno, os, resource, signal, sys\n"
        "import stdtools.log.sink as sink\n"
        "sink.FULL = (*sink.FULL, errno.EFBIG)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, resource.RLIM_INFINITY))\n"
        "from stdtools.__main__ import main\n"
        "sys.argv = ['stdtools', 'log', 'write', 'a.log', *{args!r}]\n"
        "main()\n"
    )

    def __init__(self, place: Path, *args: str, limit: int = 65536) -> None:
        code = self.CODE.format(limit=limit, args=args)
        self.process = subprocess.Popen(
            [sys.executable, "-c", code], cwd=place, stdin=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def put(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def make_room(self) -> None:
        subprocess.run(["prlimit", "--pid", str(self.process.pid), "--fsize=unlimited"], check=True)

    def finish(self) -> tuple[int, str]:
        _, err = self.process.communicate()
        return self.process.returncode, err.decode()


LINES = numbered(1, 5000)  # 100,000 bytes


def test_a_full_disk_makes_us_wait_and_loses_nothing(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    disk.put(LINES[:60_000])
    until(lambda: (tmp_path / "a.log").exists() and (tmp_path / "a.log").stat().st_size > 50_000)
    disk.put(LINES[60_000:90_000])
    time.sleep(0.3)
    assert (tmp_path / "a.log").read_bytes().endswith(b"\n")
    disk.make_room()
    disk.put(LINES[90_000:])
    assert disk.finish() == (0, "stdtools log write: a.log: File too large; waiting for room\n")
    assert (tmp_path / "a.log").read_bytes() == LINES


def test_term_ends_the_wait_and_says_what_is_missing(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    disk.put(LINES[:80_000])
    time.sleep(0.5)
    disk.process.send_signal(signal.SIGTERM)
    code, err = disk.finish()
    kept = (tmp_path / "a.log").read_bytes()
    assert code == 2
    missing = re.search(r"File too large; (\d+) lines \((\d+) bytes\) of what was read", err)
    assert missing is not None
    assert LINES.startswith(kept)
    assert kept.endswith(b"\n")
    assert len(kept) + int(missing[2]) <= 80_000


def test_a_full_disk_can_end_us(tmp_path: Path) -> None:
    disk = Disk(tmp_path, "--on-full", "exit")
    with contextlib.suppress(BrokenPipeError):
        disk.put(LINES)
    with contextlib.suppress(BrokenPipeError):
        disk.process.stdin.close()
    disk.process.stdin = None
    code, err = disk.finish()
    assert code == 2
    assert re.fullmatch(
        r"stdtools log write: a.log: File too large; \d+ lines \(\d+ bytes\) of what was read are not written\n", err
    )
    assert LINES.startswith((tmp_path / "a.log").read_bytes())


def test_dropped_lines_are_counted_in_the_log(tmp_path: Path) -> None:
    disk = Disk(tmp_path, "--on-full", "drop")
    disk.put(LINES[:60_000])
    until(lambda: (tmp_path / "a.log").exists() and (tmp_path / "a.log").stat().st_size >= 59_980)
    disk.put(LINES[60_000:90_000])
    time.sleep(0.3)
    disk.make_room()
    disk.put(LINES[90_000:])
    code, err = disk.finish()
    assert code == 2
    kept = (tmp_path / "a.log").read_bytes()
    gap = re.search(rb"(?m)^stdtools log: (\d+) lines \((\d+) bytes\) dropped: File too large\n", kept)
    assert gap is not None
    assert LINES.startswith(kept[: gap.start()])
    assert LINES.endswith(kept[gap.end() :])
    missing = len(LINES) - len(kept) + len(gap[0])
    assert int(gap[2]) == missing
    assert int(gap[1]) == missing // len(numbered(1, 1))
    assert err == (
        "stdtools log write: a.log: File too large; lines are dropped, and counted in the log, until there is room\n"
        f"stdtools log write: {gap[1].decode()} lines ({gap[2].decode()} bytes) dropped while the disk was full\n"
    )


def test_environment_and_config_name_the_subcommand(run: Run, home: Path, tmp_path: Path) -> None:
    (home / ".config/stdtools").mkdir(parents=True)
    config = home / ".config/stdtools/config.toml"
    config.write_text("[log.write]\nmax-bytes = '4'\nbackups = 9\n")
    assert run("log", "write", "a.log", stdin=b"1\n2\n3\n").code == 0
    assert chain(tmp_path / "a.log") == [b"1\n2\n", b"3\n"]
    env = {"STDTOOLS_LOG_WRITE_MAX_BYTES": "2"}
    assert run("log", "write", "b.log", stdin=b"1\n2\n", env=env).code == 0
    assert chain(tmp_path / "b.log") == [b"1\n", b"2\n"]
    config.write_text("[log.write]\nlimit = 4\n")
    assert "config.toml: [log.write] has no option 'limit'" in run("log", "write", "a.log").err
    config.write_text("[log]\nwrite = 4\n")
    assert run("log", "write", "a.log").err == "stdtools log write: config.toml: [log.write] is not a table\n"


def test_the_count_is_right_however_often_there_is_no_room(tmp_path: Path) -> None:
    disk = Disk(tmp_path, "--on-full", "drop", limit=2000)
    lines = LINES.splitlines(keepends=True)
    disk.put(b"".join(lines[:50]))
    until(holds(tmp_path / "a.log", b"".join(lines[:50])))
    for n in range(50, 500, 50):
        disk.put(b"".join(lines[n : n + 50]))
        time.sleep(0.03)
    disk.make_room()
    disk.put(b"".join(lines[500:510]))
    code, err = disk.finish()
    kept = (tmp_path / "a.log").read_bytes()
    gap = re.search(rb"stdtools log: (\d+) lines \((\d+) bytes\) dropped: File too large\n", kept)
    assert code == 2
    assert gap is not None
    assert kept[: gap.start()] + kept[gap.end() :] == b"".join(lines[: 500 - int(gap[1])] + lines[500:510])
    assert int(gap[2]) == int(gap[1]) * len(lines[0])
    assert err.endswith(f"stdtools log write: {gap[1].decode()} lines ({gap[2].decode()} bytes) dropped "
                        "while the disk was full\n")  # fmt: skip


def test_half_a_line_that_is_dropped_is_counted(tmp_path: Path) -> None:
    disk = Disk(tmp_path, "--on-full", "drop", limit=10)
    disk.put(b"x" * 1_200_000)
    time.sleep(0.3)
    disk.make_room()
    disk.put(b"y\nnext\n")
    code, err = disk.finish()
    assert code == 2
    told = re.search(r"0 lines \((\d+) bytes\) dropped while the disk was full\n$", err)
    assert told is not None
    dropped = int(told[1])  # at least the longest line; more, where it was slow to see that there is room
    assert 1_048_576 <= dropped <= 1_200_000
    text = (tmp_path / "a.log").read_bytes()
    rest = b"x" * (1_200_000 - dropped)
    assert text == b"stdtools log: 0 lines (%d bytes) dropped: File too large\n" % dropped + rest + b"y\nnext\n"


def test_a_disk_that_is_full_at_the_start_is_waited_for(tmp_path: Path) -> None:
    disk = Disk(tmp_path, limit=0)
    disk.put(b"first\n")
    time.sleep(0.4)
    assert disk.process.poll() is None
    disk.make_room()
    assert disk.finish() == (0, "stdtools log write: a.log: File too large; waiting for room\n")
    assert (tmp_path / "a.log").read_bytes() == b"first\n"


def test_a_second_term_does_not_wait_for_a_reader(tmp_path: Path) -> None:
    reader, pipe = os.pipe()
    writer = subprocess.Popen(
        [COMMAND, "log", "write", "a.log", "--tee"], cwd=tmp_path, stdin=subprocess.PIPE, stdout=pipe
    )
    assert writer.stdin is not None
    with contextlib.suppress(BlockingIOError):
        os.set_blocking(writer.stdin.fileno(), False)
        while True:
            os.write(writer.stdin.fileno(), LINES)
            until((tmp_path / "a.log").exists)
            time.sleep(0.1)
    writer.terminate()
    time.sleep(0.2)
    assert writer.poll() is None
    writer.terminate()
    assert writer.wait(10) == -signal.SIGTERM
    os.close(reader)
    os.close(pipe)
    with contextlib.suppress(OSError):
        writer.stdin.close()


def test_the_journal_counts_what_was_written(run: Run, home: Path) -> None:
    run("log", "write", "a.log", "--max-bytes", "10", stdin=b"12345678\n12345678\n")
    journal = (home / ".local/state/stdtools/log/stdtools.log").read_text()
    assert journal.endswith(" bytes=18 rotations=1\n")
