"""fixenc beside iconv and isutf8, and beside three detectors and ftfy on text that is labelled."""

import json
import os
import subprocess
from pathlib import Path

from measure import Candidate, Claim, Measured, claim, compare

HERE = Path(__file__).parent
MIB = 1 << 20
FILES = 10_000
CONVERSIONS = (
    ("latin-1 to UTF-8", "latin1", "utf-8", 0.7),
    ("cp1252 to UTF-8", "cp1252", "utf-8", 1.05),
    ("UTF-8 to UTF-16LE", "utf-8", "utf-16le", 1.05),
    ("UTF-8 to UTF-8", "utf-8", "utf-8", 1.05),
    ("shift_jis to UTF-8", "shift_jis", "utf-8", 2.5),
)


def write(path: Path, text: str, encoding: str, size: int) -> None:
    """Write *text* over and over, up to *size* bytes."""
    data = text.encode(encoding, "ignore")
    with path.open("wb") as file:
        for _ in range(size // len(data) + 1):
            file.write(data)


def run(python: str, stdtools: str, place: Path) -> tuple[list[Measured], list[Claim]]:
    """Measure conversions and checks, many small files, and who recognises and repairs what."""
    os.environ["STDTOOLS_JOURNAL"] = "off"
    script = "import sys; sys.path.insert(0, sys.argv[1]); import labelled as l; c = l.catalogues()\n"
    script += "sys.stdout.buffer.write('\\0'.join(c[n] for n in ('de', 'fr', 'ja', 'en')).encode('utf-8', 'ignore'))"
    done = subprocess.run([python, "-c", script, str(HERE)], capture_output=True, check=True)
    german, french, japanese, english = done.stdout.decode().split("\0")
    measured: list[Measured] = []
    claims: list[Claim] = []
    for what, source, target, limit in CONVERSIONS:
        path = place / f"{source}.txt"
        if not path.exists():
            western = german + french + (japanese if source == "utf-8" else "")
            write(path, japanese if source == "shift_jis" else western, source, 92 * 1000**2)
        theirs, ours = f"iconv, {what}", f"fixenc, {what}"
        measured += compare(
            [
                Candidate(theirs, ["iconv", "-f", source, "-t", target, str(path)]),
                Candidate(ours, [stdtools, "fixenc", "--from", source, "--to", target, str(path)]),
            ],
            rounds=7,
        )
        claims.append(claim(f"fixenc, 92 MB {what}", measured, ours, theirs, limit, "iconv"))
    ascii_file = place / "ascii.txt"
    write(ascii_file, english, "ascii", 1000**3)
    for what, path, limit in (("1 GB of ASCII", ascii_file, 1.2), ("92 MB of UTF-8", place / "utf-8.txt", 2.0)):
        theirs, ours = f"isutf8, {what}", f"fixenc --check, {what}"
        measured += compare(
            [
                Candidate(theirs, ["isutf8", str(path)]),
                Candidate(ours, [stdtools, "fixenc", "--check", str(path)]),
            ],
            rounds=5,
        )
        claims.append(claim(f"fixenc --check of {what}", measured, ours, theirs, limit, "isutf8"))
    return [*measured, *_small_files(stdtools, place, german, claims)], [*claims, *_labelled(python)]


def _small_files(stdtools: str, place: Path, text: str, claims: list[Claim]) -> list[Measured]:
    small = place / "small"
    small.mkdir()
    data = text.encode("cp1252", "ignore")
    names = []
    for number in range(FILES):
        path = small / str(number)
        start = number * 1000 % (len(data) - 1000)
        path.write_bytes(data[start : start + 1000])
        names.append(str(path))
    (place / "names").write_bytes("\0".join(names).encode() + b"\0")
    name = f"fixenc --detect, {FILES:,} files of 1 kB"
    [measured] = compare(
        [Candidate(name, [stdtools, "fixenc", "--detect", "--files0-from", str(place / "names")])], rounds=3
    )
    claims.append(Claim(f"{name}, ms each", "", "3 ms", 3.0, 1000 * measured.seconds / FILES))
    return [measured]


def _labelled(python: str) -> list[Claim]:
    done = subprocess.run([python, str(HERE / "labelled.py")], capture_output=True, check=True)
    found = json.loads(done.stdout)
    recognised = found["recognised"]
    claims = []
    for size in recognised["stdtools"]:
        missed = {name: 1 - shares[size] for name, shares in recognised.items()}
        told = ", ".join(f"{name} {100 * shares[size]:.1f} %" for name, shares in recognised.items())
        best = min((name for name in missed if name != "stdtools"), key=missed.__getitem__)
        what = f"not recognised at {size} bytes ({told})"
        claims.append(Claim(what, "", best, 1.0, missed["stdtools"] / missed[best]))
    mended = found["mended"]
    total, lines = mended["total"], mended["lines"]
    told = f"stdtools {mended['stdtools']}, ftfy {mended['ftfy']} of {total}"
    ratio = (total - mended["stdtools"]) / max(1, total - mended["ftfy"])
    claims.append(Claim(f"misread texts not repaired ({told})", "", "ftfy", 1.0, ratio))
    claims.append(Claim(f"changes in {lines:,} good lines", "", "none", 0.0, mended["changed"]))
    return claims
