"""The loop that starts jobs, hears what they say, and learns how they end; in one thread, and never waiting for one."""

import errno
import heapq
import os
import select
import signal
import time
from collections.abc import Callable, Mapping

from stdtools.par.alarms import Alarms
from stdtools.par.children import LAST_GRACE, Children, send
from stdtools.par.delivery import Delivery
from stdtools.par.hearing import Hearing, JobProcess
from stdtools.par.interrupts import Interrupts, reason
from stdtools.par.jobs import GRACE, Ending, Job, Plan
from stdtools.par.launching import NoCommand
from stdtools.par.source import Source, Task
from stdtools.shared.streams import Output

LONGEST_WAIT = 3600.0  # seconds; poll takes no more than 24 days
_CREDIT = 0.01  # seconds by which a start may be late without the next one being late, too
_NO_ROOM = (errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE)


class Runner:
    """Runs a job for each task of *source*.

    *ended* hears of each attempt, and whether it is the last; it may call ``stop``. *idle* is called before each
    wait, and says when it wants to be called again, by the monotonic clock.
    """

    def __init__(
        self,
        plan: Plan,
        source: Source,
        make_argv: Callable[[Task, int, int], list[bytes]],
        delivery: Delivery,
        output: Output,
        *,
        environment: Mapping[bytes, bytes],
        tags: Callable[[Task], tuple[bytes, bytes]],
        ended: Callable[[Job, Ending, bool], None],
        idle: Callable[[], float | None],
    ) -> None:
        self._plan = plan
        self._source = source
        self._make_argv = make_argv
        self._delivery = delivery
        self._output = output
        self._tags = tags
        self._ended = ended
        self._idle = idle
        self._children = Children(plan.jobs, environment)
        self._alarms = Alarms()
        self._interrupts = Interrupts()
        self._runs: dict[int, JobProcess] = {}  # whose processes run, by pid
        self._poll = select.poll()
        self._hearing = Hearing(self._poll, self._interrupts, self._alarms, self._note_closed)
        self._source_fd = -1  # that is polled
        self._slots = list(range(plan.jobs))  # a heap: the lowest free one is next
        self._lost_slots: list[int] = []  # for which there was no process or descriptor
        self._tasks = 0  # that were taken from the source
        self._next_task: Task | None = None  # taken, and not yet started
        self._again: list[Job] = []  # whose next attempt may start
        self._delayed: list[Job] = []  # that wait for their next attempt
        self._next_start = 0.0
        self._rate_due: float | None = None  # when a job that waits for its turn may start
        self._is_stopping = False
        self._no_command: NoCommand | None = None

    def total(self) -> int | None:
        """Return how many jobs there are; None while more may come."""
        if self._source.fd is not None:
            return None
        return self._tasks + self._source.waiting() + (self._next_task is not None)

    def stop(self, *, now: bool = False) -> None:
        """Start no more jobs; with *now* end those that run."""
        self._is_stopping = True
        if now:
            self._children.end(signal.SIGTERM)
            self._alarms.set(LAST_GRACE, lambda: self._children.end(signal.SIGKILL))

    def run(self) -> None:
        """Run all jobs. Raises NoCommand, ToolError, ReaderGone, and what a signal asks for."""
        with self._interrupts:
            self._poll.register(self._interrupts.fd, select.POLLIN)
            try:
                self._loop()
            finally:
                self._children.close(lambda: len(self._interrupts.ending) > 1)
                self._hearing.close()
            if self._interrupts.ending:
                raise reason(self._interrupts.ending[0])
        if self._no_command is not None:
            raise self._no_command

    def _loop(self) -> None:
        while True:
            self._start_jobs()
            if not self._runs and not self._hearing.heard and (self._is_stopping or self._has_no_work()):
                self._give_up()
                return
            self._children.watch()
            with self._hearing.writing():
                self._output.flush()
            ready = [fd for fd, _ in self._poll.poll(self._patience())]
            for fd in ready:
                if fd in self._hearing.heard:
                    self._hearing.hear(fd)
                elif fd == self._source.fd:
                    self._source.read()
            if self._interrupts.fd in ready:  # last: it hears what is left of jobs that have ended
                self._interrupts.clear()
                self._obey()
                self._reap()
            self._alarms.ring()
            self._time_out()

    def _has_no_work(self) -> bool:
        return self._source.fd is None and not self._again and not self._delayed and self._next_task is None

    def _give_up(self) -> None:
        """Take the last attempts of jobs that will have no other for what they were."""
        ended = [(job, job.last) for job in (*self._delayed, *self._again) if job.last is not None]
        for job, ending in ended:  # all of them, before a signal is raised where the first is written
            self._ended(job, ending, True)
        for job, _ in ended:
            self._deliver(job)

    def _patience(self) -> float | None:
        """Return for how many milliseconds to wait; and have the source heard only when there is use for it."""
        wanted = -1
        if not self._is_stopping and self._slots and not self._delivery.is_full and self._next_task is None:
            wanted = -1 if self._source.fd is None else self._source.fd
        if wanted != self._source_fd:
            if self._source_fd >= 0:
                self._poll.unregister(self._source_fd)
            if wanted >= 0:
                self._poll.register(wanted, select.POLLIN)
            self._source_fd = wanted
        dues = (self._idle(), self._alarms.due, self._next_timeout(), self._rate_due)
        left = min((due for due in dues if due is not None), default=None)
        return None if left is None else max(min(left - time.monotonic(), LONGEST_WAIT), 0) * 1000 + 1

    def _next_timeout(self) -> float | None:
        """Return when the first job has had its time; they run in the order of their starts."""
        if self._plan.timeout is None:
            return None
        return next((run.begun + self._plan.timeout for run in self._runs.values() if not run.timed_out), None)

    def _start_jobs(self) -> None:
        self._rate_due = None
        while self._slots and not self._is_stopping:
            task = None if self._again or self._delivery.is_full else self._peek()
            if not self._again and task is None:
                return
            if self._plan.interval and not self._may_start():
                return
            if task is None:
                self._start(self._again.pop(0))
                continue
            self._next_task = None
            self._tasks += 1
            self._start(Job(self._tasks + self._source.skipped, task, self._delivery.admit(self._tags(task))))

    def _peek(self) -> Task | None:
        """Return the next task, and keep it."""
        if self._next_task is None:
            self._next_task = self._source.take()
        return self._next_task

    def _may_start(self) -> bool:
        now = time.monotonic()
        self._rate_due = self._next_start if now < self._next_start else None
        if self._rate_due is not None:
            return False
        late = min(now - self._next_start, self._plan.interval, _CREDIT)  # a little of it is made good
        self._next_start = now - late + self._plan.interval
        return True

    def _start(self, job: Job) -> None:
        slot = heapq.heappop(self._slots)
        if job.last is not None:
            self._delivery.forget(job.place)  # only the last attempt is heard
        job.argv = self._make_argv(job.task, job.number, slot + 1)
        try:
            if job.task.trouble:
                raise OSError(errno.E2BIG, job.task.trouble)
            self._launch(job, slot)
        except NoCommand as error:
            self._no_command = error
            self._delivery.end(job.place)
            self.stop(now=True)
        except OSError as error:
            if error.errno in _NO_ROOM and self._hearing.heard:  # there is when one has ended
                self._again.insert(0, job)
                self._lost_slots.append(slot)
                return
            heapq.heappush(self._slots, slot)
            what = f"not started: {error.strerror or error}"
            self._finish(job, Ending(error=what, started=time.time()), is_final=True)

    def _launch(self, job: Job, slot: int) -> None:
        stdin = None
        if job.task.block is not None:
            stdin = job.task.block.fileno()
            os.lseek(stdin, 0, os.SEEK_SET)
        pid, out, err = self._children.start(job.argv, slot, stdin)
        run = self._runs[pid] = JobProcess(job, slot, pid)
        self._hearing.begin(run, out, err, self._delivery.voices(job.place))

    def _note_closed(self, run: JobProcess) -> None:
        """Take note that a descriptor of *run* is free again."""
        self._find_slots()
        if not run.fds and run.ending is not None:
            self._conclude(run)

    def _reap(self) -> None:
        for pid, status, usage in self._children.reap():
            run = self._runs.pop(pid)
            heapq.heappush(self._slots, run.slot)
            self._find_slots()
            if pid in self._children.wanted_terminal:
                run.tail = b"it wanted the terminal, which par does not give to jobs"
            ending = Ending.of(status, usage, run.started, time.monotonic() - run.begun)
            # Who asks us to end by a signal may have asked the job, too.
            cut_off = pid in self._children.cut_off or (ending.signal is not None and bool(self._interrupts.ending))
            run.ending = ending._replace(timed_out=run.timed_out, cut_off=cut_off)
            if run.fds:
                self._hearing.end(run)
            else:
                self._conclude(run)

    def _find_slots(self) -> None:
        """Try again with the slots for which there was no room: something has been given back."""
        while self._lost_slots:
            heapq.heappush(self._slots, self._lost_slots.pop())

    def _time_out(self) -> None:
        """End what has had its time: first all that have ended by themselves are seen."""
        while (due := self._next_timeout()) is not None and due <= time.monotonic():
            self._reap()
            if self._next_timeout() != due:
                continue
            run = next(run for run in self._runs.values() if not run.timed_out)
            run.timed_out = True
            self._children.doom(run.pid)
            self._alarms.set(GRACE, lambda run=run: self._kill(run))  # type: ignore[misc]

    def _kill(self, run: JobProcess) -> None:
        if run.ending is None:
            send(run.pid, signal.SIGKILL)

    def _conclude(self, run: JobProcess) -> None:
        assert run.ending is not None
        self._finish(run.job, run.ending._replace(tail=run.tail))

    def _finish(self, job: Job, ending: Ending, *, is_final: bool = False) -> None:
        is_last = is_final or ending.is_good or job.attempt > self._plan.retries or self._is_stopping
        self._ended(job, ending, is_last)
        if not is_last:
            job.last = ending
            self._delayed.append(job)
            self._alarms.set(job.pause(), lambda: self._try_again(job))
        else:
            self._deliver(job)

    def _deliver(self, job: Job) -> None:
        with self._hearing.writing():
            self._delivery.end(job.place)
        if job.task.block is not None:
            job.task.block.close()

    def _try_again(self, job: Job) -> None:
        self._delayed.remove(job)
        job.attempt += 1
        self._again.append(job)

    def _obey(self) -> None:
        if self._interrupts.ending:  # the next that is written raises it, and then all jobs are ended
            self.stop()
            self._give_up()
        if signal.SIGTSTP in self._interrupts.stopped:
            before = time.monotonic()
            self._children.signal(signal.SIGSTOP)
            self._interrupts.stop_here()
            stopped = time.monotonic() - before
            for run in self._runs.values():
                run.begun += stopped
            self._alarms.postpone(stopped)
        if self._interrupts.stopped:
            self._interrupts.stopped.clear()
            self._children.signal(signal.SIGCONT)
