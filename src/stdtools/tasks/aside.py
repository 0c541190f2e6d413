"""Pieces of work one after the other in a second thread, while the caller prepares the next ones."""

import threading
from collections.abc import Callable
from queue import SimpleQueue
from types import TracebackType

_AHEAD = 2  # so many may be under way or wait


class _Job:
    """Some work, and what it has raised once it has ended.

    No threading.Event: that is Python code, and a signal that raises while its lock is held leaves it locked.
    """

    def __init__(self, work: Callable[[], object]) -> None:
        self._work = work
        self._has_ended = False
        self._end = threading.Lock()
        self._end.acquire()
        self.error: BaseException | None = None

    def do(self) -> bool:
        """Do it; say whether that went well."""
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001 - of whoever waits
            self.error = error
        return self.error is None

    def end(self) -> None:
        """Have nobody wait for it any more."""
        self._has_ended = True
        self._end.release()

    def wait(self) -> None:
        """Return once it has ended."""
        if not self._has_ended:
            self._end.acquire()


class Aside:
    """A thread that has ended when the ``with`` block does; where that raises, what has not begun is not done.

    Python's lock is free while SQLite is at work, so that a second core has something to do.
    """

    def __init__(self) -> None:
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._under_way: list[_Job] = []
        self._is_given_up = False
        self._thread = threading.Thread(target=self._do_all, name="aside", daemon=True)

    def start(self, work: Callable[[], object]) -> None:
        """Have *work* done, once what was started before has ended well; raises what some of that has raised."""
        if len(self._under_way) >= _AHEAD:
            self._end_first()
        job = _Job(work)
        self._jobs.put(job)  # before it is waited for: a signal may raise here, between any two of these lines
        self._under_way.append(job)

    def wait(self) -> None:
        """Return when nothing is being done; raise what some of it has raised, each time again."""
        while self._under_way:
            self._end_first()

    def _end_first(self) -> None:
        job = self._under_way[0]
        job.wait()
        if job.error is not None:
            raise job.error
        del self._under_way[0]

    def _do_all(self) -> None:
        is_well = True
        while (job := self._jobs.get()) is not None:
            # After a failure nothing more is done: no transaction may be left to do it in.
            is_well = is_well and not self._is_given_up and job.do()
            job.end()

    def __enter__(self) -> "Aside":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._is_given_up = error is not None
        try:
            if error is None:
                self.wait()
        finally:
            self._jobs.put(None)
            self._thread.join()
