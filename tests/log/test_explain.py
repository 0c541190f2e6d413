"""The scripts of --explain do what the command does."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.log.chain import chain, numbered
from tests.pack.test_explain import check

pytestmark = pytest.mark.process

DATA = numbered(1, 60) + b"h\xf6\xff\r\n\nopen"


def execute(script: str, place: Path, stdin: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run([sys.executable, "-c", script], cwd=place, input=stdin, capture_output=True)


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--max-bytes", "100", "--backups", "3"],
        ["--max-bytes", "84", "--backups", "99", "--prefix", "wéb %d "],
        ["--tee", "--max-bytes", "0"],
        ["--timestamp", "%Y", "--prefix", "> "],
    ],
)
def test_write(run: Run, tmp_path: Path, options: list[str]) -> None:
    (tmp_path / "there").mkdir()
    script = run("log", "write", "a.log", *options, "--explain")
    assert (script.code, script.err) == (0, "")
    check(script.text)
    ours = run("log", "write", "a.log", *options, stdin=DATA)
    theirs = execute(script.text, tmp_path / "there", DATA)
    assert (theirs.returncode, theirs.stderr, theirs.stdout) == (0, b"", ours.out)
    assert chain(tmp_path / "there/a.log") == chain(tmp_path / "a.log")


def test_run(run: Run, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    command = ["sh", "-c", "seq 100; exit 3"]
    script = run("log", "run", "a.log", "--max-bytes", "100", "--explain", *command).text
    check(script)
    ours = run("log", "run", "a.log", "--max-bytes", "100", *command)
    theirs = execute(script, tmp_path / "there")
    assert (theirs.returncode, theirs.stdout) == (ours.code, ours.out)
    assert chain(tmp_path / "there/a.log") == chain(tmp_path / "a.log")


def test_view_and_verify(run: Run, tmp_path: Path) -> None:
    run("log", "write", "a.log", "--max-bytes", "300", "--backups", "9", stdin=DATA)
    subprocess.run(["gzip", "a.log.2"], cwd=tmp_path, check=True)
    for args in (
        ["view", "a.log"],
        ["view", "a.log", "-n", "7"],
        ["view", "a.log", "--grep", "[27]$", "-n", "20"],
        ["verify", "a.log"],
    ):
        script = run("log", *args, "--explain").text
        check(script)
        assert execute(script, tmp_path).stdout == run("log", *args).out


def test_path(run: Run, tmp_path: Path) -> None:
    script = run("log", "path", "--explain").text
    check(script)
    assert execute(script, tmp_path).stdout == run("log", "path").out


@pytest.mark.parametrize(
    "args",
    [
        ["write", "a", "--compress", "gz"],
        ["write", "a", "--every", "day"],
        ["write", "a", "--sync", "line"],
        ["write", "a", "--on-full", "drop"],
        ["write", "a", "--mode", "0600"],
        ["write", "a", "--max-total", "50M"],
        ["write", "a", "--timestamp"],
        ["write", "a", "--backups", "0"],
        ["run", "a", "--tee", "--explain", "true"],
        ["view", "-"],
        ["run", "a", "--tag", "--explain", "true"],
        ["view", "a", "-f"],
        ["view", "a", "--since", "2h"],
        ["view", "a", "--jsonl"],
        ["verify", "a", "--csv"],
    ],
)
def test_what_is_not_covered_is_refused(run: Run, args: list[str]) -> None:
    result = run("log", *args, *([] if "--explain" in args else ["--explain"]))
    assert result.code == 2
    assert "--explain" in result.err
