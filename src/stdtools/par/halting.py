"""When to stop because too much has failed: ``soon,fail=3``, ``now,fail=10%``."""

import re
from typing import NamedTuple

LEAST = 3  # failures before a share of them counts


class Halt(NamedTuple):
    """Stop after so many failures, or at such a percentage of the jobs that have ended."""

    now: bool
    failures: int = 0
    percent: float = 0.0

    def is_due(self, failed: int, ended: int) -> bool:
        """Say whether *failed* of *ended* jobs are too many."""
        if self.failures:
            return failed >= self.failures
        return failed >= LEAST and failed * 100 >= self.percent * ended


def parse_halt(text: str) -> Halt:
    """Return what *text* says. Raises ValueError."""
    found = re.fullmatch(r"(soon|now),fail=([0-9]{1,9})(%?)", text.strip())
    if found is None or not int(found[2]) or (found[3] and int(found[2]) > 100):
        raise ValueError(f"{text!r} is not a rule; write soon,fail=1, now,fail=3 or now,fail=10%")
    number = int(found[2])
    return Halt(found[1] == "now", 0 if found[3] else number, number if found[3] else 0)


def parse_rate(text: str) -> float:
    """Return the seconds from one start to the next: ``10/s``, ``30/m``, ``5/h``. Raises ValueError."""
    found = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)/([smh])", text.strip())
    if found is None or not float(found[1]):
        raise ValueError(f"{text!r} is not a rate; write 10/s, 30/m or 5/h")
    return {"s": 1, "m": 60, "h": 3600}[found[2]] / float(found[1])


def parse_jobs(text: str, available: int) -> int:
    """Return a number of jobs: ``4``, ``50%`` of the *available* processors, ``+2`` more than these, ``-1`` fewer.

    Raises ValueError.
    """
    found = re.fullmatch(r"([+-]?)([0-9]{1,5})(%?)", text.strip())
    if found is None or (found[1] and found[3]):
        raise ValueError(f"{text!r} is not a number of jobs; write 4, 50%, +2 or -1")
    number = int(found[2])
    if not number and not found[1]:
        raise ValueError(f"{text!r} jobs do nothing; write 1 or more")
    if found[3]:
        number = available * number // 100
    elif found[1]:
        number = available + int(found[1] + found[2])
    return max(number, 1)
