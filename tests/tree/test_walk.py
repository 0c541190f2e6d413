"""walk: the tree, what tests leave of it, triples as os.walk yields them, and trees of listed paths."""

import json
import os
import random
import re
import socket
import stat
import subprocess
import threading
import time
from binascii import b2a_base64
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from stdtools.tree import drawing, listed, sorting
from stdtools.tree.branches import Branches
from tests.commands import LEAVES
from tests.conftest import Run
from tests.test_cli import on_terminal

pytestmark = pytest.mark.process

BASE64 = {"$base64": True, "encoded": "/w=="}


def plant(root: Path, *entries: str) -> None:
    """Make directories (``a/``), links (``a -> b``) and files that hold their own names."""
    for entry in entries:
        name, _, target = entry.partition(" -> ")
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if target:
            path.symlink_to(target)
        elif name.endswith("/"):
            path.mkdir(exist_ok=True)
        else:
            path.write_bytes(os.fsencode(name))


def in_tree_order(paths: Iterable[str]) -> list[str]:
    return sorted(paths, key=lambda path: os.fsencode(path).replace(b"/", b"\0"))


def with_those_on_the_way(paths: Iterable[str]) -> list[str]:
    """Return *paths* and the directories that they lie in, in the order of a tree."""
    return in_tree_order({path[:end] for path in paths for end in [*_slashes(path), len(path)]})


def _slashes(path: str) -> list[int]:
    return [match.start() for match in re.finditer("/", path) if match.start()]


def drawn(tree: Any, rails: bytes = b"") -> bytes:
    """Draw a dict of names in the plainest way; what is no directory has None for its entries."""
    lines = []
    for name in sorted(tree):
        is_last = name == max(tree)
        lines.append(rails + ("└── " if is_last else "├── ").encode() + name + (b"" if tree[name] is None else b"/"))
        below = drawn(tree[name] or {}, rails + ("    " if is_last else "│   ").encode())
        lines += [below] if below else []
    return b"\n".join(lines)


def tree_of(paths: Iterable[bytes]) -> dict[bytes, Any]:
    """Return dicts in dicts for paths, of which those that end with a slash are directories."""
    tree: dict[bytes, Any] = {}
    for path in paths:
        root = b"/" if path[:1] == b"/" else b"."
        parts = [root, *(part for part in path.split(b"/") if part not in (b"", b"."))]
        at = tree
        for part in parts[:-1]:
            at[part] = at.get(part) or {}
            at = at[part]
        must = path.endswith(b"/") or len(parts) == 1
        if must or parts[-1] not in at:
            at[parts[-1]] = at.get(parts[-1]) or ({} if must else None)
    return tree


def drawn_roots(tree: dict[bytes, Any]) -> bytes:
    text = b""
    for root in sorted(tree, reverse=True):  # first what is absolute
        below = drawn(tree[root])
        text += (b"/" if root == b"/" else b"./") + b"\n" + (below + b"\n" if below else b"")
    return text


# The tree


@pytest.fixture
def site(tmp_path: Path) -> Path:
    root = tmp_path / "site"
    plant(root, "img/logo.png", "img/old/", "a.txt", "B.txt", "home -> a.txt", "img.d/x", "pics -> img", "Öl")
    return root


UNICODE = """\
site/
├── B.txt
├── a.txt
├── home -> a.txt
├── img/
│   ├── logo.png
│   └── old/
├── img.d/
│   └── x
├── pics -> img
└── Öl
"""


def test_a_tree_has_its_entries_in_the_order_of_their_bytes(run: Run, site: Path) -> None:
    assert run("walk", "site") == (0, UNICODE.encode(), "")
    assert run("walk", "site/").text == UNICODE
    assert run("walk", cwd=site).text == UNICODE.replace("site/", "./", 1)
    ascii_tree = UNICODE.replace("├──", "|--").replace("└──", "`--").replace("│", "|")
    assert run("walk", "--ascii", "site") == (0, ascii_tree.encode(), "")


def test_directories_alone_depth_and_limit(run: Run, site: Path) -> None:
    assert run("walk", "--dirs", "site") == (
        0,
        "site/\n├── img/\n│   └── old/\n└── img.d/\n".encode(),
        "",
    )
    assert run("walk", "-d", "0", "site") == (0, b"site/\n", "")
    shallow = re.sub("│.*\n", "", UNICODE)
    assert run("walk", "-d", "1", "site") == (0, shallow.encode(), "")
    assert run("walk", "--depth", "1", "site") == (0, shallow.encode(), "")
    assert run("walk", "--limit", "4", "site").text == (
        "site/\n├── B.txt\n├── a.txt\n├── home -> a.txt\n├── img/\n│   ├── logo.png\n│   └── old/\n└── … 3 more\n"
    )
    assert run("walk", "--limit", "1", "--ascii", "site/img").text == "site/img/\n|-- logo.png\n`-- ... 1 more\n"
    assert run("walk", "--limit", "2", "--dirs", "site").text.count("more") == 0
    assert run("walk", "--limit", "1", "--jsonl", "site").err == (
        "stdtools walk: --limit is for lines: a record for what is left out would be none; see 'stdtools walk --help'\n"
    )


@pytest.mark.parametrize(
    ("key", "names"),
    [
        ("name", ["a.zip", "b", "c.txt", "d.txt", "e"]),
        ("size", ["e", "c.txt", "d.txt", "a.zip", "b"]),
        ("mtime", ["d.txt", "a.zip", "e", "b", "c.txt"]),
        ("ext", ["b", "e", "c.txt", "d.txt", "a.zip"]),
    ],
)
def test_entries_are_sorted(run: Run, tmp_path: Path, key: str, names: list[str]) -> None:
    sizes = {"a.zip": 30, "b": 40, "c.txt": 10, "d.txt": 10, "e": 0}
    for order, name in enumerate(["d.txt", "a.zip", "e", "b", "c.txt"]):
        (tmp_path / name).write_bytes(bytes(sizes[name]))
        os.utime(tmp_path / name, (9, 1000 + order))
    for more in ([], ["--sizes"], ["-t", "f"]):  # drawn while it is read, and later
        result = run("walk", "--sort", key, *more, "--jsonl")
        assert [json.loads(line)["name"] for line in result.out.splitlines()] == [".", *names]
        result = run("walk", "--sort", key, "--reverse", *more, "--jsonl")
        assert [json.loads(line)["name"] for line in result.out.splitlines()] == [".", *reversed(names)]
    result = run("walk", "--sort", "none", "--jsonl")
    assert [json.loads(line)["name"] for line in result.out.splitlines()] == [".", *os.listdir(tmp_path)]


def test_roots_are_named_as_they_were_typed(run: Run, site: Path, tmp_path: Path) -> None:
    assert run("walk", "site/a.txt", "site/home", "site/img/") == (
        0,
        "site/a.txt\nsite/home -> a.txt\nsite/img/\n├── logo.png\n└── old/\n".encode(),
        "",
    )
    assert run("walk", "site/pics") == (0, b"site/pics -> img\n", "")
    followed = "site/pics/\n├── logo.png\n└── old/\n".encode()
    assert run("walk", "site/pics/") == (0, followed, "")
    assert run("walk", "-H", "site/pics") == (0, followed, "")
    assert run("walk", "--sizes", "-d", "0", "site/a.txt").text == "    5 site/a.txt\n"
    nested = run("walk", "site/img", "site/img/old", ".//site/img//old/..", str(tmp_path / "site/img/old"))
    first = "├── logo.png\n└── old/\n"
    assert nested.text == (f"site/img/\n{first}site/img/old/\n.//site/img//old/../\n{first}{tmp_path}/site/img/old/\n")


def test_a_root_that_is_missing_is_told_and_the_others_are_shown(run: Run, site: Path) -> None:
    message = "stdtools walk: none: No such file or directory\n"
    for more in ([], ["--sizes"], ["-n", "*"], ["--triples"], ["--top", "1"], ["--by", "ext"]):
        alone, both = run("walk", *more, "site/img"), run("walk", *more, "none", "site/img")
        assert alone.code == 0
        assert both == (2, alone.out, message)
        assert run("walk", *more, "none") == (2, b"", message)
    assert run("walk", "") == (2, b"", "stdtools walk: '': No such file or directory\n")
    assert run("walk", "site/a.txt/").code == 2


def test_the_root_of_all_has_one_slash(run: Run) -> None:
    names = sorted(os.fsencode(name) for name in os.listdir("/"))
    for more in ([], ["-t", "fdlpsbcx", "--where", "depth >= 0"]):
        rows = [json.loads(line) for line in run("walk", "/", "-d", "1", *more, "--jsonl").out.splitlines()]
        assert (rows[0]["path"], rows[0]["name"]) == ("/", "/")
        assert {os.fsencode(row["path"]) for row in rows[1:]} <= {b"/" + name for name in names}
    assert run("walk", "/", "-d", "1").out.startswith("/\n├── ".encode())


def test_records(run: Run, tmp_path: Path) -> None:
    plant(tmp_path, "t/a", "t/d/b", "t/l -> a")
    os.mkfifo(tmp_path / "t/p")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
    os.rename(tmp_path / "s", tmp_path / "t/s")
    (tmp_path / os.fsdecode(b"t/\xff")).write_bytes(b"12345")
    expected = [
        {"path": "t", "name": "t", "type": "d", "depth": 0},
        {"path": "t/a", "name": "a", "type": "f", "depth": 1},
        {"path": "t/d", "name": "d", "type": "d", "depth": 1},
        {"path": "t/d/b", "name": "b", "type": "f", "depth": 2},
        {"path": "t/l", "name": "l", "type": "l", "depth": 1},
        {"path": "t/p", "name": "p", "type": "p", "depth": 1},
        {"path": "t/s", "name": "s", "type": "s", "depth": 1},
        {"path": "t/\ufffd", "path_b64": "dC//", "name": "\ufffd", "name_b64": "/w==", "type": "f", "depth": 1},
    ]
    for more in ([], ["--color", "always"], ["--ascii", "-v"]):
        result = run("walk", "t", "--jsonl", *more)
        assert [json.loads(line) for line in result.out.splitlines()] == expected
        assert json.loads(run("walk", "t", "--json", *more).out) == expected
    assert run("walk", "t", "-d", "0", "--csv") == (0, b"path,name,type,depth\nt,t,d,0\n", "")
    assert run("walk", "t/\udcff", "--sizes", "--format", "plain") == (0, b"t/\xff\t\xff\tf\t0\t5\n", "")
    assert run("walk", "t/d/", "-d", "0", "--csv") == (0, b"path,name,type,depth\nt/d/,d,d,0\n", "")
    assert run("walk", "t", "-d", "0", "--format", "tsv").out == b"path\tname\ttype\tdepth\nt\tt\td\t0\n"
    assert b"t/d/b" in run("walk", "t", "--format", "table").out


def test_in_a_pipe_names_are_bytes_and_on_a_terminal_they_are_harmless(run: Run, tmp_path: Path) -> None:
    plant(tmp_path, "d/a\nb", "d/\x1b]0;owned\x07", "d/\udcff/x", "d/l -> \x1b[31m\udcfe", "d/\u202eevil")
    raw = "d/\n├── \x1b]0;owned\x07\n├── a\nb\n├── l -> \x1b[31m\udcfe\n├── \u202eevil\n└── \udcff/\n    └── x\n"
    for more in ([], ["-t", "dfl"], ["-L"]):
        assert run("walk", "d", *more) == (0, os.fsencode(raw), "")
    safe = "d/\n├── \\x1b]0;owned\\x07\n├── a\\nb\n├── l -> \\x1b[31m\\xfe\n├── \\u202eevil\n└── \\xff/\n    └── x\n"
    assert on_terminal(["walk", "d", "--color", "never"], tmp_path) == safe
    assert on_terminal(["walk", "d", "-t", "fdl"], tmp_path, env={"NO_COLOR": "1"}) == safe
    coloured = on_terminal(["walk", "d"], tmp_path)
    assert coloured.startswith("\x1b[34md/\x1b[0m\n")
    assert "├── \x1b[36ml\x1b[0m -> \\x1b[31m\\xfe\n" in coloured
    assert re.sub("\x1b\\[(3[46]|0)m", "", coloured) == safe
    assert run("walk", "d", "--color", "always", "-d", "0").out == b"\x1b[34md/\x1b[0m\n"


# Tests


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory with something for every test."""
    root = tmp_path / "t"
    plant(root, ".h/secret.txt", "App.PY", "bin/tool", "docs/index.txt", "docs/link -> index.txt", "void/",
          "docs/none", "app.log", "bin/a.tar.gz")  # fmt: skip
    (root / ".gitignore").write_text("*.log\n")
    (root / "docs/none").write_bytes(b"")
    (root / "bin/tool").write_bytes(bytes(2000))
    (root / "bin/tool").chmod(0o755)
    (root / "bin/a.tar.gz").chmod(0o640)
    os.link(root / "bin/tool", root / "bin/twin")
    os.mkfifo(root / "pipe")
    os.utime(root / "docs/index.txt", (1e9, 1e9))
    os.utime(root / "App.PY", (1e9, time.time()))
    return root


ALL = ["", "/.gitignore", "/.h", "/.h/secret.txt", "/App.PY", "/app.log", "/bin", "/bin/a.tar.gz", "/bin/tool",
       "/bin/twin", "/docs", "/docs/index.txt", "/docs/link", "/docs/none", "/pipe", "/void"]  # fmt: skip
SCRIPTS = ["/bin/tool", "/bin/twin"]


@pytest.mark.parametrize(
    ("args", "wanted"),
    [
        (["-n", "*.txt", "-n", "tool"], ["/.h/secret.txt", "/docs/index.txt", "/bin/tool"]),
        (["--name", "app.*", "--ignore-case"], ["/App.PY", "/app.log"]),
        (["--not-name", "*o*", "-N", "*i*"],
         ["", "/.h", "/.h/secret.txt", "/App.PY", "/bin/a.tar.gz"]),
        (["--path", "t/docs/**"], ["/docs/index.txt", "/docs/link", "/docs/none"]),
        (["--regex", r"bin/t\w+$"], SCRIPTS),
        (["-e", "txt,tar.gz", "--ext", "py", "-i"],
         ["/.h/secret.txt", "/docs/index.txt", "/bin/a.tar.gz", "/App.PY"]),
        (["-t", "d"], ["", "/.h", "/bin", "/docs", "/void"]),
        (["--type", "lp"], ["/docs/link", "/pipe"]),
        (["-t", "fx"], SCRIPTS),
        (["-t", "fde"], ["/docs/none", "/void"]),
        (["--size", "1k..1M", "-t", "f"], SCRIPTS),
        (["--size", "0", "-t", "f"], ["/docs/none"]),
        (["--newer", "2001-09-10", "-t", "f", "-e", "txt"], ["/.h/secret.txt"]),
        (["--older", "2001-09-10"], ["/docs/index.txt"]),
        (["--changed-newer", "1h", "-t", "l"], ["/docs/link"]),
        (["--changed", "1h", "-t", "l"], ["/docs/link"]),
        (["--changed-older", "1h"], []),
        (["--accessed-newer", "1h", "-e", "PY,log"], ["/app.log"]),
        (["--accessed-older", "1h", "-e", "PY,log"], ["/App.PY"]),
        (["--perm", "640"], ["/bin/a.tar.gz"]),
        (["--user", str(os.getuid()), "-t", "p"], ["/pipe"]),
        (["--user", "54321"], []),
        (["--group", "54321"], []),
        (["--links", "2", "-t", "f"], SCRIPTS),
        (["--samefile", "t/bin/twin"], SCRIPTS),
        (["--access", "x", "-t", "f"], SCRIPTS),
        (["--target", "*.txt"], ["/docs/link"]),
        (["--where", "size > 1*KB and type == 'f' and depth == 2"], SCRIPTS),
        (["--depth", "1", "-t", "f"], ["/.gitignore", "/App.PY", "/app.log"]),
        (["--min-depth", "2", "-t", "f", "-n", "t*"], SCRIPTS),
        (["--max-depth", "1", "-n", "*o*"], ["/.gitignore", "/app.log", "/docs", "/void"]),
        (["-E", "bin", "--exclude", "t/docs/n*", "-t", "f", "--no-hidden"],
         ["/App.PY", "/app.log", "/docs/index.txt"]),
        (["--exclude", "*"], [""]),
        (["--no-hidden", "--gitignore", "-E", "docs/"],
         ["", "/App.PY", "/bin", "/bin/a.tar.gz", "/bin/tool", "/bin/twin", "/pipe", "/void"]),
        (["--gitignore"], [path for path in ALL if path != "/app.log"]),
        (["-L", "-t", "f", "--path", "t/docs/*"], ["/docs/index.txt", "/docs/link", "/docs/none"]),
        (["-x"], ALL),
        (["--one-file-system", "--cache"], ALL),
        (["--cache-verify", "--cache", "-n", "tool"], ["/bin/tool"]),
        (["-n", "nothing"], []),
        (["-n", "none", "--dirs"], ["/docs"]),
        (["--dirs", "--sizes", "-n", "none"], ["/docs"]),
    ],
)  # fmt: skip
def test_tests_leave_what_passes_and_the_directories_on_the_way(
    run: Run, place: Path, args: list[str], wanted: list[str]
) -> None:
    expected = with_those_on_the_way(f"t{path}" for path in wanted)
    for more in ([], ["--sizes"]) if len(args) == 2 else ([],):
        result = run("walk", "t", *args, *more, "--jsonl")
        assert [json.loads(line)["path"] for line in result.out.splitlines()] == expected
        assert (result.code, result.err) == (0 if wanted else 1, "")


def test_a_tree_of_what_passes(run: Run, place: Path) -> None:
    assert run("walk", "t", "-n", "*.txt", "-t", "f") == (
        0,
        "t/\n├── .h/\n│   └── secret.txt\n└── docs/\n    └── index.txt\n".encode(),
        "",
    )
    assert run("walk", "t", "-n", "*.txt", "--sizes") == (
        0,
        "   27 t/\n   13 ├── .h/\n   13 │   └── secret.txt\n   14 └── docs/\n   14     └── index.txt\n".encode(),
        "",
    ), "what a directory has itself counts where it passes"
    assert run("walk", "t", "-n", "*.txt", "--sizes", "-d", "0").text == "   27 t/\n"
    assert run("walk", "t/App.PY", "-n", "*.txt") == (1, b"", "")
    assert run("walk", "t/App.PY", "-n", "*.PY") == (0, b"t/App.PY\n", "")


def test_with_follow_links_are_what_they_lead_to(run: Run, tmp_path: Path) -> None:
    plant(tmp_path, "t/a/x", "t/b -> a", "t/gone -> none", "t/a/up -> ..")
    result = run("walk", "-L", "t")
    message = "a link leads back to a directory around it; not followed"
    assert result == (
        2,
        "t/\n├── a/\n│   └── x\n├── b/\n│   └── x\n└── gone -> none\n".encode(),
        f"stdtools walk: t/a/up: {message}\nstdtools walk: t/b/up: {message}\n",
    )


# What goes wrong


@pytest.fixture
def unprivileged(shell: Run) -> Run:
    """Run a line of bash as someone for whom permissions count, even if we are root."""
    prefix = "setpriv --inh-caps=-all --bounding-set=-dac_override,-dac_read_search " if os.geteuid() == 0 else ""
    return lambda line: shell(prefix + line)


def test_an_unreadable_directory_is_shown_and_told(unprivileged: Run, tmp_path: Path) -> None:
    plant(tmp_path, "t/a", "t/closed/x", "t/z/b")
    (tmp_path / "t/closed").chmod(0)
    message = "stdtools walk: t/closed: Permission denied\n"
    tree = "t/\n├── a\n├── closed/\n└── z/\n    └── b\n"
    assert unprivileged("stdtools walk t") == (2, tree.encode(), message)
    assert unprivileged("stdtools walk t -t fd") == (2, tree.encode(), message)
    assert unprivileged("stdtools walk t -n '?'") == (2, tree.replace("├── closed/\n", "").encode(), message)
    sized = unprivileged("stdtools walk t --sizes --jsonl")
    assert (sized.code, sized.err) == (2, message)
    sizes = {json.loads(line)["path"]: json.loads(line)["size"] for line in sized.out.splitlines()}
    assert sizes["t"] == sum(os.lstat(tmp_path / p).st_size for p in ("t", "t/a", "t/closed", "t/z", "t/z/b"))
    assert unprivileged("stdtools walk t --by depth") == (2, b"1\t1\t3\t37.5\n2\t1\t5\t62.5\n", message)
    triples = unprivileged("stdtools walk t --triples")
    assert (triples.code, triples.err) == (2, message)
    assert unprivileged("stdtools walk t/closed") == (2, b"t/closed/\n", message)
    (tmp_path / "t/empty").mkdir()
    told = message * 2  # it can be neither read nor asked whether it is empty
    assert unprivileged("stdtools walk t/closed t/empty -t e") == (2, b"t/empty/\n", told)
    size = os.lstat(tmp_path / "t/empty").st_size
    assert unprivileged("stdtools walk t/closed t/empty -t e --top 1") == (2, b"d\t%d\tt/empty\n" % size, told)
    (tmp_path / "t/closed").chmod(0o755)


def test_what_vanishes_meanwhile_is_no_trouble(run: Run, tmp_path: Path) -> None:
    plant(tmp_path, *(f"t/{n}/keep" for n in range(40)))
    done = threading.Event()

    def churn() -> None:
        while not done.is_set():
            for n in range(40):
                (tmp_path / f"t/{n}/passing").mkdir()
                (tmp_path / f"t/{n}/passing/x").touch()
            for n in range(40):
                (tmp_path / f"t/{n}/passing/x").unlink()
                (tmp_path / f"t/{n}/passing").rmdir()

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        for args in ([], ["--sort", "size"], ["--sizes"], ["-t", "f"], ["--triples"], ["--top", "3"], ["--by", "ext"]):
            for _ in range(2):
                result = run("walk", "t", *args)
                assert (result.code, result.err) == (0, "")
                assert result.out.count(b"keep") == 40 or args[:1] in (["--top"], ["--by"])
    finally:
        done.set()
        thread.join()


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--top", "1", "--by", "ext"], "--by has no meaning with --top"),
        (["--by", "ext", "--triples"], "--triples has no meaning with --by"),
        (["--triples", "--from", "-"], "--triples has no meaning with --from"),
        (["--top", "1", "--from", "-"], "--top has no meaning with --from"),
        (["--bottom-up"], "--bottom-up needs --triples"),
        (["--from", "-", "."], "a ROOT has no meaning with --from"),
        (["-0"], "--null needs --from"),
        (["-n", "a/b"], "invalid value for --name: a name has no '/', so 'a/b' matches nothing; "
                        "write --path '**/a/b'"),
        (["--limit", "0"], "invalid value for '--limit': 0 is not in the range x>=1"),
        (["--top", "0"], "invalid value for '--top': 0 is not in the range x>=1"),
        (["-j", "0"], "invalid value for '-j': 0 is not in the range x>=1"),
        (["--sort", "path"], "invalid value for '--sort': 'path' is not one of 'name', 'size', 'mtime', 'ext', 'none'"),
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_refused(run: Run, args: list[str], message: str) -> None:
    result = run("walk", *args)
    assert (result.code, result.out) == (2, b"")
    assert result.err.replace(" / '--jobs'", "").replace("'-d' / ", "") == (
        f"stdtools walk: {message}; see 'stdtools walk --help'\n"
    )


# Size


@pytest.fixture
def abyss(tmp_path: Path) -> Iterator[bytes]:
    """A tree of 5,000 levels, whose path is longer than the kernel takes; returns its lines."""
    fd = os.open(tmp_path, os.O_RDONLY)
    for name in ["t"] + ["d"] * 5000:
        os.mkdir(name, dir_fd=fd)
        below = os.open(name, os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = below
    os.close(fd)
    yield b"t/\n" + b"".join(b"    " * n + "└── d/\n".encode() for n in range(5000))
    subprocess.run(["rm", "-rf", tmp_path / "t"], check=True)


@pytest.mark.once
def test_a_tree_may_be_deep(run: Run, abyss: bytes, tmp_path: Path) -> None:
    assert run("walk", "t") == (0, abyss, "")
    assert run("walk", "t", "-t", "d") == (0, abyss, "")
    total = run("walk", "t", "--sizes", "-d", "0", "--jsonl")
    assert json.loads(total.out)["size"] == sum(
        json.loads(line)["size"] for line in run("find", "t", "--jsonl", "--columns", "size").out.splitlines()
    )
    for more in ([], ["--bottom-up"]):
        result = run("walk", "t", "--triples", *more)
        lines = [b"t" + b"/d" * n + (b'\t["d"]\t[]\n' if n < 5000 else b"\t[]\t[]\n") for n in range(5001)]
        assert result == (0, b"".join(reversed(lines) if more else lines), "")
    paths = run("find", "t", "--template", "$path/")
    assert run("walk", "--from", "-", stdin=paths.out).out.splitlines()[-1] == b"    " * 5000 + "└── d/".encode()


@pytest.mark.once
def test_a_directory_may_be_large(run: Run, tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    for n in range(30_000):
        os.close(os.open(tmp_path / f"t/{n:05}", os.O_CREAT))
    whole = "t/\n" + "".join(f"├── {n:05}\n" for n in range(29_999)) + "└── 29999\n"
    assert run("walk", "t") == (0, whole.encode(), "")
    assert run("walk", "t", "-t", "f").text == whole
    assert run("walk", "t", "--limit", "2").text == "t/\n├── 00000\n├── 00001\n└── … 29,998 more\n"
    assert run("walk", "t", "--by", "ext").text == "(none)\t30000\t0\t0.0\n"
    listing = run("find", "t")
    assert run("walk", "--from", "-", "--limit", "1", stdin=listing.out).text == (
        "./\n└── t/\n    ├── 00000\n    └── … 29,999 more\n"
    )


def test_what_was_typed_is_stronger_than_a_variable_and_that_than_the_configuration(
    run: Run, tmp_path: Path, home: Path
) -> None:
    plant(tmp_path, "t/a", "t/b")
    config = home / ".config/stdtools/config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("[walk]\ntop = 1\nlimit = 1\nformat = 'csv'\ndisk = true\n")
    by_depth = b"depth,files,size,percent\n1,2,8192,100.0\n"
    assert run("walk", "t", "--by", "depth", "-t", "f") == (0, by_depth, "")
    assert run("walk", "t", env={"STDTOOLS_WALK_BY": "depth"}) == (0, by_depth, "")
    assert run("walk", "--from", "-", "--limit", "1", stdin=b"a\nb\n").text == "./\n├── a\n└── … 1 more\n"
    assert run("walk", "--from", "-", "--csv", stdin=b"a\n").text == "path,name,type,depth\n.,.,d,0\n./a,a,f,1\n"
    told = "stdtools walk: --limit is for lines: a record for what is left out would be none"
    assert run("walk", "--from", "-") == (2, b"", f"{told}; see 'stdtools walk --help'\n")


# Triples


def _as_json(names: Iterable[str]) -> list[Any]:
    return [BASE64 if name == "\udcff" else name for name in names]


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """Directories, files, links to both and to nothing, a pipe, names of all sorts."""
    root = tmp_path / "t"
    plant(root, "z/x", "a/b/c/", "a/f", "b -> a", "l -> z/x", "gone -> none", "a/up -> ..", ".h/i", "ü\n", "\udcff")
    os.mkfifo(root / "pipe")
    for n in range(30):
        plant(root, f"many/{n}", f"many/d{n}/e", f"many/l{n} -> d{n}", f"many/k{n} -> {n}")
    return root


def test_triples_are_what_os_walk_yields(run: Run, mixed: Path, tmp_path: Path) -> None:
    """Entries of a directory come in no order of their own; directories come before or after those in them."""
    expected = {path: (sorted(_as_json(ds), key=str), sorted(_as_json(fs), key=str)) for path, ds, fs in os.walk(mixed)}
    by_parts = sorted(expected, key=lambda path: os.fsencode(path).split(b"/"))
    for more in ([], ["--bottom-up"]):
        result = run("walk", "--triples", str(mixed), "--jsonl", *more)
        assert (result.code, result.err) == (0, "")
        rows = [json.loads(line) for line in result.out.splitlines()]
        found = {row["path"]: (sorted(row["directories"], key=str), sorted(row["files"], key=str)) for row in rows}
        assert found == expected
        assert len(rows) == len(expected)
        order = [row["path"] for row in rows]
        if more:  # in order of names, but a directory after those in it
            by_parts.sort(key=lambda path: [*os.fsencode(path).split(b"/"), b"\xff\xff"])
        assert order == by_parts
    assert expected[str(mixed)][0] == [".h", "a", "b", "many", "z"], "a link to a directory is one of them"


def test_a_link_to_a_directory_is_one_where_the_path_is_too_long_for_the_kernel(run: Run, tmp_path: Path) -> None:
    fd = os.open(tmp_path, os.O_RDONLY)
    for _ in range(22):
        os.mkdir("n" * 200, dir_fd=fd)
        below = os.open("n" * 200, os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = below
    os.mkdir("real", dir_fd=fd)
    for name, target in (("to", "real"), ("nowhere", "none"), ("self", "self")):
        os.symlink(target, name, dir_fd=fd)
    os.close(fd)
    result = run("walk", "--triples", "--jsonl")
    assert (result.code, result.err) == (0, "")
    row = json.loads(result.out.splitlines()[-2])
    assert (row["directories"], row["files"]) == (["real", "to"], ["nowhere", "self"])


def test_triples_of_names_that_are_not_utf_8(run: Run, tmp_path: Path) -> None:
    plant(tmp_path, "t/\udcff/\udcff")
    assert [json.loads(line) for line in run("walk", "--triples", "t", "--jsonl").out.splitlines()] == [
        {"path": "t", "directories": [BASE64], "files": []},
        {"path": "t/\ufffd", "path_b64": "dC//", "directories": [], "files": [BASE64]},
    ]
    encoded = b'[{"$base64": true, "encoded": "/w=="}]'
    assert run("walk", "--triples", "t") == (0, b"t\t%b\t[]\nt/\xff\t[]\t%b\n" % (encoded, encoded), "")


def test_tests_say_which_files_triples_name(run: Run, mixed: Path) -> None:
    assert run("walk", "--triples", "t", "-n", "x", "-E", "many", "--no-hidden", "-E", "a", "--jsonl").text == (
        '{"path": "t", "directories": ["b", "z"], "files": []}\n{"path": "t/z", "directories": [], "files": ["x"]}\n'
    )
    assert run("walk", "--triples", "t/z/x") == (1, b"", "")
    rows = run("walk", "--triples", "-d", "1", "t", "t/a", "--jsonl").out.splitlines()
    assert [json.loads(row)["path"] for row in rows] == ["t", "t/a"]


# Lists


def test_listed_paths_make_a_tree(run: Run, tmp_path: Path) -> None:
    lines = b"b/c\n./a//x\n\nb\n/etc/hosts\nd/\nb/c\n./\na/./y\nno newline"
    expected = (
        b"/\n\xe2\x94\x94\xe2\x94\x80\xe2\x94\x80 etc/\n    \xe2\x94\x94\xe2\x94\x80\xe2\x94\x80 hosts\n"
        + "./\n├── a/\n│   ├── x\n│   └── y\n├── b/\n│   └── c\n├── d/\n└── no newline\n".encode()
    )
    assert run("walk", "--from", "-", stdin=lines) == (0, expected, "")
    (tmp_path / "list").write_bytes(lines.replace(b"\n", b"\0"))
    assert run("walk", "--from", "list", "-0") == (0, expected, "")
    assert run("walk", "--from", "list", "--null", "--dirs", "--ascii").text == (
        "/\n`-- etc/\n./\n|-- a/\n|-- b/\n`-- d/\n"
    )
    assert run("walk", "--from", "-", "-d", "1", "--limit", "1", "--reverse", stdin=lines).text == (
        "/\n└── etc/\n./\n├── no newline\n└── … 3 more\n"
    )
    assert run("walk", "--from", "-", "-d", "1", "--limit", "1", "--ascii", stdin=b"a\nb\n").text == (
        "./\n|-- a\n`-- ... 1 more\n"
    )
    assert run("walk", "--from", "") == (2, b"", "stdtools walk: '': No such file or directory\n")
    assert run("walk", "--from", "-") == (1, b"", "")
    assert run("walk", "--from", "-", stdin=b".\n") == (0, b"./\n", "")
    assert run(
        "walk", "--from", "-", "-0", stdin=b"{a\nb\0\xff"
    ).out == b"./\n\xe2\x94\x9c\xe2\x94\x80\xe2\x94\x80 {a\nb\n" + ("└── ".encode() + b"\xff\n")


def test_listed_sizes_add_up(run: Run) -> None:
    lines = b"3 a/x\n 10\ta\n5 /b/c d\n1024 a/y\n3 a/x\n"
    expected = "    5 /\n    5 └── b/\n    5     └── c d\n 1.0K ./\n 1.0K └── a/\n    3     ├── x\n 1.0K     └── y\n"
    assert run("walk", "--from", "-", "--sizes", stdin=lines) == (0, expected.encode(), "")
    records = b'{"path": "a/x", "size": 3, "type": "f"}\n{"size": 10, "path": "a"}\n{"path": "a/y", "size": 1024}\n'
    result = run("walk", "--from", "-", "--sizes", "--jsonl", stdin=records)
    huge = f'{{"path": "a", "size": 1{"0" * 400}}}\n{{"path": "b", "size": {(1 << 63) - 1}}}\n'
    drawn = " 8.0E ./\n    0 ├── a\n 8.0E └── b\n"
    assert run("walk", "--from", "-", "--sizes", stdin=huge) == (0, drawn.encode(), "")
    rows = [(row["path"], row["type"], row["size"]) for row in map(json.loads, result.out.splitlines())]
    assert rows == [(".", "d", 1037), ("./a", "d", 1037), ("./a/x", "f", 3), ("./a/y", "f", 1024)]


@pytest.mark.parametrize(
    ("args", "data", "message"),
    [
        ([], b"a\n\0\n", "holds a NUL; write -0 for names that end with one"),
        (["--sizes"], b"1 a\n\nb\n", "line 3 is not a whole number of bytes, a blank and a path, as du -b writes it"),
        ([], b'{"path": "a"}\n{"name": "a"}\n', "record 2: it has no path"),
        ([], b'{"path": 5}\n', "record 1: it has no path"),
        ([], b'{"path": "a"}\n5\n', "record 2: it has no path"),
    ],
)
def test_lists_that_cannot_be_read(run: Run, args: list[str], data: bytes, message: str) -> None:
    assert run("walk", "--from", "-", *args, stdin=data) == (2, b"", f"stdtools walk: standard input: {message}\n")


@pytest.mark.parametrize("record", [r'{"path": "\ud800"}', '{"path_b64": "a"}', r'{"path": "a\u0000b"}'])
def test_a_record_whose_path_is_none_is_no_bug_of_ours(run: Run, record: str) -> None:
    result = run("walk", "--from", "-", stdin=record)
    assert (result.code, result.out) == (2, b"")
    assert result.err.startswith("stdtools walk: standard input: record 1: ")
    assert "internal error" not in result.err


def test_a_list_takes_no_tests(run: Run) -> None:
    """They would be forgotten in silence."""
    for test in (["-n", "nothing"], ["-t", "d"], ["--gitignore"]):
        result = run("walk", "--from", "-", *test, stdin=b"a\n")
        assert result.code == 2
        assert result.err.count("\n") == 1


def test_what_find_lists_is_the_tree_of_walk(shell: Run, run: Run, mixed: Path) -> None:
    """But for links, which a list says nothing of, and a directory without entries, which looks like a file."""
    plant(mixed, "a/b/c/leaf")
    tree = re.sub(rb" -> .*", b"", run("walk", "t", "-N", "*\n").out)
    head, *lines = tree.splitlines()
    expected = b"\n".join([b"./", "└── ".encode() + head, *(b"    " + line for line in lines), b""])
    for line in (
        "stdtools find t -N $'*\n' | stdtools walk --from -",
        "stdtools find t -N $'*\n' -0 | shuf -z | stdtools walk --from - -0",
        "stdtools find t -N $'*\n' --jsonl | shuf | stdtools walk --from -",
        "stdtools find ./t/ -N $'*\n' -t flp --jsonl | stdtools walk --from - --sort name",
    ):
        assert shell(line) == (0, expected, ""), line
    sized = run("walk", "t", "--sizes", "-d", "0", "--jsonl")
    listed_size = shell("stdtools find t --jsonl | stdtools walk --from - --sizes -d 0 --jsonl")
    assert json.loads(listed_size.out)["size"] == json.loads(sized.out)["size"]


@pytest.mark.filterwarnings("ignore:unclosed file", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("in_memory", [50_000, 3])
def test_a_thousand_random_lists_are_drawn_as_the_plainest_way_does(
    monkeypatch: pytest.MonkeyPatch, in_memory: int
) -> None:
    """Also when all is sorted on disk."""
    monkeypatch.setattr(sorting, "IN_MEMORY", in_memory)
    draw = random.Random(in_memory)
    parts = [b"a", b"b", b"a.b", b"a b", b"a-", b"\xff", b"ab", b"..", b"A", b"\n", b".", b""]
    for _ in range(500):
        paths = []
        for _ in range(draw.randrange(1, 12)):
            path = draw.choice([b"", b"/", b"./"]) + b"/".join(draw.choices(parts, k=draw.randrange(1, 5)))
            paths.append(path + draw.choice([b"", b"", b"/"]) or b".")
        nodes = Branches()
        pairs = listed.parse_lines(paths, "list", sizes=False)
        text = b""
        for branch in listed.grow(listed.sorted_paths(pairs, "list"), nodes.write):
            for twig in drawing.twigs(branch, nodes.read, drawing.Shape()):
                assert twig.branch is not None
                name = twig.branch.name + (b"/" if twig.branch.kind == "d" and twig.branch.name != b"/" else b"")
                text += twig.rails.encode() + name + b"\n"
        assert text == drawn_roots(tree_of(paths)), paths


def test_records_of_any_name_are_listed(run: Run) -> None:
    names = [bytes([n]) + b"x" for n in range(1, 256) if n not in b"./"]
    rows = [{"path": "?", "path_b64": b2a_base64(name, newline=False).decode()} for name in names]
    data = "".join(json.dumps(row) + "\n" for row in rows)
    result = run("walk", "--from", "-", "--jsonl", stdin=data)
    found = [json.loads(line) for line in result.out.splitlines()[1:]]
    expected = [{"path": b"./" + name, "name": name} for name in sorted(names)]
    assert [_decoded(row) for row in found] == expected


def _decoded(row: dict[str, Any]) -> dict[str, bytes]:
    from binascii import a2b_base64

    return {k: a2b_base64(row[f"{k}_b64"]) if f"{k}_b64" in row else row[k].encode() for k in ("path", "name")}


# The scripts of --explain


@pytest.mark.parametrize(
    "args",
    [
        ["t"],
        ["t/", "./t/a", "t/z/x"],
        ["t", "--ascii", "--no-hidden"],
        ["--triples", "t/z", "t/a"],
        ["--triples", "t/many"],
        ["t/b"],
    ],
)
def test_the_script_of_explain_does_the_same(run: Run, shell: Run, mixed: Path, args: list[str]) -> None:
    os.unlink(os.fsencode(mixed) + b"/\xff")
    script = run("walk", *args, "--explain")
    assert (script.code, script.err) == (0, "")
    assert script.out.count(b"\n") <= 25
    (mixed.parent / "script.py").write_bytes(script.out)
    done = shell("python3 script.py")
    assert (done.code, done.out, done.err) == (0, run("walk", *args).out, "")


def test_what_explain_does_not_cover_is_told(run: Run) -> None:
    for option in (["--sizes"], ["--top", "1"], ["--by", "ext"], ["-n", "a"], ["--limit", "1"], ["--depth", "0"]):
        name = "--name" if option[0] == "-n" else option[0]
        assert run("walk", "--explain", *option) == (2, b"", f"stdtools walk: --explain does not cover {name}\n")
    assert run("walk", "--explain", "--dirs").err == "stdtools walk: --explain does not cover --dirs\n"
    assert run("walk", "--explain", "--from", "-").err == "stdtools walk: --explain does not cover --from\n"
    assert run("walk", "--explain", "--triples", "--ascii") == run("walk", "--triples", "--ascii")
    assert run("walk", "--explain", "--sort", "size").err == "stdtools walk: --explain covers --sort only with name\n"


# The whole


def test_every_option_is_tried_here_or_beside() -> None:
    text = Path(__file__).read_text() + Path(__file__).with_name("test_walk_sums.py").read_text()
    common = {"--help", "--verbose", "--debug"}  # tests/test_cli.py
    for param in LEAVES["walk"].params:
        if param.param_type_name == "option" and not common & set(param.opts):
            names = [*param.opts, *param.secondary_opts]
            assert any(f'"{name}"' in text or f" {name} " in text for name in names), names


def test_modes_of_what_is_walked_stay_as_they_are(run: Run, site: Path) -> None:
    """A walk is a look."""
    before = {path: os.lstat(path) for path in (site, *site.rglob("*"))}
    for args in ([], ["--sizes"], ["--triples"], ["-n", "*"], ["--cache"]):
        assert run("walk", "site", *args).code == 0
    after = {path: os.lstat(path) for path in (site, *site.rglob("*"))}
    for path, found in before.items():
        assert (found.st_mtime_ns, found.st_ctime_ns, stat.S_IMODE(found.st_mode)) == (
            after[path].st_mtime_ns, after[path].st_ctime_ns, stat.S_IMODE(after[path].st_mode)
        )  # fmt: skip
