"""What jobs say, on its way from their pipes to the delivery."""

import os
import select
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from stdtools.par.alarms import Alarms
from stdtools.par.delivery import Voice
from stdtools.par.interrupts import Interrupts
from stdtools.par.jobs import TAIL, Ending, Job

LINGER = 1.0  # seconds for which output is heard after a job has ended, when something it left behind may write
_SHORT = 0.05  # seconds of waiting that do not count
_READ = 64 << 10


class JobProcess:
    """A job's process."""

    __slots__ = ("begun", "ending", "fds", "job", "pid", "slot", "started", "tail", "timed_out")

    def __init__(self, job: Job, slot: int, pid: int) -> None:
        self.job = job
        self.slot = slot
        self.pid = pid
        self.fds: set[int] = set()  # through which it is heard
        self.begun = time.monotonic()
        self.started = time.time()
        self.timed_out = False
        self.tail = b""
        self.ending: Ending | None = None


class Hearing:
    """Hears runs through the descriptors that it puts into *poll*; *closed* is told of a run when one is closed."""

    def __init__(
        self, poll: select.poll, interrupts: Interrupts, alarms: Alarms, closed: Callable[[JobProcess], object]
    ) -> None:
        self.heard: dict[int, tuple[JobProcess, Voice, bool]] = {}  # by descriptor; whether it is standard error
        self._poll = poll
        self._interrupts = interrupts
        self._alarms = alarms
        self._closed = closed
        self._blocked = 0.0  # seconds for which output was written, and nothing heard

    @contextmanager
    def writing(self) -> Iterator[None]:
        """What is called may wait for a reader, but not longer than until a signal asks us to end."""
        begun = time.monotonic()
        with self._interrupts.raised():
            yield
        self._blocked += time.monotonic() - begun

    def begin(self, run: JobProcess, out: int, err: int, voices: tuple[Voice, Voice]) -> None:
        """Hear *run* from now on: what comes through *out* and *err* is said by its *voices*."""
        for fd, voice in zip((out, err), voices, strict=True):
            run.fds.add(fd)
            self.heard[fd] = (run, voice, fd == err)
            self._poll.register(fd, select.POLLIN)

    def hear(self, fd: int) -> None:
        """Take what has come through *fd*, or its end."""
        run, voice, is_error = self.heard[fd]
        data = os.read(fd, _READ)
        if not data:
            self._close(fd, run)
            return
        if is_error:
            run.tail = (run.tail + data)[-TAIL:]
        with self.writing():
            voice.say(data)

    def end(self, run: JobProcess) -> None:
        """Hear what *run*, which has ended, has said, and for a while what it has left behind."""
        self._hear_rest(run)
        if run.fds:
            self._linger(run, LINGER)

    def close(self) -> None:
        """Close all descriptors."""
        for fd in self.heard:
            os.close(fd)

    def _hear_rest(self, run: JobProcess) -> None:
        """Hear what a job has said before it ended, so that its failure is known before another is started."""
        for _ in range(4):  # a pipe is not deeper; more comes from what the job has left behind
            poll = select.poll()
            for fd in run.fds:
                poll.register(fd, select.POLLIN)
            for fd, _ in poll.poll(0):
                self.hear(fd)

    def _linger(self, run: JobProcess, seconds: float) -> None:
        blocked = self._blocked
        self._alarms.set(seconds, lambda: self._stop(run, blocked))

    def _stop(self, run: JobProcess, blocked: float) -> None:
        """Hear no more of a job that has ended; later, when in the meantime others had to be waited for."""
        if run.fds and (more := self._blocked - blocked) > _SHORT:
            self._linger(run, more)
            return
        self._hear_rest(run)
        for fd in list(run.fds):
            self._close(fd, run)

    def _close(self, fd: int, run: JobProcess) -> None:
        self._poll.unregister(fd)
        os.close(fd)
        del self.heard[fd]
        run.fds.remove(fd)
        self._closed(run)
