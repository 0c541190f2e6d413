"""Whole processes, measured in pairs: each round runs every candidate once, in turn."""

import os
import shlex
import statistics
import subprocess
import time
from pathlib import Path
from typing import NamedTuple


class Candidate(NamedTuple):
    """A command line of a comparison; ``stdin`` is a path, ``code`` how it ends when all is well."""

    name: str
    command: list[str]
    stdin: str = os.devnull
    code: int = 0


class Measured(NamedTuple):
    """Medians over the rounds: wall seconds, and the largest resident memory in MiB."""

    name: str
    seconds: float
    memory: float


def environment() -> dict[str, str]:
    """Return an environment in which nothing slows Python down."""
    unwanted = ("PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if name not in unwanted}


def anew(database: Path, command: list[str]) -> list[str]:
    """Return *command* for a database that is not there."""
    return ["sh", "-c", f"rm -f {shlex.quote(str(database))}* && exec {shlex.join(command)}"]


def compare(candidates: list[Candidate], rounds: int) -> list[Measured]:
    """Run every candidate *rounds* times, interleaved, after one run of each that does not count."""
    times: dict[str, list[float]] = {candidate.name: [] for candidate in candidates}
    memory: dict[str, list[float]] = {candidate.name: [] for candidate in candidates}
    for turn in range(rounds + 1):
        for candidate in candidates:
            seconds, used = _once(candidate)
            if turn:
                times[candidate.name].append(seconds)
                memory[candidate.name].append(used)
    return [
        Measured(candidate.name, statistics.median(times[candidate.name]), statistics.median(memory[candidate.name]))
        for candidate in candidates
    ]


def _once(candidate: Candidate) -> tuple[float, float]:
    with open(candidate.stdin, "rb") as stdin:
        start = time.perf_counter()
        process = subprocess.Popen(
            candidate.command, stdin=stdin, stdout=subprocess.DEVNULL, env=environment(), start_new_session=True
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != candidate.code:
        raise SystemExit(f"{candidate.name}: {candidate.command} ended with {process.returncode}")
    return seconds, usage.ru_maxrss / 1024


class Claim(NamedTuple):
    """A bound that the project sets itself: ``ours`` / ``peer`` at most ``limit``."""

    what: str
    ours: str
    peer: str
    limit: float
    ratio: float

    @property
    def row(self) -> str:
        """Return a row of the table of results."""
        kept = "yes" if self.ratio <= self.limit else "**no**"
        return f"| {self.what} | {self.peer} | {self.ratio:.2f} | {self.limit:.2f} | {kept} |"


def claim(what: str, measured: list[Measured], ours: str, peer: str, limit: float, peer_name: str = "") -> Claim:
    """Return the claim that *ours* takes at most *limit* times what *peer* takes."""
    seconds = {m.name: m.seconds for m in measured}
    return Claim(what, ours, peer_name or peer, limit, seconds[ours] / seconds[peer])
