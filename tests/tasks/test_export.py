"""tasks export: the tasks as import reads them, those that are wanted, and nothing a spreadsheet would compute."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stdtools.tasks.database import Database
from stdtools.tasks.exporting import without_formulas
from stdtools.tasks.schema import TASK
from tests.conftest import COMMAND, Run
from tests.tasks.made import make

pytestmark = pytest.mark.once

HEADER = "id,project,priority,details,status,deadline,created,completed\n"


@pytest.fixture
def export(run: Run) -> Run:
    """Run ``stdtools tasks export``."""

    def export(*args: str | bytes, **settings: object) -> object:
        return run("tasks", "export", *args, **settings)

    return export


@pytest.fixture
def db(tmp_path: Path) -> Path:
    path = tmp_path / "tasks.db"
    make(path, 8)
    return path


def table(path: Path, name: str = "task") -> list[tuple[Any, ...]]:
    with Database(str(path), writable=False) as database:
        return database.sql.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall()


@pytest.mark.process
def test_csv_is_the_default_and_faithful(export: Run, db: Path) -> None:
    assert export("--db", "tasks.db") == (
        0,
        (
            HEADER + "1,garden,0,water the beans,open,,2024-01-01T12:00:00Z,\n"
            "2,garden,1,=1+1,open,2024-03-02,2024-01-02T12:00:00Z,\n"
            '3,garden,2,"say ""hello"", twice",done,,2024-01-03T12:00:00Z,2024-01-12T12:00:00Z\n'
            '4,home,3,"two\nlines",open,2024-03-04,2024-01-04T12:00:00Z,\n'
            "5,home,0,{not JSON,open,,2024-01-05T12:00:00Z,\n"
            "6,home,1,wörter ☃,done,2024-03-06,2024-01-06T12:00:00Z,2024-01-15T12:00:00Z\n"
            "7,,2,-5,open,,2024-01-07T12:00:00Z,\n"
            "8,,3,tab\tand \\ backslash,open,2024-03-08,2024-01-08T12:00:00Z,\n"
        ).encode(),
        "",
    )


@pytest.mark.process
def test_every_format_has_the_same_values(export: Run, db: Path) -> None:
    wanted = [dict(zip(TASK, row, strict=True)) for row in table(db)]
    assert json.loads(export("--db", "tasks.db", "--json").text) == wanted
    assert [json.loads(line) for line in export("--db", "tasks.db", "--jsonl").text.splitlines()] == wanted
    as_text = [{key: "" if value is None else str(value) for key, value in row.items()} for row in wanted]
    assert list(csv.DictReader(io.StringIO(export("--db", "tasks.db", "--csv").text, newline=""))) == as_text
    lines = export("--db", "tasks.db", "--format", "tsv").text.splitlines()
    assert lines[0].split("\t") == list(TASK)
    assert lines[8].split("\t")[3] == "tab\\tand \\\\ backslash"


@pytest.mark.process
def test_nothing_is_a_header_and_exit_0(export: Run, db: Path, home: Path) -> None:
    assert export() == (0, HEADER.encode(), "")
    assert export("--jsonl") == (0, b"", "")
    assert export("--json") == (0, b"[]\n", "")
    assert export("--project", "idle", "--db", "tasks.db") == (0, HEADER.encode(), "")
    assert export("--projects") == (0, b"name,description,deadline\n", "")
    assert not list(home.rglob("*.db"))


@pytest.mark.process
@pytest.mark.parametrize(
    ("args", "ids"),
    [
        (["3-5", "7"], "3457"),
        (["--project", "home"], "456"),
        (["--project", "none", "--project", "home"], "45678"),
        (["--status", "done"], "36"),
        (["--status", "all", "--limit", "2"], "12"),
        (["--priority", "0"], "15"),
        (["--due", "2024-03-04..2024-03-06"], "46"),
        (["--match", "HELLO"], "3"),
        (["--where", "deadline is null and id > 3"], "57"),
        (["--sort", "-priority", "--sort", "id", "--limit", "3"], "483"),
        (["--reverse", "--limit", "3"], "876"),
        (["--sort", "urgency"], "24815763"),
    ],
)
def test_filters_choose_and_order(export: Run, db: Path, args: list[str], ids: str) -> None:
    result = export("--db", "tasks.db", "--jsonl", *args)
    assert (result.code, result.err) == (0, "")
    assert "".join(str(json.loads(line)["id"]) for line in result.text.splitlines()) == ids


@pytest.mark.process
def test_projects_are_exported_too(export: Run, db: Path) -> None:
    assert export("--projects", "--db", "tasks.db") == (
        0,
        b'name,description,deadline\ngarden,"beans, = and more",2024-06-30\nhome,,\nidle,has no tasks,\n',
        "",
    )
    assert export("--projects", "--jsonl", "--db", "tasks.db").text.splitlines()[1] == (
        '{"name": "home", "description": "", "deadline": null}'
    )


@pytest.mark.process
@pytest.mark.parametrize(
    ("args", "what"),
    [
        (["--status", "done"], "--status has"),
        (["--limit", "1"], "--limit has"),
        (["--where", "1"], "--where has"),
        (["3"], "an ID has"),
    ],
)
def test_filters_have_no_meaning_with_projects(export: Run, db: Path, args: list[str], what: str) -> None:
    message = f"stdtools tasks export: {what} no meaning with --projects; see 'stdtools tasks export --help'\n"
    assert export("--projects", *args) == (2, b"", message)
    usual = {"STDTOOLS_TASKS_EXPORT_PROJECTS": "1"}
    assert export(*args, "--db", "tasks.db", env=usual) == export(*args, "--db", "tasks.db")


@pytest.mark.process
def test_the_database_is_not_touched(export: Run, db: Path) -> None:
    os.utime(db, (1, 1))
    before, names = db.read_bytes(), sorted(os.listdir(db.parent))
    assert export("--db", "tasks.db").code == export("--projects", "--db", "tasks.db").code == 0
    assert (db.read_bytes(), db.stat().st_mtime) == (before, 1)
    assert sorted(os.listdir(db.parent)) == names


# Formulas

CASES = [
    (f"{lead}{rest}", number and lead in "+-", quoted)
    for lead in "=+-@\t\r"
    for rest, number, quoted in [("5", True, False), ("5,0", False, True), ("x", False, False), ('5"', False, True)]
]


@pytest.mark.parametrize(("text", "is_number", "quoted"), CASES)
def test_text_that_a_spreadsheet_would_compute_gets_a_quote(text: str, is_number: bool, quoted: bool) -> None:
    assert list(without_formulas([[1, text, None, -5]])) == [[1, text if is_number else f"'{text}", None, -5]]


@pytest.mark.parametrize(
    "text", ["", "x", "x=1", " =1", "'=1", "-5", "+5", "-0.5", "-.5", "+1e9", "-1.5E-3", "5-", "1+1", "é", "\n=1"]
)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert list(without_formulas([[text]])) == [[text]]


@pytest.mark.parametrize(
    "text", ["-", "+", "--5", "-5a", "-5 ", "-5\n", "+1+1", "-1e", "-٥", "-1;2", "=", "@SUM(A1)", "\t5"]
)
def test_what_only_begins_like_a_number_gets_a_quote(text: str) -> None:
    assert list(without_formulas([[text]])) == [[f"'{text}"]]


@pytest.mark.process
def test_safe_csv_is_faithful_but_for_the_quotes(export: Run, tmp_path: Path) -> None:
    with Database(str(tmp_path / "tasks.db"), writable=True) as database, database.step("test"):
        database.sql.execute("INSERT INTO project (name) VALUES ('=p')")
        database.sql.executemany(
            "INSERT INTO task (project, details, created) VALUES ('=p', ?, '2024-01-01T00:00:00Z')",
            [(text,) for text, _, _ in CASES],
        )
    faithful = list(csv.reader(io.StringIO(export("--db", "tasks.db").text, newline="")))
    assert [row[3] for row in faithful[1:]] == [text for text, _, _ in CASES]
    result = export("--db", "tasks.db", "--safe-csv")
    assert (result.code, result.err) == (0, "")
    safe = list(csv.reader(io.StringIO(result.text, newline="")))
    assert [row[3] for row in safe[1:]] == [text if is_number else f"'{text}" for text, is_number, _ in CASES]
    assert {row[1] for row in safe[1:]} == {"'=p"}
    assert [row[4:] for row in safe] == [row[4:] for row in faithful]
    assert export("--db", "tasks.db", "--safe-csv", "--format", "tsv").text.splitlines()[1].split("\t")[1] == "'=p"
    assert export("--db", "tasks.db", "--safe-csv", "--projects").text == "name,description,deadline\n'=p,,\n"


@pytest.mark.process
@pytest.mark.parametrize("form", ["--json", "--jsonl"])
def test_safe_csv_is_for_what_a_spreadsheet_reads(export: Run, form: str) -> None:
    name = form.lstrip("-")
    message = f"stdtools tasks export: --safe-csv: {name} has no formulas; leave it out\n"
    assert export("--safe-csv", form) == (2, b"", message)


# There and back

HOSTILE = [
    "plain",
    "'; DROP TABLE task; --",
    '"',
    '""',
    ",",
    "a,b",
    "-",
    "--help",
    "=1+1",
    " blank before",
    "blank behind ",
    "two\nlines",
    "\r",
    "a\r\nb",
    "\t",
    "tab\there",
    "back\\slash \\t \\n",
    "null",
    "NULL",
    "007",
    "1e999",
    "true",
    '{"$text": "x"}',
    '{"$base64": true, "encoded": "AA=="}',
    '{"$',
    "[1]",
    "\u202eright to left",
    "\x1b[31mred",
    "\x7f\x85\u2028",
    "é e\u0301",
    "☃ 🐍",
    "\ufeffbom",
    "x" * 100_000,
    "a\0b",
    "%s %(x)s {x}",
    "'quoted'",
    ";",
    "|",
]


@pytest.mark.process
@pytest.mark.parametrize("form", ["csv", "tsv", "jsonl", "json"])
def test_what_is_exported_is_imported_as_it_was(run: Run, tmp_path: Path, form: str) -> None:
    with Database(str(tmp_path / "a.db"), writable=True) as database, database.step("test"):
        for number, text in enumerate(HOSTILE):
            done = number % 3 == 0
            if number % 2 and "\0" not in text:
                database.sql.execute("INSERT INTO project (name) VALUES (?)", (text,))
            values = {
                "id": 10 + number * 7,
                "project": text if number % 2 and "\0" not in text else None,
                "priority": number,
                "details": text,
                "status": "done" if done else "open",
                "deadline": "2024-02-29" if number % 5 else None,
                "created": "2024-01-01T00:00:00Z",
                "completed": "2024-01-02T03:04:05Z" if done else None,
            }
            if "\0" not in text and text.strip():  # no line of text has them
                names = ", ".join(f":{name}" for name in TASK)
                database.sql.execute(f"INSERT INTO task VALUES ({names})", values)
    exported = run("tasks", "export", "--db", "a.db", "--format", form)
    assert (exported.code, exported.err) == (0, "")
    (tmp_path / f"all.{form}").write_bytes(exported.out)
    imported = run("tasks", "import", f"all.{form}", "--db", "b.db")
    assert imported.code == 0, imported
    assert table(tmp_path / "b.db") == table(tmp_path / "a.db")
    assert run("tasks", "export", "--db", "b.db", "--format", form).out == exported.out


# Much, and not at all


@pytest.mark.process
def test_many_tasks_are_exported_in_flat_memory(tmp_path: Path) -> None:
    with Database(str(tmp_path / "tasks.db"), writable=True) as database, database.transaction():
        database.sql.execute(
            "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 300000) "
            "INSERT INTO task (details, created) SELECT hex(zeroblob(100)), '2024-01-01T00:00:00Z' FROM n"
        )
    script = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); "
    script += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024, file=sys.stderr)"
    args = [sys.executable, "-c", script, COMMAND, "tasks", "export", "--db", "tasks.db"]
    done = subprocess.run(args, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.count("\n") == 300_001
    assert int(done.stderr) < 100  # MiB; the output has 75


@pytest.mark.process
def test_a_reader_that_goes_and_a_full_disk_are_told_as_ever(shell: Run, export: Run, tmp_path: Path) -> None:
    make(tmp_path / "tasks.db", 3000)
    result = shell("stdtools tasks export --db tasks.db | head -1; echo ${PIPESTATUS[0]}")
    assert result == (0, f"{HEADER}141\n".encode(), "")
    result = shell("stdtools tasks export --db tasks.db > /dev/full")
    assert result == (2, b"", "stdtools tasks export: standard output: No space left on device\n")


# What --explain prints


@pytest.mark.process
@pytest.mark.parametrize(
    "args",
    [
        [],
        ["2-4", "7"],
        ["--project", "home", "--status", "open", "--jsonl"],
        ["--due", "2024-03-04..", "--priority", "0..3"],
        ["--where", "details like 'w%'", "--sort", "-id", "--limit", "1"],
        ["--reverse"],
        ["--projects"],
        ["--projects", "--jsonl"],
    ],
)
def test_the_script_of_explain_does_the_same(export: Run, db: Path, python: str, args: list[str]) -> None:
    script = export(*args, "--db", "tasks.db", "--explain")
    assert (script.code, script.err) == (0, "")
    assert script.text.count("\n") <= 20
    done = subprocess.run([python, "-c", script.text], cwd=db.parent, capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (export(*args, "--db", "tasks.db").out, b"")


@pytest.mark.process
@pytest.mark.parametrize(
    ("args", "what"), [(["--match", "x"], "--match"), (["--safe-csv"], "--safe-csv"), (["--json"], "--format json")]
)
def test_explain_says_what_it_does_not_cover(export: Run, args: list[str], what: str) -> None:
    assert export(*args, "--explain") == (2, b"", f"stdtools tasks export: --explain does not cover {what}\n")
