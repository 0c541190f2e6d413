"""unpickle: any pickle as JSON, nothing imported, nothing called."""

import datetime
import json
import os
import pickle
import pickletools
import random
import subprocess
import sys
import threading
from collections import Counter, OrderedDict, deque
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from stdtools.kv.checking import check
from stdtools.kv.hashing import Hasher
from stdtools.kv.machine import Machine
from stdtools.kv.rebuilding import Rebuilder
from stdtools.kv.unpickling import PLAIN, Step, names, steps, values
from stdtools.shared.errors import ToolError
from stdtools.shared.streams import Input
from tests.conftest import Run
from tests.kv.hostile import CASES, WOULD_RUN

pytestmark = pytest.mark.process
PLAIN_VALUES = [None, True, 7, 10**30, -1.5, "é", ["a", {"b": [1, 2.5]}], {"k": None}]
TYPED = [(1, 2), {3}, frozenset({4}), b"x", datetime.date(2026, 1, 2), datetime.timedelta(1), datetime.UTC]


@pytest.mark.parametrize("protocol", range(6))
def test_plain_values_of_every_protocol_come_out_as_they_are(run: Run, protocol: int) -> None:
    data = b"".join(pickle.dumps(value, protocol) for value in PLAIN_VALUES)
    code, out, err = run("unpickle", stdin=data)
    assert (code, err) == (0, "")
    assert [json.loads(line) for line in out.splitlines()] == PLAIN_VALUES
    assert run("unpickle", "--globals", stdin=data) == (0, b"", "")


@pytest.mark.parametrize("protocol", range(6))
def test_other_plain_types_have_tags_and_are_plain(run: Run, protocol: int) -> None:
    data = pickle.dumps(TYPED, protocol)
    tags = [next(iter(value)) for value in json.loads(run("unpickle", stdin=data).out)]
    assert tags == ["$tuple", "$set", "$frozenset", "$base64", "$date", "$timedelta", "$timezone"]
    found = run("unpickle", "--globals", "--jsonl", stdin=data)
    assert found.code == 0
    assert all(json.loads(line)["plain"] for line in found.out.splitlines())


def test_objects_are_shown_with_what_they_would_be_made_of(run: Run) -> None:
    data = pickle.dumps([OrderedDict(a=1), Decimal("1.5")])
    assert json.loads(run("unpickle", stdin=data).out) == [
        {"$class": "collections.OrderedDict", "args": [], "pairs": [["a", 1]]},
        {"$class": "decimal.Decimal", "args": ["1.5"]},
    ]
    code, out, _ = run("unpickle", "--globals", stdin=data + pickle.dumps(Decimal(2)) + pickle.dumps({1}, 2))
    assert (code, out) == (
        1,
        b"__builtin__.set\t1\ttrue\ncollections.OrderedDict\t1\tfalse\ndecimal.Decimal\t2\tfalse\n",
    )


def test_hostile_pickles_import_and_call_nothing(run: Run, tmp_path: Path) -> None:
    for number, data in enumerate([*CASES.values()][::7]):  # all of them go through the machine in another test
        (tmp_path / f"{number:03}").write_bytes(data)
    names = sorted(path.name for path in tmp_path.iterdir())
    before = set(tmp_path.iterdir())
    for options in ([], ["--ops"], ["--globals"]):
        result = run("unpickle", *options, *names)
        assert result.code in (0, 1, 2)
        assert "internal error" not in result.err
    assert set(tmp_path.iterdir()) == before
    for name, data in WOULD_RUN.items():
        result = run("unpickle", "--globals", stdin=data)
        assert result.code in (1, 2), name
        assert b"\tfalse\n" in result.out, name
    assert b"posix.system" in run("unpickle", "--globals", stdin=b"cposix\nsystem\n(S'touch x'\ntR.").out


def test_the_opcodes_are_those_of_pickletools(run: Run) -> None:
    data = b"".join(
        pickle.dumps(value, protocol) for value in (PLAIN_VALUES, TYPED, Decimal(1)) for protocol in range(6)
    )
    rows = [json.loads(line) for line in run("unpickle", "--ops", "--jsonl", stdin=data).out.splitlines()]
    expected, at = [], 0
    while at < len(data):
        ops = list(pickletools.genops(data[at:]))
        expected += [(at + place, opcode.name) for opcode, _, place in ops]
        at += ops[-1][2] + 1
    assert [(row["byte"], row["opcode"]) for row in rows] == expected


def test_pickles_come_across_the_blocks_in_which_they_are_read(run: Run) -> None:
    chance = random.Random(3)
    values = ["é" * chance.choice([10, 5000, 600_000]) for _ in range(60)]
    data = b"".join(pickle.dumps(value, chance.randrange(6)) for value in values)
    result = run("unpickle", stdin=data)
    assert result.code == 0
    assert [json.loads(line) for line in result.out.splitlines()] == values
    ops = run("unpickle", "--ops", "--jsonl", stdin=data).out.splitlines()
    assert sum(b'"STOP"' in line for line in ops) == 60
    assert json.loads(ops[-1])["byte"] == len(data) - 1


def test_what_is_cut_off_damaged_or_no_pickle_is_told_with_its_byte(run: Run, tmp_path: Path) -> None:
    whole = pickle.dumps([Decimal(1), "é" * 99], 4)
    (tmp_path / "good").write_bytes(whole)
    for size in range(1, len(whole)):
        (tmp_path / "cut").write_bytes(whole + whole[:size])
        for options in ([], ["--ops"], ["--globals"]):
            result = run("unpickle", *options, "cut", "good") if size % 30 == 1 else None
            assert result is None or (result.code == 2 and "cut: byte " in result.err), (size, options)
    assert run("unpickle", stdin=b"hello").err.startswith("stdtools unpickle: standard input: byte ")
    assert run("unpickle", "--globals", stdin=b"cposix\nsystem\n\xff") == (
        2,
        b"posix.system\t1\tfalse\n",
        "stdtools unpickle: standard input: byte 14: the pickle cannot be read: there is no opcode 0xff\n",
    )
    for options in ([], ["--ops"], ["--globals"]):
        said = run("unpickle", *options, stdin=whole + b"\xff").err
        assert said.endswith(f"byte {len(whole)}: the pickle cannot be read: there is no opcode 0xff\n")
    assert run("unpickle", "good", "none").code == 2
    assert run("unpickle", "--ops", "--globals", "good").err.count("exclude each other") == 1
    assert ": --json needs --ops or --globals" in run("unpickle", "--json", "good").err


def test_an_argument_that_is_wrong_is_told_without_reading_on(run: Run, shell: Run) -> None:
    data = b"Iabc\n." + bytes(20_000_000)
    done = shell("{ stdtools unpickle --ops || true; wc -c; }", stdin=data)
    assert int(done.text) > 10_000_000
    problem = "invalid literal for int() with base 10: b'abc'"
    assert done.err == f"stdtools unpickle: standard input: byte 5: the pickle cannot be read: {problem}\n"
    assert "byte 9: the pickle cannot be read: invalid literal" in run("unpickle", "--ops", stdin=b"Iunknown\n.").err


def test_a_pickle_comes_once_where_reading_fails_behind_it() -> None:
    class Failing:
        name = "input"

        def __init__(self, *blocks: bytes) -> None:
            self.blocks = list(blocks)

        def read(self, size: int) -> bytes:
            if self.blocks:
                return self.blocks.pop(0)
            raise ToolError("Input/output error")

    for blocks in ((b"cos\nsystem\n.",), (b"cos\nsystem\n", b"."), (b"cos\nsystem\n.cos\n",)):
        for look, one in ((names, ["os.system"]), (steps, [Step(0, "GLOBAL", "os system"), Step(11, "STOP", None)])):
            found: list[Any] = []
            with pytest.raises(ToolError, match="Input/output error"):
                for some in look(Failing(*blocks)):
                    found += some
            assert found == one


def test_depth_size_and_cycles_end_in_one_line(run: Run) -> None:
    for data in (b"]" * 500_000 + b"a" * 499_999 + b".", b"(" * 10**6 + b".", b"]\x94h\x00a."):
        result = run("unpickle", stdin=data)
        assert result.code == 2
        assert result.err.count("\n") == 1
        assert "internal" not in result.err


def test_every_name_that_is_called_plain_makes_plain_values() -> None:
    day, clock = b"\x07\xea\x01\x02", b"\3\4\5\0\0\0"
    arguments = {
        "encode": ("x", "latin1"), "bytes": (), "set": ([1],), "frozenset": ([1],), "date": (day,),
        "datetime": (day + clock,), "time": (clock,), "timedelta": (1, 2, 3), "timezone": (datetime.timedelta(0),),
    }  # fmt: skip
    for name in PLAIN:
        made = Rebuilder(Hasher(1000), 1000).call(name, arguments[name.rpartition(".")[2]])
        assert made is not NotImplemented, name
        check(made)


def test_what_needs_no_import_is_not_listed_and_what_somebody_is_asked_for_is(run: Run) -> None:
    assert run("unpickle", "--globals", stdin=pickle.dumps(bytearray(b"x"), 5)) == (0, b"", "")
    assert run("unpickle", "--globals", stdin=pickle.dumps(bytearray(b"x"), 4)).text == "builtins.bytearray\t1\tfalse\n"
    assert run("unpickle", "--globals", stdin=b"Pname\n.").text == "pickle.persistent_id\t1\tfalse\n"
    assert run("unpickle", "--globals", stdin=b"\x82\x05.").text == "copyreg.extension\t1\tfalse\n"


def test_a_large_pickle_from_a_pipe_is_tried_again_as_it_doubles(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = 0

    def run_counted(self: Machine, real: Any = Machine.run) -> Any:
        nonlocal tried
        tried += 1
        return real(self)

    monkeypatch.setattr(Machine, "run", run_counted)
    data = pickle.dumps(["x" * 1000] * 3 + [str(number) for number in range(2_000_000)])
    reader, writer = os.pipe()
    feeder = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read())"],
        stdin=subprocess.PIPE, stdout=writer)  # fmt: skip
    os.close(writer)
    threading.Thread(target=feeder.communicate, args=(data,)).start()
    [value] = values(Input(reader, "pipe"))
    assert len(value) == 2_000_003
    assert tried < 40, "a try for each 64 KiB would be 400"
    os.close(reader)
    feeder.wait()


@pytest.mark.parametrize("options", [[], ["--ops"], ["--globals"]])
def test_the_script_of_explain_does_the_same(run: Run, tmp_path: Path, options: list[str]) -> None:
    values = [[], "a", {"b": None}] if not options else ["a", Decimal, Counter, OrderedDict, deque, Decimal(1)]
    value = pickle.dumps(values, 0) + pickle.dumps(values, 2) + pickle.dumps(values, 4)
    (tmp_path / "p").write_bytes(value * 2)
    script = run("unpickle", *options, "p", "--explain").text
    assert len(script.splitlines()) <= 20
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, cwd=tmp_path)
    ours = run("unpickle", *options, "p")
    assert (done.returncode, done.stdout) == (ours.code, ours.out), done.stderr
    script = run("unpickle", *options, "-", "--explain").text
    done = subprocess.run([sys.executable, "-c", script], input=value * 2, capture_output=True)
    assert (done.returncode, done.stdout) == (ours.code, ours.out), done.stderr
    told = "stdtools unpickle: --explain does not cover --format\n"
    refused = (2, b"", told) if options else run("unpickle", "p", "--csv")
    assert run("unpickle", *options, "p", "--csv", "--explain") == refused
    refused = run("unpickle", "--ops", "--globals", "p")
    assert run("unpickle", "--ops", "--globals", "p", "--explain") == refused == (2, b"", refused.err)


def test_a_default_that_does_not_fit_what_was_typed_is_ignored(run: Run) -> None:
    data = pickle.dumps(5)
    assert run("unpickle", "--globals", stdin=data, env={"STDTOOLS_UNPICKLE_OPS": "1"}) == (0, b"", "")
    for args in ([], ["--explain"]):
        result = run("unpickle", *args, stdin=data, env={"STDTOOLS_UNPICKLE_FORMAT": "csv"})
        assert result == run("unpickle", *args, stdin=data)
