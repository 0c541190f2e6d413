"""One file, many writers: nothing lost, torn or mixed, also when they are killed."""

import errno
import itertools
import os
import random
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stdtools.shared.disk import lock_at_once
from stdtools.shared.errors import ToolError
from stdtools.shared.log_lock import lock_path
from stdtools.shared.rotation import RotatingFile
from stdtools.shared.whole_lines import LONGEST_LINE
from tests.conftest import COMMAND
from tests.log.chain import chain, numbered, numbers


def put(file: RotatingFile, block: bytes) -> None:
    start = 0
    while start < len(block):
        start = file.write(block, start)


def names(place: Path) -> list[str]:
    return sorted(name for name in os.listdir(place) if not name.startswith("."))


def test_rotates_between_lines_and_never_exceeds_the_limit(tmp_path: Path) -> None:
    file = RotatingFile(str(tmp_path / "a.log"), max_bytes=10, backups=3)
    put(file, b"aaaa\nbbbb\ncccc\ndddd\neeee\n")
    assert chain(tmp_path / "a.log") == [b"aaaa\nbbbb\n", b"cccc\ndddd\n", b"eeee\n"]
    put(file, b"ffff\ngggg\nhhhh\niiii\njjjj\n")
    assert chain(tmp_path / "a.log") == [b"cccc\ndddd\n", b"eeee\nffff\n", b"gggg\nhhhh\n", b"iiii\njjjj\n"]
    assert names(tmp_path) == ["a.log", "a.log.1", "a.log.2", "a.log.3"]


def test_a_line_longer_than_the_limit_has_a_file_of_its_own(tmp_path: Path) -> None:
    """And an empty file is never rotated away (https://github.com/python/cpython/issues/116263)."""
    file = RotatingFile(str(tmp_path / "a.log"), max_bytes=4, backups=9)
    put(file, b"123456789\n1\n2\n123456789\n")
    assert chain(tmp_path / "a.log") == [b"123456789\n", b"1\n2\n", b"123456789\n"]


def test_no_backups_still_rotates(tmp_path: Path) -> None:
    file = RotatingFile(str(tmp_path / "a.log"), max_bytes=10)
    put(file, b"aaaa\nbbbb\ncccc\n")
    assert (names(tmp_path), chain(tmp_path / "a.log")) == (["a.log"], [b"cccc\n"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(
    blocks=st.lists(st.binary(max_size=60).map(lambda b: b.replace(b"\r", b"\n")), max_size=12),
    limit=st.integers(0, 40),
)
def test_bytes_in_are_bytes_out(tmp_path_factory: pytest.TempPathFactory, blocks: list[bytes], limit: int) -> None:
    """Whatever comes, in whatever pieces, from one writer that goes on."""
    path = tmp_path_factory.mktemp("log") / "a.log"
    file = RotatingFile(str(path), max_bytes=limit, backups=900)
    for block in blocks:
        put(file, block)
    found = chain(path)
    assert b"".join(found) == b"".join(blocks)
    for piece in found[:-1]:
        assert piece.endswith(b"\n")
    if limit and all(block.endswith(b"\n") for block in blocks[:-1]):  # an open line cannot move any more
        assert all(len(piece) <= limit or piece.count(b"\n", 0, -1) == 0 for piece in found)


def test_a_last_line_without_its_end_is_not_glued_to_the_next_writer_s(tmp_path: Path) -> None:
    path = str(tmp_path / "a.log")
    for block in (b"one\ntw", b"three\n", b"\n", b"four"):
        file = RotatingFile(path)
        put(file, block)
        file.close()
    assert (tmp_path / "a.log").read_bytes() == b"one\ntw\nthree\n\nfour"


def test_a_writer_s_own_open_line_goes_on_unless_another_wrote(tmp_path: Path) -> None:
    one, other = (RotatingFile(str(tmp_path / "a.log"), max_bytes=12, backups=3) for _ in range(2))
    put(one, b"begin")
    put(one, b" and much more than fits")
    put(one, b" end\nnext\n")
    put(one, b"open")
    put(other, b"mine\n")
    assert chain(tmp_path / "a.log") == [b"begin and much more than fits end\n", b"next\nopen\n", b"mine\n"]


def test_another_s_rotation_is_followed(tmp_path: Path) -> None:
    one, other = (RotatingFile(str(tmp_path / "a.log"), max_bytes=10, backups=3) for _ in range(2))
    put(one, b"1111\n")
    put(other, b"2222\n3333\n")
    put(one, b"4444\n")
    os.rename(tmp_path / "a.log", tmp_path / "moved")
    put(one, b"5555\n")
    os.unlink(tmp_path / "a.log")
    put(other, b"6666\n")
    assert chain(tmp_path / "a.log") == [b"1111\n2222\n", b"6666\n"]
    assert (tmp_path / "moved").read_bytes() == b"3333\n4444\n"


@pytest.mark.parametrize("crash", range(5))
def test_a_crash_between_renames_leaves_a_gap_that_the_next_start_closes(tmp_path: Path, crash: int) -> None:
    """The state after *crash* of the five renames of a rotation, the oldest first."""
    path = tmp_path / "a.log"
    path.write_bytes(b"now\n")
    for number in range(1, 5):
        (tmp_path / f"a.log.{number}").write_bytes(b"%d\n" % number)
    for number in range(4, 4 - crash, -1):
        os.rename(tmp_path / f"a.log.{number}", tmp_path / f"a.log.{number + 1}")
    RotatingFile(str(path), max_bytes=10, backups=5).prepare()
    assert names(tmp_path) == ["a.log", "a.log.1", "a.log.2", "a.log.3", "a.log.4"]
    assert chain(path) == [b"4\n", b"3\n", b"2\n", b"1\n", b"now\n"]


def test_a_rotation_fills_a_gap_instead_of_dropping_the_oldest(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    file = RotatingFile(str(path), max_bytes=2, backups=4)
    put(file, b"1\n2\n3\n4\n5\n")
    (tmp_path / "a.log.2").unlink()
    put(file, b"6\n")
    assert chain(path) == [b"1\n", b"2\n", b"4\n", b"5\n", b"6\n"]


def test_backups_beyond_the_number_and_other_files_are_left_alone(tmp_path: Path) -> None:
    for name in ("a.log.3", "a.log.2024", "a.log.old", "a.log.1.txt"):
        (tmp_path / name).write_bytes(b"mine\n")
    file = RotatingFile(str(tmp_path / "a.log"), max_bytes=2, backups=2)
    file.prepare()
    put(file, b"1\n2\n3\n4\n")
    for name in ("a.log.3", "a.log.2024", "a.log.old", "a.log.1.txt"):
        assert (tmp_path / name).read_bytes() == b"mine\n"


def test_max_total_removes_the_oldest(tmp_path: Path) -> None:
    file = RotatingFile(str(tmp_path / "a.log"), max_bytes=10, backups=99, max_total=35)
    for n in range(100):
        put(file, b"%04d\n" % n)
        assert sum((tmp_path / name).stat().st_size for name in names(tmp_path)) <= 35
    assert chain(tmp_path / "a.log") == [b"0094\n0095\n", b"0096\n0097\n", b"0098\n0099\n"]


def test_modes_are_those_asked_for_or_of_the_file_before(tmp_path: Path) -> None:
    os.umask(0o077)
    for mode, expected, lock in ((None, 0o640, 0o600), (0o664, 0o664, 0o660), (0o622, 0o622, 0o666)):
        path = tmp_path / f"{mode}.log"
        file = RotatingFile(str(path), max_bytes=2, backups=2, mode=mode)
        put(file, b"1\n2\n")
        for name in (path, f"{path}.1"):
            assert stat.S_IMODE(os.stat(name).st_mode) == expected
        assert stat.S_IMODE(os.stat(lock_path(str(path))).st_mode) == lock
    os.chmod(tmp_path / "None.log", 0o604)
    put(RotatingFile(str(tmp_path / "None.log"), max_bytes=2, backups=2), b"3\n")
    assert stat.S_IMODE(os.stat(tmp_path / "None.log").st_mode) == 0o604


@pytest.mark.parametrize("what", ["directory", "fifo", "device"])
def test_only_regular_files_are_taken_and_no_lock_is_left_beside_others(tmp_path: Path, what: str) -> None:
    path = tmp_path / "a.log"
    if what == "directory":
        path.mkdir()
    elif what == "fifo":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/null")
    with pytest.raises((ToolError, IsADirectoryError)):
        RotatingFile(str(path)).prepare()
    assert os.listdir(tmp_path) == ["a.log"]


def test_a_stranger_s_link_in_a_directory_for_all_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real.log").write_bytes(b"")
    (tmp_path / "a.log").symlink_to("real.log")
    put(RotatingFile(str(tmp_path / "a.log")), b"mine\n")
    assert (tmp_path / "real.log").read_bytes() == b"mine\n"
    if os.geteuid() == 0:
        os.lchown(tmp_path / "a.log", 12345, 12345)
        tmp_path.chmod(0o1777)
        with pytest.raises(ToolError, match="somebody else's symbolic link"):
            RotatingFile(str(tmp_path / "a.log"))


def test_the_lock_or_the_whole_directory_may_be_removed_meanwhile(tmp_path: Path) -> None:
    place = tmp_path / "logs"
    place.mkdir()
    one, other = (RotatingFile(str(place / "a.log")) for _ in range(2))
    put(one, b"1\n")
    os.unlink(lock_path(str(place / "a.log")))
    put(other, b"2\n")
    put(one, b"3\n")
    assert (place / "a.log").read_bytes() == b"1\n2\n3\n"
    for name in os.listdir(place):
        os.unlink(place / name)
    place.rmdir()
    put(one, b"4\n")
    assert (place / "a.log").read_bytes() == b"4\n"


def test_an_impossible_rotation_loses_no_line(tmp_path: Path) -> None:
    (tmp_path / "a.log.1").mkdir()  # a rename onto it fails
    (tmp_path / "a.log.1" / "x").write_bytes(b"")
    file = RotatingFile(str(tmp_path / "a.log"), max_bytes=4, backups=1)
    put(file, b"1\n2\n3\n4\n")
    assert file.trouble is not None
    assert (tmp_path / "a.log").read_bytes() == b"1\n2\n3\n4\n"


def test_half_a_line_of_a_killed_writer_is_taken_away_but_nobody_else_s(tmp_path: Path) -> None:
    """The claim in the lock file says where the write began that was never finished."""
    path = tmp_path / "a.log"
    put(RotatingFile(str(path)), b"whole\n")
    with path.open("ab") as file:
        file.write(b"also whole\nhal")
    inode = path.stat().st_ino
    with open(lock_path(str(path)), "r+b") as lock:
        lock.write(b"%20d %20d\n" % (inode, 6))
    put(RotatingFile(str(path)), b"next\n")
    assert path.read_bytes() == b"whole\nalso whole\nnext\n"
    with path.open("ab") as file:
        file.write(b"a foreign tail")
    put(RotatingFile(str(path)), b"next\n")
    assert path.read_bytes() == b"whole\nalso whole\nnext\na foreign tail\nnext\n"


def test_a_forked_child_takes_a_lock_of_its_own(tmp_path: Path) -> None:
    """An inherited descriptor would share its parent's lock, and two processes would be alone at once."""
    file = RotatingFile(str(tmp_path / "a.log"), max_bytes=500, backups=900)
    put(file, numbered(9, 1))
    children = []
    for writer in range(3):
        pid = os.fork()
        if pid == 0:
            for n in range(300):
                put(file, b"writer %d line %06d\n" % (writer, n))
            os._exit(0)
        children.append(pid)
    for pid in children:
        assert os.waitpid(pid, 0)[1] == 0
    lines = b"".join(chain(tmp_path / "a.log")).splitlines()
    assert len(lines) == 901
    for writer in range(3):
        assert numbers(lines, writer) == list(range(300))


def test_patience_ends_and_the_line_is_written_all_the_same(tmp_path: Path) -> None:
    path = str(tmp_path / "a.log")
    holder = RotatingFile(path)
    holder.prepare()
    with holder.alone():
        started = time.monotonic()
        RotatingFile(path, patience=0.05).write(b"line\n", whole=True)
        assert time.monotonic() - started > 0.04
    assert (tmp_path / "a.log").read_bytes() == b"line\n"


def test_a_full_disk_takes_back_what_is_not_a_whole_line(tmp_path: Path) -> None:
    """RLIMIT_FSIZE stands for the disk: the write stops in the middle of a line."""
    code = (
        "import resource, signal, sys; from stdtools.shared.rotation import RotatingFile\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "file = RotatingFile('a.log'); file.prepare()\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "block = b'123456789\\n12345678901234567890123456789012345678901234567890\\n' * 2\n"
        "start = file.write(block)\n"
        "print(start)\n"
        "try: file.write(block, start)\n"
        "except OSError as error: print(error.strerror)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("71\nFile too large\n", "")
    assert (tmp_path / "a.log").stat().st_size == 71


@pytest.mark.process
def test_eight_writers_lose_tear_and_reorder_nothing(tmp_path: Path) -> None:
    """40,000 numbered lines through 64 KiB pieces."""
    feeds = [numbered(writer, 5000) for writer in range(8)]
    command = [COMMAND, "log", "write", "a.log", "--max-bytes", "64k", "--backups", "99"]
    writers = [subprocess.Popen(command, cwd=tmp_path, stdin=subprocess.PIPE) for _ in feeds]

    def feed(writer: "subprocess.Popen[bytes]", lines: bytes) -> None:
        assert writer.stdin is not None
        for at in range(0, len(lines), 4096):  # so that all are at work at once
            writer.stdin.write(lines[at : at + 4096])
            writer.stdin.flush()
        writer.stdin.close()

    threads = [threading.Thread(target=feed, args=pair) for pair in zip(writers, feeds, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [writer.wait() for writer in writers] == [0] * 8
    pieces = chain(tmp_path / "a.log")
    assert all(len(piece) <= 65536 for piece in pieces)
    assert len(pieces) > 10
    lines = b"".join(pieces).splitlines()
    assert len(lines) == 40_000
    for writer in range(8):
        assert numbers(lines, writer) == list(range(5000))


@pytest.mark.process
def test_killed_writers_take_nothing_of_others_along(tmp_path: Path) -> None:
    """Each writer is killed at a random moment and started again with what was not acknowledged."""
    assert kill_writers(tmp_path, random.Random(), writers=3, kills=25, count=6_000) > 5


def kill_writers(place: Path, draw: random.Random, *, writers: int, kills: int, count: int) -> int:
    """Run *writers* that append one line after the other and say so, and kill them *kills* times; return how many.

    Raises AssertionError when an acknowledged line is missing, twice, torn or out of order; the line
    that was being written when its writer was killed may be there.
    """
    code = (
        "import os, sys, time; from stdtools.shared.rotation import RotatingFile\n"
        "writer, first, count = map(int, sys.argv[1:])\n"
        "file = RotatingFile('a.log', max_bytes=65536, backups=900); file.prepare()\n"
        "for n in range(first, count):\n"
        "    file.write(b'writer %d line %06d ' % (writer, n) + b'x' * (n % 97 * 7) + b'\\n')\n"
        "    os.write(1, b'%d\\n' % n)\n"
        "    time.sleep(0.0005)\n"  # else a fast machine is through before it is killed
    )

    def start(writer: int, first: int) -> "subprocess.Popen[bytes]":
        call = [sys.executable, "-c", code, str(writer), str(first), str(count)]
        with (place / f"acks.{writer}").open("ab") as acknowledgements:
            return subprocess.Popen(call, cwd=place, stdout=acknowledgements)

    running = [start(writer, 0) for writer in range(writers)]
    uncertain: set[tuple[int, int]] = set()
    for _ in range(kills):
        time.sleep(draw.uniform(0.02, 0.2))
        victim = draw.randrange(writers)
        running[victim].send_signal(signal.SIGKILL)
        if running[victim].wait() == 0:
            continue
        acknowledged = (place / f"acks.{victim}").read_bytes().split()
        following = int(acknowledged[-1]) + 1 if acknowledged else 0
        uncertain.add((victim, following))
        running[victim] = start(victim, following)
    assert all(process.wait() in (0, -signal.SIGKILL) for process in running)
    assert uncertain
    lines = b"".join(chain(place / "a.log")).split(b"\n")
    assert lines.pop() == b""
    seen: dict[int, list[int]] = {writer: [] for writer in range(writers)}
    for line in lines:
        word, writer, line_word, number, filling = line.split(b" ")
        assert (word, line_word, filling) == (b"writer", b"line", b"x" * (int(number) % 97 * 7)), line
        seen[int(writer)].append(int(number))
    for writer, found in seen.items():
        acknowledged_numbers = [int(word) for word in (place / f"acks.{writer}").read_bytes().split()]
        assert set(acknowledged_numbers) <= set(found)
        twice = {one for one, other in itertools.pairwise(found) if one == other}
        assert {(writer, number) for number in twice} <= uncertain
        assert found == sorted(found)
    return len(uncertain)


def test_a_directory_that_is_moved_away_takes_its_lock_along(tmp_path: Path) -> None:
    """Both writers then agree on the lock of the new one; each looks whether its lock still has the name."""
    place = tmp_path / "logs"
    place.mkdir()
    one, other = (RotatingFile(str(place / "a.log")) for _ in range(2))
    put(one, b"1\n")
    os.rename(place, tmp_path / "old")
    place.mkdir()
    put(other, b"2\n")
    with other.alone(), open(lock_path(str(place / "a.log")), "rb") as lock:
        assert not lock_at_once(lock.fileno())
        one._lock._patience = 0.01
        with one.alone() as locked:
            assert not locked
    put(one, b"3\n")
    assert (place / "a.log").read_bytes() == b"2\n3\n"


@pytest.mark.parametrize("what", ["fifo", "device", "directory"])
def test_what_takes_the_file_s_place_swallows_nothing(tmp_path: Path, what: str) -> None:
    path = tmp_path / "a.log"
    file = RotatingFile(str(path))
    put(file, b"1\n")
    path.unlink()
    if what == "fifo":
        os.mkfifo(path)
    elif what == "directory":
        path.mkdir()
    elif os.geteuid() == 0:
        os.mknod(path, 0o600 | stat.S_IFCHR, os.makedev(1, 3))
    else:
        return
    with pytest.raises((ToolError, IsADirectoryError)):
        put(file, b"2\n")


def test_a_claim_that_cannot_be_cleared_writes_nothing_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.pwrite

    def pwrite(fd: int, data: bytes, offset: int) -> int:
        if not data.strip(b" 0\n"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(fd, data, offset)

    monkeypatch.setattr(os, "pwrite", pwrite)
    file = RotatingFile(str(tmp_path / "a.log"))
    put(file, b"1\n2\n")
    put(RotatingFile(str(tmp_path / "a.log")), b"3\n")
    put(file, b"4\n")
    assert (tmp_path / "a.log").read_bytes() == b"1\n2\n3\n4\n"


def test_a_whole_record_is_written_whole_whatever_stood_before(tmp_path: Path) -> None:
    file = RotatingFile(str(tmp_path / "a.log"), max_bytes=30, backups=2)
    file.line_end = b""
    for record in (b"x" * 25, b"aaaaaaaaa\nbbbbbbbbbbbb", b"c"):
        assert file.write(record, whole=True) == len(record)
    assert chain(tmp_path / "a.log") == [b"x" * 25, b"aaaaaaaaa\nbbbbbbbbbbbbc"]


def test_a_line_of_unknown_length_has_a_file_of_its_own(tmp_path: Path) -> None:
    file = RotatingFile(str(tmp_path / "a.log"), max_bytes=2 << 20, backups=3)
    put(file, b"short\n")
    for _ in range(3):
        put(file, b"x" * LONGEST_LINE)
    put(file, b"x\nshort\n")
    assert [len(piece) for piece in chain(tmp_path / "a.log")] == [6, 3 * LONGEST_LINE + 2, 6]


def test_attributes_survive_a_kill_before_the_new_file_is_made(tmp_path: Path) -> None:
    (tmp_path / "a.log.1").write_bytes(b"1\n")
    (tmp_path / "a.log.1").chmod(0o606)
    put(RotatingFile(str(tmp_path / "a.log"), backups=2), b"2\n")
    assert stat.S_IMODE((tmp_path / "a.log").stat().st_mode) == 0o606


def test_who_may_write_the_log_may_lock_it(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    put(RotatingFile(str(path)), b"1\n")
    path.chmod(0o666)
    put(RotatingFile(str(path)), b"2\n")
    assert stat.S_IMODE(os.stat(lock_path(str(path))).st_mode) == 0o666
    if os.geteuid() == 0:  # root made nobody's log rotate, and nobody goes on
        os.unlink(lock_path(str(path)))
        os.chown(path, 12345, 23456)
        put(RotatingFile(str(path), max_bytes=4, backups=1), b"3\n")
        for name in (path, Path(f"{path}.1"), Path(lock_path(str(path)))):
            assert (name.stat().st_uid, name.stat().st_gid) == (12345, 23456)


def test_a_name_with_a_slash_at_its_end_is_a_directory_s(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="Is a directory"):
        RotatingFile(f"{tmp_path}/new/")


def test_a_new_line_ends_an_open_one_only_if_nobody_has(tmp_path: Path) -> None:
    one, other = (RotatingFile(str(tmp_path / "a.log")) for _ in range(2))
    put(one, b"open")
    one.write(b"new\n", new_line=True)
    put(one, b"open")
    put(other, b"other\n")
    one.write(b"new\n", new_line=True)
    assert (tmp_path / "a.log").read_bytes() == b"open\nnew\nopen\nother\nnew\n"


def test_a_line_that_a_full_disk_interrupts_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = RotatingFile(str(tmp_path / "a.log"))
    log.write(b"A" * 10)
    real = os.write

    def full(fd: int, data: bytes) -> int:
        monkeypatch.setattr(os, "write", real)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", lambda fd, data: full(fd, data) if bytes(data) == b"B" * 10 else real(fd, data))
    with pytest.raises(OSError, match="No space"):
        log.write(b"B" * 10)
    log.write(b"B" * 10)
    log.write(b"C\n")
    log.close()
    assert (tmp_path / "a.log").read_bytes() == b"A" * 10 + b"B" * 10 + b"C\n"


def test_a_log_without_a_name_is_none() -> None:
    with pytest.raises(ToolError, match="No such file"):
        RotatingFile("")
