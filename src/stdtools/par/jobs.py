"""What a job is, how jobs are to be run, and how an attempt has ended."""

import os
from typing import TYPE_CHECKING, NamedTuple

from stdtools.par.source import Task

if TYPE_CHECKING:
    import resource

GRACE = 2.0  # seconds between TERM and KILL of a job that took too long
TAIL = 2048  # bytes of standard error that are remembered of a job
LONGEST_PAUSE = 60.0  # seconds


class Plan(NamedTuple):
    """How jobs are run."""

    jobs: int
    timeout: float | None = None  # seconds
    retries: int = 0  # further attempts
    interval: float = 0.0  # seconds between two starts, at least


class Ending(NamedTuple):
    """How an attempt has ended; *seconds* of wall time, CPU times in seconds, *maxrss* in bytes."""

    exit: int | None = None
    signal: int | None = None
    timed_out: bool = False
    error: str = ""  # why it was never started, or has no other end
    started: float = 0.0  # since the epoch
    seconds: float = 0.0
    user: float = 0.0
    sys: float = 0.0
    maxrss: int = 0
    tail: bytes = b""  # the end of what it said on standard error
    cut_off: bool = False  # we have ended it, whatever it has made of that

    @classmethod
    def of(cls, status: int, usage: "resource.struct_rusage", started: float, seconds: float) -> "Ending":
        """Return that of a process by what ``os.wait4`` says of it."""
        code = os.waitstatus_to_exitcode(status)
        return cls(
            exit=code if code >= 0 else None,
            signal=-code if code < 0 else None,
            started=started,
            seconds=seconds,
            user=usage.ru_utime,
            sys=usage.ru_stime,
            maxrss=usage.ru_maxrss * 1024,
        )

    @property
    def is_good(self) -> bool:
        """Whether the job did what was asked."""
        return self.exit == 0 and not self.timed_out and not self.cut_off


class Job:
    """A task on its way: its number from 1, and the attempt that runs or comes next."""

    __slots__ = ("argv", "attempt", "last", "number", "place", "task")

    def __init__(self, number: int, task: Task, place: int) -> None:
        self.number = number
        self.task = task
        self.place = place  # in the delivery
        self.attempt = 1
        self.argv: list[bytes] = []
        self.last: Ending | None = None  # of its attempts

    def pause(self) -> float:
        """Return the seconds before its next attempt: half a second, doubled each time, and some chance."""
        return min(0.5 * 2.0 ** (self.attempt - 1), LONGEST_PAUSE) * (0.5 + os.urandom(1)[0] / 512)
