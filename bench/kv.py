"""kv beside Python's own start, shelve and redis-like figures: start-up, bulk import, batches, many keys."""

import json
import os
import random
import subprocess
from pathlib import Path

from measure import Candidate, Claim, Measured, anew, claim, compare, environment

PAIRS = 1_000_000
MANY = 10_000_000
_PRIME = 7_368_787  # steps through numbers in no order without a list: no child's peak is below the peak here


def make_pairs(path: Path, count: int) -> None:
    """Write *count* JSON lines with keys in no order."""
    with open(path, "w", encoding="ascii") as output:
        for step in range(count):
            n = step * _PRIME % count
            output.write(f'{{"key": "user:{n:08d}", "value": "value number {n}"}}\n')


def make_operations(path: Path, count: int) -> None:
    """Write *count* operations, half of them sets, the others gets and counts."""
    draw = random.Random(2)
    with open(path, "w", encoding="ascii") as output:
        for _ in range(count):
            key = f"key {draw.randrange(100_000)}"
            operation: dict[str, object] = {"op": draw.choice(("set", "set", "get", "incr")), "key": key}
            if operation["op"] == "set":
                operation["value"] = {"number": draw.random(), "text": "some text"}
            elif operation["op"] == "incr":
                operation["key"] = f"count {draw.randrange(1000)}"
            output.write(json.dumps(operation) + "\n")


def run(python: str, stdtools: str, place: Path) -> tuple[list[Measured], list[Claim]]:
    """Measure small commands, bulk imports, batches, and a store of ten million keys."""
    os.environ["STDTOOLS_JOURNAL"] = "off"
    os.environ["XDG_DATA_HOME"] = str(place / "data")
    small = str(place / "small.db")
    kv = [stdtools, "kv", "--store", small]
    subprocess.run([*kv, "set", "greeting", "hello"], check=True)
    starts = compare(
        [
            Candidate("python -c 'import click', beside kv", [python, "-c", "import click"]),
            Candidate("kv get", [*kv, "get", "greeting"]),
            Candidate("kv set", [*kv, "set", "greeting", "hello"]),
            Candidate("kv incr", [*kv, "incr", "hits"]),
        ],
        rounds=31,
    )
    pairs, operations = place / "pairs.jsonl", place / "operations.jsonl"
    make_pairs(pairs, PAIRS)
    make_operations(operations, 300_000)
    target = place / "bulk.db"
    bulk = compare(
        [
            Candidate(name, anew(target, [stdtools, "kv", "--store", str(target), *command]), str(source))
            for name, command, source in (
                ("kv import, 1,000,000 pairs", ["import"], pairs),
                ("kv batch, 300,000 operations", ["batch"], operations),
            )
        ],
        rounds=3,
    )
    many = [stdtools, "kv", "--store", str(place / "many.db")]
    make_pairs(pairs, MANY)
    subprocess.run([*many, "import", str(pairs)], stdout=subprocess.DEVNULL, env=environment(), check=True)
    large = compare(
        [
            Candidate("kv get of no store", [stdtools, "kv", "get", "x", "--default", "y"]),
            Candidate("kv get, 10,000,000 keys", [*many, "get", "user:05000000"]),
            Candidate("kv keys of nothing", [*kv, "keys", "--prefix", "gree"]),
            Candidate("kv keys --prefix, 10,000,000 keys", [*many, "keys", "--prefix", "user:050000"]),
            Candidate("kv set, 10,000,000 keys", [*many, "set", "user:05000000", "x"]),
        ],
        rounds=15,
    )
    times = {m.name: m.seconds for m in [*bulk, *large]}
    click = starts[0].name
    claims = [
        claim("kv get", starts, "kv get", click, 1.4, "python -c 'import click'"),
        Claim("kv import, 150,000 pairs a second", "", "pairs a second", 1.0, times[bulk[0].name] * 150_000 / PAIRS),
        Claim("kv batch, 30,000 operations a second", "", "operations a second", 1.0, times[bulk[1].name] / 10),
        Claim(
            "kv get, 10,000,000 keys, net of start, ms",
            "",
            "10 ms",
            10,
            1000 * (times["kv get, 10,000,000 keys"] - times["kv get of no store"]),
        ),
        Claim(
            "kv keys --prefix, 10,000,000 keys, net of start, ms",
            "",
            "10 ms",
            10,
            1000 * (times["kv keys --prefix, 10,000,000 keys"] - times["kv keys of nothing"]),
        ),
    ]
    return [*starts, *bulk, *large], claims
