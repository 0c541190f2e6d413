"""diff beside GNU diff, git, cmp and difflib: large texts with few differences and many, and what is slow elsewhere."""

import multiprocessing
import os
import random
from collections.abc import Callable, Iterable
from itertools import repeat
from pathlib import Path

from measure import Candidate, Claim, Measured, claim, compare

LINES = 1_000_000
SHORT = 20_000
GIBIBYTE = 1 << 30
DIFFERENT = 1  # the exit code of a comparison
Peer = tuple[str, list[str], float]  # its name, its command, and the most that ours may take, times what it takes
Results = tuple[list[Measured], list[Claim]]
DIFFLIB = """\
import difflib, sys
a, b = (open(name, encoding="ascii").readlines() for name in sys.argv[1:])
sys.stdout.writelines(difflib.unified_diff(a, b, *sys.argv[1:]))
sys.exit(a != b)
"""


def write(path: Path, make: Callable[..., Iterable[bytes]], *arguments: object) -> str:
    """Write the lines that *make* makes to *path*; return its name.

    A process of its own makes them: what this one holds would count as the memory of those it starts.
    """

    def fill() -> None:
        with open(path, "wb") as output:
            output.writelines(make(*arguments))

    child = multiprocessing.get_context("fork").Process(target=fill)
    child.start()
    child.join()
    if child.exitcode:
        raise SystemExit(f"{path}: {child.exitcode}")
    return str(path)


def make_text(count: int) -> list[bytes]:
    """Return *count* lines of about 40 bytes, each different."""
    draw = random.Random(1)
    words = [bytes(draw.choices(b"abcdefghijklmnopqrstuvwxyz", k=draw.randrange(3, 9))) for _ in range(2_000)]
    return [b"%07d %s\n" % (n, b" ".join(draw.choices(words, k=5))) for n in range(count)]


def with_hunks(count: int) -> list[bytes]:
    """Return the text with *count* places changed: a line replaced, or up to three deleted or inserted."""
    draw = random.Random(2)
    result = make_text(LINES)
    for at in sorted(draw.sample(range(LINES), count), reverse=True):
        size = draw.randrange(1, 4)
        kind = draw.randrange(3)
        new = [b"new %d\n" % draw.randrange(1_000_000) for _ in range(size)]
        result[at : at + (1, size, 0)[kind]] = (new[:1], [], new)[kind]
    return result


def with_one_insertion() -> list[bytes]:
    """Return the text with a line in the middle."""
    result = make_text(LINES)
    result.insert(LINES // 2, b"inserted\n")
    return result


def changed_everywhere() -> list[bytes]:
    """Return the text with one of twenty lines replaced."""
    draw = random.Random(3)
    return [b"changed %d\n" % n if draw.random() < 0.05 else line for n, line in enumerate(make_text(LINES))]


def shapes() -> dict[str, tuple[list[bytes], list[bytes]]]:
    """Return texts of 20,000 lines that make other methods slow, and one line of 5 MB."""
    unique = make_text(SHORT)
    draw = random.Random(4)

    def letters() -> list[bytes]:
        return draw.choices([b"a\n", b"b\n"], k=SHORT)

    moved = unique[: SHORT // 4] + unique[SHORT // 2 :] + unique[SHORT // 4 : SHORT // 2]
    return {
        "all lines equal": ([b"x\n"] * SHORT, [b"x\n"] * (SHORT - 1_000)),
        "two letters": (letters(), letters()),
        "one line among equal ones": ([b"x\n"] * SHORT, [b"x\n"] * (SHORT // 2) + [b"y\n"] + [b"x\n"] * (SHORT // 2)),
        "every line a little": (unique, [b"L" + line[1:] for line in unique]),
        "one line of 5 MB": ([b"x" * 5_000_000], [b"x" * 2_500_000 + b"y" + b"x" * 2_499_999]),
        "reversed": (unique, unique[::-1]),
        "a block moved": (unique, moved),
    }


def large_texts(python: str, diff: list[str], place: Path) -> Results:
    """Measure a million lines beside GNU diff, git and difflib, and what memory they take."""
    gnu: Peer = ("diff -u", ["diff", "-u"], 0)
    git: Peer = ("git diff", ["git", "diff", "--no-index", "--no-color"], 0)
    jobs: list[tuple[str, Callable[..., Iterable[bytes]], tuple[int, ...], list[Peer]]] = [
        ("1,000 hunks", with_hunks, (1_000,), [at_most(0.6, gnu), ("difflib", [python, "-c", DIFFLIB], 1 / 30)]),
        ("one insertion", with_one_insertion, (), [at_most(2.2, gnu)]),
        ("5 % changed", changed_everywhere, (), [at_most(4, gnu), at_most(1.5, git)]),
    ]
    base = write(place / "base", make_text, LINES)
    measured: list[Measured] = []
    claims: list[Claim] = []
    for what, changed, arguments, peers in jobs:
        other = write(place / "other", changed, *arguments)
        size = (os.path.getsize(base) + os.path.getsize(other)) / (1 << 20)
        commands = [("diff", diff), *((name, command) for name, command, _ in peers)]
        names = {name: f"{name}, 1,000,000 lines, {what}" for name, _ in commands}
        times = compare(
            [Candidate(names[name], [*command, base, other], code=DIFFERENT) for name, command in commands], rounds=5
        )
        measured += times
        ours = names["diff"]
        claims += [claim(ours, times, ours, names[name], limit, name) for name, _, limit in peers]
        claims.append(Claim(f"{ours}: memory", "", "both texts", 4.0, times[0].memory / size))
    return measured, claims


def at_most(limit: float, peer: Peer) -> Peer:
    """Return *peer* with a limit."""
    return (*peer[:2], limit)


def equal_files(diff: list[str], place: Path) -> Results:
    """Measure a gibibyte beside cmp."""
    block = b"".join(make_text(25_000))
    equal, also = (write(place / name, repeat, block, GIBIBYTE // len(block)) for name in ("base", "other"))
    ours, cmp = "diff, 1 GB, equal", "cmp, 1 GB, equal"
    times = compare([Candidate(ours, [*diff, equal, also]), Candidate(cmp, ["cmp", equal, also])], rounds=5)
    return times, [claim(ours, times, ours, cmp, 1.5, "cmp")]


def hard_texts(diff: list[str], place: Path) -> Results:
    """Measure what other methods do not finish, beside a number of seconds."""
    table = [b"%d,name %d,%d\n" % (n, n, n * n % 997) for n in range(5_000)]
    wider = [line[:-1] + b",new\n" for line in table]
    jobs = [(name, [], texts, 2) for name, texts in shapes().items()]
    jobs += [(f"a column more, {form}", [form], (table, wider), 3) for form in ("--ndiff", "--html")]
    measured: list[Measured] = []
    claims: list[Claim] = []
    for what, options, texts, seconds in jobs:
        pair = [write(place / name, list, lines) for name, lines in zip(("base", "other"), texts, strict=True)]
        name = f"diff, {what}"
        times = compare([Candidate(name, [*diff, *options, *pair], code=DIFFERENT)], rounds=3)
        measured += times
        claims.append(Claim(name, "", f"{seconds} s", 1.0, times[0].seconds / seconds))
    return measured, claims


def run(python: str, stdtools: str, place: Path) -> Results:
    """Measure large texts beside the peers, equal files beside cmp, and hard texts beside the clock."""
    os.environ["STDTOOLS_JOURNAL"] = "off"
    diff = [stdtools, "diff"]
    results = [large_texts(python, diff, place), equal_files(diff, place), hard_texts(diff, place)]
    return [m for measured, _ in results for m in measured], [c for _, claims in results for c in claims]
