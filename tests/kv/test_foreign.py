"""Stores of other libraries: told apart by content, and dumb and sdbm ones read as those libraries read them."""

import dbm.dumb
import itertools
import os
import random
import sqlite3
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import stdtools.kv
from stdtools.kv.recognition import locate
from stdtools.shared.errors import ToolError
from tests.kv.foreign_writers import (
    MANY,
    SPECIAL,
    Pairs,
    harm,
    made,
    opened,
    perl_reads,
    perl_writes,
    read_whatever,
    sdbm_hash,
    write_gdbm,
    write_sdbm,
)

pytestmark = pytest.mark.once


def write_dumb(path: Path, pairs: Pairs) -> None:
    with dbm.dumb.open(os.fspath(path), "c") as shelf:
        for key, value in pairs.items():
            shelf[key] = value


def check(path: Path, expected: Pairs, notes: list[str] | None = None) -> None:
    with opened(path) as store:
        assert dict(store.items()) == expected
        assert sorted(store) == sorted(expected)
        assert len(store) == len(expected)
        assert {key: store[key] for key in expected} == expected
        for key in {b"absent", b"", b"\xff" * 3} - set(expected):
            assert store.get(key) is None
            assert key not in store
        assert store.notes == (notes or [])


# What is it?


def write_sqlite(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE t(x)")
    connection.close()


@pytest.mark.parametrize("spelling", ["foo", "foo.dat", "foo.dir", "foo.bak"])
def test_every_spelling_of_a_dumb_store(tmp_path: Path, spelling: str) -> None:
    write_dumb(tmp_path / "foo", SPECIAL)
    assert locate(str(tmp_path / spelling)) == ("dumb", str(tmp_path / "foo.dat"), str(tmp_path / "foo.dir"))
    check(tmp_path / spelling, SPECIAL)


@pytest.mark.parametrize("spelling", ["foo", "foo.pag", "foo.dir"])
def test_every_spelling_of_an_ndbm_store(tmp_path: Path, spelling: str) -> None:
    write_sdbm(tmp_path / "foo", SPECIAL)
    assert locate(str(tmp_path / spelling)) == ("sdbm", str(tmp_path / "foo.pag"), str(tmp_path / "foo.dir"))
    check(tmp_path / spelling, SPECIAL)


def test_names_that_end_like_parts_and_are_none(tmp_path: Path) -> None:
    write_dumb(tmp_path / "foo.db", SPECIAL)  # foo.db.dat
    write_dumb(tmp_path / "bar.dir", SPECIAL)
    check(tmp_path / "foo.db", SPECIAL)
    check(tmp_path / "bar.dir", SPECIAL)
    write_sqlite(tmp_path / "foo.bak")  # someone's backup
    assert locate(str(tmp_path / "foo.bak")).kind == "sqlite"


def test_the_file_of_the_very_name_comes_first_when_it_is_a_store(tmp_path: Path) -> None:
    write_gdbm(tmp_path / "foo", SPECIAL)
    write_sqlite(tmp_path / "foo.db")
    write_dumb(tmp_path / "foo", SPECIAL)
    assert locate(str(tmp_path / "foo")).kind == "gdbm"
    (tmp_path / "foo").write_text("#!/bin/sh\n")
    assert locate(str(tmp_path / "foo")).kind == "dumb", "a program beside its shelf"
    (tmp_path / "foo.dat").unlink()
    (tmp_path / "foo.dir").unlink()
    assert locate(str(tmp_path / "foo")) == ("sqlite", str(tmp_path / "foo.db"), "")
    (tmp_path / "foo").write_bytes(b"")
    assert locate(str(tmp_path / "foo")).kind == "empty", "a store may be wanted there"


@pytest.mark.process
@pytest.mark.parametrize("library", ["DB_HASH", "DB_BTREE"])
def test_berkeley_db_is_named_and_refused(tmp_path: Path, library: str) -> None:
    perl_writes(library, tmp_path / "foo.db", {b"key": b"value"})
    for spelling in ("foo", "foo.db"):
        assert locate(str(tmp_path / spelling)).kind == "berkeley"
        with pytest.raises(ToolError, match=r"foo\.db: is a Berkeley DB file.*db_dump"):
            opened(tmp_path / spelling)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("magic", [0x00061561, 0x00053162])
@pytest.mark.parametrize("at", [0, 12])
def test_berkeley_db_of_every_age_and_byte_order(tmp_path: Path, order: str, magic: int, at: int) -> None:
    (tmp_path / "foo.db").write_bytes(bytes(at) + struct.pack(order + "I", magic) + bytes(500))
    assert locate(str(tmp_path / "foo")).kind == "berkeley"
    for flag in ("r", "w"):
        with pytest.raises(ToolError, match=r"foo\.db: is a Berkeley DB file.*db_dump"):
            stdtools.kv.open(str(tmp_path / "foo"), flag)


def test_what_is_no_store(tmp_path: Path) -> None:
    text = b"'tis a text, with (1, 2) in it\nand lines\n" * 100
    for name in ("text", "text.db", "a.dat", "a.dir", "a.bak", "b.pag", "b.dir", "c.pag"):
        (tmp_path / name).write_bytes(text)
    (tmp_path / "random.pag").write_bytes(random.Random(1).randbytes(50_000))
    (tmp_path / "random.dir").write_bytes(b"")
    (tmp_path / "folder.db").mkdir()
    os.mkfifo(tmp_path / "fifo")
    os.mkfifo(tmp_path / "pair.pag")
    os.mkfifo(tmp_path / "pair.dir")
    names = ["text", "text.db", "a.dat", "a.dir", "a.bak", "b.pag", "b.dir", "c.pag", "random.pag", "fifo", "pair.pag"]
    for path in [*(tmp_path / name for name in names), tmp_path, tmp_path / "folder.db", "/dev/zero", "/dev/null"]:
        assert locate(str(path)).kind == "unknown", path
        with pytest.raises(ToolError, match="is no store"):
            opened(path)
    (tmp_path / "dangling").symlink_to("nowhere")
    for path in ("a", "b", "folder", "nothing", "nothing.db", "text/under", "dangling", "pair", "x" * 252, "x" * 300):
        assert locate(str(tmp_path / path)).kind == "missing", path
    with pytest.raises(ToolError, match="No such file or directory"):
        opened(tmp_path / "nothing")
    for path in ("nul\0", "\ud800"):
        with pytest.raises(ToolError, match="is no name"):
            locate(path)


def test_empty_files(tmp_path: Path) -> None:
    for name in ("foo", "foo.db", "bar.pag", "baz.dat"):
        (tmp_path / name).write_bytes(b"")
        assert locate(str(tmp_path / name)).kind == "empty"
    with pytest.raises(ToolError, match="is empty"):
        opened(tmp_path / "foo")
    (tmp_path / "bar.dir").write_bytes(b"")
    (tmp_path / "baz.dir").write_bytes(b"")
    assert locate(str(tmp_path / "bar")).kind == "sdbm", "as ndbm makes it before the first pair"
    assert locate(str(tmp_path / "baz")).kind == "dumb"
    check(tmp_path / "bar", {})
    check(tmp_path / "baz", {})


def test_a_symlink_is_followed(tmp_path: Path) -> None:
    write_gdbm(tmp_path / "real", SPECIAL)
    (tmp_path / "link").symlink_to("real")
    check(tmp_path / "link", SPECIAL)


def test_a_closed_store_is_an_error_and_not_another_file(tmp_path: Path) -> None:
    for write in (write_gdbm, write_dumb, write_sdbm):
        write(tmp_path / write.__name__, SPECIAL)
        with opened(tmp_path / write.__name__) as store:
            pass
        with pytest.raises(ToolError):
            store.get(b"'single'")


# dumb


def test_dumb_after_overwriting_and_deleting(tmp_path: Path) -> None:
    write_dumb(tmp_path / "foo", MANY)
    with dbm.dumb.open(os.fspath(tmp_path / "foo"), "w") as shelf:
        for number in range(0, 600, 3):
            shelf[b"key %d" % number] = b"longer" * (number * 5)
        for number in range(3, 600, 9):
            del shelf[b"key %d" % number]
        shelf[b"key 3"] = b""
        expected = {key: shelf[key] for key in shelf.keys()}  # noqa: SIM118 - it has no items() that is lazy
    check(tmp_path / "foo", expected)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pairs=st.dictionaries(st.binary(max_size=30), st.binary(max_size=1500), max_size=20))
def test_any_pairs_of_dumb(tmp_path: Path, pairs: Pairs) -> None:
    for part in (".dat", ".dir", ".bak"):
        (tmp_path / f"any{part}").unlink(missing_ok=True)
    write_dumb(tmp_path / "any", pairs)
    check(tmp_path / "any", pairs)


@pytest.mark.process
def test_dumb_whose_writer_was_killed(tmp_path: Path) -> None:
    """What the library itself finds then: new keys, but old places of changed values."""
    script = """if True:
        import dbm.dumb, os, signal
        with dbm.dumb.open("foo", "c") as shelf:
            shelf[b"kept"] = b"1" * 600
            shelf[b"moved"] = b"2" * 600
        shelf = dbm.dumb.open("foo", "c")
        shelf[b"new"] = b"3"
        shelf[b"moved"] = b"4" * 6000
        os.kill(os.getpid(), signal.SIGKILL)
    """
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path)
    assert done.returncode == -9
    with dbm.dumb.open(os.fspath(tmp_path / "foo"), "r") as shelf:
        expected = {key: shelf[key] for key in shelf.keys()}  # noqa: SIM118
    assert expected[b"moved"] == b"2" * 600
    check(tmp_path / "foo", expected)


def test_dumb_killed_between_the_renaming_and_the_writing_of_its_index(tmp_path: Path) -> None:
    write_dumb(tmp_path / "foo", SPECIAL)
    (tmp_path / "foo.dir").replace(tmp_path / "foo.bak")
    come = f"{len(SPECIAL)} of {len(SPECIAL)} keys come from foo.bak, the index before the last change"
    check(tmp_path / "foo", SPECIAL, [f"foo.dir is missing; {come}"])
    (tmp_path / "foo.dir").write_bytes(b"")
    check(tmp_path / "foo", SPECIAL, [f"foo.dir is empty, as a killed writer leaves it; {come}"])
    (tmp_path / "foo.dir").write_bytes(b"\0" * 100)
    check(tmp_path / "foo", SPECIAL, [f"foo.dir is damaged at line 1; {come}"])


def test_dumb_killed_in_the_middle_of_a_line(tmp_path: Path) -> None:
    write_dumb(tmp_path / "foo", {b"a": b"1", b"b": b"2", b"c": b"3"})
    lines = (tmp_path / "foo.dir").read_bytes().splitlines(keepends=True)
    (tmp_path / "foo.dir").write_bytes(lines[0] + lines[1] + lines[2][:7])
    (tmp_path / "foo.bak").unlink()
    check(tmp_path / "foo", {b"a": b"1", b"b": b"2"}, ["foo.dir is damaged at line 3; its other lines were used"])
    (tmp_path / "foo.bak").write_bytes(lines[1] + lines[2])
    (tmp_path / "foo.dir").write_bytes(lines[0] + lines[1][:3])
    note = "foo.dir is damaged at line 2; 2 of 3 keys come from foo.bak, the index before the last change"
    check(tmp_path / "foo", {b"a": b"1", b"b": b"2", b"c": b"3"}, [note])


def test_dumb_whose_last_key_was_deleted_is_empty(tmp_path: Path) -> None:
    write_dumb(tmp_path / "foo", MANY)
    with dbm.dumb.open(os.fspath(tmp_path / "foo"), "w") as shelf:
        shelf.clear()
    assert (tmp_path / "foo.dir").read_bytes() == b""
    check(tmp_path / "foo", {})
    (tmp_path / "foo.bak").write_bytes(b"'last', (0, 1)\n")
    check(tmp_path / "foo", {})


def test_a_hole_in_the_index_of_dumb_is_not_read_to_its_end(tmp_path: Path) -> None:
    """It would take hours: the file is 4 TiB long, and takes up a page."""
    write_dumb(tmp_path / "a", {b"k": b"v"})
    os.truncate(tmp_path / "a.dir", 1 << 42)
    with opened(tmp_path / "a") as store:
        assert store[b"k"] == b"v"
        assert [note.split(";")[0] for note in store.notes] == ["a.dir is damaged at line 2"]


def test_dumb_by_python_2(tmp_path: Path) -> None:
    (tmp_path / "foo.dat").write_bytes(b"one".ljust(512, b"\0") + b"two")
    (tmp_path / "foo.dir").write_bytes(b"'a\\xff', (0, 3)\r\n\"it's\", (512L, 3L)\n")
    check(tmp_path / "foo", {b"a\xff": b"one", b"it's": b"two"})


@pytest.mark.parametrize(
    "line",
    [
        b"'k', (-1, 5)",
        b"'k', (0, -5)",
        b"'k', (0, 5e9)",
        b"'k', (0, 5); import os",
        b"__import__('os').abort(), (0, 5)",
        b"'k' * 10**9, (0, 5)",
        b"'k\\N{BULLET}', (0, 5)",
        b"'k\\u1234', (0, 5)",
        b"'k\\', (0, 5)",
        b"'k, (0, 5)",
        b"'k\\xg0', (0, 5)",
        b"'k', (0, 99999999999999999999)",
        b"('k', (0, 5))" + b"(" * 100_000,
        b"",
        b"'" + b"\\x" * 1_000_000,
    ],
)
def test_lines_that_no_dumb_index_has(tmp_path: Path, line: bytes) -> None:
    (tmp_path / "foo.dat").write_bytes(b"value")
    (tmp_path / "foo.dir").write_bytes(b"'sound', (0, 5)\n" + line + b"\n")
    check(tmp_path / "foo", {b"sound": b"value"}, ["foo.dir is damaged at line 2; its other lines were used"])
    (tmp_path / "foo.dir").write_bytes(b"'\n" + line + b"\n")
    assert locate(str(tmp_path / "foo")).kind == "missing"


def test_places_that_no_value_has(tmp_path: Path) -> None:
    (tmp_path / "foo.dat").write_bytes(b"value")
    os.truncate(tmp_path / "foo.dat", 1 << 40)
    lines = b"'sound', (0, 5)\n'large', (512, 99999999999)\n'behind', (1099511627776, 1)\n"
    (tmp_path / "foo.dir").write_bytes(lines)
    with opened(tmp_path / "foo") as store:
        assert dict(store.items()) == {b"sound": b"value"}
        assert [note.split(": ")[1] for note in store.notes] == [
            "99999999999 bytes at byte 512 are longer than 1 GiB",
            "1 bytes at byte 1099511627776 are outside the 1099511627776 of the file",
        ]
        for key in (b"large", b"behind"):
            with pytest.raises(ToolError, match="bytes at byte"):
                store.get(key)


def test_places_that_overlap(tmp_path: Path) -> None:
    (tmp_path / "foo.dat").write_bytes(b"v" * 2000)
    (tmp_path / "foo.dir").write_bytes(b"'a', (0, 513)\n'b', (512, 5)\n'c', (1024, 0)\n'd', (1024, 5)\n")
    with opened(tmp_path / "foo") as store:
        assert store.notes == ["1 values lie upon others, the first at byte 512: the index is damaged"]
        assert len(dict(store.items())) == 4
    (tmp_path / "foo.dir").write_bytes(b"".join(b"'%d', (0, 2000)\n" % number for number in range(100)))
    with opened(tmp_path / "foo") as store, pytest.raises(ToolError, match="its parts lie upon each other"):
        dict(store.items())


def test_dumb_without_values(tmp_path: Path) -> None:
    write_dumb(tmp_path / "foo", SPECIAL)
    (tmp_path / "foo.dat").unlink()
    with pytest.raises(ToolError, match=r"foo\.dat: No such file or directory"):
        opened(tmp_path / "foo")


# sdbm


@pytest.mark.process
@pytest.mark.parametrize("pairs", [{}, SPECIAL, MANY], ids=["none", "special", "many"])
def test_what_sdbm_wrote(tmp_path: Path, pairs: Pairs) -> None:
    perl_writes("SDBM_File", tmp_path / "foo", pairs)
    check(tmp_path / "foo", pairs)


@pytest.mark.process
def test_sdbm_after_overwriting_and_deleting(tmp_path: Path) -> None:
    changed = {b"key %d" % number: b"changed" * (number % 20) for number in range(0, 600, 5)}
    perl_writes("SDBM_File", tmp_path / "foo", MANY)
    gone = tuple(b"key %d" % number for number in range(0, 600, 15))
    perl_writes("SDBM_File", tmp_path / "foo", changed, deleted=gone)
    check(tmp_path / "foo", {key: value for key, value in (MANY | changed).items() if key not in gone})
    perl_writes("SDBM_File", tmp_path / "foo", {}, deleted=tuple(MANY | changed))
    check(tmp_path / "foo", {})


@pytest.mark.process
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pairs=st.dictionaries(st.binary(max_size=40), st.binary(max_size=400), max_size=60))
def test_any_pairs_of_sdbm(tmp_path: Path, pairs: Pairs) -> None:
    for part in (".pag", ".dir"):
        (tmp_path / f"any{part}").unlink(missing_ok=True)
    perl_writes("SDBM_File", tmp_path / "any", pairs)
    check(tmp_path / "any", pairs)


@pytest.mark.process
def test_sdbm_by_apache(tmp_path: Path) -> None:
    for number in range(60):
        create = [] if number else ["-c"]
        made("htdbm", "-bpTSDBM", *create, "users", f"user{number}", "word" * number, cwd=tmp_path)
    check(tmp_path / "users", {b"user%d" % number: b"word" * number for number in range(60)})


@pytest.mark.process
def test_sdbm_reads_what_our_writer_wrote(tmp_path: Path) -> None:
    write_sdbm(tmp_path / "ours", MANY)
    assert perl_reads("SDBM_File", tmp_path / "ours") == MANY


@pytest.mark.parametrize("size", [512, 1024, 2048, 4096, 8192, 16384])
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("signed", [True, False])
def test_every_page_size_byte_order_and_char(tmp_path: Path, size: int, order: str, signed: bool) -> None:
    pairs = {key: value for key, value in MANY.items() if len(key) + len(value) < 500}
    write_sdbm(tmp_path / "other", pairs, size=size, order=order, signed=signed)
    check(tmp_path / "other", pairs)


@given(st.binary(max_size=100), st.booleans())
def test_the_hash_of_sdbm(key: bytes, signed: bool) -> None:
    from stdtools.kv.sdbm import sdbm_hashes

    assert sdbm_hash(key, signed) in sdbm_hashes(key)


def test_pages_whose_index_is_lost(tmp_path: Path) -> None:
    write_sdbm(tmp_path / "foo", MANY)
    (tmp_path / "foo.dir").write_bytes(bytes(4096))
    with opened(tmp_path / "foo") as store:
        assert dict(store.items()) == MANY
        assert {key: store[key] for key in MANY} == MANY
        assert store.notes == ["foo.dir is damaged: it does not lead to every pair"]
    (tmp_path / "foo.dir").unlink()
    check(tmp_path / "foo", MANY, ["foo.dir is missing; its pages are all read"])
    check(tmp_path / "foo.pag", MANY, ["foo.dir is missing; its pages are all read"])


def test_the_pages_of_an_ndbm_with_another_hash(tmp_path: Path) -> None:
    write_sdbm(tmp_path / "foo", MANY, factor=33)
    check(tmp_path / "foo", MANY)


def test_a_split_that_was_interrupted_gives_each_pair_once(tmp_path: Path) -> None:
    """The new page and the bitmap are written first; the old page still has the pairs that moved."""
    half = {b"key %d" % number: b"v" * 20 for number in range(22)}
    write_sdbm(tmp_path / "foo", half)
    before = (tmp_path / "foo.pag").read_bytes()
    assert len(before) == 1024
    write_sdbm(tmp_path / "foo", half | {b"more": b"w" * 900})
    after = bytearray((tmp_path / "foo.pag").read_bytes())
    moved = {key for key in half if sdbm_hash(key) & 1}
    assert moved
    after[:1024] = before
    (tmp_path / "foo.pag").write_bytes(after)
    with opened(tmp_path / "foo") as store:
        listed = list(store.items())
        assert dict(listed).items() >= half.items()
        assert len(listed) == len(dict(listed))
        assert "page 0 repeats pairs of other pages" in store.notes[0]


def test_pages_that_are_holes_are_not_read(tmp_path: Path) -> None:
    """A skewed hash makes .pag very long, and almost all of it a hole."""
    write_sdbm(tmp_path / "foo", MANY)
    with open(tmp_path / "foo.pag", "r+b") as file:
        page = struct.pack("<5H", 4, 1023, 1022, 1021, 1020).ljust(1020, b"\0") + b"vkwk"
        file.seek(1 << 40)
        file.write(page)
        file.truncate(1 << 41)
    with opened(tmp_path / "foo") as store:
        assert {key: value for key, value in store.items() if key != b"k"} == MANY
        assert store.notes == ["page 1073741824 is damaged; the key 'k' cannot be there and is left out"]


def test_a_damaged_page_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    write_sdbm(tmp_path / "foo", MANY)
    with open(tmp_path / "foo.pag", "r+b") as file:
        file.seek(3 * 1024 + 4)
        file.write(b"\xff\xff")
    with opened(tmp_path / "foo") as store:
        found = dict(store.items())
        assert 0 < len(MANY) - len(found) < 50
        assert found.items() < MANY.items()
        assert store.notes == ["page 3 is damaged; its pairs are left out"]
        lost = next(key for key in MANY if key not in found)
        with pytest.raises(ToolError, match="page 3 is damaged, where the key"):
            store.get(lost)


# Harm


@pytest.mark.parametrize(("suffix", "whole"), [(".pag", True), (".dir", True), (".pag", False)])
def test_harm_to_sdbm_is_survived(tmp_path: Path, suffix: str, whole: bool) -> None:
    pairs = dict(random.Random(3).sample(sorted(MANY.items()), 100 if whole else 4))
    write_sdbm(tmp_path / "foo", pairs)
    sound = (tmp_path / f"foo{suffix}").read_bytes()
    for seed in range(500):
        (tmp_path / f"foo{suffix}").write_bytes(harm(sound, seed))
        result = read_whatever(tmp_path / "foo", [*list(pairs)[:5], b"absent"])
        if suffix == ".dir" and result:
            assert result[0] == pairs, seed


@pytest.mark.parametrize("suffix", [".dir", ".dat"])
def test_harm_to_dumb_is_survived(tmp_path: Path, suffix: str) -> None:
    pairs = dict(random.Random(3).sample(sorted(MANY.items()), 40))
    write_dumb(tmp_path / "foo", pairs)
    sound = (tmp_path / f"foo{suffix}").read_bytes()
    for seed in range(500):
        (tmp_path / f"foo{suffix}").write_bytes(harm(sound, seed))
        result = read_whatever(tmp_path / "foo", [*list(pairs)[:5], b"absent"])
        if suffix == ".dat" and result:
            assert result[0].keys() == pairs.keys() or result[1], seed


@pytest.mark.parametrize("suffix", [".pag", ".dir", ".dat"])
def test_truncation_gives_whole_values_only(tmp_path: Path, suffix: str) -> None:
    pairs = dict(random.Random(4).sample(sorted(MANY.items()), 60))
    if suffix == ".pag":
        write_sdbm(tmp_path / "foo", pairs)
    else:
        write_dumb(tmp_path / "foo", pairs)
        (tmp_path / "foo.bak").unlink()
    sound = (tmp_path / f"foo{suffix}").read_bytes()
    lines = set(itertools.accumulate(len(line) for line in sound.splitlines(keepends=True)))
    for size in range(1, len(sound), len(sound) // 200 + 1):
        (tmp_path / f"foo{suffix}").write_bytes(sound[:size])
        found, notes = read_whatever(tmp_path / "foo", list(pairs)) or ({}, ["refused"])
        assert found.items() <= pairs.items()
        if suffix == ".dat" or (suffix == ".dir" and size not in lines and size + 1 not in lines):
            assert found == pairs or notes
