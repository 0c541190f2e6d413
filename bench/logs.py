"""log write beside multilog, rotatelogs and the handler of the standard library; and what the journal costs."""

import os
import random
import re
import shutil
import statistics
import subprocess
import time
from pathlib import Path

from measure import Candidate, Claim, Measured, claim, compare, environment

LIMIT = 10 << 20
HANDLER = """
import logging, logging.handlers, stdtools.log, sys
handler = {handler}("h.log", maxBytes=10485760, backupCount=5)
logger = logging.Logger("bench")
logger.addHandler(handler)
for line in sys.stdin:
    logger.info("%s", line[:-1])
"""
WRITER = """
import sys
{setup}
writer = int(sys.argv[1])
for number in range(5000):
    logger.info("writer %d line %06d", writer, number)
"""
STDLIB = "logging.handlers.RotatingFileHandler"
OURS = "stdtools.log.RotatingHandler"


def write_log(path: Path, size: int) -> int:
    """Write about *size* bytes of lines like a service's; return how many lines."""
    draw = random.Random(size)
    written = lines = 0
    with path.open("wb") as file:
        while written < size:
            second = lines // 40
            line = b"2026-11-22 %02d:%02d:%02d INFO  request %d handled in %d ms by worker %d\n" % (
                second // 3600 % 24, second // 60 % 60, second % 60, lines, draw.randint(1, 900), draw.randint(1, 16)
            )  # fmt: skip
            file.write(line)
            written += len(line)
            lines += 1
    return lines


def piped(place: Path, log: Path, command: str) -> list[str]:
    """Return a command line that pipes *log* into *command* in an empty directory of its own."""
    work = place / "work"
    return ["sh", "-c", f"rm -rf {work}; mkdir {work}; cd {work}; cat {log} | {command}"]


def journal_cost(stdtools: str, place: Path) -> list[Measured]:
    """Measure one small run with the journal and without, in turn."""
    (place / "one.bin").write_bytes(bytes(16))
    command = [stdtools, "unpack", "<I:id h:a H:b d:x", str(place / "one.bin")]
    times: dict[str, list[float]] = {"on": [], "off": []}
    for _ in range(200):
        for name, more in (("on", str(place / "journal.log")), ("off", "off")):
            start = time.perf_counter()
            env = {**environment(), "STDTOOLS_JOURNAL": more}
            subprocess.run(command, stdout=subprocess.DEVNULL, env=env, check=True)
            times[name].append(time.perf_counter() - start)
    difference = statistics.median(on - off for on, off in zip(times["on"], times["off"], strict=True))
    return [
        Measured("unpack of one record, journal on", statistics.median(times["on"]), 0),
        Measured("unpack of one record, journal off", statistics.median(times["off"]), 0),
        Measured("the journal, median of the differences", difference, 0),
    ]


def lost(python: str, place: Path, handler: str) -> float:
    """Return the median share in percent, of three runs, of 40,000 lines that eight writers lose."""
    setup = (
        "import logging, logging.handlers, stdtools.log\n"
        f"handler = {handler}('lost.log', maxBytes=65536, backupCount=900)\n"
        "logger = logging.Logger('bench')\nlogger.addHandler(handler)\nhandler.handleError = lambda record: None\n"
    )
    shares = []
    for _ in range(3):
        work = place / "lost"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        code = WRITER.format(setup=setup)
        writers = [
            subprocess.Popen([python, "-c", code, str(n)], cwd=work, env=environment(), stderr=subprocess.DEVNULL)
            for n in range(8)
        ]
        for writer in writers:
            writer.wait()
        text = b"".join(path.read_bytes() for path in work.glob("lost.log*"))
        found = set(re.findall(rb"(?m)^writer \d line \d{6}$", text))
        shares.append(100 * (1 - len(found) / 40_000))
    return statistics.median(shares)


def run(python: str, stdtools: str, place: Path) -> tuple[list[Measured], list[Claim]]:
    """Measure the bulk path, the heads of lines, the handlers, the journal, and what is lost."""
    os.environ["STDTOOLS_JOURNAL"] = "off"
    log, short = place / "92MB.log", place / "9MB.log"
    lines = write_log(log, 92_000_000)
    few = write_log(short, 9_000_000)
    write = f"{stdtools} log write a.log"
    bulk = compare(
        [
            Candidate("start of log write", piped(place, Path(os.devnull), write)),
            Candidate("rotatelogs", piped(place, log, "rotatelogs -n 5 a.log 10M")),
            Candidate("multilog", piped(place, log, f"multilog s{LIMIT} n5 ./a")),
            Candidate("log write", piped(place, log, write)),
            Candidate("log write --timestamp", piped(place, log, f"{write} --timestamp")),
        ],
        rounds=11,
    )
    code = {name: HANDLER.format(handler=name) for name in (STDLIB, OURS)}
    clean = f"rm -rf {place}/h; mkdir {place}/h; cd {place}/h"
    handlers = compare(
        [Candidate(name, ["sh", "-c", f"{clean}; {python} -c '{code[name]}' < {short}"]) for name in (STDLIB, OURS)],
        rounds=3,
    )
    seconds = {m.name: m.seconds for m in (*bulk, *handlers)}
    start = seconds["start of log write"]
    net = seconds["log write"] - start
    per_byte = net / log.stat().st_size
    handler_per_byte = (seconds[STDLIB] - start) / short.stat().st_size
    journal = journal_cost(stdtools, place)
    stamped = lines / (seconds["log write --timestamp"] - start)
    print(f"log write --timestamp: {stamped:,.0f} lines a second; the handlers: {few:,} lines")
    stdlib_loses, we_lose = lost(python, place, STDLIB), lost(python, place, OURS)
    return [*bulk, *handlers, *journal], [
        claim("92 MB through log write, whole process", bulk, "log write", "multilog", 1.0),
        Claim("92 MB through log write, net of start", "", "multilog", 1 / 5, net / seconds["multilog"]),
        Claim("92 MB through log write, net of start", "", "rotatelogs", 2.0, net / seconds["rotatelogs"]),
        Claim("the same, per byte", "", "RotatingFileHandler", 1 / 25, per_byte / handler_per_byte),
        Claim("--timestamp, 300,000 lines a second", "", "lines a second", 1.0, 300_000 / stamped),
        Claim("the journal, milliseconds a run", "", "5 ms", 5.0, journal[2].seconds * 1000),
        Claim("8 × 5,000 lines by RotatingFileHandler, percent lost", "", "(for comparison)", 100, stdlib_loses),
        Claim("8 × 5,000 lines by RotatingHandler, percent lost", "", "none", 0.0, we_lose),
    ]
