"""The fast ways through an import take what the plain ones take, and whatever passes is good for the table."""

import csv
import io
import os
import random
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stdtools.shared.errors import ToolError
from stdtools.shared.streams import open_input
from stdtools.tasks import reading
from stdtools.tasks.cleaning import Cleaner
from stdtools.tasks.database import MEMORY, Database
from stdtools.tasks.decoding import Text
from stdtools.tasks.dialect import Dialect
from stdtools.tasks.importing import import_files
from stdtools.tasks.loading import Loader
from stdtools.tasks.schema import TASK
from stdtools.tasks.splitting import split
from stdtools.tasks.wishes import Outcome, Wishes

CSV_TEXT = st.text(alphabet='ab",;\n\r\1 é', max_size=60)
CELL = st.text(alphabet='ab",\n\r\t\1 \\é', max_size=8)
ROWS = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(CELL, min_size=width, max_size=width), min_size=1, max_size=12)
)


def by_csv(text: str, width: int) -> list[str]:
    rows = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    assert {len(row) for row in rows} <= {width}
    return list(chain.from_iterable(rows))


@given(CSV_TEXT, st.integers(1, 3))
@example('"a","b"\r\na,b\n', 2)
@example('"a""b",x\n', 2)
@example('\1,"a"\n', 2)
@example('x"a"\1,\1\n', 2)
@example('"",""\n', 2)
@example("a\n\nb\n", 1)
@settings(max_examples=500)
def test_what_is_split_is_what_csv_reads(text: str, width: int) -> None:
    text += "\n"
    cells = split(text, ",", width)
    if cells is not None and "" not in cells:  # a blank line has one empty cell, which no task can have
        assert cells == by_csv(text, width)


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "BLOCK", 16)
    monkeypatch.setattr("stdtools.tasks.decoding.BLOCK", 16)


def written(cell: str, quoted: bool) -> str:
    if quoted or not cell or any(mark in cell for mark in ',"\r\n'):
        return '"' + cell.replace('"', '""') + '"'
    return cell


def pieces(text: str, size: int) -> Iterator[str]:
    yield from (text[at : at + size] for at in range(0, len(text), size))


@given(ROWS, st.integers(1, 40), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
@settings(max_examples=300)
@pytest.mark.usefixtures("small_blocks")
def test_blocks_are_cut_between_rows(rows: list[list[str]], size: int, end: str, all_quoted: bool) -> None:
    lines_of_rows = [",".join(written(cell, all_quoted) for cell in row) + end for row in rows]
    text = "".join(lines_of_rows)
    with open_input(os.devnull) as source:
        texts = pieces(text, size)
        table = reading.Rows(Text(source), "", texts, Dialect("csv", ","))
        found: list[list[str]] = []
        lines = []
        for block in table.blocks(len(rows[0])):
            slowly = list(table.rows(block.text))
            assert all(not row.trouble for row in slowly)
            if block.cells is not None and "" not in block.cells:
                assert block.cells == list(chain.from_iterable(row.cells for row in slowly))
            found += [row.cells for row in slowly]
            lines += [row.line for row in slowly]
    assert found == rows
    if "\r" not in text:  # which counts where there is nothing else
        assert lines == [1 + "".join(lines_of_rows[:at]).count("\n") for at in range(len(rows))]


def a_file(draw: random.Random, path: Path) -> None:
    """Write a CSV file of a thousand rows, most of them good."""
    fields = draw.sample(TASK, draw.randint(1, len(TASK)))
    if "details" not in fields:
        fields.append("details")
    done, times = draw.choice([([], []), (["done"], []), (["Done"], ["2021-01-01T00:00:00Z"])])
    good = {
        "id": lambda: draw.choice(["", "", str(draw.randint(1, 10**6))]),
        "project": lambda: draw.choice(["", "p", "q", f"r {draw.randint(1, 50)}", ' "x" ', "ü\n,"]),
        "priority": lambda: draw.choice(["", "0", "99", " 7 ", "007", str(draw.randint(0, 99))]),
        "details": lambda: draw.choice(
            ["a", 'say "x"', "b,c", "d\ne", f"task {draw.randint(1, 999)}", '{"$text": "t"}']
        ),
        "status": lambda: draw.choice(["", "open", "OPEN", "open", *done]),
        "deadline": lambda: draw.choice(["", " 2031-01-01", f"20{draw.randint(10, 99)}-12-31"]),
        "created": lambda: draw.choice(["", "2020-01-01T00:00:00Z", "2020-01-01T00:00:00.5+02:00"]),
        "completed": lambda: draw.choice(["", *times]),
    }
    bad = ["", "\0", "none", "100", "2031-02-30", "done", "x", "2020-01-01T00:00:00Z", "2020-01-01"]
    wrong = draw.choice([0, 0, 0.001, 0.05])
    with open(path, "w", newline="", encoding="utf-8") as output:
        writer = csv.writer(output, lineterminator=draw.choice(["\n", "\r\n"]))
        writer.writerow(fields)
        for _ in range(1000):
            row = [draw.choice(bad) if draw.random() < wrong else good[field]() for field in fields]
            writer.writerow(row[: draw.randint(1, len(row))] if draw.random() < wrong else row)


def imported(path: Path, wishes: Wishes) -> tuple[Outcome, list[tuple[object, ...]], list[tuple[object, ...]]]:
    """Return what comes of the import into a database in memory, its tasks and its projects."""
    with Database(MEMORY, writable=True) as database:
        outcome = import_files(database, [str(path)], wishes, "import")
        for check in ("PRAGMA integrity_check", "PRAGMA foreign_key_check"):
            assert [row for row in database.sql.execute(check) if row != ("ok",)] == []
        tasks = database.sql.execute("SELECT * FROM task ORDER BY id").fetchall()
        projects = database.sql.execute("SELECT * FROM project ORDER BY name").fetchall()
        names = [name for (name,) in database.sql.execute("SELECT name FROM sqlite_master WHERE type = 'index'")]
        assert "task_deadline" in names
        assert database.one("SELECT count(*) FROM sqlite_temp_master") == 6
    return outcome, tasks, projects


@pytest.mark.parametrize("seed", range(30))
def test_the_bulk_path_does_what_the_plain_one_does(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same tasks, all good for the checks of the table, which a load leaves out; the same rejects."""
    draw = random.Random(seed)
    path = tmp_path / "a.csv"
    a_file(draw, path)
    monkeypatch.setattr("stdtools.tasks.importing.utc_now", lambda: "2026-11-25T12:00:00Z")
    bulk, plain = tmp_path / "bulk.csv", tmp_path / "plain.csv"
    wishes = Wishes(max_errors=10**6)
    one, *tables = imported(path, wishes._replace(rejects=str(bulk)))
    with monkeypatch.context() as patch:
        patch.setattr(Cleaner, "clean_block", lambda self, cells, fields: False)
        other, *others = imported(path, wishes._replace(rejects=str(plain)))
    assert tables == others
    assert vars(one.counts) == vars(other.counts)
    assert (one.rows, one.rejects.rows) == (other.rows, other.rejects.rows)
    assert bulk.read_bytes() == plain.read_bytes()


def test_good_files_take_the_bulk_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.csv"
    rows = [f'2031-01-{n % 28 + 1:02},p {n % 9},{n % 99},"say ""{n}"", and\r\nmore"\n' for n in range(5000)]
    path.write_text("deadline,project,priority,details\n" + "".join(rows), newline="")
    monkeypatch.setattr(Loader, "add_row", lambda *args: pytest.fail("row by row"))
    outcome, tasks, _ = imported(path, Wishes())
    assert (outcome.counts.imported, len(tasks)) == (5000, 5000)
    assert tasks[4999][3] == 'say "4999", and\r\nmore'


def test_a_bad_row_costs_its_block_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.csv"
    path.write_text("details,due\n" + "".join(f"task {n},2031-01-01\n" for n in range(50_000)) + "bad,bad\n")
    one_by_one = []
    add_row = Loader.add_row
    monkeypatch.setattr(Loader, "add_row", lambda self, *args: one_by_one.append(1) or add_row(self, *args))
    outcome, tasks, _ = imported(path, Wishes(max_errors=1))
    assert (len(tasks), outcome.rejects.rows) == (50_000, 1)
    assert len(one_by_one) < 5000


def test_a_step_in_bulk_has_no_journal(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("details\n" + "x\n" * 5000)
    with Database(MEMORY, writable=True) as database:
        database.sql.execute("INSERT INTO task (details, created) VALUES ('first', '2020-01-01T00:00:00Z')")
        assert import_files(database, [str(path)], Wishes(), "import").counts.imported == 5000
        assert database.one("SELECT count(*) FROM change") == 0
        assert database.sql.execute("SELECT first, last, rows FROM bulk").fetchall() == [(2, 5001, 5000)]


@pytest.mark.usefixtures("small_blocks")
def test_lines_are_told_behind_blocks_of_which_columns_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("details,x,due\n" + "a,b,2031-01-01\n" * 100 + "c,d,bad\n")
    outcome, *_ = imported(path, Wishes(named={"x": None}))
    assert [reject.line for reject in outcome.rejects.first] == [102]


def test_a_project_is_not_made_for_a_row_whose_id_is_there(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,details,project\n1,a,p\n1,b,q\n")
    outcome, tasks, projects = imported(path, Wishes(max_errors=1))
    assert (len(tasks), [name for name, *_ in projects], outcome.counts.projects) == (1, ["p"], 1)


@pytest.mark.parametrize("has_ids", [False, True])
@pytest.mark.parametrize("row_by_row", [False, True])
def test_what_an_index_of_somebody_else_forbids_ends_the_import(
    row_by_row: bool, has_ids: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some blocks later than it is found out: what waited behind it is neither lost nor there twice."""
    monkeypatch.setattr(reading, "BLOCK", 64)
    monkeypatch.setattr("stdtools.tasks.decoding.BLOCK", 64)
    monkeypatch.setattr("stdtools.tasks.loading._AT_ONCE", (7, 3, 1))
    path = tmp_path / "a.csv"
    rows = [f"{n},{'same' if n in (40, 42) else n}\n" for n in range(1, 200)]
    path.write_text("id,details\n" + "".join(rows))
    if row_by_row:
        monkeypatch.setattr(Cleaner, "clean_block", lambda self, cells, fields: False)
    with Database(MEMORY, writable=True) as database:
        database.sql.execute("CREATE UNIQUE INDEX mine ON task (details) WHERE details = 'same'")
        with pytest.raises(ToolError, match=r"UNIQUE constraint failed: task\.details"):
            import_files(database, [str(path)], Wishes(named={} if has_ids else {"id": None}, max_errors=9), "import")
        assert database.one("SELECT count(*) FROM task") == 0
