"""log view: the chain as one stream, the wanted lines of it, and what comes later."""

import bz2
import ctypes
import gzip
import json
import lzma
import os
import random
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

from stdtools.log.following import Chain, last_lines
from stdtools.log.lines import Selection
from stdtools.shared.log_lock import lock_path
from tests.conftest import COMMAND, Run
from tests.log.chain import chain, numbered, numbers
from tests.test_cli import on_terminal

pytestmark = [pytest.mark.process, pytest.mark.once]

LOG = b"""\
2026-11-22 12:00:00,123 INFO ready
2026-11-22 12:00:07,000 ERROR no route
  at line 7
2026-11-22 12:00:08,000 debug: details
2026-11-22 12:01:00,000 WARN slow
"""


@pytest.fixture
def pieces(tmp_path: Path, run: Run) -> bytes:
    """A log of ten pieces, some of them compressed; returns what is in it."""
    data = numbered(1, 1000)
    assert run("log", "write", "a.log", "--max-bytes", "2k", "--backups", "20", stdin=data).code == 0
    for command, number in (("gzip", 2), ("bzip2", 4), ("xz", 7)):
        subprocess.run([command, f"a.log.{number}"], cwd=tmp_path, check=True)
    return data


def test_the_chain_is_one_stream(run: Run, pieces: bytes) -> None:
    assert run("log", "view", "a.log") == (0, pieces, "")


@pytest.mark.parametrize("count", [0, 1, 5, 99, 100, 101, 102, 103, 500, 999, 1000, 2000])
def test_the_last_lines_across_pieces(run: Run, pieces: bytes, count: int) -> None:
    expected = b"".join(pieces.splitlines(keepends=True)[-count:]) if count else b""
    assert run("log", "view", "a.log", "-n", str(count)) == (0, expected, "")
    matched = [line for line in pieces.splitlines(keepends=True) if line.endswith(b"7\n")]
    result = run("log", "view", "a.log", "-n", str(count), "--grep", "7$")
    assert (result.out, result.err) == (b"".join(matched[-count:]) if count else b"", "")


def test_a_last_line_without_its_end_is_a_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(b"one\ntwo\nthr")
    assert run("log", "view", "a.log").out == b"one\ntwo\nthr"
    assert run("log", "view", "a.log", "-n", "2").out == b"two\nthr"
    assert run("log", "view", "a.log", "--grep", "^thr$").out == b"thr"
    assert run("log", "view", "a.log", "--csv").text.endswith(",,thr\n")


@pytest.mark.parametrize(
    ("args", "lines"),
    [
        (["--level", "warning"], [1, 2, 4]),
        (["--level", "ERR"], [1, 2]),
        (["--level", "info"], [0, 1, 2, 4]),
        (["--level", "trace"], [0, 1, 2, 3, 4]),
        (["--since", "2026-11-22 12:00:07"], [1, 2, 3, 4]),
        (["--since", "2026-11-22T12:00:00.124", "--until", "2026-11-22 12:00:07"], [1, 2]),
        (["--until", "2026-11-22 12:00:00.2"], [0]),
        (["--grep", "^2026.*o"], [1, 4]),
        (["--grep", "line [0-9]$"], [2]),
        (["--grep", "no route", "--level", "error", "--since", "2026-11-22"], [1]),
    ],
)
def test_lines_are_chosen_by_time_level_and_pattern(
    run: Run, tmp_path: Path, args: list[str], lines: list[int]
) -> None:
    (tmp_path / "a.log").write_bytes(LOG)
    expected = b"".join(LOG.splitlines(keepends=True)[n] for n in lines)
    for where, stdin in (("a.log", b""), ("-", LOG)):
        assert run("log", "view", where, *args, stdin=stdin) == (0, expected, "")
        assert run("log", "view", where, *args, "-n", "1", stdin=stdin).out == expected.splitlines(keepends=True)[-1]


def test_nothing_found_is_exit_1(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(LOG)
    assert run("log", "view", "a.log", "--grep", "nothing") == (1, b"", "")
    assert run("log", "view", "a.log", "--since", "2h") == (1, b"", "")
    (tmp_path / "b.log").write_bytes(b"no time here\n")
    assert run("log", "view", "b.log", "--since", "2h") == (
        1,
        b"",
        "stdtools log view: no line has a time that is recognised\n",
    )
    (tmp_path / "empty.log").write_bytes(b"")
    assert run("log", "view", "empty.log") == (0, b"", "")


def test_records(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(LOG.replace(b"12:00:07,000", b"12:00:07Z") + b"\xff\n")
    result = run("log", "view", "a.log", "--jsonl", env={"TZ": "Europe/Berlin"})
    rows = [json.loads(line) for line in result.out.splitlines()]
    assert [row["time"] for row in rows] == [
        "2026-11-22T12:00:00.123+01:00",
        "2026-11-22T13:00:07.000+01:00",
        "2026-11-22T13:00:07.000+01:00",
        "2026-11-22T12:00:08.000+01:00",
        "2026-11-22T12:01:00.000+01:00",
        "2026-11-22T12:01:00.000+01:00",
    ]
    assert [row["level"] for row in rows] == ["info", "error", "error", "debug", "warning", "warning"]
    assert rows[2]["text"] == "  at line 7"
    assert rows[5]["text"] == {"$base64": True, "encoded": "/w=="}


def test_a_damaged_piece_is_told_and_the_others_shown(run: Run, tmp_path: Path, pieces: bytes) -> None:
    packed = (tmp_path / "a.log.2.gz").read_bytes()
    (tmp_path / "a.log.2.gz").write_bytes(packed[: len(packed) // 2])
    result = run("log", "view", "a.log")
    assert result.code == 2
    assert result.err.startswith("stdtools log view: a.log.2.gz: is damaged: ")
    assert result.err.count("\n") == 1
    lines = pieces.splitlines(keepends=True)
    assert result.out.startswith(b"".join(lines[:600]))
    assert result.out.endswith(b"".join(lines[-120:]))


def test_the_backups_of_a_file_that_is_gone_are_shown(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.log.1").write_bytes(b"one\n")
    assert run("log", "view", "a.log") == (0, b"one\n", "")


def test_old_pieces_are_not_read_for_new_lines(shell: Run, run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(b"2026-11-22 12:00:00 new\n")
    (tmp_path / "a.log.1").write_bytes(b"2025-11-22 12:00:00 old\n")
    os.utime(tmp_path / "a.log.1", (1.7e9, 1.7e9))
    result = shell("strace -f -o trace -e openat stdtools log view a.log --since 2026-01-01")
    assert result.out == b"2026-11-22 12:00:00 new\n"
    assert "a.log.1" not in (tmp_path / "trace").read_text()


def test_on_a_terminal_lines_are_safe_and_trouble_is_coloured(tmp_path: Path, run: Run) -> None:
    (tmp_path / "a.log").write_bytes(b"INFO \x1b]0;owned\x07 \xff\nERROR bad\n")
    seen = on_terminal(["log", "view", "a.log"], tmp_path)
    assert seen == "INFO \\x1b]0;owned\\x07 \\xff\n\x1b[31mERROR bad\x1b[0m\n"
    assert on_terminal(["log", "view", "a.log"], tmp_path, env={"NO_COLOR": "1"}).endswith("\nERROR bad\n")
    assert run("log", "view", "a.log").out == b"INFO \x1b]0;owned\x07 \xff\nERROR bad\n"


def follow(place: Path, *args: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([COMMAND, "log", "view", "-f", *args], cwd=place, stdout=subprocess.PIPE)


def read_lines(process: "subprocess.Popen[bytes]", count: int) -> list[bytes]:
    assert process.stdout is not None
    return [process.stdout.readline() for _ in range(count)]


@pytest.mark.parametrize("more", [[], ["--compress", "gz"]])
def test_follow_loses_no_line_across_rotations(tmp_path: Path, more: list[str]) -> None:
    """Four writers, small pieces, plain and compressed beside the writing."""
    (tmp_path / "a.log").write_bytes(numbered(9, 10))
    follower = follow(tmp_path, "a.log")
    assert b"".join(read_lines(follower, 10)) == numbered(9, 10)
    command = [COMMAND, "log", "write", "a.log", "--max-bytes", "4k", "--backups", "500", *more]

    def write(writer: int) -> None:
        process = subprocess.Popen(command, cwd=tmp_path, stdin=subprocess.PIPE)
        assert process.stdin is not None
        data = numbered(writer, 1500)
        for at in range(0, len(data), 1000):
            process.stdin.write(data[at : at + 1000])
            process.stdin.flush()
            time.sleep(0.005)
        process.communicate()
        assert process.returncode == 0

    threads = [threading.Thread(target=write, args=[writer]) for writer in range(4)]
    for thread in threads:
        thread.start()
    seen = read_lines(follower, 6000)
    for thread in threads:
        thread.join()
    follower.send_signal(signal.SIGINT)
    assert follower.communicate()[0] == b""
    assert follower.returncode == -signal.SIGINT
    lines = [line.rstrip(b"\n") for line in seen]
    for writer in range(4):
        assert numbers(lines, writer) == list(range(1500))
    assert b"".join(seen) == b"".join(chain(tmp_path / "a.log"))[len(numbered(9, 10)) :]


def test_follow_shows_the_last_lines_then_whole_new_ones(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"one\ntwo\nhal")
    follower = follow(tmp_path, "a.log", "-n", "1")
    assert read_lines(follower, 1) == [b"two\n"]
    with path.open("ab") as file:
        file.write(b"f\nno\nTHIS\n")
    assert read_lines(follower, 3) == [b"half\n", b"no\n", b"THIS\n"]
    path.unlink()
    path.write_bytes(b"new file\n")
    assert read_lines(follower, 1) == [b"new file\n"]
    with path.open("r+b") as file:
        file.truncate()
    time.sleep(0.3)
    with path.open("ab") as file:
        file.write(b"cut\n")
    assert read_lines(follower, 1) == [b"cut\n"]
    follower.send_signal(signal.SIGTERM)
    follower.communicate()
    assert follower.returncode == -signal.SIGTERM


def test_follow_with_a_filter(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(LOG)
    follower = follow(tmp_path, "a.log", "--level", "error", "--jsonl")
    assert [json.loads(line)["level"] for line in read_lines(follower, 2)] == ["error", "error"]
    with (tmp_path / "a.log").open("ab") as file:
        file.write(b"INFO no\nCRITICAL yes\n")
    assert json.loads(read_lines(follower, 1)[0])["text"] == "CRITICAL yes"
    follower.terminate()
    follower.communicate()


def test_follow_notices_that_its_reader_has_gone(tmp_path: Path, shell: Run) -> None:
    (tmp_path / "a.log").write_bytes(b"one\n")
    result = shell("stdtools log view -f a.log | head -n 1; echo ${PIPESTATUS[0]}")
    assert (result.text, result.err) == ("one\n141\n", "")


def test_a_chain_that_changes_while_it_is_read_is_read_once(tmp_path: Path) -> None:
    """The pieces are renamed and compressed under the reader's hands."""
    draw = random.Random(7)
    data = numbered(1, 20_000)
    for number, at in enumerate(range(0, len(data), len(data) // 20)):
        name = tmp_path / (f"a.log.{19 - number}" if number < 19 else "a.log")
        name.write_bytes(data[at : at + len(data) // 20])
        os.utime(name, (1000 + number, 1000 + number))
    reader, writer = os.pipe()
    process = subprocess.Popen([COMMAND, "log", "view", "a.log"], cwd=tmp_path, stdout=writer)
    os.close(writer)
    seen = b""
    for turn in range(6):
        seen += os.read(reader, 20_000)
        found = sorted(tmp_path.glob("a.log*"), key=lambda path: -path.stat().st_mtime)
        for number in range(len(found) - 1, -1, -1):
            path = found[number]
            target = tmp_path / f"a.log.{number + 1}{path.suffix if path.suffix == '.gz' else ''}"
            os.rename(path, target)
            if path.suffix != ".gz" and draw.random() < 0.3:
                packed = Path(f"{target}.gz")
                packed.write_bytes(gzip.compress(target.read_bytes()))
                os.utime(packed, ns=(0, target.stat().st_mtime_ns))
                target.unlink()
        (tmp_path / "a.log").write_bytes(b"more %d\n" % turn)
        os.utime(tmp_path / "a.log", (2000 + turn, 2000 + turn))
    while block := os.read(reader, 65536):
        seen += block
    os.close(reader)
    assert process.wait() == 0
    assert seen == data, "what was the log when it began"


def test_follow_shows_no_half_line_that_is_taken_away(tmp_path: Path, run: Run) -> None:
    """A killed writer's half line goes when the next one comes; longer and shorter lines may follow."""
    path = tmp_path / "a.log"
    for following in (b"four\n", b"a line that is longer than the half line was\n"):
        path.write_bytes(b"1\n2\n3\n")
        follower = follow(tmp_path, "a.log")
        assert read_lines(follower, 3) == [b"1\n", b"2\n", b"3\n"]
        with path.open("ab") as file:
            file.write(b"half of a line")
        with open(lock_path(str(path)), "wb") as lock:
            lock.write(b"%20d %20d\n" % (path.stat().st_ino, 6))
        time.sleep(0.3)
        assert run("log", "write", "a.log", stdin=following).code == 0
        assert path.read_bytes() == b"1\n2\n3\n" + following
        assert read_lines(follower, 1) == [following]
        follower.terminate()
        assert follower.communicate()[0] == b""


def test_a_backup_without_a_last_newline_is_not_joined_with_the_next(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.log.1").write_bytes(b"b1\nb2half")
    (tmp_path / "a.log").write_bytes(b"c1\nc2\n")
    for more in ([], ["-n", "9"], ["--grep", "."], ["--grep", ".", "-n", "4"]):
        assert run("log", "view", "a.log", *more).out == b"b1\nb2half\nc1\nc2\n"
    assert run("log", "view", "a.log", "-n", "3").out == b"b2half\nc1\nc2\n"


@pytest.mark.parametrize("what", ["directory", "fifo", "forbidden"])
def test_a_backup_that_cannot_be_read_is_told_and_the_others_shown(run: Run, tmp_path: Path, what: str) -> None:
    (tmp_path / "a.log").write_bytes(b"1\n")
    (tmp_path / "a.log.1").write_bytes(b"2\n")
    (tmp_path / "a.log.3").write_bytes(b"4\n")
    bad = tmp_path / "a.log.2"
    message = {"directory": "Is a directory", "fifo": "is not a regular file", "forbidden": "Permission denied"}[what]
    settings: dict[str, object] = {}
    if what == "directory":
        bad.mkdir()
    elif what == "fifo":
        os.mkfifo(bad)
    else:
        if os.geteuid() == 0 and not os.access(COMMAND, os.X_OK):
            return
        bad.write_bytes(b"3\n")
        bad.chmod(0)
        if os.geteuid() == 0:
            settings["preexec_fn"] = drop_the_right_to_read_all
    for more in ([], ["-n", "9"], ["--grep", "[0-9]"]):
        result = run("log", "view", "a.log", *more, **settings)
        assert result == (2, b"4\n2\n1\n", f"stdtools log view: a.log.2: {message}\n")
    result = run("log", "verify", "a.log", **settings)
    assert (result.code, result.text.splitlines()[1]) == (1, f"a.log.2\t0\t0\t{message}")


def drop_the_right_to_read_all() -> None:
    """Take CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH from this process and what it executes."""
    libc = ctypes.CDLL(None)
    for capability in (1, 2):
        libc.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP


def test_what_came_before_the_damage_is_shown(run: Run, tmp_path: Path) -> None:
    data = b"".join(b"%d\n" % n for n in range(30_000))
    (tmp_path / "a.log").write_bytes(b"x\n")
    for suffix, packed in ((".gz", gzip.compress(data)), (".bz2", bz2.compress(data)), (".xz", lzma.compress(data))):
        path = tmp_path / f"a.log.1{suffix}"
        path.write_bytes(packed[:-1])
        result = run("log", "view", "a.log")
        assert result.code == 2
        assert f"a.log.1{suffix}: is damaged: " in result.err
        assert len(result.out) > (len(data) // 2 if suffix != ".bz2" else 0)
        path.write_bytes(packed + b"garbage")
        assert run("log", "view", "a.log").out == data + b"x\n"
        path.unlink()


def test_pipes_and_packed_files_are_logs_too(shell: Run, tmp_path: Path) -> None:
    (tmp_path / "old.gz").write_bytes(gzip.compress(LOG))
    assert shell("stdtools log view <(printf 'a\\nb\\n') -n 1").out == b"b\n"
    assert shell("printf 'a\\nb\\n' | stdtools log view /dev/stdin").out == b"a\nb\n"
    assert shell("stdtools log view /proc/version -n 1").out == Path("/proc/version").read_bytes()
    assert shell("stdtools log view old.gz --level error --grep route").text == LOG.decode().splitlines(True)[1]


def test_a_line_belongs_to_the_one_before_it_also_across_files(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.log.2").write_bytes(b"2026-11-22 12:00:00 ERROR boom\n")
    (tmp_path / "a.log.1").write_bytes(b"  at line 1\n")
    (tmp_path / "a.log").write_bytes(b"  at line 2\n2026-11-22 12:00:01 INFO fine\n")
    for more in ([], ["-n", "10"]):
        assert run("log", "view", "a.log", "--level", "error", *more).text.count("\n") == 3
    rows = run("log", "view", "a.log", "--jsonl", "-n", "2").text.splitlines()
    assert [json.loads(row)["level"] for row in rows] == ["error", "info"]


def test_patterns_are_text(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes("öl\nMüller\nplain\n".encode() + b"\xff odd\n")
    assert run("log", "view", "a.log", "--grep", "^[öä]l$").out == "öl\n".encode()
    assert run("log", "view", "a.log", "--grep", r"^M\w+r$").out == "Müller\n".encode()
    assert run("log", "view", "a.log", "--grep", r"odd$").out == b"\xff odd\n"
    assert run("log", "view", "a.log", "--grep", r"é?plain").out == b"plain\n"
    assert "is not a regular expression" in run("log", "view", "a.log", "--grep", "(").err


def test_a_gigantic_line_takes_little_memory_and_time(shell: Run, tmp_path: Path) -> None:
    with (tmp_path / "a.log").open("wb") as file:
        file.truncate(300_000_000)
    for args in ("a.log", "a.log -n 1 --grep x", "- --grep x < a.log"):
        result = shell(f"ulimit -v 200000; stdtools log view {args} > /dev/null")
        assert (result.code, result.err) in ((0, ""), (1, ""))


def test_what_cannot_be_followed(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(b"1\n")
    assert run("log", "view", "-f", "-").err.startswith("stdtools log view: -f: standard input is read to its end;")
    assert run("log", "view", "-f", "a.log", "--json").err.startswith("stdtools log view: -f: a JSON array has an end;")


def test_follow_notices_that_a_socket_s_reader_has_gone(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(b"one\n")
    ours, theirs = socket.socketpair()
    process = subprocess.Popen([COMMAND, "log", "view", "-f", "a.log"], cwd=tmp_path, stdout=theirs)
    theirs.close()
    assert ours.recv(10) == b"one\n"
    ours.close()
    assert process.wait(20) == -signal.SIGPIPE


def test_many_backups_are_read_quickly_while_somebody_writes(tmp_path: Path) -> None:
    """Each step from one to the next looks at that alone, and a busy writer does not make us look again."""
    for number in range(1, 900):
        (tmp_path / f"a.log.{number}").write_bytes(b"%d\n" % number)
    calls = subprocess.run(
        ["strace", "-f", "-c", "-e", "trace=stat,lstat,newfstatat", COMMAND, "log", "view", "a.log.1", "-n", "1"],
        cwd=tmp_path, capture_output=True, text=True, check=True, env={**os.environ, "STDTOOLS_JOURNAL": "off"},
    ).stderr  # fmt: skip
    base = int(calls.split()[-3])
    (tmp_path / "a.log").write_bytes(b"0\n")
    done = subprocess.run(
        ["strace", "-f", "-c", "-e", "trace=stat,lstat,newfstatat", COMMAND, "log", "view", "a.log"],
        cwd=tmp_path, capture_output=True, text=True, check=True, env={**os.environ, "STDTOOLS_JOURNAL": "off"},
    )  # fmt: skip
    assert done.stdout.count("\n") == 900
    assert int(done.stderr.split()[-3]) < base + 40_000


def test_half_a_line_that_goes_while_the_output_is_blocked_is_not_shown(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "a.log"
    whole = b"".join(b"line %06d xxxxxxxxxx\n" % n for n in range(8000))
    path.write_bytes(whole + b"half of a line that is gone")
    (tmp_path / ".a.log.lock").write_bytes(b"%20d %20d\n" % (path.stat().st_ino, len(whole)))
    reader, writer = os.pipe()
    process = subprocess.Popen([COMMAND, "log", "view", "-f", "a.log"], cwd=tmp_path, stdout=writer)
    os.close(writer)
    time.sleep(0.5)  # it is blocked by now: a pipe holds 64 KiB
    new = b"new line A is here with the text of a new writer\nnew line B\n"
    assert run("log", "write", "a.log", stdin=new).code == 0
    seen = b""
    while not seen.endswith(b"B\n"):
        seen += os.read(reader, 65536)
    assert seen == whole + new
    process.terminate()
    process.wait()
    os.close(reader)


def test_the_last_lines_are_those_of_the_log_as_it_was(tmp_path: Path, run: Run) -> None:
    """Also where all must be read for them, and a fast writer goes on."""
    (tmp_path / "a.log").write_bytes(b"2026-11-22 12:00:00 ERROR old\n")
    line = f"yes '2026-11-22 12:00:00 INFO new' | {COMMAND} log write a.log --max-bytes 5M --backups 3"
    writer = subprocess.Popen(["bash", "-c", line], cwd=tmp_path, start_new_session=True)
    while not (tmp_path / "a.log.1").exists():
        time.sleep(0.01)
    assert run("log", "view", "a.log", "--level", "error", "-n", "5").code in (0, 1)
    os.killpg(writer.pid, signal.SIGKILL)
    writer.wait()


def test_since_knows_that_a_file_may_have_lines_of_another_zone(run: Run, tmp_path: Path) -> None:
    for name, minute in (("u.log.1", 0), ("u.log", 10)):
        (tmp_path / name).write_bytes(b"2026-11-22 15:%02d:00 INFO\n" % minute)
        os.utime(tmp_path / name, (1795359600 + 60 * minute,) * 2)
    result = run("log", "view", "u.log", "--since", "2026-11-22 12:00", env={"TZ": "America/New_York"})
    assert result.text.count("\n") == 2


def test_odd_locks_and_links_hide_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "c.log").write_bytes(b"c\nhalf")
    (tmp_path / "c.log.2").write_bytes(b"old\n")
    (tmp_path / "c.log.1").symlink_to("c.log.1")
    message = "stdtools log view: c.log.1: Too many levels of symbolic links\n"
    assert run("log", "view", "c.log") == (2, b"old\nc\nhalf", message)
    (tmp_path / "c.log.1").unlink()
    os.mkfifo(tmp_path / ".c.log.lock")
    assert run("log", "view", "c.log").out == b"old\nc\nhalf"
    assert run("log", "verify", "c.log").code == 1
    assert "is not a regular file" in run("log", "write", "c.log", stdin=b"x\n").err


def test_the_last_lines_of_a_log_that_grows_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The end is that of the moment at which it was looked for, whatever comes before the lines are counted."""
    (tmp_path / "a.log.1").write_text("".join(f"old {number}\n" for number in range(20)))
    os.utime(tmp_path / "a.log.1", (0, 0))
    (tmp_path / "a.log").write_text("".join(f"new {number}\n" for number in range(20)))
    chain = Chain(str(tmp_path / "a.log"))
    end = chain.end()
    monkeypatch.setattr(chain, "end", lambda: end)
    for more in (5, 50):
        with (tmp_path / "a.log").open("a") as file:
            file.writelines(f"later {number}\n" for number in range(more))
        selection = Selection(None, None, None, None)
        piece, found, troubles = last_lines(chain, 10, bytes.splitlines, selection, follow=False)
        piece.close()
        assert (found, troubles) == ([b"new %d" % number for number in range(10, 20)], [])


def test_following_loses_no_part_of_a_line(tmp_path: Path) -> None:
    """What is compressed, and a pipe, cannot be read again from the beginning of a line."""
    with gzip.open(tmp_path / "a.log.1.gz", "wb") as file:
        file.writelines(b"%d\n" % number for number in range(100_000, 160_000))
        file.write(b"160000")
    os.utime(tmp_path / "a.log.1.gz", (1, 1))
    (tmp_path / "a.log").write_text("160001\n160002\n")
    follow = subprocess.Popen([COMMAND, "log", "view", "-f", "a.log"], cwd=tmp_path, stdout=subprocess.PIPE)
    assert follow.stdout is not None
    wanted = b"".join(b"%d\n" % number for number in range(100_000, 160_003))
    assert follow.stdout.read(len(wanted)) == wanted
    follow.terminate()
    follow.communicate()
    line = f"(printf 'one\\ntw'; sleep 0.3; printf 'o\\nthree\\n') | timeout 1.5 {COMMAND} log view -f /dev/stdin"
    assert subprocess.run(["bash", "-c", line], capture_output=True).stdout == b"one\ntwo\nthree\n"


def test_patterns_of_characters_and_wrong_paths(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("caf\u00e9\ncafe\n")
    for pattern in ("\\u00e9", "(?u)caf\\xe9", "\\N{LATIN SMALL LETTER E WITH ACUTE}"):
        assert run("log", "view", "a.log", "--grep", pattern) == (0, "caf\u00e9\n".encode(), "")
    result = run("log", "view", "a.log/x")
    assert (result.code, result.err) == (2, "stdtools log view: a.log/x: Not a directory\n")
    result = run("log", "verify", "n" * 300)
    assert result.code == 2 or len(result.text.splitlines()) == 1
    assert run("log", "view", "a.log", "--since", "100000s").err.count("not a time") == 0
