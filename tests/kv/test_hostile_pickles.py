"""No pickle, whoever made it, runs code, crashes us, or takes more than a fair share of time and memory."""

import json
import pickle
import pickletools
import random
import subprocess
import sys
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from stdtools.kv.forms import parse, to_json
from stdtools.kv.nesting import survey
from stdtools.kv.pickles import load, load_plain, type_name
from stdtools.shared.errors import ToolError
from tests.kv.hostile import CASES, HEAD, SAMPLE, WOULD_RUN, text

# Reads the cases from its input, and writes what became of each: under a limit of memory and of time, and with
# a hook that hears of all that Python thinks may matter: imports, files, processes, code.
READER = """
import base64, json, resource, sys, time
from stdtools.kv.forms import parse, to_json
from stdtools.kv.nesting import survey
from stdtools.kv.pickles import load, load_plain, type_name
from stdtools.shared.errors import ToolError

cases = [(name, base64.b64decode(data)) for name, data in json.load(sys.stdin)]
for data in (case for name, case in cases if name.startswith("warm up")):
    try:
        to_json(load(data)), type_name(data), survey(load(data)), load_plain(data)
    except ToolError:
        pass

heard = []

def hear(event, args):
    if event != "builtins.id":
        heard.append(f"{event} {args[:1]!r:.80}")

sys.addaudithook(hear)
resource.setrlimit(resource.RLIMIT_AS, (256 << 20, 256 << 20))
resource.setrlimit(resource.RLIMIT_CPU, (100, 100))

def outcome(function, data):
    try:
        return "shown" if function(data) is not None else ""
    except ToolError as error:
        return f"refused: {error}"
    except BaseException as error:
        return f"CRASH {type(error).__name__}: {error!r:.200}"

def show(data):
    value = load(data)
    survey(value)
    return to_json(value).encode()

for name, data in cases:
    heard.clear()
    began = time.process_time()
    shown = outcome(show, data)
    plain = outcome(lambda data: type(load_plain(data)), data)
    named = outcome(type_name, data)
    print(json.dumps([name, shown, plain, named, heard, time.process_time() - began]), flush=True)
"""

_OPCODES = [opcode.code.encode("latin-1") for opcode in pickletools.opcodes]
_SIMPLE = [b"N", b"K\1", b"](", b"}(", text("os"), b"h\0", b"q\0", b")", b"\x94"] * 5

WARM_UPS = [
    b"",
    SAMPLE,
    pickle.dumps([1 << 20_000, float("nan"), "\ud83d\ude00"], 2),
    pickle.dumps([b"bytes", "text", 1.5, True], 0),
    pickle.dumps({1: {2}, (3,): frozenset({(4,)}), "k": b"bytes"}, 2),
    WOULD_RUN["STACK_GLOBAL of os.system"],
    WOULD_RUN["GLOBAL and REDUCE of os.system"],
]


class Told(NamedTuple):
    """What the reader tells of a case."""

    shown: str
    plain: str
    kind: str
    events: list[str]
    seconds: float


def told(directory: Path) -> dict[str, Told]:
    """Return what became of each case in a process of its own, which works in *directory*."""
    cases = [(f"warm up {number}", data) for number, data in enumerate(WARM_UPS)] + list(CASES.items())
    stdin = json.dumps([(name, b64encode(data).decode()) for name, data in cases])
    done = subprocess.run(
        [sys.executable, "-I", "-c", READER], input=stdin, cwd=directory, capture_output=True, text=True
    )
    results = {name: Told(*rest) for name, *rest in map(json.loads, done.stdout.splitlines())}
    assert done.returncode == 0, (done.returncode, done.stderr[-2000:], f"after {[*results][-1:]}")
    return results


@pytest.mark.process
@pytest.mark.once
@pytest.mark.timeout(600)  # 20 seconds of a processor, of which there may be a part
def test_hostile_pickles_are_shown_or_refused_and_do_nothing_else(tmp_path: Path) -> None:
    """No import, no file, no process, no code; no exception but ToolError; in 256 MiB."""
    results = told(tmp_path)
    assert results.keys() >= CASES.keys()
    assert {name: result.events for name, result in results.items() if result.events} == {}
    answers = {(name, answer) for name, result in results.items() for answer in result[:3]}
    assert {
        (name, answer) for name, answer in answers if answer != "shown" and not answer.startswith("refused: ")
    } == set()
    would_run = {name: results[name].plain for name in WOULD_RUN if not CASES[name].endswith((b"0N.", b"1N."))}
    assert {name for name, plain in would_run.items() if not plain.startswith("refused: ")} == set()
    assert not list(tmp_path.iterdir())


@pytest.mark.process
@pytest.mark.once
@pytest.mark.parametrize("name", WOULD_RUN)
def test_pickle_itself_makes_the_canary(tmp_path: Path, name: str) -> None:
    """Or else the cases above would prove nothing."""
    script = "import pickle, sys; pickle.loads(sys.stdin.buffer.read())"
    subprocess.run([sys.executable, "-c", script], input=WOULD_RUN[name], cwd=tmp_path, capture_output=True)
    assert [path.name for path in tmp_path.iterdir()] == ["canary"]


def _mutated(chance: random.Random, samples: list[bytes]) -> bytes:
    data = bytearray(chance.choice(samples))
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(5):
            case 0:
                data[at : at + 1] = chance.randbytes(1)
            case 1:
                data[at:at] = chance.choice(_OPCODES)
            case 2:
                del data[at : at + chance.randint(1, 4)]
            case 3:
                data[at:at] = data[at : at + chance.randint(1, 12)]
            case 4:
                other = chance.choice(samples)
                data[at:at] = other[chance.randrange(len(other)) :][: chance.randint(1, 20)]
    return bytes(data)


@pytest.mark.parametrize("seed", range(5))
def test_a_mutated_pickle_raises_tool_errors_only(seed: int) -> None:
    """5,000 of them in all; what can be read can be shown, and read again as the same."""
    chance = random.Random(seed)
    values = [
        {"a": [1, 2.5, None, True], 70000: b"x", (1, "t"): {3}},
        frozenset([1 << 70]),
        "text" * 80,
        datetime.now(UTC),
    ]
    samples = [pickle.dumps(value, protocol) for value in values for protocol in range(6)]
    samples += [data for name, data in CASES.items() if 0 < len(data) < 200 and "cut off" not in name]
    shown = 0
    for _ in range(1000):
        data = _mutated(chance, samples)
        try:
            value = load(data)
            type_name(data)
            survey(value)
            json.loads(to_json(value, max_nodes=10_000))
            shown += 1
            parse(to_json(load_plain(data)))
        except ToolError:
            continue
        except Exception as error:
            raise AssertionError(data) from error
    assert shown > 30


@pytest.mark.parametrize("seed", range(3))
def test_no_opcode_in_any_order_does_worse(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(1000):
        data = HEAD + b"".join(chance.choices(_OPCODES + _SIMPLE, k=chance.randint(1, 40))) + b"."
        try:
            to_json(load(data))
        except ToolError:
            continue
        except Exception as error:
            raise AssertionError(data) from error


def test_the_largest_memory_that_a_number_can_ask_for() -> None:
    """LONG_BINPUT of 2**32 - 1 makes pickle's own Unpickler allocate gigabytes: python/cpython#115952."""
    assert load(b"\x80\x04Nr\xff\xff\xff\xff.") is None
