"""What the tests of logs share: a chain read plainly, and writers that can be counted."""

import bz2
import gzip
import lzma
import subprocess
from pathlib import Path

from tests.conftest import COMMAND

OPENERS = {"": open, ".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}


def chain(path: Path) -> list[bytes]:
    """The contents of the backups and the file, the oldest first, found by looking for names only."""
    found = []
    for number in range(999, -1, -1):
        name = f"{path}.{number}" if number else str(path)
        for suffix, opener in OPENERS.items():
            if Path(name + suffix).exists():
                with opener(name + suffix, "rb") as file:
                    found.append(file.read())
    return found


def numbered(writer: int, count: int) -> bytes:
    return b"".join(b"writer %d line %06d\n" % (writer, n) for n in range(count))


def numbers(lines: list[bytes], writer: int) -> list[int]:
    """The numbers of a writer's lines, in the order they stand in."""
    head = b"writer %d line " % writer
    return [int(line.removeprefix(head)) for line in lines if line.startswith(head)]


def start_writer(*args: object, cwd: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [COMMAND, "log", "write", *map(str, args)], cwd=cwd, stdin=subprocess.PIPE, stderr=subprocess.PIPE
    )
