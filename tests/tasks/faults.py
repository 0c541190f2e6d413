"""Writers of a task database that are killed or interrupted at random moments."""

import json
import random
import re
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from stdtools.tasks.database import Database
from stdtools.tasks.filters import Filter, rows

# Adds, edits, marks as done and undoes, and says what is so when each is on the disk.
WRITER = """
import json, os, sys
from stdtools.tasks import changing, steps
from stdtools.tasks.database import Database, utc_now
from stdtools.tasks.filters import Filter
def say(**words): os.write(1, json.dumps(words).encode() + b"\\n")
with Database(sys.argv[1], writable=True) as database:
    say(ready=True)
    while True:
        task, _ = changing.add(database, "add", "text " * 50, project=f"project {os.getpid() % 7}")
        say(id=task, status="open", priority=5)
        one = Filter(ids=((task, task),))
        changing.set_fields(database, "edit", one, {"priority": task % 100})
        say(id=task, status="open", priority=task % 100)
        changing.set_fields(database, "done", one, {"status": "done", "completed": utc_now()})
        say(id=task, status="done", priority=task % 100)
        if task % 3 == 0:
            steps.undo(database)
            say(id=task, status="open", priority=task % 100)
        if task % 10 == 0:
            steps.undo(database, 2)
            steps.redo(database, 2)
            say(id=task, again=True)
"""


def end_writers(path: str, draw: random.Random, ends: int, number: int) -> None:
    """End a looping writer *ends* times by the signal *number*; what was acknowledged has to be there each time."""
    known: dict[int, dict[str, object]] = {}
    uncertain: set[int] = set()
    for _ in range(ends):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(draw.uniform(0, 0.03))
        process.send_signal(number)
        lines = process.stdout.read().splitlines(keepends=True)
        process.stdout.close()
        assert process.wait() == -number
        said = [json.loads(line) for line in lines if line.endswith(b"\n")]
        for word in said:
            known[word["id"]] = {**known.get(word["id"], {}), **word}
        # What it was at work on may be further than it said.
        uncertain |= {max(known, default=0), max(known, default=0) + 1}
        check(path, known, uncertain)


def until_it_listens(process: "subprocess.Popen[bytes]") -> None:
    """Wait until *process* has its handlers: before, a signal meets Python's own start."""
    status = Path(f"/proc/{process.pid}/status")
    while not int(re.findall(r"SigCgt:\s*(\w+)", status.read_text())[0], 16) >> (signal.SIGTERM - 1) & 1:
        time.sleep(0.001)


def check(path: str, known: dict[int, dict[str, object]], uncertain: set[int]) -> None:
    """Assert that the database is whole and has what is *known*, but for the *uncertain* tasks."""
    with Database(path, writable=False) as database:
        assert database.sql.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.sql.execute("PRAGMA foreign_key_check").fetchall() == []
        assert database.one("SELECT count(*) FROM underway") == 0
        found = {row[0]: row[1:] for row in rows(database, Filter(), columns=("id", "status", "priority", "details"))}
    for task, word in known.items():
        if task not in uncertain:
            assert found[task] == (word["status"], word["priority"], "text " * 50), (task, word)


def is_whole(path: str) -> bool:
    """Say whether SQLite itself finds the database whole."""
    sql = sqlite3.connect(path)
    try:
        return sql.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    finally:
        sql.close()


SIGNALS = {"kill": signal.SIGKILL, "interrupt": signal.SIGINT}
