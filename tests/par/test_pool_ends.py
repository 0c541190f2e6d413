"""How processes end that have a Pool: scripts of their own, as a test cannot kill itself."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import stdtools

ROOTS = [os.path.dirname(os.path.dirname(stdtools.__file__)), str(Path(__file__).parents[2])]
METHODS = pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])

BUSY = """
import multiprocessing, sys
from stdtools.par import Pool
from tests.par import work

if __name__ == "__main__":
    first = Pool(2, start_method=sys.argv[1])
    second = Pool(2, start_method=sys.argv[1])  # forked from one that has the pipes of the first
    for pool in (first, second):
        pool.map(work.square, range(10))
    print(*(child.pid for child in multiprocessing.active_children()), flush=True)
    list(first.imap(work.sleep, range(10)))
"""

IDLE = BUSY.replace("list(first.imap(work.sleep, range(10)))", "input()")


def start(script: str, method: str, tmp_path: Path) -> tuple["subprocess.Popen[bytes]", list[int]]:
    """Start it as the leader of a group; return it and the pids that it prints."""
    path = tmp_path / "script.py"
    path.write_text(script)
    process = subprocess.Popen(
        [sys.executable, path, method],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(ROOTS)},
        start_new_session=True,
    )
    assert process.stdout is not None
    return process, [int(pid) for pid in process.stdout.readline().split()]


def alive(pids: list[int]) -> list[int]:
    """Return those that run; what nobody has waited for is dead all the same."""
    found = []
    for pid in pids:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state not in "ZX":
            found.append(pid)
    return found


def wait_until_gone(pids: list[int]) -> None:
    """Wait for them, ten seconds at most; kill what is left, and fail."""
    deadline = time.monotonic() + 10
    while left := alive(pids):
        if time.monotonic() > deadline:
            for pid in left:
                os.kill(pid, signal.SIGKILL)
            pytest.fail(f"{len(left)} of {len(pids)} workers have outlived their parent")
        time.sleep(0.01)


@METHODS
@pytest.mark.parametrize("script", [BUSY, IDLE])
def test_workers_end_when_their_parent_is_killed(method: str, script: str, tmp_path: Path) -> None:
    process, pids = start(script, method, tmp_path)
    assert len(alive(pids)) == 4
    process.kill()
    process.wait()
    wait_until_gone(pids)  # before the end of its output, which they hold open
    process.communicate()


@METHODS
def test_an_interrupt_ends_all_and_only_the_parent_tells(method: str, tmp_path: Path) -> None:
    process, pids = start(BUSY, method, tmp_path)
    os.killpg(process.pid, signal.SIGINT)
    process.wait()
    wait_until_gone(pids)
    _, err = process.communicate()
    assert err.count(b"Traceback") == 1
    assert err.endswith(b"KeyboardInterrupt\n")
    assert process.returncode == -signal.SIGINT


@METHODS
def test_an_interrupt_while_workers_start_leaves_none(method: str, tmp_path: Path) -> None:
    script = BUSY.replace("first = Pool", "print(flush=True)\n    first = Pool")
    for delay in (0.0, 0.01, 0.03, 0.1):
        process, _ = start(script, method, tmp_path)
        time.sleep(delay)
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate()
        assert err.count(b"Traceback") == 1, err.decode()
        deadline = time.monotonic() + 10
        while group(process.pid):
            assert time.monotonic() < deadline, group(process.pid)
            time.sleep(0.01)


def group(leader: int) -> list[int]:
    """Return the processes of a group that run."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            fields = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[2]) == leader and fields[0] not in "ZX":
            found.append(int(name))
    return found


@METHODS
def test_a_parent_that_just_ends_takes_its_workers_along(method: str, tmp_path: Path) -> None:
    process, pids = start(IDLE, method, tmp_path)
    _, err = process.communicate(b"\n")
    assert (process.returncode, err) == (0, b"")
    wait_until_gone(pids)
