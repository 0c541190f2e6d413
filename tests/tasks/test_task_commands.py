"""The commands that add, list and change tasks, as they are typed."""

import json
import os
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete

from stdtools.cli import stdtools_command
from stdtools.shared.errors import ToolError
from stdtools.tasks.command_edit import done, edit
from stdtools.tasks.command_list import list_tasks
from stdtools.tasks.command_types import complete_projects
from stdtools.tasks.database import Database
from tests.conftest import Run
from tests.test_cli import on_terminal

pytestmark = pytest.mark.process

TODAY = "2026-11-25"  # a Wednesday


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STDTOOLS_TODAY", TODAY)


@pytest.fixture
def tasks(run: Run) -> Run:
    """Run ``stdtools tasks``."""

    def tasks(*args: str | bytes, **settings: object) -> object:
        return run("tasks", *args, **settings)

    return tasks


@pytest.fixture
def five(tasks: Run) -> None:
    """Five tasks, the last one done."""
    for line in (
        "Write report|--project|work|--priority|1|--due|friday",
        "Buy milk|--project|home",
        "Pay the bill|--due|yesterday",
        "Sweep|--project|home|--priority|9|--due|friday",
        "Sleep",
    ):
        assert tasks("add", *line.split("|")).code == 0
    assert tasks("done", "5") == (0, b"1\n", "")


def _ids(text: str) -> str:
    return " ".join(line.split("\t")[0] for line in text.splitlines())


def test_the_most_urgent_comes_first(tasks: Run, five: None) -> None:
    assert tasks("list") == (
        0,
        b"3\t\t5\t2026-11-24\topen\tPay the bill\n"
        b"1\twork\t1\t2026-11-27\topen\tWrite report\n"
        b"4\thome\t9\t2026-11-27\topen\tSweep\n"
        b"2\thome\t5\t\topen\tBuy milk\n",
        "",
    )
    assert _ids(tasks("list", "--reverse").text) == "2 4 1 3"
    for order, ids in (([], "3 1 4 2 5"), (["--sort", "urgency"], "3 1 4 2 5"), (["--reverse"], "5 2 4 1 3")):
        assert _ids(tasks("list", "--status", "all", *order).text) == ids, "what is done is the least urgent"
    assert tasks("list", "--csv", "--limit", "1").text == (
        "id,project,priority,deadline,status,details\n3,,5,2026-11-24,open,Pay the bill\n"
    )
    assert json.loads(tasks("list", "4", "--json").text) == [
        {
            "id": 4,
            "project": "home",
            "priority": 9,
            "deadline": "2026-11-27",
            "status": "open",
            "details": "Sweep",
        }
    ]


@pytest.mark.parametrize(
    ("args", "ids"),
    [
        (["5"], "5"),
        (["2-4"], "3 4 2"),
        (["1,4-5", "2"], "1 4 2 5"),
        (["1-5", "--status", "open"], "3 1 4 2"),
        (["--project", "home"], "4 2"),
        (["--project", "home", "--project", "work"], "1 4 2"),
        (["--project", "none"], "3"),
        (["--project", ""], "3"),
        (["--priority", "1"], "1"),
        (["--priority", "0..5"], "3 1 2"),
        (["--priority", "6.."], "4"),
        (["--priority", "..1"], "1"),
        (["--status", "done"], "5"),
        (["--due", "today"], ""),
        (["--due", "week"], "1 4"),
        (["--due", "overdue"], "3"),
        (["--due", "none"], "2"),
        (["--due", "2026-11-27"], "1 4"),
        (["--due", "..today"], "3"),
        (["--due", "yesterday..friday"], "3 1 4"),
        (["--match", "REPORT write"], "1"),
        (["--match", "home"], "4 2"),
        (["--match", "%"], ""),
        (["--where", "priority = 9 OR project IS NULL"], "3 4"),
        (["--sort", "details"], "2 3 4 1"),
        (["--sort", "-priority", "--sort", "details"], "4 2 3 1"),
        (["--sort", "due", "--reverse"], "1 4 3 2"),
        (["--sort", "id", "--limit", "2"], "1 2"),
    ],
)
def test_filters_and_orders(tasks: Run, five: None, args: list[str], ids: str) -> None:
    result = tasks("list", *args)
    assert (_ids(result.text), result.code, result.err) == (ids, 0 if ids else 1, "")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["list", "x"], "invalid value for '[ID]...': 'x' is no id of a task; write 3, 3-7 or 1,3-7"),
        (["list", "7-3"], "invalid value for '[ID]...': '7-3' is no id of a task; write 3, 3-7 or 1,3-7"),
        (["list", "0"], "invalid value for '[ID]...': '0' is no id of a task; write 3, 3-7 or 1,3-7"),
        (["list", "--priority", "high"],
         "invalid value for '--priority': 'high' is no priority; write N, N..M, N.. or ..M, with N from 0 to 99"),
        (["list", "--priority", "5..1"],
         "invalid value for '--priority': '5..1' is no range of priorities; they go from 0 to 99"),
        (["list", "--sort", "colour"],
         "invalid value for '--sort': 'colour' is no field to sort by; there are urgency, id, project, priority, "
         "details, status, deadline, created, completed"),
        (["list", "--due", "soon"],
         "invalid value for '--due': 'soon' is not a date; write 2026-11-22, today, tomorrow, yesterday, friday, "
         "next friday, +3d, +2w, +1mo, +1y, eow, eom, eoy, week, overdue, none or DATE..DATE"),
        (["add", "x", "--due", "2026-02-30"],
         "invalid value for '--deadline' / '--due': '2026-02-30' is not a date: day is out of range for month"),
        (["list", "--due", "2026-02-30"],
         "invalid value for '--due': '2026-02-30' is not a date: day is out of range for month"),
        (["list", "--due", "2026-02-03..2026-02-01"],
         "invalid value for '--due': '2026-02-03..2026-02-01' ends before it begins: 2026-02-03 is after 2026-02-01"),
        (["edit", "1"], "say what to change: --to-project, --to-priority, --to-deadline or --to-details"),
        (["done"], "say which tasks: ids, or one of --project, --due, --match and the like"),
        (["rm", "--yes"], "say which tasks: ids, or one of --project, --due, --match and the like"),
        (["rm", "--limit", "1"], "say which tasks: ids, or one of --project, --due, --match and the like"),
        (["done", "1", "--csv"], "--format is for --dry-run"),
        (["done", "1", "--status", "done"], "it is for tasks that are open; --status done leaves none"),
        (["add"], "missing argument 'DETAILS...'"),
        (["projects", "edit", "x"], "say what to change: --name, --description or --deadline"),
    ],
)  # fmt: skip
def test_usage_errors_say_what_would_be_right(tasks: Run, five: None, args: list[str], message: str) -> None:
    name = "projects edit" if args[0] == "projects" else args[0]
    expected = f"stdtools tasks {name}: {message}; see 'stdtools tasks {name} --help'\n"
    assert tasks(*args) == (2, b"", expected)


def test_where_is_told_where_it_is_wrong(tasks: Run, five: None) -> None:
    assert tasks("list", "--where", "priority < 3 and and 2") == (
        2,
        b"",
        'stdtools tasks list: --where: near "and": syntax error at character 18\n',
    )
    assert tasks("rm", "--project", "home", "--where", "1) OR (1", "--yes").code == 2
    assert len(tasks("list").text.splitlines()) == 4


def test_a_wrong_today_is_told(tasks: Run) -> None:
    result = tasks("add", "x", "--due", "tomorrow", env={"STDTOOLS_TODAY": "soon"})
    assert result.err == ("stdtools tasks add: STDTOOLS_TODAY: 'soon' is not a date; write 2026-11-22\n")
    for today, due in (("9999-12-31", "week"), ("0001-01-01", "overdue")):
        result = tasks("list", "--due", due, env={"STDTOOLS_TODAY": today})
        assert (result.code, result.out) == (2, b"")
        assert " is not a date: date value out of range; see" in result.err


def test_add_prints_the_id_and_makes_the_project(tasks: Run) -> None:
    assert tasks("add", "Buy", "milk", "-v", "--project", "house") == (
        0,
        b"1\n",
        "stdtools tasks add: made the project 'house'\n",
    )
    assert tasks("add", "x", "--project", "hosue").err == (
        "stdtools tasks add: 'hosue' is a new project beside 'house'; 'stdtools tasks undo' if that was not meant\n"
    )
    assert tasks("undo").code == 0
    assert tasks("projects").text == "house\t\t\t1\t0\n"
    assert tasks("add", "x", "--project", "none") == (
        2,
        b"",
        "stdtools tasks add: project: 'none' is no name for a project: it stands for none\n",
    )
    assert tasks("add", "") == (2, b"", "stdtools tasks add: details: is empty\n")
    assert tasks("add", b"\xff") == (2, b"", "stdtools tasks add: details: is not UTF-8\n")
    assert tasks("add", "again").text == "3\n", "the id of a task that is gone is not given again"


@pytest.mark.parametrize(
    "details",
    ["-x", "--help", "'; DROP TABLE task; --", 'a"b', "%_\\", "tab\tand\nline", "\x1b[31mred", "ünï 日本 😀",
     "\u202eabc", "{\"$text\": 1}", " blanks ", "x" * 100_000],
)  # fmt: skip
def test_any_text_is_a_task(tasks: Run, details: str) -> None:
    assert tasks("add", "--project", details, "--", details) == (0, b"1\n", "")
    (record,) = json.loads(tasks("show", "1", "--json").text)
    assert (record["details"], record["project"]) == (details, details)
    assert tasks("list", "--project", details, "--match", details.split()[0]).code == 0
    assert tasks("edit", "1", "--to-details", details + "!", "--to-project", "none").text == "1\n"
    assert json.loads(tasks("list", "--json").text)[0]["details"] == details + "!"
    for step in json.loads(tasks("log", "--json").text):
        assert len(step["command"]) <= 100
    assert tasks("undo", "2").code == 0
    assert tasks("projects").code == 1


def test_show_has_all_the_columns_and_tells_what_is_missing(tasks: Run, five: None) -> None:
    result = tasks("show", "4", "1", "7-9", "12", "--jsonl")
    assert [json.loads(line)["id"] for line in result.text.splitlines()] == [4, 1]
    assert list(json.loads(result.text.splitlines()[0])) == (
        ["id", "project", "priority", "details", "status", "deadline", "created", "completed"]
    )
    assert (result.code, result.err) == (
        1,
        "stdtools tasks show: 7-9: no such task\nstdtools tasks show: 12: no such task\n",
    )
    record = json.loads(tasks("show", "5", "--json").text)[0]
    assert record["created"] <= record["completed"]
    assert record["completed"].endswith("Z")


def test_done_is_done_once(tasks: Run, five: None) -> None:
    assert tasks("done", "5") == (1, b"0\n", "stdtools tasks done: 5: is done already\n")
    assert tasks("done", "1", "5", "9") == (
        1,
        b"1\n",
        "stdtools tasks done: 5: is done already\nstdtools tasks done: 9: no such task\n",
    )
    assert tasks("reopen", "1", "5") == (0, b"2\n", "")
    assert tasks("reopen", "1") == (1, b"0\n", "stdtools tasks reopen: 1: is open already\n")
    assert tasks("done", "1-9") == (0, b"5\n", "")
    assert tasks("list") == (1, b"", "")


def test_edit_changes_the_fields_that_are_named(tasks: Run, five: None) -> None:
    assert (
        tasks("edit", "1", "--to-priority", "7", "--to-due", "+1w", "--to-details", "New", "--to-project", "home").code
        == 0
    )
    assert tasks("list", "1").text == "1\thome\t7\t2026-12-02\topen\tNew\n"
    assert tasks("edit", "1", "--to-deadline", "none", "--to-project", "none").text == "1\n"
    assert tasks("list", "1").text == "1\t\t7\t\topen\tNew\n"
    before = tasks("log").text
    assert tasks("edit", "1", "--to-priority", "7").text == "1\n"
    assert tasks("log").text == before, "what is so already is no change"
    assert tasks("edit", "1", "--to-details", "") == (2, b"", "stdtools tasks edit: details: is empty\n")
    assert tasks("edit", "99", "--to-priority", "7") == (1, b"0\n", "stdtools tasks edit: 99: no such task\n")


def test_a_filter_means_the_open_tasks_unless_it_says_otherwise(tasks: Run, five: None) -> None:
    assert tasks("edit", "--priority", "5", "--to-priority", "4", "--yes").text == "2\n"
    assert tasks("list", "5").text == "5\t\t5\t\tdone\tSleep\n"
    assert tasks("rm", "--priority", "5", "--status", "all", "--yes").text == "1\n"
    assert tasks("rm", "5", "--yes").code == 1


def test_without_a_terminal_a_filter_needs_yes_or_expect(tasks: Run, five: None) -> None:
    for args in (["done"], ["rm"], ["edit", "--to-priority", "1"]):
        assert tasks(*args, "--project", "home") == (
            2,
            b"",
            f"stdtools tasks {args[0]}: the tasks are chosen by a filter, and nobody can be asked; "
            "pass --yes or --expect N\n",
        )
    assert tasks("done", "--project", "home", "--expect", "3") == (
        1,
        b"",
        "stdtools tasks done: it would be 2 tasks, not 3; nothing is done\n",
    )
    assert _ids(tasks("list").text) == "3 1 4 2"
    assert tasks("done", "--project", "home", "--expect", "2") == (0, b"2\n", "")
    assert tasks("rm", "--project", "home", "--expect", "0") == (0, b"0\n", "")
    assert tasks("rm", "--project", "home", "--yes") == (1, b"0\n", "stdtools tasks rm: there is no such task\n")
    assert tasks("rm", "1", "3") == (0, b"2\n", ""), "named by id"


def test_what_was_expected_is_done_and_exits_with_0(tasks: Run, five: None) -> None:
    """Also where one of the ids is not: with 1 nothing would have been done."""
    assert tasks("done", "1", "99", "--expect", "1") == (0, b"1\n", "stdtools tasks done: 99: no such task\n")
    assert tasks("done", "2", "99") == (1, b"1\n", "stdtools tasks done: 99: no such task\n")
    assert tasks("rm", "99", "--expect", "0") == (0, b"0\n", "stdtools tasks rm: 99: no such task\n")
    assert tasks("done", "3", "99", "--expect", "2").code == 1
    assert tasks("done", "3", "4", "99", "--limit", "1", "--yes") == (
        1,
        b"1\n",
        "stdtools tasks done: 99: no such task\n",
    )
    assert tasks("reopen", "3").code == 0
    assert tasks("done", "3", "4", "--limit", "1", "--yes") == (0, b"1\n", ""), "4 is open as before"
    assert tasks("reopen", "3").code == 0
    assert tasks("show", "3", "--jsonl").text.count('"open"') == 1


def test_dry_run_prints_and_changes_nothing(tasks: Run, five: None, home: Path) -> None:
    path = home / ".local/share/stdtools/tasks.db"
    before = path.read_bytes(), path.stat().st_mtime_ns
    assert tasks("edit", "--project", "home", "--to-priority", "5", "--to-due", "today", "-n", "--csv") == (
        0,
        b"id,details,field,before,after\n4,Sweep,priority,9,5\n4,Sweep,deadline,2026-11-27,2026-11-25\n"
        b"2,Buy milk,deadline,,2026-11-25\n",
        "",
    )
    assert tasks("rm", "2", "--dry-run").text == "2\tBuy milk\tstatus\topen\tdeleted\n"
    assert tasks("done", "1-9", "-n", "--sort", "id", "--limit", "1").text == "1\tWrite report\tstatus\topen\tdone\n"
    assert tasks("done", "1-9", "-n", "--expect", "3").err == "stdtools tasks done: it would be 4 tasks, not 3\n"
    assert tasks("done", "--project", "nowhere", "-n").code == 1
    assert tasks("done", "2", "5", "99", "-n") == (
        1,
        b"2\tBuy milk\tstatus\topen\tdone\n",
        "stdtools tasks done: 5: is done already\nstdtools tasks done: 99: no such task\n",
    )
    assert tasks("done", "2", "99", "-n", "--expect", "1").code == 0
    assert tasks("edit", "1", "--to-details", "", "-n") == (2, b"", "stdtools tasks edit: details: is empty\n")
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_reading_leaves_the_file_alone(tasks: Run, five: None, home: Path) -> None:
    path = home / ".local/share/stdtools/tasks.db"
    before = path.read_bytes(), path.stat().st_mtime_ns
    for args in (["list"], ["show", "1"], ["log"], ["projects"], ["list", "--match", "x"], ["list", "--where", "1"]):
        tasks(*args)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert sorted(os.listdir(path.parent)) == ["tasks.db"]


def test_a_database_that_is_not_there_is_empty_and_is_made_by_add_only(tasks: Run, tmp_path: Path) -> None:
    for args, code in (
        (["list"], 1),
        (["show", "1"], 1),
        (["log"], 1),
        (["projects"], 1),
        (["done", "1"], 1),
        (["rm", "--match", "x", "--yes"], 1),
        (["edit", "1", "--to-priority", "1"], 1),
        (["undo"], 1),
        (["redo"], 1),
        (["projects", "rm", "x"], 1),
    ):
        assert tasks(*args, "--db", "new.db").code == code, args
    assert os.listdir(tmp_path) == []
    assert tasks("--db", "new.db", "add", "x").text == "1\n"
    assert tasks("list", env={"STDTOOLS_TASKS_DB": "new.db"}).code == 0
    assert oct((tmp_path / "new.db").stat().st_mode & 0o777) == "0o600"


def test_undo_redo_and_log(tasks: Run, five: None) -> None:
    def log() -> list[list[str]]:
        return [line.split("\t")[2:] for line in tasks("log").text.splitlines()]

    assert log()[:2] == [["done 5", "done", "1"], ["add Sleep", "done", "1"]]
    assert tasks("rm", "--project", "home", "--yes").text == "2\n"
    assert _ids(tasks("list").text) == "3 1"
    undone = tasks("undo")
    assert undone.text.split("\t")[2:] == ["rm --project home", "undone", "2\n"]
    assert _ids(tasks("list").text) == "3 1 4 2"
    assert tasks("redo", "--jsonl").text.endswith('"command": "rm --project home", "state": "done", "rows": 2}\n')
    assert _ids(tasks("list").text) == "3 1"
    assert len(tasks("undo", "2").text.splitlines()) == 2
    assert _ids(tasks("list").text) == "3 1 4 2 5"
    assert tasks("edit", "5", "--to-priority", "0").code == 0
    assert [line[1] for line in log()[:3]] == ["done", "dropped", "dropped"]
    assert tasks("redo") == (1, b"", "stdtools tasks redo: there is nothing to do again\n")
    result = tasks("undo", "99")
    assert len(result.text.splitlines()) == 6
    assert result.err == "stdtools tasks undo: there was no more to undo than 6\n"
    assert tasks("list", "--status", "all").code == 1
    assert tasks("projects").code == 1
    assert tasks("undo") == (1, b"", "stdtools tasks undo: there is nothing to undo\n")
    assert tasks("redo", "5").code == 0
    assert _ids(tasks("list").text) == "3 1 4 2 5"
    assert tasks("log", "--limit", "2", "--csv").text.count("\n") == 3


def test_the_log_has_the_words_that_only_look_like_options(tasks: Run) -> None:
    for args in (["-q", "--", "-v", "stays"], ["--project=p", "--db", "./tasks.db", "--", "--db", "a b"]):
        assert tasks("--db", "./tasks.db", "add", *args).code == 0
    commands = [json.loads(line)["command"] for line in tasks("--db", "./tasks.db", "log", "--jsonl").text.splitlines()]
    assert commands == ["add --project=p -- --db 'a b'", "add -- -v stays"]


def test_undo_is_refused_when_the_task_was_changed_since(tasks: Run, five: None, shell: Run, home: Path) -> None:
    path = home / ".local/share/stdtools/tasks.db"
    shell(f"sqlite3 {path} \"update task set details = 'other' where id = 5\"")
    before = tasks("list", "--status", "all").out
    result = tasks("undo", "3")
    assert (result.code, result.out) == (2, b"")
    assert result.err == "stdtools tasks undo: step 6 (done 5): task 5 was changed since; nothing is done\n"
    assert tasks("list", "--status", "all").out == before


def test_projects(tasks: Run, five: None) -> None:
    assert tasks("projects", "add", "big", "--description", "All of it", "--due", "eoy") == (0, b"", "")
    assert tasks("projects", "add", "big") == (
        1,
        b"",
        "stdtools tasks projects add: there is a project 'big' already\n",
    )
    assert tasks("projects", "--csv").text == (
        "name,description,deadline,open,done\nbig,All of it,2026-12-31,0,0\nhome,,,2,0\nwork,,,1,0\n"
    )
    assert tasks("projects", "list", "--csv") == tasks("projects", "--csv")
    assert tasks("projects", "edit", "home", "--name", "house", "--description", "x", "--deadline", "+1d").code == 0
    assert tasks("list", "4").text == "4\thouse\t9\t2026-11-27\topen\tSweep\n"
    assert tasks("projects", "edit", "house", "--name", "big") == (
        2,
        b"",
        "stdtools tasks projects edit: big: there is a project of this name\n",
    )
    for args in (["add", "none"], ["edit", "house", "--name", "none"]):
        assert tasks("projects", *args) == (
            2,
            b"",
            f"stdtools tasks projects {args[0]}: project: 'none' is no name for a project: it stands for none\n",
        )
    assert tasks("projects", "add", b"\xff").err == "stdtools tasks projects add: project: is not UTF-8\n"
    assert tasks("projects", "edit", "hose", "--deadline", "none") == (
        1,
        b"",
        "stdtools tasks projects edit: there is no project 'hose'; did you mean 'house'?\n",
    )
    assert tasks("projects", "rm", "house") == (
        1,
        b"",
        "stdtools tasks projects rm: house: has 2 tasks; --with-tasks deletes them, too\n",
    )
    assert tasks("projects", "rm", "house", "--with-tasks") == (0, b"2\n", "")
    assert _ids(tasks("list").text) == "3 1"
    assert tasks("undo").code == 0
    assert tasks("undo").text.split("\t")[2].startswith("projects edit home --name house")
    assert tasks("list", "4").text == "4\thome\t9\t2026-11-27\topen\tSweep\n"
    assert tasks("redo", "2").code == 0
    assert _ids(tasks("list").text) == "3 1"


def test_a_database_in_memory_is_forgotten(tasks: Run, tmp_path: Path) -> None:
    assert tasks("--db", ":memory:", "add", "x").text == "1\n"
    assert tasks("--db", ":memory:", "list").code == 1
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("content", [b"text\n" * 500, b"SQLite format 3\0" + b"\xff" * 5000])
def test_files_that_are_no_database_are_refused(tasks: Run, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.db").write_bytes(content)
    for args in (["list"], ["add", "x"], ["done", "1"], ["undo"], ["log"], ["projects"]):
        result = tasks("--db", "a.db", *args)
        assert (result.code, result.out, result.err.count("\n")) == (2, b"", 1), args
        assert ": a.db: is " in result.err
    assert (tmp_path / "a.db").read_bytes() == content
    (tmp_path / "a.db").write_bytes(b"")
    assert tasks("--db", "a.db", "list") == (1, b"", ""), "whoever made it was killed before the first table"


def test_what_is_no_file_is_no_database_and_nobody_waits_for_it(tasks: Run, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    os.mkfifo(tmp_path / "fifo")
    for path, what in (
        ("d", "Is a directory"),
        ("fifo", "is not a regular file"),
        ("/dev/null", "is not a regular file"),
    ):
        for args in (["list"], ["add", "x"], ["import", "a.csv"], ["sql", "select 1"]):
            assert tasks("--db", path, *args) == (2, b"", f"stdtools tasks {args[0]}: {path}: {what}\n")


def test_a_database_that_may_not_be_read_is_told_as_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite says 'unable to open database file'. The test may be run by root, who may read all."""
    path = tmp_path / "a.db"
    path.touch(0o000)
    monkeypatch.setattr(os, "access", lambda *_: False)
    for writable in (False, True):
        with pytest.raises(ToolError, match="Permission denied"):
            Database(str(path), writable=writable)


def _on_terminal(args: list[str], cwd: Path, keys: bytes = b"") -> str:
    return on_terminal(["tasks", *args], cwd, keys, {"COLUMNS": "100"})


def test_what_is_overdue_is_marked_and_red_on_a_terminal(tasks: Run, five: None, tmp_path: Path) -> None:
    seen = _on_terminal(["list"], tmp_path)
    assert "\x1b[31m2026-11-24 overdue\x1b[0m" in seen
    assert seen.count("overdue") == 1
    assert "2026-11-24 overdue" in _on_terminal(["list", "--color", "never"], tmp_path)
    assert "\x1b[31m" not in _on_terminal(["list", "--color", "never"], tmp_path)
    assert tasks("list", "--format", "table").text.splitlines()[2].split() == (
        ["3", "5", "2026-11-24", "overdue", "open", "Pay", "the", "bill"]
    )
    assert "deadline   2026-11-24 overdue" in _on_terminal(["show", "3", "--color", "never"], tmp_path)


def test_a_terminal_gets_a_screenful_and_a_pipe_all(tasks: Run, tmp_path: Path) -> None:
    for number in range(22):
        tasks("add", f"number {number}")
    seen = _on_terminal(["list"], tmp_path)
    assert "number 19" in seen
    assert "number 20" not in seen
    assert seen.endswith("stdtools tasks list: there are more; --limit N or --no-limit shows them\n")
    assert len(seen.splitlines()) <= 24
    assert "number 21" in _on_terminal(["list", "--no-limit"], tmp_path)
    assert "number 20" in _on_terminal(["list", "--csv"], tmp_path)
    assert "number 20" in _on_terminal(["list", "--limit", "21"], tmp_path)
    assert len(tasks("list").text.splitlines()) == 22


def test_progress_is_drawn_on_a_terminal(tasks: Run, five: None, tmp_path: Path) -> None:
    tasks("done", "2")
    seen = _on_terminal(["projects", "--color", "never"], tmp_path)
    assert "home" in seen
    assert "█████░░░░░  50%" in seen


def test_a_change_of_many_is_shown_and_asked_for(tasks: Run, five: None, tmp_path: Path) -> None:
    assert _on_terminal(["edit", "--project", "home", "--to-priority", "2"], tmp_path, b"n\n") == (
        "n\n  4  priority 9 → 2: Sweep\n  2  priority 5 → 2: Buy milk\nChange 2 tasks? [y/N] "
        "stdtools tasks edit: nothing is done\n"
    )
    assert _ids(tasks("list", "--priority", "2").text) == ""
    assert _on_terminal(["rm", "1-3"], tmp_path, b"\x04").endswith(
        "Delete 3 tasks? [y/N] \nstdtools tasks rm: nothing is done\n"
    )
    seen = _on_terminal(["done", "--project", "work"], tmp_path, b"y\n")
    assert seen == "y\n  1  status open → done: Write report\nMark 1 task as done? [y/N] 1\n"
    assert _on_terminal(["done", "2"], tmp_path) == "1\n", "one task by its id"
    assert _on_terminal(["rm", "1-4", "--yes"], tmp_path) == "4\n"
    assert _on_terminal(["rm", "--match", "x"], tmp_path) == "stdtools tasks rm: there is no such task\n0\n"


def test_nothing_that_is_shown_steers_the_terminal(tasks: Run, tmp_path: Path) -> None:
    hostile = "".join(map(chr, (*range(1, 32), *range(127, 160)))) + "\u061c\u200e\u202e\u2028\u2066"
    for number in range(3):
        assert tasks("add", f"x{hostile}", "--project", f"{hostile}{number}").code == 0
    for args, keys in (
        (["list", "--color", "never"], b""),
        (["list", "--jsonl"], b""),
        (["show", "1", "--color", "never"], b""),
        (["log", "--color", "never"], b""),
        (["projects", "--color", "never"], b""),
        (["rm", "--match", "x"], b"n\n"),
        (["edit", "1-2", "--to-project", f"{hostile}5"], b"n\n"),
        (["edit", "1", "--to-project", f"{hostile}6", "-v"], b""),
        (["projects", "rm", f"{hostile}0"], b""),
        (["projects", "rm", f"{hostile}7"], b""),
        (["undo", "--color", "never"], b""),
    ):
        seen = _on_terminal(args, tmp_path, keys)
        assert seen
        assert not set(seen) & set(hostile) - {"\n"}, args


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("tasks e", "edit export"),
        ("tasks projects ", "add edit list rm"),
        ("tasks projects e", "edit"),
        ("tasks projects edit w", "work"),
        ("tasks list --project ", "home work"),
        ("tasks list --due t", "today tomorrow"),
        ("tasks add x --due e", "eow eom eoy"),
        ("tasks list --sort d", "details deadline"),
        ("tasks import --key d", "details deadline"),
        ("tasks stats --by p", "project priority"),
        ("tasks done ", "3 1 4 2"),
        ("tasks --db nowhere.db done ", ""),
        ("tasks reopen ", "5"),
        ("tasks done x", ""),
    ],
)
def test_tab_offers_what_may_follow(tasks: Run, five: None, line: str, offered: str) -> None:
    *words, incomplete = line.split(" ")
    found = ShellComplete(stdtools_command, {}, "stdtools", "_").get_completions(words, incomplete)
    assert " ".join(item.value for item in found) == offered


def test_tab_offers_files_for_a_database_and_an_import() -> None:
    for line in (["tasks", "--db"], ["tasks", "list", "--db"], ["tasks", "import"], ["tasks", "import", "--rejects"]):
        found = ShellComplete(stdtools_command, {}, "stdtools", "_").get_completions(line, "")
        assert [item.type for item in found] == ["file"]


def test_completion_offers_projects_ids_and_statuses(run: Run, tasks: Run, five: None) -> None:
    tasks("add", "evil\nplain\n$(touch x)\n_", "--project", "$(touch x)")
    context = click.Context(list_tasks)
    (project,) = [param for param in list_tasks.params if param.name == "project"]
    assert [item.value for item in project.shell_complete(context, "")] == ["$(touch x)", "home", "work"]
    assert run("__complete", "tasks", "list", "--project", "").text == "home\nwork\n"
    assert complete_projects(context, project, "w") == ["work"]
    (ids,) = [param for param in done.params if param.name == "ids"]
    items = ids.shell_complete(click.Context(done), "")
    assert [(item.value, item.help) for item in items][:2] == [("3", "Pay the bill"), ("1", "Write report")]
    assert items[-1].help == "evil\nplain\n$(touch x)\n_"
    assert run("__complete", "tasks", "done", "").text.splitlines()[-1].endswith("\tevil plain   touch x  _")
    assert [item.value for item in ids.shell_complete(click.Context(done), "1,4")] == ["1,4"]
    (ids,) = [param for param in edit.params if param.name == "ids"]
    assert [item.value for item in ids.shell_complete(click.Context(edit), "5")] == ["5"]
    (status,) = [param for param in list_tasks.params if param.name == "status"]
    assert [item.value for item in status.shell_complete(context, "")] == ["open", "done", "all"]
