"""Many writers at once, and writers that are killed: no task lost, none twice, one winner a race."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import COMMAND, Run
from tests.tasks.faults import SIGNALS, end_writers, is_whole, until_it_listens

pytestmark = pytest.mark.process

ADDER = """
import sys
from stdtools.tasks.changing import add
from stdtools.tasks.database import Database
with Database("a.db", writable=True) as database:
    for n in range(int(sys.argv[2])):
        print(add(database, "add", f"{sys.argv[1]} {n}", project=f"p{n % 3}")[0], flush=True)
"""
CLAIMER = """
import sys
from stdtools.tasks.changing import set_fields
from stdtools.tasks.database import Database, utc_now
from stdtools.tasks.filters import Filter
with Database("a.db", writable=True) as database:
    print("ready", flush=True)
    for line in sys.stdin:
        task = int(line)
        wanted = Filter(ids=((task, task),), status="open")
        outcome = set_fields(database, "done", wanted, {"status": "done", "completed": utc_now()})
        print("won" if outcome.found else f"lost: {outcome.left[0][1]}", flush=True)
"""


@pytest.mark.once
def test_eight_processes_add_two_thousand_tasks_with_ids_of_their_own(run: Run, tmp_path: Path) -> None:
    """The database is new, too: all of them want to make its tables."""
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", ADDER, str(writer), "250"],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for writer in range(8)
    ]
    answers = [writer.communicate() for writer in writers]
    assert [error for _, error in answers] == [""] * 8
    ids = [int(line) for out, _ in answers for line in out.splitlines()]
    assert sorted(ids) == list(range(1, 2001))
    listed = run("tasks", "--db", "a.db", "list", "--sort", "id").text.splitlines()
    assert len({line.split("\t")[-1] for line in listed}) == 2000
    assert len(run("tasks", "--db", "a.db", "log").text.splitlines()) == 2000
    assert run("tasks", "--db", "a.db", "undo", "2000").code == 0
    assert run("tasks", "--db", "a.db", "list").code == 1


def test_eight_processes_of_single_commands(run: Run, tmp_path: Path) -> None:
    line = f"for i in $(seq 6); do {COMMAND} tasks --db a.db add task $0 $i --project p || exit 1; done"
    writers = [
        subprocess.Popen(
            ["bash", "-c", line, str(writer)], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for writer in range(8)
    ]
    answers = [writer.communicate() for writer in writers]
    assert [error for _, error in answers] == [""] * 8
    assert sorted(int(number) for out, _ in answers for number in out.split()) == list(range(1, 49))
    assert run("tasks", "--db", "a.db", "projects").text == "p\t\t\t48\t0\n"


@pytest.mark.once
def test_eight_processes_race_for_a_task_a_hundred_times_and_one_wins_each(run: Run, tmp_path: Path) -> None:
    assert subprocess.run([sys.executable, "-c", ADDER, "x", "100"], cwd=tmp_path, stdout=subprocess.DEVNULL)
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", CLAIMER],
            cwd=tmp_path,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        for _ in range(8)
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for task in range(1, 101):
        for racer in racers:
            assert racer.stdin is not None
            racer.stdin.write(f"{task}\n")
        answers = [racer.stdout.readline() for racer in racers if racer.stdout is not None]
        assert sorted(answers) == ["lost: is done already\n"] * 7 + ["won\n"]
    for racer in racers:
        racer.communicate()
        assert racer.returncode == 0
    assert len(run("tasks", "--db", "a.db", "log").text.splitlines()) == 200


def test_of_eight_commands_for_one_task_one_exits_with_0(run: Run, tmp_path: Path) -> None:
    for task in range(1, 5):
        assert run("tasks", "--db", "a.db", "add", "x").text == f"{task}\n"
        line = [COMMAND, "tasks", "--db", "a.db", "done", str(task)]
        racers = [
            subprocess.Popen(line, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for _ in range(8)
        ]
        answers = sorted((*racer.communicate(), racer.returncode) for racer in racers)
        lost = ("0\n", f"stdtools tasks done: {task}: is done already\n", 1)
        assert answers == [lost] * 7 + [("1\n", "", 0)]


@pytest.mark.once
@pytest.mark.parametrize("name", SIGNALS)
def test_acknowledged_work_survives_the_end_of_the_writer(tmp_path: Path, name: str) -> None:
    end_writers(str(tmp_path / "a.db"), random.Random(), 40, SIGNALS[name])


@pytest.mark.soak
@pytest.mark.parametrize(("name", "ends"), [("kill", 300), ("interrupt", 200)])
def test_acknowledged_work_survives_hundreds_of_ends(tmp_path: Path, name: str, ends: int) -> None:
    end_writers(str(tmp_path / "a.db"), random.Random(), ends, SIGNALS[name])


@pytest.mark.once
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_command_that_is_ended_has_done_all_or_nothing(run: Run, tmp_path: Path, number: int) -> None:
    """A change of many tasks, ended at moments from its start to its end."""
    path = str(tmp_path / "a.db")
    assert run("tasks", "--db", "a.db", "add", "x", "--project", "p").code == 0
    subprocess.run(
        ["sqlite3", path, "insert into task (details, created) select 'x', '2026-01-01T00:00:00Z' from "
         "(with recursive n(v) as (select 1 union all select v + 1 from n limit 30000) select v from n)"], check=True,
    )  # fmt: skip
    draw = random.Random()
    for priority in range(10, 16):
        line = [COMMAND, "tasks", "--db", "a.db", "edit", "--where", "1", "--to-priority", str(priority), "--yes"]
        process = subprocess.Popen(line, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        until_it_listens(process)
        time.sleep(draw.uniform(0, 0.6))
        process.send_signal(number)
        out, err = process.communicate()
        assert process.returncode in (-number, 0)
        assert err == b""
        found = run("tasks", "--db", "a.db", "list", "--sort", "id").text.splitlines()
        values = {row.split("\t")[2] for row in found}
        assert len(values) == 1, "all of them or none"
        if out:
            assert values == {str(priority)}
        assert is_whole(path)
    if number != signal.SIGKILL:  # which leaves a journal behind that the next writer takes
        assert [name for name in os.listdir(tmp_path) if name.startswith("a.db")] == ["a.db"]


@pytest.mark.once
def test_flipped_bytes_never_make_a_traceback(run: Run, tmp_path: Path) -> None:
    draw = random.Random()
    for number in range(40):
        run("tasks", "--db", "whole.db", "add", f"task {number}", "--project", f"p{number % 3}", "--due", "+3d")
    run("tasks", "--db", "whole.db", "done", "1-9")
    whole = (tmp_path / "whole.db").read_bytes()
    commands = (
        ["list"], ["list", "--status", "all", "--match", "task"], ["list", "--where", "priority > 3"], ["show", "7"],
        ["log"], ["projects"], ["add", "x"], ["done", "20"], ["edit", "5-9", "--to-priority", "1"], ["undo"], ["redo"],
        ["rm", "3"], ["projects", "rm", "p1", "--with-tasks"], ["reopen", "1-5"],
    )  # fmt: skip
    for turn in range(60):
        damaged = bytearray(whole)
        for _ in range(draw.randint(1, 30)):
            damaged[draw.randrange(len(damaged) if turn % 2 else 4096)] = draw.randrange(256)
        (tmp_path / "a.db").write_bytes(damaged)
        args = draw.choice(commands)
        result = run("tasks", "--db", "a.db", *args)
        assert result.code in (0, 1, 2), (args, result)
        assert "internal error" not in result.err, (args, result)
        for name in os.listdir(tmp_path):
            if name.startswith("a.db"):
                (tmp_path / name).unlink()


def test_a_full_disk_leaves_the_tasks_as_they_were(run: Run, tmp_path: Path, python: str) -> None:
    run("tasks", "--db", "a.db", "add", "x")
    code = (
        "import resource, signal, os, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100000, 100000)); os.execv(sys.argv[1], sys.argv[1:])"
    )
    line = [python, "-c", code, COMMAND, "tasks", "--db", "a.db", "edit", "1", "--to-details", "y" * 100_000]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("stdtools tasks edit: a.db: ")
    assert run("tasks", "--db", "a.db", "list").text == "1\t\t5\t\topen\tx\n"
    assert is_whole(str(tmp_path / "a.db"))


def test_a_lock_that_stays_is_one_line(run: Run, tmp_path: Path) -> None:
    run("tasks", "--db", "a.db", "add", "x")
    code = "import sqlite3, time; c = sqlite3.connect('a.db', isolation_level=None); c.execute('BEGIN IMMEDIATE')\n"
    code += "print(flush=True); time.sleep(60)"
    holder = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, stdout=subprocess.PIPE)
    assert holder.stdout is not None
    holder.stdout.readline()
    try:
        assert run("tasks", "--db", "a.db", "list").text == "1\t\t5\t\topen\tx\n", "readers go on"
        assert run("tasks", "--db", "a.db", "done", "1") == (
            2,
            b"",
            "stdtools tasks done: a.db: another process has kept it locked for 10 seconds\n",
        )
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()
