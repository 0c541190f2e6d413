"""tasks stats: what is open, overdue and done, by project, priority, status and week."""

import datetime
import fcntl
import os
import pty
import struct
import subprocess
import termios
from collections import Counter
from pathlib import Path

import pytest

from stdtools.tasks.database import Database
from stdtools.tasks.stats import COLUMNS, counts
from tests.conftest import COMMAND, Run
from tests.tasks.made import TODAY, make

pytestmark = pytest.mark.once


@pytest.fixture
def db(tmp_path: Path) -> Path:
    path = tmp_path / "tasks.db"
    make(path, 12)
    return path


@pytest.fixture
def stats(run: Run, db: Path) -> Run:
    """Run ``stdtools tasks stats`` on a day in March."""

    def stats(*args: str, today: str = str(TODAY), **settings: object) -> object:
        env = {"STDTOOLS_TODAY": today, "TZ": "UTC"}
        return run("tasks", "stats", "--db", "tasks.db", *args, env=env, **settings)

    return stats


EXPECTED = {
    "project": "project,open,overdue,done,share\ngarden,4,1,2,0.333\nhome,2,1,1,0.333\nidle,0,0,0,\n,2,1,1,0.333\n",
    "priority": "priority,open,overdue,done,share\n0,2,0,1,0.333\n1,2,1,1,0.333\n2,2,0,1,0.333\n3,2,2,1,0.333\n",
    "status": "status,tasks,overdue,share\nopen,8,3,0.667\ndone,4,0,0.333\n",
    "week": "week,created,done,open\n2024-W01,7,0,7\n2024-W02,5,1,11\n2024-W03,0,3,8\n",
}


@pytest.mark.process
@pytest.mark.parametrize("by", COLUMNS)
def test_tasks_are_counted_by(stats: Run, by: str) -> None:
    assert stats("--by", by, "--csv") == (0, EXPECTED[by].encode(), "")


@pytest.mark.process
def test_projects_in_plain_lines_are_the_default(stats: Run) -> None:
    plain = EXPECTED["project"].partition("\n")[2].replace(",", "\t")
    assert stats() == (0, plain.encode(), "")
    assert (
        stats("--jsonl").text.splitlines()[2]
        == '{"project": "idle", "open": 0, "overdue": 0, "done": 0, "share": null}'
    )
    assert stats("--format", "table").text.splitlines()[0].split() == list(COLUMNS["project"])


@pytest.mark.process
@pytest.mark.parametrize("by", COLUMNS)
def test_without_tasks_there_are_the_columns(run: Run, home: Path, by: str) -> None:
    assert run("tasks", "stats", "--by", by, "--csv") == (0, f"{','.join(COLUMNS[by])}\n".encode(), "")
    assert not list(home.rglob("*.db"))


@pytest.mark.process
def test_a_task_is_overdue_the_day_after(stats: Run) -> None:
    def overdue(today: str) -> str:
        return stats("--by", "status", today=today).text.splitlines()[0].split("\t")[2]

    assert [overdue(f"2024-03-0{day}") for day in range(1, 6)] == ["0", "0", "1", "1", "2"]


@pytest.mark.process
@pytest.mark.parametrize("by", ["project", "priority", "status"])
def test_nothing_is_overdue_where_nothing_has_a_deadline(run: Run, tmp_path: Path, by: str) -> None:
    run("tasks", "--db", "a.db", "add", "x")
    assert run("tasks", "--db", "a.db", "stats", "--by", by, "--jsonl").text.count('"overdue": 0') == 1
    shown = on_a_terminal("tasks", "--db", "a.db", "stats", "--by", by, cwd=tmp_path)
    assert " 0 " in shown.splitlines()[1]


@pytest.mark.process
def test_today_is_a_date(stats: Run) -> None:
    result = stats(today="soon")
    assert (result.code, result.out) == (2, b"")
    assert result.err == "stdtools tasks stats: STDTOOLS_TODAY: 'soon' is not a date; write 2026-11-22\n"


@pytest.mark.process
def test_weeks_are_those_of_local_time_and_of_the_iso_calendar(run: Run, tmp_path: Path) -> None:
    with Database(str(tmp_path / "weeks.db"), writable=True) as database, database.step("test"):
        for created in ("2021-01-03T22:30:00Z", "2021-01-03T23:30:00Z", "2024-12-30T12:00:00Z"):
            database.sql.execute("INSERT INTO task (details, created) VALUES ('x', ?)", (created,))

    def weeks(zone: str) -> str:
        return run("tasks", "stats", "--by", "week", "--db", "weeks.db", env={"TZ": zone}).text

    assert weeks("UTC") == "2020-W53\t2\t0\t2\n2025-W01\t1\t0\t3\n"
    assert weeks("Europe/Berlin") == "2020-W53\t1\t0\t1\n2021-W01\t1\t0\t2\n2025-W01\t1\t0\t3\n"


def test_the_counts_are_those_of_the_tasks(tmp_path: Path) -> None:
    make(tmp_path / "many.db", 1000)
    with Database(str(tmp_path / "many.db"), writable=False) as database:
        tasks = database.sql.execute(
            "SELECT project, priority, status, deadline, created, completed FROM task"
        ).fetchall()
        for at, by in enumerate(("project", "priority")):
            for key, opened, overdue, done, share in counts(database, by, TODAY):
                mine = [task for task in tasks if task[at] == key]
                assert opened == sum(task[2] == "open" for task in mine)
                assert overdue == sum(task[2] == "open" and (task[3] or "9") < str(TODAY) for task in mine)
                assert done == len(mine) - opened
                assert share == (round(done / len(mine), 3) if mine else None)
        weeks = {week: (created, done) for week, created, done, _ in counts(database, "week", TODAY)}
    for at, moments in enumerate(([task[4] for task in tasks], [task[5] for task in tasks if task[5]])):
        local = (datetime.datetime.fromisoformat(moment).astimezone() for moment in moments)
        expected = Counter(f"{day.year:04}-W{day.week:02}" for day in (each.isocalendar() for each in local))
        assert {week: count[at] for week, count in weeks.items() if count[at]} == expected


def on_a_terminal(*args: str, cwd: Path) -> str:
    """Run the command under a terminal of 80 columns and return what it showed."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    env = {**os.environ, "STDTOOLS_TODAY": str(TODAY), "NO_COLOR": "1"}
    process = subprocess.Popen([COMMAND, *args], stdin=follower, stdout=follower, stderr=follower, cwd=cwd, env=env)
    os.close(follower)
    shown = b""
    try:
        while data := os.read(leader, 65536):
            shown += data
    except OSError:  # the terminal is gone
        pass
    assert process.wait(30) == 0
    os.close(leader)
    return shown.decode().replace("\r\n", "\n")


@pytest.mark.process
def test_a_terminal_shows_bars(db: Path) -> None:
    assert on_a_terminal("tasks", "stats", "--db", "tasks.db", cwd=db.parent) == (
        "                     share  open  overdue  done  project\n"
        "━━━━━━╸                33%     4        1     2  garden\n"
        "━━━━━━╸                33%     2        1     1  home\n"
        "                               0        0     0  idle\n"
        "━━━━━━╸                33%     2        1     1  (none)\n"
    )
    assert on_a_terminal("tasks", "stats", "--db", "tasks.db", "--by", "week", cwd=db.parent) == (
        "                      created  done  open  week\n"
        "                            7     0     7  2024-W01\n"
        "━━━━━━╸                     5     1    11  2024-W02\n"
        "━━━━━━━━━━━━━━━━━━━━        0     3     8  2024-W03\n"
    )
    assert on_a_terminal("tasks", "stats", "--db", "tasks.db", "--csv", cwd=db.parent) == EXPECTED["project"]


@pytest.mark.process
def test_a_name_cannot_steer_the_terminal(tmp_path: Path) -> None:
    with Database(str(tmp_path / "tasks.db"), writable=True) as database, database.step("test"):
        database.sql.execute("INSERT INTO project (name) VALUES (?)", ("\x1b]0;x\x07\u202e\n",))
    shown = on_a_terminal("tasks", "stats", "--db", "tasks.db", cwd=tmp_path)
    assert shown.splitlines()[1].endswith("  \\x1b]0;x\\x07\\u202e\\n")


@pytest.mark.process
@pytest.mark.parametrize("by", COLUMNS)
@pytest.mark.parametrize("form", [[], ["--csv"]])
def test_the_script_of_explain_does_the_same(stats: Run, db: Path, python: str, by: str, form: list[str]) -> None:
    script = stats("--by", by, *form, "--explain")
    assert (script.code, script.err) == (0, "")
    assert script.text.count("\n") <= 20
    done = subprocess.run(
        [python, "-c", script.text], cwd=db.parent, capture_output=True, env={"TZ": "UTC"}, check=True
    )
    assert (done.stdout, done.stderr) == (stats("--by", by, *form).out, b"")


@pytest.mark.process
def test_explain_says_what_it_does_not_cover(stats: Run) -> None:
    assert stats("--json", "--explain").err == "stdtools tasks stats: --explain does not cover --format json\n"
