"""SQLite files that somebody has made to do harm, or has changed by hand."""

import sqlite3
from pathlib import Path

import pytest

import stdtools.kv
from tests.conftest import Run

pytestmark = [pytest.mark.process, pytest.mark.once]

DICT = "CREATE TABLE Dict (key BLOB UNIQUE NOT NULL, value BLOB NOT NULL);"
TIMES = "CREATE TABLE stdtools_times (key BLOB PRIMARY KEY NOT NULL, created, modified, expires) WITHOUT ROWID;"
ONE = "INSERT INTO Dict VALUES (x'61', x'80044b012e'), (x'62', x'80044b022e');"
COMMANDS = (
    ["get", "a"], ["has", "a"], ["list"], ["list", "--jsonl"], ["keys"], ["export"], ["check"], ["info"], ["ttl", "a"],
    ["set", "c", "v"], ["incr", "a"], ["del", "a"], ["compact"], ["backup", "b.db"],
)  # fmt: skip


@pytest.mark.parametrize(
    "statements",
    [
        "CREATE TABLE Dict (key, value); INSERT INTO Dict VALUES (NULL, NULL), (1, 2), ('a', 'b'), (x'61', NULL);",
        f"CREATE TABLE Dict (key, value); {TIMES} INSERT INTO Dict VALUES (NULL, 1), (1.5, 2), (x'61', NULL);",
        f"{DICT} {TIMES} {ONE} INSERT INTO stdtools_times VALUES (x'61', 'x', 1 << 62, 1 << 62), (x'62', x'', -1, 9);",
        f"{DICT} {TIMES} {ONE} INSERT INTO stdtools_times VALUES (x'61', NULL, 253402300800000, 253402300800000);",
        f"{DICT} {ONE} CREATE VIEW stdtools_times AS SELECT 1 AS key, 2 AS created, 3 AS modified, 4 AS expires;",
        f"{DICT} {ONE} CREATE TABLE stdtools_times (key);",
        f"CREATE TABLE Dict (x, y); {TIMES}",
        f"{DICT} {TIMES} PRAGMA user_version = -5;",
    ],
)
def test_whatever_is_in_the_tables_every_command_has_an_answer(run: Run, tmp_path: Path, statements: str) -> None:
    for args in COMMANDS:
        with sqlite3.connect(tmp_path / "a.db") as connection:
            connection.executescript(statements)
        connection.close()
        result = run("kv", "--store", "./a.db", *args)
        assert result.code in (0, 1, 2), (args, result)
        assert "internal error" not in result.err, (args, result)
        (tmp_path / "a.db").unlink()


def test_a_value_that_is_null_is_damaged(run: Run, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.executescript("CREATE TABLE Dict (key, value); INSERT INTO Dict VALUES (x'61', NULL), ('t', 1);")
    connection.close()
    result = run("kv", "--store", "./a.db", "check")
    assert result.text == "\t1 keys are not bytes, and are found by nobody\n" + (
        "a\tthe pickle cannot be read: it ends before it is complete at byte 0\n"
    )
    assert run("kv", "--store", "./a.db", "get", "a").code == 2


@pytest.mark.parametrize(
    "table",
    [
        "CREATE VIRTUAL TABLE Dict USING fts4 (key, value)",
        "CREATE VIEW Dict AS SELECT x'61' AS key, x'80044b012e' AS value",
        "CREATE TABLE Dict (key BLOB, value BLOB AS (zeroblob(900000000)))",
    ],
)
def test_a_table_that_makes_up_its_values_is_no_shelf(run: Run, tmp_path: Path, table: str) -> None:
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.execute(table)
    connection.close()
    for args in (["get", "a"], ["keys"], ["set", "a", "v"]):
        result = run("kv", "--store", "./a.db", *args)
        message = f"stdtools kv {args[0]}: ./a.db: is an SQLite database, but not a shelf\n"
        assert result == (2, b"", message)


def test_triggers_of_others_do_not_run(run: Run, tmp_path: Path) -> None:
    run("kv", "--store", "./a.db", "set", "k", "v")
    endless = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c"
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.execute("DROP TRIGGER stdtools_inserted")
        connection.execute(f"CREATE TRIGGER stdtools_inserted BEFORE INSERT ON Dict BEGIN {endless}; END")
    connection.close()
    what = "has a trigger that is not ours, 'stdtools_inserted', and is only read; see 'stdtools kv convert'"
    assert run("kv", "--store", "./a.db", "set", "k", "w") == (2, b"", f"stdtools kv set: ./a.db: {what}\n")
    assert run("kv", "--store", "./a.db", "get", "k").text == "v"
    assert run("kv", "convert", "./a.db", "./b.db").text == "1\n"


def test_the_times_are_right_when_another_program_updates_the_table(tmp_path: Path) -> None:
    with stdtools.kv.open(tmp_path / "a.db") as store:
        for key in ("value", "key", "taken", "kept"):
            store.set(key, 1, ttl=3600)
        store.dict.connection.execute("UPDATE stdtools_times SET created = 1, modified = 2")
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.execute("UPDATE Dict SET value = x'80044b022e' WHERE key = CAST('value' AS BLOB)")
        connection.execute("UPDATE OR REPLACE Dict SET key = CAST('taken' AS BLOB) WHERE key = CAST('key' AS BLOB)")
    connection.close()
    with stdtools.kv.open(tmp_path / "a.db", "r") as store:
        rows = {row.key: row for row in store.dict.rows()}
        assert list(rows) == [b"kept", b"taken", b"value"]
        assert [row.created for row in rows.values()] == [1, 1, 1]
        assert [row.modified == 2 for row in rows.values()] == [True, False, False]
        assert [row.expires is None for row in rows.values()] == [False, True, True]
        assert store.dict.one("SELECT count(*) FROM stdtools_times") == 3


def test_keys_of_large_values_are_listed_in_little_memory(run: Run, shell: Run, tmp_path: Path) -> None:
    with stdtools.kv.open(tmp_path / "a.db") as store, store.dict.transaction():
        for number in range(100):
            store[f"k{number:02d}"] = b"x" * 3_000_000
    limit = "ulimit -v 200000; stdtools kv --store ./a.db"
    assert shell(f"{limit} keys").text.split() == [f"k{number:02d}" for number in range(100)]
    assert shell(f"{limit} list -0 | wc -c").text.split() == [str(100 * 3_000_005)]
    assert shell(f"{limit} check") == (0, b"", "")
    assert shell(f"{limit} del --prefix k").text == "100\n"
