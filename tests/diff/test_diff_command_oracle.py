"""stdtools diff beside GNU diff: random files, trees and options; the same bytes, the same exit code.

The lines of a pair are all different, so that there is but one way to tell what changed.
"""

import os
import random
import shutil
import subprocess
from itertools import count
from pathlib import Path

import pytest

from tests.conftest import COMMAND

pytestmark = pytest.mark.once

RUNS = int(os.environ.get("DIFF_RUNS", "50"))
SEED = int(os.environ.get("DIFF_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 32)

FORMATS = ["-u", "-U0", "-U 1", "-c", "-C2", "--normal", "-y", "-y -W 50", "-q", "-q -s"]
OPTIONS = [
    *("-p", "-T", "-i", "-w", "-b", "-Z", "-E", "-B", "-I x", "-a", "-N", "-F f", "-s", "--label L", "-x x*", "-d"),
    *("--suppress-common-lines", "--no-dereference"),
]
NAMES = ["x", "sp ace", "é", 'q"', "d-x", "t\tb"]
LINES = [b"int f%d(){", b"  x%d", b"\tt%d", b"%d\r", b"%d \xff", b"%d \xe6\x97\xa5", b"// %d", b"-- %d", b"%040d"]


class Maker:
    """Makes files and trees by chance."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self._numbers = count()

    def pair(self) -> tuple[bytes, bytes]:
        chance = self.chance
        a = self._lines(chance.choice([0, 1, 2, 5, 20, 60]))
        b = list(a)
        for _ in range(chance.choice([0, 1, 1, 2, 4])):
            place = chance.randint(0, len(b))
            b[place : place + chance.choice([0, 0, 1, 1, 3])] = self._lines(chance.choice([0, 1, 1, 3]))
        return self._text(a), self._text(b) + b"\0" * (chance.random() < 0.05)

    def _lines(self, many: int) -> list[bytes]:
        return [self.chance.choice(LINES) % next(self._numbers) for _ in range(many)]

    def _text(self, lines: list[bytes]) -> bytes:
        return b"\n".join(lines) + b"\n" * (bool(lines) and self.chance.random() < 0.75)

    def trees(self, place: Path) -> None:
        chance = self.chance
        for side in "de":
            shutil.rmtree(place / side, ignore_errors=True)
            (place / side).mkdir()
        for _ in range(chance.randrange(8)):
            name = chance.choice(["", "s/", "s/t/", "u v/"]) + chance.choice(NAMES) + str(chance.randrange(3))
            for side, text in zip("de", self.pair(), strict=True):
                path = place / side / name
                if chance.random() < 0.15 or os.path.lexists(path):
                    continue
                path.parent.mkdir(parents=True, exist_ok=True)
                match chance.randrange(20):
                    case 0:
                        path.mkdir()
                    case 1:
                        path.symlink_to(chance.choice(["nowhere", "x0"]))
                    case 2:
                        os.mkfifo(path)
                    case _:
                        path.write_bytes(text)


def test_the_same_is_said_of_files_and_of_trees(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    make = Maker(chance)
    env = {**os.environ, "LC_ALL": "C.UTF-8", "TZ": "Europe/Berlin"}
    for number in range(RUNS):
        options = chance.choice(FORMATS).split()
        options += [word for option in OPTIONS if chance.random() < 0.1 for word in option.split()]
        if chance.random() < 0.5:
            options = [option for option in options if option not in ("--label", "L")] + ["-r"] * chance.randrange(2)
            make.trees(tmp_path)
            names = ["d", "e"]
        else:
            names = [chance.choice(NAMES) + side for side in "AB"]
            for name, text in zip(names, make.pair(), strict=True):
                (tmp_path / name).write_bytes(text)
            if chance.random() < 0.15:
                names[chance.randrange(2)] = chance.choice(["none", names[0], "d"])
        theirs, ours = (
            subprocess.run(
                [*command, *options, *names], cwd=tmp_path, capture_output=True, env=env, stdin=subprocess.DEVNULL
            )
            for command in (["diff"], [COMMAND, "diff"])
        )
        told = [line for line in ours.stderr.splitlines() if b" ignored" not in line]
        same = (theirs.returncode, theirs.stdout, bool(theirs.stderr)) == (ours.returncode, ours.stdout, bool(told))
        if not same:
            pytest.fail(f"DIFF_SEED={SEED} {number} {options} {names}\n{theirs}\n{ours}")
