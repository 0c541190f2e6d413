"""Two directories are told as GNU diff tells them, and no tree is too deep, too wide or too odd."""

import os
import random
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from stdtools.diff.directories import Pair, pairs
from stdtools.diff.exclusion import exclusion
from stdtools.shared import deep

Told = tuple[int, bytes, bytes]

FLAGS = {"-r": "recursive", "-N": "absent"}
NAMES = [b"a", b"b", b"B", b"c.o", b"d d", b"e\nf", b"\xff", b"\xc3\xa9", b"-x", b"g\x1b[1m"]


def told(a: bytes, b: bytes, *, identical: bool, **wishes: Any) -> Told:
    """Do what ``diff -q`` does, by *pairs*; with *identical* what ``diff -qs`` does."""
    worst, out, err = 0, b"", b""
    for pair in pairs(a, b, **wishes):
        code, text = pair.code, pair.text
        if code is None:
            try:
                code = int(content(pair.a, pair.a_stat) != content(pair.b, pair.b_stat))
                text = b"Files %b and %b differ" % (pair.a, pair.b) if code else b""
            except OSError as error:
                code, text = 2, b"%b: %b" % (error.filename, str(error.strerror).encode())
        if code == 0 and not text and identical:
            text = b"Files %b and %b are identical" % (pair.a, pair.b)
        worst = max(worst, code)
        if code == 2:
            err += b"diff: %b\n" % text
        elif text:
            out += text + b"\n"
    return worst, out, err


def content(path: bytes, found: os.stat_result | None) -> bytes:
    if found is None:
        return b""
    with open(path, "rb") as file:
        return file.read()


def wishes_of(arguments: list[str]) -> dict[str, Any]:
    """Return what the options of GNU diff are to ``told``."""
    excluded = [glob for option, glob in pairwise(arguments) if option == "-x"]
    return {
        "recursive": "-r" in arguments,
        "absent": "-N" in arguments,
        "identical": "-s" in arguments,
        "exclude": excluded,
        "follow_symlinks": "--no-dereference" not in arguments,
    }


def gnu(a: bytes, b: bytes, arguments: list[str], *before: str) -> Told:
    command = [*before, "diff", "-q", *arguments, "--", a, b]
    done = subprocess.run(command, capture_output=True, env={**os.environ, "LC_ALL": "C"}, timeout=20)
    return done.returncode, done.stdout, done.stderr


def agree(a: bytes, b: bytes, *arguments: str) -> Told:
    """Return what is told, which must be what GNU diff tells."""
    ours = told(a, b, **wishes_of(list(arguments)))
    assert ours == gnu(a, b, list(arguments)), arguments
    return ours


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def plant(*paths: str) -> None:
    """Make the files, each with the one line "x", and what ends in a slash a directory."""
    for path in paths:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        if path.endswith("/"):
            Path(path).mkdir(exist_ok=True)
        else:
            Path(path).write_bytes(b"x\n")


def make_fifo(path: bytes, other: bytes) -> None:
    os.mkfifo(path)


def make_socket(path: bytes, other: bytes) -> None:
    at, name = os.path.split(path)
    back = os.open(".", os.O_RDONLY)
    os.chdir(at)  # the path of a socket may not be long
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(name)
    os.fchdir(back)
    os.close(back)


def make_file(text: bytes) -> Callable[[bytes, bytes], None]:
    return lambda path, other: Path(os.fsdecode(path)).write_bytes(text) and None


def make_link(target: bytes) -> Callable[[bytes, bytes], None]:
    return lambda path, other: os.symlink(target, path)


def make_same(path: bytes, other: bytes) -> None:
    if os.path.isfile(other):
        os.link(other, path)


MAKERS: list[Callable[[bytes, bytes], None]] = [
    *[make_file(text) for text in (b"", b"1\n", b"1\n", b"2\n", b"22")],
    *[make_link(target) for target in (b"a", b"nowhere", b"..", b".", b"/dev/null", b"b/a")],
    make_fifo,
    make_socket,
    make_same,
    *[lambda path, other: os.mkdir(path)] * 6,
]


def grow(chance: random.Random, a: bytes, b: bytes, depth: int = 0) -> None:
    """Fill the directories *a* and *b*, one of which may not be there, with much that is alike."""
    for name in chance.sample(NAMES, chance.randrange(7)):
        sides = [os.path.join(side, name) for side in dict.fromkeys((a, b))]
        if chance.random() < 0.3:
            sides = [chance.choice(sides)]
        maker = chance.choice(MAKERS)
        for path in sides:
            if chance.random() < 0.3:
                maker = chance.choice(MAKERS)
            maker(path, os.path.join(a, name))
        if depth < 4 and any(os.path.isdir(path) and not os.path.islink(path) for path in sides):
            real = [path for path in sides if not os.path.islink(path) and os.path.isdir(path)]
            grow(chance, real[0], real[-1], depth + 1)


@pytest.mark.once
@pytest.mark.parametrize("seed", range(60))
def test_random_trees_are_told_as_gnu_diff_tells_them(seed: int) -> None:
    """All kinds of files, links and loops, under odd names; where one side has it, neither or both."""
    chance = random.Random(seed)
    os.mkdir(b"d1")
    os.mkdir(b"d2")
    grow(chance, b"d1", b"d2")
    for options in (
        [],
        ["-r"],
        ["-r", "-N"],
        ["-r", "-s"],
        ["-N", "-s"],
        ["-r", "-N", "-x", "[a-c]*", "-x", "d?[a-d]"],
    ):
        agree(b"d1", b"d2", *options)
    agree(b"d1", b"d2", "-r", "-s", "--no-dereference")
    agree(b"d2//", b"./d1/.", "-r")
    agree(b"d1", b"d1", "-r", "-s")
    agree(b"none", b"d2", "-r", "-N")


def test_each_kind_of_difference_in_its_words() -> None:
    """The whole of what is told, in the order of the bytes of the names."""
    plant("d1/both", "d2/both", "d1/dir/only", "d2/dir/", "d1/kind", "d2/kind/", "d1/one/x", "d1/B", "d2/b")
    Path("d2/both").write_bytes(b"y\n")
    plant("d1/empty")
    Path("d1/empty").write_bytes(b"")
    os.mkfifo("d2/empty")
    os.symlink("nowhere", "d1/link")
    os.symlink("nowhere", "d2/link")
    assert agree(b"d1", b"d2", "-r") == (
        2,
        b"Only in d1: B\n"
        b"Only in d2: b\n"
        b"Files d1/both and d2/both differ\n"
        b"Only in d1/dir: only\n"
        b"File d1/empty is a regular empty file while file d2/empty is a fifo\n"
        b"File d1/kind is a regular file while file d2/kind is a directory\n"
        b"Only in d1: one\n",
        b"diff: d1/link: No such file or directory\ndiff: d2/link: No such file or directory\n",
    )
    assert agree(b"d1", b"d2")[1].count(b"Common subdirectories: d1/dir and d2/dir\n") == 1


def test_links_are_compared_by_what_they_say_where_they_are_not_followed() -> None:
    plant("d1/f", "d2/f", "d1/mixed", "d1/g", "d2/g")
    for name, one, other in (("same", "f", "f"), ("other", "f", "g"), ("dangling", "none", "none")):
        os.symlink(one, f"d1/{name}")
        os.symlink(other, f"d2/{name}")
    os.symlink("f", "d2/mixed")
    assert agree(b"d1", b"d2", "-s", "--no-dereference") == (
        1,
        b"Files d1/dangling and d2/dangling are identical\n"
        b"Files d1/f and d2/f are identical\n"
        b"Files d1/g and d2/g are identical\n"
        b"File d1/mixed is a regular file while file d2/mixed is a symbolic link\n"
        b"Symbolic links d1/other and d2/other differ\n"
        b"Files d1/same and d2/same are identical\n",
        b"",
    )
    agree(b"d1/other", b"d2/other", "-s", "--no-dereference")
    agree(b"d1/same", b"d2/same", "-s", "--no-dereference")


def test_a_lone_link_that_is_not_followed_is_told_as_a_difference() -> None:
    """GNU diff asks what the side without it links to, and fails."""
    plant("d1/", "d2/")
    os.symlink("f", "d1/l")
    found = told(b"d1", b"d2", recursive=True, absent=True, follow_symlinks=False, identical=False)
    assert found == (1, b"Only in d1: l\n", b"")


def test_devices_are_the_same_where_their_numbers_are() -> None:
    plant("d1/", "d2/")
    for path, device in (
        ("d1/same", "/dev/null"), ("d2/same", "/dev/null"), ("d1/other", "/dev/null"), ("d2/other", "/dev/zero"),
    ):  # fmt: skip
        if os.geteuid() == 0:  # who alone makes devices
            os.mknod(path, 0o600 | 0o020000, os.stat(device).st_rdev)
        else:
            os.symlink(device, path)
    assert agree(b"d1", b"d2", "-s") == (
        1,
        b"File d1/other is a character special file while file d2/other is a character special file\n"
        b"Files d1/same and d2/same are identical\n",
        b"",
    )


def test_one_file_under_two_names_is_to_be_told_by_its_stat() -> None:
    plant("d1/f", "d2/")
    os.link("d1/f", "d2/f")
    for a, b in ((b"d1", b"d2"), (b"d1/f", b"d2/f")):
        (pair,) = pairs(a, b)
        assert pair.code is None
        assert os.path.samestat(*filter(None, pair[2:4]))
    assert not list(pairs(b"d1", b"d1"))


def test_files_and_pipes_that_were_named_are_one_pair_to_compare() -> None:
    """What is not in a directory is read whatever it is."""
    plant("f")
    os.mkfifo("p")
    (pair,) = pairs(b"f", b"p", recursive=True)
    assert pair.code is None
    os.symlink("f", "l")
    for path, follow_symlinks in ((b"f", True), (b"l", False)):
        (pair,) = pairs(path, b"none", absent=True, follow_symlinks=follow_symlinks)
        assert (pair.code, pair.b_stat) == (None, None)


def test_both_roots_missing_is_trouble_also_where_one_might_be() -> None:
    assert agree(b"none", b"nothing", "-r", "-N")[2] == (
        b"diff: none: No such file or directory\ndiff: nothing: No such file or directory\n"
    )
    plant("d/")
    assert agree(b"d", b"none", "-r")[0] == 2


# Loops


def test_a_loop_on_both_sides_is_trouble_and_one_on_one_side_ends_with_the_other() -> None:
    plant("d1/a/b/a/b/a/", "d2/a/c/")
    os.symlink("..", "d2/a/b")
    assert agree(b"d1", b"d2", "-r")[0] == 1
    assert agree(b"d1", b"d2", "-r", "-N")[2] == b"diff: d2/a/b/a/b/a/b: recursive directory loop\n"
    os.symlink(".", "d1/loop")
    os.symlink(".", "d2/loop")
    assert agree(b"d1", b"d2", "-r")[2] == b"diff: d1/loop: recursive directory loop\n"


def test_a_directory_may_be_reached_twice_where_that_is_no_loop() -> None:
    plant("d1/x/only", "d2/x/")
    for side in ("d1", "d2"):
        os.symlink("x", f"{side}/y")
        os.symlink("x", f"{side}/z")
    assert agree(b"d1", b"d2", "-r")[1] == b"Only in d1/x: only\nOnly in d1/y: only\nOnly in d1/z: only\n"


# Size


def test_trees_deeper_than_recursion_and_longer_than_a_path() -> None:
    """1,500 levels; the paths have four times the bytes that the kernel takes."""
    step = b"0123456789"
    for side in (b"d1", b"d2"):
        os.mkdir(side)
        fd = os.open(side, os.O_RDONLY)
        for _ in range(1500):
            os.mkdir(step, dir_fd=fd)
            below = os.open(step, os.O_RDONLY, dir_fd=fd)
            os.close(fd)
            fd = below
        os.close(os.open(b"f", os.O_WRONLY | os.O_CREAT, dir_fd=fd))
        os.symlink(side, b"l", dir_fd=fd)
        if side == b"d1":
            os.mkdir(b"only", dir_fd=fd)
        os.close(fd)
    within = b"/".join([step] * 1500)
    found = list(pairs(b"d1", b"d2", recursive=True, follow_symlinks=False))
    assert [(pair.a, pair.b) for pair in found] == [(b"d1/%b/%b" % (within, n), b"d2/%b/%b" % (within, n))
                                                    for n in (b"f", b"l", b"only")]  # fmt: skip
    assert [pair.code for pair in found] == [None, 1, 1]
    assert found[1].text == b"Symbolic links %b and %b differ" % (found[1].a, found[1].b)
    assert found[2].text == b"Only in d1/%b: only" % within
    os.close(deep.open_for(found[0].a, os.O_RDONLY))
    with pytest.raises(OSError, match="too long"):
        os.stat(found[0].a)
    subprocess.run(["rm", "-r", "d1", "d2"], check=True)  # shutil.rmtree recurses


def test_a_directory_of_many_names_is_walked_while_it_is_told() -> None:
    plant("d1/", "d2/")
    for number in range(3000):
        os.mkdir(f"d1/{number}")
    rows: Iterator[Pair] = pairs(b"d1", b"d2")
    names = sorted(str(number) for number in range(3000))
    assert next(rows).text == b"Only in d1: 0"
    assert [pair.text.decode() for pair in rows] == [f"Only in d1: {name}" for name in names[1:]]


# Names


@pytest.mark.once
@pytest.mark.parametrize("seed", range(12))
def test_exclusion_reads_globs_as_gnu_diff_does(seed: int) -> None:
    chance = random.Random(seed)
    letters = [
        "a",
        "b",
        "-",
        "]",
        "[",
        "*",
        "?",
        "\\",
        "!",
        "^",
        ".",
        "[[:alpha:]]",
        "[[:punct:]]",
        "[!",
        "[a-c",
        "[=b=]",
    ]
    names = {b"", b".", b".."}
    while len(names) < 60:
        names.add("".join(chance.choice("ab-][*?\\!^.") for _ in range(chance.randrange(1, 5))).encode())
    names -= {b"", b".", b".."}
    os.mkdir("d1")
    os.mkdir("d2")
    for name in names:
        Path("d1", name.decode()).touch()
    for _ in range(30):
        globs = ["".join(chance.choices(letters, k=chance.randrange(1, 6))) for _ in range(chance.randrange(1, 3))]
        agree(b"d1", b"d2", *[word for glob in globs for word in ("-x", glob)])


@pytest.mark.parametrize(
    ("glob", "name", "is_excluded"),
    [
        ("*.o", b"a.o", True),
        ("*.o", b"a.o\n", False),
        ("a?b", "aéb".encode(), True),  # a character
        ("a?b", b"a\xffb", True),
        ("[!a]", b"\n", True),
        ("[[:digit:]]*", b"1\n2", True),
        ("[[:digit:]]*", "٣".encode(), False),
        ("*" * 30 + "x", b"a" * 250, False),
        ("*a" * 60 + "b", b"a" * 250, False),  # no star is tried twice
        ("[]", b"[]", True),
        ("", b"a", False),
    ],
)
def test_exclusion(glob: str, name: bytes, is_excluded: bool) -> None:
    test = exclusion([glob])
    assert test is not None
    assert bool(test(name)) is is_excluded


def test_no_globs_are_no_test() -> None:
    assert exclusion([]) is None


# What cannot be read

UNPRIVILEGED = ["setpriv", "--inh-caps=-all", "--bounding-set=-dac_override,-dac_read_search"]


def test_what_cannot_be_read_is_told_and_the_rest_compared() -> None:
    """A directory closed on either side or both, one that cannot be searched, and files."""
    before = UNPRIVILEGED if os.geteuid() == 0 else []
    plant(
        "d1/a/x",
        "d2/a/",
        "d1/b/",
        "d2/b/y",
        "d1/both/",
        "d2/both/",
        "d1/f",
        "d2/f",
        "d1/n/x",
        "d2/n/x",
        "d1/z/x",
        "d2/z/",
    )
    closed = {"d1/a": 0, "d2/b": 0, "d1/both": 0, "d2/both": 0, "d1/f": 0, "d2/n": 0o444}
    for path, mode in closed.items():
        os.chmod(path, mode)
    script = (
        "import sys\n"
        "from tests.diff.test_directories import told, wishes_of\n"
        "code, out, err = told(b'd1', b'd2', **wishes_of(sys.argv[1:]))\n"
        "sys.stdout.buffer.write(out)\n"
        "sys.stderr.buffer.write(err)\n"
        "sys.exit(code)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    try:
        for options in (["-r"], ["-r", "-N"]):
            command = [*before, sys.executable, "-c", script, *options]
            done = subprocess.run(command, capture_output=True, env=environment, timeout=60)
            assert (done.returncode, done.stdout, done.stderr) == gnu(b"d1", b"d2", options, *before)
            assert done.returncode == 2
            assert done.stderr.count(b"Permission denied") == 6
            assert (b"Only in d1/z: x\n" in done.stdout) is ("-N" not in options)
    finally:
        for path in closed:
            os.chmod(path, 0o755)
