"""Every test runs the installed command in a home of its own."""

import compileall
import os
import signal
import subprocess
import sys
import sysconfig
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import hypothesis
import pytest

from tests.forks import Forks

COMMAND = os.path.join(sysconfig.get_path("scripts"), "stdtools")

# A busy machine is slow; what takes for ever is ended by pytest-timeout.
hypothesis.settings.register_profile("tests", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("tests")

# What a script starts in the background ignores these, and so would all that the tests run.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let several Pythons share the tests, and each run of a test start a process."""
    parser.addoption("--start-each", action="store_true", help="start a process for each run of a test, fork none")
    parser.addoption("--share", metavar="K/N", help="run one Nth of the tests, the Kth from 0; another for each Python")


def pytest_configure(config: pytest.Config) -> None:
    """Compile the sources: the import under a limited file size would leave half a module for all after it."""
    if not hasattr(config, "workerinput"):
        import stdtools

        compileall.compile_dir(os.path.dirname(stdtools.__file__), quiet=2)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests that are another Python's."""
    if config.option.share:
        mine, shares = map(int, config.option.share.split("/"))
        left = [item for item in items if zlib.crc32(item.nodeid.encode()) % shares != mine]
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if zlib.crc32(item.nodeid.encode()) % shares == mine]


class Result(NamedTuple):
    """What a process left behind; a death by signal shows as the shell shows it, 128 + number."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode()


Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty home, no variables that steer us, and a clean umask."""
    path = tmp_path_factory.mktemp("home")
    for name in list(os.environ):
        if name.startswith(("STDTOOLS", "XDG_", "PYTHON")) or name in (
            "NO_COLOR",
            "FORCE_COLOR",
            "CLICOLOR",
            "CLICOLOR_FORCE",
        ):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(path))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("PATH", os.path.dirname(COMMAND) + os.pathsep + os.environ["PATH"])
    umask = os.umask(0o022)
    yield path
    os.umask(umask)


@pytest.fixture
def berlin() -> Iterator[None]:
    """The clock of Berlin, which goes forward and back once a year."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "Europe/Berlin")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture(scope="session")
def forks(pytestconfig: pytest.Config) -> Iterator[Forks | None]:
    """What runs commands; none where each is to be started."""
    with Forks() as forks:
        yield None if pytestconfig.option.start_each else forks


@pytest.fixture
def run(tmp_path: Path, forks: Forks | None) -> Run:
    """Run ``stdtools`` with arguments in an empty directory."""

    def run(
        *args: str | bytes, stdin: bytes | str = b"", env: dict[str, str] | None = None, **settings: object
    ) -> Result:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        command = [COMMAND, *map(os.fsdecode, args)]
        environment = {**os.environ, **{name: os.fsdecode(value) for name, value in (env or {}).items()}}
        settings.setdefault("cwd", tmp_path)
        if forks and settings.keys() == {"cwd"}:
            done = forks.run(command, data, environment, settings["cwd"], timeout=60)
        else:
            if "stdin_file" in settings:
                settings["stdin"] = settings.pop("stdin_file")
            else:
                settings["input"] = data
            settings.setdefault("stdout", subprocess.PIPE)
            settings.setdefault("stderr", subprocess.PIPE)
            done = subprocess.run(command, env=environment, timeout=60, **settings)
        code = done.returncode if done.returncode >= 0 else 128 - done.returncode
        return Result(code, done.stdout or b"", (done.stderr or b"").decode("utf-8", "surrogateescape"))

    return run


@pytest.fixture
def shell(tmp_path: Path) -> Run:
    """Run a line of bash, with pipefail, in an empty directory."""

    def shell(line: str, stdin: bytes = b"", cwd: Path | None = None) -> Result:
        script = f"set -o pipefail\n{line}"
        done = subprocess.run(["bash", "-c", script], input=stdin, capture_output=True, cwd=cwd or tmp_path, timeout=60)
        return Result(done.returncode, done.stdout, done.stderr.decode("utf-8", "surrogateescape"))

    return shell


@pytest.fixture
def records(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the matrix of all commands works on: two binary records, and a store with its files."""
    import stdtools.kv

    path = tmp_path / "records.bin"
    path.write_bytes(b"\1\0\0\0\2\0\0\0")
    (tmp_path / "operations.jsonl").write_text('{"op": "get", "key": "k"}\n')
    (tmp_path / "value.pickle").write_bytes(b"\x80\x04K\x07.")
    (tmp_path / "pairs.jsonl").write_text('{"key": "k", "value": "v"}\n')
    monkeypatch.setenv("EDITOR", "true")
    make_tasks(tmp_path / "tasks.csv", home / ".local/share/stdtools/tasks.db")
    with stdtools.kv.open(home / ".local/share/stdtools/kv/default.db") as store:
        store.update(k="v", n=1, q=["v"] * 20)
    return path


def make_tasks(plan: Path, path: Path) -> None:
    """Make a CSV file, and a database with steps to undo and to redo."""
    from stdtools.tasks.database import Database
    from stdtools.tasks.steps import undo

    plan.write_text("details,project\nsomething,home\n")
    with Database(str(path), writable=True) as database:
        for number in range(20):
            with database.step(f"step {number}"):
                database.sql.execute("INSERT OR IGNORE INTO project (name) VALUES ('home')")
                done = "2026-11-22T13:00:00Z" if number == 1 else None
                database.sql.execute(
                    "INSERT INTO task (project, details, created, completed, status) "
                    "VALUES ('home', :details, '2026-11-22T12:00:00Z', :done, iif(:done IS NULL, 'open', 'done'))",
                    {"details": f"task {number}", "done": done},
                )
        undo(database, 8)


@pytest.fixture
def python() -> str:
    return sys.executable
