"""find: hostile names, deep and wide trees, loops, what may not be read, what vanishes; and --delete."""

import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from tests.conftest import COMMAND, Run
from tests.log.test_view import drop_the_right_to_read_all
from tests.test_cli import on_terminal

pytestmark = [pytest.mark.process, pytest.mark.once]

AS_ANYBODY: dict[str, object] = {"preexec_fn": drop_the_right_to_read_all} if os.geteuid() == 0 else {}
LEVELS = 10_000
LOOP = "a link leads back to a directory around it; not followed"


def make_deep(place: Path, name: str, levels: int) -> None:
    """Make directories in each other, each entered before the next: the path of the last is too long for anybody."""
    script = (
        f"import os\nos.chdir({str(place)!r})\n"
        f"for _ in range({levels}):\n os.mkdir({name!r})\n os.chdir({name!r})\nopen('end', 'w').write('x')"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.fixture
def names(tmp_path: Path) -> list[bytes]:
    """Every name of one byte that there can be, as files in a directory ``n``."""
    (tmp_path / "n").mkdir()
    names = [bytes([byte]) for byte in range(1, 256) if byte not in b"/."]
    for name in names:
        (tmp_path / "n" / os.fsdecode(name)).touch()
    return names


def test_every_byte_is_written_as_it_is_in_every_locale(run: Run, tmp_path: Path, names: list[bytes]) -> None:
    for locale in ("C", "C.UTF-8"):
        for more in ([], ["--sort", "name"], ["--long"], ["--template", "$path"], ["--depth-first"]):
            result = run("find", "n", "-t", "f", "-0", *more, env={"LC_ALL": locale})
            assert (result.code, result.err) == (0, "")
            assert sorted(path[-3:] for path in result.out.split(b"\0")[:-1]) == sorted(b"n/" + name for name in names)


def test_a_name_of_any_byte_is_matched_by_itself(run: Run, tmp_path: Path, names: list[bytes]) -> None:
    for name in (b"\xff", b"\x80", b"\n", b"\x1b", b" ", b"-"):
        assert run("find", "n", b"--name=" + name).out == b"n/" + name + b"\n"
        assert run("find", "n", b"--path=n/" + name).out == b"n/" + name + b"\n"
        assert run("find", "n", b"--regex=^n/" + name + rb"\Z").out == b"n/" + name + b"\n"
    assert run("find", "n", "-n", "?", "-0").out.count(b"\0") == len(names) + 1


def test_a_terminal_is_shown_escapes(tmp_path: Path) -> None:
    for name in (b"\x1b]0;owned\x07", b"new\nline", b"\xff", "\u202e".encode(), b"-rf"):
        (tmp_path / os.fsdecode(name)).touch()
    shown = "./\\x1b]0;owned\\x07\n./-rf\n./new\\nline\n./\\u202e\n./\\xff\n"
    assert on_terminal(["find", "-t", "f", "--sort", "path"], tmp_path) == shown
    seen = on_terminal(["find", "gone\x1b[31m"], tmp_path)
    assert seen == "stdtools find: gone\\x1b[31m: No such file or directory\n"


def test_a_root_with_a_dash_at_its_head(run: Run, tmp_path: Path) -> None:
    (tmp_path / "-t").touch()
    assert run("find", "--", "-t").out == b"-t\n"
    assert run("find", "./-t").out == b"./-t\n"


def test_ten_thousand_levels(run: Run, tmp_path: Path) -> None:
    make_deep(tmp_path, "d", LEVELS)
    end = b"./" + b"d/" * LEVELS + b"end\n"
    assert run("find", "-n", "end") == (0, end, "")
    assert run("find", "-t", "d").out.count(b"\n") == LEVELS + 1
    assert run("find", "-t", "f", "--size", "1") == (0, end, "")
    assert run("find", "-t", "f", "--access", "r", "--long").out.endswith(b" " + end)
    assert run("find", "d", "--delete", "--dry-run").out.count(b"\n") == LEVELS + 1
    assert run("find", "d", "--delete") == (0, b"", "")
    assert os.listdir(tmp_path) == []


def test_a_thousand_levels_of_long_names(run: Run, tmp_path: Path) -> None:
    make_deep(tmp_path, "n" * 50, 1000)
    assert run("find", "-n", "end").out == b"./" + (b"n" * 50 + b"/") * 1000 + b"end\n"
    assert run("find", "-t", "d", "--sort", "path").out.count(b"\n") == 1001
    assert run("find", "-n", "*n*", "--delete") == (0, b"", "")
    assert os.listdir(tmp_path) == []


def test_a_directory_of_thirty_thousand(run: Run, tmp_path: Path) -> None:
    (tmp_path / "w").mkdir()
    for number in range(30_000):
        os.close(os.open(tmp_path / "w" / f"{number}", os.O_CREAT))
    for args in ([], ["-t", "f"], ["-n", "*"], ["--size", "0"], ["--sort", "name"], ["--depth-first"], ["--cache"]):
        found = run("find", "w", "--min-depth", "1", *args).out.split()
        assert sorted(found) == sorted(b"w/%d" % number for number in range(30_000))
    assert run("find", "w", "-n", "*7", "--delete") == (0, b"", "")
    assert len(os.listdir(tmp_path / "w")) == 27_000
    assert run("find", "w", "--delete") == (0, b"", "")


@pytest.mark.parametrize(
    "args", [[], ["-n", "*"], ["-t", "f", "--size", "0"], ["--long"], ["--sort", "mtime"], ["-L"], ["-t", "e"]]
)
def test_what_vanishes_is_not_missed(tmp_path: Path, args: list[str]) -> None:
    """Somebody deletes while it is walked: there is nothing to tell."""
    for number in range(300):
        (tmp_path / f"t/{number}").mkdir(parents=True)
        for name in "abcdef":
            (tmp_path / f"t/{number}/{name}").touch()
    process = subprocess.Popen(
        [COMMAND, "find", "-j", "2", ".", *args], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    remover = threading.Thread(target=subprocess.run, args=[["rm", "-rf", str(tmp_path / "t")]])
    assert process.stdout is not None
    remover.start()
    _, err = process.communicate()
    remover.join()
    assert (process.returncode in (0, 1), err) == (True, b"")


def test_an_unreadable_directory_is_found_and_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "no/in").mkdir(parents=True)
    (tmp_path / "yes").mkdir()
    (tmp_path / "no").chmod(0)
    told = "stdtools find: ./no: Permission denied\n"
    for args in ([], ["-n", "*[!x]"], ["-t", "d"], ["--depth-first"], ["--sort", "name"], ["--cache"], ["-L"], ["-x"]):
        result = run("find", *args, **AS_ANYBODY)
        assert (result.code, sorted(result.text.split()), result.err) == (2, [".", "./no", "./yes"], told)
    assert run("find", "-q", "-n", "yes", **AS_ANYBODY).code == 0
    assert run("find", "-n", "x", **AS_ANYBODY) == (2, b"", told)


def test_a_type_that_cannot_be_asked_for_does_not_end_a_walk_depth_first(run: Run, tmp_path: Path) -> None:
    for name in ("locked", "z"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "f").touch()
    (tmp_path / "locked").chmod(0o444)  # its names can be read, and no more
    result = run("find", "--depth-first", **AS_ANYBODY)
    assert (result.code, result.err) == (0, "")
    assert sorted(result.text.split()) == [".", "./locked", "./locked/f", "./z", "./z/f"]
    (tmp_path / "locked").chmod(0o755)


def test_what_is_excluded_is_never_read(run: Run, tmp_path: Path) -> None:
    (tmp_path / "no/in").mkdir(parents=True)
    (tmp_path / ".no").mkdir()
    (tmp_path / "no").chmod(0)
    (tmp_path / ".no").chmod(0)
    for args in (["-E", "no", "-E", ".n*"], ["-E", "./*no"], ["-E", "no", "--no-hidden"], ["-d", "0"]):
        assert run("find", *args, **AS_ANYBODY) == (0, b".\n", "")
    assert run("find", "-d", "1", **AS_ANYBODY).text.split() in ([".", "./no", "./.no"], [".", "./.no", "./no"])


def test_a_loop_is_told_once(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/up").symlink_to("..")
    (tmp_path / "a/self").symlink_to("self")
    result = run("find", "-L", "a")
    assert (result.code, sorted(result.text.split())) == (2, ["a", "a/b"])
    assert sorted(result.err.splitlines()) == [
        f"stdtools find: a/b/up: {LOOP}",
        "stdtools find: a/self: Too many levels of symbolic links",
    ]
    assert run("find", "a", "-t", "l").code == 0


def test_a_link_to_the_root_of_all_is_a_loop(run: Run) -> None:
    """What lies beside the way from / to the link is excluded, so that the walk is short."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        place = Path(name).resolve()
        (place / "here").mkdir()
        (place / "here/slash").symlink_to("/")
        beside = [os.path.join(parent, name) for parent in (*place.parents, place) for name in os.listdir(parent)]
        way = {str(path) for path in (*place.parents, place, place / "here")}
        globs = [word for path in beside if path not in way for word in ("-E", path)]
        globs += ["-d", str(len(place.parts) + 2)]
        result = run("find", "-L", "/", *globs, "-n", "here", cwd="/")
        assert (result.out, result.err) == (f"{place}/here\n".encode(), f"stdtools find: {place}/here/slash: {LOOP}\n")
        elsewhere = run("find", "-L", "/", *globs, "-n", "here", cwd=place)
    assert elsewhere == result


@pytest.fixture
def doomed(tmp_path: Path) -> Path:
    (tmp_path / "d/e").mkdir(parents=True)
    for name in ("a.log", "d/b.log", "d/e/c.log", "d/keep"):
        (tmp_path / name).touch()
    (tmp_path / "out").symlink_to("d")
    return tmp_path


def left(place: Path) -> list[str]:
    return sorted(os.path.relpath(os.path.join(at, name), place) for at, ds, fs in os.walk(place) for name in ds + fs)


def test_delete_takes_what_is_found(run: Run, doomed: Path) -> None:
    before = left(doomed)
    dry = run("find", "-n", "*.log", "--delete", "--dry-run")
    assert (dry.code, sorted(dry.text.split()), dry.err) == (0, ["./a.log", "./d/b.log", "./d/e/c.log"], "")
    assert left(doomed) == before
    assert run("find", "-n", "*.log", "--delete") == (0, b"", "")
    assert left(doomed) == ["d", "d/e", "d/keep", "out"]
    assert run("find", "-n", "*.log", "--delete") == (0, b"", "")


def test_delete_takes_contents_first_and_keeps_the_current_directory(run: Run, doomed: Path) -> None:
    result = run("find", "-n", "*", "--delete", "-v")
    assert (result.code, result.err, left(doomed)) == (0, "", [])
    order = result.text.split()
    assert order.index("./d/e/c.log") < order.index("./d/e") < order.index("./d")
    assert "." not in order


@pytest.mark.parametrize("root", [".", "./", "..", "d/..", "/", "d/."])
def test_delete_without_a_test_refuses_what_has_no_name(run: Run, doomed: Path, root: str) -> None:
    message = f"--delete without a test would empty {root}; name the directory, or say -n '*'"
    assert run("find", root, "--delete") == (2, b"", f"stdtools find: {message}; see 'stdtools find --help'\n")
    assert len(left(doomed)) == 7


def test_delete_does_not_follow_links(run: Run, doomed: Path) -> None:
    assert run("find", "out", "--delete") == (0, b"", "")
    assert left(doomed) == ["a.log", "d", "d/b.log", "d/e", "d/e/c.log", "d/keep"]


@pytest.mark.parametrize("args", [["out/"], ["-H", "out"]])
def test_a_link_to_a_directory_that_cannot_be_deleted_as_one_is_told(run: Run, doomed: Path, args: list[str]) -> None:
    result = run("find", *args, "--delete")
    assert left(doomed) == ["a.log", "d", "out"]
    assert (result.code, result.out, result.err) == (
        2,
        b"",
        f"stdtools find: {args[-1]}: is a link to a directory, and stays\n",
    )


def test_a_directory_that_is_not_empty_stays_and_is_told(run: Run, doomed: Path) -> None:
    result = run("find", "-n", "d", "--delete")
    assert result == (2, b"", "stdtools find: ./d: Directory not empty\n")
    assert len(left(doomed)) == 7


def test_empty_directories_go_with_what_they_held(run: Run, doomed: Path) -> None:
    assert run("find", "-t", "e", "--delete").code == 0
    assert left(doomed) == ["out"]


def test_delete_keeps_to_depths_and_exclusions(run: Run, doomed: Path) -> None:
    assert run("find", "d", "--min-depth", "1", "-E", "keep", "--delete") == (0, b"", "")
    assert left(doomed) == ["a.log", "d", "d/keep", "out"]


@pytest.mark.parametrize(
    "option", [["--samefile", ""], ["--access", ""], ["-t", ""], ["-t", ","], ["-e", ""], ["-e", "."]]
)
def test_an_empty_value_is_no_leave_to_delete_everything(run: Run, tmp_path: Path, option: list[str]) -> None:
    """A script whose variable is empty must not lose what it did not ask for."""
    (tmp_path / "d").mkdir()
    (tmp_path / "d/keep").touch()
    result = run("find", "d", *option, "--delete")
    assert (result.code, result.out) == (2, b"")
    assert result.err.count("\n") == 1
    assert (tmp_path / "d/keep").exists()


def test_what_keeps_something_is_not_deleted_nor_shown(run: Run, doomed: Path) -> None:
    told = "stdtools find: ./d/e: Directory not empty\nstdtools find: ./d: Directory not empty\n"
    for args in (["--dry-run", "-v"], ["-v"]):
        result = run("find", "-n", "[!c]*", "--delete", *args)
        assert (result.code, sorted(result.text.split())) == (2, ["./a.log", "./d/b.log", "./d/keep", "./out"])
        assert result.err == told
    assert left(doomed) == ["d", "d/e", "d/e/c.log"]


def test_directories_that_become_empty_are_empty(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a/b/c").mkdir(parents=True)
    assert run("find", "-t", "e", "--delete", "--dry-run").text == "./a/b/c\n./a/b\n./a\n"
    assert run("find", "-t", "e", "--delete", "-v").text == "./a/b/c\n./a/b\n./a\n"
    assert left(tmp_path) == []


def test_a_directory_is_as_old_as_before_the_deletion(run: Run, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d/f").touch()
    for path in ("d/f", "d"):
        os.utime(tmp_path / path, (1, 1))
    assert run("find", "d", "--older", "2h", "--delete") == (0, b"", "")
    assert left(tmp_path) == []


def test_links_go_though_a_default_says_to_follow_them(run: Run, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d/l").symlink_to(".")
    assert run("find", "d", "-n", "l", "--delete", "-v", env={"STDTOOLS_FIND_FOLLOW": "1"}) == (0, b"d/l\n", "")
    assert left(tmp_path) == ["d"]


def test_a_root_that_is_a_link_stays(run: Run, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d/f").touch()
    (tmp_path / "l").symlink_to("d")
    for args in (["--dry-run"], []):
        result = run("find", "-H", "l", "--delete", *args)
        assert (result.code, result.err) == (2, "stdtools find: l: is a link to a directory, and stays\n")
    assert left(tmp_path) == ["d", "l"]


def test_the_rules_are_learnt_before_they_are_deleted(run: Run, tmp_path: Path) -> None:
    for path in (".git/objects", ".git/refs", "a", "b"):
        (tmp_path / path).mkdir(parents=True)
    (tmp_path / ".git/HEAD").write_text("ref: refs/heads/main\n")
    (tmp_path / ".gitignore").write_text("*.kept\n")
    for path in ("a/1.kept", "a/x", "b/2.kept", "b/x"):
        (tmp_path / path).touch()
    inside = "--delete with --gitignore takes no ROOT inside another one; see 'stdtools find --help'"
    assert run("find", ".", "a", "--gitignore", "-t", "f", "--delete") == (2, b"", f"stdtools find: {inside}\n")
    assert run("find", ".git", ".gitignore", "a", "b", "--gitignore", "-t", "f", "--delete").code == 0
    assert left(tmp_path) == [".git", ".git/objects", ".git/refs", "a", "a/1.kept", "b", "b/2.kept"]


def make_repository(place: Path, data: Path) -> None:
    """Make what git takes for a repository in *place*, with its data in *data*."""
    place.mkdir()
    for name in ("objects", "refs", "info"):
        (data / name).mkdir(parents=True)
    (data / "HEAD").write_text("ref: refs/heads/main\n")
    if data.parent != place:
        (place / ".git").write_text(f"gitdir: {data}\n")
    (place / "keep.txt").touch()


def test_the_rules_of_a_repository_in_another_are_learnt_before_they_are_deleted(run: Run, tmp_path: Path) -> None:
    """Its settings may name a file outside of it; a submodule has its data in the outer repository."""
    make_repository(tmp_path / "r", tmp_path / "r/.git")
    make_repository(tmp_path / "r/sub", tmp_path / "r/sub/.git")
    (tmp_path / "r/sub/.git/config").write_text("[core]\nexcludesFile = ../shared\n")
    (tmp_path / "r/shared").write_text("keep.txt\n")
    args = ("find", "r", "--gitignore", "-E", ".git", "-t", "f", "--delete")
    (tmp_path / "r/keep.txt").unlink()
    assert run(*args, "--dry-run") == (0, b"r/shared\n", "")
    assert run(*args, "-v") == (0, b"r/shared\n", "")
    assert (tmp_path / "r/sub/keep.txt").exists()

    make_repository(tmp_path / "s", tmp_path / "s/.git")
    modules = [f"m{number}" for number in range(9)]
    for name in modules:
        make_repository(tmp_path / "s" / name, tmp_path / "s/.git/modules" / name)
        (tmp_path / "s/.git/modules" / name / "info/exclude").write_text("keep.txt\n")
    told = [f"stdtools find: s{name}: Directory not empty" for name in (*(f"/{name}" for name in modules), "")]
    result = run("find", "s", "--gitignore", "-n", "*", "--delete")
    assert (result.code, result.out, sorted(result.err.splitlines())) == (2, b"", told)
    assert left(tmp_path / "s") == sorted([*modules, *(f"{name}/keep.txt" for name in modules)])


def test_gitignore_in_a_path_longer_than_the_kernel_takes(run: Run, tmp_path: Path) -> None:
    make_deep(tmp_path, "n" * 200, 25)
    fd = os.open(tmp_path, os.O_RDONLY)
    for _ in range(25):
        below = os.open("n" * 200, os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = below
    file = os.open(".gitignore", os.O_WRONLY | os.O_CREAT, dir_fd=fd)
    os.write(file, b"end\n")
    os.close(file)
    os.close(fd)
    assert run("find", "-n", "end").code == 0
    assert run("find", "-n", "end", "--gitignore") == (1, b"", "")
    assert run("find", "-n", "*n*", "-n", ".g*", "--delete").code == 0
