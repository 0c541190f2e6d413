"""Walks under attack: directories swapped for links, processes killed, a cache beside a changing tree."""

import os
import random
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

from tests.conftest import COMMAND

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1800)]


def fill(root: Path, directories: int, draw: random.Random) -> list[Path]:
    made = [root]
    root.mkdir(exist_ok=True)
    for number in range(directories):
        made.append(draw.choice(made) / f"d{number}")
        made[-1].mkdir()
    for number, directory in enumerate(made):
        for name in ("a.py", "b.txt", f"{number}.log"):
            (directory / name).touch()
    return made


def test_50_deletions_beside_one_who_swaps_directories_for_links_touch_nothing_outside(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    fill(outside, 20, random.Random(1))
    before = sorted(outside.rglob("*"))
    place = tmp_path / "place"
    stop = threading.Event()
    swaps = 0

    def swap() -> None:
        nonlocal swaps
        draw = random.Random(2)
        while not stop.is_set():
            try:
                victim = os.path.join(place, draw.choice(os.listdir(place)))
                os.rename(victim, f"{victim}.moved")
                os.symlink(outside, victim)
                os.unlink(victim)
                os.rename(f"{victim}.moved", victim)
                swaps += 1
            except (OSError, IndexError):
                continue

    attacker = threading.Thread(target=swap)
    attacker.start()
    try:
        for turn in range(50):
            fresh = tmp_path / f"place{turn}"
            fill(fresh, 200, random.Random(turn))
            place.unlink(missing_ok=True)
            place.symlink_to(fresh)
            done = subprocess.run([COMMAND, "find", fresh, "-n", "*", "--delete"], capture_output=True)
            assert done.returncode in (0, 2)
            assert b"internal error" not in done.stderr
            assert sorted(outside.rglob("*")) == before
    finally:
        stop.set()
        attacker.join()
    assert swaps > 500


def children_of(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in path.read_text().split()] if path.exists() else []


@pytest.mark.parametrize("victim", ["one of the others", "the first"])
def test_100_kills_in_a_shared_walk_are_told_and_leave_nobody_behind(tmp_path: Path, victim: str) -> None:
    draw = random.Random(3)
    killed = 0
    while killed < 100:
        command = [COMMAND, "find", *["/usr"] * 3, "-j", "4", *draw.choice([[], ["--sort", "path"], ["-n", "*.py"]])]
        with open(tmp_path / "out", "wb") as out:
            process = subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE)
        others: list[int] = []
        while process.poll() is None and len(others) < 3:
            others = children_of(process.pid)
        time.sleep(draw.uniform(0, 0.05))
        if process.poll() is not None:
            continue
        others = children_of(process.pid) or others
        pid = process.pid if victim == "the first" else draw.choice(others)
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
        _, errors = process.communicate(timeout=60)
        killed += 1
        if victim == "the first":
            assert process.returncode == -signal.SIGKILL
        elif process.returncode:
            assert process.returncode == 2
            assert errors == b"stdtools find: a process of the walk was killed; what it had found is lost\n"
        deadline = time.monotonic() + 20
        while any(alive(other) for other in others):
            assert time.monotonic() < deadline, "somebody outlives the walk"
            time.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_300_walks_with_a_cache_beside_random_changes_find_what_there_is(tmp_path: Path) -> None:
    draw = random.Random(4)
    root = tmp_path / "root"
    directories = fill(root, 150, draw)
    for turn in range(300):
        for _ in range(draw.randint(0, 6)):
            directory = draw.choice([directory for directory in directories if directory.is_dir()])
            change = draw.randrange(6)
            if change == 0:
                (directory / f"new{turn}{draw.random()}").touch()
            elif change == 1:
                for entry in list(directory.iterdir())[:1]:
                    if entry.is_file():
                        entry.unlink()
            elif change == 2:
                directories.append(directory / f"sub{turn}{draw.random()}")
                directories[-1].mkdir()
            elif change == 3 and directory != root:
                directory.rename(directory.with_name(f"moved{turn}{draw.random()}"))
            elif change == 4:
                os.utime(directory, (1, draw.randrange(1 << 30)))
            elif change == 5:
                for entry in list(directory.iterdir())[:1]:
                    if entry.is_file():
                        entry.rename(entry.with_name(f"renamed{draw.random()}"))
        directories = [directory for directory in directories if directory.is_dir()] or [root]
        if draw.random() < 0.1:
            time.sleep(2.1)  # what is settled is kept
        jobs = draw.choice(["1", "2"])
        cached = subprocess.run([COMMAND, "find", root, "--cache", "-0", "-j", jobs], capture_output=True, check=True)
        plain = subprocess.run(["find", root, "-print0"], capture_output=True, check=True)
        assert sorted(cached.stdout.split(b"\0")) == sorted(plain.stdout.split(b"\0"))
        if turn % 50 == 49:
            verified = subprocess.run([COMMAND, "find", root, "--cache-verify"], capture_output=True)
            assert (verified.returncode, verified.stderr) == (0, b"")
