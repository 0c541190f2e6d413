"""The scripts of tasks --explain do what the commands do to tasks and projects."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import COMMAND, Run

pytestmark = pytest.mark.process

CASES = [
    ["add", "Buy", "milk"],
    ["add", 'It\'s "new"', "--project", "new", "--priority", "1", "--due", "+3d"],
    ["list"],
    ["list", "1-4", "7"],
    ["list", "--project", "home", "--project", "none"],
    ["list", "--project", "o'clock"],
    ["list", "--priority", "1..5", "--status", "all"],
    ["list", "--due", "overdue"],
    ["list", "--due", "today..eom", "--sort", "-deadline", "--sort", "details"],
    ["list", "--due", "none", "--reverse", "--limit", "1"],
    ["list", "--match", "BUY", "--match", "milk"],
    ["list", "--where", "details LIKE '%''%' OR \"priority\" < 2"],
    ["list", "--where", "details = '\\n' OR 1"],
    ["list", "--match", "nothing"],
    ["list", "--match", "none"],
    ["show", "1"],
    ["show", "1-3", "5", "99"],
    ["edit", "1", "--to-priority", "3", "--to-due", "none", "--to-details", "It's new"],
    ["edit", "--project", "home", "--to-project", "house", "--yes"],
    ["edit", "1", "--to-project", "none"],
    ["edit", "77", "--to-project", "ghost"],
    ["done", "1"],
    ["done", "5"],
    ["done", "--match", "milk", "--yes"],
    ["done", "--project", "home", "--expect", "2"],
    ["done", "--project", "home", "--expect", "3"],
    ["done", "1-4", "--sort", "priority", "--limit", "2"],
    ["reopen", "5"],
    ["reopen", "--where", "1", "--yes"],
    ["rm", "1-2"],
    ["rm", "--due", "overdue", "--yes"],
    ["rm", "--priority", "99", "--expect", "0"],
    ["undo"],
    ["redo"],
    ["log"],
    ["log", "--limit", "2"],
    ["projects"],
    ["projects", "add", "garden", "--description", "All of it", "--deadline", "eoy"],
    ["projects", "add", "home"],
    ["projects", "edit", "home", "--name", "house", "--deadline", "none"],
    ["projects", "edit", "nowhere", "--name", "house"],
    ["projects", "rm", "empty"],
    ["projects", "rm", "home"],
    ["projects", "rm", "home", "--with-tasks"],
    ["projects", "rm", "nowhere"],
]
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
DUMP = "select * from task order by id; select * from project order by name"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with a step to undo and one to do again."""
    path = tmp_path_factory.mktemp("made") / "a.db"
    for line in (
        "add|Buy milk|--project|home",
        "add|Write report|--project|o'clock|--priority|1|--due|friday",
        "add|Pay|--due|yesterday",
        "add|It's\tthis|--project|home|--due|today",
        "add|Sleep",
        "projects|add|empty|--description|Nothing",
        "done|5",
        "edit|3|--to-priority|7|--to-project|home2",
        "edit|1|--to-details|Buy milk and bread",
        "undo",
    ):
        words = [COMMAND, "tasks", "--db", str(path), *line.split("|")]
        subprocess.run(words, check=True, capture_output=True, env={**os.environ, "STDTOOLS_TODAY": "2026-11-25"})
    return path


@pytest.fixture
def place(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with a copy of it."""
    monkeypatch.setenv("STDTOOLS_TODAY", "2026-11-25")
    shutil.copy(made, tmp_path / "a.db")
    return tmp_path


@pytest.mark.parametrize("args", CASES, ids=" ".join)
def test_the_script_does_what_the_command_does(run: Run, place: Path, python: str, shell: Run, args: list[str]) -> None:
    """The same output and exit code, and the same tasks and projects afterwards, in at most 20 lines."""
    shutil.copy(place / "a.db", place / "before.db")
    script = run("tasks", "--db", "a.db", *args, "--explain")
    assert (script.code, script.err) == (0, "")
    assert len([line for line in script.text.splitlines() if line]) <= 20
    done = run("tasks", "--db", "a.db", *args, "-q")
    after = shell(f"sqlite3 a.db '{DUMP}'").text
    shutil.copy(place / "before.db", place / "a.db")
    explained = subprocess.run([python, "-c", script.text], cwd=place, capture_output=True)
    assert explained.stderr == b""
    if done.text not in ("", "0\n") or args[0] == "list":
        out = explained.stdout.replace(b"It's\tthis", b"It's\\tthis").replace(b"\\n' OR", b"\\\\n' OR")
        assert MOMENT.sub("", out.decode()) == MOMENT.sub("", done.text)
    assert explained.returncode == done.code
    assert MOMENT.sub("", shell(f"sqlite3 a.db '{DUMP}'").text) == MOMENT.sub("", after)


def test_a_renamed_project_is_turned_back_and_forth(run: Run, place: Path, python: str, shell: Run) -> None:
    before = shell(f"sqlite3 a.db '{DUMP}'").text
    assert run("tasks", "--db", "a.db", "projects", "edit", "home", "--name", "house", "--due", "eoy").code == 0
    after = shell(f"sqlite3 a.db '{DUMP}'").text
    for command, expected in (("undo", before), ("redo", after)):
        script = run("tasks", "--db", "a.db", command, "--explain").text
        assert subprocess.run([python, "-c", script], cwd=place, capture_output=True).returncode == 0
        assert shell(f"sqlite3 a.db '{DUMP}'").text == expected


def test_an_import_is_left_as_it_is_and_so_is_nothing(run: Run, place: Path, python: str) -> None:
    """What an import made stands in no row of ``change``."""
    assert run("tasks", "--db", "a.db", "import", stdin="details\na\nb\n").code == 0
    listed = run("tasks", "--db", "a.db", "list"), run("tasks", "--db", "a.db", "log")
    script = run("tasks", "--db", "a.db", "undo", "--explain").text
    done = subprocess.run([python, "-c", script], cwd=place, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"an import is not covered\n")
    assert (run("tasks", "--db", "a.db", "list"), run("tasks", "--db", "a.db", "log")) == listed
    assert run("tasks", "--db", "a.db", "undo", "99").code == 0
    done = subprocess.run([python, "-c", script], cwd=place, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"")


def test_a_script_makes_no_database(run: Run, tmp_path: Path, python: str) -> None:
    for args in (["list"], ["show", "1"], ["log"], ["projects"], ["done", "1"], ["import", "a.csv"]):
        script = run("tasks", "--db", "a?b.db", *args, "--explain").text
        assert subprocess.run([python, "-c", script], cwd=tmp_path, capture_output=True).returncode == 1
        assert list(tmp_path.iterdir()) == []


def test_dates_are_those_of_today(run: Run, place: Path) -> None:
    script = run("tasks", "add", "x", "--due", "tomorrow", "--explain").text
    assert "'deadline': '2026-11-26'" in script


@pytest.mark.parametrize(
    "args",
    [
        ["rm"],
        ["done", "--limit", "1"],
        ["reopen"],
        ["reopen", "1", "--status", "open"],
        ["edit", "--to-priority", "1"],
        ["edit", "3"],
        ["edit", "3", "--to-details", ""],
        ["add", ""],
        ["add", "x", "--project", "none"],
        ["projects", "add", ""],
        ["projects", "edit", "home"],
        ["projects", "edit", "home", "--name", "none"],
        ["export", "1", "--projects"],
        ["import", "--no-header", "details", "--map", "a=due"],
    ],
    ids=" ".join,
)
def test_what_the_command_refuses_has_no_script(run: Run, place: Path, args: list[str]) -> None:
    refused = run("tasks", "--db", "a.db", *args)
    assert refused.code == 2
    assert run("tasks", "--db", "a.db", *args, "--explain") == refused


@pytest.mark.parametrize(
    ("args", "option"),
    [
        (["list", "--csv"], "--csv"),
        (["done", "1", "--dry-run"], "--dry-run"),
        (["undo", "2"], "more than one step"),
        (["list", "--db", ":memory:"], "--db :memory:, in which there is nothing"),
        (["projects", "list", "--json"], "--json"),
    ],
)
def test_what_it_does_not_cover_is_said(run: Run, args: list[str], option: str) -> None:
    name = "projects list" if args[0] == "projects" else args[0]
    assert run("tasks", *args, "--explain") == (2, b"", f"stdtools tasks {name}: --explain does not cover {option}\n")
