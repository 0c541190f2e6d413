"""A patch from stdtools applies: ``patch`` makes B of A and A of B, and ``git apply`` takes it, too."""

import os
import random
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from stdtools.diff.comparing import Wishes, compare_files
from stdtools.diff.engine import ALGORITHMS
from stdtools.diff.functions import is_c_function
from stdtools.diff.inputs import find
from stdtools.diff.printing import Printer, Shape
from stdtools.shared.streams import Output
from tests.conftest import COMMAND
from tests.diff.oracles import pair

pytestmark = pytest.mark.once

PAIRS = int(os.environ.get("DIFF_PAIRS", "150"))
SOAKED = 2000
SEED = int(os.environ.get("DIFF_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 32)

NAMES = [
    "x", "sp ace", 'q"uote', "back\\slash", "tab\there", "é", "日本 語", "it's", "a=>b", "\x7f", "-dash", "\x01", "x.",
    "$HOME",
]  # fmt: skip


class Wish(NamedTuple):
    """A pair of files, and how they are compared."""

    name: str
    context: int
    algorithm: str
    timestamps: bool
    functions: bool


Diff = Callable[[Path, Wish, str], bytes]


def by_function(place: Path, wish: Wish, style: str) -> bytes:
    """Return the patch that the command would write, made in this process."""
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as file:
        with os.fdopen(writer, "wb") as end:
            functions = is_c_function if wish.functions else None
            shape = Shape(style, wish.context, timestamps=wish.timestamps, functions=functions)
            a, b = (find(os.fsencode(f"{side}/{wish.name}")) for side in "ab")
            output = Output(end.fileno())
            output._limit = 1 << 30  # a pipe holds 64 KiB
            printer = Printer(output, shape)
            outcome = compare_files(a, b, Wishes(algorithm=wish.algorithm))
            printer.write(a, b, outcome)
            printer.close()
            output.flush()
        return file.read()


def by_command(place: Path, wish: Wish, style: str) -> bytes:
    """Return what the command writes."""
    options = [
        "-U" if style == "unified" else "-C",
        str(wish.context),
        f"--algorithm={wish.algorithm}",
        "--timestamps" if wish.timestamps else "--no-timestamps",
        *(["-p"] if wish.functions else []),
    ]
    done = subprocess.run(
        [COMMAND, "diff", *options, f"a/{wish.name}", f"b/{wish.name}"], cwd=place, capture_output=True
    )
    assert (done.returncode in (0, 1), done.stderr) == (True, b"")
    return done.stdout


def check(place: Path, chance: random.Random, count: int, diff: Diff) -> None:
    """Make *count* pairs, one patch of all their patches in each format, and apply it to and fro."""
    texts: dict[str, tuple[bytes, bytes]] = {}
    wishes = []
    for side in ("a", "b", "work"):
        (place / side).mkdir()
    for number in range(count):
        name = f"{number}{chance.choice(NAMES)}"
        a, b = pair(chance)
        a, b = a.replace(b"\0", b""), b.replace(b"\0", b"")
        texts[name] = a, b
        (place / "a" / name).write_bytes(a)
        (place / "b" / name).write_bytes(b)
        wishes.append(
            Wish(name, chance.choice([0, 1, 2, 3, 9]), chance.choice(ALGORITHMS), chance.random() < 0.5,
                 chance.random() < 0.3)
        )  # fmt: skip
    for style in ("unified", "context"):
        # As between the files of directories: patch takes the next head for a part of a hunk that ends early.
        if style == "context":  # without context patch does not take all of them, nor does it take GNU diff's
            wishes = [wish._replace(context=max(wish.context, 1)) for wish in wishes]
        patch = b"".join(b"diff of the next\n" + diff(place, wish, style) for wish in wishes)
        (place / "patch").write_bytes(patch)
        for name, (a, _) in texts.items():
            (place / "work" / name).write_bytes(a)
        if style == "unified":
            run(place, "git", "apply", "--check", "--unidiff-zero", "-p1", "../patch")
        for direction, side in (([], 1), (["-R"], 0)):
            # -E is off, so that what becomes empty stays; the time that GNU diff gives to no file is not theirs.
            run(place, "patch", "-s", "-p1", "--no-backup-if-mismatch", "-i", "../patch", *direction)
            for name, both in texts.items():
                found = place / "work" / name
                assert (found.read_bytes() if found.exists() else b"") == both[side], (f"DIFF_SEED={SEED}", name, style)


def run(place: Path, *command: str) -> None:
    done = subprocess.run(command, cwd=place / "work", capture_output=True, text=True, errors="surrogateescape")
    assert done.returncode == 0, (f"DIFF_SEED={SEED}", done.stdout, done.stderr)


def test_patches_of_random_pairs_apply(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    check(tmp_path, random.Random(SEED), PAIRS, by_function)


@pytest.mark.process
def test_patches_of_the_command_apply(tmp_path: Path) -> None:
    check(tmp_path, random.Random(SEED), 8, by_command)


@pytest.mark.soak
def test_two_thousand_patches_of_the_command_apply(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    for number in range(0, SOAKED, 100):
        (tmp_path / str(number)).mkdir()
        check(tmp_path / str(number), chance, 100, by_command)


def test_patches_of_the_normal_format_apply(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    chance = random.Random(SEED)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    for _ in range(PAIRS // 5):
        a, b = pair(chance)
        (tmp_path / "a/x").write_bytes(a)
        (tmp_path / "b/x").write_bytes(b)
        patch = by_function(tmp_path, Wish("x", 0, "fast", True, False), "normal")
        for options, text in (([], b), (["-R"], a)):
            subprocess.run(["patch", "-s", "-n", "a/x", *options], input=patch, check=True)
            assert (tmp_path / "a/x").read_bytes() == text, (f"DIFF_SEED={SEED}", a, b)


ENDINGS = {
    "only A has a last newline": (b"1\n2\n", b"1\n2"),
    "only B has one": (b"1\n2", b"1\n2\n"),
    "neither, and the last lines differ": (b"1\n2", b"1\n3"),
    "neither, and the last lines are equal": (b"0\n1\n2", b"1\n2"),
    "neither, and A is empty": (b"", b"1\n2"),
    "neither, and B is empty": (b"1\n2", b""),
    "carriage returns": (b"1\r\n2\r\n3\r", b"1\r\n2\n3\r\n"),
    "only a carriage return": (b"1\n", b"1\r\n"),
    "a form feed, a NEL, a vertical tab": (b"1\f2\v3\xc2\x854\n", b"1\f2\v3\xc2\x855\n"),
    "lines that look like a patch": (b"--- a\n+++ b\n@@ -1 +1 @@\n-x\n", b"--- a\n@@ -1 +1 @@\n+x\n\\ No newline\n"),
}


@pytest.mark.process
@pytest.mark.parametrize("case", ENDINGS)
def test_patches_apply_whatever_the_lines_end_with(case: str, tmp_path: Path) -> None:
    a, b = ENDINGS[case]
    for side in ("a", "b", "work"):
        (tmp_path / side).mkdir()
    (tmp_path / "a/x").write_bytes(a)
    (tmp_path / "b/x").write_bytes(b)
    for style in ("unified", "context"):
        (tmp_path / "work/x").write_bytes(a)
        (tmp_path / "patch").write_bytes(by_command(tmp_path, Wish("x", 3, "fast", True, False), style))
        if style == "unified":
            run(tmp_path, "git", "apply", "--check", "../patch")
        for options, text in (([], b), (["-R"], a)):
            run(tmp_path, "patch", "-s", "-p1", "--binary", "-i", "../patch", *options)
            found = tmp_path / "work/x"
            assert (found.read_bytes() if found.exists() else b"") == text
