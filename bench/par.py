"""par beside xargs, GNU parallel, joblib and plain scripts: spawning, lines, and the words of a large text."""

import os
import random
import subprocess
from pathlib import Path

from measure import Candidate, Claim, Measured, claim, compare, environment

PLAIN = """
import sys
for line in sys.stdin:
    line = line.rstrip("\\n")
    sys.stdout.write(line.upper()[::-1] + "\\n")
"""
JOBLIB = """
import sys
from joblib import Parallel, delayed
def work(lines):
    return [line.rstrip("\\n").upper()[::-1] for line in lines]
def blocks():
    while lines := sys.stdin.readlines(1 << 20):
        yield lines
if __name__ == "__main__":
    for done in Parallel(n_jobs=2, return_as="generator", batch_size=1)(delayed(work)(lines) for lines in blocks()):
        sys.stdout.write("\\n".join(done) + "\\n")
"""
COUNT = """
import sys
counts = {}
for line in sys.stdin:
    for word in line.split():
        counts[word] = counts.get(word, 0) + 1
for word in sorted(counts):
    print(word, counts[word], sep="\\t")
"""


def make_lines(path: Path, size: int, vocabulary: int) -> None:
    """Write *size* bytes of lines of five to twenty words, of which a few are frequent and most are rare."""
    draw = random.Random(vocabulary)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(draw.choices(letters, k=draw.randint(2, 11))) for _ in range(vocabulary)]
    with open(path, "w", encoding="ascii") as output:
        while output.tell() < size:
            drawn = [words[int(vocabulary ** draw.random()) - 1] for _ in range(125_000)]
            place = 0
            while place < len(drawn):
                length = draw.randint(5, 20)
                output.write(" ".join(drawn[place : place + length]) + "\n")
                place += length


def peak(command: list[str]) -> float:
    """Return the sum of the largest resident memories in MiB of a run's processes, about: one of them for each job."""
    code = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)\n"
    code += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)"
    done = subprocess.run(["python3", "-c", code, *command], capture_output=True, check=True, env=environment())
    return float(done.stdout) * 3


def run(python: str, stdtools: str, place: Path) -> tuple[list[Measured], list[Claim]]:
    """Measure what it costs to start jobs, to map lines, and to count words."""
    os.environ["STDTOOLS_JOURNAL"] = "off"
    par = [stdtools, "par"]
    items, naps, lines, text = (str(place / name) for name in ("items", "naps", "lines", "text"))
    Path(items).write_text("".join(f"{number}\n" for number in range(5000)))
    Path(naps).write_text("0.1\n" * 20)
    make_lines(Path(lines), 116_000_000, 20)
    make_lines(Path(text), 1_000_000_000, 200_000)
    for name, script in (("plain.py", PLAIN), ("parallel.py", JOBLIB), ("count.py", COUNT)):
        (place / name).write_text(script)
    expression = "line.upper()[::-1]"
    spawning = compare(
        [
            Candidate("xargs -P2 -n1 true, 5,000 times", ["xargs", "-P2", "-n1", "true"], items),
            Candidate("par -j 2 true, 5,000 times", [*par, "-j", "2", "true"], items),
        ],
        rounds=7,
    )
    spawning += compare([Candidate("GNU parallel -j2 true, 5,000 times", ["parallel", "-j2", "true"], items)], rounds=1)
    naps_taken = compare(
        [
            Candidate("xargs -P2 -n1 sleep, 20 × 100 ms", ["xargs", "-P2", "-n1", "sleep"], naps),
            Candidate("par -j 2 sleep, 20 × 100 ms", [*par, "-j", "2", "sleep"], naps),
            Candidate("par of nothing", [*par, "true"], os.devnull),
        ],
        rounds=9,
    )
    mapping = compare(
        [
            Candidate("a plain script, 116 MB of lines", [python, str(place / "plain.py")], lines),
            Candidate("joblib, 116 MB of lines", [python, str(place / "parallel.py")], lines),
            Candidate("par -j 1 --py, 116 MB of lines", [*par, "-j", "1", "--py", expression], lines),
            Candidate("par -j 2 --py, 116 MB of lines", [*par, "-j", "2", "--py", expression], lines),
        ],
        rounds=9,
    )
    count = ["--map", "line.split()", "--reduce", "count"]
    counting = compare(
        [
            Candidate("a plain script, words of 1 GB", [python, str(place / "count.py")], text),
            Candidate("par -j 1 --map --reduce, words of 1 GB", [*par, "-j", "1", "-a", text, *count]),
            Candidate("par -j 2 --map --reduce, words of 1 GB", [*par, "-j", "2", "-a", text, *count]),
        ],
        rounds=3,
    )
    (xargs, ours, gnu), (_, nap, nothing) = spawning, naps_taken
    net = nap.seconds - nothing.seconds
    claims = [
        claim("5,000 × true, two at a time", spawning, ours.name, xargs.name, 1.2, "xargs -P2"),
        claim("5,000 × true, two at a time", spawning, ours.name, gnu.name, 0.25, "GNU parallel"),
        Claim("20 × 100 ms, two at a time, net of start", "", "1 s", 1.05, net),
        Claim("20 × 100 ms, two at a time, whole process", "", "1 s", 1.05, nap.seconds),
    ]
    plain, joblib, one, two = (each.name for each in mapping)
    claims += [
        claim("--py on 116 MB, -j 1", mapping, one, plain, 1.15, "a plain script"),
        claim("--py on 116 MB, -j 2", mapping, two, one, 1 / 1.5, "-j 1"),
        claim("--py on 116 MB, -j 2", mapping, two, joblib, 0.5, "joblib"),
    ]
    plain, one, two = (each.name for each in counting)
    claims += [
        claim("words of 1 GB, -j 2", counting, two, one, 1 / 1.6, "-j 1"),
        claim("words of 1 GB, -j 2", counting, two, plain, 1 / 1.6, "a plain script"),
        Claim(
            "words of 1 GB, three processes, peak MiB", "", "300 MiB", 300, peak([*par, "-j", "2", "-a", text, *count])
        ),
    ]
    return [*spawning, *naps_taken, *mapping, *counting], claims
