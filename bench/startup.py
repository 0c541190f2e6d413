"""What it costs to start: the small commands beside an interpreter that only imports Click."""

import subprocess
from pathlib import Path

from measure import Candidate, Claim, Measured, claim, compare

TAB = "Tab, a key of a store"
LIMIT = 1.25


def run(python: str, stdtools: str, place: Path) -> tuple[list[Measured], list[Claim]]:
    """Measure --version, --help and each command on one record."""
    (place / "one.bin").write_bytes(bytes(16))
    (place / "one.pickle").write_bytes(b"\x80\x04K\x07.")
    (place / "one.log").write_bytes(b"2026-11-22 12:00:00 one line\n")
    subprocess.run([stdtools, "kv", "set", "--store", str(place / "tab.db"), "user", "v"], check=True)
    peer = "python -c 'import click'"
    ours = {
        "stdtools --version": [stdtools, "--version"],
        "stdtools --help": [stdtools, "--help"],
        "unpack of one record": [stdtools, "unpack", "<I:id h:a H:b d:x", str(place / "one.bin")],
        "unpack of one record, JSON lines": [
            stdtools,
            "unpack",
            "<I:id h:a H:b d:x",
            str(place / "one.bin"),
            "--jsonl",
        ],
        "pack of one value": [stdtools, "pack", "<I:id", "7"],
        "find in a small directory": [stdtools, "find", "-n", "*.bin", str(place)],
        "walk of a small directory": [stdtools, "walk", str(place)],
        "par of one job": [stdtools, "par", "true", ":::", "x"],
        "log view of one line": [stdtools, "log", "view", str(place / "one.log")],
        "log verify of one line": [stdtools, "log", "verify", str(place / "one.log")],
        "log path": [stdtools, "log", "path"],
        "count of one line": [stdtools, "count", str(place / "one.log")],
        "sub in one line": [stdtools, "sub", "a", "b", str(place / "one.log")],
        "wrap of one line": [stdtools, "wrap", str(place / "one.log")],
        "lines of one line": [stdtools, "lines", "1", str(place / "one.log")],
        "top of one line": [stdtools, "top", str(place / "one.log")],
        "merge of one line": [stdtools, "merge", str(place / "one.log")],
        "date of now": [stdtools, "date"],
        "unpickle of one value": [stdtools, "unpickle", str(place / "one.pickle")],
        TAB: [stdtools, "__complete", "kv", "get", "--store", str(place / "tab.db"), "us"],
        "look in one line": [stdtools, "look", "2026", str(place / "one.log")],
        "log write of nothing": [stdtools, "log", "write", str(place / "new.log")],
    }
    candidates = [
        Candidate("python -c pass", [python, "-c", "pass"]),
        Candidate(peer, [python, "-c", "import click"]),
        *(Candidate(name, command) for name, command in ours.items()),
    ]
    measured = compare(candidates, rounds=41)
    tab = 1000 * next(m.seconds for m in measured if m.name == TAB)
    claims = [claim(name, measured, name, peer, LIMIT) for name in ours if name != TAB]
    return measured, [*claims, Claim(f"{TAB}, ms", "", "80 ms", 80.0, tab)]
