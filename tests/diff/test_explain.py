"""The scripts of --explain do what the command does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.pack.test_explain import check

pytestmark = pytest.mark.process


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["-u"],
        ["-U", "0"],
        ["-c"],
        ["-C", "1"],
        ["--no-timestamps"],
        ["--label", "old"],
        ["--label", "old", "--label", "new"],
        ["--algorithm", "difflib", "-U", "9"],
        ["-q"],
        ["-q", "--label", "", "--label", "it's"],
    ],
)
@pytest.mark.parametrize(
    "texts", [(b"1\n2\n3\r\n4\f5\n6", b"1\n2\n3\n4\f5\n7\n"), (b"1\n\xff\n", b"1\n\xff\n\xfe\n"), (b"", b"1\n")]
)
def test_patches(run: Run, tmp_path: Path, options: list[str], texts: tuple[bytes, bytes]) -> None:
    for name, text in zip("ab", texts, strict=True):
        (tmp_path / name).write_bytes(text)
        os.utime(tmp_path / name, ns=(0, 1_234_567_890_123_456_789))
    script = run("diff", *options, "a", "b", "--explain")
    assert (script.code, script.err) == (0, "")
    check(script.text)
    ours = run("diff", *options, "a", "b")
    theirs = subprocess.run([sys.executable, "-c", script.text], cwd=tmp_path, capture_output=True)
    assert (theirs.returncode, theirs.stdout, theirs.stderr) == (ours.code, ours.out, b"")


def test_ndiff(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes("1\nhellö old world\n\xff\n".encode("latin-1"))
    (tmp_path / "b").write_bytes("1\nhellö new world\n\xff".encode("latin-1"))
    script = run("diff", "--ndiff", "a", "b", "--explain").text
    check(script)
    theirs = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True)
    assert (theirs.returncode, theirs.stdout, theirs.stderr) == (1, run("diff", "--ndiff", "a", "b").out, b"")


def test_equal_files(run: Run, tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_bytes(b"1\n2")
    for options in ([], ["-c"], ["-q"]):
        script = run("diff", *options, "a", "b", "--explain").text
        theirs = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True)
        assert (theirs.returncode, theirs.stdout, theirs.stderr) == (0, b"", b"")


@pytest.mark.parametrize("options", [[], ["-k", "1"], ["--cutoff", "0.9"], ["--cutoff", "0"]])
def test_closest(run: Run, tmp_path: Path, options: list[str]) -> None:
    words = b"receive\nrecipe\nretrieve\npython\nreceive\n"
    (tmp_path / "words").write_bytes(words)
    for source in (["words"], []):
        script = run("diff", "--closest", "recieve", *options, *source, "--explain").text
        check(script)
        ours = run("diff", "--closest", "recieve", *options, *source, stdin=words)
        theirs = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, input=words, capture_output=True)
        assert (theirs.returncode, theirs.stdout, theirs.stderr) == (ours.code, ours.out, b"")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["-w", "a", "b"], "--explain does not cover --ignore-all-space"),
        (["-y", "a", "b"], "--explain does not cover --side-by-side"),
        (["-r", "a", "b"], "--explain does not cover --recursive"),
        (["-", "b"], "--explain covers two files, neither standard input nor directories"),
        (["a"], "--explain covers two files, neither standard input nor directories"),
        (["a", "."], "--explain covers two files, neither standard input nor directories"),
        (["a", "sp ace"], "--explain covers names without blanks, quotes and other than ASCII"),
        (["--label", "a b", "a", "b"], "--explain covers names without blanks, quotes and other than ASCII"),
        (["--closest", "x", "--json"], "--explain does not cover --json"),
        (["--closest", "x", "-i"], "--explain does not cover --ignore-case"),
        (["--algorithm", "patience", "a", "b"], "--explain covers --algorithm only with fast and difflib"),
    ],
)
def test_what_is_not_covered_is_told(run: Run, args: list[str], message: str) -> None:
    assert run("diff", *args, "--explain") == (2, b"", f"stdtools diff: {message}\n")


def test_what_the_command_refuses_has_no_script(run: Run, tmp_path: Path) -> None:
    for options, message in (
        (["--label", "x"] * 3, "--label names A, then B; there is no third"),
        (["-U", "1", "-C", "1"], "-U and -C name two formats"),
        (["-u", "-C", "3"], "-C and --unified name two formats"),
        (["-k", "3"], "--count needs --closest"),
        (["--closest", "x", "-U", "3"], "--unified-lines has no meaning with --closest"),
    ):
        refused = (2, b"", f"stdtools diff: {message}; see 'stdtools diff --help'\n")
        assert run("diff", *options, "a", "b") == run("diff", *options, "a", "b", "--explain") == refused
    result = run("diff", "a", "b", "--explain", env={"SOURCE_DATE_EPOCH": "0"})
    assert result.err.startswith("stdtools diff: --explain does not cover SOURCE_DATE_EPOCH")


def test_a_default_that_has_no_effect_needs_no_script(run: Run, home: Path) -> None:
    config = home / ".config/stdtools/config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("[diff]\nwidth = 99\nrecursive = true\ncontext-lines = 1\n")
    for options in (["-U", "2", "a", "b"], ["--closest", "x", "a"]):
        result = run("diff", *options, "--explain")
        assert (result.code, result.err) == (0, "")
    assert run("diff", "-W", "99", "a", "b", "--explain").err == "stdtools diff: --explain does not cover --width\n"
    config.write_text("[diff]\nignore-case = true\n")
    assert run("diff", "a", "b", "--explain").err == "stdtools diff: --explain does not cover --ignore-case\n"


def test_the_closest_of_any_bytes(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc\r\nabd\n\xffab\n")
    script = run("diff", "--closest", "abc", "a", "--explain").text
    theirs = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True)
    assert (theirs.returncode, theirs.stdout) == (0, run("diff", "--closest", "abc", "a").out)
