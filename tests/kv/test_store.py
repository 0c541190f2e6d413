"""stdtools.kv from Python: a dict on the disk, a shelf for shelve, atomic operations."""

import datetime
import errno
import os
import pickle
import shelve
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import stdtools.kv
from stdtools.kv import transfer
from stdtools.kv.keys import matching
from stdtools.shared import scratch
from stdtools.shared.errors import ToolError
from tests.conftest import Run

VALUES: list[Any] = [
    None, True, False, 0, -1, 2**100, 1.5, float("inf"), "", "text", "\0", "\ud800", b"", b"\xff\0", [], [1, [2]],
    (), (1, "x"), {}, {"a": {"b": None}}, {1: "int key", (1, 2): "tuple key"}, set(), {1, 2}, frozenset({3}),
    datetime.datetime(2026, 11, 22, 12, 30, 1, 5, tzinfo=datetime.timezone(datetime.timedelta(hours=1))),
    datetime.date(2026, 11, 22), datetime.time(1, 2, 3), datetime.timedelta(days=-1, seconds=5), datetime.UTC,
]  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "a.db")


def test_a_savepoint_undoes_what_is_in_it_and_hides_no_error(path: str) -> None:
    with stdtools.kv.open(path) as store:
        with store.dict.transaction():
            store["a"] = 1
            with pytest.raises(ZeroDivisionError), store.dict.savepoint():
                store["a"] = 1 / 0 or store.clear()
            with pytest.raises(KeyError), store.dict.savepoint():
                store["a"] = 2
                store["b"]
        assert dict(store) == {"a": 1}
        with pytest.raises(KeyError), store.dict.transaction(), store.dict.savepoint():
            store["a"] = 2
            store.dict.connection.execute("ROLLBACK")  # as SQLite does where the disk is full
            store["b"]
        assert dict(store) == {"a": 1}


def test_an_import_that_finds_no_place_for_what_waits_stores_nothing(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(transfer, "_CHUNK", 1)
    monkeypatch.setattr(scratch, "scratch_file", refuse)
    with stdtools.kv.open(path) as store:
        with pytest.raises(
            ToolError, match=r"cannot keep what is to be stored: No space.*; set TMPDIR to a larger place"
        ):
            transfer.import_all(store, [(b"a", b"1", None), (b"b", b"2", None)], "ABORT")
        assert list(store) == []
        monkeypatch.undo()
        monkeypatch.setattr(transfer, "_CHUNK", 1)
        assert transfer.import_all(store, [(b"a", b"1", None), (b"b", b"2", None), (b"c", b"3", None)], "ABORT") == 3
        assert list(store) == ["a", "b", "c"]


def test_it_is_a_dict(path: str) -> None:
    with stdtools.kv.open(path) as store:
        assert isinstance(store, shelve.Shelf)
        assert len(store) == 0
        store["b"] = [1]
        store.update({"a": 1, "c": None})
        assert list(store) == ["a", "b", "c"]
        assert dict(store) == {"a": 1, "b": [1], "c": None}
        assert ("a" in store, "x" in store, 5 in store) == (True, False, False)
        assert store.get("x", 7) == 7
        assert store.setdefault("b", 2) == [1]
        assert store.pop("c", 9) is None
        with pytest.raises(KeyError, match="x"):
            store["x"]
        with pytest.raises(KeyError, match="x"):
            del store["x"]
        del store["a"]
        assert store.popitem() == ("b", [1])
        store.clear()
        assert len(store) == 0
    with pytest.raises(ValueError, match="closed"):
        store["a"]


def test_flags_are_those_of_dbm(path: str) -> None:
    for flag in ("r", "w"):
        with pytest.raises(ToolError, match="No such file"):
            stdtools.kv.open(path, flag)
    with stdtools.kv.open(Path(path), "c") as store:
        store["a"] = 1
    with stdtools.kv.open(path, "r") as store:
        assert store["a"] == 1
        with pytest.raises(ToolError, match="only read"):
            store["a"] = 2
    with stdtools.kv.open(path, "w") as store:
        store["b"] = 1
    with stdtools.kv.open(path, "n") as store:
        assert len(store) == 0
    with pytest.raises(ValueError, match="flag"):
        stdtools.kv.open(path, "x")


def test_values_come_back_with_their_types(path: str) -> None:
    with stdtools.kv.open(path) as store:
        for number, value in enumerate(VALUES):
            store[str(number)] = value
    with stdtools.kv.open(path, "r") as store:
        for number, value in enumerate(VALUES):
            found = store[str(number)]
            assert (type(found), repr(found)) == (type(value), repr(value))


@pytest.mark.parametrize("value", [Counter(), object(), len, Path("x"), bytearray(b"x"), 1j, {"a": [ToolError]}])
def test_other_objects_are_refused(path: str, value: object) -> None:
    with stdtools.kv.open(path) as store:
        with pytest.raises(ToolError):
            store["a"] = value
        assert len(store) == 0


def test_a_foreign_class_is_not_built(path: str, run: Run) -> None:
    with stdtools.kv.open(path) as store:
        store.dict[b"a"] = pickle.dumps(Counter("aab"))
        with pytest.raises(ToolError, match=r"collections\.Counter"):
            store["a"]
        with pytest.raises(ToolError, match=r"collections\.Counter"):
            store.incr("a")
    shown = run("kv", "--store", path, "get", "a")
    assert (shown.code, shown.err) == (0, "")
    assert shown.text.startswith('{"$class": "collections.Counter", ')
    assert run("kv", "--store", path, "list").code == 0
    exported = run("kv", "--store", path, "export")
    assert '"pickle": {"$base64": true' in exported.text
    assert run("kv", "--store", "./b.db", "import", stdin=exported.out).text == "1\n"
    assert run("kv", "--store", "./b.db", "export").out == exported.out


PYENV = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
PYTHONS = sorted(PYENV.glob("versions/3.1[3-9].*/bin/python"))


def shelve_python() -> str:
    """Return a Python whose shelve opens SQLite files."""
    for python in (Path(sys.executable), *PYTHONS):
        code = "import dbm.sqlite3"
        if subprocess.run([python, "-c", code], capture_output=True).returncode == 0:
            return str(python)
    raise AssertionError("no Python 3.13 or later, whose shelve is the other end of this test")


def test_shelve_of_newer_pythons_reads_and_writes_the_same_file(path: str) -> None:
    python = shelve_python()
    with stdtools.kv.open(path) as store:
        for number, value in enumerate(VALUES):
            store[str(number)] = value
        store.set("expiring", "soon", ttl=3600)
        store["kept"] = "ours"
    code = (
        "import pickle, shelve, sys\n"
        "with shelve.open(sys.argv[1]) as shelf:\n"
        "    values = {key: shelf[key] for key in shelf}\n"
        "    shelf['theirs'] = {'a': (1, b'x')}\n"
        "    shelf['expiring'] = 'for ever'\n"
        "    del shelf['kept'], shelf['0']\n"
        "sys.stdout.buffer.write(pickle.dumps(values))"
    )
    done = subprocess.run([python, "-c", code, path], capture_output=True, check=True)
    values = pickle.loads(done.stdout)
    assert values.pop("expiring") == "soon"
    assert values.pop("kept") == "ours"
    assert {key: repr(value) for key, value in values.items()} == {str(n): repr(v) for n, v in enumerate(VALUES)}
    with stdtools.kv.open(path) as store:
        assert store["theirs"] == {"a": (1, b"x")}
        assert store["expiring"] == "for ever"
        assert store.ttl("expiring") is None, "a value that shelve has set does not expire"
        assert "kept" not in store
        assert "0" not in store
        store["again"] = 1
        if sqlite3.sqlite_version_info < (3, 51, 3):
            assert store.dict.connection.execute("PRAGMA journal_mode").fetchone() == (b"delete",)


def test_a_shelf_of_newer_pythons_is_read_and_converted_but_never_written(tmp_path: Path, run: Run) -> None:
    code = "import shelve\nwith shelve.open('theirs') as s: s.update(a=1, b=[2], c='text')"
    subprocess.run([shelve_python(), "-c", code], cwd=tmp_path, check=True)
    before = {name: (tmp_path / name).read_bytes() for name in os.listdir(tmp_path)}
    assert run("kv", "--store", "./theirs", "get", "b").text == "[2]\n"
    assert run("kv", "--store", "./theirs", "keys").text == "a\nb\nc\n"
    assert (
        run("kv", "--store", "./theirs", "info", "--csv")
        .text.splitlines()[1]
        .endswith(",sqlite,3,12288,0,0,dbm.sqlite3")
    )
    result = run("kv", "--store", "./theirs", "set", "a", "2")
    assert (
        result.err
        == "stdtools kv set: ./theirs: is another program's shelf, and only read; see 'stdtools kv convert'\n"
    )
    assert {name: (tmp_path / name).read_bytes() for name in os.listdir(tmp_path)} == before
    assert run("kv", "convert", "./theirs", "./ours.db").text == "3\n"
    assert run("kv", "--store", "./ours.db", "set", "a", "2").code == 0
    again = run("kv", "convert", "./theirs", "./ours.db")
    assert again.err == "stdtools kv convert: a: is there already, or comes twice; see --replace and --keep\n"
    assert run("kv", "convert", "./theirs", "./ours.db", "--keep").text == "0\n"
    assert run("kv", "convert", "./theirs", "./ours.db", "--replace").text == "3\n"


def test_a_store_of_one_python_opens_in_all(tmp_path: Path) -> None:
    """The tables and the pickles are the same; the interpreters of this machine that have stdtools take turns."""
    root = Path(__file__).parents[2]
    pythons = [p for p in (root / ".venv/bin/python", *root.glob(".venvs/3.*/bin/python")) if p.exists()]
    code = (
        "import sys, stdtools.kv\n"
        "with stdtools.kv.open(sys.argv[1]) as store:\n"
        "    for n in range(200): store[f'{sys.argv[2]} {n}'] = [n, 'x' * n, {'n': (n,)}]\n"
        "    for key, value in store.items():\n"
        "        n = int(key.split()[1]); assert value == [n, 'x' * n, {'n': (n,)}]\n"
        "    print(len(store))"
    )
    counts = [
        subprocess.run(
            [python, "-c", code, tmp_path / "a.db", str(turn)], capture_output=True, text=True, check=True
        ).stdout
        for turn, python in enumerate([*pythons, *pythons])
    ]
    assert counts == [f"{200 * (turn + 1)}\n" for turn in range(2 * len(pythons))]


def test_ranges_end_where_the_prefix_does(path: str) -> None:
    keys = ["a", "a\udcff", "a\udcff\udcff", "ab", "b", "\udcff", "\udcff\udcff", "\udcff\udcffz", ""]
    with stdtools.kv.open(path) as store:
        for key in keys:
            store[key] = 1
        for prefix in ["", *keys]:
            found = [row.key.decode("utf-8", "surrogateescape") for row in matching(store.dict, None, prefix)]
            assert sorted(found) == sorted(key for key in keys if key.startswith(prefix))


def test_a_page_is_followed_by_the_next(path: str) -> None:
    with stdtools.kv.open(path) as store:
        for count in (0, 1, 19, 20, 21, 1019, 1020, 1021, 2500):
            store.clear()
            with store.dict.transaction():
                for number in range(count):
                    store[f"{number:05d}"] = number
            assert list(store.values()) == list(range(count))


def test_a_transaction_is_all_or_nothing(path: str) -> None:
    with stdtools.kv.open(path) as store:
        store["a"] = 1
        with pytest.raises(RuntimeError), store.dict.transaction():
            store["a"] = 2
            store.push("list", [1])
            raise RuntimeError
        assert dict(store) == {"a": 1}


@pytest.mark.parametrize("flag", ["r", "w"])
def test_a_store_that_is_opened_twice_in_a_process_stays_locked(path: str, flag: str) -> None:
    """POSIX locks go when any descriptor of the file is closed."""
    code = "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=0).execute('BEGIN IMMEDIATE')"
    with stdtools.kv.open(path) as store:
        with store.dict.transaction():
            store["a"] = 1
            stdtools.kv.open(path, flag).close()
            other = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True)
        assert other.stderr.endswith("database is locked\n")
        assert store["a"] == 1


class KvIsADict(RuleBasedStateMachine):
    """Any order of operations, reopenings and kills leaves what a dict would have."""

    keys = st.sampled_from(["a", "b", "\udcff", "", "key with\nnewline"])
    values = st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False)
        | st.text(max_size=5)
        | st.binary(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3) | st.tuples(inner)
        ),
        max_leaves=5,
    )

    @initialize()
    def start(self) -> None:
        import tempfile

        self.place = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.place.name, "a.db")
        self.store = stdtools.kv.open(self.path)
        self.model: dict[str, Any] = {}

    def teardown(self) -> None:
        self.store.close()
        self.place.cleanup()

    @rule(key=keys, value=values)
    def set(self, key: str, value: Any) -> None:
        assert self.store.set(key, value).done
        self.model[key] = value

    @rule(key=keys, value=values)
    def set_if_absent(self, key: str, value: Any) -> None:
        done = self.store.set(key, value, only_if=lambda old: old is None).done
        assert done == (key not in self.model)
        self.model.setdefault(key, value)

    @rule(key=keys)
    def delete(self, key: str) -> None:
        assert self.store.remove([key]) == (key in self.model)
        self.model.pop(key, None)

    @rule(key=keys, by=st.integers(-5, 5))
    def incr(self, key: str, by: int) -> None:
        old = self.model.get(key, 0)
        if type(old) in (int, float):
            self.model[key] = old + by
            assert self.store.incr(key, by) == self.model[key]

    @rule(key=keys, more=st.text(max_size=3))
    def append(self, key: str, more: str) -> None:
        old = self.model.get(key, "")
        if isinstance(old, str):
            self.model[key] = old + more
            assert self.store.append(key, more) == len(self.model[key])

    @rule(key=keys, items=st.lists(values, min_size=1, max_size=3), left=st.booleans())
    def push(self, key: str, items: list[Any], left: bool) -> None:
        old = self.model.get(key, [])
        if isinstance(old, list):
            self.model[key] = [*reversed(items), *old] if left else [*old, *items]
            assert self.store.push(key, items, left=left) == len(self.model[key])

    @rule(key=keys, left=st.booleans())
    def pop(self, key: str, left: bool) -> None:
        old = self.model.get(key)
        if isinstance(old, list) and old:
            taken = self.store.pop_element(key, left=left)
            assert taken == old[0 if left else -1]
            self.model[key] = old[1:] if left else old[:-1]

    @rule(old=keys, new=keys, replace=st.booleans())
    def rename(self, old: str, new: str, replace: bool) -> None:
        if old in self.model:
            done = self.store.rename(old, new, replace=replace)
            assert done == (replace or new == old or new not in self.model)
            if done:
                self.model[new] = self.model.pop(old)

    @rule(key=keys)
    def expire(self, key: str) -> None:
        """It is gone at once: a time to live of nothing."""
        assert self.store.expire(key, 0) == (key in self.model)
        self.model.pop(key, None)

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = stdtools.kv.open(self.path)

    @rule(key=keys, value=values)
    def killed_within_a_transaction(self, key: str, value: Any) -> None:
        """What a transaction has written is gone with its process."""
        child = os.fork()
        if not child:
            store = stdtools.kv.open(self.path)
            store.dict.connection.execute("BEGIN IMMEDIATE")
            store.dict._in_transaction = True
            store[key] = value
            os.kill(os.getpid(), 9)
        os.waitpid(child, 0)

    @invariant()
    def it_is_the_dict(self) -> None:
        found = dict(self.store)
        assert found == self.model
        assert {key: repr(value) for key, value in found.items()} == {
            key: repr(value) for key, value in self.model.items()
        }
        assert len(self.store) == len(self.model)


TestKvIsADict = pytest.mark.process(KvIsADict.TestCase)
TestKvIsADict.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
