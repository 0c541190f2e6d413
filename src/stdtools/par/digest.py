"""What went wrong, told shortly: failures grouped by how they ended and what they said."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from stdtools.par.endings import how_ended
from stdtools.par.jobs import Ending, Job
from stdtools.shared.screen import amount

MOST_GROUPS = 200  # that are kept apart
SHOWN = 10  # groups
_NUMBER = re.compile(r"0x[0-9a-fA-F]+|\d+")


class _Group:
    def __init__(self, job: Job, said: str) -> None:
        self.count = 0
        self.first = job.number
        self.item = label(job.task.items)
        self.said = said


class _Kind(NamedTuple):
    ended: str
    said: str  # without what differs from job to job


class Digest:
    """Collects failures; ``lines`` tells them."""

    def __init__(self) -> None:
        self.failed = 0
        self.items: list[bytes] = []  # those of the first few jobs that failed
        self._groups: dict[_Kind, _Group] = {}

    def add(self, job: Job, ending: Ending) -> None:
        """Take a job that has failed."""
        self.failed += 1
        if len(self.items) < SHOWN + 1:
            self.items += job.task.items if not job.task.trouble else [b"\0"]  # which nobody can type
        said = _last_line(ending.tail)
        kind = _Kind(how(ending), _alike(said, job.task.items))
        if kind not in self._groups and len(self._groups) >= MOST_GROUPS:
            kind = _Kind("other failures", "")
        group = self._groups.setdefault(kind, _Group(job, said))
        group.count += 1

    def lines(self, jobs: int) -> list[str]:
        """Return the lines: how many of *jobs* failed, then each group, the largest first."""
        groups = sorted(self._groups.items(), key=lambda each: -each[1].count)
        lines = [f"{self.failed} of {amount(jobs, 'job')} failed"]
        for kind, group in groups[:SHOWN]:
            said = f": {group.said}" if group.said else ""
            item = f" {group.item}" if group.item else ""
            first = f"job {group.first}{item}"
            lines.append(f"  {group.count} × {kind.ended}{said}  ({'first: ' if group.count > 1 else ''}{first})")
        if len(groups) > SHOWN:
            lines.append(f"  and {len(groups) - SHOWN} other kinds")
        return lines


def label(items: Sequence[bytes]) -> str:
    """Return the first of *items*, cut where it is long, and how many there are more."""
    if not items:
        return ""
    text = items[0][:200].decode("utf-8", "surrogateescape")
    text = (
        repr(text if len(text) <= 60 else text[:59] + "…") if not re.fullmatch(r"[\w./:@%+=,-]{1,60}", text) else text
    )
    return f"{text} and {len(items) - 1} more" if len(items) > 1 else text


def how(ending: Ending) -> str:
    """Return in words how a job has ended."""
    if ending.error:
        return ending.error
    return "timed out" if ending.timed_out else how_ended(ending.signal, ending.exit)


def _last_line(tail: bytes) -> str:
    lines = tail.decode("utf-8", "replace").strip().splitlines()
    return lines[-1].strip()[:200] if lines else ""


def _alike(said: str, items: Sequence[bytes]) -> str:
    for item in items[:10]:
        text = item.decode("utf-8", "replace")
        if text:
            said = re.sub(rf"(?<!\w){re.escape(text)}(?!\w)", "{}", said)
    return _NUMBER.sub("0", said)
