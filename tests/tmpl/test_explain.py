"""--explain prints a script that does the same; it is run here and compared."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Run

pytestmark = pytest.mark.process

CASES = [
    ["-e", "Hello ${name}, $$5", "-D", "name=ü b", "--env"],
    ["t", "--data", "d.json", "-D", "b=2"],
    ["t", "--data", "d.json", "--data", "d.csv"],
    ["t", "--keep", "-D", "a=1"],
    ["--delimiter", "@@", "-D", "a=1", "at"],
    ["-", "--env=APP_", "--keep"],
    ["t", "--each", "r.csv", "-D", "b=all"],
    ["-e", "$a-$b", "--each", "r.jsonl", "-D", "b=all"],
]


@pytest.mark.parametrize("args", CASES, ids=" ".join)
def test_scripts_do_what_the_command_does(run: Run, tmp_path: Path, args: list[str]) -> None:
    (tmp_path / "t").write_bytes(b"$a ${b} $$\r\n\xff")
    (tmp_path / "at").write_text("@@a $b @@@@\n")
    (tmp_path / "d.json").write_text('\ufeff{"a": [true, "ü", null]}')
    (tmp_path / "d.csv").write_text("\ufeffb,c\nü,2\n3,4\n")
    (tmp_path / "r.csv").write_text('\ufeffa,c\n"x\ny",2\n3,4\n')
    (tmp_path / "r.jsonl").write_text('{"a": 1.5}\n{"a": null}\n\n{"a": "ü"}\n')
    stdin = b"$APP_X $HOME"
    env = {"APP_X": "ü"}
    script = run("tmpl", *args, "--explain", env=env)
    assert (script.code, script.err) == (0, "")
    assert script.text.count("\n") <= 20
    compile(script.text, "explained", "exec")
    expected = run("tmpl", *args, stdin=stdin, env=env)
    assert expected.code == 0, expected.err
    call = [sys.executable, "-I", "-c", script.text]
    done = subprocess.run(call, input=stdin, capture_output=True, cwd=tmp_path, env={**os.environ, **env})
    assert (done.stdout, done.stderr) == (expected.out, b"")


def test_what_is_not_covered_is_said(run: Run) -> None:
    for args, what in [
        (["--check"], "--check"),
        (["-o", "x"], "--output"),
        (["--empty"], "--empty"),
        (["--list"], "--list"),
        (["--escape", "html"], "--escape"),
    ]:
        assert run("tmpl", "-e", "x", *args, "--explain").err == f"stdtools tmpl: --explain does not cover {what}\n"
    for args, where in (
        (["--each", "-"], "-: --explain covers --each"),
        (["--data", "x.toml"], "x.toml: --explain covers"),
    ):
        assert run("tmpl", "-e", "x", *args, "--explain").err.startswith(f"stdtools tmpl: {where}")
    result = run("tmpl", "-e", "${a:-b}", "--explain")
    assert result.err == "stdtools tmpl: --explain covers $name, ${name} and $$ alone, as string.Template does\n"
