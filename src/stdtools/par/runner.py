"""The loop that starts jobs, hears what they say, and learns how they end; in one thread, and never waiting for one."""

import errno
import heapq
import os
import select
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import NamedTuple

from stdtools.par.delivery import Delivery, Voice
from stdtools.par.interrupts import Interrupts, reason
from stdtools.par.launching import Launcher, NoCommand
from stdtools.par.source import Source, Task
from stdtools.par.watchdog import MARK, Watchdog
from stdtools.shared.streams import Output

WINDOW = 10_000  # jobs that have ended and wait for an earlier one to be written
GRACE = 2.0  # seconds between TERM and KILL of a job that took too long
LAST_GRACE = 0.8  # the same when all is to end
LINGER = 1.0  # seconds for which output is heard after a job has ended, when something it left behind may write
TAIL = 2048  # bytes of standard error that are remembered of a job
LONGEST_BACKOFF = 60.0  # seconds
_READ = 64 << 10
_NO_ROOM = (errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE)


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
    error: str = ""  # why it was never started
    started: float = 0.0  # since the epoch
    seconds: float = 0.0
    user: float = 0.0
    sys: float = 0.0
    maxrss: int = 0
    tail: bytes = b""  # the end of what it said on standard error

    @property
    def is_good(self) -> bool:
        """Whether the job did what was asked."""
        return self.exit == 0 and not self.timed_out


class Job:
    """A task on its way: its number from 1, and the attempt that runs or comes next."""

    __slots__ = ("argv", "attempt", "number", "place", "task")

    def __init__(self, number: int, task: Task, place: int) -> None:
        self.number = number
        self.task = task
        self.place = place  # in the delivery
        self.attempt = 1
        self.argv: list[bytes] = []


class _Run:
    """A job's process."""

    __slots__ = ("begun", "ending", "fds", "is_over", "job", "pid", "slot", "started", "tail", "timed_out")

    def __init__(self, job: Job, slot: int, pid: int, fds: set[int]) -> None:
        self.job = job
        self.slot = slot
        self.pid = pid
        self.fds = fds  # through which it is heard
        self.begun = time.monotonic()
        self.started = time.time()
        self.timed_out = False
        self.is_over = False
        self.tail = b""
        self.ending: Ending | None = None


class Runner:
    """Runs a job for each task of *source*.

    *ended* hears of each attempt, and whether it is the last; it
    may call ``stop``. *idle* is called before each wait, and says when it wants to be called again, by the monotonic
    clock.
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
        tag: Callable[[Task], bytes],
        ended: Callable[[Job, Ending, bool], None],
        idle: Callable[[], float | None],
    ) -> None:
        self.running: dict[int, _Run] = {}
        self.tasks = 0  # that were taken from the source
        self._plan = plan
        self._source = source
        self._make_argv = make_argv
        self._delivery = delivery
        self._output = output
        self._tag = tag
        self._ended = ended
        self._idle = idle
        mark = b"%d-%d" % (os.getpid(), time.monotonic_ns())
        self._launcher = Launcher({**environment, MARK: mark})
        self._watchdog = Watchdog(plan.jobs, mark)
        self._is_watched = False
        self._slots = list(range(plan.jobs))  # a heap: the lowest free one is next
        self._alarms: list[tuple[float, int, Callable[[], None]]] = []
        self._alarm_count = 0
        self._again: list[Job] = []  # whose next attempt may start
        self._delayed = 0  # jobs that wait for their next attempt
        self._next_start = 0.0
        self._heard: dict[int, tuple[_Run, Voice, bool]] = {}  # by descriptor
        self._poll = select.poll()
        self._hears_source = False
        self._is_stopping = False
        self._interrupts = Interrupts()
        self._null = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        self._no_command: NoCommand | None = None
        self._next_task: Task | None = None  # taken, and not yet started
        self._source_fd = -1  # that is polled
        self._lost_slots: list[int] = []  # for which there was no process or descriptor
        self._ends_now = False

    def stop(self, *, now: bool = False) -> None:
        """Start no more jobs; with *now* end those that run."""
        self._is_stopping = True
        if now:
            self._end_all(signal.SIGTERM)
            self._set_alarm(LAST_GRACE, lambda: self._end_all(signal.SIGKILL))

    @property
    def is_interrupted(self) -> bool:
        """Whether a signal has asked us to end."""
        return bool(self._interrupts.ending)

    def total(self) -> int | None:
        """Return how many jobs there are; None while more may come."""
        if self._source.fd is not None:
            return None
        return self.tasks + self._source.waiting() + (self._next_task is not None)

    def run(self) -> None:
        """Run all jobs. Raises NoCommand, ToolError, ReaderGone, and what a signal asks for."""
        try:
            with self._interrupts:
                self._poll.register(self._interrupts.fd, select.POLLIN)
                try:
                    self._loop()
                finally:
                    self._end_at_once()
                if self._interrupts.ending:
                    raise reason(self._interrupts.ending[0])
        finally:
            self._watchdog.stop()
            os.close(self._null)
        if self._no_command is not None:
            raise self._no_command

    def _loop(self) -> None:
        while True:
            self._start_jobs()
            if not self.running and not self._heard and (self._is_stopping or self._has_no_work()):
                return
            if not self._is_watched and self.running:
                with suppress(OSError):  # no room for another process: it is tried again
                    self._watchdog.start()
                    self._is_watched = True
            self._flush()
            ready = [fd for fd, _ in self._poll.poll(self._patience())]
            for fd in ready:
                if fd in self._heard:
                    self._hear(fd)
                elif fd == self._source.fd:
                    self._source.read()
            if self._interrupts.fd in ready:  # last: it hears what is left of jobs that have ended
                self._interrupts.clear()
                self._obey()
                self._reap()
            now = time.monotonic()
            while self._alarms and self._alarms[0][0] <= now:
                heapq.heappop(self._alarms)[2]()

    def _has_no_work(self) -> bool:
        return self._source.fd is None and not self._again and not self._delayed and self._next_task is None

    def _flush(self) -> None:
        with self._interrupts.raised():
            self._output.flush()

    def _patience(self) -> float | None:
        """Return for how many milliseconds to wait; and have the source heard only when there is use for it."""
        wants = (
            not self._is_stopping
            and self._source.fd is not None
            and bool(self._slots)
            and self._delivery.waiting < WINDOW
            and self._next_task is None
        )
        if wants and not self._hears_source:
            assert self._source.fd is not None
            self._source_fd = self._source.fd
            self._poll.register(self._source_fd, select.POLLIN)
        elif not wants and self._hears_source:
            self._poll.unregister(self._source_fd)
        self._hears_source = wants
        due = self._idle()
        if self._alarms:
            due = self._alarms[0][0] if due is None else min(due, self._alarms[0][0])
        return None if due is None else max(due - time.monotonic(), 0) * 1000 + 1

    def _set_alarm(self, seconds: float, action: Callable[[], None]) -> None:
        self._alarm_count += 1
        heapq.heappush(self._alarms, (time.monotonic() + seconds, self._alarm_count, action))

    def _start_jobs(self) -> None:
        while self._slots and not self._is_stopping:
            if self._plan.interval and (self._again or self._peek()) and not self._may_start():
                return
            if self._again:
                self._start(self._again.pop(0))
                continue
            if self._delivery.waiting >= WINDOW:
                return
            task = self._peek()
            if task is None:
                return
            self._next_task = None
            self.tasks += 1
            number = self.tasks + self._source.skipped
            self._start(Job(number, task, self._delivery.admit(self._tag(task))))

    def _peek(self) -> Task | None:
        """Return the next task, and keep it."""
        if self._next_task is None:
            self._next_task = self._source.take()
        return self._next_task

    def _may_start(self) -> bool:
        now = time.monotonic()
        if now < self._next_start:
            if len(self._alarms) < 1000:
                self._set_alarm(self._next_start - now, lambda: None)
            return False
        self._next_start = max(self._next_start, now - self._plan.interval) + self._plan.interval
        return True

    def _start(self, job: Job) -> None:
        slot = heapq.heappop(self._slots)
        job.argv = self._make_argv(job.task, job.number, slot + 1)
        try:
            if job.task.too_long:
                what = f"the item has {job.task.too_long} bytes, too many for an argument; feed it by --block"
                raise OSError(errno.E2BIG, what)
            self._launch(job, slot)
        except NoCommand as error:
            self._no_command = error
            self._delivery.forget(job.place)
            self.stop(now=True)
        except OSError as error:
            if error.errno in _NO_ROOM and self.running:  # there is when one has ended
                self._again.insert(0, job)
                self._lost_slots.append(slot)
                return
            heapq.heappush(self._slots, slot)
            self._finish(job, Ending(error=error.strerror or str(error), started=time.time()), is_final=True)

    def _launch(self, job: Job, slot: int) -> None:
        stdin = self._null
        if job.task.block is not None:
            stdin = job.task.block.fileno()
            os.lseek(stdin, 0, os.SEEK_SET)
        fds = _two_pipes()
        try:
            pid = self._launcher.start(job.argv, stdin, fds[1], fds[3])
        except BaseException:
            os.close(fds[0])
            os.close(fds[2])
            raise
        finally:
            os.close(fds[1])
            os.close(fds[3])
        self._watchdog.put(slot, pid)
        run = self.running[pid] = _Run(job, slot, pid, {fds[0], fds[2]})
        for fd, voice, is_error in zip(fds[::2], self._delivery.voices(job.place), (False, True), strict=True):
            self._heard[fd] = (run, voice, is_error)
            self._poll.register(fd, select.POLLIN)
        if self._plan.timeout is not None:
            self._set_alarm(self._plan.timeout, lambda: self._time_out(run))

    def _hear(self, fd: int) -> None:
        run, voice, is_error = self._heard[fd]
        data = os.read(fd, _READ)
        if not data:
            self._close(fd, run)
            return
        if is_error:
            run.tail = (run.tail + data)[-TAIL:]
        with self._interrupts.raised():
            voice.say(data)

    def _close(self, fd: int, run: _Run) -> None:
        self._poll.unregister(fd)
        os.close(fd)
        del self._heard[fd]
        run.fds.remove(fd)
        if not run.fds and run.ending is not None:
            self._conclude(run)

    def _reap(self) -> None:
        while self.running:
            try:
                if self._is_stopping:  # what the job has left behind ends with it, while the group's number is its own
                    found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
                    if found is not None and found.si_pid in self.running and self._ends_now:
                        _signal(found.si_pid, signal.SIGKILL)
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            run = self.running.pop(pid, None)
            if run is None:
                continue
            self._watchdog.put(run.slot, 0)
            heapq.heappush(self._slots, run.slot)
            while self._lost_slots:
                heapq.heappush(self._slots, self._lost_slots.pop())
            code = os.waitstatus_to_exitcode(status)
            run.ending = Ending(
                code if code >= 0 else None,
                -code if code < 0 else None,
                run.timed_out,
                "",
                run.started,
                time.monotonic() - run.begun,
                usage.ru_utime,
                usage.ru_stime,
                usage.ru_maxrss * 1024,
            )
            self._hear_rest(run)
            if run.fds:
                self._set_alarm(LINGER, lambda run=run: self._stop_hearing(run))  # type: ignore[misc]
            else:
                self._conclude(run)

    def _hear_rest(self, run: _Run) -> None:
        """Hear what a job has said before it ended, so that its failure is known before another is started."""
        for _ in range(4):  # a pipe is not deeper; more comes from what the job has left behind
            if run.fds:
                poll = select.poll()
                for fd in run.fds:
                    poll.register(fd, select.POLLIN)
                for fd, _ in poll.poll(0):
                    self._hear(fd)

    def _stop_hearing(self, run: _Run) -> None:
        for fd in list(run.fds):
            self._close(fd, run)

    def _time_out(self, run: _Run) -> None:
        if run.ending is None:
            run.timed_out = True
            _signal(run.pid, signal.SIGTERM)
            self._set_alarm(GRACE, lambda: None if run.ending else _signal(run.pid, signal.SIGKILL))

    def _conclude(self, run: _Run) -> None:
        assert run.ending is not None
        if not run.is_over:
            run.is_over = True
            self._finish(run.job, run.ending._replace(tail=run.tail))

    def _finish(self, job: Job, ending: Ending, *, is_final: bool = False) -> None:
        is_last = is_final or ending.is_good or job.attempt > self._plan.retries or self._is_stopping
        self._ended(job, ending, is_last)
        if not is_last:
            self._delivery.forget(job.place)
            job.attempt += 1
            self._delayed += 1
            pause = min(0.5 * 2 ** (job.attempt - 2), LONGEST_BACKOFF) * (0.5 + os.urandom(1)[0] / 512)
            self._set_alarm(pause, lambda: self._try_again(job))
            return
        with self._interrupts.raised():
            self._delivery.end(job.place)
        if job.task.block is not None:
            job.task.block.close()

    def _try_again(self, job: Job) -> None:
        self._delayed -= 1
        self._again.append(job)

    def _obey(self) -> None:
        if self._interrupts.ending:
            if len(self._interrupts.ending) > 1:
                self._end_all(signal.SIGKILL)
            elif not self._ends_now:
                self.stop(now=True)
        while self._interrupts.stopped:
            number = self._interrupts.stopped.pop(0)
            for pid in self.running:
                _signal(pid, signal.SIGSTOP if number == signal.SIGTSTP else signal.SIGCONT)
            if number == signal.SIGTSTP:
                self._interrupts.stop_here()

    def _end_all(self, number: int) -> None:
        self._ends_now = True
        for pid in self.running:
            _signal(pid, number)
            _signal(pid, signal.SIGCONT)

    def _end_at_once(self) -> None:
        """Leave no job behind, whatever has ended the loop."""
        if self.running:
            self._end_all(signal.SIGTERM)
            deadline = time.monotonic() + LAST_GRACE
            while self.running and time.monotonic() < deadline:
                self._forget_ended()
                time.sleep(0.005)
            self._end_all(signal.SIGKILL)
            deadline = time.monotonic() + LAST_GRACE
            while self.running and time.monotonic() < deadline:  # one that the kernel holds cannot be waited for
                self._forget_ended()
                time.sleep(0.005)
        for fd in self._heard:
            os.close(fd)

    def _forget_ended(self) -> None:
        for pid in list(self.running):
            with suppress(ChildProcessError):
                if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                    continue
                _signal(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            del self.running[pid]


def _two_pipes() -> list[int]:
    out = os.pipe()
    try:
        return [*out, *os.pipe()]
    except OSError:
        for fd in out:
            os.close(fd)
        raise


def _signal(group: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
