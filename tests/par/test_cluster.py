"""par --cluster: the same on a real scheduler with two real workers, and on one that par starts."""

import contextlib
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import stdtools
from tests.conftest import COMMAND, Run
from tests.par.test_jobs_hostile import killed_at_the_end, mark, marked, until

pytestmark = [pytest.mark.process, pytest.mark.once]
__all__ = ["mark"]


class Dask:
    """A scheduler and its workers, each a process of its own."""

    def __init__(self, place: Path, workers: int = 2, threads: int = 1) -> None:
        self._place = place
        self._threads = threads
        self._file = place / "scheduler.json"
        self.processes: list[subprocess.Popen[bytes]] = []
        self._start("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        while not (self._file.exists() and self._file.read_text().endswith("}")):  # it is written bit by bit
            time.sleep(0.05)
        self.address = json.loads(self._file.read_text())["address"]
        self.workers = [self.add_worker() for _ in range(workers)]

    def _start(self, module: str, *args: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-W", "ignore", "-m", module, "--scheduler-file", str(self._file), *args]
        with open(self._place / "log", "ab") as log:
            self.processes.append(subprocess.Popen(command, stdout=log, stderr=log, cwd=self._place))
        return self.processes[-1]

    def add_worker(self) -> subprocess.Popen[bytes]:
        return self._start(
            "distributed.cli.dask_worker", "--host", "127.0.0.1", "--nworkers", "1", "--nthreads", str(self._threads),
            "--no-nanny", "--no-dashboard", "--local-directory", str(self._place),
        )  # fmt: skip

    def stop(self) -> None:
        for process in reversed(self.processes):
            with contextlib.suppress(OSError):
                process.kill()
            process.wait()


@contextlib.contextmanager
def running_dask(place: Path, workers: int = 2, threads: int = 1) -> Iterator[Dask]:
    running = Dask(place, workers, threads)
    try:
        ready = [COMMAND, "par", "--cluster", running.address, "--py", "line", ":::", "x"]
        deadline = time.monotonic() + 60
        while subprocess.run(ready, capture_output=True).returncode:
            assert time.monotonic() < deadline, (Path(running._place) / "log").read_text()
            time.sleep(0.2)
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dask]:
    with running_dask(tmp_path_factory.mktemp("dask")) as running:
        yield running


def test_expressions_in_order(run: Run, dask: Dask) -> None:
    lines = "".join(f"{number}\n" for number in range(20_000))
    args = ["par", "--cluster", dask.address]
    assert run(*args, "--py", "int(line) * 2", stdin=lines).text == "".join(f"{n * 2}\n" for n in range(20_000))
    result = run(*args, "--unordered", "--import", "os", "--py", "os.getpid()", stdin=lines)
    assert result.text.count("\n") == 20_000
    assert set(map(int, result.text.split())) <= {worker.pid for worker in dask.workers}
    assert run(*args, "--map", "line[-1:]", "--reduce", "count", stdin=lines).text == "".join(
        f"{digit}\t2000\n" for digit in range(10)
    )


def test_what_the_threads_of_a_worker_print_is_not_mixed(run: Run, tmp_path: Path) -> None:
    lines = "".join(f"{number}\n" for number in range(500))
    with running_dask(tmp_path, workers=1, threads=4) as dask:
        args = ["--cluster", dask.address, "--import", "time", "--py", "print(line) or time.sleep(0.002)"]
        assert run("par", *args, stdin=lines) == (0, lines.encode(), "")


def test_errors_are_told_as_on_one_machine(run: Run, dask: Dask) -> None:
    for where in (["--cluster", dask.address], []):
        result = run("par", *where, "--on-error", "skip", "--py", "int(line)", stdin="1\nx\n3\n")
        message = "item 2 (x): ValueError: invalid literal for int() with base 10: 'x'"
        assert result == (2, b"1\n3\n", f"stdtools par: {message}\n")
        result = run("par", *where, "--import", "nosuch", "--py", "line", stdin="1\n")
        assert result == (2, b"", "stdtools par: ModuleNotFoundError: No module named 'nosuch'\n")


def test_commands_with_order_retries_joblog_and_digest(run: Run, dask: Dask, tmp_path: Path) -> None:
    args = ["par", "--cluster", dask.address, "--joblog", "log"]
    script = "echo {}; echo e{} >&2; sleep 0.{}; test {} != 2"
    result = run(*args, "--retries", "1", "--shell", script, stdin="3\n2\n1\n")
    assert (result.code, result.text) == (2, "3\n2\n1\n")
    assert result.err == (
        "e3\ne2\ne1\nstdtools par: 1 of 3 jobs failed\n  1 × exit code 1: e2  (job 2 2)\n"
        "  to run the others again: the same with --resume (and --joblog log)\n"
    )
    log = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert sorted((record["job"], record["attempt"], record["exit"]) for record in log) == [
        (1, 1, 0), (2, 1, 1), (2, 2, 1), (3, 1, 0)
    ]  # fmt: skip
    assert run(*args, "--resume", "--shell", script, stdin="1\n3\n").out == b""
    assert run("par", "--cluster", dask.address, "--block", "4", "cat", stdin="a\nb\nc\n").out == b"a\nb\nc\n"
    result = run("par", "--cluster", dask.address, "--timeout", "0.2", "sleep", ":::", "60")
    assert (result.code, "1 × timed out" in result.err) == (2, True)
    script = f"cd {tmp_path}; touch {{}}-began; until test -e b-began; do sleep 0.01; done; echo {{%}}; test {{}} = a"
    args = ["--cluster", dask.address, "--shell", script, ":::"]
    result = run("par", "-j2", *args, "a", "b")
    assert (result.code, result.text) == (2, "1\n2\n")
    assert result.err.endswith(f"  to run them again: {shlex.join(['stdtools', 'par', *args, 'b'])}\n")
    result = run("par", "--cluster", dask.address, "nosuch", ":::", "a")
    assert result == (127, b"", "stdtools par: nosuch: command not found\n")
    (tmp_path / "script").write_text('echo "$#" "$1"\n')  # that does not say of what
    (tmp_path / "script").chmod(0o755)
    assert run("par", "--cluster", dask.address, f"{tmp_path}/script", ":::", "a b") == (0, b"1 a b\n", "")


def test_halt_lets_nothing_of_what_went_well_be_lost(run: Run, dask: Dask, tmp_path: Path) -> None:
    script = f"cd {tmp_path}; case {{}} in a) sleep 100;; b) echo b;; *) exit 1;; esac"
    args = ["par", "-j2", "--cluster", dask.address, "--joblog", "log", "--halt", "now,fail=1", "--shell", script]
    assert run(*args, ":::", *"abc").out == b"b\n"
    ends = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert sorted((end["job"], end["exit"]) for end in ends) == [(2, 0), (3, 1)]


def test_ctrl_c_ends_the_commands_wherever_they_are(dask: Dask, tmp_path: Path) -> None:
    script = f"echo $$ > {tmp_path}/pid-{{}}; exec sleep 100"
    command = [COMMAND, "par", "--cluster", dask.address, "--shell", script, ":::", "a", "b"]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        pids = [tmp_path / "pid-a", tmp_path / "pid-b"]
        while not all(path.exists() and path.read_text().strip() for path in pids):
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        err = process.stderr.read()
    assert (process.returncode, err) == (-signal.SIGINT, b"")
    for path in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(int(path.read_text()), 0)


def test_a_worker_that_is_killed_loses_nothing(run: Run, dask: Dask) -> None:
    lines = "".join(f"{number}\n" for number in range(400))
    command = [COMMAND, "par", "--cluster", dask.address, "--import", "time", "--py", "time.sleep(0.01) or line"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.write(lines.encode())
        process.stdin.flush()
        dask.add_worker()
        time.sleep(1.5)
        dask.workers.pop().kill()
        out, err = process.communicate()
    assert (process.returncode, out.decode(), err) == (0, lines, b"")
    dask.workers.append(dask.processes[-1])


@pytest.mark.parametrize(
    "work",
    [
        ["--py", "touch() or re.match('(a+)+$', 'a' * 40 + 'b')"],  # nothing else of the worker runs meanwhile
        ["--map", "touch() or time.sleep(100)", "--reduce", "count"],
    ],
)
def test_ctrl_c_ends_workers_that_are_busy_with_an_expression(tmp_path: Path, mark: str, work: list[str]) -> None:
    command = [COMMAND, "par", "--cluster", "local:1", "--import", "time", "--init", "def touch(): open('begun', 'w')"]
    process = subprocess.Popen([*command, *work, ":::", "a"], cwd=tmp_path, stderr=subprocess.PIPE)
    with killed_at_the_end(process):
        until(lambda: (tmp_path / "begun").exists())
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=10) == (None, b"")
    assert process.returncode == -signal.SIGINT
    until(lambda: not marked(mark), 2)


def test_ctrl_c_while_the_workers_start_leaves_none(tmp_path: Path, mark: str) -> None:
    for _ in range(3):
        process = subprocess.Popen([COMMAND, "par", "--cluster", "local:1", "sleep", ":::", "100"], cwd=tmp_path)
        until(lambda: len(marked(mark)) > 2)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == -signal.SIGINT
        until(lambda: not marked(mark), 2)


def test_what_an_expression_starts_has_no_part_in_our_pipes(run: Run) -> None:
    code = "subprocess.run('cat; head -c 200000 /dev/zero', shell=True).returncode"
    assert run("par", "--cluster", "local:1", "--import", "subprocess", "--py", code, ":::", "a") == (0, b"0\n", "")


def test_no_module_of_the_current_directory_hides_one_that_a_cluster_needs(run: Run, tmp_path: Path) -> None:
    (tmp_path / "random.py").write_text("raise SystemExit('not the random of the library')")
    (tmp_path / "mine.py").write_text("def double(line): return line * 2")
    assert run("par", "--cluster", "local:1", "--call", "mine:double", ":::", "a") == (0, b"aa\n", "")


def test_no_module_of_the_current_directory_stands_in_for_dask(python: str, shell: Run, tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    for module in (click, stdtools):
        (tmp_path / "site" / module.__name__).symlink_to(os.path.dirname(str(module.__file__)))
    (tmp_path / "distributed.py").write_text("print('hostile')")
    (tmp_path / "mine.py").write_text("def add(a, b): return a + b")
    args = "--cluster tcp://127.0.0.1:1 --map '(line, 1)' --import mine --reduce 'mine.add(a, b)' ::: a"
    result = shell(f"PYTHONPATH=site {python} -SP -m stdtools par {args}")
    message = "--cluster needs the package distributed; pip install 'stdtools[cluster]'"
    assert result == (2, b"", f"stdtools par: {message}\n")


def test_a_scheduler_that_is_not_there(run: Run) -> None:
    result = run("par", "--cluster", "tcp://127.0.0.1:1", "--py", "line", stdin="a\n")
    assert (result.code, result.out) == (2, b"")
    assert result.err.startswith("stdtools par: tcp://127.0.0.1:1: cannot reach the scheduler: ")
    result = run("par", "--cluster", "local:x", "--py", "line", stdin="a\n")
    assert result.err == "stdtools par: local:x: is not local: and a number of workers, as local:4\n"


def test_a_cluster_of_this_machine_and_an_item_that_kills_its_workers(run: Run, tmp_path: Path) -> None:
    lines = "".join(f"{number}\n" for number in range(6))
    poison = "line == '4' and os.kill(os.getpid(), 9) or line"
    args = ["--cluster", "local:2", "--import", "os", "--dead-letter", "dead", "--py", poison]
    result = run("par", *args, stdin=lines)
    assert (result.code, result.text) == (2, lines.replace("\n4\n", "\n"))
    assert result.err == "stdtools par: item 5 (4): its worker was killed, twice\n"
    assert json.loads((tmp_path / "dead").read_text())["line"] == "4"
