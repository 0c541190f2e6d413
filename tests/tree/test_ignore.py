"""Ignoring as git does, which is asked itself: of nothing but random trees could we know it for sure."""

import os
import random
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stdtools.tree import wildmatch
from stdtools.tree.gitconfig import GitConfig
from stdtools.tree.ignore import Ignore, Rule

TREES = int(os.environ.get("IGNORE_TREES", "200"))
SEED = int(os.environ.get("IGNORE_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 32)


@pytest.fixture(autouse=True)
def no_settings_of_git(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing but the files of the test steer git."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory, which is the current one; the tests may go elsewhere."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ignore(report: Callable[[bytes, OSError], object] | None = None) -> Ignore:
    config = GitConfig(home=os.fsencode(os.environ["HOME"]), system=b"/nonexistent")
    return Ignore(config, report) if report else Ignore(config)


def init(top: bytes | Path, **settings: str) -> None:
    """Make a repository; git init would take a process and 10 ms each."""
    git = os.path.join(os.fsencode(top), b".git")
    for name in (b"objects", b"refs", b"info"):
        os.makedirs(os.path.join(git, name))
    Path(os.fsdecode(git), "HEAD").write_text("ref: refs/heads/main\n")
    lines = "".join(f"\t{key} = {value}\n" for key, value in settings.items())
    Path(os.fsdecode(git), "config").write_text(f"[core]\n\trepositoryformatversion = 0\n{lines}")


def write(path: bytes | Path, data: bytes) -> None:
    os.makedirs(os.path.dirname(os.fsencode(path)), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)


def git_verdicts(top: bytes | Path, paths: list[bytes]) -> dict[bytes, tuple[int, bytes]]:
    """Return line and pattern of the rule that git names for each path, (0, b"") for none."""
    command = ["git", "check-ignore", "--no-index", "-v", "-n", "--stdin", "-z"]
    done = subprocess.run(command, cwd=top, input=b"".join(path + b"\0" for path in paths), capture_output=True)
    assert done.returncode in (0, 1), done.stderr
    fields = done.stdout.split(b"\0")[:-1]
    return {
        path: (int(line or 0), pattern)
        for line, pattern, path in zip(fields[1::4], fields[2::4], fields[3::4], strict=True)
    }


def entries(top: bytes, root: bytes = b".") -> Iterator[tuple[bytes, bytes, bool]]:
    """Yield directory, name and whether it is a directory, of all but .git."""
    for entry in sorted(os.scandir(os.path.join(top, root)), key=lambda entry: entry.name):
        if entry.name != b".git":
            yield root, entry.name, entry.is_dir(follow_symlinks=False)


def walk(rules: Ignore, root: bytes) -> Iterator[tuple[bytes, Rule | None]]:
    """Yield each path below *root* that is not below a hidden one, with the rule that decides about it."""
    stack = [root]
    while stack:
        directory = stack.pop()
        here = rules.rules(directory)
        for _, name, is_dir in entries(b".", directory):
            path = os.path.join(directory, name)
            rule = here.verdict(name, is_dir)
            assert here.hides(name, is_dir) == (rule is not None and not rule.negated)
            assert not here.empty or rule is None
            yield path, rule
            if is_dir and not here.hides(name, is_dir):
                stack.append(path)


def check_tree(top: bytes) -> int:
    """Compare all of the tree with git, what hides and which line of which pattern; return how many are hidden."""
    below: list[bytes] = []
    for directory, names, files in os.walk(top):
        if b".git" in names:
            names.remove(b".git")
        below += [os.path.relpath(os.path.join(directory, name), top) for name in names + files]
    expected = git_verdicts(top, below)
    shown = set(below)
    mine = set()
    for path, rule in walk(ignore(), b"."):
        path = path.removeprefix(b"./")
        mine.add(path)
        found = (rule.line, rule.pattern) if rule else (0, b"")
        assert found == expected[path], (path, rule)
        if rule and not rule.negated:
            shown -= {other for other in below if other.startswith(path + b"/")}
    assert mine == shown
    return sum(bool(line) for line, _ in expected.values())


NAMES = [b"a", b"b", b"ab", b"abc", b"A", b"a.c", b"b.c", b".c", b"a b", b"a ", b"!a", b"#a", b"[a]", b"a\\", b"{a,b}",
         b"*", b"a\n", b"a\r", b"\xff", b"\xc3\xa4", b"-", b"]", b"build", b"x"]  # fmt: skip
ATOMS = [b"a", b"b", b"c", b"ab", b"A", b".c", b"*", b"*", b"**", b"***", b"?", b"[ab]", b"[!a]", b"[^b]", b"[a-c]",
         b"[]]", b"[]-a]", b"[!]]", b"[a", b"[[:alpha:]]", b"[[:upper:]]", b"[A-C]", b"[[:nope:]]", b"[\\]]",
         b"[a\\-c]", b"[a/b]", b"[--a]", b"\\a", b"\\*", b"\\", b"\\\\", b"\\/", b"\\A", b" ", b"\\ ", b"\r", b"{a,b}",
         b"!", b"#", b"\xff", b"build", b"x", b"-", b"]", b"\0"]  # fmt: skip


def random_line(rng: random.Random, paths: list[bytes]) -> bytes:
    if rng.random() < 0.3 and paths:  # one of the paths, bent
        line = rng.choice(paths)
        parts = line.split(b"/")
        parts = [rng.choice([part, part, b"*", b"**", part[:1] + b"*", b"*" + part[1:]]) for part in parts]
        parts = parts[rng.randrange(len(parts)) :] if rng.random() < 0.4 else parts
        line = b"/".join(parts)
    else:
        slash = rng.choice([0.0, 0.2, 0.4])
        line = b"".join(
            b"/" if rng.random() < slash else rng.choice(ATOMS[:12] if rng.random() < 0.6 else ATOMS)
            for _ in range(rng.randint(1, 6))
        )
        if rng.random() < 0.2:
            line = b"**/" + line
        if rng.random() < 0.1:
            line += b"/**"
    before = rng.choice([b""] * 6 + [b"!"] * 3 + [b"/", b"!/", b"\\"])
    after = rng.choice([b""] * 6 + [b"/", b"/", b" ", b"\r", b"  ", b"//"])
    return before + line + after


def random_patterns(rng: random.Random, paths: list[bytes]) -> bytes:
    lines = [random_line(rng, paths) for _ in range(rng.randint(1, 8))]
    text = b"\n".join(lines).replace(b"\n\n", b"\n") + rng.choice([b"\n", b"", b"\r\n"])
    return rng.choice([b"", b"", b"", b"# one\n", b"\xef\xbb\xbf"]) + text


def random_tree(rng: random.Random, top: bytes, home: Path) -> None:
    paths: list[bytes] = []
    directories = [b""]
    for _ in range(rng.randint(20, 40)):
        path = os.path.join(rng.choice(directories), rng.choice(NAMES if rng.random() < 0.4 else NAMES[:7]))
        full = os.path.join(top, path)
        if os.path.lexists(full):
            continue
        paths.append(path)
        kind = rng.random()
        if kind < 0.45:
            os.makedirs(full)
            directories.append(path)
        elif kind < 0.5:
            os.symlink(b".", full)
        else:
            write(full, b"")
    for directory in [*rng.sample(directories, min(len(directories), rng.randint(1, 4))), b""]:
        base = directory + b"/" if directory else b""
        near = [path.removeprefix(base) for path in paths if path.startswith(base)]
        write(os.path.join(top, directory, b".gitignore"), random_patterns(rng, near))
    init(top, **({"ignorecase": "true"} if rng.random() < 0.25 else {}))
    if rng.random() < 0.5:
        write(os.path.join(top, b".git/info/exclude"), random_patterns(rng, paths))
    (home / ".gitconfig").unlink(missing_ok=True)
    if rng.random() < 0.5:
        write(home / "excludes", random_patterns(rng, paths))
        write(home / ".gitconfig", b"[core]\n excludesFile = ~/excludes\n")


# name: patterns, paths that are ignored (with / a directory), paths that are not; git is asked as well
CASES = {
    "a name matches at any depth": (b"a\n", [b"a", b"d/a", b"d/e/a/"], [b"ab", b"d/ba"]),
    "a slash at the end asks for a directory": (b"a/\n", [b"a/", b"d/a/"], [b"e/a"]),
    "a slash at the beginning anchors": (b"/a\n", [b"a"], [b"d/a"]),
    "a slash in the middle anchors": (b"d/a\n", [b"d/a"], [b"e/d/a", b"a"]),
    "an anchored name is whole": (b"/foo/\n", [b"foo/"], [b"foobar/"]),
    "a star stays within a name": (b"/d/*.c\n", [b"d/a.c", b"d/.c"], [b"d/e/a.c"]),
    "stars before a slash are any directories": (b"**/a/b\n", [b"a/b", b"d/a/b", b"d/e/a/b"], [b"ca/b"]),
    "stars between slashes are any directories": (b"a/**/b\n", [b"a/b", b"a/d/b", b"a/d/e/b"], [b"c/a/b", b"a/db"]),
    "stars behind a slash are all that is inside": (b"a/**\n", [b"a/b", b"a/d/"], [b"c"]),
    "stars inside a name are one star": (b"/d/a**b\n", [b"d/ab", b"d/axb"], [b"d/ax/b"]),
    "stars behind a plain head begin anew": (b"/a**/b\n", [b"ab", b"a/b", b"a/d/b"], [b"d/ab", b"ac"]),
    "a question mark is one byte, not a letter": (b"?\n", [b"a", b"\xff"], ["ä".encode(), b"ab"]),
    "a class with ] first": (b"[]a]b\n", [b"]b", b"ab"], [b"bb"]),
    "a class negated either way": (b"[!a]1\n[^a]2\n", [b"b1", b"b2"], [b"a1", b"a2"]),
    "a class matches no slash": (b"d[!a]b\n", [b"d-b"], [b"d/b"]),
    "a POSIX class": (b"x[[:digit:][:upper:]]\n", [b"x1", b"xA"], [b"xa", b"x"]),
    "a class unknown to POSIX never matches": (b"x[[:nope:]]\n", [], [b"xn", b"x:"]),
    "a bracket that nothing closes never matches": (b"[a\n*[\n", [], [b"[a", b"a", b"["]),
    "a backslash at the end never matches": (b"a\\\n", [], [b"a", b"a\\"]),
    "a backslash takes the next byte as it is": (b"\\*\n\\!b\n\\#c\n", [b"*", b"!b", b"#c"], [b"a", b"b", b"c"]),
    "braces are plain": (b"{a,b}\n", [b"{a,b}"], [b"a", b"b"]),
    "a comment": (b"#a\n", [], [b"#a", b"a"]),
    "a comment behind a blank is none": (b" #a\n", [b" #a"], [b"a"]),
    "the last line decides": (b"*.c\n!a.c\n/d/a.c\n", [b"b.c", b"d/a.c"], [b"a.c", b"e/a.c"]),
    "nothing comes back below what is ignored": (b"d\n!d/a\n", [b"d/", b"d/a"], [b"a"]),
    "what is inside can come back": (b"d/*\n!d/a\n", [b"d/b"], [b"d/", b"d/a"]),
    "two marks negate once": (b"*a\n!!a\n", [b"a", b"!a"][:1], [b"c"]),
    "blanks at the end are cut": (b"a  \n", [b"a"], [b"a  "]),
    "an escaped blank stays": (b"a\\ \nb\\  \n", [b"a ", b"b "], [b"a", b"b  "]),
    "a tab at the end stays": (b"a\t\n", [b"a\t"], [b"a"]),
    "a CR before the newline is cut": (b"a\r\nb\r\r\nc\r", [b"a", b"b\r", b"c"], [b"b", b"a\r"]),
    "a byte order mark is skipped": (b"\xef\xbb\xbfa\n", [b"a"], []),
    "a NUL ends its line": (b"a\0b\nc\n", [b"a", b"c"], [b"ab"]),
    "empty patterns match nothing": (b"/\n!\n//\n\r\n  \n!/\n", [], [b"a", b"d/", b"!"]),
    "dots are names": (b"./a\n../a\n", [], [b"a", b"d/a"]),
    "the last line needs no newline": (b"b\na", [b"a", b"b"], []),
    "a newline in a name": (b"a?b\n", [b"a\nb"], []),
    "a pattern longer than any path": (b"a" * 100_000 + b"\n" + b"*b" * 20_000 + b"\nc\n", [b"c"], [b"a", b"b"]),
}


def populate(top: Path, paths: list[bytes]) -> None:
    for path in paths:
        full = os.path.join(os.fsencode(top), path)
        if path.endswith(b"/"):
            os.makedirs(full, exist_ok=True)
        else:
            write(full, b"")


@pytest.mark.parametrize(("patterns", "hidden", "shown"), CASES.values(), ids=list(CASES))
def test_patterns(here: Path, patterns: bytes, hidden: list[bytes], shown: list[bytes]) -> None:
    init(here)
    write(here / ".gitignore", patterns)
    populate(here, hidden + shown)
    check_tree(os.fsencode(here))
    found = {path.removeprefix(b"./"): rule for path, rule in walk(ignore(), b".")}
    visible = {path for path, rule in found.items() if rule is None or rule.negated}
    assert not visible & {path.rstrip(b"/") for path in hidden}
    assert visible >= {path.rstrip(b"/") for path in shown}


def hidden(rules: Ignore, root: bytes = b".") -> set[bytes]:
    return {os.path.normpath(path) for path, rule in walk(rules, root) if rule and not rule.negated}


def test_the_deeper_file_beats_the_others_and_info_exclude_beats_the_users(here: Path, home: Path) -> None:
    init(here)
    populate(here, [b"d/1", b"d/2", b"d/3", b"1", b"2", b"3"])
    write(home / ".config/git/ignore", b"1\n2\n3\n")
    write(here / ".git/info/exclude", b"!3\n!2\n")
    write(here / ".gitignore", b"2\n")
    write(here / "d/.gitignore", b"!1\n")
    assert hidden(ignore()) == {b"1", b"2", b"d/2"}
    check_tree(os.fsencode(here))


def test_a_rule_names_its_file_line_and_pattern(here: Path) -> None:
    init(here)
    write(here / "d/.gitignore", b"# one\n\n!/a/  \n")
    (here / "d/a").mkdir()
    assert ignore().rules(b"d").verdict(b"a", True) == Rule(b"d/.gitignore", 3, b"!/a/", True)
    assert ignore().rules(b"d").verdict(b"a", False) is None


def test_a_link_to_a_directory_is_no_directory(here: Path) -> None:
    init(here)
    write(here / ".gitignore", b"a/\n")
    populate(here, [b"d/a/"])
    (here / "a").symlink_to("d")
    assert hidden(ignore()) == {b"d/a"}
    check_tree(os.fsencode(here))


@pytest.mark.parametrize("root", [b"d/e", b"./d//e/", b"d/../d/e", b"link", b"link/", b"ABSOLUTE/d/e"])
def test_the_parents_above_the_walk_count_up_to_the_repository(here: Path, root: bytes) -> None:
    write(here / ".gitignore", b"c\n")
    init(here / "r")
    write(here / "r/.gitignore", b"/d/e/a\n")
    write(here / "r/d/.gitignore", b"e/b\n")
    populate(here, [b"r/d/e/a", b"r/d/e/b", b"r/d/e/c", b"r/d/e/f/a"])
    (here / "r/link").symlink_to("d/e")
    os.chdir("r")
    root = root.replace(b"ABSOLUTE", os.getcwdb())
    assert {os.path.basename(path) for path in hidden(ignore(), root)} == {b"a", b"b"}


def test_a_link_inside_the_walk_has_the_rules_of_where_it_stands(here: Path) -> None:
    init(here)
    write(here / ".gitignore", b"/link/a\n")
    populate(here, [b"d/a"])
    (here / "link").symlink_to("d")
    rules = ignore()
    assert not rules.rules(b".").hides(b"link", False)
    assert rules.rules(b"./link").hides(b"a", False)
    assert not rules.rules(b"./d").hides(b"a", False)


def test_a_repository_inside_another_starts_afresh(here: Path, home: Path) -> None:
    write(home / ".config/git/ignore", b"u\n")
    init(here)
    write(here / ".gitignore", b"a\n")
    init(here / "n")
    write(here / "n/.gitignore", b"b\n")
    write(here / "n/.git/info/exclude", b"c\n")
    (here / "empty/.git").mkdir(parents=True)
    populate(here, [b"n/a", b"n/b", b"n/c", b"n/u", b"empty/a"])
    assert hidden(ignore()) == {b"n/b", b"n/c", b"n/u", b"empty/a"}
    assert hidden(ignore(), b"n") == {b"n/b", b"n/c", b"n/u"}
    assert git_verdicts(here / "n", [b"a", b"b", b"c", b"u"]) == {
        b"a": (0, b""),
        b"b": (1, b"b"),
        b"c": (1, b"c"),
        b"u": (1, b"u"),
    }


def test_a_work_tree_of_its_own_shares_info_exclude(here: Path) -> None:
    script = "git init -q main && cd main && git -c user.name=a -c user.email=a commit -q --allow-empty -m a"
    subprocess.run(["sh", "-c", f"{script} && git worktree add -q ../tree && echo a > .git/info/exclude"], check=True)
    populate(here, [b"tree/a", b"tree/b"])
    os.chdir("tree")
    assert hidden(ignore()) == {b"a"}
    assert git_verdicts(here / "tree", [b"a"]) == {b"a": (1, b"a")}


def test_outside_any_repository_the_files_below_the_root_hold(here: Path, home: Path) -> None:
    write(home / ".config/git/ignore", b"u\n")
    write(here / ".gitignore", b"a\n")
    write(here / "d/.gitignore", b"/b\n")
    populate(here, [b"d/a", b"d/b", b"d/u", b"d/e/b"])
    assert hidden(ignore()) == {b"d/a", b"d/b", b"d/u"}
    assert hidden(ignore(), b"d") == {b"d/b", b"d/u"}


@pytest.mark.parametrize(
    ("settings", "file"),
    [
        ("[core]\nexcludesFile = ~/one", "one"),
        ("[CORE] EXCLUDESFILE = ~/on\\\ne # comment", "one"),
        ('[core "x"]\nexcludesfile = ~/two\n[core]\n\texcludesfile = "~/o\\"#"ne ; c', 'o"#ne'),
        ("[core]\nexcludesfile = ~/two\nexcludesfile = ~/one\r\n", "one"),
        ("[include]\npath = more\n", "one"),
        ("[core]\nexcludesfile =\n", ""),
        ("[user]\nname = a\n[core]\n# excludesfile = ~/one\nbare\n", ".config/git/ignore"),
    ],
)
def test_settings_of_git(here: Path, home: Path, settings: str, file: str) -> None:
    write(home / ".gitconfig", settings.encode())
    write(home / "more", b"[core]\nexcludesfile = ~/one\n")
    for name in ("one", "two", 'o"#ne', ".config/git/ignore"):
        write(home / name, os.path.basename(name).encode())
    init(here)
    populate(here, [b"one", b"two", b'o"#ne', b"ignore"])
    named = [rule.file for _, rule in walk(ignore(), b".") if rule]
    assert named == ([os.fsencode(home / file)] if file else [])
    check_tree(os.fsencode(here))


def test_the_repositorys_settings_beat_the_users(here: Path, home: Path) -> None:
    write(home / ".gitconfig", b"[core]\nexcludesfile = ~/one\nignorecase\n")
    init(here, excludesfile="of-repository", ignorecase="0")
    write(here / "of-repository", b"a\n")
    populate(here, [b"d/a", b"d/A"])
    os.chdir("d")
    assert hidden(ignore()) == {b"a"}
    os.chdir(here)
    check_tree(os.fsencode(here))


def test_xdg_config_home_replaces_dot_config(here: Path, home: Path) -> None:
    write(home / ".config/git/ignore", b"a\n")
    write(here / "xdg/git/ignore", b"b\n")
    rules = Ignore(GitConfig(os.fsencode(home), os.fsencode(here / "xdg"), b"/nonexistent")).rules(b".")
    assert (rules.hides(b"a", False), rules.hides(b"b", False)) == (False, True)
    write(here / ".gitconfig", b"[core]\nexcludesfile = xdg/git/ignore\n")  # without a home it is nobody's
    assert Ignore(GitConfig(system=b"/nonexistent")).rules(b".").empty


def test_what_is_no_readable_file_is_skipped_and_told(here: Path) -> None:
    init(here)
    write(here / "patterns", b"a\n")
    for name in ("link", "directory", "pipe", "huge"):
        (here / name).mkdir()
    (here / "link/.gitignore").symlink_to("../patterns")  # git: Too many levels of symbolic links
    (here / "directory/.gitignore").mkdir()
    os.mkfifo(here / "pipe/.gitignore")
    with open(here / "huge/.gitignore", "wb") as file:
        file.truncate((100 << 20) + 1)
    told: list[tuple[bytes, str | None]] = []
    rules = ignore(lambda path, error: told.append((path, error.strerror)))
    for name in (b"link", b"directory", b"pipe", b"huge"):
        assert rules.rules(b"./" + name).empty
    assert told == [
        (b"./link/.gitignore", "Too many levels of symbolic links"),
        (b"./huge/.gitignore", "File too large"),
    ]


def test_a_broken_git_file_marks_no_repository(here: Path) -> None:
    for number, text in enumerate([b"", b"gitdir: /nonexistent", b"gitdir: \0", b"\xff" * 10_000]):
        top = here / str(number)
        write(top / ".git", text)
        write(top / ".gitignore", b"a\n")
        assert ignore().rules(os.fsencode(top)).hides(b"a", False)


def test_directories_without_rules_of_their_own_share(here: Path) -> None:
    init(here)
    write(here / ".gitignore", b"*.o\n/build\n")
    populate(here, [b"d/e/f/"])
    rules = ignore()
    top, first, second = (rules.rules(path) for path in (b".", b"./d", b"./d/e"))
    assert top is not first  # /build holds in one only
    assert first is second is rules.rules(b"./d/e")
    assert second.hides(b"a.o", False)
    assert not second.hides(b"build", True)


def test_more_directories_than_are_remembered(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stdtools.tree.ignore.MOST_REMEMBERED", 3)
    write(here / ".gitignore", b"a\n/d*/b\n")  # no repository: rules of a root would differ
    populate(here, [b"d%d/e/%b" % (number, name) for number in range(5) for name in (b"a", b"b", b"f/a")])
    populate(here, [b"d%d/b" % number for number in range(5)])
    rules = ignore()
    assert {os.path.basename(path) for path in hidden(rules)} == {b"a", b"b"}
    assert len(hidden(rules)) == 15
    assert len(rules._known) <= 4


@pytest.mark.parametrize("pattern", [b"*a" * 30 + b"b", b"**/a/" * 30 + b"b", b"**" * 30 + b"[ab]?*" * 20 + b"c"])
def test_no_pattern_takes_for_ever(pattern: bytes) -> None:
    match = re.compile(wildmatch.translate(pattern), re.DOTALL).fullmatch
    begun = time.monotonic()
    assert not match(b"a" * 250)
    assert not match(b"a/" * 250)
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        (b"a**", b"a/b", False),
        (b"**", b"a/b", True),
        (b"a/**/b", b"a/b", True),
        (b"a/**/**/b", b"a/c/b", True),
        (b"a**/b", b"ac/b", True),
        (b"a**/b", b"ac/d/b", False),
        (b"*/b", b"a/b", True),
        (b"*/b", b"a/c/b", False),
        (b"**\\/b", b"b", False),
        (b"**\\/b", b"a/c/b", True),
        (b"a[/]b", b"a/b", False),
        (b"*a*b", b"aab-ab", True),
        (b"", b"", True),
    ],
)
def test_a_glob_of_a_path(glob: bytes, path: bytes, matches: bool) -> None:
    assert bool(re.compile(wildmatch.translate(glob), re.DOTALL).fullmatch(path)) == matches


def test_the_posix_classes_hold_what_git_holds(here: Path) -> None:
    names = [bytes([byte]) for byte in range(1, 256) if byte not in b"/.:"]  # : is a word of git's
    for fold in ("false", "true"):
        for name in wildmatch.CLASSES:
            top = here / f"{fold}-{name.decode()}"
            init(top, ignorecase=fold)
            write(top / ".gitignore", b"[[:%b:]]\n" % name)
            rules = ignore().rules(os.fsencode(top))
            found = {path for path in names if rules.hides(path, False)}
            assert found == {path for path, (line, _) in git_verdicts(top, names).items() if line}, (name, fold)


def test_random_trees_are_ignored_as_git_does(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hidden = 0
    for seed in range(SEED, SEED + TREES):
        top = os.fsencode(tmp_path / str(seed))
        os.mkdir(top)
        random_tree(random.Random(seed), top, home)
        monkeypatch.chdir(os.fsdecode(top))
        try:
            hidden += check_tree(top)
        except AssertionError as error:
            pytest.fail(f"IGNORE_SEED={seed} IGNORE_TREES=1: {error}")
    assert hidden > TREES  # the patterns are not all without effect
