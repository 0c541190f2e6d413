"""Pieces of work one after the other in a second thread, while the caller prepares the next ones."""

import contextlib
import threading
from collections.abc import Callable
from queue import SimpleQueue
from types import TracebackType

_AHEAD = 2  # so many may be under way or wait


class _Job:
    """Some work, and what it has raised once it is done."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._work = work
        self.done = threading.Event()
        self.error: BaseException | None = None

    def do(self) -> bool:
        """Do it; say whether that went well."""
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001 - of whoever waits
            self.error = error
        self.done.set()
        return self.error is None


class Aside:
    """A thread, begun with the first piece of work, that has ended when the ``with`` block does.

    Python's lock is free while SQLite is at work, so that a second core has something to do.
    """

    def __init__(self) -> None:
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._under_way: list[_Job] = []
        self._thread: threading.Thread | None = None

    def start(self, work: Callable[[], object]) -> None:
        """Have *work* done, once what was started before has ended well; raises what some of that has raised."""
        if len(self._under_way) >= _AHEAD:
            self._end_first()
        if self._thread is None:
            self._thread = threading.Thread(target=self._do_all, name="aside", daemon=True)
            self._thread.start()
        job = _Job(work)
        self._jobs.put(job)  # before it is waited for: a signal may raise here, between any two of these lines
        self._under_way.append(job)

    def wait(self) -> None:
        """Return when nothing is being done; raise what some of it has raised."""
        while self._under_way:
            self._end_first()

    def _end_first(self) -> None:
        job = self._under_way[0]
        job.done.wait()
        del self._under_way[0]
        if job.error is not None:
            raise job.error

    def _do_all(self) -> None:
        while (job := self._jobs.get()) is not None and job.do():
            pass
        while job is not None:  # after a failure nothing more is done: no transaction may be left to do it in
            job.done.set()
            job = self._jobs.get()

    def __enter__(self) -> "Aside":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._thread is not None:
            with contextlib.suppress(BaseException) if error is not None else contextlib.nullcontext():
                self.wait()
            self._jobs.put(None)
            self._thread.join()
