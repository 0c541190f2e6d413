"""A file is replaced as a whole or not at all, whatever happens."""

import errno
import fcntl
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from stdtools.shared import atomic
from stdtools.shared.errors import ToolError
from tests.conftest import COMMAND, Run

OLD, NEW = b"old content", b"\7\0\0\0"
PACK = [COMMAND, "pack", "<I", "7", "-o", "target"]


def replace(path: Path, data: bytes) -> None:
    with atomic.replacement(str(path)) as output:
        output.write(data)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o666, 0o700, 0o755, 0o4755])
def test_modes(tmp_path: Path, mode: int, umask: int) -> None:
    """A new file has what the umask leaves; an old one keeps its mode, but never setuid."""
    os.umask(umask)
    replace(tmp_path / "new", b"x")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o666 & ~umask
    (tmp_path / "old").write_bytes(b"y")
    (tmp_path / "old").chmod(mode)
    replace(tmp_path / "old", b"x")
    assert stat.S_IMODE((tmp_path / "old").stat().st_mode) == mode & 0o777


def test_a_file_that_we_may_not_write_is_refused() -> None:
    """As another user, where root runs the tests; a child process gives its rights away."""
    place = Path(tempfile.mkdtemp())
    place.chmod(0o777)
    (place / "old").write_bytes(OLD)
    (place / "old").chmod(0o444)
    pid = os.fork()
    if pid == 0:
        try:
            if os.geteuid() == 0:
                os.setuid(65534)
            replace(place / "old", NEW)
            os._exit(1)
        except ToolError as error:
            os._exit(0 if str(error).endswith("old: Permission denied") else 2)
    assert os.waitpid(pid, 0)[1] == 0
    assert (place / "old").read_bytes() == OLD
    assert os.listdir(place) == ["old"]
    shutil.rmtree(place)


def test_a_file_system_without_locks_leaves_no_litter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(*args: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", no_locks)
    replace(tmp_path / "file", NEW)
    assert os.listdir(tmp_path) == ["file"]


def test_owner_and_extended_attributes_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"y")
    os.setxattr(path, "user.note", b"kept")
    if os.geteuid() == 0:
        os.chown(path, 12345, 23456)
    before = path.stat()
    replace(path, b"x")
    assert os.getxattr(path, "user.note") == b"kept"
    assert (path.stat().st_uid, path.stat().st_gid) == (before.st_uid, before.st_gid)


def test_symlinks_are_kept_and_what_they_point_to_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "real").write_bytes(OLD)
    for name, target in (("a", "sub/real"), ("b", "a"), ("c", "b")):
        (tmp_path / name).symlink_to(target)
    replace(tmp_path / "c", NEW)
    assert (tmp_path / "sub" / "real").read_bytes() == NEW
    assert all((tmp_path / name).is_symlink() for name in "abc")
    (tmp_path / "dangling").symlink_to("sub/later")
    replace(tmp_path / "dangling", NEW)
    assert (tmp_path / "sub" / "later").read_bytes() == NEW
    assert (tmp_path / "dangling").is_symlink()


def test_what_cannot_be_replaced_is_refused_and_untouched(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "dir").mkdir()
    (tmp_path / "one").write_bytes(OLD)
    os.link(tmp_path / "one", tmp_path / "two")
    os.mkfifo(tmp_path / "fifo")
    for name, message in (
        ("loop", "Too many levels of symbolic links"),
        ("dir", "Is a directory"),
        ("one", "has 2 names (hard links); the others would keep what it held"),
        ("fifo", "is not a regular file; write to standard output and redirect it"),
        ("/dev/null", "is not a regular file"),
        ("none/file", "No such file or directory"),
    ):
        with pytest.raises(ToolError) as caught:
            replace(tmp_path / name, NEW)
        assert message in str(caught.value)
    assert sorted(os.listdir(tmp_path)) == ["dir", "fifo", "loop", "one", "two"]
    assert (tmp_path / "one").read_bytes() == OLD


def test_equal_content_is_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 3_000_000)
    os.utime(path, (1, 1))
    before = path.stat()
    replace(path, b"x" * 3_000_000)
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    replace(path, b"x" * 2_999_999 + b"y")
    assert path.stat().st_ino != before.st_ino


def test_an_exception_in_the_block_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(OLD)
    with pytest.raises(KeyboardInterrupt), atomic.replacement(str(path)) as output:
        output.write(b"x" * 1_000_000)
        raise KeyboardInterrupt
    assert path.read_bytes() == OLD
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("call", ["write", "fsync", "fchmod", "rename", "open", "close"])
@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.EDQUOT])
def test_every_call_may_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int) -> None:
    """The n-th call of each kind fails, for every n until none does: old or new, and no litter."""
    real = getattr(os, call)
    for nth in range(1, 20):
        path = tmp_path / "file"
        path.write_bytes(OLD)
        count = 0

        def failing(*args: object, nth: int = nth, **kwargs: object) -> object:
            nonlocal count
            count += 1
            if count == nth:
                if call == "close":
                    real(*args)
                raise OSError(number, os.strerror(number))
            return real(*args, **kwargs)

        monkeypatch.setattr(os, call, failing)
        try:
            replace(path, NEW)
            failed = False
        except (ToolError, OSError) as error:
            failed = True
            assert os.strerror(number) in str(error)
        monkeypatch.setattr(os, call, real)
        if not failed:
            assert path.read_bytes() == NEW
        assert path.read_bytes() in (OLD, NEW)
        assert os.listdir(tmp_path) == ["file"]
        if count < nth:
            return
    pytest.fail("the calls never ended")


@pytest.mark.process
def test_order_of_system_calls(tmp_path: Path) -> None:
    """Data reaches the disk before the name does, and the name before we say so."""
    trace = strace(tmp_path, "-e", "trace=fsync,rename,renameat,renameat2,fchmod,chmod")
    calls = [line.split("(")[0] for line in trace if not line.startswith("+++")]
    assert calls == ["fchmod", "fsync", "rename", "fsync"]


def strace(cwd: Path, *options: str) -> list[str]:
    done = subprocess.run(
        ["strace", "-o", "trace.log", *options, *PACK],
        cwd=cwd,
        capture_output=True,
        env={**os.environ, "STDTOOLS_JOURNAL": "off"},
    )
    assert b"strace: " not in done.stderr, done.stderr
    return (cwd / "trace.log").read_text().splitlines()


@pytest.mark.process
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_file_that_cannot_be_opened_any_more_does_not_stop_the_rest(shell: Run, tmp_path: Path, nth: int) -> None:
    for name in "ab":
        (tmp_path / name).write_bytes(b"\xe9\n")
    trace = f"strace -qqo /dev/null -P a -e inject=openat:error=ELOOP:when={nth}"
    result = shell(f"{trace} stdtools fixenc --from latin-1 -i a b 2>&1 | grep -v ^strace:")
    assert result == (2, b"stdtools fixenc: a: Too many levels of symbolic links\n", "")
    assert [(tmp_path / name).read_bytes() for name in "ab"] == [b"\xe9\n", b"\xc3\xa9\n"]


@pytest.mark.process
@pytest.mark.parametrize("exists", [True, False])
def test_killed_at_every_system_call_of_the_writer(tmp_path: Path, exists: bool) -> None:
    """strace kills the process at the n-th call: the name holds all of the old or all of the new."""
    target = tmp_path / "target"
    seen = set()
    for call in ("write", "fchmod", "fsync", "rename", "flock", "lstat,newfstatat,stat", "openat"):
        nth = 1
        while nth < 400:
            target.unlink(missing_ok=True)
            if exists:
                target.write_bytes(OLD)
            where = f"{call}:signal=KILL:when={nth}"
            lines = strace(
                tmp_path,
                "-P",
                str(tmp_path),
                "-P",
                str(target),
                "-P",
                str(tmp_path / ".target.stdtools-0.tmp"),
                "-e",
                f"inject={where}",
            )
            found = target.read_bytes() if target.exists() else None
            assert found in (OLD, NEW) if exists else found in (None, NEW)
            seen.add(found)
            left = [name for name in os.listdir(tmp_path) if name.endswith(".tmp")]
            assert len(left) <= 1
            if "killed by SIGKILL" not in lines[-1]:
                break
            nth += 1
        assert nth < 400
    assert seen == ({OLD, NEW} if exists else {None, NEW})
    subprocess.run(PACK, cwd=tmp_path, check=True)
    assert not [name for name in os.listdir(tmp_path) if name.endswith(".tmp")], "the next run sweeps up"


@pytest.mark.process
@pytest.mark.parametrize("at", [0, 4090])
def test_patch_killed_at_every_system_call(tmp_path: Path, at: int) -> None:
    """Within a page, and across two."""
    target = tmp_path / "target"
    old = bytes(10_000)
    new = old[:at] + b"\1\2\3\4\5\6\7\x08" + old[at + 8 :]
    for call in ("pwrite64", "write", "copy_file_range", "fsync", "rename"):
        for nth in (1, 2, 3):
            target.write_bytes(old)
            subprocess.run(
                [
                    "strace",
                    "-o",
                    "/dev/null",
                    "-e",
                    f"inject={call}:signal=KILL:when={nth}",
                    COMMAND,
                    "pack",
                    ">Q",
                    "0x0102030405060708",
                    "--into",
                    "target",
                    "--at",
                    str(at),
                ],
                cwd=tmp_path,
                capture_output=True,
            )
            assert target.read_bytes() in (old, new)


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    """RLIMIT_FSIZE makes the write fail in the middle, as a quota or a full disk does."""
    (tmp_path / "target").write_bytes(OLD)
    code = (
        "import resource, signal, os, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100000, 100000)); os.execv(sys.argv[1], sys.argv[1:])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, COMMAND, "pack", "200000s", "x", "-o", "target"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (2, "stdtools pack: target: File too large\n")
    assert (tmp_path / "target").read_bytes() == OLD
    assert os.listdir(tmp_path) == ["target"]


def test_a_running_writers_temporary_file_is_not_swept(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with atomic.replacement(str(path)) as first:
        first.write(b"first")
        replace(path, b"second")
        assert path.read_bytes() == b"second"
    assert path.read_bytes() == b"first"
    assert os.listdir(tmp_path) == ["file"]


def test_a_name_that_a_sweeper_gave_to_another_writer_is_left_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sweeper was faster with its lock, has removed the new file, and somebody has made another of that name."""
    others = tmp_path / ".file.stdtools-0.tmp"

    def flock(fd: int, operation: int) -> None:
        monkeypatch.undo()
        others.unlink()
        others.write_bytes(b"another writer's")
        raise BlockingIOError

    monkeypatch.setattr(atomic.fcntl, "flock", flock)
    fd, temporary = atomic.create_beside(str(tmp_path), "file")
    os.close(fd)
    assert temporary == str(tmp_path / ".file.stdtools-1.tmp")
    assert others.read_bytes() == b"another writer's"


def test_a_file_system_without_locks_is_written_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(fd: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(atomic.fcntl, "flock", flock)
    for content in (b"first", b"second"):
        replace(tmp_path / "file", content)
        assert (tmp_path / "file").read_bytes() == content
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.process
def test_eight_writers_at_once_leave_one_whole_file(tmp_path: Path) -> None:
    line = f"for i in $(seq 15); do {COMMAND} pack 100000s:a $0 -o target || exit 1; done"
    writers = [subprocess.Popen(["bash", "-c", line, str(n) * 9], cwd=tmp_path) for n in range(8)]
    legal = {(str(n) * 9).encode().ljust(100_000, b"\0") for n in range(8)}
    while any(writer.poll() is None for writer in writers):
        if (tmp_path / "target").exists():
            assert (tmp_path / "target").read_bytes() in legal
        time.sleep(0.01)
    assert [writer.returncode for writer in writers] == [0] * 8
    assert os.listdir(tmp_path) == ["target"]


def test_planted_temporary_names_are_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(OLD)
    for slot in range(8):
        (tmp_path / f".file.stdtools-{slot}.tmp").symlink_to(victim)
    replace(tmp_path / "file", NEW)
    assert victim.read_bytes() == OLD
    assert (tmp_path / "file").read_bytes() == NEW


@pytest.mark.process
def test_nothing_else_in_the_source_opens_a_file_for_writing(run: Run) -> None:
    source = Path(atomic.__file__).parents[1]
    pattern = re.compile(
        r"""O_WRONLY|O_RDWR|open\([^)]*["'](w|a|r\+)b?["']|write_text|write_bytes|open_file|atomic=True"""
    )
    for path in source.rglob("*.py"):
        if path.name in (
            "atomic.py",
            "rotation.py",
            "log_lock.py",
            "explain.py",
            "compression.py",
            "crew.py",
            "dircache.py",
            "appending.py",
            "worker.py",  # standard output, again
            "sqlite.py",  # an empty file, which SQLite fills
            "draft.py",  # a copy for the editor
            "placing.py",  # copies, which have no name before they are whole
            "helper.py",  # a pipe
        ):
            continue
        text = path.read_text().replace("formatter.write_text", "")
        text = re.sub(r"open\(os.devnull, (os.O_WRONLY|\"r\+b\")", "", text)
        assert not pattern.search(text), path


def test_an_attribute_that_may_not_be_set_takes_no_other_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x").write_text("old")
    names = {"security.capability": b"c", "user.zz": b"z"}
    monkeypatch.setattr(os, "listxattr", lambda path: list(names))
    monkeypatch.setattr(os, "getxattr", lambda path, name: names[name])
    kept: dict[str, bytes] = {}

    def setxattr(fd: int, name: str, value: bytes) -> None:
        if name.startswith("security."):
            raise OSError(errno.EPERM, "Operation not permitted")
        kept[name] = value

    monkeypatch.setattr(os, "setxattr", setxattr)
    with atomic.replacement(str(tmp_path / "x")) as output:
        output.write(b"new")
    assert kept == {"user.zz": b"z"}
