"""Imports that are killed, interrupted, raced or fed hostile text: the database is what it was, or has it all."""

import csv
import io
import json
import random
import signal
import sqlite3
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import COMMAND, Run
from tests.tasks.faults import until_it_listens
from tests.test_cli import signalled_at

pytestmark = [pytest.mark.process, pytest.mark.once]

HOSTILE = [
    "'; DROP TABLE task; --",
    '"',
    '""',
    '"\n"',
    "-rf",
    "--help",
    "=1+1",
    "@x",
    "%s %d {0}",
    "\\",
    "\\n",
    "\\t",
    '{"$text": "x"}',
    '{"$base64": true, "encoded": "AA=="}',
    '{"$',
    "[",
    "NULL",
    "\u202egnp",
    "\x1b[31mred",
    "\x7f\x80\x9f",
    "\u2028\u2029\x85\x0b\x0c\x1c",
    "e\u0301",
    "👩‍👩‍👧",
    "\U0010ffff",
    "\ufeffmark",
    "\uffff",
    " ",
    "\t",
    "\n",
    "\r",
    "\r\n",
    ",",
    ";",
    "x" * 1_000_000,
    "\1",
    "\1,\1",
]

# A process of its own: what a fork has before it becomes another program counts as well.
MEASURE = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def hostile_strings(count: int) -> list[str]:
    """Return text with a fixed seed that is easily taken for something else."""
    draw = random.Random(23)
    alphabet = "ab \t\n\r,;|\"'\\\1\x1b{}$[]%=-@\u202e\u2028\x85é👩\ufeff"
    return HOSTILE + ["".join(draw.choices(alphabet, k=draw.randint(1, 12))) for _ in range(count - len(HOSTILE))]


def untagged(text: str) -> str:
    """Return what a cell means: text that looks like a tag is tagged, as RecordWriter does it."""
    return "x" if text == '{"$text": "x"}' else text


def written(rows: list[list[str]]) -> bytes:
    output = io.StringIO(newline="")
    csv.writer(output, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    return output.getvalue().encode()


@pytest.mark.parametrize("form", ["csv", "tsv", "jsonl", "json"])
def test_hostile_strings_come_back_as_they_were(run: Run, form: str) -> None:
    """500 of them, as details and as projects, through CSV and every form of export."""
    strings = hostile_strings(500)
    result = run("tasks", "import", stdin=written([["details", "project"], *([text, f"p{text}"] for text in strings)]))
    assert result.err == ""
    exported = run("tasks", "export", "--jsonl").text
    found = [json.loads(line) for line in exported.split("\n")[:-1]]
    assert [task["details"] for task in found] == [untagged(text) for text in strings]
    assert [task["project"] for task in found] == [f"p{text}" for text in strings]
    again = run("tasks", "export", "--format", form).out
    assert run("tasks", "--db", "./copy.db", "import", stdin=again).err == ""
    assert run("tasks", "--db", "./copy.db", "export", "--jsonl").text == exported


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A file that takes a while."""
    path = tmp_path / "large.csv"
    path.write_text("details,project,due\n" + "".join(f"task {n},p {n % 50},2031-01-01\n" for n in range(100_000)))
    return path


def state(path: Path) -> tuple[list[tuple[object, ...]], ...]:
    """Return all there is in the database, which has to be whole."""
    tables = ("task", "project", "step", "change", "bulk", "import", "underway", "sqlite_master")
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    columns = {"sqlite_master": "name, sql"}
    found = tuple(
        connection.execute(f"SELECT {columns.get(table, '*')} FROM {table} ORDER BY 1").fetchall() for table in tables
    )
    connection.close()
    return found


@pytest.mark.timeout(600)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_an_import_that_is_ended_leaves_the_database_as_it_was(
    run: Run, tmp_path: Path, large: Path, number: signal.Signals
) -> None:
    database = tmp_path / "tasks.db"
    assert run("tasks", "--db", str(database), "import", stdin="details,project\na,p\nb,q\n").code == 0
    before = state(database)
    draw = random.Random(number)
    ended = 0
    for _ in range(5):
        command = [COMMAND, "tasks", "--db", str(database), "import", str(large)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        until_it_listens(process)
        time.sleep(draw.uniform(0, 0.4))
        process.send_signal(number)
        out, err = process.communicate()
        if process.returncode == 0 or state(database) != before:  # it had been done when it was ended
            assert len(state(database)[0]) == 2 + 100_000
            assert run("tasks", "--db", str(database), "undo").code == 0
            assert [len(table) for table in state(database)[:2]] == [2, 2]
            before = state(database)
            continue
        ended += 1
        assert (process.returncode, out, err) == (-number, b"", b"")
        assert run("tasks", "--db", str(database), "list").code == 0
    assert ended


def test_a_signal_while_the_database_is_written_is_no_error_of_the_database(tmp_path: Path) -> None:
    """SQLite ends what it does with an error of its own, such as that there is nothing to roll back."""
    (tmp_path / "small.csv").write_text("details\na\n")
    for number in range(1, 5):
        for file in tmp_path.glob("new.db*"):
            file.unlink()
        ended = signalled_at(tmp_path, "fdatasync", number, "tasks", "--db", "new.db", "import", "small.csv")
        assert ended == (-signal.SIGTERM, b""), number


def test_a_new_database_is_whole_after_a_kill(run: Run, tmp_path: Path, large: Path) -> None:
    draw = random.Random(1)
    for turn in range(10):
        database = tmp_path / f"{turn}.db"
        process = subprocess.Popen(
            [COMMAND, "tasks", "--db", str(database), "import", str(large)], stdout=subprocess.DEVNULL
        )
        time.sleep(draw.uniform(0, 0.5))
        process.kill()
        process.wait()
        assert run("tasks", "--db", str(database), "add", "x").code == 0
        count = json.loads(run("tasks", "--db", str(database), "sql", "select count(*) n from task", "--jsonl").text)[
            "n"
        ]
        assert count in (1, 100_001)
        assert state(database)


def test_processes_that_import_at_once_wait_for_each_other(run: Run, tmp_path: Path) -> None:
    """Into a database that none of them finds; the same file, so that one alone imports it."""
    (tmp_path / "same.csv").write_text("details\n" + "x\n" * 1000)
    for n in range(4):
        (tmp_path / f"{n}.csv").write_text(f"details,project\n{n},p\n" * 1)
    with ThreadPoolExecutor() as pool:
        same = [pool.submit(run, "tasks", "import", "same.csv") for _ in range(4)]
        own = [pool.submit(run, "tasks", "import", f"{n}.csv") for n in range(4)]
        assert sorted(future.result().code for future in same) == [0, 1, 1, 1]
        assert [future.result().code for future in own] == [0] * 4
    assert run("tasks", "sql", "select count(*), count(distinct id) from task").text == "1004\t1004\n"


def test_a_step_of_many_tasks_is_undone_and_redone(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("details,project\n" + "".join(f"{n},p {n % 7}\n" for n in range(5000)))
    run("tasks", "add", "first")
    assert run("tasks", "import", "a.csv").text == "5000\t0\t0\t0\t7\n"
    everything = run("tasks", "export", "--jsonl").out
    assert "\t5007\n" in run("tasks", "log").text
    assert run("tasks", "undo").code == 0
    assert [json.loads(line)["details"] for line in run("tasks", "export", "--jsonl").text.splitlines()] == ["first"]
    assert run("tasks", "export", "--projects", "--jsonl").text == ""
    assert run("tasks", "redo").code == 0
    assert run("tasks", "export", "--jsonl").out == everything
    assert run("tasks", "edit", "7", "--to-priority", "1").code == 0
    assert run("tasks", "undo", "2").code == 0


def test_memory_does_not_grow_with_the_file(tmp_path: Path, python: str) -> None:
    peaks = []
    for rows in (100_000, 1_000_000):
        path = tmp_path / f"{rows}.csv"
        path.write_text("details,due\n" + "".join(f'"task {n}, with a comma",2031-01-01\n' for n in range(rows)))
        command = [COMMAND, "tasks", "--db", str(tmp_path / f"{rows}.db"), "import", str(path)]
        done = subprocess.run([python, "-c", MEASURE, *command], capture_output=True, text=True, check=True)
        peaks.append(int(done.stdout))
    assert peaks[1] < 60 * 1024
    assert peaks[1] < peaks[0] + 8 * 1024


def test_a_full_disk_is_told_and_changes_nothing(run: Run, tmp_path: Path, large: Path) -> None:
    """The size limit of a process stands for the disk's."""
    database = tmp_path / "tasks.db"
    run("tasks", "--db", str(database), "add", "first")
    before = state(database)
    script = f"ulimit -f 4000; {COMMAND} tasks --db {database} import {large}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"stdtools tasks import: {database}: ")
    assert done.stderr.count("\n") == 1
    assert state(database) == before


@pytest.mark.parametrize("rows", [1, 10_000])
def test_nobody_waits_while_a_pipe_is_read(run: Run, tmp_path: Path, rows: int) -> None:
    """More rows than a block has: the first are there, the last are not."""
    run("tasks", "add", "first")
    process = subprocess.Popen(
        [COMMAND, "tasks", "import"],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    process.stdin.write(b"details,project\n" + b"from the pipe,p\n" * rows)
    process.stdin.flush()
    time.sleep(0.5)  # in which it used to lock the database
    began = time.monotonic()
    assert run("tasks", "add", "second") == (0, b"2\n", "")
    assert time.monotonic() - began < 8, "less than it would wait for a lock"
    assert process.communicate(b"the last,p\n") == (f"{rows + 1}\t0\t0\t0\t1\n".encode(), b"")
    assert run("tasks", "list", "--sort", "-id", "--limit", "1").text == f"{rows + 3}\tp\t5\t\topen\tthe last\n"


def test_a_pipeline_may_change_what_it_imports_into(shell: Run) -> None:
    source = f"{COMMAND} tasks add first >/dev/null && {COMMAND} tasks export"
    assert shell(f"({source}) | {COMMAND} tasks import --on-conflict update") == (0, b"0\t0\t1\t0\t0\n", "")


def test_a_pipe_that_finds_no_room_is_told(shell: Run) -> None:
    line = f"(echo details; seq 200000) | (ulimit -f 500; {COMMAND} tasks --db :memory: import)"
    code, out, err = shell(line)
    assert (code, out) == (2, b"")
    assert err.startswith("stdtools tasks import: ")
    assert err.endswith(": cannot keep standard input: File too large; set TMPDIR to a larger place\n")


def test_fifos_and_devices_are_read_as_files_are(shell: Run, run: Run) -> None:
    assert shell(f"{COMMAND} tasks import <(echo details; seq 3) <(echo details; seq 9)").text == "12\t0\t0\t0\t0\n"
    result = run("tasks", "import", "/dev/null", ".")
    assert (result.code, result.err.splitlines()) == (
        2,
        [
            "stdtools tasks import: /dev/null: is empty; its first line names the columns",
            "stdtools tasks import: .: Is a directory",
        ],
    )
