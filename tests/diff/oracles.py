"""What GNU diff says of two texts, and the texts that it is asked about."""

import os
import random
import re
import subprocess
from itertools import accumulate
from pathlib import Path

from stdtools.diff.comparison import Change, Comparison, split_lines

ENVIRONMENT = {"LC_ALL": "C.UTF-8", "TZ": "Asia/Kathmandu"}  # a zone with quarters of an hour


class Written(list[bytes]):
    """What was written."""

    def write(self, data: bytes) -> None:
        self.append(data)


def gnu(place: Path, *options: str) -> bytes:
    """Return what GNU diff writes about the files ``a`` and ``b`` in *place*."""
    done = subprocess.run(
        ["diff", *options, "a", "b"], cwd=place, capture_output=True, env={**os.environ, **ENVIRONMENT}
    )
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


def comparison_of(a: bytes, b: bytes, normal: bytes) -> Comparison:
    """Return the comparison that the lines of the normal format tell of: GNU's choice, not ours."""
    a_at, b_at = (list(accumulate(map(len, split_lines(text)), initial=0)) for text in (a, b))
    changes = []
    for found in re.finditer(rb"^(\d+)(?:,(\d+))?([acd])(\d+)(?:,(\d+))?$", normal, re.MULTILINE):
        a1, a2, b1, b2 = int(found[1]), int(found[2] or found[1]), int(found[4]), int(found[5] or found[4])
        a1 -= found[3] != b"a"
        b1 -= found[3] != b"d"
        changes.append(Change(a1, a2, b1, b2, a_at[a1], a_at[a2], b_at[b1], b_at[b2]))
    return Comparison(a, b, changes)


LINES = [
    b"",
    b"a",
    b"b",
    b"int main(void)",
    b"  x",
    b"\ty\tz",
    b"}",
    b"c\r",
    b"\r",
    b"d\xff",
    "é日本".encode(),
    b"\\",
    b"---",
    b"x" * 90,
]


def pair(chance: random.Random) -> tuple[bytes, bytes]:
    """Return a text and what became of it: a few changes, moved lines, and perhaps no newline at the end."""
    few = chance.random() < 0.5
    lines = [
        chance.choice(LINES) if few or chance.random() < 0.3 else b"line %d" % chance.randrange(40)
        for _ in range(chance.choice([0, 1, 2, 5, 10, 40, 100]))
    ]
    other = list(lines)
    for _ in range(chance.choice([0, 1, 1, 2, 3, 8])):
        place = chance.randint(0, len(other))
        count = chance.choice([0, 0, 1, 1, 2, 5])
        other[place : place + count] = [chance.choice(LINES) for _ in range(chance.choice([0, 1, 1, 2, 4]))]
    return _text(chance, lines), _text(chance, other)


def _text(chance: random.Random, lines: list[bytes]) -> bytes:
    return b"\n".join(lines) + (b"\n" if lines and chance.random() < 0.7 else b"")
