"""path and sponge, beside basename, dirname, realpath and os.path."""

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from stdtools.files.paths import LOOKING, PURE
from tests.conftest import COMMAND, Run

pytestmark = pytest.mark.process

ODD = [
    b"a/b.tar.gz",
    b".hidden",
    b"/",
    b"a//b/",
    b"",
    b"\xff/\xe9.x",
    b"-n",
    b"a\nb/c\td.e",
    b"../x/..",
    b"~none/x",
    b"a/.b.c",
]


def test_any_name_comes_through_and_is_what_os_path_says(run: Run) -> None:
    names = b"\0".join(ODD) + b"\0"
    for op, function in PURE.items():
        if op not in ("parts", "split", "abs"):
            expected = b"".join(os.fsencode(function(os.fsdecode(name))) + b"\0" for name in ODD)
            assert run("path", op, "-0", "-", stdin=names) == (0, expected, ""), op
    for tool in ("basename", "dirname"):
        plain = [name for name in ODD if name and not name.endswith(b"/")]
        done = subprocess.run([tool, *([] if tool == "dirname" else ["-a"]), "-z", "--", *plain], capture_output=True)
        ours = run("path", {"basename": "name", "dirname": "dir"}[tool], "-0", "-", stdin=b"\0".join(plain) + b"\0").out
        assert ours.split(b"\0")[:-1] == done.stdout.split(b"\0")[:-1]


def test_several_at_once_templates_and_what_is_asked_of_the_disk(run: Run, shell: Run, tmp_path: Path) -> None:
    (tmp_path / "f.txt").write_text("four")
    (tmp_path / "link").symlink_to("f.txt")
    rows = run("path", "name,type,size,exists,access,split", "f.txt", "link", "none", "--jsonl")
    assert rows.code == 1
    assert [list(json.loads(line).values())[:4] for line in rows.text.splitlines()] == [
        ["f.txt", "file", 4, True],
        ["link", "link", 5, True],
        ["none", None, None, False],
    ]
    assert run("path", "real", "link").text == shell("realpath link").text
    assert run("path", "exists", "f.txt") == (0, b"true\n", "")
    assert run("path", "exists", "none") == (1, b"false\n", "")
    assert run("path", "--template", "{dir}/{stem}{{}}.bak", "a/b.c").text == "a/b{}.bak\n"
    assert run("path", "--template", "{dir}/{stem}.bak", "b.c").text == "./b.bak\n"
    assert run("path", "dir", "a", "/a", "").text == ".\n/\n.\n"
    assert run("path", "join", "--with", "x", "a", "b/").text == "a/x\nb/x\n"
    assert run("path", "common", "a/b/c", "a/b/d").text == "a/b\n"
    assert run("path", "name", "--unique", "-", stdin="a/x\nb/y\nc/x\n").text == "x\ny\n"
    assert run("path", "--template", "{name}: {size}%", "f.txt", "none") == (1, b"f.txt: 4%\nnone: %\n", "")
    assert run("path", "rel", "", "--start", "").text == ".\n"
    assert run("path", "ext,name", "--unique", "a.x", "b/a.x", "c", "a.x").text == ".x\ta.x\n\tc\n"
    many = "".join(f"d{n % 7}/f{n % 1000}\n" for n in range(100_000))
    assert sorted(run("path", "name", "--unique", "-", stdin=many).text.split()) == sorted(f"f{n}" for n in range(1000))
    strace = shell("strace -f -e trace=%file -o t stdtools path name,stem,ext,dir,norm /none/such; grep -c /none t")
    assert strace.text.splitlines()[-1] == "1", "nothing but the command line names it"


def test_what_is_not_there_is_1_wherever_exists_stands(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert run("path", "exists,size", "empty") == (0, b"true\t0\n", "")
    assert run("path", "name,exists", "empty", "none") == (1, b"empty\ttrue\nnone\tfalse\n", "")
    assert run("path", "--template", "{exists} {name}", "none") == (1, b"false none\n", "")
    assert run("path", "--template", "{exists} {name}", "empty") == (0, b"true empty\n", "")


def test_a_nul_in_a_line_is_a_name_of_nothing(run: Run, tmp_path: Path) -> None:
    line = b"a\0b\n"
    assert run("path", "real", "-", stdin=line) == (0, os.fsencode(tmp_path.resolve()) + b"/a\0b\n", "")
    assert run("path", "access", "-", stdin=line) == (0, b"---\n", "")
    assert run("path", "expand", "-", stdin=b"~a\0b/x\n") == (0, b"~a\0b/x\n", "")
    assert run("path", "exists", "-", stdin=line) == (1, b"false\n", "")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["nme", "x"], "'nme' is no operation; did you mean name?; see 'stdtools path --help'"),
        (["join", "x"], "join needs --with PART; see 'stdtools path --help'"),
        (
            ["common,name"],
            "common is of all paths together; no other operation goes with it; see 'stdtools path --help'",
        ),
        (["common", "/a", "b"], "some are absolute and some are relative: they have nothing in common"),
        (
            ["--template", "{a.b}", "x"],
            f"--template: {{a.b}} is no operation; write one of {', '.join(PURE | LOOKING)}; "
            "see 'stdtools path --help'",
        ),
    ],
)
def test_what_is_no_operation_is_refused(run: Run, args: list[str], message: str) -> None:
    assert run("path", *args) == (2, b"", f"stdtools path: {message}\n")


def test_a_file_is_read_before_it_is_written(shell: Run, run: Run, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"b\na\n\xff")
    os.chmod(tmp_path / "f", 0o640)
    (tmp_path / "link").symlink_to("f")
    assert shell("LC_ALL=C sort f | stdtools sponge link") == (0, b"", "")
    assert (tmp_path / "f").read_bytes() == b"a\nb\n\xff\n"
    assert (tmp_path / "f").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "link").is_symlink()
    before = (tmp_path / "f").stat()
    assert shell("cat f | stdtools sponge f").code == 0
    assert shell("cat f | stdtools sponge --if-changed f").code == 1
    assert shell("true | stdtools sponge --unless-empty f").code == 1
    after = (tmp_path / "f").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert shell("echo c | stdtools sponge -a --backup .old f && cat f.old").out == b"a\nb\n\xff\n"
    assert (tmp_path / "f").read_bytes() == b"a\nb\n\xff\nc\n"
    assert shell("echo x | stdtools sponge -a new && cat new").text == "x\n"
    assert shell("true | stdtools sponge f && wc -c < f").text == "0\n"
    needs = "stdtools sponge: --append needs a FILE; see 'stdtools sponge --help'\n"
    assert run("sponge", "-a").err == run("sponge", "-a", "-").err == needs
    defaults = {"STDTOOLS_SPONGE_BACKUP": ".b", "STDTOOLS_SPONGE_APPEND": "1"}
    assert run("sponge", stdin="x", env=defaults) == (0, b"x", "")
    assert shell("echo x | stdtools sponge -").text == "x\n", "- is standard output"
    assert shell("echo x | STDTOOLS_SPONGE_APPEND=1 stdtools sponge ./- && cat ./- && rm ./-").text == "x\n"
    assert shell("echo x | stdtools sponge ''").err == "stdtools sponge: '': no name of a file\n"
    assert shell("echo x | stdtools sponge none/f").err == "stdtools sponge: none/f: No such file or directory\n"
    assert sorted(os.listdir(tmp_path)) == ["f", "f.old", "link", "new"]


@pytest.mark.once
def test_more_than_memory_is_wanted_for_waits_on_disk(shell: Run, tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(random.Random(1).randbytes(40 << 20))
    assert shell("cat large | stdtools sponge copy && cmp large copy") == (0, b"", "")
    assert shell("cat large | stdtools sponge | cmp - large") == (0, b"", "")
    small = shell("ulimit -f 30000; cat large | stdtools sponge copy2")
    assert (small.code, small.err.count("\n")) == (2, 1)
    assert not (tmp_path / "copy2").exists()


@pytest.mark.once
def test_killed_at_any_moment_the_file_is_old_or_new(tmp_path: Path) -> None:
    contents = [letter * (8 << 20) for letter in (b"a", b"b")]
    target = tmp_path / "f"
    target.write_bytes(contents[0])
    chance = random.Random(2)
    for turn in range(15):
        (tmp_path.parent / "content").write_bytes(contents[turn % 2])
        with open(tmp_path.parent / "content", "rb") as source:
            process = subprocess.Popen([COMMAND, "sponge", target], stdin=source)
        time.sleep(chance.uniform(0.04, 0.12))
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert target.read_bytes() in contents
    subprocess.run([COMMAND, "sponge", target], input=b"end", check=True)
    assert os.listdir(tmp_path) == ["f"], "and what a kill left behind is swept away"


@pytest.mark.parametrize(
    "args",
    [["path", "stem", "-"], ["path", "norm", "a/../b"], ["path", "dir", "a", "/a", "a/b"], ["sponge"], ["sponge", "-"]],
)
def test_the_script_of_explain_does_the_same(run: Run, python: str, args: list[str]) -> None:
    data = b"a/b.c\n\xff.x\n"
    done = subprocess.run([python, "-c", run(*args, "--explain").text], input=data, capture_output=True, check=True)
    assert done.stdout == run(*args, stdin=data).out


def test_the_script_of_sponge_replaces_a_file_too(run: Run, python: str, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("old")
    script = run("sponge", "f", "--explain").text
    subprocess.run([python, "-c", script], input=b"new", cwd=tmp_path, check=True)
    assert (tmp_path / "f").read_text() == "new"


def test_several_values_of_paths_with_newlines_end_with_nul(shell: Run) -> None:
    shell("touch $'a\\nb.txt'")
    assert shell("printf 'a\\nb.txt\\0c.d\\0' | stdtools path -0 stem,ext -").out == b"a\nb\t.txt\0c\t.d\0"
