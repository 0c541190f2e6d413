"""Tab in bash, zsh and fish, typed under a pty."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from stdtools.cli import stdtools_command
from stdtools.completion.command_table import places
from stdtools.completion.scripts import SHELLS, script
from tests.commands import LEAVES
from tests.completion.shells import Shell
from tests.conftest import Run

pytestmark = [pytest.mark.process, pytest.mark.once]
HOSTILE = [
    "h$(touch PWNED)", "h`touch PWNED`", "h;touch PWNED;", "h|touch PWNED", "h&touch PWNED&", "h>PWNED",
    "h\ntouch PWNED\n", "h'touch PWNED'", 'h"$(touch PWNED)"', "h*", "h?", "h[a-z]*", "h{a,b}", "h~", "h !!", "h\\",
    "h\t", "h\x1b[31m", "h#x", "h${IFS}", "h<(touch PWNED)", "h (touch PWNED)", "h\u202etxt",
]  # fmt: skip


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("scripts")
    for shell in SHELLS:
        (place / shell).write_text(script(shell, list(places(stdtools_command))))
    return place


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest, scripts: Path, tmp_path: Path, home: Path) -> Iterator[Shell]:
    (tmp_path / "some file.txt").touch()
    opened = Shell(request.param, scripts / request.param, tmp_path)
    yield opened
    opened.end()


@pytest.fixture
def keys(run: Run) -> list[str]:
    """Store keys, most of which mean harm."""
    names = [*HOSTILE, "user:1", "user:2", "job", "grün", "a=b", "--x"]
    lines = "".join(json.dumps({"op": "set", "key": key, "value": "v"}) + "\n" for key in names)
    assert run("kv", "batch", stdin=lines).code == 0
    return names


def test_commands_options_and_values_are_completed(shell: Shell, keys: list[str]) -> None:
    for typed, made in {
        "stdtools unpi": "unpickle",
        "stdtools kv ge": "kv get",
        "stdtools tasks projects ed": "tasks projects edit",
        "stdtools count --runn": "count --running",
        "stdtools count --format jsonl -n 5 --perc": "count --format jsonl -n 5 --percent",
        "stdtools find -HL --max-dep": "find -HL --max-depth",
        "stdtools count --format tab": "count --format table",
        "stdtools count --format=tab": "count --format=table",
        "stdtools count --color al": "count --color always",
        "stdtools kv get jo": "kv get job",
        "stdtools kv get user:1 jo": "kv get user:1 job",
        "stdtools kv get gr": "kv get grün",
        "stdtools kv get a": "kv get a=b",
        "stdtools kv get user": "kv get user:",
        "stdtools kv --store defa": "kv --store default",
        "stdtools kv get --store=defa": "kv get --store=default",
        "stdtools date --tz Europe/Berl": "date --tz Europe/Berlin",
        "stdtools fixenc --to utf-16-l": "fixenc --to utf-16-le",
        "stdtools unpack --layout gz": "unpack --layout gzip",
    }.items():
        assert [word for word in shell.complete(typed) if word != "stdtools"] == made.split(), typed
    assert shell.complete("stdtools count some")[-1] == "some file.txt"
    assert shell.complete("stdtools log run x.log -- ech")[-1].startswith("ech")
    assert shell.complete("stdtools par --jobs 2 tru")[-1].startswith("tru")


def test_hostile_keys_are_neither_run_nor_expanded(shell: Shell, keys: list[str], tmp_path: Path) -> None:
    before = sorted(os.listdir(tmp_path))
    for start in ("h", "h*", '"h', "h\\$"):
        listed = shell.listed(f"stdtools kv get {start}")
        assert "touch" not in listed
        assert "\x1b[31m" not in listed
    assert shell.complete("stdtools kv get h")[-1] == "h"
    assert sorted(os.listdir(tmp_path)) == before


def test_the_scripts_know_every_command_and_option(scripts: Path) -> None:
    found = {place.path: place for place in places(stdtools_command)}
    assert set(LEAVES) < set(found)
    for name, command in LEAVES.items():
        known = {word for option in found[name].options for word in option.names}
        assert known >= {word for param in command.params if param.param_type_name == "option" for word in param.opts}
    assert found["kv get"].arguments == "ask"
    assert found["par"].arguments == "command"
    assert found["count"].arguments == found["find"].arguments == found["copy"].arguments == "file"


def test_values_are_asked_for_by_a_word_that_is_no_command(run: Run, keys: list[str]) -> None:
    assert run("__complete", "kv", "get", "").text.split() == ["a=b", "grün", "job", "user:1", "user:2"]
    assert run("__complete", "kv", "get", "--", "-").text.split() == ["--x"]
    assert run("__complete", "kv", "get", "--store", "").text.split() == ["default"]
    assert run("__complete", "kv", "get", "--format=js").text.split() == ["json", "jsonl"]
    assert run("__complete").code == 0
    assert run("__complete", "nonsense", "x") == (0, b"", "")


def test_it_is_installed_where_the_shell_looks(run: Run, home: Path) -> None:
    places = {
        "bash": ".local/share/bash-completion/completions/stdtools",
        "zsh": ".local/share/zsh/site-functions/_stdtools",
        "fish": ".config/fish/completions/stdtools.fish",
    }
    for name, place in places.items():
        printed = run("completion", name)
        done = run("completion", name, "--install")
        assert (done.code, done.out) == (0, b"")
        assert str(home / place) in done.err
        assert (home / place).read_bytes() == printed.out
        assert subprocess.run([name, "-n", str(home / place)], check=True).returncode == 0
    assert "'bahs' is not one of 'bash', 'zsh', 'fish'" in run("completion", "bahs").err


def test_what_help_and_completion_take(run: Run) -> None:
    assert run("__complete", "help", "cou").text == "count\n"
    assert run("__complete", "help", "dat").text.split() == ["date", "dates"]
    assert run("__complete", "help", "kv", "ge").text == "get\n"
    assert run("__complete", "completion", "z").text == "zsh\n"
    kinds = {place.path: place.arguments for place in places(stdtools_command)}
    assert kinds["help"] == kinds["completion"] != kinds["par"]
