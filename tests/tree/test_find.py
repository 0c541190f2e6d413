"""find: every test of what is found, as the installed command answers it."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

from tests.conftest import COMMAND, Result, Run
from tests.log.test_view import drop_the_right_to_read_all

pytestmark = pytest.mark.process

OLD = 1_700_000_000  # 2023-11-14 22:13:20 UTC
SEE_HELP = "; see 'stdtools find --help'\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """One of each, with times and modes of their own."""
    for name in ("src/deep", "empty", ".cache"):
        (tmp_path / name).mkdir(parents=True)
    for name, size, mode in (
        ("src/a.py", 100, 0o644), ("src/run.sh", 2048, 0o755), ("src/deep/B.PY", 0, 0o600), ("src/deep/x.tar.gz", 1024, 0o444),  # noqa: E501
        (".cache/k", 1, 0o640), (".hidden", 3, 0o644), ("ÖL.txt", 7, 0o644),
    ):  # fmt: skip
        (tmp_path / name).write_bytes(b"x" * size)
        (tmp_path / name).chmod(mode)
        os.utime(tmp_path / name, (OLD, OLD))
    (tmp_path / "link").symlink_to("src/a.py")
    (tmp_path / "broken").symlink_to("gone.log")
    (tmp_path / "dirlink").symlink_to("src")
    os.link(tmp_path / "src/a.py", tmp_path / "hard")
    os.mkfifo(tmp_path / "pipe")
    os.mknod(tmp_path / "socket", 0o644 | stat.S_IFSOCK)
    return tmp_path


EVERYTHING = [
    ".", "./.cache", "./.cache/k", "./.hidden", "./broken", "./dirlink", "./empty", "./hard", "./link", "./pipe", "./socket",  # noqa: E501
    "./src", "./src/a.py", "./src/deep", "./src/deep/B.PY", "./src/deep/x.tar.gz", "./src/run.sh", "./ÖL.txt",
]  # fmt: skip


def lines(result: Result) -> list[str]:
    return sorted(result.text.splitlines())


@pytest.mark.parametrize(
    ("args", "found"),
    [
        ("", EVERYTHING),
        # names
        ("-n *.py", ["./src/a.py"]),
        ("-n *.py -n *.sh", ["./src/a.py", "./src/run.sh"]),
        ("--name [!.]ar*", ["./hard"]),
        ("-n ?L.txt", ["./ÖL.txt"]),
        ("-n .", ["."]),
        ("-i -n *.py", ["./src/a.py", "./src/deep/B.PY"]),
        ("-i -n öl*", ["./ÖL.txt"]),
        ("--ignore-case --name ö[k-l]?txt", ["./ÖL.txt"]),
        ("-n *.py -N a*", None),
        ("-t f -N *.* -N hard", ["./.cache/k"]),
        ("--not-name *[a-zE.]", ["./src/deep/B.PY"]),
        ("--path src/*", ["./src/a.py", "./src/deep", "./src/run.sh"]),
        ("--path ./src/*.py --path **/k", ["./.cache/k", "./src/a.py"]),
        ("--path **/deep/**", ["./src/deep/B.PY", "./src/deep/x.tar.gz"]),
        ("--path **/B.*", ["./src/deep/B.PY"]),
        ("-i --path SRC/**/*.PY", ["./src/a.py", "./src/deep/B.PY"]),
        (r"--regex /[a-z]\.", ["./src/a.py", "./src/deep/x.tar.gz"]),
        (r"--regex src --regex \.PY$", ["./src/deep/B.PY"]),
        ("-i --regex öl", ["./ÖL.txt"]),
        ("-e py", ["./src/a.py"]),
        ("-e py,sh -e .tar.gz", ["./src/a.py", "./src/deep/x.tar.gz", "./src/run.sh"]),
        ("-e gz", ["./src/deep/x.tar.gz"]),
        ("-e hidden", None),
        ("-i -e py", ["./src/a.py", "./src/deep/B.PY"]),
        # types
        ("-t f -n a.py", ["./src/a.py"]),
        ("-t d", [".", "./.cache", "./empty", "./src", "./src/deep"]),
        ("-t l", ["./broken", "./dirlink", "./link"]),
        ("-t p", ["./pipe"]),
        ("-t s", ["./socket"]),
        ("-t p,s", ["./pipe", "./socket"]),
        ("-t p -t s", ["./pipe", "./socket"]),
        ("-t x", ["./src/run.sh"]),
        ("-t e", ["./empty", "./src/deep/B.PY"]),
        ("-t de", ["./empty"]),
        ("-t b", None),
        ("-t c", None),
        # what stat tells
        ("-t f --size 100", ["./hard", "./src/a.py"]),
        ("-t f --size >1k", ["./src/run.sh"]),
        ("-t f --size >=1k", ["./src/deep/x.tar.gz", "./src/run.sh"]),
        ("-t f --size <1", ["./src/deep/B.PY"]),
        ("-t f --size <=1", ["./.cache/k", "./src/deep/B.PY"]),
        ("-t f --size 1..7", ["./.cache/k", "./.hidden", "./ÖL.txt"]),
        ("-t f --size 1k..2KiB", ["./src/deep/x.tar.gz", "./src/run.sh"]),
        ("-t f --size +0x400", ["./src/run.sh"]),
        ("-t f --size -3", ["./.cache/k", "./src/deep/B.PY"]),
        ("-t f --size >3 --size <100", ["./ÖL.txt"]),
        ("-t f -n *.py --newer 2h", None),
        ("-t f -n *.py --newer @1699999999", ["./src/a.py"]),
        ("-t f -n *.py --newer @1700000000", None),
        ("-t f -n *.py --older @1700000000", None),
        ("-t f -n *.py --older 2023-11-15", ["./src/a.py"]),
        ("-n *.py --older pipe", ["./src/a.py"]),
        ("-t d -n src --newer src/a.py --older now", ["./src"]),
        ("-n *.py --changed 1h", ["./src/a.py"]),
        ("-n *.py --changed-newer src/a.py", ["./src/a.py"]),
        ("-n *.py --changed-older 1h", None),
        ("-n *.py --accessed 1h", None),
        ("-n *.py --accessed-newer @1699999999", ["./src/a.py"]),
        ("-n *.py --accessed-older today", ["./src/a.py"]),
        ("-t f --perm 600", ["./src/deep/B.PY"]),
        ("-t f --perm u=rw,g=r", ["./.cache/k"]),
        ("-t f --perm -u+x", ["./src/run.sh"]),
        ("-t f --perm -111", ["./src/run.sh"]),
        ("-n x* --perm /222", None),
        ("-n B* --perm /222", ["./src/deep/B.PY"]),
        ("-t f --perm /a+x", ["./src/run.sh"]),
        ("-t f --perm /011 --perm -100", ["./src/run.sh"]),
        ("--links 2 -t f", ["./hard", "./src/a.py"]),
        ("-t f --links >1 -n h*", ["./hard"]),
        ("-t f --links >2", None),
        ("--samefile hard", ["./hard", "./src/a.py"]),
        ("-n hard --access r", ["./hard"]),
        ("-n hard --access x", None),
        ("-t d -n empty --access rwx", ["./empty"]),
        ("--target *.log", ["./broken"]),
        ("--target src/* --target gone*", ["./broken", "./link"]),
        ("-i --target SRC", ["./dirlink"]),
        # depths
        ("-d 0", ["."]),
        ("--max-depth 1 -n s*", ["./socket", "./src"]),
        ("--depth 2 -n *.py", ["./src/a.py"]),
        ("--depth 0", ["."]),
        ("--min-depth 3", ["./src/deep/B.PY", "./src/deep/x.tar.gz"]),
        ("--min-depth 1 -d 1 -t d", ["./.cache", "./empty", "./src"]),
        ("--depth 1 --min-depth 2", None),
        # what is not seen
        ("-E src -E .cache -t f", ["./.hidden", "./hard", "./ÖL.txt"]),
        ("-E src/ -E .* -t d", [".", "./empty"]),
        ("-E hard/ -E src -E .* -n hard", ["./hard"]),
        ("--regex ^hard$", ["./hard"]),
        ("--path .//hard", ["./hard"]),
        ("-E src/deep -e gz", None),
        ("-E **/deep -t d -n d*", None),
        ("-i -E ÖL.TXT -n *.txt", None),
        ("--no-hidden -t f -E src", ["./hard", "./ÖL.txt"]),
        # links
        ("-L -t f -e py", ["./dirlink/a.py", "./src/a.py"]),
        ("-L -t l", ["./broken"]),
        ("-L --target gone*", ["./broken"]),
        ("-H dirlink -d 1", ["dirlink", "dirlink/a.py", "dirlink/deep", "dirlink/run.sh"]),
        ("dirlink", ["dirlink"]),
        ("dirlink/ -n *.sh", ["dirlink/run.sh"]),
        # roots
        ("src empty -e sh", ["src/run.sh"]),
        ("./src//deep/ -t d", ["./src//deep/"]),
        ("src/a.py src/a.py", ["src/a.py", "src/a.py"]),
        ("-n deep src/deep/ -t d", ["src/deep/"]),
        ("--depth-first empty .cache", [".cache", ".cache/k", "empty"]),
        ("-x -n *.sh", ["./src/run.sh"]),
        ("--cache -e sh", ["./src/run.sh"]),
        ("--cache-verify -e sh", ["./src/run.sh"]),
        ("-j 2 -e sh", ["./src/run.sh"]),
    ],
)  # fmt: skip
def test_what_is_found(run: Run, tree: Path, args: str, found: list[str] | None) -> None:
    result = run("find", *args.split())
    assert (result.code, lines(result), result.err) == (0 if found else 1, found or [], "")


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("size == 7", ["./ÖL.txt"]),
        ("size > 1*KB and ext == 'sh' or depth == 3 and size == 0", ["./src/deep/B.PY", "./src/run.sh"]),
        ("type == 'l' and age < 1*day and not glob(name, '*link')", ["./broken"]),
        ("mode & 0o111 != 0 and type == 'f'", ["./src/run.sh"]),
        ("links > 1 and type == 'f' and stem == 'hard'", ["./hard"]),
    ],
)
def test_conditions(run: Run, tree: Path, condition: str, found: list[str]) -> None:
    result = run("find", "--where", condition)
    assert (result.code, lines(result), result.err) == (0, found, "")


def test_conditions_are_all_needed(run: Run, tree: Path) -> None:
    assert run("find", "--where", "size > 5", "--where", "size < 50", "-t", "f") == (0, "./ÖL.txt\n".encode(), "")


def test_owners_by_name_and_number(run: Run, tree: Path) -> None:
    for option, number in (("--user", os.geteuid()), ("--group", os.getegid())):
        name = subprocess.run(["id", "-un" if option == "--user" else "-gn"], capture_output=True, text=True).stdout
        assert run("find", "src/a.py", option, str(number)) == (0, b"src/a.py\n", "")
        assert run("find", "src/a.py", option, "4711", option, name.strip()) == (0, b"src/a.py\n", "")
        assert run("find", "src/a.py", option, "4711") == (1, b"", "")


def test_access_is_that_of_who_asks(run: Run, tree: Path) -> None:
    (tree / "src/a.py").chmod(0)
    settings = {"preexec_fn": drop_the_right_to_read_all} if os.geteuid() == 0 else {}
    assert run("find", "src", "-t", "f", "--access", "w", **settings).text.split() == ["src/run.sh", "src/deep/B.PY"]
    assert run("find", "src/a.py", "--access", "r", **settings) == (1, b"", "")


def test_devices_are_types_too(run: Run) -> None:
    assert run("find", "/dev/null", "-t", "c") == (0, b"/dev/null\n", "")
    assert run("find", "/dev/null", "-t", "b") == (1, b"", "")


@pytest.mark.parametrize("glob", ["**/[!a]x", "[!a]x"])
def test_case_is_ignored_in_what_a_set_leaves_out(run: Run, tmp_path: Path, glob: str) -> None:
    for name in ("ax", "Ax", "bx"):
        (tmp_path / name).touch()
    assert run("find", "-i", "--path", glob) == (0, b"./bx\n", "")
    assert run("find", "-i", "-n", "[!a]x") == (0, b"./bx\n", "")


def test_case_is_ignored_in_paths_of_any_script(run: Run, tmp_path: Path) -> None:
    (tmp_path / "ÖL").touch()
    assert run("find", "-i", "--path", "öl") == (0, "./ÖL\n".encode(), "")
    assert run("find", "-i", "-E", "./öl") == (0, b".\n", "")


def test_a_question_mark_is_one_character_also_in_a_path(run: Run, tmp_path: Path) -> None:
    (tmp_path / "é").touch()
    assert run("find", "-n", "?", "-t", "f") == (0, "./é\n".encode(), "")
    assert run("find", "--path", "?", "-t", "f") == (0, "./é\n".encode(), "")
    assert run("find", "--path", "[é]") == (0, "./é\n".encode(), "")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["-n", "a/b"], "invalid value for --name: a name has no '/', so 'a/b' matches nothing; write --path '**/a/b'"),
        (["-N", "a/"], "invalid value for --not-name: a name has no '/', so 'a/' matches nothing; write --path '**/a/'"),  # noqa: E501
        (["-t", "f,directory"], "invalid value for --type: 'directory' is no type; write f (file), d (directory), l (link), x, e, p, s, b or c"),  # noqa: E501
        (["-t", "fq"], "invalid value for --type: 'fq' is no type; write f (file), d (directory), l (link), x, e, p, s, b or c"),  # noqa: E501
        (["--size", "1q"], "invalid value for --size: '1q' is not a size; write bytes as 16, 0x10, 64k, 10M or 1G"),
        (["--size", ">"], "invalid value for --size: '>' has no number"),
        (["--perm", "9"], "invalid value for --perm: '9' is not a mode; write 644, -u+w, /222 or u=rw,go=r"),
        (
            ["--newer", "zz"],
            "invalid value for --newer: 'zz' is not a time; write 2h (ago), 15:00, 2026-11-22, '2026-11-22 15:00', "
            "today or @seconds; nor is it a file",
        ),
        (["--user", "nobody here"], "invalid value for --user: there is no user 'nobody here'"),
        (["--group", "nobody here"], "invalid value for --group: there is no group 'nobody here'"),
        (["--links", "x"], "invalid value for --links: 'x' is not a whole number"),
        (["--access", "q"], "invalid value for --access: 'q' is not made of r, w and x"),
        (["--samefile", "zz"], "invalid value for --samefile: zz: No such file or directory"),
        (["--where", "sise > 1"], "invalid value for --where: there is no value sise; write size, or 'sise' if it is text"),  # noqa: E501
        (["--template", "$sise"], "invalid value for --template: there is no column 'sise'; did you mean size?"),
        (["--template", "a $ b"], "invalid value for --template: a $ stands before no name; write $$ for the sign itself"),  # noqa: E501
        (["--columns", "nam"], "invalid value for --columns: there is no column 'nam'; did you mean name?"),
        (["--depth", "-1"], "invalid value for '--depth': -1 is not in the range x>=0"),
        (["--max-results", "0"], "invalid value for '--max-results': 0 is not in the range x>=1"),
        (["-j", "0"], "invalid value for '-j' / '--jobs': 0 is not in the range x>=1"),
        (["-E", "/"], "invalid value for --exclude: '/' names no entry of a directory"),
        (["-E", ""], "invalid value for --exclude: '' names no entry of a directory"),
        (["--reverse"], "--reverse needs --sort"),
        (["--dry-run"], "--dry-run needs --delete"),
        (["-0", "--json"], "-0 is for paths, --long and --template"),
        (["--long", "--json"], "--long and --format exclude each other"),
        (["--delete", "-n", "x", "-L"], "--follow has no meaning with --delete"),
        (["--delete", "--cache"], "--cache has no meaning with --delete"),
        (["-q", "--long"], "--long has no meaning with --quiet"),
        (["--why", "a", "--json"], "--json has no meaning with --why"),
        (["--why", ""], "invalid value for --why: a path is empty"),
        (["--columns", ""], "invalid value for --columns: there is no column ''; there are path, name, type, size, mtime, mode, user, group, links, depth, stem, ext, age"),  # noqa: E501
        (["--columns", "name,size,name"], "invalid value for --columns: column 'name' is there twice"),
        (["--template", "", "--long"], "--template and --long exclude each other"),
        (["--user", "9" * 5000], f"invalid value for --user: there is no user '{'9' * 5000}'"),
        (["--size", "2k..1"], "invalid value for --size: no number is in '2k..1'; the smaller one comes first"),
        (["--size", ".."], "invalid value for --size: '..' is not a size; write bytes as 16, 0x10, 64k, 10M or 1G"),
        (["--where", "mode == '0644'"], "invalid value for --where: mode is a number and '0644' is text; write 0o644"),
        (["--where", "mtime > 2026-11-22"], "invalid value for --where: 2026-11-22 is a subtraction; write time('2026-11-22')"),  # noqa: E501
        (["--where", "mtime > 2026-01-02"], "invalid value for --where: 2026-01-02 at column 9 is no number; write time('2026-01-02')"),  # noqa: E501
    ],
)  # fmt: skip
def test_what_is_refused(run: Run, args: list[str], message: str) -> None:
    assert run("find", *args) == (2, b"", f"stdtools find: {message}{SEE_HELP}")


def test_a_bad_regular_expression_is_refused(run: Run) -> None:
    result = run("find", "--regex=(a")
    assert (result.code, result.out) == (2, b"")
    assert result.err.startswith("stdtools find: invalid value for --regex: '(a' is not a regular expression: ")


@pytest.mark.parametrize(
    ("args", "hint"),
    [
        (["-name", "*.c"], "-name is a word of GNU find; here it is -n '*.c'"),
        (["-iname", "x"], "-iname is a word of GNU find; here it is -i -n 'x'"),
        ([".", "-type", "f"], "-type is a word of GNU find; here it is -t 'f'"),
        (["-maxdepth", "1"], "-maxdepth is a word of GNU find; here it is --max-depth '1'"),
        (
            ["-path", "*/a/*"],
            "-path is a word of GNU find; here it is --path '*/a/*', where only ** crosses directories",
        ),
        (
            ["-regex", "x"],
            "-regex is a word of GNU find; here it is --regex 'x', which is searched for: ^ and $ bind it",
        ),
        (["-mtime"], "-mtime is a word of GNU find; here it is --newer 2d or --older 2d"),
        (["-exec", "rm"], "-exec is a word of GNU find; here it is -0 | stdtools par -0 COMMAND {}"),
        (["-print0"], "-print0 is a word of GNU find; here it is -0"),
        (["-n", "x", "-o"], "-o is a word of GNU find; here it is --where 'A or B', or -n twice"),
        (["-nouser"], "-nouser is a word of GNU find; here it is --where 'glob(user, \"[0-9]*\")'"),
        (["-inum", "3"], "-inum is a word of GNU find; here it is --samefile FILE"),
        (["-cmin", "3"], "-cmin is a word of GNU find; here it is --changed-newer 90m or --changed-older 90m"),
        (["-fprint", "x"], "-fprint is a word of GNU find; here it is > 'x'"),
        (["-a"], "-a is a word of GNU find; here it is needless: all tests must hold"),
        (["-noleaf"], "-noleaf is a word of GNU find; here it is needless"),
        ([".", "!"], "! is a word of GNU find; write --where 'not …', -N or -E"),
        ([".", "("], "( is a word of GNU find; write --where 'not …', -N or -E"),
    ],
)
def test_words_of_gnu_find_get_a_hint(run: Run, args: list[str], hint: str) -> None:
    assert run("find", *args) == (2, b"", f"stdtools find: {hint}{SEE_HELP}")


@pytest.mark.parametrize("name", ["!", "(", "-name", "-o"])
def test_words_of_gnu_find_are_names_where_a_name_must_be(run: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    assert run("find", "-n", name) == (0, f"./{name}\n".encode(), "")
    assert run("find", "--", name) == (0, f"{name}\n".encode(), "")


def test_a_root_that_is_not_there_is_told_and_the_others_walked(run: Run, tree: Path) -> None:
    result = run("find", "gone", "empty")
    assert result == (2, b"empty\n", "stdtools find: gone: No such file or directory\n")
    assert run("find", "") == (2, b"", "stdtools find: '': No such file or directory\n")


def test_variables_set_defaults(run: Run, tree: Path) -> None:
    result = run("find", "-t", "f", "-E", "src", env={"STDTOOLS_FIND_NO_HIDDEN": "1"})
    assert lines(result) == ["./hard", "./ÖL.txt"]


def test_what_was_typed_is_stronger_than_a_variable_and_that_than_the_configuration(
    run: Run, tree: Path, home: Path
) -> None:
    config = home / ".config/stdtools/config.toml"
    config.parent.mkdir(parents=True)

    def find(defaults: str, *args: str, **variables: str) -> Result:
        config.write_text(f"[find]\n{defaults}")
        env = {f"STDTOOLS_FIND_{name.upper()}": value for name, value in variables.items()}
        return run("find", "empty", *args, env=env)

    record = b'{"path": "empty"}\n'
    for more in ("long = true", "null = true", "template = 'x'", "reverse = true"):
        assert find(more, "--jsonl", "--columns", "path") == (0, record, "")
        assert find(more, "--columns", "path", format="jsonl") == (0, record, "")
        assert find(more, format="jsonl", columns="path") == (0, record, "")
        assert find(f"{more}\nformat = 'csv'", "-q") == (0, b"", "")
        assert find(f"{more}\nformat = 'csv'", "--why", "empty") == (0, b"listed\n", "")
    assert find("columns = 'name'", "--long").text.endswith(" empty\n")
    assert find("format = 'json'", "-0") == (0, b"empty\0", "")
    assert find("format = 'json'", null="1") == (0, b"empty\0", "")
    told = "stdtools find: --long and --format exclude each other; see 'stdtools find --help'\n"
    assert find("long = true\nformat = 'json'") == (2, b"", told)
    assert find("reverse = true\nlong = true\nformat = 'json'", "--delete", "-n", "empty", "-v") == (0, b"empty\n", "")


def test_with_follow_a_link_to_an_excluded_directory_is_one(run: Run, tmp_path: Path) -> None:
    (tmp_path / "p/t").mkdir(parents=True)
    (tmp_path / "p/t/f").touch()
    (tmp_path / "p/build").symlink_to("t")
    assert lines(run("find", "-L", "p", "-E", "build/")) == ["p", "p/t", "p/t/f"]
    assert lines(run("find", "p", "-E", "build/")) == ["p", "p/build", "p/t", "p/t/f"]
    said = b"p/build: such directories are excluded (--exclude)\nhidden\n"
    assert run("find", "-L", "p", "-E", "build/", "--why", "p/build/f") == (1, said, "")


def test_what_git_ignores_is_left_out(run: Run, tree: Path) -> None:
    (tree / ".gitignore").write_text("*.py\n!B.PY\ndeep/\n/hard\n.*\n")
    assert lines(run("find", "--gitignore", "-t", "f")) == ["./src/run.sh", "./ÖL.txt"]


@pytest.mark.skipif("CI" not in os.environ and os.geteuid() != 0, reason="only root may mount")
def test_one_file_system(tmp_path: Path) -> None:
    """The place of a mount is found, what lies in it is not; a root may be on another."""
    for name in ("m", "n"):
        (tmp_path / name).mkdir()
    script = (
        f"mount -t tmpfs x m && touch m/in n/in && {COMMAND} find -x && {COMMAND} find -x m && {COMMAND} find -x -L m"
    )
    done = subprocess.run(["unshare", "-m", "sh", "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert done.stderr == ""
    assert sorted(done.stdout.split()) == sorted([".", "./m", "./n", "./n/in", *["m", "m/in"] * 2])
