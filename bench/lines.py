"""count, sub, lines, top, merge and look beside sort, uniq, awk, perl and grep, on random lines."""

import os
import random
import shlex
import subprocess
from pathlib import Path

from measure import Candidate, Claim, Measured, claim, compare

LINES = 5_000_000
START = "one line"


def addresses(path: Path) -> None:
    """Write lines of 50,000 different addresses, some far more frequent than others, as in a log."""
    draw = random.Random(1)
    names = [f"10.{draw.randrange(256)}.{draw.randrange(256)}.{draw.randrange(256)}" for _ in range(50_000)]
    weights = [1 / (place + 1) for place in range(len(names))]
    with path.open("w") as file:
        for _ in range(LINES // 100_000):
            file.write("".join(f"{name}\n" for name in draw.choices(names, weights, k=100_000)))


def run(python: str, stdtools: str, place: Path) -> tuple[list[Measured], list[Claim]]:
    """Measure each beside the tool that it replaces."""
    draw = random.Random(2)
    measured: list[Measured] = []
    claims: list[Claim] = []

    def pair(what: str, ours: list[str], theirs: str, limit: float, peer: str) -> None:
        mine, other = f"stdtools {what}", f"{peer}, {what}"
        measured.extend(
            compare(
                [Candidate(other, ["bash", "-c", f"export LC_ALL=C; {theirs}"]), Candidate(mine, [stdtools, *ours])],
                rounds=5,
            )
        )
        claims.append(claim(what, measured, mine, other, limit, peer))

    log = place / "addresses"
    addresses(log)
    name = shlex.quote(str(log))
    pair("count of 5,000,000 lines", ["count", str(log)], f"sort {name} | uniq -c | sort -rn", 0.33, "sort, uniq, sort")
    pair(
        "count of them", ["count", str(log)], f"awk '{{c[$0]++}} END {{for (k in c) print c[k], k}}' {name}", 1.5, "awk"
    )
    numbers = place / "numbers"
    with numbers.open("w") as file:
        file.writelines(f"{draw.randrange(10**9)}\n" for _ in range(LINES))
    pair(
        "top of 5,000,000 numbers",
        ["top", str(numbers)],
        f"sort -n {shlex.quote(str(numbers))} | tail",
        1.0,
        "sort, tail",
    )
    words = Path("/usr/share/common-licenses/GPL-3").read_text().split()
    text = place / "text"
    with text.open("w") as file:
        while file.tell() < 100_000_000:
            file.write("".join(" ".join(draw.choices(words, k=9)) + "\n" for _ in range(2000)))
    name = shlex.quote(str(text))
    for pattern, put, theirs in (
        ("the", "THE", "s/the/THE/g"),
        ("[0-9]+", "N", "s/[0-9]+/N/g"),
        (r"li(cen)se", r"\1", "s/li(cen)se/$1/g"),
    ):
        pair(
            f"sub {pattern} in 100 MB", ["sub", pattern, put, str(text)], f"perl -pe '{theirs}' {name}", 1.5, "perl -pe"
        )
    names = []
    for number in range(8):
        path = place / f"sorted{number}"
        path.write_text(
            "".join(sorted(f"{draw.randrange(10**10):012} {'x' * draw.randrange(40)}\n" for _ in range(400_000)))
        )
        names.append(str(path))
    pair("merge of 8 files", ["merge", *names], f"sort -m {shlex.join(names)}", 2.5, "sort -m")
    large = place / "large"
    subprocess.run(
        [
            "bash",
            "-c",
            f"for n in 1 2 3 4 5 6 7 8 9 10; do cat {name}; done | LC_ALL=C sort > {shlex.quote(str(large))}",
        ],
        check=True,
    )
    os.utime(large, (1, 1))
    small = place / "one line"
    small.write_text("the end\n")
    subprocess.run(["sleep", "2.5"], check=True)
    subprocess.run([stdtools, "lines", "-1", str(large)], check=True, stdout=subprocess.DEVNULL)
    for what, ours in (("lines -1", ["lines", "-1"]), ("look 'the end'", ["look", "the end"])):
        both = [
            Candidate(f"{what}, {START}", [stdtools, *ours, str(small)]),
            Candidate(f"{what}, 1 GB", [stdtools, *ours, str(large)]),
        ]
        both[1] = both[1]._replace(code=1 if ours[0] == "look" and not _has(stdtools, large) else 0)
        measured.extend(compare(both, rounds=21))
        seconds = {m.name: m.seconds for m in measured}
        net = 1000 * (seconds[both[1].name] - seconds[both[0].name])
        claims.append(Claim(f"{what} of 1 GB, ms net of start", "", "10 ms", 10.0, net))
    return measured, claims


def _has(stdtools: str, large: Path) -> bool:
    return (
        subprocess.run([stdtools, "look", "the end", str(large)], stdout=subprocess.DEVNULL, check=False).returncode
        == 0
    )
