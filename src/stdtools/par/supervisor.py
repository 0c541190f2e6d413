"""The loop that keeps workers busy, hears their answers, and puts another one in the place of each that dies.

A worker gets a task only when it waits for one, and waits for the next only when its answer was read. So
neither side ever writes to one that does not read, and it is known which task each worker dies of.
"""

import contextlib
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator
from multiprocessing import resource_tracker
from multiprocessing.connection import wait
from multiprocessing.reduction import ForkingPickler
from typing import Any, Generic, TypeVar

from stdtools.par.answers import settle
from stdtools.par.failures import CannotStart, WorkerDied, unpack_failure
from stdtools.par.ledger import Entry, Ledger, Outcome, Source, Split
from stdtools.par.process import PATIENCE, Worker, signals_held, to_standard_error
from stdtools.par.worker import FUNCTION, NOT_READY, QUIT, READY, TASK

T = TypeVar("T")

WINDOW = 4  # tasks for each worker that are taken and not delivered
ENDED = "the pool has ended"
STARTS = 10  # of workers that die before they are ready, while no other says anything


def whole(task: T) -> tuple[T]:
    """Split nothing."""
    return (task,)


class Supervisor:
    """Keeps *processes* workers from now until ``terminate`` or ``join``. For one thread only.

    Each calls *initializer* first, and is replaced after *tasks_per_worker* tasks. *start_method* is that of
    multiprocessing; fork on Linux when None. *forward* gets what the workers write to standard error.
    """

    def __init__(
        self,
        processes: int,
        *,
        initializer: Callable[..., object] | None = None,
        initargs: tuple[Any, ...] = (),
        tasks_per_worker: int | None = None,
        start_method: str | None = None,
        forward: Callable[[bytes], object] = to_standard_error,
    ) -> None:
        if start_method is None and sys.platform == "linux":
            start_method = "fork"
        self.is_open = True  # new runs may begin
        self._context = multiprocessing.get_context(start_method)
        self._processes = processes
        self._initializer = initializer
        self._initargs = initargs
        self._tasks_per_worker = tasks_per_worker
        self._forward = forward
        self._owner = os.getpid()
        self._is_over = False
        self._failed_starts = 0  # since a worker has said something
        self._workers: list[Worker] = []
        self._watched: dict[object, Worker] = {}  # by their connections and deaths
        if self._context.get_start_method() != "fork":
            resource_tracker.ensure_running()  # when it starts later, it lets through the signals that are held
        with self._or_terminate():
            for _ in range(processes):
                self._hire()

    def run(
        self,
        function: Callable[[T], Any],
        source: Source[T],
        *,
        split: Split[T] = whole,
        ordered: bool = True,
        window: int | None = None,
    ) -> "Run[T]":
        """Return an iterator of outcomes: what *function*, called in the workers, makes of each task of *source*.

        A task with which a worker has died, or which cannot be pickled, is split and its parts are tried; *split*
        returns them in order, fewer than two when there are none. Parts are delivered as tasks of their own. Such a
        task's first items may so be worked on more than once. At most *window* tasks, four for each worker when
        None, are taken and not delivered. An exception of *source* is raised after all that came before it.

        *function* may have a method ``salvage``: it gets a result that cannot be pickled, and returns one that can.
        Raises what pickle raises when *function* cannot be pickled, and ValueError when this is closed.
        """
        self.check_open()
        message = bytes(ForkingPickler.dumps(function))
        return Run(self, message, Ledger(source, split, ordered=ordered, window=window or WINDOW * self._processes))

    def check_open(self) -> None:
        """Raise ValueError when no new run may begin."""
        if not self.is_open:
            raise ValueError("the pool is closed")

    def close(self) -> None:
        """Let no new run begin."""
        self.is_open = False

    def join(self) -> None:
        """Have each worker quit after the task it has; wait until all are gone. Raises ValueError before ``close``."""
        if self.is_open:
            raise ValueError("the pool is not closed")
        self._is_over = True
        with self._or_terminate():
            for worker in self._workers:
                self._dismiss(worker)
            while self._workers:
                self._collect(None)

    def terminate(self) -> None:
        """Kill all workers, and wait until they are gone, but no longer than a few seconds."""
        if os.getpid() != self._owner:
            return
        self.is_open, self._is_over = False, True
        for worker in self._workers:
            worker.kill()
        deadline = time.monotonic() + PATIENCE
        for worker in self._workers:
            worker.reap(max(0.0, deadline - time.monotonic()))
        while self._workers:
            worker = self._workers[-1]
            try:
                worker.forward(self._forward)
            finally:
                self._part_from(worker)

    @contextlib.contextmanager
    def _or_terminate(self) -> Iterator[None]:
        """Terminate when anything is raised in this ``with`` block: a message may be half read."""
        try:
            yield
        except BaseException:
            self.terminate()
            raise

    def advance(self, ledger: Ledger[T], function: bytes) -> Outcome[T] | None:
        """Return the next outcome of *ledger*, None when there is none left. Raises ValueError after the end."""
        if not self._is_over:
            with self._or_terminate():
                if ledger.has_outcome:  # while it is looked at, nobody need be idle
                    self._collect(ledger, 0)
                self._feed(ledger, function)
                while not ledger.has_outcome and not ledger.is_over:
                    self._collect(ledger)
                    self._feed(ledger, function)
        elif not ledger.has_outcome and not ledger.is_over:
            raise ValueError(ENDED)
        return ledger.deliver()

    def _feed(self, ledger: Ledger[Any], function: bytes) -> None:
        """Give each idle worker a task, if there is one."""
        while self._idle_worker() is not None:
            entry = ledger.next_entry()
            if entry is None:
                return
            worker = self._idle_worker()
            if worker is None:  # the source is itself a run of this pool, and has used it
                ledger.put_back(entry)
                return
            self._give(worker, entry, function)

    def _idle_worker(self) -> Worker | None:
        return next((worker for worker in self._workers if worker.is_idle), None)

    def _give(self, worker: Worker, entry: Entry[Any], function: bytes) -> None:
        try:
            task = ForkingPickler.dumps(entry.task)
        except Exception as error:  # noqa: BLE001 - whatever a class does when it is pickled
            entry.ledger.refuse(entry, error)
            return
        worker.begin(entry)
        try:
            if worker.function is not function:
                worker.send(FUNCTION, function)
                worker.function = function
            worker.send(TASK, task)
        except OSError:  # it is dead, of which the loop will hear
            worker.kill()
            worker.entry, worker.is_ready = None, False
            entry.ledger.put_back(entry)

    def _collect(self, ledger: Ledger[Any] | None, timeout: float | None = None) -> None:
        """Wait at most *timeout* seconds until a worker has something to say, or the source of *ledger*; hear it.

        Raises ValueError when a source has ended the pool.
        """
        if not self._watched:
            raise ValueError(ENDED)
        fd = None if ledger is None else ledger.fd
        watched: list[Any] = [*self._watched]
        if fd is not None:
            watched.append(fd)
        ready = wait(watched, timeout)
        dead: dict[Worker, None] = {}
        for found in ready:
            worker = self._watched.get(found)
            if worker is None:
                continue
            if found is not worker.connection:
                dead[worker] = None
            elif not self._hear(worker):
                if worker.is_leaving:  # it closes its pipe before it has ended
                    del self._watched[found]
                else:
                    dead[worker] = None
        for worker in dead:
            self._bury(worker)
        if ledger is not None and fd in ready:
            ledger.read()

    def _hear(self, worker: Worker) -> bool:
        """Read a message; say whether there was one. Raises what the initializer has raised."""
        try:
            message = worker.connection.recv_bytes()
        except (EOFError, OSError):
            return False
        kind, body = message[:1], memoryview(message)[1:]
        if kind == NOT_READY:
            raise unpack_failure(body)
        self._failed_starts = 0
        if kind == READY:
            worker.is_ready = True
            return True
        worker.forward(self._forward)
        entry, worker.entry = worker.entry, None
        assert entry is not None
        settle(entry, kind, body)
        worker.tasks += 1
        if worker.tasks == self._tasks_per_worker and not worker.is_leaving:
            self._dismiss(worker)
            self._hire()
        return True

    def _bury(self, worker: Worker) -> None:
        """Read what is left of a dead worker, put another one in its place, and give its task back."""
        code = worker.bury()
        while worker.connection.poll() and self._hear(worker):
            pass
        worker.forward(self._forward)
        signal, exit_code = (-code, None) if code is not None and code < 0 else (None, code)
        tail = worker.tail()
        self._part_from(worker)
        if worker.entry is not None:
            worker.entry.ledger.mourn(worker.entry, WorkerDied(None, signal, exit_code, tail))
        if worker.is_leaving or self._is_over:
            return
        if not worker.is_ready:
            self._count_failed_start(signal, exit_code, tail)
        self._hire()

    def _count_failed_start(self, signal: int | None, exit_code: int | None, tail: bytes) -> None:
        self._failed_starts += 1
        if self._failed_starts == STARTS:
            raise CannotStart(signal, exit_code, tail)

    def _hire(self) -> None:
        while True:
            with signals_held(), contextlib.suppress(EOFError, BrokenPipeError):
                worker = Worker(self._context, self._initializer, self._initargs)
                self._workers.append(worker)
                self._watched[worker.connection] = self._watched[worker.death] = worker
                return
            self._count_failed_start(None, None, b"")  # it did not even read what to do

    def _dismiss(self, worker: Worker) -> None:
        worker.is_leaving = True
        with contextlib.suppress(OSError):  # it is dead
            worker.send(QUIT)

    def _part_from(self, worker: Worker) -> None:
        self._workers.remove(worker)
        for watched in (worker.connection, worker.death):
            self._watched.pop(watched, None)
        worker.close()


class Run(Generic[T]):
    """The outcomes of one run, as they come or in order. Several runs of one Supervisor may be under way in turn."""

    def __init__(self, supervisor: Supervisor, function: bytes, ledger: Ledger[T]) -> None:
        self._supervisor = supervisor
        self._function = function
        self._ledger = ledger
        self._is_over = False

    def __iter__(self) -> "Run[T]":
        return self

    def __next__(self) -> Outcome[T]:
        if not self._is_over:
            outcome = self._supervisor.advance(self._ledger, self._function)
            if outcome is not None:
                return outcome
            self._is_over = True
        raise StopIteration
