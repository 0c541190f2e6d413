"""What is a file to diff: pipes, /proc, directories, what is not there, binary or not in UTF-8."""

import os
from pathlib import Path

import pytest

from stdtools.diff import inputs
from stdtools.diff.comparing import Wishes, compare_files
from stdtools.diff.inputs import Source, Text, Troubles, as_text
from tests.conftest import Run

pytestmark = [pytest.mark.process, pytest.mark.once]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "a").write_text("1\n2\n")
    (tmp_path / "b").write_text("1\n3\n")
    (tmp_path / "d").mkdir()
    (tmp_path / "d/a").write_text("1\n2\n")
    (tmp_path / "e").mkdir()
    return tmp_path


def test_exit_codes(run: Run, files: Path) -> None:
    assert run("diff", "a", "a") == (0, b"", "")
    assert run("diff", "a", "d/a") == (0, b"", "")
    assert run("diff", "a", "b").code == 1
    assert run("diff", "a", "none") == (2, b"", "stdtools diff: none: No such file or directory\n")


def test_both_files_that_are_missing_are_told(run: Run, files: Path) -> None:
    message = "stdtools diff: none: No such file or directory\nstdtools diff: nix: No such file or directory\n"
    assert run("diff", "none", "nix") == (2, b"", message)
    assert run("diff", "-N", "none", "nix") == (2, b"", message)


def test_two_that_cannot_be_read_are_told_of_by_both_names(run: Run, files: Path) -> None:
    """A file that cannot be read is found first: it is told when it is read."""
    (files / "x").symlink_to("/proc/self/mem")
    (files / "y").symlink_to("/proc/self/mem")
    result = run("diff", "x", "/proc/self/clear_refs")
    assert result.code == 2
    assert [line.split(": ")[1] for line in result.err.splitlines()] == ["x", "/proc/self/clear_refs"]


@pytest.mark.parametrize("number", [0, 1, 3])
def test_usage_wants_two_files(run: Run, files: Path, number: int) -> None:
    result = run("diff", *["a"] * number)
    assert result.code == 2
    assert result.err == f"stdtools diff: two files are compared, not {number}; see 'stdtools diff --help'\n"


def test_standard_input_on_either_side(run: Run, files: Path) -> None:
    assert run("diff", "-", "a", stdin="1\n2\n") == (0, b"", "")
    assert run("diff", "--normal", "-", "a", stdin="2\n").out == b"0a1\n> 1\n"
    assert run("diff", "--normal", "a", "-", stdin="2\n").out == b"1d0\n< 1\n"
    assert run("diff", "-", "-", stdin="whatever") == (0, b"", "")
    assert run("diff", "-y", "-W", "20", "-", "-", stdin="x\n").out == b"x\tx\n"


def test_what_is_read_of_standard_input_begins_where_it_stands(shell: Run, files: Path) -> None:
    """The same file, but not the same bytes: others have read some of it."""
    result = shell("(read -r line; stdtools diff --normal - a) < a")
    assert (result.code, result.out) == (1, b"0a1\n> 1\n")
    assert shell("stdtools diff - a < a").code == 0


def test_a_file_named_minus(run: Run, files: Path) -> None:
    (files / "-").write_text("1\n2\n")
    assert run("diff", "./-", "a", stdin="other") == (0, b"", "")


def test_a_file_and_a_directory_mean_the_file_in_it(run: Run, files: Path) -> None:
    assert run("diff", "a", "d") == (0, b"", "")
    assert run("diff", "d/", "a") == (0, b"", "")
    assert run("diff", "--normal", "b", "d").code == 2, "d/b is not there"
    assert run("diff", "a", "e").err == "stdtools diff: e/a: No such file or directory\n"
    assert run("diff", "-", "d") == (2, b"", "stdtools diff: d: Is a directory\n")


def test_pipes_of_the_shell(shell: Run, files: Path) -> None:
    assert shell("stdtools diff <(seq 200000) <(seq 200000)").code == 0
    result = shell("stdtools diff --normal <(seq 200000) <(seq 200000 | sed '100000s/^/x/')")
    assert (result.code, result.out) == (1, b"100000c100000\n< 100000\n---\n> x100000\n")


def test_named_pipes_are_read_one_after_the_other(shell: Run, files: Path) -> None:
    assert shell("mkfifo p q; seq 9 > p & seq 9 > q & stdtools diff p q").code == 0
    assert shell("timeout 9 stdtools diff p p").code == 0, "one pipe: the same, and not read"


def test_files_of_proc_say_that_they_are_empty(shell: Run, files: Path) -> None:
    """Their size is 0, whatever is in them: it decides nothing."""
    assert shell("cat /proc/version > v; stdtools diff v /proc/version").code == 0
    assert shell("stdtools diff -q v /proc/version").code == 0
    assert shell("stdtools diff -q a /proc/version").text == "Files a and /proc/version differ\n"
    assert shell("stdtools diff -q /proc/version /proc/cpuinfo").code == 1


def test_an_absent_file_is_an_empty_one_of_the_epoch(run: Run, files: Path) -> None:
    result = run("diff", "-N", "a", "none", env={"TZ": "UTC"})
    _head, absent, *lines = result.text.splitlines()
    assert result.code == 1
    assert absent == "+++ none\t1970-01-01 00:00:00.000000000 +0000"
    assert lines == ["@@ -1,2 +0,0 @@", "-1", "-2"]


def test_patch_makes_and_removes_files(shell: Run, files: Path) -> None:
    assert shell("stdtools diff -N e/a d/a > p; mv d old; patch -p0 < p && cmp e/a old/a").code == 0
    assert shell("stdtools diff -N b gone > p; patch -p0 < p && test ! -e b").code == 0


def test_binary_files(run: Run, files: Path) -> None:
    (files / "x").write_bytes(b"1\n\0\n")
    (files / "y").write_bytes(b"1\n" + b"\n" * 40_000 + b"\0")
    assert run("diff", "a", "x") == (1, b"Binary files a and x differ\n", "")
    assert run("diff", "x", "d/a") == (1, b"Binary files x and d/a differ\n", "")
    assert run("diff", "x", "x") == (0, b"", "")
    assert run("diff", "--normal", "-a", "a", "x") == (1, b"2c2\n< 2\n---\n> \0\n", "")
    assert run("diff", "-q", "a", "x").text == "Files a and x differ\n"
    assert run("diff", "-s", "x", "x").text == "Files x and x are identical\n"
    assert b"Binary" not in run("diff", "a", "y").out, "a NUL after 32 KiB is not looked for"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("\ufeffa\nb".encode("utf-16-le"), Text(b"a\nb", "UTF-16LE")),
        ("\ufeffé\n".encode("utf-16-be"), Text("é\n".encode(), "UTF-16BE")),
        ("\ufeff😀".encode("utf-32-le"), Text("😀".encode(), "UTF-32LE")),
        ("\ufeff😀".encode("utf-32-be"), Text("😀".encode(), "UTF-32BE")),
        (b"\xff\xfe\0", Text(b"\xff\xfe\0", "", True)),
        (b"\xff\xfe\x00\xd8", Text(b"\xff\xfe\x00\xd8", "", True)),
        (b"\xff\xfeabc", Text(b"\xff\xfeabc")),
        ("\ufeffa".encode(), Text("\ufeffa".encode())),
        (b"", Text(b"")),
        (b"\0", Text(b"\0", "", True)),
    ],
)
def test_what_is_text(data: bytes, text: Text) -> None:
    assert as_text(data) == text
    assert as_text(data, forced=True) == Text(data)


def test_utf_16_is_shown_in_utf_8_and_standard_error_is_honest_about_it(run: Run, files: Path) -> None:
    (files / "u").write_text("1\nü\n", encoding="utf-16")
    result = run("diff", "--normal", "a", "u")
    assert (result.code, result.text) == (1, "2c2\n< 2\n---\n> ü\n")
    assert result.err == "stdtools diff: u: UTF-16LE, shown in UTF-8; for a patch that applies, -a\n"
    (files / "v").write_text("1\n2\n", encoding="utf-16")
    message = "Files a and v differ in their encoding alone: UTF-8 or other, UTF-16LE\n"
    assert run("diff", "a", "v") == (1, message.encode(), "")
    assert run("diff", "-q", "a", "v").text == "Files a and v differ\n"
    (files / "w").write_bytes("\ufeff1\n2\n".encode("utf-16-be"))
    assert run("diff", "v", "w").text == "Files v and w differ in their encoding alone: UTF-16LE, UTF-16BE\n"


def test_a_patch_of_utf_16_by_its_bytes_applies(shell: Run, files: Path) -> None:
    for name, text in (("u", "1\nü\n3\n"), ("v", "1\nä\n3\n4\n")):
        (files / name).write_text(text, encoding="utf-16")
    assert shell("stdtools diff -a u v | patch -s -o made u; cmp made v").code == 0


def test_large_files_are_compared_in_pieces(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Equal ones never come into memory, different ones do."""
    monkeypatch.setattr(inputs, "_LARGE", 1 << 16)
    data = os.urandom(50_000).replace(b"\0", b"\n") * 3
    (files / "x").write_bytes(data)
    (files / "y").write_bytes(data)
    (files / "z").write_bytes(data[:-1] + b"\1")
    x, y, z = (inputs.find(os.fsencode(files / name)) for name in "xyz")
    read: list[Source] = []
    real = inputs.read
    monkeypatch.setattr(inputs, "read", lambda source: read.append(source) or real(source))
    assert not compare_files(x, y, Wishes()).differs
    assert read == []
    assert compare_files(x, z, Wishes()).differs
    assert read == [x, z]


def test_sizes_decide_only_where_they_are_told(files: Path) -> None:
    a, b, proc = (inputs.find(path) for path in (bytes(files / "a"), bytes(files / "b"), b"/proc/version"))
    (files / "long").write_text("longer")
    assert not inputs.must_differ(a, b)
    assert not inputs.must_differ(a, proc)
    assert inputs.must_differ(a, inputs.find(bytes(files / "long")))


def test_find_both_tells_all_troubles() -> None:
    with pytest.raises(Troubles) as caught:
        inputs.find_both(b"/none/1", b"/none/2", absent=True)
    assert [str(error) for error in caught.value.errors] == [
        "/none/1: No such file or directory",
        "/none/2: No such file or directory",
    ]
