"""copy beside cp -a, on trees of every kind of file; and what must never be lost, whoever interferes."""

import contextlib
import errno
import json
import os
import random
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from stdtools.files import content, placing
from stdtools.files.arriving import parts_of
from stdtools.files.copying import Copier
from stdtools.files.levels import Directory
from stdtools.files.making import Maker, Wishes
from stdtools.shared.errors import ToolError
from tests.conftest import COMMAND, Run

pytestmark = pytest.mark.process

ROOT = os.geteuid() == 0


def snapshot(top: Path | str, *, times: bool = True) -> dict[str, object]:
    """Return all that a copy takes over, by path below *top*; files with several names have a list of them."""
    seen: dict[str, object] = {}
    names: dict[int, list[str]] = {}
    top = os.fsencode(top)
    for at, directories, files in os.walk(top):
        for name in [b"", *files, *(each for each in directories if os.path.islink(os.path.join(at, each)))]:
            path = os.path.join(at, name) if name else at
            found = os.lstat(path)
            held: object = None
            if stat.S_ISREG(found.st_mode):
                held = Path(os.fsdecode(path)).read_bytes()
            elif stat.S_ISLNK(found.st_mode):
                held = os.readlink(path)
            xattrs = {
                key: os.getxattr(path, key, follow_symlinks=False) for key in os.listxattr(path, follow_symlinks=False)
            }
            mtime = found.st_mtime_ns if times else 0
            place = os.fsdecode(os.path.relpath(path, top))
            seen[place] = (found.st_mode, found.st_uid, found.st_gid, mtime, held, found.st_rdev, xattrs)
            if found.st_nlink > 1 and not stat.S_ISDIR(found.st_mode):
                names.setdefault(found.st_ino, []).append(place)
    seen["names"] = sorted(sorted(each) for each in names.values())
    return seen


ODD = [b"plain", b"\xff\xfe", b"new\nline", b"\x1b[31m", b"-rf", b" ", b"~", b"x" * 255, "é".encode(), b"*", b"$(x)"]


def grow(draw: random.Random, top: bytes, depth: int = 0) -> None:
    """Make a random tree."""
    os.mkdir(top)
    files = []
    for name in draw.sample(ODD, draw.randrange(2, len(ODD))):
        path = os.path.join(top, name)
        kind = draw.choice(["file", "file", "file", "link", "fifo", "hard", "directory", "sparse"])
        if kind == "directory" and depth < 3:
            grow(draw, path, depth + 1)
            continue
        if kind == "link":
            os.symlink(draw.choice([b"plain", b"nowhere", b"..", b"/etc", b"\xff"]), path)
            continue
        if kind == "fifo":
            os.mkfifo(path)
        elif kind == "hard" and files:
            os.link(draw.choice(files), path)
            continue
        else:
            with open(path, "wb") as file:
                file.write(draw.randbytes(draw.choice([0, 1, 100, 5000, 200_000])))
                if kind == "sparse":
                    file.truncate(1_000_000)
                    file.seek(draw.randrange(900_000))
                    file.write(b"data")
            with contextlib.suppress(OSError):
                os.setxattr(path, "user.note", draw.randbytes(5))
            files.append(path)
        os.chmod(path, draw.choice([0o644, 0o600, 0o755, 0o400, *([] if kind == "fifo" else [0o4711, 0o2755])]))
        os.utime(path, ns=(draw.randrange(2**60), draw.randrange(2**60)))
    os.chmod(top, draw.choice([0o755, 0o700, 0o1777, 0o2770]))
    os.utime(top, ns=(draw.randrange(2**60), draw.randrange(2**60)))


@pytest.mark.parametrize("seed", range(6))
def test_a_random_tree_comes_out_as_with_cp(run: Run, tmp_path: Path, seed: int) -> None:
    grow(random.Random(seed), os.fsencode(tmp_path / "tree"))
    subprocess.run(["cp", "-a", "tree", "theirs"], cwd=tmp_path, check=True)
    assert run("copy", "tree", "ours") == (0, b"", "")
    assert snapshot(tmp_path / "ours") == snapshot(tmp_path / "theirs") == snapshot(tmp_path / "tree"), seed
    # All of it again, in three ways: merged with itself, as names from find, and moved.
    again = run("copy", "--update", "--verify", "-v", "tree/.", "ours").err.splitlines()[-1]
    assert again.startswith("stdtools copy: 0 files, "), again
    assert run("copy", "tree/.", "ours") == (0, b"", "")
    assert snapshot(tmp_path / "ours") == snapshot(tmp_path / "theirs"), seed
    names = subprocess.run(["find", "tree", "-print0"], cwd=tmp_path, capture_output=True, check=True).stdout
    assert run("copy", "--from0", "-", "--into", "listed/in", "--strip", "1", stdin=names) == (0, b"", "")
    listed, theirs = snapshot(tmp_path / "listed/in"), snapshot(tmp_path / "theirs")
    del listed["."], theirs["."]  # the directory of --into keeps what it has
    assert listed == theirs, seed
    assert run("copy", "--move", "tree", "moved") == (0, b"", "")
    assert snapshot(tmp_path / "moved") == snapshot(tmp_path / "theirs"), seed
    assert not (tmp_path / "tree").exists()


@contextlib.contextmanager
def another_file_system() -> Iterator[Path]:
    """A directory on another device than the temporary one."""
    place = Path("/dev/shm")
    if not place.is_dir() or place.stat().st_dev == Path("/tmp").stat().st_dev:
        pytest.skip("no second file system")
    path = place / f"stdtools-test-{os.getpid()}"
    path.mkdir()
    try:
        yield path
    finally:
        subprocess.run(["chmod", "-R", "u+rwx", str(path)], check=False, capture_output=True)
        shutil.rmtree(path)


@pytest.mark.once
@pytest.mark.parametrize("seed", [11, 12])
def test_a_tree_moves_to_another_file_system_whole(run: Run, tmp_path: Path, seed: int) -> None:
    with another_file_system() as other:
        grow(random.Random(seed), os.fsencode(tmp_path / "tree"))
        before = snapshot(tmp_path / "tree")
        assert run("copy", "--move", "tree", str(other)) == (0, b"", "")
        assert snapshot(other / "tree") == before, seed
        assert not (tmp_path / "tree").exists()
        names = subprocess.run(["find", "tree", "-print0"], cwd=other, capture_output=True, check=True).stdout
        back = run("copy", "--move", "--from0", "-", "--into", str(tmp_path), stdin=names, cwd=other)
        assert back == (0, b"", "")
        assert snapshot(tmp_path / "tree") == before, seed
        assert os.listdir(other) == []


def test_where_things_go(run: Run, tmp_path: Path) -> None:
    for name in ("a/b/c", "d/e", "f"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "a").chmod(0o710)
    (tmp_path / "dest").mkdir()
    (tmp_path / "to-dest").symlink_to("dest")
    (tmp_path / "to-file").symlink_to("dest/f")
    assert run("copy", "f", "a", "to-dest") == (0, b"", "")
    assert run("copy", "d/.", "dest/") == (0, b"", "")
    assert run("copy", "d/e", "to-file") == (0, b"", "")
    assert sorted(os.listdir(tmp_path / "dest")) == ["a", "e", "f"]
    assert (tmp_path / "dest/f").read_text() == "d/e"
    assert (tmp_path / "to-file").is_symlink()
    assert run("copy", "a/b/c", "./d/e", "--into", "new/dir") == (0, b"", "")
    assert (tmp_path / "new/dir/a/b/c").read_text() == "a/b/c"
    assert (tmp_path / "new/dir/a").stat().st_mode & 0o777 == 0o710, "as what it was copied of"
    assert (tmp_path / "new/dir/d/e").read_text() == "d/e"
    assert run("copy", str(tmp_path / "a"), "--into", "new2", "--strip", str(str(tmp_path).count("/") + 1)) == (
        0,
        b"",
        "",
    )
    assert os.listdir(tmp_path / "new2") == ["a"]
    rows = run("copy", "-n", "--jsonl", "a", "--into", "new3")
    assert [json.loads(line) for line in rows.text.splitlines()] == [{"source": "a/b/c", "target": "new3/a/b/c"}]
    assert not (tmp_path / "new3").exists()
    left = tmp_path / "dest/.stdtools-copy-0011223344556677.tmp"
    left.touch()
    assert run("copy", "-n", "f", "dest").text == "f\tdest/f\n"
    assert left.exists(), "nothing is swept away either"
    assert run("copy", "--files0-from", "-", "--into", "new4", stdin="a\0a/b\0") == (0, b"", "")
    assert os.listdir(tmp_path / "new4/a/b") == []
    assert run("copy", "--into", "new5", "a", "a/b", "d") == (0, b"", ""), "what is named twice is copied once more"


def test_what_changes_things_is_no_default_and_others_do_not_matter(run: Run, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("f")
    env = {f"STDTOOLS_COPY_{name}": "1" for name in ("MOVE", "INTO", "FROM0", "FILES0_FROM", "STRIP")}
    assert run("copy", "f", "g", env=env) == (0, b"", "")
    assert sorted(os.listdir(tmp_path)) == ["f", "g"]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["f"], "needs a SOURCE and DEST; see 'stdtools copy --help'"),
        (["f", "f"], "f: is the same file as its source"),
        (["f", "link", "none"], "none: is no directory, which several sources need; --into makes it"),
        (["", "d"], "'': No such file or directory"),
        (["f", ""], "'': no name of a place to copy to"),
        (["none", "d"], "none: No such file or directory"),
        (["d", "d"], "d: cannot be copied into itself"),
        (["d", "d/new"], "d: cannot be copied into itself"),
        (["d", "."], "d: is where it would be copied to"),
        ([".", "d"], ".: cannot be copied into itself"),
        (["--move", "d", "d/new"], "d: cannot be moved into itself"),
        (["--move", "d", "."], "./d: is the same file as its source"),
        (["f", "new/"], "new/: is no directory"),
        (["f", "x/y"], "x/y: No such file or directory"),
        (["d", "f"], "f: is no directory"),
        (["f", "full"], "full/f: is a directory; a file cannot take its place"),
        (["f", "fifo"], "fifo: is a special file, which is not replaced"),
        (["d", "out"], "out/d: is a link, and what is below it would leave the directory"),
        (["d/../f", "--into", "i"], "d/../f: has .. in it, which could lead out of the directory"),
        (["/f", "--into", "i"], "/f: is absolute; --strip 1 takes the / away"),
        (["f", "--into", "i", "--strip", "2"], "f: has 1 parts; --strip 2 leaves no name"),
        (["f", "d", "--strip", "1"], "--strip needs --into DIR; see 'stdtools copy --help'"),
        (["--into", "i"], "needs a SOURCE, or --from0 FILE; see 'stdtools copy --help'"),
        (["f", "--into", "i", "--from0", "-"], "--from0 takes the place of SOURCE; see 'stdtools copy --help'"),
        (["--into", "i", "--from0", "-"], "standard input: ends without a NUL; names must end with one: find -0"),
        (["f", "--into", "f"], "f: is no directory"),
    ],
)
def test_what_cannot_be_copied_is_told_and_nothing_is_lost(
    run: Run, tmp_path: Path, args: list[str], message: str
) -> None:
    (tmp_path / "f").write_text("f")
    (tmp_path / "d").mkdir()
    (tmp_path / "d/in").write_text("in")
    (tmp_path / "full/f").mkdir(parents=True)
    (tmp_path / "outside").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out/d").symlink_to("../outside")
    (tmp_path / "link").symlink_to("f")
    os.mkfifo(tmp_path / "fifo")
    before = snapshot(tmp_path, times=False)
    assert run("copy", *args, stdin="f\n") == (2, b"", f"stdtools copy: {message}\n")
    if (tmp_path / "i").exists():
        (tmp_path / "i").rmdir()
    if (tmp_path / "d/d").exists():
        (tmp_path / "d/d").rmdir()
    assert snapshot(tmp_path, times=False) == before


def test_what_goes_wrong_with_one_does_not_stop_the_rest(run: Run, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_text(name)
    (tmp_path / "dest").mkdir()
    result = run("copy", "none", "a/x", "b/x", "a", "dest")
    assert result.code == 2
    assert result.err == (
        "stdtools copy: none: No such file or directory\n"
        "stdtools copy: dest/x: was just made of another source; it stays\n"
    )
    assert (tmp_path / "dest/x").read_text() == "a"
    assert (tmp_path / "dest/a/x").read_text() == "a"
    moved = run("copy", "--move", "a/x", "b/x", "--into", "flat", "--strip", "1")
    assert moved.err == "stdtools copy: flat/x: was just made of another source; it stays\n"
    assert (tmp_path / "b/x").read_text() == "b", "and what was not moved is still there"


@pytest.mark.parametrize("move", [[], ["--move"]])
@pytest.mark.parametrize("names", [[], ["--from0", "-"]])
@pytest.mark.parametrize("kind", ["file", "link"])
def test_the_second_of_two_that_get_one_name_in_a_new_directory_stays(
    run: Run, tmp_path: Path, move: list[str], names: list[str], kind: str
) -> None:
    for name in ("a", "b"):
        (tmp_path / name / "x").mkdir(parents=True)
        path = tmp_path / name / "x/f"
        path.write_text(name) if kind == "file" else path.symlink_to(name)
    sources = [] if names else ["a/x/f", "b/x/f"]
    command = ["copy", *move, *names, *sources, "--into", "dst", "--strip", "1"]
    error = "stdtools copy: dst/x/f: was just made of another source; it stays\n"
    dry = run(*command, "-n", stdin="a/x/f\0b/x/f\0")
    assert dry == (2, b"a/x/f\tdst/x/f\n", error)
    assert run(*command, stdin="a/x/f\0b/x/f\0") == (2, b"", error)
    made, left = tmp_path / "dst/x/f", tmp_path / "b/x/f"
    texts = [path.read_text() if kind == "file" else os.readlink(path) for path in (made, left)]
    assert texts == ["a", "b"]


def test_update_leaves_what_is_newer_and_goes_on_where_it_was(run: Run, tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    for number, name in enumerate(("same", "older", "newer", "shorter", "rotten")):
        (tmp_path / "s" / name).write_text(f"source {name}")
        os.utime(tmp_path / "s" / name, (10**9, 10**9 + number))
    assert run("copy", "s", "t") == (0, b"", "")
    for name, text, seconds in (("older", "old", -5), ("newer", "mine", 5), ("shorter", "cut", 0)):
        when = (tmp_path / "s" / name).stat().st_mtime + seconds
        (tmp_path / "t" / name).write_text(text)
        os.utime(tmp_path / "t" / name, (when, when))
    when = (tmp_path / "s/rotten").stat().st_mtime
    (tmp_path / "t/rotten").write_text("source rotteN")
    os.utime(tmp_path / "t/rotten", (when, when))
    inode = (tmp_path / "t/same").stat().st_ino
    assert run("copy", "-u", "s/.", "t") == (0, b"", "")
    contents = {path.name: path.read_text() for path in (tmp_path / "t").iterdir()}
    assert contents == {
        **{name: f"source {name}" for name in ("same", "older", "shorter")},
        "newer": "mine",
        "rotten": "source rotteN",
    }
    assert run("copy", "-u", "--verify", "s/.", "t") == (0, b"", "")
    assert (tmp_path / "t/rotten").read_text() == "source rotten"
    assert (tmp_path / "t/same").stat().st_ino == inode
    (tmp_path / "s/more").write_text("more")
    assert run("copy", "-u", "--move", "s/.", "t") == (0, b"", "")
    assert sorted(os.listdir(tmp_path / "s")) == ["newer", "older", "rotten", "same", "shorter"]
    assert (tmp_path / "t/more").read_text() == "more"


def test_links_are_kept_followed_or_skipped(run: Run, tmp_path: Path) -> None:
    (tmp_path / "s/d").mkdir(parents=True)
    (tmp_path / "s/d/f").write_text("f")
    (tmp_path / "s/file").symlink_to("d/f")
    (tmp_path / "s/dir").symlink_to("d")
    (tmp_path / "s/loop").symlink_to(".")
    (tmp_path / "s/broken").symlink_to("none")
    (tmp_path / "s/round").symlink_to("round")
    for number in range(8):
        (tmp_path / f"s/{number}").touch()
    followed = run("copy", "--links", "follow", "s", "followed")
    assert followed.code == 2
    assert sorted(followed.err.splitlines()) == [
        "stdtools copy: s/broken: No such file or directory",
        "stdtools copy: s/loop: is a link to a directory that it is in",
        "stdtools copy: s/round: Too many levels of symbolic links",
    ]
    assert {path.name for path in (tmp_path / "followed").iterdir()} == {*"01234567", "d", "dir", "file"}
    assert (tmp_path / "followed/file").read_text() == (tmp_path / "followed/dir/f").read_text() == "f"
    assert not any(path.is_symlink() for path in (tmp_path / "followed").iterdir())
    assert run("copy", "--links", "skip", "s", "skipped") == (0, b"", "")
    assert sorted(os.listdir(tmp_path / "skipped")) == [*"01234567", "d"]
    assert run("copy", "--links", "skip", "--move", "s", "moved") == (0, b"", "")
    assert sorted(os.listdir(tmp_path / "s")) == ["broken", "dir", "file", "loop", "round"]


def test_without_meta_a_copy_is_like_a_new_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("f")
    (tmp_path / "f").chmod(0o6777)
    os.utime(tmp_path / "f", (1, 1))
    assert run("copy", "--no-meta", "f", "g", umask=0o027) == (0, b"", "")
    found = (tmp_path / "g").stat()
    assert stat.S_IMODE(found.st_mode) == 0o750
    assert found.st_mtime > 10**9


def test_a_tree_deeper_than_a_path_can_be(run: Run, tmp_path: Path) -> None:
    fd = os.open(tmp_path, os.O_RDONLY)
    os.mkdir("deep", dir_fd=fd)
    for name in ["deep", *["d" * 50] * 300]:
        if name != "deep":
            os.mkdir(name, dir_fd=fd)
        inner = os.open(name, os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = inner
    os.close(os.open("bottom", os.O_CREAT | os.O_WRONLY, dir_fd=fd))
    os.close(fd)
    assert run("copy", "deep", "other") == (0, b"", "")
    find = "find . -printf '%P %y %m %T@\\n' | LC_ALL=C sort"
    listing = [
        subprocess.run(find, shell=True, cwd=tmp_path / top, capture_output=True).stdout for top in ("deep", "other")
    ]
    assert listing[0] == listing[1]
    assert listing[0].count(b"\n") == 302
    names = subprocess.run(["find", "deep", "-print0"], cwd=tmp_path, capture_output=True, check=True).stdout
    assert run("copy", "--from0", "-", "--into", "list", stdin=names) == (0, b"", "")
    assert subprocess.run(find, shell=True, cwd=tmp_path / "list/deep", capture_output=True).stdout == listing[0]
    assert run("copy", "--move", "--links", "skip", "deep", "moved") == (0, b"", "")
    assert subprocess.run(find, shell=True, cwd=tmp_path / "moved", capture_output=True).stdout.count(b"\n") == 302
    for top in ("other", "list", "moved"):
        subprocess.run(["rm", "-rf", top], cwd=tmp_path, check=True)


def test_a_list_that_is_not_there_leaves_nothing_behind(run: Run, tmp_path: Path) -> None:
    told = "stdtools copy: none: No such file or directory\n"
    assert run("copy", "--from0", "none", "--into", "d") == (2, b"", told)
    assert run("copy", "--from0", "-", "--into", "d", stdin="a").code == 2
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "f").touch()
    assert run("copy", "-v", "f", "--into", "d").err.endswith("stdtools copy: 1 file, 0 directories; 0 left out\n")


def copier(root: Path, tell: list[ToolError], **wishes: object) -> tuple[Copier, Directory]:
    """Return what copies into *root* within this process."""
    directory = Directory(os.open(root, os.O_RDONLY), str(root), None, fresh=False)
    return Copier(directory, Maker(directory, Wishes(**wishes), once=False), tell=tell.append), directory


def test_a_file_that_changes_meanwhile_is_told_and_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "growing"
    source.write_bytes(b"x" * 1000)
    (tmp_path / "to").mkdir()

    def grow(fd: int, target: int, found: os.stat_result, tick: object) -> None:
        content.copy_bytes(fd, target, found, lambda count: None)
        with source.open("ab") as file:
            file.write(b"more")

    monkeypatch.setattr("stdtools.files.making.copy_bytes", grow)
    monkeypatch.setattr(os, "rename", lambda *args, **more: (_ for _ in ()).throw(OSError(errno.EXDEV, "")))
    for wishes in ({}, {"move": True}):
        told: list[ToolError] = []
        engine, root = copier(tmp_path / "to", told, **wishes)
        if wishes:
            (tmp_path / "to/growing").unlink()
        engine.copy(str(source), root, "growing")
        assert [str(error) for error in told] == [
            f"{source}: was changed while it was copied; copy it again with --update"
        ]
        assert source.exists()
        root.close()


def test_a_copy_that_differs_is_never_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "f").write_bytes(b"right")
    (tmp_path / "to").mkdir()
    (tmp_path / "to/f").write_bytes(b"old")
    monkeypatch.setattr("stdtools.files.making.copy_bytes", lambda fd, target, found, tick: os.write(target, b"wrong"))
    told: list[ToolError] = []
    engine, root = copier(tmp_path / "to", told, verify=True)
    engine.copy(str(tmp_path / "f"), root, "f")
    assert str(told[0]) == f"{tmp_path}/to/f: is not what was written there; the disk may be failing"
    assert (tmp_path / "to/f").read_bytes() == b"old"
    assert os.listdir(tmp_path / "to") == ["f"]
    root.close()


@pytest.mark.parametrize("size", [0, 1, content.SMALL, content.SMALL + 1, 1_000_000])
def test_bytes_come_through_whatever_the_kernel_offers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    data = random.Random(size).randbytes(size)
    (tmp_path / "f").write_bytes(data)
    real = getattr(os, "copy_file_range", None)
    refusals = [errno.EXDEV, errno.EINVAL, errno.ENOSYS, 0]

    def refuse(*args: object) -> int:
        if refusals[0] == 0:
            return 0
        raise OSError(refusals[0], "")

    for way in ("kernel", *refusals):
        if way != "kernel":
            refusals = [way]
            monkeypatch.setattr(os, "copy_file_range", refuse, raising=False)
        source, target = (
            os.open(tmp_path / "f", os.O_RDONLY),
            os.open(tmp_path / "g", os.O_RDWR | os.O_CREAT | os.O_TRUNC),
        )
        counted: list[int] = []
        content.copy_bytes(source, target, os.fstat(source), counted.append)
        assert content.same_bytes(source, target, counted.append)
        os.close(source)
        os.close(target)
        assert ((tmp_path / "g").read_bytes(), sum(counted)) == (data, size), way
    assert real is None or real is not os.copy_file_range


def test_a_file_that_comes_in_parts_is_read_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As files of sysfs do, which give a page at a time."""
    data = random.Random(5).randbytes(10_000)
    (tmp_path / "f").write_bytes(data)
    read = os.read
    source, target = os.open(tmp_path / "f", os.O_RDONLY), os.open(tmp_path / "g", os.O_WRONLY | os.O_CREAT)
    monkeypatch.setattr(os, "read", lambda fd, size: read(fd, min(size, 4096)))
    counted: list[int] = []
    content.copy_bytes(source, target, os.fstat(source), counted.append)
    monkeypatch.undo()
    os.close(source)
    os.close(target)
    assert ((tmp_path / "g").read_bytes(), sum(counted)) == (data, len(data))


def test_files_that_say_they_are_empty_are_read(run: Run, tmp_path: Path) -> None:
    assert run("copy", "--no-meta", "/proc/version", "v") == (0, b"", "")
    assert (tmp_path / "v").read_text() == Path("/proc/version").read_text()


def test_without_files_that_have_no_name_others_are_swept(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placing, "_UNNAMED", 0)
    (tmp_path / "f").write_bytes(b"f" * 10)
    (tmp_path / "to").mkdir()
    fd = os.open(tmp_path / "to", os.O_RDONLY)
    left = placing.create(fd)
    assert os.listdir(tmp_path / "to") == [left.name]
    placing.sweep(fd)
    assert os.listdir(tmp_path / "to") == [left.name], "somebody makes it"
    os.close(left.fd)
    told: list[ToolError] = []
    engine, root = copier(tmp_path / "to", told)
    for _ in range(2):
        engine.copy(str(tmp_path / "f"), root, "f")
    assert not told
    assert sorted(os.listdir(tmp_path / "to")) == sorted(["f", left.name])
    assert run("copy", "f", "to") == (0, b"", "")
    assert os.listdir(tmp_path / "to") == ["f"]
    root.close()
    os.close(fd)


def test_names_are_taken_apart() -> None:
    assert parts_of("a//b/./c", 1) == (["a"], ["b", "c"])
    assert parts_of("/a/b", 1) == (["/"], ["a", "b"])
    assert parts_of("../a", 1) == ([".."], ["a"])
    assert parts_of("./a", 1) == (["a"], [])
    for bad in ("..", "a/..", "/a", "../a"):
        with pytest.raises(ToolError):
            parts_of(bad, 0)


@pytest.mark.once
def test_a_disk_that_is_full_ends_it_and_names_no_half_file(shell: Run, tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    for number in range(5):
        (tmp_path / f"s/{number}").write_bytes(b"x" * (300_000 if number == 2 else 1000))
    limited = shell("ulimit -f 200; stdtools copy s t")
    assert (limited.code, limited.err) == (2, "stdtools copy: t/2: File too large\n")
    assert sorted(os.listdir(tmp_path / "t")) == ["0", "1", "3", "4"]
    assert shell("stdtools copy -u s/. t && diff -r s t") == (0, b"", "")
    mount = "mkdir small; mount -t tmpfs -o size=256k none small 2>/dev/null || exit 99; "
    full = shell(f"unshare -m bash -c '{mount} stdtools copy s small; echo $?; find small -type f -size +292 | wc -l'")
    if full.code == 99 or "unshare" in full.err:
        return  # who may not mount has the limit above
    assert full.text == "2\n0\n"
    assert (
        full.err == "stdtools copy: small/s/2: No space left on device; with --update the next run goes on from here\n"
    )


@pytest.mark.once
def test_killed_at_any_moment_no_half_file_has_its_name(run: Run, tmp_path: Path) -> None:
    """And the run after it goes on, and leaves nothing but what was copied."""
    chance = random.Random(3)
    (tmp_path / "s").mkdir()
    for number in range(400):
        (tmp_path / f"s/{number}").write_bytes(bytes([number % 256]) * (200_000 if number % 10 == 0 else 3000))
    (tmp_path / "t").mkdir()
    for turn in range(12):
        process = subprocess.Popen([COMMAND, "copy", *([] if turn % 3 else ["-u"]), "s/.", "t"], cwd=tmp_path)
        time.sleep(chance.uniform(0.05, 0.15))
        process.send_signal(signal.SIGKILL)
        process.wait()
        for path in (tmp_path / "t").iterdir():
            if not path.name.startswith(".stdtools-copy-"):
                assert path.read_bytes() == (tmp_path / "s" / path.name).read_bytes(), turn
    assert run("copy", "-u", "s/.", "t") == (0, b"", "")
    assert snapshot(tmp_path / "t") == snapshot(tmp_path / "s")


@pytest.mark.once
def test_a_move_that_is_killed_loses_nothing(run: Run, tmp_path: Path) -> None:
    with another_file_system() as other:
        chance = random.Random(4)
        (tmp_path / "s").mkdir()
        held = {str(number): bytes([number % 256]) * 5000 for number in range(300)}
        for name, data in held.items():
            (tmp_path / "s" / name).write_bytes(data)
        for turn in range(8):
            process = subprocess.Popen([COMMAND, "copy", "--move", "s/.", str(other)], cwd=tmp_path)
            time.sleep(chance.uniform(0.06, 0.2))
            process.send_signal(signal.SIGKILL)
            process.wait()
            for name, data in held.items():
                places = [path for path in (tmp_path / "s" / name, other / name) if path.exists()]
                assert places, (turn, name)
                assert all(path.read_bytes() == data for path in places), (turn, name)
        assert run("copy", "--move", "s/.", str(other)) == (0, b"", "")
        assert os.listdir(tmp_path / "s") == []
        assert {path.name: path.read_bytes() for path in other.iterdir()} == held


def test_a_directory_that_is_swapped_for_a_link_meanwhile_leads_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "s/d").mkdir(parents=True)
    (tmp_path / "s/d/f").write_text("secret")
    for name in ("to", "outside"):
        (tmp_path / name).mkdir()

    def swap(fd: int, target: int, found: os.stat_result, tick: object) -> None:
        content.copy_bytes(fd, target, found, lambda count: None)
        (tmp_path / "to/s/d").rename(tmp_path / "to/s/moved")
        (tmp_path / "to/s/d").symlink_to(tmp_path / "outside")

    monkeypatch.setattr("stdtools.files.making.copy_bytes", swap)
    told: list[ToolError] = []
    engine, root = copier(tmp_path / "to", told)
    engine.copy(str(tmp_path / "s"), root, "s")
    assert os.listdir(tmp_path / "outside") == []
    assert (tmp_path / "to/s/moved/f").read_text() == "secret"
    root.close()


@pytest.mark.skipif(not ROOT, reason="needs two users")
def test_who_is_not_root_copies_what_may_be_read(tmp_path: Path) -> None:
    """Each error is told, the owner is the one who copies, and no setuid comes along."""
    (tmp_path / "s/closed").mkdir(parents=True)
    for name, mode in (("open", 0o644), ("secret", 0o600), ("tool", 0o4755)):
        (tmp_path / "s" / name).write_text(name)
        (tmp_path / "s" / name).chmod(mode)
    (tmp_path / "s/closed").chmod(0o700)
    (tmp_path / "to").mkdir(mode=0o777)
    (tmp_path / "to").chmod(0o777)
    for directory in [tmp_path, *tmp_path.parents]:
        if directory.stat().st_uid == 0 and directory != Path("/") and directory.stat().st_mode & 0o005 != 0o005:
            directory.chmod(directory.stat().st_mode | 0o055)
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        told: list[ToolError] = []
        for wishes in ({}, {"move": True}):
            engine, root = copier(tmp_path / "to", told, **wishes)
            engine.copy(str(tmp_path / "s"), root, "s" if not wishes else "m")
        os.write(writer, "\n".join(sorted(map(str, told))).encode())
        os._exit(0)
    os.close(writer)
    with open(reader) as said:
        lines = said.read().replace(str(tmp_path), "").splitlines()
    os.waitpid(pid, 0)
    assert lines == ["/s/closed: Permission denied", "/s/secret: Permission denied", "/s: Permission denied"]
    found = {path.name: path.stat() for path in (tmp_path / "to/s").iterdir()}
    assert {name: (each.st_uid, stat.S_IMODE(each.st_mode)) for name, each in found.items()} == {
        "open": (65534, 0o644),
        "tool": (65534, 0o755),
    }
    assert sorted(os.listdir(tmp_path / "s")) == ["closed", "open", "secret", "tool"], "what may not be moved stays"


@pytest.mark.once
def test_eight_at_once_copy_the_same_tree(tmp_path: Path) -> None:
    grow(random.Random(21), os.fsencode(tmp_path / "tree"))
    (tmp_path / "to").mkdir()
    for _ in range(2):
        running = [subprocess.Popen([COMMAND, "copy", "tree", "to"], cwd=tmp_path) for _ in range(8)]
        assert [process.wait() for process in running] == [0] * 8
    subprocess.run(["diff", "-r", "--no-dereference", "-x", "*", "tree", "to/tree"], cwd=tmp_path, check=True)
    ours, source = snapshot(tmp_path / "to/tree"), snapshot(tmp_path / "tree")
    del ours["names"], source["names"]  # which of eight copies another name is of is left open
    assert ours == source


@pytest.mark.parametrize("args", [["tree", "new"], ["tree/a", "there"], ["--move", "tree", "there"]])
def test_the_script_of_explain_does_the_same(run: Run, python: str, tmp_path: Path, args: list[str]) -> None:
    seen = []
    for place in ("one", "two"):
        top = tmp_path / place
        (top / "tree/b").mkdir(parents=True)
        (top / "there").mkdir()
        (top / "tree/a").write_text("a")
        (top / "tree/link").symlink_to("a")
        for path in (top / "tree/a", top / "tree/b", top / "tree"):
            os.utime(path, (1, 2))
        if place == "one":
            assert run("copy", *args, cwd=top) == (0, b"", "")
        else:
            subprocess.run([python, "-c", run("copy", *args, "--explain").text], cwd=top, check=True)
        found = snapshot(top, times=False)
        seen.append({name: each for name, each in found.items() if not name.endswith("link")})
    assert seen[0] == seen[1]


def test_options_of_cp_are_taken_and_change_nothing(shell: Run, tmp_path: Path) -> None:
    (tmp_path / "tree" / "in").mkdir(parents=True)
    (tmp_path / "tree" / "in" / "file").write_text("x")
    for option in ("-a", "-r", "-R", "-p", "-rp"):
        assert shell(f"stdtools copy {option} tree new && diff -r tree new && rm -r new").code == 0, option
