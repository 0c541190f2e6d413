"""Which tasks a filter means: against Python's own answer, on random tasks, and what --where lets through."""

import contextlib
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stdtools.shared.errors import ToolError
from stdtools.tasks import expressions, filters
from stdtools.tasks.database import MEMORY, Database
from stdtools.tasks.filters import Due, Filter, choose, folded, order_by, rows
from stdtools.tasks.schema import TASK

DETAILS = (
    "Buy MILK",
    "buy bread",
    "Straße fegen",
    "STRASSE kehren",
    "Cafe\u0301",
    "café zahlen",
    "100%_\\ sure",
    "x\ny",
)
PROJECTS = (None, "home", "Work", "Ärger", "100%")


@pytest.fixture
def database() -> Iterator[Database]:
    """Three hundred random tasks."""
    draw = random.Random(7)
    with Database(MEMORY, writable=True) as database:
        database.sql.executemany("INSERT INTO project (name) VALUES (?)", [(name,) for name in PROJECTS if name])
        for _ in range(300):
            done = draw.random() < 0.3
            values = (
                draw.choice(PROJECTS),
                draw.randrange(6),
                draw.choice(DETAILS),
                "done" if done else "open",
                draw.choice((None, f"2026-11-{draw.randint(20, 30)}")),
                "2026-01-01T00:00:00Z",
                "2026-02-01T00:00:00Z" if done else None,
            )
            database.sql.execute(f"INSERT INTO task ({', '.join(TASK[1:])}) VALUES (?, ?, ?, ?, ?, ?, ?)", values)
        yield database


Row = dict[str, Any]


def _words(row: Row, *words: str) -> bool:
    return all(folded(word) in folded(f"{row['details']}\n{row['project'] or ''}") for word in words)


@pytest.mark.parametrize(
    ("filter", "means"),
    [
        (Filter(), lambda row: True),
        (Filter(ids=((3, 3),)), lambda row: row["id"] == 3),
        (Filter(ids=((3, 7), (5, 9), (200, 200))), lambda row: 3 <= row["id"] <= 9 or row["id"] == 200),
        (Filter(ids=((1, 10**17),)), lambda row: True),
        (Filter(projects=("home", "100%")), lambda row: row["project"] in ("home", "100%")),
        (Filter(projects=("",)), lambda row: row["project"] is None),
        (Filter(projects=("", "Work")), lambda row: row["project"] in (None, "Work")),
        (Filter(projects=("none of these",)), lambda row: False),
        (Filter(priority=(1, 3)), lambda row: 1 <= row["priority"] <= 3),
        (Filter(status="open"), lambda row: row["status"] == "open"),
        (Filter(status="done", priority=(0, 0)), lambda row: row["status"] == "done" and row["priority"] == 0),
        (Filter(due=Due(never=True)), lambda row: row["deadline"] is None),
        (Filter(due=Due("2026-11-24", "2026-11-25")), lambda row: row["deadline"] in ("2026-11-24", "2026-11-25")),
        (Filter(due=Due(last="2026-11-24")), lambda row: (row["deadline"] or "9") <= "2026-11-24"),
        (
            Filter(due=Due(last="2026-11-24", overdue=True)),
            lambda row: row["status"] == "open" and (row["deadline"] or "9") <= "2026-11-24",
        ),
        (Filter(match=("milk",)), lambda row: _words(row, "milk")),
        (Filter(match=("BUY milk",)), lambda row: _words(row, "buy", "milk")),
        (Filter(match=("strasse",)), lambda row: row["details"] in ("Straße fegen", "STRASSE kehren")),
        (Filter(match=("CAFÉ",)), lambda row: row["details"] in ("Cafe\u0301", "café zahlen")),
        (Filter(match=("ärger", "home")), lambda row: False),
        (Filter(match=("%",)), lambda row: "%" in f"{row['details']}{row['project']}"),
        (Filter(match=("_\\",)), lambda row: row["details"] == "100%_\\ sure"),
        (Filter(where="priority < 2 OR project = 'home'"), lambda row: row["priority"] < 2 or row["project"] == "home"),
        (Filter(where="priority < 2 OR 1", status="open"), lambda row: row["status"] == "open"),
        (Filter(where="deadline IS NOT NULL -- and so on"), lambda row: row["deadline"] is not None),
        (Filter(where="length(details) > 9 /* long */"), lambda row: len(row["details"]) > 9),
        (
            Filter(where="priority = (SELECT min(o.priority) FROM task AS o WHERE o.project = task.project)"),
            lambda row: row["project"] is not None and row["priority"] == 0,
        ),
    ],
)  # fmt: skip
def test_a_filter_means_what_python_means(database: Database, filter: Filter, means: Any) -> None:
    everything = [dict(zip(TASK, row, strict=True)) for row in database.sql.execute("SELECT * FROM task")]
    expected = {row["id"] for row in everything if means(row)}
    assert {row[0] for row in rows(database, filter)} == expected
    assert choose(database, filter) == len(expected)
    assert {number for (number,) in database.sql.execute("SELECT id FROM temp.chosen")} == expected
    assert choose(database, filter, limit=3) == min(3, len(expected))


def _missing_last(value: Any) -> tuple[bool, Any]:
    return value is None, value or 0


def test_orders(database: Database) -> None:
    everything = [dict(zip(TASK, row, strict=True)) for row in database.sql.execute("SELECT * FROM task")]

    def ids(order: filters.Order, filter: Filter = Filter(), limit: int | None = None) -> list[int]:  # noqa: B008
        return [number for (number,) in rows(database, filter, columns=("id",), order=order, limit=limit)]

    def urgency(row: Row) -> Any:
        return row["status"] == "done", row["deadline"] or "9", row["priority"], row["id"]

    urgent = [row["id"] for row in sorted(everything, key=urgency)]
    assert ids(()) == ids((("urgency", False),)) == urgent
    assert ids((("urgency", True),)) == urgent[::-1]
    open_ones = [row["id"] for row in sorted(everything, key=urgency) if row["status"] == "open"]
    assert ids((), Filter(status="open")) == open_ones
    assert ids((), Filter(status="open"), 7) == open_ones[:7]
    assert ids((("urgency", True),), Filter(status="open")) == open_ones[::-1]
    by_project = sorted(everything, key=lambda r: (*_missing_last(r["project"] and r["project"].lower()), r["id"]))
    assert ids((("project", False),)) == [row["id"] for row in by_project]
    two = sorted(everything, key=lambda r: (-r["priority"], r["details"].lower(), r["id"]))
    assert ids((("priority", True), ("details", False)), Filter(where="details NOT GLOB '*[^ -~]*'")) == [
        row["id"] for row in two if row["details"].isascii() and row["details"].isprintable()
    ]
    descending = [row for row in everything if row["deadline"]]
    descending.sort(key=lambda r: r["id"])
    descending.sort(key=lambda r: r["deadline"], reverse=True)
    rest = [row["id"] for row in everything if not row["deadline"]]
    assert ids((("deadline", True),)) == [row["id"] for row in descending] + rest
    with pytest.raises(ValueError, match="not a field"):
        order_by((("id; DROP TABLE task", False),), Filter())


@pytest.mark.parametrize("limit", [None, 499, 500, 501, 1200, 5000])
def test_more_than_a_page_comes_whole_and_in_order(database: Database, limit: int | None) -> None:
    query = "INSERT INTO task (priority, details, created) SELECT value % 7, 'x', '2026-01-01T00:00:00Z' FROM "
    database.sql.execute(query + "(WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n LIMIT 2000) "
                         "SELECT value FROM n)")  # fmt: skip
    expected = database.sql.execute("SELECT id FROM task ORDER BY priority, id").fetchall()[:limit]
    first = rows(database, Filter(), columns=("id",), order=(("priority", False),), limit=limit)
    second = rows(database, Filter(), columns=("id",), order=(("priority", False),), limit=limit)
    assert [row for pair in zip(first, second, strict=True) for row in pair] == [r for r in expected for _ in range(2)]


@pytest.mark.parametrize(
    "filter",
    [
        Filter(status="open"),
        Filter(status="open", due=Due(last="2026-11-25", overdue=True)),
        Filter(status="open", priority=(0, 3)),
    ],
)
def test_the_most_urgent_come_from_the_index(database: Database, filter: Filter) -> None:
    seen: list[str] = []
    database.sql.set_trace_callback(seen.append)
    list(rows(database, filter, limit=20))
    database.sql.set_trace_callback(None)
    (query,) = (text for text in seen if text.startswith("SELECT"))
    plan = " / ".join(row[3] for row in database.sql.execute(f"EXPLAIN QUERY PLAN {query}"))
    assert "USING INDEX task_deadline" in plan
    assert "TEMP B-TREE FOR ORDER BY" not in plan, "at most those of one day are sorted"


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("1) OR (1", 'near ")": syntax error at character 2'),
        ("1 THEN 1 END, CASE WHEN 1", 'near ",": syntax error at character 13'),
        ("SELECT 1", 'near "SELECT": syntax error at character 1'),
        ("1, 2", 'near ",": syntax error at character 2'),
        ("1; DROP TABLE task", 'near ";": syntax error at character 2'),
        ("1 ORDER BY 1", 'near "ORDER": syntax error at character 3'),
        ("'and' = priority and and", 'near "and": syntax error at character 22'),
        ("priority <", "the expression is not complete at character 11"),
        ("(priority", "the expression is not complete at character 10"),
        ("1 /* no end", "the expression is not complete at character 12"),
        ("details = 'x", "unrecognized token: 'x at character 11"),
        ("prio = 1", "no such column: prio at character 1"),
        ("1 = lenght(details)", "no such function: lenght at character 5"),
        ("count(*) > 1", "misuse of aggregate function count()"),
        ("id IN (SELECT step FROM change)", "access to change.step is prohibited"),
        ("id IN (SELECT rowid FROM sqlite_master)", "access to sqlite_master.ROWID is prohibited"),
        ("id IN (SELECT 1 FROM pragma_table_info('task'))", ""),
        ("load_extension('x')", "not authorized to use function: load_extension"),
        ("id = ?", "has a parameter or a NUL; there are no values to give it"),
        ("id = :lowest", "has a parameter or a NUL; there are no values to give it"),
        ("id = 1\0", "has a parameter or a NUL; there are no values to give it"),
        ("", "an SQL expression is missing; such as \"priority < 3\""),
        ("details = '\udcff'", "is not SQL"),
    ],
)  # fmt: skip
def test_what_is_no_expression_that_only_reads_is_refused(database: Database, expression: str, message: str) -> None:
    before = list(database.sql.iterdump())
    wanted = Filter(where=expression)
    for use in (lambda: list(rows(database, wanted)), lambda: choose(database, wanted)):
        with pytest.raises(ToolError) as caught:
            use()
        assert str(caught.value).startswith(f"--where: {message}")
    assert list(database.sql.iterdump()) == before
    database.sql.execute("CREATE TABLE still_allowed (a)")


def test_a_search_without_end_is_ended(database: Database) -> None:
    endless = "(WITH RECURSIVE n(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n) SELECT max(v) FROM n)"
    with pytest.raises(ToolError, match=r"took more than 0\.2 seconds"):
        list(rows(database, Filter(where=endless), patience=0.2))
    assert database.one("SELECT count(*) FROM task") == 300


def test_sql_errors_while_it_runs_are_told(database: Database) -> None:
    with pytest.raises(ToolError, match="integer overflow"):
        list(rows(database, Filter(where="abs(-9223372036854775807 - 1) = id")))


def test_a_reader_that_waits_keeps_no_writer_waiting(tmp_path: Path) -> None:
    path = str(tmp_path / "a.db")
    with Database(path, writable=True) as database, database.transaction():
        database.sql.executemany(
            "INSERT INTO task (details, created) VALUES (?, '2026-01-01T00:00:00Z')", [(f"{n}",) for n in range(2000)]
        )
    with Database(path, writable=False) as reader, Database(path, writable=True) as writer:
        found = rows(reader, Filter(), columns=("details",))
        assert next(found) == ("0",)
        writer.sql.execute("PRAGMA busy_timeout=0")
        writer.sql.execute("UPDATE task SET details = 'changed'")
        assert [details for (details,) in found] == [f"{n}" for n in range(1, 2000)], "as it was at one moment"


def test_a_signal_ends_a_search(tmp_path: Path, python: str) -> None:
    code = (
        "import signal, threading, os, time\n"
        "from stdtools.tasks import filters\nfrom stdtools.tasks.database import Database\n"
        "database = Database(':memory:', writable=True)\n"
        "database.sql.execute(\"INSERT INTO task (details, created) VALUES ('x', '2026-01-01T00:00:00Z')\")\n"
        "threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()\n"
        "endless = '(WITH RECURSIVE n(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n) SELECT max(v) FROM n)'\n"
        "try: list(filters.rows(database, filters.Filter(where=endless)))\n"
        "except KeyboardInterrupt: print('ended')\n"
    )
    assert subprocess.run([python, "-c", code], capture_output=True, text=True, timeout=25).stdout == "ended\n"


def test_folding_ignores_case_and_how_accents_are_written() -> None:
    assert folded("ÀB") == folded("a\u0300b")
    assert folded("ß") == folded("SS")
    assert folded("İ") == folded("i\u0307")


def test_nothing_else_can_be_done_while_an_expression_is_checked(database: Database) -> None:
    """The authorizer is gone afterwards, also when the check has failed."""
    with contextlib.suppress(ToolError):
        expressions.check_expression(database.sql, "nonsense(")
    database.sql.execute("CREATE TABLE other (a)")


def test_text_that_is_not_utf8_in_a_damaged_file_is_told(database: Database) -> None:
    database.sql.execute("INSERT INTO task (details, created) VALUES (CAST(x'ff' AS TEXT), '2026-01-01T00:00:00Z')")
    database.sql.execute(
        "INSERT INTO task (details, created) SELECT 'x', '2026-01-01T00:00:00Z' FROM task, (VALUES (1), (2), (3), (4))"
    )
    for wanted in (Filter(status="open"), Filter(where="details <> 'x'"), Filter(ids=((301, 301),))):
        with pytest.raises(ToolError, match=r"is damaged|decode"):
            list(rows(database, wanted))
