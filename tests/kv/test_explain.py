"""The scripts of kv --explain do what the commands do."""

import dbm.dumb
import shelve
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import Run

pytestmark = [pytest.mark.process, pytest.mark.once]

STATE = '{"key": "b", "value": "2"}\n{"key": "n", "value": 5}\n{"key": "q", "value": ["x", "y"]}\n'
STATE += '{"key": "t", "value": "text"}\n'
CASES = [
    ["get", "b"],
    ["get", "b", "n", "q"],
    ["get", "none", "t"],
    ["get", "b", "none", "--default", "d"],
    ["has", "b", "n"],
    ["has", "none"],
    ["set", "new", "value"],
    ["set", "new", "[1, 2]", "--json"],
    ["set", "new", "é", "--bytes"],
    ["set", "b", "x", "--if-absent"],
    ["del", "b", "none"],
    ["del", "--glob", "[bn]"],
    ["del", "--prefix", "t"],
    ["del", "none"],
    ["keys"],
    ["keys", "[nq]"],
    ["keys", "x*"],
    ["keys", "--prefix", "t", "-0"],
    ["incr", "n", "3"],
    ["incr", "b", "0.5"],
    ["incr", "new"],
    ["append", "t", " more"],
    ["push", "q", "z", "w", "--left"],
    ["push", "new", "1", "{}", "--json"],
    ["pop", "q"],
    ["pop", "q", "--left"],
    ["pop", "none"],
    ["ttl", "b"],
    ["ttl", "none"],
    ["persist", "b", "n"],
    ["persist", "none"],
    ["rename", "b", "b"],
    ["rename", "b", "c"],
    ["rename", "b", "n"],
    ["rename", "b", "n", "--replace"],
    ["copy", "b", "c"],
    ["copy", "none", "c"],
    ["edit", "t"],
    ["export"],
    ["check"],
    ["info"],
    ["compact"],
    ["import", "lines"],
    ["import", "lines", "--replace"],
    ["import", "lines", "--keep"],
    ["batch", "operations"],
    ["convert", "old", "./a.db", "--keep"],
    ["convert", "old", "./a.db", "--replace"],
]


@pytest.fixture
def place(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store, and files to read."""
    monkeypatch.setenv("EDITOR", "sed -i s/text/changed/")
    assert run("kv", "--store", "./a.db", "import", stdin=STATE).code == 0
    with dbm.dumb.open(str(tmp_path / "old"), "c") as old:
        shelve.Shelf(old, protocol=4).update(b="old", o=[1])
    (tmp_path / "lines").write_text('{"key": "new", "value": {"a": [1]}}\n')
    (tmp_path / "operations").write_text(
        '{"op": "set", "key": "z", "value": 1}\n{"op": "get", "key": "z"}\n{"op": "get", "key": "none"}\n'
        '{"op": "del", "key": "z"}\n'
    )
    return tmp_path


@pytest.mark.parametrize("args", CASES, ids=" ".join)
def test_the_script_does_what_the_command_does(run: Run, place: Path, python: str, args: list[str]) -> None:
    """The same output, the same exit code, and the same values in the store afterwards."""
    shutil.copy(place / "a.db", place / "before.db")
    store = [] if args[0] == "convert" else ["--store", "./a.db"]
    script = run("kv", *args, *store, "--explain")
    assert (script.code, script.err) == (0, "")
    assert len([line for line in script.text.splitlines() if line]) <= 34
    done = run("kv", *args, *store, "-q")
    after = run("kv", "--store", "./a.db", "export").out
    shutil.copy(place / "before.db", place / "a.db")
    explained = subprocess.run([python, "-c", script.text], cwd=place, capture_output=True)
    assert explained.stderr == b""
    assert explained.stdout == done.out
    assert explained.returncode == done.code
    assert run("kv", "--store", "./a.db", "export").out == after


def test_standard_input_goes_to_the_script(run: Run, place: Path, python: str) -> None:
    script = run("kv", "set", "new", "--store", "./a.db", "--explain").text
    subprocess.run([python, "-c", script], cwd=place, input=b"from a pipe\n", check=True)
    assert run("kv", "get", "new", "--store", "./a.db").text == "from a pipe\n"


def test_stores_times_and_backups(run: Run, place: Path, python: str) -> None:
    run("kv", "set", "k", "v")
    for args in (["stores"], ["list", "--store", "./a.db"], ["expire", "b", "1h", "--store", "./a.db"]):
        script = run("kv", *args, "--explain").text
        done = subprocess.run([python, "-c", script], cwd=place, capture_output=True, text=True, check=True)
        if args[0] == "stores":
            assert done.stdout == run("kv", "stores").text
    assert float(run("kv", "ttl", "b", "--store", "./a.db").text) <= 3600
    script = run("kv", "backup", "copy.db", "--store", "./a.db", "--explain").text
    subprocess.run([python, "-c", script], cwd=place, check=True)
    assert run("kv", "export", "--store", "./copy.db").out == run("kv", "export", "--store", "./a.db").out


@pytest.mark.parametrize(
    ("args", "what"),
    [
        (["set", "k", "v", "--ttl", "1m"], "--ttl"),
        (["set", "k", "v", "--get"], "--get"),
        (["get", "k", "--json"], "--json"),
        (["batch", "--atomic"], "--atomic"),
        (["append", "k", "v", "--bytes"], "--bytes"),
        (["get", "--key-bytes", r"\xff"], "bytes that are not UTF-8"),
        (["set", "k", b"\xff"], "bytes that are not UTF-8"),
    ],
)
def test_what_it_does_not_cover_is_said(run: Run, args: list[str | bytes], what: str) -> None:
    result = run("kv", *args, "--explain")
    assert result == (2, b"", f"stdtools kv {args[0]!s}: --explain does not cover {what}\n")


def test_a_store_is_left_to_the_command_to_make(run: Run, place: Path) -> None:
    """A script would make one that others may read, and without the times of its keys."""
    for args in (["set", "k", "v"], ["get", "k"], ["ttl", "k"], ["info"]):
        told = "./none.db: --explain does not cover a store that is not there yet"
        result = run("kv", *args, "--store", "./none.db", "--explain")
        assert result == (2, b"", f"stdtools kv {args[0]}: {told}\n")
        assert run("kv", *args, "--explain").code == 2
    assert run("kv", "convert", "old", "./none.db", "--explain") == (2, b"", f"stdtools kv convert: {told}\n")
    assert not (place / "none.db").exists()


def test_a_store_is_found_as_the_command_finds_it(run: Run, place: Path, python: str) -> None:
    for args in (["get", "b"], ["info"], ["compact"]):
        script = run("kv", *args, "--store", "./a", "--explain").text
        done = subprocess.run([python, "-c", script], cwd=place, capture_output=True, check=True)
        assert done.stdout == run("kv", *args, "--store", "./a").out
    told = "stdtools kv get: ./old.dat: --explain does not cover a store that is not in SQLite\n"
    assert run("kv", "get", "b", "--store", "./old", "--explain") == (2, b"", told)


@pytest.mark.parametrize("args", [["import", "taken"], ["import", "twice"], ["convert", "old", "./a.db"]], ids=" ".join)
def test_of_what_cannot_all_be_stored_nothing_is(run: Run, place: Path, python: str, args: list[str]) -> None:
    (place / "taken").write_text('{"key": "a", "value": 1}\n{"key": "b", "value": 1}\n')
    (place / "twice").write_text('{"key": "a", "value": 1}\n' * 2)
    before = run("kv", "--store", "./a.db", "export").out
    script = run("kv", "--store", "./a.db", *args, "--explain").text
    done = subprocess.run([python, "-c", script], cwd=place, capture_output=True)
    assert (done.returncode, done.stdout) == run("kv", "--store", "./a.db", *args)[:2] == (2, b"")
    assert run("kv", "--store", "./a.db", "export").out == before


@pytest.mark.parametrize(
    "args", [["set", "k", "--json", "--bytes"], ["del"], ["del", "k", "--glob", "x"], ["backup", "-"]], ids=" ".join
)
def test_what_kv_refuses_is_not_explained(run: Run, place: Path, args: list[str]) -> None:
    refused = run("kv", *args, "--store", "./a.db")
    assert run("kv", *args, "--store", "./a.db", "--explain") == refused == (2, b"", refused.err)


def test_what_has_expired_is_not_expiring(run: Run, place: Path, python: str) -> None:
    run("kv", "set", "soon", "v", "--ttl", "0.001", "--store", "./a.db")
    run("kv", "set", "later", "v", "--ttl", "1h", "--store", "./a.db")
    run("kv", "persist", "b", "--store", "./a.db")  # which puts what has expired off the disk
    script = run("kv", "info", "--store", "./a.db", "--explain").text
    done = subprocess.run([python, "-c", script], cwd=place, capture_output=True, check=True)
    assert done.stdout == run("kv", "info", "--store", "./a.db").out


def test_a_script_in_sql_takes_keys_of_bytes(run: Run, place: Path, python: str) -> None:
    run("kv", "set", "--key-bytes", r"\xff", "v", "--ttl", "1h", "--store", "./a.db")
    script = run("kv", "persist", "--key-bytes", r"\xff", "--store", "./a.db", "--explain").text
    subprocess.run([python, "-c", script], cwd=place, check=True)
    assert run("kv", "ttl", "--key-bytes", r"\xff", "--store", "./a.db").text == "never\n"
