"""gdbm files by gdbm itself (through perl and gdbmtool), and of the machines that are not here."""

import os
import random
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stdtools.kv.recognition import locate
from stdtools.shared.errors import ToolError
from tests.kv.foreign_writers import (
    MANY,
    SPECIAL,
    Pairs,
    gdbm_hash,
    harm,
    made,
    opened,
    perl_reads,
    perl_writes,
    read_whatever,
    write_gdbm,
)

pytestmark = pytest.mark.once

LAYOUTS = {
    "64 bits": {},
    "64 bits, big-endian": {"order": ">"},
    "64 bits of i386": {"align": 4},
    "64 bits of ARM": {"signed": False},
    "32 bits": {"word": 4, "align": 4, "magic": 0x13579ACD},
    "32 bits, big-endian": {"word": 4, "align": 4, "magic": 0x13579ACD, "order": ">"},
    "old, 64 bits": {"magic": 0x13579ACE},
    "old, i386": {"magic": 0x13579ACE, "align": 4},
    "old, 32 bits": {"magic": 0x13579ACE, "word": 4, "align": 4},
    "old, 32 bits, big-endian": {"magic": 0x13579ACE, "word": 4, "align": 4, "order": ">"},
    "numsync, 64 bits": {"magic": 0x13579AD1},
    "numsync, 32 bits, big-endian": {"magic": 0x13579AD0, "word": 4, "align": 4, "order": ">"},
}


def check(path: Path, expected: Pairs) -> None:
    with opened(path) as store:
        assert dict(store.items()) == expected
        assert sorted(store) == sorted(expected)
        assert len(store) == len(expected)
        assert {key: store[key] for key in expected} == expected
        for key in {b"absent", b"", b"\xff", b"k" * 100} - set(expected):
            assert store.get(key) is None
            assert key not in store
        assert store.notes == []


@pytest.mark.process
@pytest.mark.parametrize("options", [[], ["--block-size=512"], ["--block-size=512", "-x"], ["-x"]])
def test_what_gdbm_wrote(tmp_path: Path, options: list[str]) -> None:
    path = tmp_path / "shelf"
    made("gdbmtool", "--norc", "--newdb", *options, str(path), "count", cwd=tmp_path)
    perl_writes("GDBM_File", path, MANY | {b"key 7": b"overwritten" * 50}, deleted=(b"key 12", b""))
    numsync = path.read_bytes()[:4] == struct.pack("=I", 0x13579AD1)
    assert numsync == ("-x" in options)
    expected = MANY | {b"key 7": b"overwritten" * 50}
    del expected[b"key 12"], expected[b""]
    check(path, expected)


@pytest.mark.process
def test_an_empty_one(tmp_path: Path) -> None:
    perl_writes("GDBM_File", tmp_path / "shelf", {})
    check(tmp_path / "shelf", {})


@pytest.mark.process
def test_ndbm_by_gdbm(tmp_path: Path) -> None:
    """foo.dir holds a version only; everything is in foo.pag."""
    perl_writes("NDBM_File", tmp_path / "foo", MANY)
    assert (tmp_path / "foo.dir").read_bytes().startswith(b"GDBM")
    for spelling in ("foo", "foo.pag", "foo.dir"):
        assert locate(str(tmp_path / spelling)) == ("gdbm", str(tmp_path / "foo.pag"), "")
        check(tmp_path / spelling, MANY)


@pytest.mark.process
def test_python_3_shelf_by_gdbm(tmp_path: Path) -> None:
    """shelve adds nothing to the name with gdbm; a user may have."""
    perl_writes("GDBM_File", tmp_path / "foo.db", SPECIAL)
    check(tmp_path / "foo", SPECIAL)


@pytest.mark.process
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pairs=st.dictionaries(st.binary(max_size=40), st.binary(max_size=300), max_size=60))
def test_any_pairs(tmp_path: Path, pairs: Pairs) -> None:
    path = tmp_path / "any"
    path.unlink(missing_ok=True)
    perl_writes("GDBM_File", path, pairs)
    check(path, pairs)


@pytest.mark.process
@pytest.mark.parametrize("block", [512, 1024, 4096])
@pytest.mark.parametrize("magic", [0x13579ACE, 0x13579ACF])
def test_gdbm_reads_what_our_writer_wrote(tmp_path: Path, block: int, magic: int) -> None:
    """So that the files of other machines, below, are what gdbm writes there."""
    write_gdbm(tmp_path / "ours", MANY, block=block, magic=magic)
    assert perl_reads("GDBM_File", tmp_path / "ours") == MANY


@pytest.mark.parametrize("block", [512, 4096])
@pytest.mark.parametrize("options", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_every_byte_order_and_word_size(tmp_path: Path, options: dict[str, object], block: int) -> None:
    write_gdbm(tmp_path / "other", MANY, block=block, **options)  # type: ignore[arg-type]
    assert locate(str(tmp_path / "other")).kind == "gdbm"
    check(tmp_path / "other", MANY)


@given(st.binary(max_size=100), st.booleans())
def test_the_hash(key: bytes, signed: bool) -> None:
    from stdtools.kv.gdbm import gdbm_hashes

    assert gdbm_hash(key, signed) in gdbm_hashes(key)


def test_pairs_behind_4_gib(tmp_path: Path) -> None:
    write_gdbm(tmp_path / "large", SPECIAL, start=5 << 30)
    check(tmp_path / "large", SPECIAL)


@pytest.mark.process
def test_a_writer_is_told_of(tmp_path: Path) -> None:
    perl_writes("GDBM_File", tmp_path / "held", SPECIAL)
    script = "use GDBM_File; tie %h, 'GDBM_File', 'held', &GDBM_WRITER, 0 or die; $| = 1; print 'x'; <STDIN>"
    with subprocess.Popen(["perl", "-e", script], cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as perl:
        assert perl.stdout is not None
        assert perl.stdout.read(1) == b"x"
        with opened(tmp_path / "held") as store:
            assert "another process has it open for writing" in store.notes[0]
            assert dict(store.items()) == SPECIAL
    check(tmp_path / "held", SPECIAL)


def patched(path: Path, at: int, form: str, *values: int) -> None:
    with open(path, "r+b") as file:
        file.seek(at)
        file.write(struct.pack(form, *values))


def directory(path: Path) -> list[int]:
    data = path.read_bytes()
    at, size = struct.unpack_from("<qi", data, 8)
    return list(struct.unpack_from(f"<{size // 8}q", data, at))


def test_a_damaged_bucket_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "shelf"
    write_gdbm(path, MANY)
    address = directory(path)[-1]
    patched(path, address + 104, "<i", 77)
    with opened(path) as store:
        found = dict(store.items())
        assert 0 < len(MANY) - len(found) <= 16
        assert found.items() <= MANY.items()
        assert store.notes == [f"the bucket at byte {address} is damaged; its pairs are left out"]
        lost = next(key for key in MANY if key not in found)
        with pytest.raises(ToolError, match=f"{path}: the bucket at byte {address} is damaged"):
            store.get(lost)


def test_an_entry_of_the_directory_that_leads_nowhere_loses_nothing_that_others_lead_to(tmp_path: Path) -> None:
    path = tmp_path / "shelf"
    write_gdbm(path, dict(list(MANY.items())[:12]))  # one bucket, to which all 64 lead
    for index in (0, 5, 6, 63):
        patched(path, 512 + 8 * index, "<q", 1 << 40)
    with opened(path) as store:
        assert dict(store.items()) == dict(list(MANY.items())[:12])
        assert len(store.notes) == 3, "5 and 6 are one"
        assert "entry 0 of its directory leads out of the file, to byte 1099511627776" in store.notes[0]


def test_a_directory_in_which_two_buckets_take_turns_gives_each_pair_once(tmp_path: Path) -> None:
    path = tmp_path / "shelf"
    write_gdbm(path, dict(list(MANY.items())[:30]))
    addresses = directory(path)
    one, other = addresses[0], addresses[-1]
    for index in range(len(addresses)):
        patched(path, 512 + 8 * index, "<q", (one, other)[index % 2])
    for address in (one, other):
        patched(path, address + 104, "<i", 0)
    with opened(path) as store:
        listed = list(store.items())
        assert len(listed) == len(dict(listed))


def test_values_that_lie_upon_each_other_do_not_multiply_the_file(tmp_path: Path) -> None:
    path = tmp_path / "shelf"
    write_gdbm(path, MANY | {b"large": b"x" * 4_000_000}, block=4096)
    data = bytearray(path.read_bytes())
    for address in set(directory(path)):
        for at in range(address + 112, address + 4096 - 24, 24):
            value, start, position, key_size, _ = struct.unpack_from("<i4sqii", data, at)
            if value != -1:
                size = min(3_900_000, len(data) - position - key_size)
                struct.pack_into("<i4sqii", data, at, value, start, position, key_size, size)
    path.write_bytes(data)
    with opened(path) as store, pytest.raises(ToolError, match="its parts lie upon each other"):
        for _ in store.items():
            pass


def test_a_directory_of_buckets_that_overlap_is_not_read_to_its_end(tmp_path: Path) -> None:
    """A million entries, each leading to a bucket that says it is everybody's: it would take hours."""
    path = tmp_path / "shelf"
    write_gdbm(path, {})
    bits = 20
    patched(path, 8, "<qii", 512, 8 << bits, bits)
    behind = 512 + (8 << bits)
    patched(path, 512, f"<{1 << bits}q", *range(behind, behind + (1 << bits)))
    os.truncate(path, behind + (2 << bits))
    with opened(path) as store, pytest.raises(ToolError, match="its parts lie upon each other"):
        for _ in store.items():
            pass


def test_sizes_in_a_file_of_holes_allocate_nothing(tmp_path: Path) -> None:
    path = tmp_path / "shelf"
    write_gdbm(path, {b"key": b"value"})
    address = directory(path)[0]
    data = path.read_bytes()
    at = next(at for at in range(address + 112, address + 512, 24) if data[at : at + 4] != b"\xff" * 4)
    patched(path, at + 20, "<i", 0x7FFFFFFF)
    os.truncate(path, 1 << 40)
    with opened(path) as store:
        assert dict(store.items()) == {}
        assert store.notes[0].startswith("the value of key 'key' is left out: 2147483647 bytes at byte")
        with pytest.raises(ToolError, match="longer than 1 GiB"):
            store.get(b"key")


@pytest.mark.parametrize("size", [4, 10, 31, 32, 100, 600, 1000])
def test_a_file_cut_off_before_its_directory_ends(tmp_path: Path, size: int) -> None:
    path = tmp_path / "shelf"
    write_gdbm(path, MANY)
    os.truncate(path, size)
    with pytest.raises(ToolError, match="ends inside its header" if size < 32 else "its directory is not in it"):
        opened(path)


@pytest.mark.parametrize("options", [{}, {"word": 4, "align": 4, "magic": 0x13579ACD, "order": ">"}])
def test_harm_is_survived_and_told(tmp_path: Path, options: dict[str, object]) -> None:
    """No key comes out that never went in, and none is missing without a word."""
    path = tmp_path / "shelf"
    pairs = dict(random.Random(3).sample(sorted(MANY.items()), 80))
    write_gdbm(path, pairs, **options)  # type: ignore[arg-type]
    sound = path.read_bytes()
    refused = 0
    for seed in range(500):
        path.write_bytes(harm(sound, seed))
        result = read_whatever(path, [*list(pairs)[:5], b"absent"])
        if result is None:
            refused += 1
            continue
        found, notes = result
        assert found.keys() <= pairs.keys(), seed
        assert found.keys() == pairs.keys() or notes, seed
    assert refused < 250


def test_truncation_gives_whole_values_only(tmp_path: Path) -> None:
    path = tmp_path / "shelf"
    pairs = dict(random.Random(4).sample(sorted(MANY.items()), 80))
    write_gdbm(path, pairs)
    sound = path.read_bytes()
    for size in range(0, len(sound), 37):
        path.write_bytes(sound[:size])
        found, notes = read_whatever(path, list(pairs)) or ({}, ["refused"])
        assert found.items() <= pairs.items()
        assert found == pairs or notes
