"""The script of tasks import --explain does what the command does, for plain cases."""

import subprocess
from pathlib import Path

import pytest

from tests.conftest import Run

pytestmark = pytest.mark.process

CASES = [
    ["a.csv"],
    [],
    ["a.csv", "b.csv"],
    ["a.csv", "--project", "it's", "--map", "project="],
    ["semicolon.csv", "--delimiter", ";", "--encoding", "cp1252"],
    ["odd.csv", "--map", "What=details", "--map", "When=deadline", "--map", "Why="],
    ["bare.csv", "--no-header", "details,,deadline"],
    ["done.csv"],
    ["usual.csv"],
    ["named.json", "--delimiter", ","],
]


@pytest.fixture
def place(run: Run, tmp_path: Path) -> Path:
    """A database with a task, and files to import."""
    assert run("tasks", "--db", "./a.db", "add", "first", "--project", "p").code == 0
    (tmp_path / "a.csv").write_text('Details, Project,deadline,PRIORITY\n"a, ""b""",p,2031-01-01,3\nc,q,,\n\n')
    (tmp_path / "b.csv").write_text("details\nb\n")
    (tmp_path / "semicolon.csv").write_text("details;project\ncafé;p\n", encoding="cp1252")
    (tmp_path / "odd.csv").write_text("What,When,Why\na,2031-01-01,x\n")
    (tmp_path / "bare.csv").write_text("a,x,2031-01-01\nb,y,\n")
    (tmp_path / "done.csv").write_text("id,details,status,completed\n7,a,done,\n8,b,done,2020-01-01T00:00:00Z\n")
    (tmp_path / "usual.csv").write_text("Task,Due,Prio\na,2031-01-01,3\n")
    (tmp_path / "named.json").write_text("details,due\na,2031-01-01\n")
    return tmp_path


def tables(run: Run, database: str) -> str:
    tasks = "select id, project, priority, details, status, deadline, completed >= created as late from task"
    return run("tasks", "--db", database, "sql", f"{tasks} order by id", "--csv").text + (
        run("tasks", "--db", database, "export", "--projects").text
    )


@pytest.mark.parametrize("args", CASES, ids=" ".join)
def test_the_script_does_what_the_command_does(run: Run, place: Path, python: str, args: list[str]) -> None:
    (place / "b.db").write_bytes((place / "a.db").read_bytes())
    stdin = (place / "a.csv").read_bytes()
    script = run("tasks", "--db", "./a.db", "import", *args, "--explain")
    assert (script.code, script.err) == (0, "")
    assert len(script.text.splitlines()) <= 24
    subprocess.run([python, "-c", script.text], cwd=place, input=stdin, check=True)
    assert run("tasks", "--db", "./b.db", "import", *args, stdin=stdin).code == 0
    assert tables(run, "./a.db") == tables(run, "./b.db")


def test_a_bad_row_changes_nothing(run: Run, place: Path, python: str) -> None:
    (place / "bad.csv").write_text("details,deadline\na,\nb,2031-02-30\n")
    before = tables(run, "./a.db")
    script = run("tasks", "--db", "./a.db", "import", "bad.csv", "--explain").text
    done = subprocess.run([python, "-c", script], cwd=place, capture_output=True, text=True)
    assert "CHECK constraint failed" in done.stderr
    assert tables(run, "./a.db") == before


def test_a_column_that_it_does_not_know_is_not_lost(run: Run, place: Path, python: str) -> None:
    (place / "other.csv").write_text("details,due by\na,2031-01-01\n")
    before = tables(run, "./a.db")
    script = run("tasks", "--db", "./a.db", "import", "other.csv", "--explain").text
    done = subprocess.run([python, "-c", script], cwd=place, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "unknown columns: {'due by'}\n")
    assert tables(run, "./a.db") == before


@pytest.mark.parametrize("name", ["a.json", "a.TSV"])
def test_a_file_that_is_no_csv_by_its_name_is_refused(run: Run, name: str) -> None:
    assert run("tasks", "import", "a.csv", name, "--explain") == (
        2,
        b"",
        f"stdtools tasks import: {name}: --explain does not cover what is no CSV\n",
    )


@pytest.mark.parametrize(
    ("args", "option"),
    [
        (["--rejects", "x"], "--rejects"),
        (["--max-errors", "3"], "--max-errors"),
        (["--on-conflict", "skip"], "--on-conflict"),
        (["--key", "details"], "--key"),
        (["--dry-run"], "--dry-run"),
        (["--query", "select 1"], "--query"),
        (["--map", "2="], "--map with the number of a column"),
        (["--json"], "--json"),
        (["--db", ":memory:"], "--db :memory:, in which there is nothing"),
    ],
)
def test_what_it_does_not_cover_is_said(run: Run, args: list[str], option: str) -> None:
    assert run("tasks", "import", *args, "--explain") == (
        2,
        b"",
        f"stdtools tasks import: --explain does not cover {option}\n",
    )
