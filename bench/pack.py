"""unpack beside perl and construct: a million records, and what several processes gain."""

import random
import shutil
import struct
from pathlib import Path

from measure import Candidate, Claim, Measured, claim, compare

LAYOUT = "<I:id h:a H:b d:x"
PERL = r'binmode STDIN; while (read(STDIN, $r, 16)) { print join(",", unpack("L<s<S<d<", $r)), "\n" }'
CONSTRUCT = """
import sys
from construct import Float64l, Int16sl, Int16ul, Int32ul, Struct
record = Struct("id" / Int32ul, "a" / Int16sl, "b" / Int16ul, "x" / Float64l)%s
data = sys.stdin.buffer
print("id,a,b,x")
while raw := data.read(16):
    r = record.parse(raw)
    print(r.id, r.a, r.b, r.x, sep=",")
"""


def records(path: Path, count: int) -> None:
    """Write *count* random records of 16 bytes."""
    draw = random.Random(count)
    pack = struct.Struct("<IhHd").pack
    with path.open("wb") as file:
        for number in range(count):
            file.write(pack(number, draw.randint(-32768, 32767), draw.randint(0, 65535), draw.random() * 1000))


def run(python: str, stdtools: str, place: Path) -> tuple[list[Measured], list[Claim]]:
    """Measure the bulk path against its peers, and its memory on 1 GB."""
    million, many, giga = place / "million.bin", place / "8million.bin", place / "1GB.bin"
    records(million, 1_000_000)
    for path, times in ((many, 8), (giga, 64)):
        with path.open("wb") as file:
            for _ in range(times):
                with million.open("rb") as part:  # in blocks: a child starts with its parent's peak memory
                    shutil.copyfileobj(part, file)
    unpack = [stdtools, "unpack", LAYOUT]
    first = compare(
        [
            Candidate("perl", ["perl", "-e", PERL], str(million)),
            Candidate("unpack --csv", [*unpack, "--csv", str(million)]),
            Candidate("unpack --jsonl", [*unpack, "--jsonl", str(million)]),
        ],
        rounds=11,
    )
    jobs = compare(
        [
            Candidate("8 million, -j 1", [*unpack, "--csv", str(many)]),
            Candidate("8 million, -j 2", [*unpack, "--csv", "-j", "2", str(many)]),
        ],
        rounds=5,
    )
    slow = compare(
        [
            Candidate("construct", [python, "-c", CONSTRUCT % ""], str(million)),
            Candidate("construct, compiled", [python, "-c", CONSTRUCT % ".compile()"], str(million)),
            Candidate("unpack --csv beside construct", [*unpack, "--csv", str(million)]),
        ],
        rounds=1,
    )
    memory = compare([Candidate("1 GB, --csv", [*unpack, "--csv", str(giga)])], rounds=1)
    giga.unlink()
    peak = memory[0].memory
    return [*first, *jobs, *slow, *memory], [
        claim("1,000,000 records to CSV", first, "unpack --csv", "perl", 1.0, "perl unpack"),
        claim("1,000,000 records to JSON lines", first, "unpack --jsonl", "perl", 1.5, "perl unpack, CSV"),
        claim("8,000,000 records, -j 2", jobs, "8 million, -j 2", "8 million, -j 1", 1 / 1.6, "-j 1"),
        claim("1,000,000 records to CSV", slow, "unpack --csv beside construct", "construct", 1 / 12),
        Claim("1 GB to CSV, peak memory in MiB", "", "40 MiB", 40.0, peak),
    ]
