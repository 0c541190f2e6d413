"""find and walk beside GNU find, fd and du, on 200,000 files in 20,000 directories, on /usr and on 1,000,000 files."""

import os
import random
import subprocess
from pathlib import Path

from measure import Candidate, Claim, Measured, claim, compare, environment

EXTENSIONS = (".py", ".c", ".h", ".txt", ".md", ".json", ".js", ".o", "", ".log")
PER_DIRECTORY = 10


def make_tree(root: Path, directories: int) -> None:
    """Make *directories* with ten files each, up to twelve deep; most files are small, some empty."""
    draw = random.Random(directories)
    made = [str(root)]
    root.mkdir(parents=True)
    while len(made) < directories:
        parent = draw.choice(made[-3000:]) if draw.random() < 0.7 else draw.choice(made)
        if parent.count("/") - str(root).count("/") < 12:
            made.append(f"{parent}/dir{len(made)}")
            os.mkdir(made[-1])
    for number, directory in enumerate(made):
        for file in range(PER_DIRECTORY):
            with open(f"{directory}/file_{number}_{file}{EXTENSIONS[(number + file) % 10]}", "wb") as output:
                output.write(b"x" * draw.choice((0, 10, 500, 3000)))


def peak(command: list[str]) -> float:
    """Return the largest resident memory in MiB of any one process of a run."""
    code = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)\n"
    code += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)"
    done = subprocess.run(["python3", "-c", code, *command], capture_output=True, check=True, env=environment())
    return float(done.stdout)


def run(python: str, stdtools: str, place: Path) -> tuple[list[Measured], list[Claim]]:
    """Measure searching by name and by size, the cache, sums, small trees, and memory."""
    os.environ["STDTOOLS_JOURNAL"] = "off"
    os.environ["XDG_CACHE_HOME"] = str(place / "cache")
    trees = {"200,000 files": str(place / "many"), "/usr": "/usr"}
    make_tree(place / "many", 20_000)
    make_tree(place / "few", 100)
    measured: list[Measured] = []
    claims: list[Claim] = []
    find = [stdtools, "find"]
    for name, tree in trees.items():
        subprocess.run([*find, tree, "--cache"], stdout=subprocess.DEVNULL, env=environment(), check=True)
        here = compare(
            [
                Candidate(f"GNU find -name, {name}", ["find", tree, "-name", "*.py"]),
                Candidate(f"fd -uu, {name}", ["fdfind", "-uu", "-g", "*.py", tree]),
                Candidate(f"find -n -j 1, {name}", [*find, tree, "-n", "*.py", "-j", "1"]),
                Candidate(f"find -n -j 2, {name}", [*find, tree, "-n", "*.py", "-j", "2"]),
                Candidate(f"find -n --cache, {name}", [*find, tree, "-n", "*.py", "--cache"]),
                Candidate(f"GNU find -size, {name}", ["find", tree, "-size", "+1024c"]),
                Candidate(f"find --size, {name}", [*find, tree, "--size", ">1k"]),
                Candidate(f"du -s, {name}", ["du", "-s", tree]),
                Candidate(f"walk --sizes -d 0, {name}", [stdtools, "walk", "--sizes", "-d", "0", tree]),
                Candidate(f"walk --sizes, {name}", [stdtools, "walk", "--sizes", tree]),
                Candidate(f"du -a, {name}", ["du", "-a", tree]),
            ],
            rounds=9,
        )
        measured += here
        for ours, peer, limit in (
            ("find -n -j 1", "GNU find -name", 0.9),
            ("find -n -j 2", "fd -uu", 1.15),
            ("find -n --cache", "fd -uu", 0.7),
            ("find --size", "GNU find -size", 1.5),
            ("walk --sizes -d 0", "du -s", 1.3),
        ):
            claims.append(claim(f"{ours}, {name}", here, f"{ours}, {name}", f"{peer}, {name}", limit, peer))
    few = str(place / "few")
    small = compare(
        [Candidate(f"1,000 files, -j {jobs}", [*find, few, "-n", "*.py", "-j", jobs]) for jobs in ("1", "2")], rounds=31
    )
    claims.append(claim("1,000 files, -j 2", small, small[1].name, small[0].name, 1.05, "-j 1"))
    make_tree(place / "million", 100_000)
    million = str(place / "million")
    for more in (["-j", "1"], ["-j", "2"], ["--cache"], ["--cache"]):
        used = peak([*find, million, "-n", "*.py", *more])
        claims.append(Claim(f"1,000,000 files, find {' '.join(more)}, peak MiB", "", "80 MiB", 80, used))
    used = peak([stdtools, "walk", "--sizes", million])
    claims.append(Claim("1,000,000 files, walk --sizes, peak MiB", "", "(for comparison)", 200, used))
    return [*measured, *small], claims
