"""tasks beside sqlite3's .import, sqlite-utils and Python's own start: bulk imports, their memory, small commands."""

import os
import random
import shlex
from pathlib import Path

from measure import Candidate, Claim, Measured, anew, claim, compare

ROWS = 1_000_000
MANY = 10_000_000
CLICK = "python -c 'import click', beside tasks"


def make_plan(path: Path, count: int) -> None:
    """Write *count* rows of CSV as a spreadsheet does it, with CRLF and a quoted column."""
    draw = random.Random(4)
    days = [f"20{year}-{month:02}-{day:02}" for year in (26, 27, 28) for month in range(1, 13) for day in range(1, 29)]
    with open(path, "w", encoding="ascii", newline="") as output:
        output.write("deadline,project,priority,details\r\n")
        for n in range(count):
            row = f"{draw.choice(days)},project {draw.randrange(200)},{draw.randrange(1, 10)}"
            output.write(f'{row},"task number {n}, do the thing"\r\n')


def run(python: str, stdtools: str, place: Path) -> tuple[list[Measured], list[Claim]]:
    """Measure imports of a million rows and of ten, then commands in a database with the million."""
    os.environ["STDTOOLS_JOURNAL"] = "off"
    plan, database, plain = place / "plan.csv", place / "tasks.db", place / "plain.db"
    make_plan(plan, ROWS)
    tasks = [stdtools, "tasks", "--db", str(database)]
    bulk = compare(
        [
            Candidate(
                "sqlite3 .import, 1,000,000 rows",
                anew(plain, ["sqlite3", str(plain), ".mode csv", f".import {plan} task"]),
            ),
            Candidate("tasks import, 1,000,000 rows", anew(database, [*tasks, "import", str(plan)])),
        ],
        rounds=5,
    )
    utils = Path(stdtools).with_name("sqlite-utils")
    slow = compare(
        [
            Candidate(
                "sqlite-utils insert, 1,000,000 rows",
                anew(plain, [str(utils), "insert", str(plain), "task", str(plan), "--csv"]),
            )
        ],
        rounds=1,
    )
    small = compare(
        [
            Candidate(CLICK, [python, "-c", "import click"]),
            Candidate("tasks list, a screen of 1,000,000", [*tasks, "list", "--limit", "50"]),
            Candidate("tasks add, among 1,000,000", [*tasks, "add", "Buy milk"]),
            Candidate(
                "tasks done, among 1,000,000", ["sh", "-c", f"exec {shlex.join(tasks)} done $(($$ % {ROWS} + 1))"]
            ),
        ],
        rounds=21,
    )
    plain.unlink()
    database.unlink()
    make_plan(plan, MANY)
    many = compare(
        [Candidate("tasks import, 10,000,000 rows", anew(database, [*tasks, "import", str(plan)]))], rounds=1
    )
    plan.unlink()
    database.unlink()
    memory = {measured.name: measured.memory for measured in [*bulk, *many]}
    claims = [
        claim(
            "tasks import of 1,000,000 rows, checked",
            bulk,
            "tasks import, 1,000,000 rows",
            "sqlite3 .import, 1,000,000 rows",
            1.5,
            "sqlite3 .import, unchecked",
        ),
        claim(
            "tasks import of 1,000,000 rows, checked",
            [*bulk, *slow],
            "tasks import, 1,000,000 rows",
            "sqlite-utils insert, 1,000,000 rows",
            1 / 15,
            "sqlite-utils insert",
        ),
        *(
            Claim(f"{name}: peak memory, MiB", "", "60 MiB", 60, memory[name])
            for name in ("tasks import, 1,000,000 rows", "tasks import, 10,000,000 rows")
        ),
        *(
            claim(name, small, name, CLICK, 1.6, "python -c 'import click'")
            for name in (measured.name for measured in small[1:])
        ),
    ]
    return [*bulk, *slow, *small, *many], claims
