"""What every command keeps, for all commands and options: formats, colour, quiet, --explain, wrong values."""

import csv
import io
import json
import re
from pathlib import Path

import click
import pytest

from stdtools.cli import stdtools_command
from stdtools.shared.commands import LazyGroup
from stdtools.shared.errors import ToolError
from stdtools.shared.records import FORMATS
from tests.commands import LEAVES
from tests.conftest import Run
from tests.test_cli import SHORT_RUNS, STDIN

pytestmark = [pytest.mark.process, pytest.mark.once]

OPTIONS = [
    (name, param) for name, command in LEAVES.items() for param in command.params if isinstance(param, click.Option)
]
# The same run with another option finds another state, or what it writes is a file's, or the time.
_KV = "set del incr append push pop expire import batch convert backup compact edit list ttl info stores export check"
_KV += " rename persist copy"
CHANGES = {"config edit", "config set", "config unset", "copy", "date", "log run", "log write", "sponge"}
CHANGES |= {f"kv {name}" for name in _KV.split()} | {name for name in LEAVES if name.startswith("tasks ")}
# What --format needs beside it.
NEEDS = {
    "date": ["--diff", "now", "now"],
    "sub": ["(?P<x>.)", "operations.jsonl", "--extract"],
    "tmpl": ["-e", "$a", "--list"],
    "unpickle": ["--ops"],
}


def line(name: str, *options: str) -> list[str]:
    """Return the short run of a command with *options* in front of its arguments."""
    words = name.split()
    return [*words, *options, *SHORT_RUNS[name][len(words) :]]


def with_format() -> list[str]:
    return [name for name, command in LEAVES.items() if any("--format" in p.opts for p in command.params)]


@pytest.mark.parametrize("name", with_format())
def test_every_format_is_what_it_says_with_the_same_exit_code(run: Run, name: str, records: Path) -> None:
    args = [*(name.split() if name in ("date", "sub", "tmpl") else SHORT_RUNS[name]), *NEEDS.get(name, [])]
    (param,) = [param for param in LEAVES[name].params if "--format" in param.opts]
    assert isinstance(param.type, click.Choice)
    assert set(param.type.choices) <= set(FORMATS)
    codes = set()
    for form in param.type.choices:
        result = run(*args, "--format", form, stdin=STDIN.get(name, b""))
        codes.add(result.code)
        assert result.code in (0, 1), result
        if form == "json":
            assert isinstance(json.loads(result.out), list)
            short = run(*args, "--json", stdin=STDIN.get(name, b""))
            assert short.code in (0, 1)
        elif form == "jsonl":
            assert all(isinstance(json.loads(line), dict) for line in result.out.splitlines())
        elif form == "csv":
            rows = list(csv.reader(io.StringIO(result.text)))
            assert len({len(row) for row in rows}) <= 1
    assert len(codes) == 1 or name in CHANGES


@pytest.mark.parametrize("name", LEAVES)
def test_colour_and_quiet_change_neither_data_nor_code(run: Run, name: str, records: Path) -> None:
    plain = run(*SHORT_RUNS[name], stdin=STDIN.get(name, b""))
    for option in ("--color=never", "-q", "-v"):
        if option == "-q" and name in ("diff", "find"):
            continue  # it is GNU's --brief, and grep's
        result = run(*line(name, option), stdin=STDIN.get(name, b""))
        assert b"\x1b" not in result.out
        if name not in CHANGES:
            assert (result.code, result.out) == (plain.code, plain.out), option
    coloured = run(*line(name, "--color=always"), stdin=STDIN.get(name, b""))
    if name not in CHANGES:
        assert re.sub(rb"\x1b\[[0-9;]*m", b"", coloured.out) == plain.out
        assert coloured.code == plain.code


@pytest.mark.parametrize("name", LEAVES)
def test_explain_prints_a_short_script_and_runs_nothing(run: Run, name: str, records: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in records.parent.iterdir()}
    result = run(*line(name, "--explain"), stdin=STDIN.get(name, b""))
    if result.code == 0:
        assert len(result.text.splitlines()) <= 32
        if not result.text.startswith(("#!", "BEGIN", "sqlite3")):
            compile(result.text, name, "exec")
    else:
        assert result.code == 2
        assert re.fullmatch(r"stdtools [a-z ]+: .*\n", result.err), result
    assert {path: path.stat().st_mtime_ns for path in records.parent.iterdir()} == before


@pytest.mark.parametrize(("name", "option"), OPTIONS, ids=[f"{name} {option.opts[0]}" for name, option in OPTIONS])
def test_a_value_that_is_wrong_is_told_or_taken_but_never_a_bug(name: str, option: click.Option) -> None:
    """Hostile and empty values, as they come from a command line, for each option of each command."""
    if option.is_flag or option.count or option.is_eager:
        return
    context = click.Context(stdtools_command, info_name="stdtools")
    for number, word in enumerate(name.split(), 1):
        above = context.command
        assert isinstance(above, LazyGroup)
        command = LEAVES[name] if number == len(name.split()) else above.load(word)
        context = click.Context(command, info_name=word, parent=context)
    is_one = option.nargs == 1 and not option.multiple
    for value in ("", "\x1b[31m", "-1", "9" * 40, "\udcff", "a\nb", "x" * 10_000, "NaN", "0x", "..", "%"):
        try:
            with context:
                option.type_cast_value(context, value if is_one else (value,) * max(1, option.nargs))
        except (click.UsageError, ToolError) as error:
            assert str(error)
