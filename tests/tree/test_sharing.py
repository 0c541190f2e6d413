"""Long walks, which several processes share: one set of lines, one end, nobody left behind."""

import contextlib
import itertools
import os
import random
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stdtools.tree import sorting
from tests.conftest import COMMAND, Run
from tests.test_cli import on_terminal

pytestmark = [pytest.mark.process, pytest.mark.once]


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree that is long enough for more than one process: 1,831 directories, 16,231 entries."""
    root = tmp_path_factory.mktemp("trees") / "wide"
    for first, second in itertools.product(range(30), range(60)):
        directory = root / f"{first:02}" / f"directory-{second:03}"
        directory.mkdir(parents=True)
        for name in ("a.py", "b.log", "c.txt", f"{first}-{second}.dat", "e", "f", "g", "h"):
            (directory / name).touch()
    return root


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def children_of(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in path.read_text().split()] if path.exists() else []


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


TESTS = ([], ["-n", "*.py"], ["-t", "d"], ["--size", "0"], ["-d", "2"], ["--template", "$path $type"], ["--jsonl"])


@pytest.mark.parametrize("tests", TESTS, ids=" ".join)
def test_many_write_what_one_writes(run: Run, wide: Path, tests: list[str]) -> None:
    alone = run("find", wide, *tests, "-j", "1")
    for jobs in ("2", "3", "7"):
        together = run("find", wide, *tests, "-j", jobs)
        assert sorted(together.out.splitlines()) == sorted(alone.out.splitlines())
        assert (together.code, together.err) == (0, "")


@pytest.mark.parametrize("key", ["path", "name", "size", "ext"])
def test_sorted_finds_are_the_same_bytes_from_any_number(run: Run, wide: Path, key: str) -> None:
    alone = run("find", wide, "--sort", key, "-j", "1")
    assert run("find", wide, "--sort", key, "-j", "4") == alone
    assert run("find", wide, "--sort", key, "--reverse", "-j", "3", "--long").out.count(b"\n") == alone.out.count(b"\n")


def test_one_process_keeps_the_order_of_the_directories_with_and_without_a_test(run: Run, tmp_path: Path) -> None:
    for name in ("c/x", "a/b/y", "d/z", "e/f/g"):
        (tmp_path / "o" / name).mkdir(parents=True)
    (tmp_path / "o/c/2").touch()

    def directories(*args: str) -> list[bytes]:
        paths = run("find", "o", "-j", "1", *args).out.splitlines()
        return [directory for directory, _ in itertools.groupby(map(os.path.dirname, paths))]

    plain = directories()
    assert plain == directories("-n", "*") == directories("-n", "?")
    assert len(plain) == len(set(plain)) == 8


def test_more_runs_than_files_may_be_open_are_merged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sorting, "IN_MEMORY", 5)
    monkeypatch.setattr(sorting, "MOST_RUNS", 3)
    numbers = list(range(1000))
    random.Random(4).shuffle(numbers)
    before = len(os.listdir("/proc/self/fd"))
    for reverse in (False, True):
        sorter = sorting.Sorter(reverse=reverse)
        for number in numbers:
            sorter.add((number, b"row"))
        assert len(os.listdir("/proc/self/fd")) <= before + 4
        assert list(sorter.rows()) == sorted(((number, b"row") for number in numbers), reverse=reverse)
        assert len(os.listdir("/proc/self/fd")) == before


def test_csv_has_one_header(run: Run, wide: Path) -> None:
    (wide / "05" / "directory-007" / "late").touch()
    for form in ("csv", "tsv"):
        result = run("find", wide, "-n", "late", "--format", form, "--columns", "name,depth", "-j", "4")
        assert result.text == {"csv": "name,depth\nlate,3\n", "tsv": "name\tdepth\nlate\t3\n"}[form]
    assert run("find", wide, "-n", "none", "--csv", "--columns", "name", "-j", "4") == (1, b"name\n", "")


def test_a_table_on_a_terminal_has_all_rows(wide: Path) -> None:
    seen = on_terminal(["find", str(wide), "-n", "a.py", "--columns", "name,depth", "-j", "4"], wide)
    assert len(re.findall(r"(?m)^a\.py +3$", seen)) == 1800


def test_rules_of_git_hold_in_every_process(run: Run, wide: Path) -> None:
    """Outside a repository the rules come from the root of the walk, which each process must know."""
    (wide / ".gitignore").write_text("*.log\n/07/\n03/directory-01?/\n")
    try:
        alone = run("find", wide, "--gitignore", "-j", "1")
        for _ in range(3):
            together = run("find", wide, "--gitignore", "-j", "4")
            assert sorted(together.out.splitlines()) == sorted(alone.out.splitlines())
        assert b".log" not in alone.out
        assert b"wide/07" not in alone.out
    finally:
        (wide / ".gitignore").unlink()


@pytest.mark.parametrize("reader", ["head -n 1", "true"])
def test_a_reader_that_leaves_a_sorted_walk_leaves_nobody_behind(wide: Path, reader: str) -> None:
    line = f"{COMMAND} find '{wide}' --sort path -j 4 | {reader} >/dev/null; echo ${{PIPESTATUS[0]}}"
    process = subprocess.Popen(["bash", "-c", line], stdout=subprocess.PIPE, start_new_session=True)
    output, _ = process.communicate(timeout=60)
    assert output in (b"141\n", b"0\n")
    until(lambda: not members(process.pid))


def test_the_first_of_a_sorted_walk_ends_all(run: Run, wide: Path) -> None:
    result = run("find", wide, "--sort", "path", "--max-results", "2", "-j", "4", start_new_session=True)
    assert result.out.count(b"\n") == 2


def members(session: int) -> list[int]:
    """Return the processes of *session* that live."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                fields = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(fields[3]) == session and fields[0] != "Z":
                found.append(int(entry))
    return found


Walk = tuple["subprocess.Popen[bytes]", int]


@pytest.fixture
def shared_walk(wide: Path) -> Iterator[Walk]:
    """A walk that never ends, as one of the others is stopped; and which."""
    command = [COMMAND, "find", *[wide] * 1000, "-n", "none", "-j", "3"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    stopped: list[int] = []

    def is_stopped() -> bool:
        for pid in children_of(process.pid)[:1]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
                stopped[:] = [pid]
                time.sleep(0.05)
        return bool(stopped) and stopped[0] in children_of(process.pid) and is_alive(stopped[0])

    until(is_stopped)
    yield process, stopped[0]
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
@pytest.mark.parametrize("whom", ["the first", "all"])
def test_a_signal_ends_all_of_them(shared_walk: Walk, number: signal.Signals, whom: str) -> None:
    process, stopped = shared_walk
    (os.killpg if whom == "all" else os.kill)(process.pid, number)
    assert process.wait(timeout=30) == -number
    with contextlib.suppress(ProcessLookupError):
        os.kill(stopped, signal.SIGCONT)  # it may go on, and find itself alone
    until(lambda: not members(process.pid))
    assert process.stderr is not None
    assert process.stderr.read() == b""


def test_a_death_among_them_is_told(shared_walk: Walk) -> None:
    process, stopped = shared_walk
    os.kill(stopped, signal.SIGKILL)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, output) == (2, b"")
    assert errors == b"stdtools find: a process of the walk was killed; what it had found is lost\n"
    until(lambda: not members(process.pid))


@pytest.mark.parametrize("limit", [12, 16, 24])
def test_too_few_descriptors_for_a_crew_are_no_trouble(shell: Run, wide: Path, limit: int) -> None:
    count = int(shell(f"stdtools find '{wide}' -j 1 | wc -l").text)
    for sort in ("", "--sort path"):
        result = shell(f"ulimit -n {limit}; stdtools find '{wide}' -j 4 {sort} | wc -l")
        assert (result.text, result.err) == (f"{count}\n", "")


def test_many_roots_take_no_more_descriptors_than_one(shell: Run, wide: Path) -> None:
    roots = " ".join([f"'{wide}'"] * 30)
    count = int(shell(f"stdtools find '{wide}' -j 1 | wc -l").text)
    for sort in ("", "--sort path"):
        result = shell(f"ulimit -n 40; stdtools find {roots} -j 4 {sort} | wc -l")
        assert (result.text, result.err) == (f"{30 * count}\n", "")


def test_a_full_disk_ends_all_of_them(run: Run, wide: Path) -> None:
    for more in ([], ["--sort", "path"]):
        with open("/dev/full", "wb") as full:
            result = run("find", wide, "-j", "4", *more, stdout=full)
        assert (result.code, result.err) == (2, "stdtools find: standard output: No space left on device\n")
