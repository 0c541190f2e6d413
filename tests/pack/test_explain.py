"""--explain prints a script that does the same; it is run here and compared."""

import random
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Run

pytestmark = pytest.mark.process

RECORDS = b"".join(struct.pack("<IhHd", i, -i, 60_000, i / 3) for i in range(5))
NAMES = b"".join(struct.pack("<IH16s", i, 443, f"höst-{i}".encode()) for i in range(3))
NESTED = b"\2\0" + b"\1\0\0\0one\0" + b"\2\0\0\0two\0" + b"\x95" + b"\3\0\0\1\0\2\0\1abc"

CASES = [
    ("<I:id h:a H:b d:x", RECORDS),
    (">IhHd", RECORDS),
    ("<I:id 4x H:b 6x", RECORDS),
    ("<I:id H:port 16s:host", NAMES),
    ("<H/(I:id z:name):items B:flags{a:1,b:3,c:4} u3:odd 2H:pair ?:yes 2s:t c:c", NESTED),
    ("B:kind >H:n <u3:a i5:b 2s:text 3p:pascal", random.Random(1).randbytes(11) + b"ab\2ab"),
    ("*(B:kind B/s:body):rest", b"\1\3abc\2\0\3\1x"),
    ("2(B:a 2c:b):twice 2u3:list 2z:names", b"\1ab\2cd" + b"\1\0\0\2\0\0" + b"x\0y\0"),
]


@pytest.mark.parametrize(("layout", "data"), CASES)
@pytest.mark.parametrize("form", ["plain", "tsv", "csv", "json", "jsonl"])
def test_unpack_scripts_print_what_unpack_prints(run: Run, tmp_path: Path, layout: str, data: bytes, form: str) -> None:
    (tmp_path / "in.bin").write_bytes(data)
    for where in (["in.bin"], []):
        args = ["unpack", layout, *where, "--format", form]
        script = run(*args, "--explain")
        assert (script.code, script.err) == (0, "")
        check(script.text)
        stdin = b"" if where else data
        expected = run(*args, stdin=stdin)
        assert expected.code == 0, expected.err
        assert execute(script.text, tmp_path, stdin) == expected.out


def test_skip_count_text_and_named_layouts_are_explained(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in.bin").write_bytes(b"--" + RECORDS)
    (tmp_path / "latin").write_bytes(b"h\xe9\0\0")
    for args in (
        ["unpack", "<IhHd", "in.bin", "--skip", "2"],
        ["unpack", "<IhHd", "in.bin", "--skip", "-32", "--jsonl"],
        ["unpack", "<IhHd", "in.bin", "--skip", "2", "--count", "2", "--csv"],
        ["unpack", "<IhHd", "in.bin", "--skip", "2", "--count", "9"],
        ["unpack", "4s:a", "latin", "--text", "latin-1", "--jsonl"],
        ["unpack", "--layout", "elf64", sys.executable, "--json"],
    ):
        script = run(*args, "--explain").text
        check(script)
        assert execute(script, tmp_path) == run(*args).out


PACKS = [
    ("<I:id h:a 8s:t", ["7", "-2", "héllo"]),
    (
        "<I:id 2H:pair B:f{a:1,b:7} u3:odd >d:x z:z B/s:s ?:b 4p:p",
        ["7", "[1, 2]", '{"a": 1, "b": 2}', "9", "0.5", "zed", "ess", "true", "abc"],
    ),
    ("B/(H:id z:n):g 2(B:x):h", ['[{"id": 1, "n": "a"}, {"id": 2, "n": "b"}]', '[{"x": 1}, {"x": 2}]']),
]


@pytest.mark.parametrize(("layout", "values"), PACKS)
def test_pack_scripts_write_what_pack_writes(run: Run, tmp_path: Path, layout: str, values: list[str]) -> None:
    expected = run("pack", layout, *values)
    assert expected.code == 0, expected.err
    lines = run("unpack", layout, "--jsonl", stdin=expected.out).out
    cells = run("unpack", layout, "--csv", stdin=expected.out).out
    (tmp_path / "records.jsonl").write_bytes(lines)
    for args, stdin in ((values, b""), ([], lines), (["--from", "records.jsonl"], b""), (["--csv"], cells)):
        script = run("pack", layout, *args, "--explain")
        assert (script.code, script.err) == (0, "")
        check(script.text)
        assert execute(script.text, tmp_path, stdin) == expected.out


def test_pack_scripts_write_files(run: Run, tmp_path: Path) -> None:
    for args in (["-o", "out.bin"], ["--into", "out.bin", "--at", "2"]):
        (tmp_path / "out.bin").write_bytes(b"--------")
        script = run("pack", "<I:id", "7", *args, "--explain").text
        assert (tmp_path / "out.bin").read_bytes() == b"--------", "--explain does nothing else"
        execute(script, tmp_path)
        by_script = (tmp_path / "out.bin").read_bytes()
        (tmp_path / "out.bin").write_bytes(b"--------")
        run("pack", "<I:id", "7", *args)
        assert by_script == (tmp_path / "out.bin").read_bytes()


HARD = [
    ("2B:x{a:4,b:4} 2B/s:s", b"\x12\x34\2ab\0"),
    ("?:t", b"\0\1\2"),
    ("4s:t 2c:c", b"a\tb\\\n\r"),
]


@pytest.mark.parametrize(("layout", "data"), HARD)
@pytest.mark.parametrize("form", ["plain", "tsv", "csv", "json"])
def test_hard_cases_of_unpack(run: Run, tmp_path: Path, layout: str, data: bytes, form: str) -> None:
    args = ["unpack", layout, "--format", form]
    script = run(*args, "--explain").text
    assert execute(script, tmp_path, data) == run(*args, stdin=data).out
    script = run(*args, "--count", "0", "--explain").text
    assert execute(script, tmp_path, data) == run(*args, "--count", "0", stdin=data).out


def test_what_cannot_be_explained_is_refused(run: Run) -> None:
    for args in (
        ["unpack", "B", "--dump"],
        ["unpack", "B", "--describe"],
        ["unpack", "--layouts"],
        ["unpack", "B", "--tail", "drop"],
        ["unpack", "--layout", "zip-end"],
        ["pack", "4s", b"\xff"],
        ["pack", "B", "1", "--from", "x"],
    ):
        result = run(*args, "--explain")
        assert (result.code, result.out) == (2, b"")
        assert result.err.count("\n") == 1


def check(script: str) -> None:
    lines = script.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 160
    for module in ("stdtools", "click", "rich"):
        assert f"import {module}" not in script


def execute(script: str, cwd: Path, stdin: bytes = b"") -> bytes:
    done = subprocess.run(
        [sys.executable, "-W", "error::SyntaxWarning", "-c", script], cwd=cwd, input=stdin, capture_output=True
    )
    assert (done.returncode, done.stderr) == (0, b""), f"{script}\n{done.stderr.decode()}"
    return done.stdout
