"""The directory cache: what it says holds, or it says nothing."""

import os
import random
import stat
import struct
from itertools import groupby
from pathlib import Path

import pytest

from stdtools.tree import dircache, dircache_format, reading
from stdtools.tree.dircache import DirectoryCache
from stdtools.tree.dircache_format import SLOT, decode, encode
from stdtools.tree.troubles import Troubles
from tests.conftest import Result, Run

pytestmark = [pytest.mark.process, pytest.mark.once]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree whose times lie before the last two seconds, as far as they can be set; ctime is the kernel's."""
    root = tmp_path / "tree"
    for name in ("a/b/c", "a/d", "e"):
        (root / name).mkdir(parents=True)
        for file in ("one.py", "two.txt", ".hidden"):
            (root / name / file).touch()
    (root / "link").symlink_to("a")
    return root


class Cached:
    """Walks of *root* through a cache in which even what has just changed counts as settled."""

    def __init__(self, root: Path, place: Path, **settings: bool) -> None:
        self.told: list[str] = []
        self.troubles = Troubles(lambda path, what: self.told.append(f"{os.fsdecode(path)}: {what}"))
        self.cache = DirectoryCache(str(place), [os.fsencode(root)], self.troubles, **settings)
        self.cache._settled = 1 << 62
        self.read: list[bytes] = []
        self.found = sorted(self._walk(os.fsencode(root)))
        self.cache.save()

    def _walk(self, path: bytes) -> list[tuple[bytes, str]]:
        found = []
        for groups in self.cache.read(path, True):
            for kind, names in groups.items():
                for name in names:
                    found.append((path + b"/" + name, kind))
                    if kind == "d":
                        found += self._walk(path + b"/" + name)
        return found


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The directories that are really read."""
    seen: list[bytes] = []

    def read(path: bytes, all_kinds: bool) -> object:
        seen.append(path)
        return reading.read_groups(path, all_kinds)

    monkeypatch.setattr(dircache, "read_groups", read)
    return seen


def test_what_has_not_changed_is_not_read_again(tree: Path, tmp_path: Path, reads: list[bytes]) -> None:
    first = Cached(tree, tmp_path / "cache")
    assert len(reads) == 6
    reads.clear()
    assert Cached(tree, tmp_path / "cache").found == first.found
    assert reads == []
    (tree / "a/d/new").touch()
    assert len(Cached(tree, tmp_path / "cache").found) == len(first.found) + 1
    assert reads == [os.fsencode(tree / "a/d")]


def changes(tree: Path) -> None:
    os.rename(tree / "a/d", tree / "moved")
    os.symlink("moved", tree / "a/d")
    os.unlink(tree / "e/one.py")
    os.mkdir(tree / "e/one.py")
    os.rename(tree / "e/two.txt", tree / "e/three.txt")
    os.utime(tree / "e", ns=(0, 0))


def test_a_directory_that_became_a_link_and_one_of_old_time_are_read_again(tree: Path, tmp_path: Path) -> None:
    before = os.stat(tree / "e")
    Cached(tree, tmp_path / "cache")
    changes(tree)
    os.utime(tree / "e", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert Cached(tree, tmp_path / "cache").found == Cached(tree, tmp_path / "other").found


def test_what_has_just_changed_is_not_kept(run: Run, tree: Path, home: Path) -> None:
    """Another change within the clock's tick would leave its time as it is."""
    assert run("find", tree, "--cache").code == 0
    assert list((home / ".cache/stdtools/directories").iterdir()) == []


def test_times_that_no_record_can_tell_are_not_kept(tree: Path, tmp_path: Path) -> None:
    try:
        os.utime(tree / "e", (-99999999999, -99999999999))
    except OverflowError:
        os.utime(tree / "e", ns=(-(1 << 63), -(1 << 63)))
    cached = Cached(tree, tmp_path / "cache")
    assert cached.found == Cached(tree, tmp_path / "cache").found
    assert cached.told == []


def test_untrusted_file_systems_are_not_kept(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dircache, "TRUSTED", frozenset({"nfs"}))
    Cached(tree, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []
    assert not {"nfs", "nfs4", "cifs", "9p", "overlay", "proc", "sysfs", "vfat", "fuse", "btrfs"} & {
        *["ext2", "ext3", "ext4", "xfs", "f2fs", "jfs", "zfs", "tmpfs"]
    }


def the_file(place: Path) -> Path:
    (path,) = place.iterdir()
    return path


def test_directories_come_in_the_order_of_the_general_walk(run: Run, tree: Path, home: Path) -> None:
    Cached(tree, home / ".cache/stdtools/directories")

    def directories(*args: str) -> list[bytes]:
        paths = run("find", tree, "-j", "1", *args).out.splitlines()
        return [directory for directory, _ in groupby(map(os.path.dirname, paths))]

    for glob in ("*", "?*"):
        assert directories("--cache", "-n", glob) == directories()


def test_its_file_is_private_and_in_a_private_directory(tree: Path, tmp_path: Path) -> None:
    Cached(tree, tmp_path / "cache")
    assert stat.S_IMODE((tmp_path / "cache").stat().st_mode) == 0o700
    assert stat.S_IMODE(the_file(tmp_path / "cache").stat().st_mode) == 0o600


DAMAGES = {
    "nothing": lambda data: b"",
    "a beginning": lambda data: data[: len(data) // 2],
    "an end": lambda data: data[len(data) // 2 :],
    "zeros": lambda data: bytes(len(data)),
    "ones": lambda data: b"\xff" * len(data),
    "a table of ones": lambda data: data[:100] + b"\xff" * (len(data) - 140) + data[-40:],
    "a wrong count": lambda data: data[:-8] + struct.pack("<Q", 1),
    "a huge count": lambda data: data[:-8] + struct.pack("<Q", 1 << 60),
    "many slots": lambda data: data[:-16] + struct.pack("<QQ", 1 << 60, 1),
    "odd slots": lambda data: data[:-16] + struct.pack("<QQ", 3, 1),
    "no slots": lambda data: data[:-16] + struct.pack("<QQ", 0, 0),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_broken_file_is_no_cache_and_is_made_anew(
    run: Run, tree: Path, tmp_path: Path, home: Path, damage: str
) -> None:
    place = home / ".cache/stdtools/directories"
    whole = Cached(tree, place).found
    path = the_file(place)
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    for more in ([], ["-n", "*.py"], ["-t", "f"]):
        plain = run("find", tree, *more)
        assert sorted(run("find", tree, "--cache", *more).out.splitlines()) == sorted(plain.out.splitlines())
    (tree / "new").mkdir()
    assert len(Cached(tree, place).found) == len(whole) + 1
    assert Cached(tree, place).cache.count >= 6


def test_300_flipped_bits_change_no_answer(tree: Path, tmp_path: Path) -> None:
    draw = random.Random(7)
    whole = Cached(tree, tmp_path / "cache").found
    path = the_file(tmp_path / "cache")
    data = path.read_bytes()
    for _ in range(300):
        bit = draw.randrange(len(data) * 8)
        broken = bytearray(data)
        broken[bit // 8] ^= 1 << bit % 8
        path.write_bytes(broken)
        assert Cached(tree, tmp_path / "cache").found == whole


def test_a_link_or_a_pipe_in_its_place_is_not_followed(tree: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    for make in (lambda path: path.symlink_to(victim), os.mkfifo):
        victim.write_text("mine")
        Cached(tree, tmp_path / "cache")
        path = the_file(tmp_path / "cache")
        path.unlink()
        make(path)
        Cached(tree, tmp_path / "cache")
        assert victim.read_text() == "mine"
        assert stat.S_ISREG(the_file(tmp_path / "cache").lstat().st_mode)


def test_others_may_not_have_written_it(tree: Path, tmp_path: Path, reads: list[bytes]) -> None:
    Cached(tree, tmp_path / "cache")
    the_file(tmp_path / "cache").chmod(0o622)
    reads.clear()
    Cached(tree, tmp_path / "cache")
    assert len(reads) == 6


def test_a_cache_that_cannot_be_written_is_silent(run: Run, tree: Path, home: Path) -> None:
    (home / ".cache").write_text("a file")
    result = run("find", tree, "--cache")
    assert (result.code, result.err) == (0, "")
    assert sorted(result.out.splitlines()) == sorted(run("find", tree).out.splitlines())


def test_verify_tells_where_it_was_wrong_and_throws_it_away(run: Run, tree: Path, home: Path, tmp_path: Path) -> None:
    place = home / ".cache/stdtools/directories"
    Cached(tree, place)
    assert run("find", tree, "--cache-verify").code == 0
    forge(tree, place)
    result: Result = run("find", tree, "--cache-verify", "-n", "*.py")
    assert result.code == 2
    assert "tree/e: only the cache has '0ne.py' of type f\n" in result.err
    assert result.out.count(b"/one.py\n") == 3
    assert list(place.iterdir()) == []


def test_a_difference_that_another_process_has_found_throws_it_away(tree: Path, tmp_path: Path) -> None:
    Cached(tree, tmp_path / "cache")
    forge(tree, tmp_path / "cache")
    troubles = Troubles(lambda path, what: None)
    cache = DirectoryCache(str(tmp_path / "cache"), [os.fsencode(tree)], troubles, verify=True)
    if (pid := os.fork()) == 0:
        list(cache.read(os.fsencode(tree / "e"), True))
        os._exit(troubles.count)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1
    cache.save()
    assert list((tmp_path / "cache").iterdir()) == []


def forge(tree: Path, place: Path) -> None:
    """Put a wrong name into the cache, with checksums that are right."""
    path = the_file(place)
    data = path.read_bytes()
    names = data.index(b"one.py")
    cached = DirectoryCache(str(place), [os.fsencode(tree)], Troubles(print))
    forged = bytearray(data.replace(b"one.py", b"0ne.py"))
    for slot in range(cached.mask + 1):
        *identity, offset, length, _ = SLOT.unpack_from(forged, cached.table + slot * SLOT.size)
        if identity[1]:
            crc = dircache_format.checksum_of(tuple(identity), bytes(forged[offset : offset + length]))
            SLOT.pack_into(forged, cached.table + slot * SLOT.size, *identity, offset, length, crc)
    assert names
    path.write_bytes(forged)


def test_names_of_any_bytes_come_back() -> None:
    draw = random.Random(8)
    for _ in range(200):
        groups = {
            kind: [
                bytes(draw.choice([byte for byte in range(1, 256) if byte != 47]) for _ in range(draw.randint(1, 9)))
                for _ in range(draw.randint(0, 4))
            ]
            for kind in "dflps"
        }
        known = {kind: names for kind, names in groups.items() if names or kind == "d"}
        assert decode(encode(groups)) == known
