"""tasks sql: queries that only read, within limits, over the database and over files."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stdtools.shared.errors import ToolError
from stdtools.shared.sqlite import connect_to_read
from stdtools.tasks.asking import TimeIsUp, ask
from stdtools.tasks.spooling import spooled
from stdtools.tasks.tables_of_files import add_tables
from tests.conftest import COMMAND, Run
from tests.tasks.made import DETAILS, make

pytestmark = pytest.mark.once

NUMBERS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) "
FOREVER = f"{NUMBERS} SELECT count(*) FROM n"


@pytest.fixture
def sql(run: Run) -> Run:
    """Run ``stdtools tasks sql``."""

    def sql(*args: str | bytes, **settings: object) -> object:
        return run("tasks", "sql", *args, **settings)

    return sql


@pytest.fixture
def db(tmp_path: Path) -> Path:
    path = tmp_path / "tasks.db"
    make(path, 12)
    return path


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("CREATE TABLE task (id INTEGER PRIMARY KEY, details TEXT)")
    connection.execute("CREATE INDEX task_details ON task (details)")
    connection.executemany("INSERT INTO task VALUES (?, ?)", [(1, "one"), (2, "two")])
    yield connection
    connection.close()


def rows_of(connection: sqlite3.Connection, query: str, **parameters: Any) -> list[tuple[Any, ...]]:
    return list(ask(connection, query, parameters, 20)[1])


def refusal(connection: sqlite3.Connection, query: str, **parameters: Any) -> ToolError:
    with pytest.raises(ToolError) as caught:
        rows_of(connection, query, **parameters)
    return caught.value


# What is answered


@pytest.mark.process
def test_the_tables_of_the_database_are_there(sql: Run, db: Path) -> None:
    query = "select project, count(*) as n, min(deadline) as first from task where status = 'open' group by 1"
    args = (query, "--db", "tasks.db")
    assert sql(*args) == (0, b"\t2\t2024-03-08\ngarden\t4\t2024-03-02\nhome\t2\t2024-03-04\n", "")
    assert sql(*args, "--csv").text == "project,n,first\n,2,2024-03-08\ngarden,4,2024-03-02\nhome,2,2024-03-04\n"
    assert sql(*args, "--jsonl").text.splitlines()[0] == '{"project": null, "n": 2, "first": "2024-03-08"}'
    assert [row["n"] for row in json.loads(sql(*args, "--json").text)] == [2, 4, 2]
    assert sql(*args, "--format", "table").text.splitlines()[0].split() == ["project", "n", "first"]


@pytest.mark.process
def test_without_a_database_its_tables_are_empty_and_nothing_is_made(sql: Run, home: Path) -> None:
    assert sql("select count(*) from task") == (0, b"0\n", "")
    assert sql("select * from project", "--csv") == (0, b"name,description,deadline\n", "")
    assert not list(home.rglob("*.db"))


@pytest.mark.process
def test_the_database_is_not_touched(sql: Run, db: Path) -> None:
    os.utime(db, (1, 1))
    before, names = db.read_bytes(), sorted(os.listdir(db.parent))
    for query in ("select * from task", "delete from task", "vacuum", "pragma user_version = 9", "reindex", "begin"):
        sql(query, "--db", "tasks.db")
    assert db.read_bytes() == before
    assert db.stat().st_mtime == 1
    assert sorted(os.listdir(db.parent)) == names


@pytest.mark.process
def test_values_of_all_kinds_come_out(sql: Run) -> None:
    query = "select 1 as a, 2.5 as b, 'é\n' as c, x'00ff' as d, null as e, 9e999 as f"
    assert sql(query, "--jsonl").text == (
        '{"a": 1, "b": 2.5, "c": "é\\n", "d": {"$base64": true, "encoded": "AP8="}, "e": null, '
        '"f": {"$float": "Infinity"}}\n'
    )
    assert sql(query).text == '1\t2.5\té\\n\t{"$base64": true, "encoded": "AP8="}\t\tInfinity\n'


def test_columns_of_the_same_name_get_numbers(connection: sqlite3.Connection) -> None:
    assert ask(connection, "select 1 as a, 2 as a, 3 as a_2, 4 as a", {}, 1)[0] == ("a", "a_3", "a_2", "a_4")
    assert ask(connection, "select a.*, b.* from task a join task b", {}, 1)[0] == (
        "id",
        "details",
        "id_2",
        "details_2",
    )


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1",
        "select 1;",
        " /* a */ select 1 -- b",
        "values (1)",
        "with a as (select 1) select * from a",
        "select value from json_each('[1]')",
        "select count(*) from pragma_table_list where name = 'task'",
        "select count(*) from pragma_table_info('task') where name = 'id'",
        "select max(1) over () from task limit 1",
    ],
)
def test_whatever_reads_is_let_through(connection: sqlite3.Connection, query: str) -> None:
    assert rows_of(connection, query) == [(1,)]


def test_a_plan_and_the_columns_of_a_table_are_answers(connection: sqlite3.Connection) -> None:
    assert rows_of(connection, "EXPLAIN QUERY PLAN SELECT * FROM task")[0][-1] == "SCAN task"
    assert rows_of(connection, "EXPLAIN SELECT 1")[0][1] == "Init"
    assert [row[1] for row in rows_of(connection, "PRAGMA table_info(task)")] == ["id", "details"]


# What is refused


@pytest.mark.parametrize(
    ("query", "what"),
    [
        ("INSERT INTO task VALUES (3, 'x')", "INSERT"),
        ("REPLACE INTO task VALUES (3, 'x')", "INSERT"),
        ("WITH a AS (SELECT 1) INSERT INTO task SELECT 3, 'x'", "INSERT"),
        ("INSERT INTO task VALUES (3, 'x') RETURNING id", "INSERT"),
        ("UPDATE task SET id = 3", "UPDATE"),
        ("DELETE FROM task", "DELETE"),
        ("EXPLAIN DELETE FROM task", "DELETE"),
        ("CREATE TABLE t (a)", "CREATE"),
        ("CREATE TEMP TABLE t (a)", "CREATE"),
        ("CREATE TABLE t AS SELECT 1", "CREATE"),
        ("CREATE INDEX i ON task (id)", "CREATE"),
        ("CREATE VIEW v AS SELECT 1", "CREATE"),
        ("CREATE TRIGGER t AFTER INSERT ON task BEGIN SELECT 1; END", "CREATE"),
        ("CREATE VIRTUAL TABLE t USING fts5(a)", "CREATE"),
        ("ALTER TABLE task ADD COLUMN a", "ALTER"),
        ("ALTER TABLE task RENAME TO a", "ALTER"),
        ("DROP TABLE task", "DROP"),
        ("DROP INDEX task_details", "DROP"),
        ("REINDEX", "REINDEX"),
        ("ANALYZE", "ANALYZE"),
        ("VACUUM", "VACUUM"),
        ("VACUUM INTO 'copy.db'", "VACUUM"),
        ("ATTACH 'other.db' AS other", "ATTACH"),
        ("DETACH main", "DETACH"),
        ("BEGIN", "BEGIN"),
        ("COMMIT", "COMMIT"),
        ("ROLLBACK", "ROLLBACK"),
        ("SAVEPOINT a", "SAVEPOINT"),
        ("RELEASE a", "RELEASE"),
        ("PRAGMA query_only = OFF", "PRAGMA query_only"),
        ("PRAGMA writable_schema = ON", "PRAGMA writable_schema"),
        ("PRAGMA journal_mode = OFF", "PRAGMA journal_mode"),
        ("PRAGMA user_version = 7", "PRAGMA user_version"),
        ("PRAGMA temp_store_directory = '/'", "PRAGMA temp_store_directory"),
        ("EXPLAIN PRAGMA journal_mode = OFF", "PRAGMA journal_mode"),
        ("SELECT * FROM pragma_journal_mode", "a table in it"),
        ("SELECT * FROM dbstat", "a table in it"),
        ("SELECT load_extension('x')", "the function load_extension"),
        ("SELECT Load_Extension('x', 'y')", "the function load_extension"),
        ("SELECT fts3_tokenizer('simple')", "the function fts3_tokenizer"),
    ],
)
def test_whatever_does_more_than_read_is_refused(
    connection: sqlite3.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, query: str, what: str
) -> None:
    monkeypatch.chdir(tmp_path)
    before = "\n".join(connection.iterdump())
    assert str(refusal(connection, query)) == f"QUERY: {what} is refused; a query only reads"
    assert "\n".join(connection.iterdump()) == before
    assert os.listdir(tmp_path) == []
    connection.execute("INSERT INTO task VALUES (3, 'the connection is as it was')")


@pytest.mark.parametrize("query", ["SELECT 1; SELECT 2", "SELECT 1; DROP TABLE task", "SELECT 1;;SELECT 2"])
def test_only_one_statement_is_taken(connection: sqlite3.Connection, query: str) -> None:
    assert str(refusal(connection, query)) == "QUERY: is more than one statement; ask them one by one"
    assert rows_of(connection, "SELECT count(*) FROM task") == [(2,)]


@pytest.mark.parametrize("query", ["", " \n", ";"])
def test_a_query_that_asks_for_nothing_is_an_error(connection: sqlite3.Connection, query: str) -> None:
    assert str(refusal(connection, query)).startswith("QUERY: asks for nothing; a query begins with SELECT")


@pytest.mark.process
def test_what_is_refused_is_one_line_and_exit_2(sql: Run, db: Path) -> None:
    for query, what in (
        ("insert into task (details) values ('x')", "INSERT is refused; a query only reads"),
        ("attach 'x.db' as x", "ATTACH is refused; a query only reads"),
        ("select load_extension('x.so')", "the function load_extension is refused; a query only reads"),
        ("select 1; select 2", "is more than one statement; ask them one by one"),
    ):
        assert sql(query, "--db", "tasks.db") == (2, b"", f"stdtools tasks sql: QUERY: {what}\n")


# Limits


def test_a_query_without_end_is_ended(connection: sqlite3.Connection) -> None:
    for query in (
        FOREVER,
        f"{NUMBERS} SELECT x FROM n ORDER BY x DESC",
        f"{NUMBERS} SELECT max(length(hex(randomblob(1000)))) FROM n",
        "SELECT count(*) FROM " + ", ".join(["json_each('[1,2,3,4,5,6,7,8,9]')"] * 20),
    ):
        with pytest.raises(TimeIsUp, match=r"^QUERY: took longer than 0\.2 s$"):
            list(ask(connection, query, {}, 0.2)[1])
    assert rows_of(connection, "SELECT 1") == [(1,)]


def test_the_time_of_who_takes_the_rows_is_not_counted(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = time.monotonic
    _, rows = ask(connection, f"{NUMBERS} SELECT x FROM n LIMIT 40000", {}, 60)
    next(rows)
    monkeypatch.setattr(time, "monotonic", lambda: clock() + 1000)
    assert sum(1 for _ in rows) == 39_999


def test_rows_that_nobody_takes_leave_the_connection_as_it_was(connection: sqlite3.Connection) -> None:
    _, rows = ask(connection, f"{NUMBERS} SELECT x FROM n", {}, 5)
    next(rows)
    del rows
    connection.execute("INSERT INTO task VALUES (3, 'x')")
    connection.execute(f"{NUMBERS} SELECT x FROM n LIMIT 1000000").fetchall()
    _, rows = ask(connection, f"{NUMBERS} SELECT x FROM n", {}, 5)
    connection.close()
    del rows


@pytest.mark.parametrize(
    "query",
    [
        "SELECT zeroblob(100000000)",
        "SELECT randomblob(100000000)",
        "SELECT hex(zeroblob(40000000))",
        "SELECT replace(hex(zeroblob(1000000)), '0', hex(zeroblob(1000)))",
    ],
)
def test_a_value_is_not_larger_than_64_mib(connection: sqlite3.Connection, query: str) -> None:
    assert str(refusal(connection, query)) == "QUERY: makes a value of more than 64 MiB"


def test_a_statement_has_a_measure(connection: sqlite3.Connection) -> None:
    assert str(refusal(connection, f"SELECT '{'x' * (2 << 20)}'")).startswith("QUERY: ")
    assert str(refusal(connection, "SELECT " + "- " * 2000 + "1")).startswith("QUERY: ")
    assert str(refusal(connection, "SELECT " + ", ".join(["1"] * 5000))).startswith("QUERY: too many columns")
    assert str(refusal(connection, "SELECT 1" + " UNION ALL SELECT 1" * 600)).startswith("QUERY: too many terms")
    assert str(refusal(connection, f"SELECT 'x' LIKE '{'%a' * 1000}'")) == "QUERY: LIKE or GLOB pattern too complex"


@pytest.mark.process
def test_a_query_that_takes_too_long_is_exit_124(sql: Run) -> None:
    message = "stdtools tasks sql: QUERY: took longer than 0.3 s; --timeout gives it more\n"
    assert sql(FOREVER, "--timeout", "0.3") == (124, b"", message)
    result = sql(f"{NUMBERS} SELECT x FROM n", "--timeout", "0.3")
    assert (result.code, result.err) == (124, message)
    assert result.text.startswith("1\n2\n3\n")  # what came before is seen


@pytest.mark.process
@pytest.mark.parametrize(
    "query",
    [
        "SELECT instr(hex(zeroblob(30000000)), hex(zeroblob(5000000)) || '1')",
        "SELECT 1 FROM ("
        + "WITH t AS (" * 9
        + "SELECT 1 AS a"
        + ") SELECT t.a FROM t, t AS u, t AS v, t AS w" * 9
        + ")",
    ],
    ids=["a function", "compiling"],
)
def test_what_sqlite_does_not_interrupt_is_ended_too(sql: Run, query: str) -> None:
    result = sql(query, "--timeout", "0.3")
    assert (result.code, result.out) in ((124, b""), (2, b""))
    assert result.err in (
        "stdtools tasks sql: QUERY: took longer than 0.3 s and did not stop\n",
        "stdtools tasks sql: QUERY: took longer than 0.3 s; --timeout gives it more\n",
        "stdtools tasks sql: QUERY: takes more than 1 GiB of memory\n",
    )


@pytest.mark.process
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_query_silently(tmp_path: Path, number: int) -> None:
    (tmp_path / "in.csv").write_text("a\n1\n")
    query = f"{NUMBERS} SELECT x FROM n WHERE x < 100000 OR x < 0"
    process = subprocess.Popen([COMMAND, "tasks", "sql", query], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.read(100).startswith(b"1\n2\n")  # it has begun
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (-number, b"")


@pytest.mark.process
def test_a_reader_that_goes_ends_a_query_silently(shell: Run) -> None:
    result = shell(f"stdtools tasks sql '{NUMBERS} SELECT x FROM n' | head -1; echo ${{PIPESTATUS[0]}}")
    assert result == (0, b"1\n141\n", "")


@pytest.mark.process
@pytest.mark.parametrize("typed", ["0", "-1s", "soon", "0s"])
def test_a_timeout_is_some_time(sql: Run, typed: str) -> None:
    result = sql("select 1", f"--timeout={typed}")
    assert (result.code, result.out) == (2, b"")
    assert result.err.startswith("stdtools tasks sql: invalid value for '--timeout': ")
    assert result.err.count("\n") == 1


# Parameters


@pytest.mark.process
def test_parameters_are_text_or_what_json_says(sql: Run) -> None:
    query = "select :a as a, :b as b, :c as c, $d as d, @e as e"
    args = ("-p", "a=1", "-p", "b:=1", "--param", "c:=null", "-p", 'd:=["é", 1]', "-p", "e=x=y'; drop table task")
    assert sql(query, "--jsonl", *args).text == (
        '{"a": "1", "b": 1, "c": null, "d": "[\\"é\\", 1]", "e": "x=y\'; drop table task"}\n'
    )


@pytest.mark.process
def test_text_serves_where_a_column_is_a_number(sql: Run, db: Path) -> None:
    args = ("--db", "tasks.db", "-p", "p=2")
    assert sql("select count(*) from task where priority >= :p", *args).text == "6\n"
    assert sql("select id from task order by id limit :p", *args).text == "1\n2\n"


def test_parameters_that_are_missing_or_idle_are_named(connection: sqlite3.Connection) -> None:
    query = "SELECT :one, :two FROM task"
    assert str(refusal(connection, query)) == "QUERY: :one, :two has no value; give it with -p one=VALUE"
    assert str(refusal(connection, query, one=1)) == "QUERY: :two has no value; give it with -p two=VALUE"
    assert str(refusal(connection, query, one=1, two=2, tow=3)) == "QUERY: there is no :tow in it; it has :two"
    assert str(refusal(connection, "SELECT 1", a=1, b=2)) == "QUERY: there is no :a or :b in it"
    assert str(refusal(connection, "SELECT ?")) == "QUERY: a parameter has no name; write :name, and -p name=VALUE"
    assert str(refusal(connection, "SELECT :a", a=1 << 63)).startswith("QUERY: a parameter is a whole number of more")
    assert rows_of(connection, query, one=1, two="2") == [(1, "2")] * 2


@pytest.mark.process
@pytest.mark.parametrize(
    ("typed", "what"),
    [
        ("a", "'a' is not name=VALUE or name:=JSON"),
        ("=1", "'=1' is not name=VALUE or name:=JSON"),
        ("a b=1", "'a b=1' is not name=VALUE or name:=JSON"),
        ("a:=x", "'a:=x' has no JSON behind :="),
        ("a:=", "'a:=' has no JSON behind :="),
        ("a:=" + "[" * 100_000, None),
        ("x=1", "x is given twice"),
        (b"a=\xff", "'a=\\xff' is not UTF-8"),
        ('a:="\\ud800"', "'a:=\"\\ud800\"' is not UTF-8"),
    ],
)
def test_a_parameter_that_is_none_is_told(sql: Run, typed: str | bytes, what: str | None) -> None:
    result = sql("select :x", "-p", "x=0", "-p", typed)
    assert (result.code, result.out) == (2, b"")
    assert result.err.count("\n") == 1
    if what:
        start = "stdtools tasks sql: invalid value for '-p' / '--param': "
        assert result.err == f"{start}{what}; see 'stdtools tasks sql --help'\n"


# Errors in the query


@pytest.mark.process
@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("selec 1", 'near "selec": syntax error\n  selec 1\n  ^'),
        (
            "select id from task form x where form",
            'near "x": syntax error\n  select id from task form x where form\n                           ^',
        ),
        ("select id,\n\tfrom task", 'near "from": syntax error\n   from task\n   ^'),
        ("select id from tsk", "no such table: tsk; did you mean task?\n  select id from tsk\n                 ^"),
        (
            "select t.detials from task t",
            "no such column: t.detials; did you mean details?\n  select t.detials from task t\n         ^",
        ),
        ("select fo(1)", "no such function: fo\n  select fo(1)\n         ^"),
        ("select 'abc", "unrecognized token: \"'abc\"\n  select 'abc\n         ^"),
        ("select 1 from", "incomplete input\n  select 1 from\n               ^"),
        ("select json('x')", "malformed JSON"),
        (
            "select cast(x'ff' as text) as a",
            "the column 'a' has text that is not UTF-8; cast(… as blob) is its bytes",
        ),
        (
            f"select {'1, ' * 50}from task",
            'near "from": syntax error\n  ' + "1, " * 12 + "from task\n  " + " " * 36 + "^",
        ),
    ],
)
def test_an_error_is_shown_at_its_place(sql: Run, query: str, shown: str) -> None:
    assert sql(query) == (2, b"", f"stdtools tasks sql: QUERY: {shown}\n")


@pytest.mark.process
def test_a_table_that_looks_like_none_is_answered_with_those_there_are(sql: Run) -> None:
    first = sql("select * from xyzzy").err.splitlines()[0]
    there = "there are project, task, and each FILE that is named"
    assert first == f"stdtools tasks sql: QUERY: no such table: xyzzy; {there}"


@pytest.mark.process
def test_a_query_cannot_steer_the_terminal(sql: Run) -> None:
    result = sql("select '\x1b[31m' from \x1b]0;x\x07")
    assert result.code == 2
    assert "\x1b" not in result.err
    assert sql(b"select '\xff'").err == "stdtools tasks sql: QUERY: is not UTF-8\n"


@pytest.mark.process
@pytest.mark.parametrize("content", [b"no database at all, " * 100, b"SQLite format 3\0" + bytes(500)])
def test_what_is_no_database_is_told(sql: Run, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.db").write_bytes(content)
    result = sql("select 1", "--db", "x.db")
    assert (result.code, result.out) == (2, b"")
    assert result.err.startswith("stdtools tasks sql: x.db: ")
    assert result.err.count("\n") == 1


# Files as tables

PLAN = "project,hours,code,rate,note\ngarden,1,007,1.5,\nhome,22,8,-2.25,1e999\ngarden,3,9,1e-05,x\n"


@pytest.mark.process
def test_a_csv_file_is_a_table_of_its_name(sql: Run, tmp_path: Path, home: Path) -> None:
    (tmp_path / "plan.csv").write_text(PLAN)
    assert sql("select project, sum(hours) from plan group by 1", "plan.csv") == (0, b"garden\t4\nhome\t22\n", "")
    assert not list(home.rglob("*.db"))
    assert os.listdir(tmp_path) == ["plan.csv"]


@pytest.mark.process
def test_columns_of_numbers_are_numbers_and_the_empty_is_null(sql: Run, tmp_path: Path) -> None:
    (tmp_path / "plan.csv").write_text(PLAN)
    assert sql("select * from plan", "plan.csv", "--jsonl").text == (
        '{"project": "garden", "hours": 1, "code": "007", "rate": 1.5, "note": null}\n'
        '{"project": "home", "hours": 22, "code": "8", "rate": -2.25, "note": "1e999"}\n'
        '{"project": "garden", "hours": 3, "code": "9", "rate": 1e-05, "note": "x"}\n'
    )


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1", "", "-2"], [1, None, -2]),
        (["9223372036854775807", "-9223372036854775808"], [(1 << 63) - 1, -(1 << 63)]),
        (["9223372036854775808", "1"], ["9223372036854775808", "1"]),
        (["1", "2.50"], [1.0, 2.5]),
        (["0.5", "-0.0", "1e+20", "2.5e-07"], [0.5, -0.0, 1e20, 2.5e-07]),
        (["01", "2"], ["01", "2"]),
        (["+1"], ["+1"]),
        (["-0"], ["-0"]),
        ([" 1", "1 "], [" 1", "1 "]),
        (["1E5"], ["1E5"]),
        (["1e5"], ["1e5"]),
        (["1e999"], ["1e999"]),
        (["1.5e+999"], ["1.5e+999"]),
        (["nan", "inf"], ["nan", "inf"]),
        ([".5"], [".5"]),
        (["5."], ["5."]),
        (["1_000"], ["1_000"]),
        (["0x10"], ["0x10"]),
        (["1,5"], ["1,5"]),
        (["1.2.3"], ["1.2.3"]),
        (["-"], ["-"]),
        (["--1"], ["--1"]),
        (["1", "x", "2.5"], ["1", "x", "2.5"]),
        (["", ""], [None, None]),
        (["é", "a\nb", 'q"'], ["é", "a\nb", 'q"']),
        (["\0", "a\0b"], ["\0", "a\0b"]),
        (["१"], ["१"]),
    ],
)
def test_only_what_is_a_number_in_every_row_is_one(tmp_path: Path, cells: list[str], values: list[Any]) -> None:
    quoted = ['"' + cell.replace('"', '""') + '"' for cell in cells]
    path = tmp_path / "t.csv"
    path.write_text("".join(f"{cell},x\n" for cell in ["a", *quoted]), encoding="utf-8")
    with sqlite3.connect(":memory:", isolation_level=None) as connection:
        add_tables(connection, [str(path)])
        found = [value for (value,) in connection.execute("SELECT a FROM t")]
    connection.close()
    assert list(map(repr, found)) == list(map(repr, values))


def test_numbers_are_what_python_makes_of_them(tmp_path: Path) -> None:
    chance = random.Random(random.randrange(1 << 32))
    numbers = [
        chance.choice([chance.random(), chance.uniform(-1e9, 1e9), float(chance.randrange(99))]) for _ in range(999)
    ]
    whole = [chance.randrange(-(1 << 63), 1 << 63) >> chance.randrange(64) for _ in range(999)]
    path = tmp_path / "t.csv"
    path.write_text("n,w\n" + "".join(f"{number!r},{each}\n" for number, each in zip(numbers, whole, strict=True)))
    connection = sqlite3.connect(":memory:", isolation_level=None)
    add_tables(connection, [str(path)])
    found = connection.execute("SELECT n, w FROM t").fetchall()
    connection.close()
    assert [each for _, each in found] == whole
    assert [number for number, _ in found] == pytest.approx(numbers, rel=1e-15)


@pytest.mark.process
def test_the_database_is_there_beside_files(sql: Run, db: Path) -> None:
    (db.parent / "plan.csv").write_text(PLAN)
    before = db.read_bytes()
    query = "select p.hours, count(*) from plan p join task t on t.project = p.project group by 1 order by 1"
    assert sql(query, "plan.csv", "--db", "tasks.db") == (0, b"1\t6\n3\t6\n22\t3\n", "")
    assert db.read_bytes() == before


@pytest.mark.process
def test_what_other_commands_write_is_read_from_standard_input(sql: Run, run: Run, db: Path) -> None:
    query = "select count(*), sum(id), count(distinct details) from stdin"
    for form in ("csv", "tsv", "jsonl", "json"):
        exported = run("tasks", "export", "--db", "tasks.db", "--format", form).out
        assert sql(query, "-", stdin=exported) == (0, b"12\t78\t8\n", ""), form
        (db.parent / f"all.{form}").write_bytes(exported)
        assert sql(query.replace("stdin", '"all"'), f"all.{form}") == (0, b"12\t78\t8\n", ""), form


@pytest.mark.process
@pytest.mark.parametrize(
    ("content", "answer"),
    [
        (b"\xef\xbb\xbfa,b\n1,2\n", "1\t2\n"),
        ("a,b\n1,2\n".encode("utf-16"), "1\t2\n"),
        (b"\xfe\xff" + "a,b\n1,é\n".encode("utf-16-be"), "1\té\n"),
        (b"a,b\r1,2\r", "1\t2\n"),
        (b"a,b\r\n1,2\r\n", "1\t2\n"),
        (b"a,b\n1,2", "1\t2\n"),
        (b"\n\na,b\n\n1,2\n\n", "1\t2\n"),
        (b"a;b\n1;2,5\n", "1\t2,5\n"),
        (b"a|b\n1|2\n", "1\t2\n"),
        (b" a , b \n1,2\n", "1\t2\n"),
        (b"a\tb\n1\t2\\tx\n", "1\t2\\tx\n"),
        (b'a;"b";"c, d, e"\n1;2;3\n', "1\t2\n"),
        (b"a|b|c,d\n1|2|3\n", "1\t2\n"),
        (b'A,b\n"x\r\ny, ""z""",\n', 'x\\r\\ny, "z"\t\n'),
        (b"a,b\n", ""),
        (b'{"a": 1, "b": [2]}\n{"b": "x"}\n', "1\t[2]\n\tx\n"),
        (
            b'[{"b": true}, {"a": {"$base64": true, "encoded": "AA=="}}]',
            '\t1\n{"$base64": true, "encoded": "AA=="}\t\n',
        ),
        (b'{"a": {"x": 1}, "b": 99999999999999999999}', '{"x": 1}\t99999999999999999999\n'),
    ],
)
def test_text_of_many_kinds_is_read(sql: Run, content: bytes, answer: str) -> None:
    assert sql("select a, b from stdin", "-", stdin=content) == (0, answer.encode(), "")


@pytest.mark.process
def test_files_are_told_apart_as_by_import(sql: Run, run: Run, tmp_path: Path) -> None:
    for name, content in (
        ("quoted.csv", b'details;"created on, at"\nx;\n'),
        ("json.csv", b'{"details": "x"}\n'),
        ("tabs.csv", b'details\tdue\n"x"\t\n'),
        ("tabs.txt", b"details\tdue\nx\t\n"),
    ):
        (tmp_path / name).write_bytes(content)
        table = name.removesuffix(".csv")
        assert sql(f'select details from "{table}"', name) == (0, b"x\n", ""), name
        more = ["--map", "created on, at=created"] if name == "quoted.csv" else []
        query = ["--query", "select details from task"]
        assert run("tasks", "--db", ":memory:", "import", name, *more, *query) == (0, b"x\n", ""), name


@pytest.mark.process
def test_a_bracket_alone_makes_no_json(sql: Run, run: Run, tmp_path: Path) -> None:
    (tmp_path / "brackets.csv").write_text("[a b],{c}\n1,2\n")
    assert sql("select * from brackets", "brackets.csv") == (0, b"1\t2\n", "")
    notes = "[urgent] call Bob\nbuy milk\n"
    assert run("tasks", "import", "--no-header", "details", stdin=notes) == (0, b"2\t0\t0\t0\t0\n", "")


@pytest.mark.process
@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("t.csv", b"", ": is empty; a line with the names of its columns belongs there"),
        ("t.csv", b"\n\n", ": line 3: there is no line with the names of the columns"),
        ("t.csv", b"a,b\n1,2\n3\n", ": line 3: has 1 value for 2 columns"),
        ("t.csv", b'a,b\n1,"x\ny"\n1,2,3\n', ": line 4: has 3 values for 2 columns"),
        ("t.csv", b'a,b\n1,2\n3,"x\n4,5\n', ": line 3: a quote is opened in this record and never closed"),
        ("t.csv", b'a,b\n1,2\n3,"x"y\n4,5\n', ": line 3: not CSV: ',' expected after '\"'"),
        ("t.csv", b"a,b,A,B\n", ": line 1: the column 'A', 'B' stands twice in the header"),
        ("t.csv", b"a,, ,b\n", ": line 1: column 2, 3 of 4 has no name"),
        ("t.csv", b"a\0,b\n", ": line 1: the name of the column 'a\\x00' has a NUL in it"),
        ("t.csv", b"a,b\n1,2\n3,\xff\n", ": line 3: not UTF-8: byte 0xff"),
        ("t.csv", b"a,b\n" + b"1,2\n" * 300_000 + b"3,\xe9", ": line 300002: not UTF-8: byte 0xe9"),
        ("t.csv", b"\xff\xfea\0,\0b\0\n\0x", ": line 2: not UTF-16: truncated data"),
        ("t.tsv", b"a\tb\n1\n", ": line 2: has 1 value for 2 columns"),
        ("t.tsv", b"a\tb\n1\t\xff\n", ": line 2: not UTF-8: byte 0xff"),
        ("t.jsonl", b'{"a": 1}\n[2]\n', ": record 2: is no JSON object"),
        ("t.jsonl", b'{"a": 1}\n{"A": 2}\n', ": record 2: the key 'A' is in other case the name of a column already"),
        ("t.jsonl", b'{"": 1}', ": record 1: the key '' cannot be the name of a column"),
        ("t.jsonl", b'{"a": "\\ud800"}', ": records 1 to 1: half a surrogate pair is no text"),
        ("t.json", b"[]", ": has no record with a key"),
        ("t.json", b"[{}", ": record 1: the array is not closed behind it"),
        ("none.csv", None, ": No such file or directory"),
        ("", None, "'': has no name that a table could have; read it as -"),
        (
            "Task.csv",
            b"a\n",
            ": the database has a table 'Task' of its own; give the file another name, or read it as -",
        ),
        (
            "sqlite_x.csv",
            b"a\n",
            ": the database has a table 'sqlite_x' of its own; give the file another name, or read it as -",
        ),
    ],
)
def test_a_file_that_is_no_table_is_told_with_the_line(
    sql: Run, tmp_path: Path, name: str, content: bytes | None, what: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert sql("select 1", name) == (2, b"", f"stdtools tasks sql: {name}{what}\n")


@pytest.mark.process
def test_two_files_of_one_name_are_refused(sql: Run, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a\n1\n")
    (tmp_path / "T.tsv").write_text("a\n1\n")
    assert sql("select 1", "t.csv", "T.tsv").err == (
        "stdtools tasks sql: T.tsv: is a table 'T', as is t.csv; only one of them can be read here\n"
    )


@pytest.mark.process
@pytest.mark.parametrize("name", ["a b", "a-b", 'a"b', "sélect", "select", "a.b", "1", "-", "a'; drop table task"])
def test_a_name_of_any_characters_serves_between_quotes(sql: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / f"{name}.csv").write_text(f'"{name.replace(chr(34), chr(34) * 2)}"\n5\n')
    quoted = '"' + name.replace('"', '""') + '"'
    assert sql(f"select {quoted} from {quoted}", f"./{name}.csv") == (0, b"5\n", "")


@pytest.mark.process
def test_a_name_that_is_not_utf_8_is_read_as_standard_input(sql: Run, shell: Run, tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.csv")).write_text("a\n1\n")
    result = sql("select 1", b"\xff.csv")
    assert (result.code, result.out) == (2, b"")
    assert result.err == "stdtools tasks sql: \\xff.csv: has a name that is not UTF-8; read it as -\n"
    assert shell("stdtools tasks sql 'select a from stdin' - < $'\\xff.csv'") == (0, b"1\n", "")


@pytest.mark.process
def test_a_file_is_not_written_by_what_is_asked_of_it(sql: Run, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a\n1\n")
    for query in ("drop view t", 'delete from "t (text)"', "create table u (a)"):
        assert sql(query, "t.csv").err.endswith(" is refused; a query only reads\n")
    for query in ("delete from t", "insert into t values (1)"):  # t is a view
        assert sql(query, "t.csv").code == 2


@pytest.mark.process
def test_a_large_file_is_loaded_in_flat_memory(tmp_path: Path, home: Path) -> None:
    with (tmp_path / "t.csv").open("w") as file:
        file.write("a,b,c\n")
        file.writelines(f"{number},{'x' * 100},{number / 8}\n" for number in range(600_000))
    script = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); "
    script += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)"
    query = "select sum(a), sum(length(b)), sum(c) from t"
    done = subprocess.run(
        ["python3", "-c", script, COMMAND, "tasks", "sql", query, "t.csv", "--timeout", "1m"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    answer, memory = done.stdout.split("\n")[:2]
    assert answer == "179999700000\t60000000\t22499962500.0"
    assert int(memory) < 150  # MiB; the file has 70, as tables in memory it took 130 more


@pytest.mark.process
def test_a_slow_reader_keeps_no_writer_waiting(tmp_path: Path, run: Run) -> None:
    make(tmp_path / "tasks.db", 9)
    query = "SELECT a.id, b.details, zeroblob(500) FROM task a, task b, task c, task d"
    args = [COMMAND, "tasks", "sql", query, "--db", "tasks.db", "--jsonl"]
    with subprocess.Popen(args, cwd=tmp_path, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        first = process.stdout.readline()  # and now it is blocked: a pipe holds no 5 MB
        assert run("tasks", "add", "x", "--db", "tasks.db") == (0, b"10\n", "")
        rest = process.stdout.readlines()
    assert process.returncode == 0
    assert len({first, *rest}) == 9 * len(DETAILS)
    assert len(rest) == 9**4 - 1


def test_rows_that_wait_come_in_order_and_before_the_trouble() -> None:
    rows = [(number, "x" * (number % 1000), b"\0\xff", None, 0.5, "é☃") for number in range(20_000)]

    def failing() -> Iterator[tuple[Any, ...]]:
        yield from rows
        raise ToolError("trouble")

    assert list(spooled(iter(rows))) == rows
    found = []
    with pytest.raises(ToolError, match=r"^trouble$"):
        for row in spooled(failing()):
            found.append(row)
    assert found == rows
    assert list(spooled(iter([]))) == []


@pytest.mark.process
def test_rows_that_find_no_room_are_told(shell: Run, db: Path) -> None:
    query = "select task.id, hex(zeroblob(50000)) from json_each(:n) cross join task"
    numbers = ", ".join("1" * 10)
    code, out, err = shell(f"ulimit -f 2000; stdtools tasks --db tasks.db sql '{query}' -p 'n:=[{numbers}]' | wc -l")
    assert (code, out) == (2, b"22\n")
    assert err.startswith("stdtools tasks sql: ")
    assert err.endswith(": cannot keep the rows: File too large; set TMPDIR to a larger place\n")


def test_a_file_may_be_read_while_the_database_is_written(db: Path, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a\n1\n")
    reader = connect_to_read(str(db))
    add_tables(reader, [str(tmp_path / "t.csv")])
    _, rows = ask(reader, "SELECT a FROM t", {}, 5)
    assert list(rows) == [(1,)]
    with sqlite3.connect(db, timeout=0) as writer:
        writer.execute("UPDATE task SET priority = 9")
    writer.close()
    reader.close()


# What --explain prints


@pytest.mark.process
@pytest.mark.parametrize(
    "args",
    [
        ["select id, project, priority, details from task where id < 5"],
        ["select * from task where priority = :p and details <> :d order by id", "-p", "p:=2", "-p", "d=it's", "--csv"],
        ["select id, deadline from task", "--jsonl"],
        ["select * from plan", "plan.csv"],
        ["select * from plan", "plan.csv", "--jsonl"],
        ["select p.*, t.id from plan p join task t on t.project = p.project order by t.id, hours", "plan.csv", "--csv"],
        ["select count(*) from task"],
    ],
)
def test_the_script_of_explain_does_the_same(sql: Run, db: Path, python: str, args: list[str]) -> None:
    (db.parent / "plan.csv").write_text("project,hours,code,rate\ngarden,1,007,1.5\nhome,2,8,2\nidle,,9,\n")
    script = sql(*args, "--db", "tasks.db", "--explain")
    assert (script.code, script.err) == (0, "")
    assert script.text.count("\n") <= 22
    wanted = sql(*args, "--db", "tasks.db").out
    if args[-1] == "select id, project, priority, details from task where id < 5":
        wanted = wanted.replace(b"\\n", b"\n")  # the script prints text as it is
    done = subprocess.run([python, "-c", script.text], cwd=db.parent, capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (wanted, b"")


@pytest.mark.process
def test_explain_says_what_it_does_not_cover(sql: Run, tmp_path: Path) -> None:
    assert sql("select 1", "--json", "--explain").err == "stdtools tasks sql: --explain does not cover --format json\n"
    assert (
        sql("select 1", "-", "--explain").err
        == "stdtools tasks sql: -: --explain does not cover what is no .csv file\n"
    )
    for content in (b"a;b\nx,y;z\n", b'{"a": 1}\n', "a,b\n".encode("utf-16")):
        (tmp_path / "t.csv").write_bytes(content)
        told = "stdtools tasks sql: t.csv: --explain covers CSV in UTF-8 with commas only\n"
        assert sql("select * from t", "t.csv", "--explain") == (2, b"", told)
