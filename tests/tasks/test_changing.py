"""What is done to tasks, as a library: any text is kept, any sequence of steps can be undone and done again."""

import random
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stdtools.shared.errors import ToolError
from stdtools.tasks import steps
from stdtools.tasks.changing import Unexpected, add, changes, remove, set_fields
from stdtools.tasks.database import MEMORY, Database, utc_now
from stdtools.tasks.filters import Filter, choose, rows
from stdtools.tasks.projects import add_project, edit_project, projects, remove_project

HOSTILE = st.text(min_size=1) | st.sampled_from(
    ["'; DROP TABLE task; --", '"', "\0", "a\0b", "-x", "%_\\", "\ufeff", "{\"$text\": 1}", "x" * 1_000_000, "NULL"]
)  # fmt: skip


@settings(max_examples=500)
@given(HOSTILE, HOSTILE)
def test_any_text_comes_back_as_it_went_in(details: str, project: str) -> None:
    with Database(MEMORY, writable=True) as database:
        try:
            task, _ = add(database, details, details, project=project)
        except ToolError as error:
            if "\0" in details + project:
                assert "has a NUL character" in str(error)
            else:
                assert project.strip().lower() in ("", "none")
                assert "no name for a project" in str(error)
            return
        assert "\0" not in details + project
        (found,) = rows(database, Filter(projects=(project,)), columns=("id", "details", "project"))
        assert found == (task, details, project)
        set_fields(database, "edit", Filter(ids=((task, task),)), {"details": details + "'"})
        assert next(rows(database, Filter(), columns=("details",))) == (details + "'",)
        assert [step.command for step in steps.undo(database, 2)] == ["edit", details]
        steps.redo(database, 2)
        assert next(rows(database, Filter(), columns=("details", "project"))) == (details + "'", project)


def _tables(database: Database) -> tuple[object, object]:
    task = database.sql.execute("SELECT * FROM task ORDER BY id").fetchall()
    return task, database.sql.execute("SELECT * FROM project ORDER BY name").fetchall()


def _random_step(database: Database, draw: random.Random) -> None:
    first = draw.randint(1, 12)
    some = Filter(ids=((first, first + draw.randint(0, 5)),))
    name, other = (f"p{draw.randint(0, 3)}" for _ in range(2))
    match draw.randint(0, 8):
        case 0 | 1:
            add(database, "add", "x", project=draw.choice((None, name)))
        case 2:
            set_fields(database, "edit", some, {"priority": draw.randrange(9), "project": draw.choice((None, name))})
        case 3:
            open_ones = some._replace(status="open")
            set_fields(database, "done", open_ones, {"status": "done", "completed": utc_now()})
        case 4:
            done_ones = some._replace(status="done")
            set_fields(database, "reopen", done_ones, {"status": "open", "completed": None})
        case 5:
            remove(database, "rm", some, limit=2)
        case 6:
            add_project(database, "projects add", name, "", None)
        case 7 if database.one("SELECT 1 FROM project WHERE name = ?", name):
            if not database.one("SELECT 1 FROM project WHERE name = ?", other):
                edit_project(database, "projects edit", name, {"name": other, "description": "new"})
        case 8 if database.one("SELECT 1 FROM project WHERE name = ?", name):
            remove_project(database, "projects rm", name, with_tasks=True)


@pytest.mark.parametrize("seed", range(20))
def test_steps_are_undone_and_done_again_one_by_one(seed: int) -> None:
    draw = random.Random(seed)
    with Database(MEMORY, writable=True) as database:
        past = [_tables(database)]
        for _ in range(40):
            _random_step(database, draw)
            if _tables(database) != past[-1]:
                past.append(_tables(database))
            assert len(list(steps.steps(database, state="done"))) == len(past) - 1
        last = len(past) - 1
        for position in range(last - 1, -1, -1):
            assert len(steps.undo(database)) == 1
            assert _tables(database) == past[position]
        assert steps.undo(database) == []
        for position in range(1, last + 1):
            assert len(steps.redo(database)) == 1
            assert _tables(database) == past[position]
        assert steps.redo(database) == []
        back = draw.randint(1, last)
        assert len(steps.undo(database, back)) == back
        assert _tables(database) == past[last - back]
        assert len(steps.redo(database, back)) == back
        assert _tables(database) == past[last]


def test_a_step_that_changes_rows_more_than_once_is_undone_and_done_again() -> None:
    with Database(MEMORY, writable=True) as database:
        for details in ("stays", "changes", "goes"):
            add(database, "add", details)
        before = _tables(database)
        sql = database.sql.execute
        with database.step("import"):
            for details in ("once", "twice", "thrice"):
                sql("UPDATE task SET details = ? WHERE id = 2", (details,))
            sql("UPDATE task SET details = 'gone' WHERE id = 3")
            sql("DELETE FROM task WHERE id = 3")
            sql("INSERT INTO task (id, details, created) VALUES (4, 'short', ?)", (utc_now(),))
            sql("DELETE FROM task WHERE id = 4")
            sql("INSERT INTO task (id, details, created) VALUES (5, 'new', ?)", (utc_now(),))
            sql("UPDATE task SET details = 'newer' WHERE id = 5")
        after = _tables(database)
        steps.undo(database)
        assert _tables(database) == before
        steps.redo(database)
        assert _tables(database) == after
        sql("UPDATE task SET details = 'else' WHERE id = 2")
        with pytest.raises(ToolError, match="task 2 was changed since; nothing is done"):
            steps.undo(database)


def test_what_changes_nothing_is_no_step() -> None:
    with Database(MEMORY, writable=True) as database:
        add_project(database, "projects add", "home", "all of it", None)
        edit_project(database, "projects edit", "home", {"description": "all of it", "deadline": None})
        assert [step.command for step in steps.steps(database)] == ["projects add"]


def test_what_was_not_expected_changes_nothing() -> None:
    with Database(MEMORY, writable=True) as database:
        for _ in range(3):
            add(database, "add", "x")
        before = list(database.sql.iterdump())
        with pytest.raises(Unexpected) as caught:
            remove(database, "rm", Filter(), expect=2)
        assert caught.value.count == 3
        assert list(database.sql.iterdump()) == before
        assert remove(database, "rm", Filter(), expect=3).found == 3


def test_changes_are_those_that_will_be() -> None:
    with Database(MEMORY, writable=True) as database:
        add(database, "add", "one", priority=1)
        add(database, "add", "two", priority=2)
        assert [tuple(change) for change in changes(database, Filter(), {"priority": 2})] == [
            (1, "one", "priority", 1, 2)
        ]
        outcome = set_fields(database, "edit", Filter(), {"priority": 2})
        assert outcome.found == 2
        assert next(steps.steps(database)).rows == 1, "only what changes is a change"
        assert list(changes(database, Filter(), {"priority": 2})) == []


def test_progress_of_projects() -> None:
    with Database(MEMORY, writable=True) as database:
        add_project(database, "projects add", "late", "", "2026-01-02")
        add(database, "add", "x", project="a")
        add(database, "add", "y", project="a")
        set_fields(database, "done", Filter(ids=((1, 1),)), {"status": "done", "completed": utc_now()})
        assert [tuple(project) for project in projects(database)] == [
            ("late", "", "2026-01-02", 0, 0),
            ("a", "", None, 1, 1),
        ]


def test_tasks_that_are_not_the_shown_ones_any_more_are_left_alone(tmp_path: Path) -> None:
    path = f"{tmp_path}/a.db"
    with Database(path, writable=True) as database, Database(path, writable=True) as other:
        add(database, "add", "x")
        add(database, "add", "y")
        shown = choose(database, Filter(status="open"), into="shown")
        assert remove(other, "rm", Filter(ids=((1, 1),))).found == 1
        add(other, "add", "z")
        with pytest.raises(ToolError, match="have changed meanwhile"):
            remove(database, "rm", Filter(status="open"), shown=shown)
        assert list(rows(database, Filter(), columns=("details",))) == [("y",), ("z",)]


def test_a_signal_ends_what_changes_many(python: str) -> None:
    """A trigger makes each change one without end; nothing of it stays."""
    code = """
import os, signal, threading
from stdtools.tasks import changing, projects, steps
from stdtools.tasks.database import Database
from stdtools.tasks.filters import Filter

endless = "(WITH RECURSIVE n(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n) SELECT max(v) FROM n)"
with Database(":memory:", writable=True) as database:
    changing.add(database, "add", "x", project="p")
    for event in ("UPDATE", "DELETE"):
        database.sql.execute(f"CREATE TEMP TRIGGER end_{event} BEFORE {event} ON task BEGIN SELECT {endless}; END")
    for name, work in {
        "edit": lambda: changing.set_fields(database, "edit", Filter(), {"priority": 1}),
        "rm": lambda: changing.remove(database, "rm", Filter()),
        "projects edit": lambda: projects.edit_project(database, "edit", "p", {"name": "q"}),
        "projects rm": lambda: projects.remove_project(database, "rm", "p", with_tasks=True),
        "undo": lambda: steps.undo(database),
    }.items():
        threading.Timer(0.1, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
        try:
            work()
        except KeyboardInterrupt:
            print(name, database.sql.execute("SELECT project, priority FROM task").fetchall())
"""
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, timeout=20)
    ended = ("edit", "rm", "projects edit", "projects rm", "undo")
    assert (done.stdout, done.stderr) == ("".join(f"{name} [('p', 5)]\n" for name in ended), "")
