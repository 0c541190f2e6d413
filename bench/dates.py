"""date beside GNU date, on a million moments in no order."""

import random
from pathlib import Path
from shlex import quote

from measure import Candidate, Claim, Measured, claim, compare

MOMENTS = 1_000_000


def run(python: str, stdtools: str, place: Path) -> tuple[list[Measured], list[Claim]]:
    """Measure seconds since 1970 to ISO 8601, in UTC and where the clock is changed."""
    draw = random.Random(1)
    numbers = [f"{draw.randrange(10**9, 19 * 10**8)}\n" for _ in range(MOMENTS)]
    (place / "numbers").write_text("".join(numbers))
    (place / "at").write_text("".join(f"@{number}" for number in numbers))
    measured: list[Measured] = []
    claims: list[Claim] = []
    for zone, limit in (("UTC", 0.33), ("Europe/Berlin", 0.33)):
        what = f"date - of 1,000,000 epochs, {zone}"
        mine, other = f"stdtools {what}", f"date -f, {zone}"
        theirs = f"TZ={zone} date -f {quote(str(place / 'at'))} --iso-8601=seconds"
        ours = f"TZ={zone} {quote(stdtools)} date - < {quote(str(place / 'numbers'))}"
        pair = [Candidate(other, ["bash", "-c", theirs]), Candidate(mine, ["bash", "-c", ours])]
        measured.extend(compare(pair, rounds=7))
        claims.append(claim(what, measured, mine, other, limit, "date -f"))
    return measured, claims
