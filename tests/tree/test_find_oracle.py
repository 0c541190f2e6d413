"""find beside GNU find: random trees, random questions, the same answers; and by every path through the engine."""

import contextlib
import fnmatch
import os
import random
import re
import shlex
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from stdtools.tree import command_find, dircache, finding, why
from stdtools.tree.command_criteria import query_of
from stdtools.tree.command_filters import hasten, roots_of, walking_of
from stdtools.tree.deleting import Deleter
from stdtools.tree.dircache import DirectoryCache
from stdtools.tree.entry import Entry
from stdtools.tree.troubles import Troubles
from stdtools.tree.walker import Walker
from tests.conftest import COMMAND

TREES = int(os.environ.get("FIND_TREES", "300"))
EXPRESSIONS = int(os.environ.get("FIND_EXPRESSIONS", "20"))
SEED = int(os.environ.get("FIND_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 32)
PARTS = 10
GNU = shutil.which("gfind") or shutil.which("find") or ""
needs_gnu = pytest.mark.skipif(
    "CI" not in os.environ
    and (not GNU or b"GNU findutils" not in subprocess.run([GNU, "--version"], capture_output=True).stdout),
    reason="GNU find is not installed",  # in CI that is a failure
)

NAMES = [
    "a", "b", "c", "A", "ab", "abc", "a.log", "b.log", "b.LOG", "a.tar.gz", "c.gz", "log", ".log", "..log", ".a.log",
    ".hidden", "…", "new\nline", "\n", "sp ace", " ", "[a]", "[", "]", "[!a]", "q?x", "st*r", "{}", "%s", "'", '"', "é",
    "É.log", "ünï", "ÜNÏ", "日本", "-name", "-", "--", "~", "$HOME", "back\\slash", "\x1b[31m", "x" * 250, "!", "a:b",
    "a,b",
]  # fmt: skip
TWO_CHARACTERS = re.compile(r"(\?|\[[^]]*\])(\?|\[)")  # to glibc they also match one character of two bytes
GLOBS = ["*", "?", "a?", "*a*", "a*", "*.log", "*.gz", ".*", "[a-c]", "[!a]*", "*[!g]", "[.]*", "*[]]", "[[]*", "*\n*"]
SIZES = [0, 1, 2, 511, 512, 513, 1023, 1024, 1025, 4096, 10_000]
MODES = [0o644, 0o600, 0o755, 0o4755, 0o2755, 0o1777, 0o000, 0o222, 0o070, 0o007, 0o6111, 0o640]
PERMS = [
    "644", "0755", "4755", "-111", "-6000", "/222", "/7000", "-u+x", "-g+w,o+r", "/a+w", "/u+s,g+s", "-o+t", "-+t",
    "u=rw,go=r", "u=rwx,go=rx", "-u=rw", "000", "-000", "/000", "-+x", "/+w", "u=rwxs,go=rx", "a+r,u+w", "-ug+r",
]  # fmt: skip
MOMENTS = [1_700_000_000_000_000_000 + step for step in (0, 1, 1000, 999_999_999, 10**9, 60 * 10**9)]


class Question(NamedTuple):
    """The same question to us and to GNU find; *prunes* when it is not told what is wrong in what is pruned."""

    ours: list[str]
    gnu: list[str]
    prunes: bool


class Tree:
    """Entries below ``.``, which is the directory that is current while they are made."""

    def __init__(self, draw: random.Random, count: int) -> None:
        self.draw = draw
        self.directories = ["."]
        self.files: list[str] = []
        self.links: list[str] = []
        for _ in range(count):
            self.add()
        for path in (*self.files, *self.links, *self.directories):
            if draw.random() < 0.6:
                os.utime(path, ns=(draw.choice(MOMENTS), draw.choice(MOMENTS)), follow_symlinks=False)

    def add(self) -> None:
        """Make one entry more."""
        draw = self.draw
        path = os.path.normpath(os.path.join(draw.choice(self.directories), draw.choice(NAMES)))
        if os.path.lexists(path):
            return
        kind = draw.choice("fffffdddllps" if len(self.directories) < 12 else "ffflps")
        if kind == "d":
            os.mkdir(path)
            self.directories.append(path)
        elif kind == "l":
            os.symlink(
                draw.choice([".", "..", "gone", os.path.basename(path), *NAMES[:12], self._elsewhere(path)]), path
            )
            self.links.append(path)
        else:
            if kind == "f" and self.files and draw.random() < 0.2:
                os.link(draw.choice(self.files), path, follow_symlinks=False)
            elif kind == "f":
                with open(path, "wb") as file:
                    file.truncate(draw.choice(SIZES))
            else:
                os.mknod(path, 0o644 | {"p": stat.S_IFIFO, "s": stat.S_IFSOCK}[kind])
            self.files.append(path)
            os.chmod(path, draw.choice(MODES))

    def _elsewhere(self, path: str) -> str:
        other = self.draw.choice([*self.directories, *self.files])
        return os.path.relpath(other, os.path.dirname(path) or ".")

    def anything(self) -> str:
        """Return the path of something in it."""
        return self.draw.choice([*self.directories, *self.files, *self.links])

    def change(self) -> None:
        """Add, rename and remove a few entries."""
        for _ in range(self.draw.randrange(6)):
            self.add()
        for _ in range(self.draw.randrange(3)):
            path = self.anything()
            with contextlib.suppress(OSError):
                (os.unlink if path in self.files or path in self.links else os.rmdir)(path)
            self._drop(path)
        if self.files and self.draw.random() < 0.5:
            path = self.draw.choice(self.files)
            target = os.path.join(os.path.dirname(path), self.draw.choice(NAMES))
            if not os.path.lexists(target):
                os.rename(path, target)
                self._drop(path)
                self.files.append(target)

    def _drop(self, path: str) -> None:
        for paths in (self.files, self.links, self.directories):
            if path in paths and not os.path.lexists(path):
                paths.remove(path)


def a_glob(draw: random.Random) -> str:
    """Return a glob that means the same to ``fnmatch`` in Python and in C: without backslash and ``[^``."""
    if draw.random() < 0.5:
        return draw.choice(GLOBS)
    text = draw.choice([name for name in NAMES if "\\" not in name])
    if draw.random() < 0.6:
        at = draw.randrange(len(text))
        text = text[:at] + draw.choice(["*", "?", "[a-m]", "[!é]"]) + text[at + draw.randrange(2) :]
    return a_glob(draw) if TWO_CHARACTERS.search(text) else text


def joined(parts: list[list[str]]) -> list[str]:
    """Return GNU's words for any of *parts*."""
    words = ["("]
    for part in parts:
        words += [*part, "-o"]
    return [*words[:-1], ")"]


def undotted(test: str, regex: str) -> list[str]:
    """Return GNU's words for paths without ``./`` at their head."""
    return joined([["-path", "./*", test, f"\\./({regex})"], ["!", "-path", "./*", test, regex]])


def a_path(draw: random.Random, tree: Tree) -> tuple[str, str]:
    """Return a glob of paths and GNU's regular expression for the same."""
    names = os.path.normpath(tree.anything()).split(os.sep)
    part, slash, dot = r"([^/.][^/]*|[.][^/]+)", r"/+([.]/+)*", r"([.]/+)*[.]?/*"
    glob, regex = [], []
    for name in names:
        kind = draw.choice(["plain", "plain", "any", "tree", "start"])
        safe = "" if re.search(r"[\\*?\[]", name) else name
        if kind == "tree":
            glob.append("**/")
            regex.append("(.*/)?")
            continue
        if kind == "plain" and safe:
            glob.append(safe + "/")
            regex.append(re.sub(r"([.$^|(){}+])", r"\\\1", safe) + slash)
        elif kind == "start" and safe[:1].isalpha():
            glob.append(safe[:1] + "*/")
            regex.append(safe[:1] + "[^/]*" + slash)
        else:
            glob.append("*/")
            regex.append(part + slash)
    if glob[-1] == "**/":
        glob.append("*/")
        regex.append(part + slash)
    root = f"|{dot}" if not set(glob) - {"**/", "*/"} and glob.count("*/") == 1 else ""
    return "".join(glob)[:-1], f"([.]/+)*{''.join(regex).removesuffix(slash)}(/+[.])?/*{root}"


def of_names(draw: random.Random, tree: Tree, fold: bool) -> tuple[list[str], list[str]]:
    """Return a test of names or paths."""
    i = "i" if fold else ""
    kind = draw.choice(["name", "name", "names", "not", "ext", "path", "regex", "target"])
    globs = [a_glob(draw) for _ in range(draw.randint(1, 3))]
    if kind in ("name", "names"):
        globs = globs[:1] if kind == "name" else globs
        return [f"--name={glob}" for glob in globs], joined([[f"-{i}name", glob] for glob in globs])
    if kind == "not":
        return [f"--not-name={globs[0]}"], ["!", f"-{i}name", globs[0]]
    if kind == "ext":
        ext = draw.choice(["log", "gz", "tar.gz", "LOG", "l", "g"])
        return ["-e", ext], [f"-{i}name", f"*[!.]*.{ext}"]
    if kind == "path":
        glob, regex = a_path(draw, tree)
        return [f"--path={glob}"], [f"-{i}regex", regex]
    if kind == "regex":
        regex = draw.choice(["a", "[ab]/", "(a|b)+[^/]*l", "o[^g]", r"\.log", "é", "^[.][^a]?a", "a{2}|[.][lg]"])
        return ["--regex", regex], undotted(f"-{i}regex", f"{regex[1:]}.*" if regex[0] == "^" else f".*({regex}).*")
    return [f"--target={globs[0]}"], [f"-{i}lname", globs[0]]


def of_types(draw: random.Random, tree: Tree) -> tuple[list[str], list[str]]:
    """Return a test of types."""
    letters = draw.sample("fdlps", draw.randint(1, 3))
    ours, gnu = ["-t", draw.choice(["", ","]).join(letters)], ["-type", ",".join(letters)]
    return draw.choice([
        (ours, gnu), (["-t", "e"], ["-empty"]), (["-t", "x"], ["-type", "f", "-perm", "/111"]),
        (["-t", "fe"], ["-type", "f", "-empty"]), ([*ours, "-t", "e"], [*gnu, "-empty"]),
    ])  # fmt: skip


def of_stats(draw: random.Random, tree: Tree) -> tuple[list[str], list[str]]:
    """Return a test of what stat tells."""
    least, size = sorted((draw.choice(SIZES), draw.choice(SIZES)))
    file = draw.choice([*tree.files, *tree.directories])
    # GNU find opens the file, and waits for somebody at the other end of a pipe.
    regular = draw.choice([path for path in tree.files if os.path.isfile(path)] or ["."])
    perm = draw.choice(PERMS)
    links = draw.randint(1, 3)
    letter, word = draw.choice([("r", "-readable"), ("w", "-writable"), ("x", "-executable")])
    owner = str(os.geteuid() if draw.random() < 0.8 else 4711)
    return draw.choice([
        (["--size", str(size)], ["-size", f"{size}c"]),
        (["--size", f">{size}"], ["-size", f"+{size}c"]),
        (["--size", f"<={size}"], ["!", "-size", f"+{size}c"]),
        (["--size", f"<{size}"], ["-size", f"-{size}c"]),
        (["--size", f"{least}..{size}"], ["!", "-size", f"-{least}c", "!", "-size", f"+{size}c"]),
        (["--size", ">=1k", "--size", "<1M"], ["!", "-size", "-1024c", "-size", "-1048576c"]),
        (["--newer", f"./{file}"], ["-newer", file]),
        (["--older", f"./{file}"], ["!", "-newer", file, "!", "-newermt", moment_after(file)]),
        (["--newer", "@1700000000"], ["-newermt", "@1700000000"]),
        (["--newer", "2023-11-14T22:13:20.000001Z"], ["-newermt", "2023-11-14T22:13:20.000001Z"]),
        (["--changed", f"./{file}"], ["-cnewer", file]),
        (["--accessed-newer", f"./{file}", "--where", "type == 'f'"], ["-anewer", file, "-type", "f"]),
        (["--perm", perm], ["-perm", perm]),
        (["--user", owner], ["-user", owner]),
        (["--group", owner], ["-group", owner]),
        (["--links", str(links)], ["-links", str(links)]),
        (["--links", f">{links}"], ["-links", f"+{links}"]),
        ([f"--samefile={regular}"], ["-samefile", regular]),
        (["--access", letter], [word]),
        (["--access", f"{letter}r"], [word, "-readable"]),
        (["--where", f"size > {size} and mode & 0o111 != 0"], ["-size", f"+{size}c", "-perm", "/111"]),
        (["--where", "type in {'f', 'l'} or links > 2"], ["(", "-type", "f,l", "-o", "-links", "+2", ")"]),
        (["--where", "not glob(name, '*a*') or size == 0"], ["(", "!", "-name", "*a*", "-o", "-size", "0c", ")"]),
    ])  # fmt: skip


def moment_after(file: str) -> str:
    """Return GNU's words for a nanosecond before the time of *file*, so that what is not newer is older."""
    found = os.stat(file).st_mtime_ns - 1
    return f"@{found // 10**9}.{found % 10**9:09d}"


def a_question(draw: random.Random, tree: Tree) -> Question:
    """Return a random question about *tree*."""
    fold = draw.random() < 0.3
    ours, gnu = (["-i"], []) if fold else ([], [])
    for test in draw.choices([of_names, of_types, of_stats], k=draw.choice([0, 1, 1, 1, 2, 3])):
        words = of_names(draw, tree, fold) if test is of_names else test(draw, tree)  # type: ignore[operator]
        if words[0][0].partition("=")[0] not in {word.partition("=")[0] for word in ours}:  # it would be "any of"
            ours, gnu = ours + words[0], gnu + words[1]
    roots = [a_root(draw, tree) for _ in range(draw.choice([0, 1, 1, 1, 2, 3]))]
    head: list[str] = []
    names = [Entry.of_root(os.fsencode(root), follow=False).name for root in roots or ["."]]
    prunes = draw.random() < 0.35
    if prunes and draw.random() < 0.4 and not any(name[:1] == b"." != name for name in names):
        ours.append("--no-hidden")
        head += ["-name", ".?*", "-prune", "-o"]
    if prunes and not head:
        glob = a_glob(draw)
        pattern = re.compile(fnmatch.translate(glob), re.IGNORECASE if fold else 0)
        if not any(pattern.match(os.fsdecode(name)) for name in names):
            ours.append(f"--exclude={glob}")
            head += [f"-{'i' if fold else ''}name", glob, "-prune", "-o"]
    depths: list[str] = []
    for option, word, chance in (("--min-depth", "-mindepth", 0.0 if head else 0.2), ("-d", "-maxdepth", 0.25)):
        if draw.random() < chance:
            number = str(draw.randint(0, 4))
            ours += [option, number]
            depths += [word, number]
    if not head and not depths and draw.random() < 0.1:
        ours += ["--depth", "2"]
        depths = ["-mindepth", "2", "-maxdepth", "2"]
    follow = draw.choice(["", "", "", "-L", "-H"])
    plain = ["./" + root if root[0] in "-!()," else root for root in roots]
    ours += [*([follow] if follow else []), "--", *plain]
    return Question(
        ours,
        [*([follow] if follow else []), *plain, "-regextype", "posix-extended", *depths, *head, "(", "-true", *gnu,
        ")", "-print0"],
        bool(head),
    )  # fmt: skip


def a_root(draw: random.Random, tree: Tree) -> str:
    """Return something to walk from, spelled in one of many ways."""
    path = tree.anything()
    spellings = ["{}", "{}", "./{}", ".", "./", ".//{}"]
    if os.path.isdir(path):
        spellings += ["{}/", "./{}//", "{}/."]
    return draw.choice(spellings).format(path)


class Collected:
    """A sink that keeps paths."""

    wants_entries = False

    def __init__(self) -> None:
        self.found: list[bytes] = []

    def paths(self, paths: list[bytes]) -> None:
        self.found += paths

    def entries(self, entries: list[Entry]) -> None:
        raise AssertionError("it takes paths")


def answer(
    args: list[str], *, fast: bool = True, entries: bool = False, settled: bool = False
) -> tuple[list[bytes], int, "DirectoryCache | None"]:
    """Return the paths that find finds in this process, how much went wrong, and the cache.

    Without *fast* by the general walk; with *entries* as entries, as --long and --sort have it.
    """
    given = command_find.find.make_context("find", list(args)).params
    sink = Collected()
    troubles = Troubles(lambda path, what: None)
    walker = Walker(walking_of(given, troubles), query_of(given), TakingEntries(sink) if entries else sink, troubles)
    cache = hasten(given, roots_of(given), walker)
    if not fast:
        walker.sweep = None
    if given["depth_first"]:
        finding.walk_depth_first(walker, roots_of(given))
    else:
        finding.walk(walker, roots_of(given))
    if cache is not None:
        cache.save()
    return sink.found, troubles.count, cache


class TakingEntries(Collected):
    """A sink that is handed entries and keeps their paths in another."""

    wants_entries = True

    def __init__(self, other: Collected) -> None:
        super().__init__()
        self.found = other.found

    def entries(self, entries: list[Entry]) -> None:
        self.found += [entry.path for entry in entries]


@pytest.fixture
def nursery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[random.Random, int], Tree]]:
    """Return what plants one tree after the other, each in a directory that is then the current one."""
    number = 0

    def plant(draw: random.Random, count: int) -> Tree:
        nonlocal number
        number += 1
        place = tmp_path / f"{number}" / "t"
        place.mkdir(parents=True)
        monkeypatch.chdir(place)
        return Tree(draw, count)

    yield plant
    monkeypatch.chdir("/")


def ask_gnu(questions: list[Question], place: Path) -> list[tuple[list[bytes], int]]:
    """Return GNU find's answers, sorted, and exit codes."""
    lines = [
        f"{shlex.join([GNU, *question.gnu])} > {shlex.quote(str(place))}/answer-{number} 2> /dev/null; echo $?"
        for number, question in enumerate(questions)
    ]
    done = subprocess.run(["sh"], input="\n".join(lines).encode(), capture_output=True, check=True, timeout=60)
    answers = [sorted((place / f"answer-{number}").read_bytes().split(b"\0")[:-1]) for number in range(len(questions))]
    return list(zip(answers, map(int, done.stdout.split()), strict=True))


def difference(question: Question, ours: list[bytes], theirs: list[bytes], seed: str) -> str:
    return (
        f"FIND_SEED={SEED} ({seed}), in {os.getcwd()}\n  stdtools find {shlex.join(question.ours)}\n"
        f"  find {shlex.join(question.gnu)}\n  only ours: {sorted(set(ours) - set(theirs))}\n"
        f"  only GNU's: {sorted(set(theirs) - set(ours))}"
    )


@needs_gnu
@pytest.mark.parametrize("part", range(PARTS))
def test_random_questions_have_the_answers_of_gnu_find(part: int, nursery: Any, tmp_path: Path) -> None:
    for number in range(part, TREES, PARTS):
        seed = f"{SEED}-{number}"
        draw = random.Random(seed)
        tree = nursery(draw, draw.randint(10, 40))
        questions = [a_question(draw, tree) for _ in range(EXPRESSIONS)]
        for question, (theirs, code) in zip(questions, ask_gnu(questions, tmp_path), strict=True):
            ours, wrong, _ = answer(question.ours)
            assert sorted(ours) == theirs, difference(question, ours, theirs, seed)
            if not question.prunes:
                assert bool(wrong) == bool(code), difference(question, ours, theirs, seed)


@needs_gnu
@pytest.mark.process
def test_the_real_command_answers_like_gnu_find(nursery: Any, tmp_path: Path) -> None:
    for number in range(6):
        seed = f"{SEED}-process-{number}"
        draw = random.Random(seed)
        tree = nursery(draw, 30)
        questions = [a_question(draw, tree) for _ in range(10)]
        for question, (theirs, code) in zip(questions, ask_gnu(questions, tmp_path), strict=True):
            done = subprocess.run([COMMAND, "find", "-0", *question.ours], capture_output=True)
            ours = done.stdout.split(b"\0")[:-1]
            assert sorted(ours) == theirs, difference(question, ours, theirs, seed)
            assert bool(done.stderr) == (done.returncode == 2)
            if not question.prunes:
                expected = 2 if code else 0 if theirs else 1
                assert done.returncode == expected, difference(question, ours, theirs, seed)


@pytest.mark.parametrize("part", range(2))
def test_every_way_through_the_engine_finds_the_same(part: int, nursery: Any) -> None:
    """The sweep, the general walk, entries instead of paths, and depth first."""
    for number in range(part, max(TREES // 5, 2), 2):
        draw = random.Random(f"{SEED}-ways-{number}")
        tree = nursery(draw, draw.randint(10, 40))
        questions = [a_question(draw, tree).ours for _ in range(6)]
        for args in (*questions, ["-n", a_glob(draw)], ["-e", "log,gz"], ["--name", "*a*", "--min-depth", "1"], []):
            plain, wrong, _ = answer(args, fast=False)
            for more, how in (([], {}), ([], {"entries": True}), (["--depth-first"], {})):
                found, also_wrong, _ = answer([*more, *args], **how)
                assert sorted(found) == sorted(plain), (SEED, number, more, args, how)
                assert also_wrong == wrong, (SEED, number, more, args, how)


def test_depth_first_what_lies_in_a_directory_comes_before_it(nursery: Any) -> None:
    for number in range(20):
        nursery(random.Random(f"{SEED}-depth-{number}"), 40)
        found, _, _ = answer(["--depth-first"])
        place = {path: index for index, path in enumerate(found)}
        assert all(place[path] < place[os.path.dirname(path)] for path in found if path != b"."), (SEED, number)


def test_sorted_finds_are_the_same_in_order(nursery: Any) -> None:
    for number in range(5):
        draw = random.Random(f"{SEED}-sort-{number}")
        nursery(draw, 40)
        key = {"name": os.path.basename, "path": None, "size": None, "mtime": None, "ext": None}
        for name in key:
            for more in ([], ["--reverse"]):
                args = [COMMAND, "find", "-0", "--sort", name, *more]
                found = subprocess.run(args, capture_output=True, check=True).stdout.split(b"\0")[:-1]
                assert found == sorted(answer([])[0], key=order_of(name), reverse=bool(more)), (SEED, number, args)


def order_of(name: str) -> Callable[[bytes], Any]:
    """Return what --sort sorts by: paths where the key is equal."""

    def order(path: bytes) -> Any:
        found = os.lstat(path)
        base = os.path.basename(path)
        keys = {"name": base, "path": path, "size": found.st_size, "mtime": found.st_mtime_ns}
        keys["ext"] = os.path.splitext(base)[1][1:]
        return keys[name], path

    return order


EAGER = """
import sys, stdtools.tree.finding as finding, stdtools.tree.sharing as sharing, stdtools.tree.sorting as sorting
finding.STEP, sharing.WORK, sorting.IN_MEMORY, sorting.MOST_RUNS = 2, 3, 10, 3
from stdtools.__main__ import main
sys.argv[0] = "stdtools"
sys.exit(main())
"""


@pytest.mark.process
def test_several_processes_find_the_same(nursery: Any) -> None:
    """They begin at once and share after every second directory, and sort no more than ten in memory."""
    for number in range(4):
        draw = random.Random(f"{SEED}-jobs-{number}")
        tree = nursery(draw, 400)
        questions = [a_question(draw, tree).ours for _ in range(4)]
        for args in ([], ["-n", "*a*"], *questions, ["--sort", "path"], ["-t", "f", "--sort", "size", "--reverse"]):
            alone, wrong, _ = answer(args, fast=False)
            command = [sys.executable, "-c", EAGER, "find", "-0", "-j", "3", *args]
            done = subprocess.run(command, capture_output=True)
            found = done.stdout.split(b"\0")[:-1]
            assert sorted(found) == sorted(alone), (SEED, number, args, done.stderr)
            assert done.returncode == (2 if wrong else 0 if alone else 1), (SEED, number, args, done.stderr)
            if "--sort" in args:
                name = args[args.index("--sort") + 1]
                assert found == sorted(found, key=order_of(name), reverse="--reverse" in args), (SEED, number, args)


@pytest.mark.parametrize("verify", [False, True])
def test_the_cache_finds_the_same_also_after_changes(
    verify: bool, nursery: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Directories count as settled at once; the changes come when the file system's clock has ticked."""
    monkeypatch.setattr(dircache, "SETTLED", -(10**12))
    monkeypatch.setattr(dircache, "file_systems", lambda: {os.stat(".").st_dev: "ext4"})
    for number in range(10):
        draw = random.Random(f"{SEED}-cache-{number}")
        tree = nursery(draw, 60)
        for turn in range(6):
            args = draw.choice([[], ["-n", "*.log"], ["-n", "[a-c]*"], ["-t", "d,l"], ["--size", ">1k"], ["-L"]])
            plain, wrong, _ = answer(args, fast=False)
            for again in range(2):
                found, also_wrong, cache = answer([*args, "--cache-verify" if verify else "--cache"])
                assert sorted(found) == sorted(plain), (SEED, number, turn, again, args)
                assert also_wrong == wrong, (SEED, number, turn, again, args)
                assert cache is not None
                assert cache.count or (turn, again) == (0, 0)
            time.sleep(0.02)
            tree.change()


def test_why_says_of_every_path_what_find_does(nursery: Any) -> None:
    for number in range(40):
        draw = random.Random(f"{SEED}-why-{number}")
        tree = nursery(draw, 25)
        for _ in range(4):
            args = a_question(draw, tree).ours
            given = command_find.find.make_context("find", list(args)).params
            troubles = Troubles(lambda path, what: None)
            for root in roots_of(given):
                found = set(answer([*args[: args.index("--") + 1], os.fsdecode(root)])[0])
                everything = answer([*(["-L"] if given["follow"] else []), "--", os.fsdecode(root)])[0]
                for path in everything:
                    walker = Walker(walking_of(given, troubles), query_of(given), Collected(), troubles)
                    names = [name for name in path.removeprefix(root).split(b"/") if name]
                    with contextlib.suppress(OSError):  # of what cannot be looked at
                        said = list(why.reasons(walker, root, names))
                        assert (path not in found) == bool(said and said[-1].hides), (SEED, number, args, path, said)


def test_a_dry_run_shows_what_would_be_deleted(nursery: Any) -> None:
    for number in range(150):
        draw = random.Random(f"{SEED}-delete-{number}")
        tree = nursery(draw, 30)
        asked = a_question(draw, tree).ours
        # One root: a second may be gone. The links of one file are fewer when another is deleted, and a symbolic
        # link cannot be read or written any more when what it leads to is deleted.
        args = [word for word in asked[: asked.index("--")] if word != "-L"]
        if "links" in " ".join(args) or "--access" in args:
            continue
        root = draw.choice([".", os.fsdecode(os.path.normpath(tree.anything()))])
        if os.path.realpath(os.path.dirname(root)).startswith(os.path.realpath(root)) and root != ".":
            continue  # a link to a directory that it lies in goes with what is in that
        given = command_find.find.make_context("find", [*args, "--", root]).params
        results = []
        for dry_run in (True, False):
            deleted: list[bytes] = []
            told: list[tuple[bytes, str]] = []
            troubles = Troubles(lambda path, what, told=told: told.append((path, what)))  # type: ignore[misc]
            walker = Walker(walking_of(given, troubles), query_of(given), Collected(), troubles)
            Deleter(walker, deleted.append, dry_run=dry_run).delete_from(os.fsencode(root))
            results.append((deleted, told))
        assert results[0] == results[1], (SEED, number, args, root)
        assert not any(map(os.path.lexists, results[1][0])), (SEED, number, args, root)
