"""copy beside cp -a, path beside xargs basename, sponge beside moreutils' sponge."""

import random
import shlex
import shutil
from pathlib import Path

from measure import Candidate, Claim, Measured, claim, compare

FILES = 10_000
NAMES = 1_000_000
LARGE = 1 << 30


def tree(top: Path) -> None:
    """Make 500 directories with 20 files of some kilobytes each."""
    draw = random.Random(1)
    for number in range(FILES // 20):
        directory = top / f"d{number % 10}" / f"e{number}"
        directory.mkdir(parents=True)
        for file in range(20):
            (directory / f"file{file}.txt").write_bytes(draw.randbytes(int(draw.expovariate(1 / 4000))))


def run(python: str, stdtools: str, place: Path) -> tuple[list[Measured], list[Claim]]:
    """Measure each beside the tool that it replaces; trees in memory, where there is room, as disks differ."""
    memory = Path("/dev/shm/stdtools-bench")
    if memory.parent.is_dir():
        place = memory
        place.mkdir()
    try:
        return _run(stdtools, place)
    finally:
        shutil.rmtree(memory, ignore_errors=True)


def _run(stdtools: str, place: Path) -> tuple[list[Measured], list[Claim]]:
    measured: list[Measured] = []
    claims: list[Claim] = []

    def pair(what: str, ours: str, theirs: str, limit: float, peer: str) -> None:
        mine, other = f"stdtools {what}", f"{peer}, {what}"
        candidates = [
            Candidate(name, ["bash", "-c", f"cd {shlex.quote(str(place))}; {line}"])
            for name, line in ((other, theirs), (mine, ours.replace("stdtools", shlex.quote(stdtools))))
        ]
        measured.extend(compare(candidates, rounds=7))
        claims.append(claim(what, measured, mine, other, limit, peer))

    tree(place / "tree")
    # A name of its own for each run, as removing a tree takes longer than making it in memory.
    pair("copy of 10,000 files", "stdtools copy tree new$$", "cp -a tree new$$", 1.5, "cp -a")
    for made in place.glob("new*"):
        shutil.rmtree(made)
    shutil.copytree(place / "tree", place / "kept")
    pair("copy --update, nothing to do", "stdtools copy -u tree/. kept", "cp -au tree/. kept", 3.0, "cp -au")
    with (place / "large").open("wb") as file:
        for _ in range(LARGE >> 20):
            file.write(b"x" * (1 << 20))
    pair("copy of 1 GiB", "stdtools copy large new; rm new", "cp -a large new; rm new", 1.5, "cp -a")
    if shutil.which("sponge"):
        pair("sponge of 1 GiB", "stdtools sponge new < large; rm new", "sponge new < large; rm new", 1.5, "sponge")
    (place / "large").unlink()
    names = place / "names"
    names.write_text("".join(f"/usr/share/doc/package{n}/file{n}.tar.gz\n" for n in range(NAMES)))
    pair("path name of 1,000,000", "stdtools path name - < names", "xargs basename -a < names", 1.5, "xargs basename")
    return measured, claims
