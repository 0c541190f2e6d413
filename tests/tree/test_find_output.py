"""find: how finds are written, sorted and counted; --why and --explain."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.log.test_view import drop_the_right_to_read_all
from tests.test_cli import on_terminal

pytestmark = [pytest.mark.process, pytest.mark.once]

HEAD = "path,name,type,size,mtime,mode,user,group,links,depth"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Three files whose names, sizes, times and extensions are ordered differently."""
    (tmp_path / "d").mkdir()
    for number, (name, size) in enumerate([("b.x", 30), ("a.z", 20), ("d/c.y", 10)]):
        (tmp_path / name).write_bytes(b"x" * size)
        (tmp_path / name).chmod(0o640)
        os.utime(tmp_path / name, ns=(0, 1_700_000_000_123_456_789 + number))
    (tmp_path / "l").symlink_to("d/c.y")
    return tmp_path


@pytest.fixture
def who() -> tuple[str, str]:
    """Our names."""
    user, group = (
        subprocess.run(["id", word], capture_output=True, text=True).stdout.strip() for word in ("-un", "-gn")
    )
    return user, group


@pytest.mark.parametrize(
    ("key", "order"),
    [
        ("name", ["./a.z", "./b.x", "./d/c.y"]),
        ("path", ["./a.z", "./b.x", "./d/c.y"]),
        ("size", ["./d/c.y", "./a.z", "./b.x"]),
        ("mtime", ["./b.x", "./a.z", "./d/c.y"]),
        ("ext", ["./b.x", "./d/c.y", "./a.z"]),
    ],
)
def test_sorted(run: Run, tree: Path, key: str, order: list[str]) -> None:
    assert run("find", "-t", "f", "--sort", key).text.split() == order
    assert run("find", "-t", "f", "--sort", key, "--reverse").text.split() == order[::-1]
    assert run("find", "-t", "f", "--sort", key, "--max-results", "2").text.split() == order[:2]
    rows = json.loads(run("find", "-t", "f", "--sort", key, "--json").out)
    assert [row["path"] for row in rows] == order


def test_records_in_every_format(run: Run, tree: Path, who: tuple[str, str]) -> None:
    env = {"TZ": "Europe/Berlin"}
    values = ["b.x", "b.x", "f", 30, "2023-11-14T23:13:20.123456789+01:00", "0640", *who, 1, 0]
    row = dict(zip(HEAD.split(","), values, strict=True))
    assert json.loads(run("find", "b.x", "--json", env=env).out) == [row]
    assert json.loads(run("find", "b.x", "--jsonl", env=env).out) == row
    cells = list(map(str, values))
    assert run("find", "b.x", "--csv", env=env).text == f"{HEAD}\n{','.join(cells)}\n"
    assert (
        run("find", "b.x", "--format", "tsv", env=env).text
        == "\t".join(HEAD.split(",")) + "\n" + "\t".join(cells) + "\n"
    )
    assert run("find", "b.x", "--format", "plain", env=env).text == "\t".join(cells) + "\n"
    table = run("find", "b.x", "--format", "table", env=env).text.splitlines()
    assert (table[0].split(), table[2].split()) == (HEAD.split(","), cells)


def test_columns(run: Run, tree: Path) -> None:
    assert run("find", "d/c.y", "--columns", "stem,ext,size") == (0, b"c\ty\t10\n", "")
    assert run("find", "d/c.y", "--columns", "depth,name", "--json").out == b'[{"depth": 0, "name": "c.y"}]\n'
    (age,) = json.loads(run("find", "d/c.y", "--columns", "age", "--json").out)
    assert age["age"] > 1e7


def test_a_name_that_is_no_text_comes_twice(run: Run, tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff.x")).touch()
    row = json.loads(run("find", "-e", "x", "--jsonl", "--columns", "path,size").out)
    assert row == {"path": "./\ufffd.x", "path_b64": "Li//Lng=", "size": 0}


def test_nothing_found_is_exit_1_in_every_format(run: Run, tree: Path) -> None:
    for args, out in (([], b""), (["--json"], b"[]\n"), (["--jsonl"], b""), (["--csv"], f"{HEAD}\n".encode()),
                      (["--long"], b""), (["--sort", "size"], b""), (["-0"], b""), (["-q"], b"")):  # fmt: skip
        assert run("find", "-n", "nothing", *args) == (1, out, "")


@pytest.mark.parametrize(
    ("template", "line"),
    [
        ("$path", b"d/c.y\n"),
        (r"$name\t${size}B", b"c.y\t10B\n"),
        (r"$stem\n$ext", b"c\ny\n"),
        (r"$$5 \\t \q $type\0", b"$5 \\t \\q f\0\n"),
        ("$mode $links $depth\\", b"0640 1 0\\\n"),
        ("", b"\n"),
    ],
)
def test_templates(run: Run, tree: Path, template: str, line: bytes) -> None:
    assert run("find", "d/c.y", "--template", template) == (0, line, "")
    assert run("find", "d/c.y", "--template", template, "-0").out == line[:-1] + b"\0"


def test_a_template_keeps_its_own_tabs_on_a_terminal(tree: Path) -> None:
    (tree / "\x1b[31m").touch()
    seen = on_terminal(["find", "--template", r"$name\t$size", "--sort", "name", "-t", "f"], tree)
    assert seen == "\\x1b[31m\t0\na.z\t20\nb.x\t30\nc.y\t10\n"


def test_long(run: Run, tree: Path, who: tuple[str, str]) -> None:
    result = run("find", "b.x", "l", "--long", env={"TZ": "UTC"})
    first, second = result.text.splitlines()
    assert first == f"-rw-r-----   1 {who[0]:<8} {who[1]:<8}         30 2023-11-14 22:13:20 b.x"
    assert second.startswith("lrwxrwxrwx   1 ")
    assert second.endswith(" l -> d/c.y")
    assert run("find", "b.x", "--long", "-0").out.endswith(b" b.x\0")


def test_depth_first(run: Run, tree: Path) -> None:
    found = run("find", "--depth-first").text.split()
    assert sorted(found) == [".", "./a.z", "./b.x", "./d", "./d/c.y", "./l"]
    assert found[-1] == "."
    assert found.index("./d/c.y") < found.index("./d")


def test_max_results(run: Run, tree: Path) -> None:
    for args in ([], ["-n", "*"], ["--depth-first"], ["-j", "4"]):
        assert run("find", "--max-results", "2", *args).text.count("\n") == 2
    assert len(json.loads(run("find", "--max-results", "3", "--json").out)) == 3
    assert run("find", "--max-results", "99").text.count("\n") == 6


def test_quiet_only_answers(run: Run, tree: Path) -> None:
    assert run("find", "-q", "-n", "b.x") == (0, b"", "")
    assert run("find", "-q", "-n", "nothing") == (1, b"", "")
    assert run("find", "-q", "gone", "-n", "nothing") == (2, b"", "stdtools find: gone: No such file or directory\n")


@pytest.mark.parametrize(
    ("args", "out"),
    [
        ("-n *.y -t f", "./d/c.y: is of type f (--type f)\n./d/c.y: passes --name '*.y'\nlisted\n"),
        ("-n *.z", "./d/c.y: does not pass --name '*.z'\nhidden\n"),
        ("-t d,l", "./d/c.y: is of type f, not d,l (--type)\nhidden\n"),
        ("-E d", "./d: its name is excluded (--exclude)\nhidden\n"),
        ("-E d/c*", "./d/c.y: its path is excluded (--exclude)\nhidden\n"),
        ("-d 1", "./d: lies 1 deep, and the walk goes no further than 1 (--max-depth, --depth)\nhidden\n"),
        ("--depth 1", "./d: lies 1 deep, and the walk goes no further than 1 (--max-depth, --depth)\nhidden\n"),
        ("--min-depth 3", "./d/c.y: lies 2 deep, not 3 or more (--min-depth, --depth)\nhidden\n"),
        ("-e y,z", "./d/c.y: passes --ext 'y' --ext 'z'\nlisted\n"),
        ("-e z", "./d/c.y: does not pass --ext 'z'\nhidden\n"),
        ("--size >99", "./d/c.y: does not pass --size '>99'\nhidden\n"),
        ("--where size>5", "./d/c.y: passes --where 'size>5'\nlisted\n"),
        ("", "listed\n"),
    ],
)
def test_why(run: Run, tree: Path, args: str, out: str) -> None:
    code = 0 if out.endswith("listed\n") else 1
    assert run("find", "--why", "d/c.y", *args.split()) == (code, out.encode(), "")


def test_why_names_the_line_of_gitignore(run: Run, tree: Path) -> None:
    (tree / ".gitignore").write_text("# mine\n*.y\n")
    assert run("find", "--gitignore", "--why", "d/c.y") == (
        1,
        b"./d/c.y: is ignored by ./.gitignore:2: *.y\nhidden\n",
        "",
    )
    (tree / "d/.gitignore").write_text("!c.*\n")
    assert run("find", "--gitignore", "--why", "d/c.y") == (
        0,
        b"./d/c.y: is kept by ./d/.gitignore:1: !c.*\nlisted\n",
        "",
    )


def test_why_writes_names_and_rules_as_they_are_and_harmless_on_a_terminal(run: Run, tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_bytes(b"caf\xe9\nx\x1bc*\n")
    for name in (b"caf\xe9", b"x\x1bcy"):
        (tmp_path / os.fsdecode(name)).touch()
    said = b"./caf\xe9: is ignored by ./.gitignore:1: caf\xe9\nhidden\n"
    assert run("find", "--gitignore", "--why", b"caf\xe9") == (1, said, "")
    said = b"./x\x1bcy: is ignored by ./.gitignore:2: x\x1bc*\nhidden\n"
    assert run("find", "--gitignore", "--why", "x\x1bcy") == (1, said, "")
    seen = on_terminal(["find", "--gitignore", "--why", "x\x1bcy"], tmp_path)
    assert seen == "./x\\x1bcy: is ignored by ./.gitignore:2: x\\x1bc*\nhidden\n"


def test_why_of_hidden_links_and_unreadable(run: Run, tree: Path) -> None:
    (tree / ".h").touch()
    assert run("find", "--why", ".h", "--no-hidden") == (1, b"./.h: begins with a dot (--no-hidden)\nhidden\n", "")
    (tree / "dl").symlink_to("d")
    said = b"./dl: is a symbolic link, which only -L follows\nhidden\n"
    assert run("find", "--why", "dl/c.y") == (1, said, "")
    said = b"dl: is a symbolic link, which -H and -L follow\nhidden\n"
    assert run("find", "dl", "--why", "dl/c.y") == (1, said, "")
    assert run("find", "--why", "dl/c.y", "-L") == (0, b"listed\n", "")
    assert run("find", "dl/", "d", "--why", "dl/../d/c.y") == (0, b"listed\n", "")
    assert run("find", "--why", "dl/../d/c.y") == (0, b"listed\n", "")
    (tree / "d/up").symlink_to("..")
    said = b"./d/up: leads back to a directory around it, or cannot be looked at (--follow)\nhidden\n"
    told = "stdtools find: ./d/up: a link leads back to a directory around it; not followed\n"
    assert run("find", "--why", "d/up", "-L") == (1, said, told)
    assert run("find", "-d", "1", ".", "d", "--why", "d/c.y") == (0, b"listed\n", "")
    (tree / "d").chmod(0o311)
    settings = {"preexec_fn": drop_the_right_to_read_all} if os.geteuid() == 0 else {}
    said = b"./d/c.y: lies in a directory that cannot be read: Permission denied\nhidden\n"
    assert run("find", "--why", "d/c.y", **settings) == (1, said, "")
    assert run("find", "--why", "gone") == (2, b"", "stdtools find: ./gone: does not exist\n")
    assert run("find", "d", "--why", "b.x") == (2, b"", "stdtools find: b.x: lies below none of d\n")


@pytest.mark.parametrize(
    "args",
    [
        "", "-n *.y", "-n *.y -n a*", "-N *.y -t f", "-t d,l", "-t f --size >15", "--size 1..2", "-0 -E d",
        "--no-hidden d b.x",
        "-t f --size +10 --size <=30", "d/ -n d", "-t l -E .*",
    ],
)  # fmt: skip
def test_the_explained_script_finds_the_same(run: Run, python: str, tree: Path, args: str) -> None:
    (tree / ".hidden").mkdir()
    (tree / ".hidden/x").touch()
    script = run("find", *args.split(), "--explain")
    if ".." in args:
        assert script == (2, b"", "stdtools find: --explain covers --size only with one number\n")
        return
    done = subprocess.run([python, "-c", script.text], cwd=tree, capture_output=True, check=True)
    end = b"\0" if "-0" in args else b"\n"
    assert sorted(done.stdout.split(end)) == sorted(run("find", *args.split()).out.split(end))


def test_what_is_not_explained_is_said(run: Run) -> None:
    assert run("find", "-e", "py", "--explain") == (2, b"", "stdtools find: --explain does not cover --ext\n")
    assert run("find", "-d", "0", "--explain") == (2, b"", "stdtools find: --explain does not cover --max-depth\n")
    for wrong in (["--size", "x"], ["-n", "a/b"], ["-E", ""], ["-t", ""], ["-t", "y"], ["--reverse"]):
        refused = run("find", *wrong)
        assert refused.code == 2
        assert run("find", *wrong, "--explain") == refused


def test_a_pipeline_carries_every_name(shell: Run, tmp_path: Path) -> None:
    for name in (b"new\nline", b"\xff", b"-dash", b"sp ace"):
        (tmp_path / os.fsdecode(name)).write_bytes(b"x")
    script = (
        "stdtools find -0 -t f | xargs -0 cat | wc -c; stdtools find -t f | head -n 1 | wc -l; stdtools find -- -dash"
    )
    assert shell(script).out == b"4\n1\n-dash\n"
