"""A store as Python's dict and shelve are used, while others write and time goes on."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import stdtools.kv
from stdtools.kv.plain import ForeignClass
from stdtools.shared.errors import ToolError

FOREIGN = b"\x80\x04c_collections\nOrderedDict\n."  # a class, which is never looked up


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "a.db")


def test_what_expires_while_items_are_read_is_not_missed(path: str) -> None:
    with stdtools.kv.open(path) as store:
        store.update(a=1, c=3)
        store.set("b", 2, ttl=0.05)
        items, values = iter(store.items()), iter(store.values())
        assert (next(items), next(values)) == (("a", 1), 1)
        time.sleep(0.1)
        assert dict(items).keys() >= {"c"}
        assert list(values)[-1] == 3
        assert (len(store.items()), ("a", 1) in store.items(), 3 in store.values()) == (2, True, True)


def test_clear_deletes_what_cannot_be_read(path: str) -> None:
    for empty in (lambda: stdtools.kv.open(path, "n"), lambda: stdtools.kv.open(path)):
        with stdtools.kv.open(path) as store:
            store["plain"] = 1
            store.dict[b"foreign"] = FOREIGN
            store.dict[b"damaged"] = b"\0"
            with pytest.raises(ForeignClass):
                store["foreign"]
        with empty() as store:
            store.clear()
            assert list(store) == []
            assert store.dict.one("SELECT count(*) FROM stdtools_times") == 0


def test_a_change_of_several_keys_is_one_transaction(path: str) -> None:
    with stdtools.kv.open(path) as store:
        with pytest.raises(ToolError):
            store.update({"a": 1, "b": object()})
        assert list(store) == []
        store.update([("a", 1)], b=2)
        with store.dict.transaction(), stdtools.kv.open(path, "r") as other:
            store.pop("a")
            assert other["a"] == 1
        assert store.pop("a", None) is None
        with pytest.raises(KeyError):
            store.pop("a")
        assert store.setdefault("b", 3) == 2
        assert store.popitem() == ("b", 2)


@pytest.mark.process
def test_one_value_is_popped_by_one_process(path: str) -> None:
    code = """if True:
        import sys, stdtools.kv
        with stdtools.kv.open(sys.argv[1]) as store:
            for _ in range(50):
                while (value := store.pop("turn", None)) is None:
                    pass
                store["turn"] = value + 1
    """
    with stdtools.kv.open(path) as store:
        store["turn"] = 0
        others = [subprocess.Popen([sys.executable, "-c", code, path]) for _ in range(3)]
        assert [other.wait() for other in others] == [0, 0, 0]
        assert store["turn"] == 150


@pytest.mark.process
@pytest.mark.parametrize(("name", "flag"), [("a.db", "r"), ("a.db", "w"), ("a.db", "c"), ("a", "r"), ("a", "c")])
def test_a_second_handle_leaves_the_locks_of_the_first_alone(path: str, name: str, flag: str) -> None:
    """To close a file drops all POSIX locks that the process has on it."""
    code = "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=0).execute('BEGIN IMMEDIATE')"
    with stdtools.kv.open(path) as store:
        store["a"] = 1
        with store.dict.transaction():
            store["a"] = 2
            with stdtools.kv.open(os.path.join(os.path.dirname(path), name), flag) as other:
                assert other["a"] == 1
            tried = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True)
            assert tried.stderr.endswith("database is locked\n")


def test_a_closed_store_says_so(path: str) -> None:
    store = stdtools.kv.open(path)
    store["a"] = 1
    store.close()
    store.close()
    store.sync()
    for use in (
        lambda: store["a"],
        lambda: store.__setitem__("a", 1),
        lambda: store.pop("a"),
        lambda: "a" in store,
        lambda: list(store),
        lambda: len(store),
        lambda: list(store.items()),
        lambda: store.clear(),
        lambda: store.incr("a"),
    ):
        with pytest.raises(ValueError, match="the store is closed"):
            use()
