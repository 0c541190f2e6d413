"""Random imports, in blocks of a few rows, do what a plain loop over csv.reader and json would do, and are undone."""

import csv
import io
import json
import random
from pathlib import Path
from typing import Any

import pytest

from stdtools.tasks import decoding, importing, loading, reading, steps, taking
from stdtools.tasks.database import MEMORY, Database
from stdtools.tasks.importing import import_files
from stdtools.tasks.schema import TASK
from stdtools.tasks.wishes import Outcome, Wishes

NOW = "2026-11-25T12:00:00Z"
TEXTS = ["a", "b c", 'say "x"', "c,d", "e\nf", "g\r\nh", "i\r", '"', "é", "👩 \1", "x" * 40, "\x1b[0m"]
GOOD = {
    "details": TEXTS,
    "project": ["", "p", "q", "new, one", "ü", *(f"p {n}" for n in range(20))],
    "priority": ["", "0", "99", " 7", "007"],
    "deadline": ["", "2031-01-01", " 2031-02-28 "],
    "id": ["", "", *map(str, range(1, 40))],
}
BAD = {"details": "", "project": "None", "priority": "100", "deadline": "2031-02-30", "id": "0"}

Task = dict[str, Any]


class Model:
    """What an import is to make of the *tasks* and *projects* there are, row by row."""

    def __init__(self, tasks: list[Task], projects: set[str], wishes: Wishes) -> None:
        self.tasks = {task["id"]: dict(task) for task in tasks}
        self.projects = set(projects)
        self._wishes = wishes
        self._last = max(self.tasks, default=0)
        self.imported = self.updated = self.skipped = 0
        self.rejected: list[int] = []  # lines

    def csv(self, text: str) -> None:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        header = next(reader)
        line = reader.line_num + 1
        for cells in reader:
            if any(cells):
                row = {name: cell for name, cell in zip(header, cells, strict=False) if name != "ignored"}
                if len(cells) != len(header) or not self._take(row):
                    self.rejected.append(line)
            line = reader.line_num + 1

    def json_lines(self, text: str) -> None:
        for line, record in enumerate(text.split("\n"), 1):
            if record and not self._take({key: str(value) for key, value in json.loads(record).items()}):
                self.rejected.append(line)

    def _take(self, row: dict[str, str]) -> bool:
        if any(row[field] == BAD[field] for field in row):
            return False
        project = row.get("project") or self._wishes.project
        plain: Task = {
            "details": row["details"],
            "project": project,
            "priority": int(row.get("priority") or 5),
            "deadline": row.get("deadline", "").strip() or None,
        }
        task = int(row.get("id") or 0)
        there = self.tasks.get(task)
        if self._wishes.keys == ("details",):
            same = [old for old in self.tasks.values() if old["details"] == plain["details"]]
            if len(same) > 1 and self._wishes.conflict != "skip":
                return False
            there = same[0] if same else None
            if there is None and task in self.tasks:
                return False
        if there is None:
            self._last = max(self._last, task)
            self._last += not task
            new = {"id": task or self._last, **plain, "status": "open", "created": NOW, "completed": None}
            self.tasks[new["id"]] = new
            self.imported += 1
        elif self._wishes.conflict == "error":
            return False
        else:
            given = {field: plain[field] for field in plain if field in row or (field == "project" and project)}
            differs = self._wishes.conflict == "update" and any(there[field] != given[field] for field in given)
            self.updated += differs
            self.skipped += not differs
            if not differs:
                return True
            there.update(given)
        if project:
            self.projects.add(project)
        return True


def a_file(draw: random.Random, path: Path, wishes: Wishes) -> Path:
    """Write a file of some rows, most of them good."""
    fields = [field for field in GOOD if draw.random() < 0.5 and not (field == "project" and wishes.project)]
    fields = list(dict.fromkeys(["details", *wishes.keys, *fields]))
    draw.shuffle(fields)
    wrong = draw.choice([0, 0, 0.02, 0.2])
    ids = ["", *map(str, draw.sample(range(1, 400), 300))]
    texts = draw.choice([TEXTS, [text for text in TEXTS if not text.endswith("\r")]])
    good = {**GOOD, "id": draw.choice([GOOD["id"], ids]), "details": texts}
    rows = [
        {field: BAD[field] if draw.random() < wrong else draw.choice(good[field]) for field in fields}
        for _ in range(draw.choice([0, 3, 30, 60]))
    ]
    if draw.random() < 0.2:
        path = path.with_suffix(".jsonl")
        path.write_bytes(
            "".join(json.dumps(row) + "\n" for row in rows or [{field: GOOD[field][-1] for field in fields}]).encode()
        )
        return path
    ends = draw.choice([["\n"], ["\r\n"], ["\r"], ["\n", "\r\n"], ["\n", "\r", "\r\n"]])
    if draw.random() < 0.3:
        fields.insert(draw.randint(0, len(fields)), "ignored")
    quoting = draw.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
    plain = draw.random() < 0.3
    output = io.StringIO(newline="")
    for cells in [fields, *([row.get(field, "i") for field in fields] for row in rows)]:
        if plain and cells is not fields:
            cells = [cell.translate({ord(mark): "_" for mark in '",\r\n'}) for cell in cells]
        if draw.random() < wrong and cells is not fields:
            cells = cells[: draw.randint(0, len(cells))]
        csv.writer(output, lineterminator=draw.choice(ends), quoting=csv.QUOTE_MINIMAL if plain else quoting).writerow(
            cells
        )
        if draw.random() < 0.02:
            output.write(draw.choice(ends))
    path.write_bytes(output.getvalue().encode())
    return path


def snapshot(database: Database) -> tuple[list[Task], set[str]]:
    assert database.sql.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert database.sql.execute("PRAGMA foreign_key_check").fetchall() == []
    tasks = database.sql.execute("SELECT * FROM task ORDER BY id").fetchall()
    names = database.sql.execute("SELECT name FROM project").fetchall()
    return [dict(zip(TASK, task, strict=True)) for task in tasks], {name for (name,) in names}


def check(seed: int, place: Path) -> None:
    """Make some imports into one database, each beside its model."""
    draw = random.Random(seed)
    with Database(MEMORY, writable=True) as database:
        for turn in range(3):
            conflict = draw.choice(["error", "error", "skip", "update"])
            keys = () if conflict == "error" else draw.choice([("id",), ("id",), ("details",)])
            rejects = place / "rejects.csv"
            wishes = Wishes(
                project=draw.choice([None, None, "all"]),
                conflict=conflict,
                keys=keys,
                max_errors=draw.choice([0, 3, 10**6, 10**6]),
                rejects=str(rejects),
                again=True,
                dry_run=draw.random() < 0.1,
            )
            paths = [a_file(draw, place / f"{turn}-{n}.csv", wishes) for n in range(draw.randint(1, 3))]
            if any(path.suffix == ".csv" and b"ignored" in path.read_bytes() for path in paths):
                for path in paths:  # --map names a column that each of them has
                    if path.suffix == ".csv" and b"ignored" not in path.read_bytes():
                        path.write_bytes(path.read_bytes().replace(b"ignored", b""))
                named: dict[str, str | None] = {"ignored": None}
                paths = [path for path in paths if path.suffix == ".csv" and b"ignored" in path.read_bytes()]
                wishes = wishes._replace(named=named)
            before = snapshot(database)
            model = Model(*before, wishes)
            for path in paths:
                text = path.read_bytes().decode()
                (model.json_lines if path.suffix == ".jsonl" else model.csv)(text)
            rejects.unlink(missing_ok=True)
            outcome = import_files(database, [str(path) for path in paths], wishes, "import")
            compare(database, model, outcome, wishes, before)
            if wishes.dry_run:
                assert not rejects.exists()
            elif all(b"\r" not in path.read_bytes().replace(b"\r\n", b"") for path in paths):
                with open(rejects, newline="", encoding="utf-8") as file:
                    found = dict.fromkeys((row["file"], int(row["line"])) for row in csv.DictReader(file))
                assert [line for _, line in found] == model.rejected


def compare(
    database: Database, model: Model, outcome: Outcome, wishes: Wishes, before: tuple[list[Task], set[str]]
) -> None:
    assert outcome.rejects.rows == len(model.rejected), [str(each) for each in outcome.rejects.first]
    assert outcome.refused == (len(model.rejected) > wishes.max_errors)
    after = snapshot(database)
    if outcome.refused or wishes.dry_run:
        assert after == before
    if outcome.refused:
        return
    counts = outcome.counts
    assert (counts.imported, counts.updated, counts.skipped) == (model.imported, model.updated, model.skipped)
    assert counts.projects == len(model.projects - before[1])
    if wishes.dry_run:
        return
    assert after[0] == sorted(model.tasks.values(), key=lambda task: task["id"])
    assert after[1] == model.projects
    if after != before:
        for _ in range(2):
            assert len(steps.undo(database)) == 1
            assert snapshot(database) == before
            assert len(steps.redo(database)) == 1
            assert snapshot(database) == after


@pytest.mark.parametrize("seed", range(25))
def test_an_import_does_what_its_model_does(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    block = random.Random(seed).choice([16, 50, 200, 1000])
    for module in (decoding, reading, taking):
        monkeypatch.setattr(module, "BLOCK", block)
    monkeypatch.setattr(loading, "_AT_ONCE", (7, 3, 1))
    monkeypatch.setattr(importing, "utc_now", lambda: NOW)
    check(seed, tmp_path)
