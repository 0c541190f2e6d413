"""Databases with bytes that were flipped: every command answers or says what is wrong, and comes to an end."""

import os
import random
import re
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from stdtools.shared.errors import ToolError
from stdtools.shared.sqlite import telling
from stdtools.tasks.asking import ask
from stdtools.tasks.changing import add
from stdtools.tasks.database import Database
from stdtools.tasks.filters import Filter, rows
from stdtools.tasks.stats import COLUMNS, counts
from stdtools.tasks.steps import redo, steps, undo
from tests.conftest import Run
from tests.tasks.made import TODAY, make

DATABASES = 1000
PROCESSES = 10  # of each of COMMANDS
COMMANDS = (["list"], ["sql", "SELECT * FROM task"], ["export"], ["stats"], ["log"], ["add", "x"], ["undo"])


def ask_all(database: Database) -> None:
    for query in ("SELECT * FROM task", "SELECT * FROM project", "SELECT * FROM change", "SELECT count(*) FROM task"):
        _, found = ask(database.sql, query, {}, 5)
        list(found)


def read(database: Database) -> None:
    list(rows(database, Filter(status="open"), limit=20))
    list(rows(database, Filter(), order=(("id", False),)))
    ask_all(database)
    for by in COLUMNS:
        list(counts(database, by, TODAY))
    list(steps(database))


def change(database: Database) -> None:
    add(database, "add", "details", project="a new one")
    undo(database)
    redo(database)


def try_engine(path: Path, act: Callable[[Database], None], *, writable: bool) -> None:
    try:
        with Database(str(path), writable=writable) as database, telling(str(path)):
            act(database)
    except ToolError as error:
        assert "\n" not in str(error) or "Could not decode" in str(error)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("sound") / "tasks.db"
    make(path, 60)
    return path.read_bytes()


def damaged(sound: bytes, random: random.Random) -> bytes:
    data = bytearray(sound)
    used = [at for at in range(0, len(data), 16) if any(data[at : at + 16])]
    for _ in range(random.choice((1, 1, 2, 5, 50))):
        at = random.choice(used) + random.randrange(16) if random.random() < 0.9 else random.randrange(200)
        data[at] ^= 1 << random.randrange(8) if random.random() < 0.5 else random.randrange(1, 256)
    if random.random() < 0.05:
        del data[random.randrange(len(data)) :]
    return bytes(data)


@pytest.mark.once
def test_no_flipped_byte_is_a_traceback_or_the_end_of_time(sound: bytes) -> None:
    chance = random.Random(random.randrange(1 << 32))
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as place:  # no waiting
        path = Path(place) / "tasks.db"
        for _ in range(DATABASES):
            path.write_bytes(damaged(sound, chance))
            try_engine(path, read, writable=False)
            try_engine(path, change, writable=True)
            for beside in path.parent.glob("tasks.db-*"):
                beside.unlink()


@pytest.mark.once
@pytest.mark.process
def test_commands_on_flipped_bytes_end_with_0_1_or_2_and_a_line(sound: bytes, run: Run, tmp_path: Path) -> None:
    chance = random.Random(random.randrange(1 << 32))
    path = tmp_path / "tasks.db"
    for _ in range(PROCESSES):
        path.write_bytes(damaged(sound, chance))
        for args in COMMANDS:
            try:
                result = run("tasks", "--db", "tasks.db", *args)
            except subprocess.TimeoutExpired:
                pytest.fail(f"{args} did not end")
            assert result.code in (0, 1, 2), (args, result)
            assert not re.search("Traceback|internal error", result.err), (args, result)
            assert (result.code == 2) == bool(result.err), (args, result)
