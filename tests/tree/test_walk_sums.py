"""walk: sizes of directories, the largest, sums by kind, all of it by one process or several."""

import json
import os
import pty
import pwd
import random
import re
import shutil
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import COMMAND, Run
from tests.test_cli import on_terminal

pytestmark = [pytest.mark.process, pytest.mark.once]

TREES = 60


def grow(root: Path, seed: int, *, hard_links: bool) -> None:
    """Make a random tree of directories, files with and without holes, links and pipes."""
    draw = random.Random(seed)
    root.mkdir()
    places, files = [root], []
    for number in range(draw.randrange(5, 60)):
        path = draw.choice(places) / (draw.choice(["a", "a.b", "a b", "\n", "é", "\udcff", "-", ".h"]) + str(number))
        kind = draw.random()
        if kind < 0.3:
            path.mkdir()
            places.append(path)
        elif kind < 0.4:
            path.symlink_to(draw.choice(["x", "..", "a" * draw.randrange(1, 200)]))
        elif kind < 0.45:
            os.mkfifo(path)
        elif kind < 0.65 and hard_links and files:
            os.link(draw.choice(files), path)
        else:
            path.write_bytes(bytes(draw.choice([0, 1, 511, 4096, draw.randrange(30_000)])))
            if draw.random() < 0.2:
                os.truncate(path, draw.randrange(100_000))
            files.append(path)


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Sixty trees; those of odd numbers have hard links."""
    place = tmp_path_factory.mktemp("trees")
    for seed in range(TREES):
        grow(place / f"t{seed:02}", seed, hard_links=seed % 2 == 1)
    yield place
    shutil.rmtree(place)


def size_of(path: str, *, disk: bool = False) -> int:
    found = os.lstat(path)
    return found.st_blocks * 512 if disk else found.st_size


def everything(root: str) -> list[str]:
    """Return *root* and all below it, in the order of a tree."""
    paths = [root]
    for place, directories, files in os.walk(root):
        paths += [os.path.join(place, name) for name in directories + files]
    return sorted(paths, key=lambda path: os.fsencode(path).replace(b"/", b"\0"))


def first_names(paths: list[str]) -> list[str]:
    """Return *paths* but for the further names of files with several."""
    seen = set()
    first = []
    for path in paths:
        found = os.lstat(path)
        if (found.st_dev, found.st_ino) not in seen:
            seen.add((found.st_dev, found.st_ino))
            first.append(path)
    return first


def expected_sizes(root: str, *, disk: bool = False) -> dict[str, int]:
    """Add up what lies in each directory; a file with several names under the first of them."""
    paths = everything(root)
    sizes = {path: size_of(path, disk=disk) for path in paths}
    totals = dict(sizes)
    for path in first_names(paths):
        above = path
        while above != root:
            above = os.path.dirname(above)
            totals[above] += sizes[path]
    return totals


def path_of(row: dict[str, Any]) -> str:
    from binascii import a2b_base64

    return os.fsdecode(a2b_base64(row["path_b64"])) if "path_b64" in row else row["path"]


def sizes_in(out: bytes) -> dict[str, int]:
    return {path_of(row): row["size"] for row in map(json.loads, out.splitlines())}


def du(*args: str) -> dict[str, int]:
    done = subprocess.run(["du", "-0", "-B1", *args], capture_output=True, check=True)
    rows = (row.split(b"\t", 1) for row in done.stdout.split(b"\0")[:-1])
    return {os.fsdecode(path): int(size) for size, path in rows}


@pytest.fixture
def du_counts_directories(tmp_path: Path) -> None:
    """Since coreutils 9.2 du takes the apparent size of a directory for nothing."""
    if du("--apparent-size", str(tmp_path))[str(tmp_path)] != os.lstat(tmp_path).st_size:
        pytest.skip("this du counts directories as 0")


@pytest.mark.parametrize(("option", "of_du"), [("--sizes", ["--apparent-size"]), ("--disk", [])])
@pytest.mark.usefixtures("du_counts_directories")
def test_sizes_of_directories_are_those_of_du(
    run: Run, trees: Path, monkeypatch: pytest.MonkeyPatch, option: str, of_du: list[str]
) -> None:
    """Which of its names a file counts under is for du a matter of chance: then only the whole is compared."""
    monkeypatch.chdir(trees)
    names = sorted(os.listdir())
    result = run("walk", *names, option, "--jsonl", cwd=trees)
    assert (result.code, result.err) == (0, "")
    found = sizes_in(result.out)
    for path, size in du(*of_du, *names).items():
        if path in names or int(path[1:3]) % 2 == 0:
            assert found[path] == size, path


@pytest.mark.parametrize("option", ["--sizes", "--disk"])
def test_every_size_is_the_sum_of_what_lstat_says(
    run: Run, trees: Path, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    monkeypatch.chdir(trees)
    names = sorted(os.listdir())
    expected: dict[str, int] = {}
    for name in names:
        expected |= expected_sizes(name, disk=option == "--disk")
    result = run("walk", *names, option, "--jsonl", cwd=trees)
    found = sizes_in(result.out)
    assert found == expected
    assert list(found) == list(expected), "in the order of the tree"
    shallow = sizes_in(run("walk", *names, option, "--jsonl", "-d", "1", cwd=trees).out)
    assert shallow == {path: size for path, size in expected.items() if path.count("/") <= 1}
    directories = sizes_in(run("walk", *names, option, "--jsonl", "--dirs", cwd=trees).out)
    assert directories == {p: s for p, s in expected.items() if os.path.isdir(p) and not os.path.islink(p)}


def test_a_file_with_several_names_counts_under_the_first(run: Run, tmp_path: Path) -> None:
    for name in ("z", "a", "a-", "m"):
        (tmp_path / "t" / name).mkdir(parents=True)
    (tmp_path / "t/z/x").write_bytes(bytes(5000))
    for name in ("t/a-/x", "t/a/x", "t/m/x", "t/a/y"):
        os.link(tmp_path / "t/z/x", tmp_path / name)
    result = run("walk", "t", "--sizes", "-t", "f")
    assert result.text == (
        " 4.9K t/\n 4.9K ├── a/\n 4.9K │   ├── x\n 4.9K │   └── y\n    0 ├── a-/\n 4.9K │   └── x\n"
        "    0 ├── m/\n 4.9K │   └── x\n    0 └── z/\n 4.9K     └── x\n"
    )
    without = run("walk", "t", "--sizes", "-t", "f", "-E", "a", "-d", "1").text
    assert without == " 4.9K t/\n 4.9K ├── a-/\n    0 ├── m/\n    0 └── z/\n"
    again = run("walk", "t/z", "t/m", "--sizes", "-t", "f", "-d", "0").text
    assert again == " 4.9K t/z/\n 4.9K t/m/\n", "each root is a tree of its own"


def test_sizes_are_written_short_and_sorted(run: Run, tmp_path: Path) -> None:
    sizes = [0, 999, 1023, 1024, 10_188, 10_189, 1_048_063, 1_048_064, 3 << 30, 5 << 40]
    for number, size in enumerate(sizes):
        os.close(os.open(tmp_path / f"{number}", os.O_CREAT))
        os.truncate(tmp_path / f"{number}", size)
    result = run("walk", "--sizes", "--sort", "size", "-t", "f", "--limit", "9", "--reverse")
    assert [line.split()[0] for line in result.text.splitlines()] == [
        "5.0T", "5.0T", "3.0G", "1.0M", "1023K", "10K", "9.9K", "1.0K", "1023", "999", "└──"
    ]  # fmt: skip
    assert result.text.splitlines()[-1] == "      └── … 1 more"


# The largest


@pytest.mark.parametrize("number", [3, 500])
@pytest.mark.parametrize("disk", [False, True])
def test_the_largest_are_those_that_lstat_and_the_sums_say(
    run: Run, trees: Path, monkeypatch: pytest.MonkeyPatch, number: int, disk: bool
) -> None:
    monkeypatch.chdir(trees)
    names = [f"t{seed:02}" for seed in range(0, TREES, 2)]  # without hard links
    files, directories = [], []
    for name in names:
        for path, size in expected_sizes(name, disk=disk).items():
            is_directory = os.path.isdir(path) and not os.path.islink(path)
            (directories if is_directory else files).append((size, path))
    result = run("walk", *names, "--top", str(number), "--jsonl", *(["--disk"] if disk else []), cwd=trees)
    assert (result.code, result.err) == (0, "")
    rows = [(row["type"], row["size"], path_of(row)) for row in map(json.loads, result.out.splitlines())]
    for kind, expected in (("f", files), ("d", directories)):
        found = [(size, path) for letter, size, path in rows if letter == kind]
        assert [size for size, _ in found] == sorted((size for size, _ in expected), reverse=True)[:number]
        assert set(found) <= set(expected)
        assert len(set(found)) == len(found)


def test_the_largest_have_a_file_with_several_names_once(run: Run, tmp_path: Path) -> None:
    """Under the first of them, in whatever order the file system has them."""
    draw = random.Random(1)
    for group in range(20):
        names = [f"t/{place}/{group}" for place in "abcdef"]
        draw.shuffle(names)
        for name in names:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            if name == names[0]:
                (tmp_path / name).write_bytes(bytes(5000 + group))
            else:
                os.link(tmp_path / names[0], tmp_path / name)
    rows = run("walk", "t", "--top", "4", "-t", "f").out.splitlines()[:4]
    assert rows == [b"f\t%d\tt/a/%d" % (5000 + group, group) for group in (19, 18, 17, 16)]


def test_the_largest_of_one_size_do_not_depend_on_the_file_system(run: Run, tmp_path: Path) -> None:
    """The first by name comes first, whichever was met first."""
    (tmp_path / "t").mkdir()
    numbers = list(range(50))
    random.Random(2).shuffle(numbers)
    for number in numbers:
        (tmp_path / f"t/{number:02}").write_bytes(b"x")
    assert run("walk", "t", "--top", "3", "-t", "f").out.splitlines()[:3] == [
        b"f\t1\tt/00",
        b"f\t1\tt/01",
        b"f\t1\tt/02",
    ]


def test_the_largest_of_what_passes_and_no_deeper(run: Run, tmp_path: Path) -> None:
    for name, size in (("t/a/b/x", 40), ("t/a/y.py", 30), ("t/z", 20), ("t/c/w.py", 5)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(bytes(size))
    assert run("walk", "t", "--top", "2", "-t", "f").text == "f\t40\tt/a/b/x\nf\t30\tt/a/y.py\nd\t95\tt\nd\t70\tt/a\n"
    assert run("walk", "t", "--top", "9", "-n", "*.py").text == (
        "f\t30\tt/a/y.py\nf\t5\tt/c/w.py\nd\t35\tt\nd\t30\tt/a\nd\t5\tt/c\n"
    )
    assert run("walk", "t", "--top", "9", "-t", "f", "-d", "1").text == "f\t20\tt/z\nd\t95\tt\nd\t70\tt/a\nd\t5\tt/c\n"
    assert run("walk", "t/z", "t/c", "--top", "1", "-t", "f").text == "f\t20\tt/z\nd\t5\tt/c\n"
    assert run("walk", "t", "--top", "1", "-t", "f", "--csv").text == "type,size,path\nf,40,t/a/b/x\nd,95,t\n"
    assert run("walk", "t", "--top", "1", "-n", "none") == (1, b"", "")
    seen = on_terminal(["walk", "t", "--top", "1", "-t", "f"], tmp_path)
    assert [line.split() for line in seen.splitlines() if line.split()[:1] in (["f"], ["d"])] == [
        ["f", "40", "t/a/b/x"],
        ["d", "95", "t"],
    ]


# By kind


@pytest.mark.parametrize("key", ["ext", "user", "age", "depth"])
@pytest.mark.parametrize("disk", [False, True])
def test_sums_by_kind_are_those_of_lstat(run: Run, tmp_path: Path, key: str, disk: bool) -> None:
    draw = random.Random(5)
    now = time.time()
    for number in range(150):
        place = tmp_path / "t" / draw.choice([".", "a", "a/b", "a/b/c.d"])
        place.mkdir(parents=True, exist_ok=True)
        name = draw.choice(["x", ".bashrc", "x.py", "x.tar.gz", "x.", "x.\udcff", "..y", "X.PY"])
        path = place / f"{number if name[0] != '.' else ''}{name}"
        path.write_bytes(bytes(draw.randrange(9000)))
        age = draw.choice([-1000, 0, 0.9, 1.1, 6.9, 7.1, 29, 31, 364, 366, 9000]) * 86400
        os.utime(path, (now, now - age))
        if os.geteuid() == 0:
            os.chown(path, draw.choice([0, 54321]), -1)
    (tmp_path / "t/link.py").symlink_to("x")
    expected: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for path in everything(str(tmp_path / "t")):
        found = os.lstat(path)
        if os.path.isdir(path):
            continue
        days = (now - found.st_mtime) / 86400
        ages = ((1, "under 1 day"), (7, "under 1 week"), (30, "under 30 days"), (365, "under 1 year"))
        group = {
            "ext": os.path.splitext(path)[1] or "(none)",
            "user": "54321" if found.st_uid == 54321 else pwd.getpwuid(found.st_uid).pw_name,
            "age": next((name for bound, name in ages if days < bound), "1 year and more"),
            "depth": str(path.count("/") - str(tmp_path / "t").count("/")),
        }[key]
        expected[group][0] += 1
        expected[group][1] += size_of(path, disk=disk)
    result = run("walk", "t", "--by", key, "--jsonl", *(["--disk"] if disk else []))
    assert (result.code, result.err) == (0, "")
    rows = [json.loads(line) for line in result.out.splitlines()]
    found_groups = {_group(row, key): [row["files"], row["size"]] for row in rows}
    assert found_groups == expected
    if key in ("ext", "user"):  # ages and depths have an order of their own
        assert [row["size"] for row in rows] == sorted((row["size"] for row in rows), reverse=True)
    total = sum(size for _, size in expected.values())
    assert [row["percent"] for row in rows] == [round(100 * row["size"] / total, 1) for row in rows]


def _group(row: dict[str, Any], key: str) -> str:
    value = path_of({"path_b64": row[f"{key}_b64"]}) if f"{key}_b64" in row else row[key]
    if isinstance(value, dict):
        value = path_of({"path_b64": value["encoded"]})
    return str(value)


def test_a_file_with_several_names_is_of_the_kind_of_the_first(run: Run, tmp_path: Path) -> None:
    """The first in the order of the tree, where a/x.txt stands before a-b.log."""
    (tmp_path / "t/a").mkdir(parents=True)
    (tmp_path / "t/a/x.txt").write_bytes(b"12345")
    os.link(tmp_path / "t/a/x.txt", tmp_path / "t/a-b.log")
    os.link(tmp_path / "t/a/x.txt", tmp_path / "t/z.py")
    assert run("walk", "t", "--by", "ext") == (0, b".txt\t1\t5\t100.0\n", "")
    for roots in (["t/a", "t/z.py"], ["t/z.py", "t/a/x.txt"]):
        assert run("walk", *roots, "--by", "ext") == (0, b".txt\t1\t5\t100.0\n", "")
        assert run("walk", *roots, "--top", "5", "-t", "f").out.splitlines()[0:1] == [b"f\t5\tt/a/x.txt"]
    assert run("walk", "t/z.py", "t/a/x.txt", "--top", "5") == (0, b"f\t5\tt/a/x.txt\n", "")


def test_on_a_terminal_sums_by_kind_have_bars(run: Run, tmp_path: Path) -> None:
    for name, size in (("a.py", 75), ("b.py", 0), ("c.txt", 25), ("d", 0)):
        (tmp_path / name).write_bytes(bytes(size))
    seen = on_terminal(["walk", "--by", "ext", "--color", "never"], tmp_path)
    rows = [line.split() for line in seen.splitlines() if ".py" in line or ".txt" in line]
    assert rows == [[".py", "2", "75", "75.0", "█" * 19], [".txt", "1", "25", "25.0", "█" * 6]]
    assert "█" not in on_terminal(["walk", "--by", "ext", "--jsonl"], tmp_path)
    assert run("walk", "--by", "ext") == (0, b".py\t2\t75\t75.0\n.txt\t1\t25\t25.0\n(none)\t1\t0\t0.0\n", "")
    assert run("walk", "--by", "ext", "--csv", "-n", "*.txt").text == ("ext,files,size,percent\n.txt,1,25,100.0\n")
    assert run("walk", "--by", "depth", "a.py", "c.txt") == (0, b"0\t2\t100\t100.0\n", "")
    assert run("walk", "--by", "ext", "-n", "none") == (1, b"", "")
    assert run("walk", "--by", "ext", "-n", "d").text == "(none)\t1\t0\t0.0\n"


# Several processes, and rows on the disk


@pytest.fixture(scope="module")
def forest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """More than 8,000 entries, with which a walk is long."""
    place = tmp_path_factory.mktemp("forest")
    draw = random.Random(3)
    for number in range(450):
        directory = place / "t" / f"{number % 20}" / f"{number}"
        directory.mkdir(parents=True)
        for name in range(20):
            path = directory / f"{name}.{draw.choice(['py', 'txt', 'c'])}"
            fd = os.open(path, os.O_CREAT | os.O_WRONLY)
            os.truncate(fd, 40 * number + name)  # no two of the large are of one size
            os.close(fd)
            if draw.random() < 0.03:
                os.link(path, place / "t" / f"{draw.randrange(number % 20 + 1)}" / f"link{number}-{name}")
    yield place
    shutil.rmtree(place)


WAYS = [
    ["--sizes"],
    ["--sizes", "--jsonl"],
    ["--disk", "--sort", "size", "--dirs"],
    ["--sizes", "-d", "1", "--sort", "size", "--reverse"],
    ["-n", "*.py"],
    ["--top", "1000", "--links", "1"],
    ["--by", "ext"],
    ["--by", "depth", "-t", "f", "-n", "1*"],
]


@pytest.mark.parametrize("way", WAYS)
def test_one_process_and_three_write_the_same(run: Run, forest: Path, way: list[str]) -> None:
    one, three = (run("walk", "t", "t/3", *way, "-j", jobs, cwd=forest) for jobs in ("1", "3"))
    assert one.code == 0
    assert one == three


def test_a_long_walk_is_shared_and_a_single_job_is_not(shell: Run, forest: Path) -> None:
    line = "strace -f -o trace -e trace=none stdtools walk t --by ext {} >/dev/null; grep -c exited trace"
    assert shell(line.format("-j 1"), cwd=forest).text == "1\n"
    assert shell(line.format("--jobs 3"), cwd=forest).text == "3\n"


SMALL = """
import stdtools.cli as cli, stdtools.tree.sharing as sharing, stdtools.tree.sorting as sorting
import stdtools.tree.finding as finding, stdtools.shared.progress_line as progress
sharing.WORK = 1
{constants}
cli.run({args!r})
"""


@pytest.fixture
def eager(python: str, trees: Path) -> Run:
    """Run walk where every walk is a long one, with other constants."""

    def eager(constants: str, *args: str) -> Any:
        code = SMALL.format(constants=constants, args=["walk", *args])
        return subprocess.run([python, "-c", code], cwd=trees, capture_output=True, timeout=60)

    return eager


@pytest.mark.parametrize("way", [["--sizes", "--jsonl"], ["--disk"], ["-n", "*a*"], ["--by", "depth"]])
@pytest.mark.parametrize("jobs", ["1", "3"])
def test_with_rows_on_the_disk_it_is_the_same(run: Run, eager: Run, trees: Path, way: list[str], jobs: str) -> None:
    names = sorted(os.listdir(trees))
    done: Any = eager("sorting.IN_MEMORY = 7; finding.STEP = 1", *names, *way, "-j", jobs)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == run("walk", *names, *way, cwd=trees).out


def test_a_full_disk_for_the_rows_is_told(shell: Run, forest: Path) -> None:
    result = shell("ulimit -f 16; stdtools walk t --sizes | cat", cwd=forest)
    assert (result.code, result.out) == (2, b"")
    assert re.fullmatch("stdtools walk: .*: cannot keep the tree: .*; set TMPDIR to a larger place\n", result.err)


# How far it is


def on_a_screen(args: list[str], cwd: Path) -> tuple[bytes, bytes]:
    """Run with a pseudo-terminal as standard error; return what it and standard output got."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(args, cwd=cwd, stdout=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    seen = bytearray()
    assert process.stdout is not None
    out = process.stdout.read()
    try:
        while block := os.read(ours, 65536):
            seen += block
    except OSError:  # the end of a terminal
        pass
    process.stdout.close()
    os.close(ours)
    assert process.wait() == 0
    return out, bytes(seen)


def test_progress_is_told_after_a_while(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    args = [COMMAND, "walk", "--sizes", "-d", "0", *["/usr"] * 200]
    process = subprocess.Popen(args, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    seen = b""
    while "entries …".encode() not in seen:
        seen += os.read(ours, 1000)
    process.kill()
    process.wait()
    os.close(ours)
    assert re.match(r"\r[\d,]+ directories, [\d,]+ entries …", seen.decode())


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_progress_goes_on_to_the_end_and_leaves_nothing_on_the_screen(
    python: str, forest: Path, run: Run, jobs: str
) -> None:
    code = SMALL.format(
        constants="progress.FIRST = progress.EVERY = 0", args=["walk", "t", "--sizes", "-d", "0", "-j", jobs]
    )
    out, seen = on_a_screen([python, "-c", code], forest)
    assert out == run("walk", "t", "--sizes", "-d", "0", cwd=forest).out
    told = [int(number.replace(",", "")) for number in re.findall(r"([\d,]+) directories", seen.decode())]
    assert told == sorted(told)
    assert told[-1] > 300, "of 471"
    assert seen.endswith(b"\r\x1b[K"), "the line is gone"


def test_progress_is_silent_where_nobody_looks_or_wants_it(python: str, forest: Path) -> None:
    for args in (["--no-progress"], ["-q"]):
        code = SMALL.format(constants="progress.FIRST = 0", args=["walk", "t", "--by", "ext", "-j", "1", *args])
        assert on_a_screen([python, "-c", code], forest)[1] == b""
    code = SMALL.format(constants="progress.FIRST = 0", args=["walk", "t", "--by", "ext"])
    assert subprocess.run([python, "-c", code], cwd=forest, capture_output=True, check=True).stderr == b""
    code = SMALL.format(constants="progress.FIRST = 0", args=["walk", "t", "--by", "ext", "--progress"])
    assert b"directories" in subprocess.run([python, "-c", code], cwd=forest, capture_output=True, check=True).stderr
