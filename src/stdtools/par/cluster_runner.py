"""Jobs on the machines of a cluster: the loop that hands them over and learns how they end."""

import errno
import heapq
import select
import time
from collections.abc import Callable
from typing import IO, Any

from stdtools.par import remote
from stdtools.par.cluster import Cluster, Lost
from stdtools.par.delivery import Delivery
from stdtools.par.failures import WorkerDied
from stdtools.par.interrupts import Interrupts, reason
from stdtools.par.jobs import Ending, Job, Plan
from stdtools.par.launching import NoCommand
from stdtools.par.source import Source, Task
from stdtools.shared.streams import Output

_MISSING = (errno.ENOENT, errno.ENOTDIR, errno.EACCES)
_TICK = 0.2  # seconds


class ClusterRunner:
    """Runs a job for each task of *source*, on *cluster*; as ``Runner`` does on this machine."""

    def __init__(
        self,
        plan: Plan,
        source: Source,
        make_argv: Callable[[Task, int, int], list[bytes]],
        delivery: Delivery,
        output: Output,
        *,
        cluster: Cluster,
        tags: Callable[[Task], tuple[bytes, bytes]],
        ended: Callable[[Job, Ending, bool], None],
        idle: Callable[[], float | None],
    ) -> None:
        self._plan = plan
        self._source = source
        self._make_argv = make_argv
        self._delivery = delivery
        self._output = output
        self._cluster = cluster
        self._tags = tags
        self._ended = ended
        self._idle = idle
        self._tasks = 0
        self._slots = list(range(plan.jobs))  # a heap: the lowest free one is next
        self._under_way: dict[int, tuple[Job, int, Any]] = {}  # with their slots and futures, by number
        self._again: list[tuple[float, Job]] = []  # with the time of their next attempts
        self._next_start = 0.0
        self._is_stopping = False
        self._ends_now = False
        self._no_command: NoCommand | None = None
        self._interrupts = Interrupts()

    def total(self) -> int | None:
        """Return how many jobs there are; None while more may come."""
        return None if self._source.fd is not None else self._tasks + self._source.waiting()

    def stop(self, *, now: bool = False) -> None:
        """Start no more jobs; with *now* end those that run."""
        self._is_stopping = True
        self._ends_now = self._ends_now or now

    def run(self) -> None:
        """Run all jobs. Raises NoCommand, ToolError, ReaderGone, and what a signal asks for."""
        with self._interrupts:
            try:
                self._loop()
            finally:
                if self._under_way:
                    self._cluster.end_jobs()
            if self._interrupts.ending:
                raise reason(self._interrupts.ending[0])
            self._give_up()
        if self._no_command is not None:
            raise self._no_command

    def _loop(self) -> None:
        while not self._interrupts.ending and not self._ends_now:
            self._start_jobs()
            is_fed = self._source.fd is None and not self._source.waiting()
            if not self._under_way and (self._is_stopping or (is_fed and not self._again)):
                return
            with self._interrupts.raised():
                self._output.flush()
            self._wait()
            for job, result, error in self._cluster.ended():
                heapq.heappush(self._slots, self._under_way.pop(job.number)[1])
                self._take(job, result, error)

    def _give_up(self) -> None:
        """Write what others have said that waited for jobs which were ended, or which have no other attempt."""
        for job, *_ in self._under_way.values():
            with self._interrupts.raised():
                self._delivery.end(job.place)
        for _, job in self._again:
            if job.last is not None:
                self._finish(job, job.last, is_final=True)

    def _wait(self) -> None:
        poll = select.poll()
        poll.register(self._cluster.woken, select.POLLIN)
        poll.register(self._interrupts.fd, select.POLLIN)
        if self._source.fd is not None and self._slots and not self._delivery.is_full and not self._is_stopping:
            poll.register(self._source.fd, select.POLLIN)
        self._idle()
        ready = [fd for fd, _ in poll.poll(_TICK * 1000)]
        if self._interrupts.fd in ready:
            self._interrupts.clear()
        if self._source.fd in ready:
            self._source.read()
        if not ready:
            self._cluster.look()

    def _start_jobs(self) -> None:
        while self._slots and not self._is_stopping:
            now = time.monotonic()
            if now < self._next_start:
                return
            due = next((each for each in self._again if each[0] <= now), None)
            if due is not None:
                self._again.remove(due)
                self._start(due[1])
            elif not self._delivery.is_full and (task := self._source.take()) is not None:
                self._tasks += 1
                number = self._tasks + self._source.skipped
                self._start(Job(number, task, self._delivery.admit(self._tags(task))))
            else:
                return
            self._next_start = now + self._plan.interval

    def _start(self, job: Job) -> None:
        if job.last is not None:
            self._delivery.forget(job.place)  # only the last attempt is heard
        slot = heapq.heappop(self._slots)
        job.argv = self._make_argv(job.task, job.number, slot + 1)
        if job.task.trouble:
            heapq.heappush(self._slots, slot)
            self._finish(job, Ending(error=f"not started: {job.task.trouble}", started=time.time()), is_final=True)
            return
        data = None if job.task.block is None else _content(job.task.block)
        args = (self._cluster.run_id, job.argv, data, self._plan.timeout)
        self._under_way[job.number] = (job, slot, self._cluster.submit(job, remote.run_job, *args))

    def _take(self, job: Job, result: "remote.Ended | None", error: BaseException | None) -> None:
        if isinstance(error, Lost):
            self._start(job)
        elif isinstance(error, WorkerDied):
            self._finish(job, Ending(error="the workers died that it was given to", started=time.time()))
        elif error is not None:
            raise error
        elif result is not None and result.error_number in _MISSING:
            missing = OSError(result.error_number, "")
            self._no_command = NoCommand(job.argv[0], missing)
            self._delivery.end(job.place)
            self.stop(now=True)
        elif result is not None:
            for voice, said in zip(self._delivery.voices(job.place), (result.out, result.err), strict=True):
                if said:
                    with self._interrupts.raised():
                        voice.say(said)
            self._finish(job, result.ending)

    def _finish(self, job: Job, ending: Ending, *, is_final: bool = False) -> None:
        is_last = is_final or ending.is_good or job.attempt > self._plan.retries or self._is_stopping
        self._ended(job, ending, is_last)
        if not is_last:
            job.last = ending
            self._again.append((time.monotonic() + job.pause(), job))
            job.attempt += 1
            return
        with self._interrupts.raised():
            self._delivery.end(job.place)
        if job.task.block is not None:
            job.task.block.close()


def _content(block: IO[bytes]) -> bytes:
    block.seek(0)
    return block.read()
