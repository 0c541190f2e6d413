"""Writers of a store that are killed at random moments; used by the tests and by the soak tests."""

import os
import random
import signal
import subprocess
import sys
import time
import zlib
from pathlib import Path

import stdtools.kv

# Writes values with a checksum in them, and says so when each is on the disk.
WRITER = """
import os, sys, zlib
import stdtools.kv
path, first = sys.argv[1], int(sys.argv[2])
with stdtools.kv.open(path) as store:
    n = first
    while True:
        text = f"{n} " + "x" * (n % 50 * 97)
        store.set(f"key {n % 50}", [n, text, zlib.crc32(text.encode())], ttl=3600 if n % 3 else None)
        os.write(1, b"%d\\n" % n)
        n += 1
"""


def kill_writers(place: Path, draw: random.Random, kills: int) -> None:
    """Kill a looping writer *kills* times; each time the store has to be whole and to have what was acknowledged."""
    path = str(place / "killed.db")
    acknowledged: dict[int, int] = {}
    following = 0
    for _ in range(kills):
        process = subprocess.Popen([sys.executable, "-c", WRITER, path, str(following)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(draw.uniform(0, 0.02))
        process.send_signal(signal.SIGKILL)
        numbers = [int(word) for word in (first + process.stdout.read()).split()]
        assert process.wait() == -signal.SIGKILL
        process.stdout.close()
        for number in numbers:
            acknowledged[number % 50] = number
        following = numbers[-1] + 1
        check(path, acknowledged, following)


def check(path: str, acknowledged: dict[int, int], uncertain: int) -> None:
    """Assert that every acknowledged value is there, whole; the one after the last may be."""
    with stdtools.kv.open(path, "r") as store:
        assert [text for (text,) in store.dict.connection.execute("PRAGMA integrity_check")] == [b"ok"]
        for slot, number in acknowledged.items():
            found, text, checksum = store[f"key {slot}"]
            assert found in ((number, uncertain) if uncertain % 50 == slot else (number,))
            assert zlib.crc32(text.encode()) == checksum
            assert text.split()[0] == str(found)
            assert (store.ttl(f"key {slot}") is None) == (found % 3 == 0)


def leftovers(place: Path) -> list[str]:
    """Return the files beside the store."""
    return sorted(name for name in os.listdir(place) if name != "killed.db")
