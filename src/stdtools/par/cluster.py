"""Work on the machines of a Dask cluster: the same tasks, in the same order, with the same ends.

Documentation: https://distributed.dask.org/en/stable/client.html
"""

import contextlib
import logging
import os
import select
from collections import deque
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Generic, TypeVar
from uuid import uuid4

import stdtools
from stdtools.par import remote
from stdtools.par.failures import RemoteTraceback, WorkerDied
from stdtools.par.ledger import Entry, Ledger, Outcome, Source, Split
from stdtools.shared.errors import ToolError

T = TypeVar("T")

PATIENCE = 10  # seconds, for a scheduler to answer, and for its workers
LAST_PATIENCE = 3  # seconds, for workers to end what they run


class Lost(Exception):
    """What was done is gone with the worker that did it, and must be done again."""


class Cluster:
    """The cluster at *address*, ``tcp://host:8786``, or *N* workers on this machine for ``local:N``; in a ``with``."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.run_id = uuid4().hex
        self.threads = 0
        self.woken, self._writer = os.pipe()
        self._count = 0
        self._ends: deque[tuple[Any, Any]] = deque()  # futures that have ended, each with what it was for
        self._client: Any = None
        self._local: Any = None

    def __enter__(self) -> "Cluster":
        try:
            import distributed
        except ImportError:
            hint = "pip install 'stdtools[cluster]'"
            raise ToolError("--cluster needs the package distributed", hint=hint) from None
        for fd in (self.woken, self._writer):
            os.set_blocking(fd, False)
        for name in list(logging.root.manager.loggerDict):
            if name.partition(".")[0] == "distributed":  # what we know is told by us
                logging.getLogger(name).setLevel(logging.CRITICAL)
        try:
            try:
                self._client = self._connect(distributed)
                self._check_versions()
            except BaseException:
                self._close(now=True)
                raise
        except (OSError, TimeoutError, ValueError) as error:
            what = f"cannot reach the scheduler: {error or type(error).__name__}"
            raise ToolError(" ".join(what.split())[:300], where=self.address) from None
        return self

    def _connect(self, distributed: Any) -> Any:
        kind, _, number = self.address.partition(":")
        if kind != "local":
            return distributed.Client(self.address, timeout=PATIENCE, set_as_default=False)
        if not number.isascii() or not number.isdigit() or not 0 < int(number[:6]) < 1000:
            raise ToolError("is not local: and a number of workers, as local:4", where=self.address)
        from stdtools.par.local_cluster import LocalCluster

        self._local = LocalCluster(int(number))
        if not self._local.address:
            raise ToolError("the workers could not be started", where=self.address)
        return distributed.Client(self._local.address, timeout=PATIENCE, set_as_default=False)

    def _check_versions(self) -> None:
        workers = self._client.scheduler_info(n_workers=-1)["workers"]
        self.threads = sum(worker["nthreads"] for worker in workers.values())
        if not workers:
            raise ToolError("the scheduler has no workers", where=self.address)
        try:
            found = self._client.run(remote.version, callback_timeout=PATIENCE)
        except TimeoutError:
            raise ToolError("a worker does not answer", where=self.address) from None
        except Exception as error:  # noqa: BLE001 - whatever keeps a worker from it
            what = f"a worker cannot load stdtools {stdtools.__version__}: {type(error).__name__}: {error}"
            raise ToolError(what[:300], where=self.address, hint="install it there") from None
        here = remote.version()
        for worker, there in found.items():
            if there[0] != here[0] or there[1].split(".")[:2] != here[1].split(".")[:2]:
                what = f"has stdtools {there[0]} on Python {there[1]}; here are {here[0]} and {here[1]}"
                raise ToolError(what, where=str(worker))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close(now=kind is not None)

    def end_jobs(self) -> None:
        """End the commands of this run, wherever they are; of a worker that does not answer they go on."""
        with contextlib.suppress(Exception):
            self._client.run(remote.end_jobs, self.run_id, callback_timeout=LAST_PATIENCE)

    def _close(self, *, now: bool) -> None:
        if now and self._local is not None:
            self._local.close(now=True)
        if self._client is not None:
            with contextlib.suppress(Exception):
                self._client.close(timeout=2)
        if not now and self._local is not None:
            self._local.close(now=False)

    def submit(self, meaning: Any, function: Callable[..., Any], *args: Any) -> Any:
        """Have a worker call *function*; ``ended`` will yield *meaning* and the future."""
        self._count += 1
        future = self._client.submit(function, *args, key=f"stdtools-{self.run_id}-{self._count}", pure=False)
        future.add_done_callback(lambda done: self._note(meaning, done))
        return future

    def _note(self, meaning: Any, future: Any) -> None:
        self._ends.append((meaning, future))
        with contextlib.suppress(BlockingIOError):  # it is full: whoever reads will wake
            os.write(self._writer, b".")

    def ended(self) -> Iterator[tuple[Any, Any, BaseException | None]]:
        """Yield what has ended: its meaning, its result, or its error. Raises ToolError when the scheduler is gone."""
        with contextlib.suppress(BlockingIOError):
            while os.read(self.woken, 4096):
                pass
        while self._ends:
            meaning, future = self._ends.popleft()
            self.look()
            try:
                if future.status == "finished":
                    yield meaning, _result_of(future), None
                elif future.status == "error":
                    yield meaning, None, _error_of(future)
                else:
                    yield meaning, None, Lost()
            except TimeoutError:  # the worker that had it is gone
                yield meaning, None, Lost()
            except Exception:  # noqa: BLE001 - it has changed its mind: the worker is gone, and others have died of it
                yield meaning, None, _error_of(future)
            future.release()

    def look(self) -> None:
        """Raise ToolError when the scheduler is gone."""
        if self._client.status not in ("running", "connecting"):
            raise ToolError("the scheduler is gone, and with it what was under way", where=self.address)

    def run(
        self, function: Callable[[T], Any], source: Source[T], *, split: Split[T], ordered: bool, window: int
    ) -> "RemoteRun[T]":
        """Return an iterator of outcomes, as ``Supervisor.run`` does.

        Dask itself tries a task again whose worker has died; one that several workers have died of is split.
        """
        return RemoteRun(self, function, Ledger(source, split, ordered=ordered, window=window), window)


def _result_of(future: Any) -> Any:
    """Return the result, however long it travels. Raises TimeoutError when it is lost with the worker that had it."""
    seconds = 0.5
    while True:
        try:
            return future.result(timeout=seconds)
        except TimeoutError:
            seconds *= 2
            if future.status != "finished" or seconds > PATIENCE:
                raise


def _error_of(future: Any) -> BaseException:
    from distributed import KilledWorker

    try:
        error: BaseException = future.exception(timeout=PATIENCE)
    except TimeoutError:
        return Lost()
    if isinstance(error, KilledWorker):
        return WorkerDied(None, None, None, b"")
    import traceback

    text = "".join(traceback.format_tb(future.traceback(timeout=PATIENCE)))
    error.__cause__ = RemoteTraceback(text)
    return error


class RemoteRun(Generic[T]):
    """The outcomes of one run."""

    def __init__(self, cluster: Cluster, function: Callable[[T], Any], ledger: Ledger[T], window: int) -> None:
        self._cluster = cluster
        self._function = function
        self._ledger = ledger
        self._window = window
        self._under_way: dict[int, Any] = {}  # futures, which would be cancelled if nobody held them
        self._suspect: Entry[T] | None = None  # is next, and alone: what else dies with it would be suspected, too
        self._is_alone = False

    def __iter__(self) -> "RemoteRun[T]":
        return self

    def __next__(self) -> Outcome[T]:
        ledger = self._ledger
        while True:
            self._feed()
            if ledger.has_outcome or ledger.is_over:
                outcome = ledger.deliver()
                if outcome is None:
                    raise StopIteration
                return outcome
            poll = select.poll()
            poll.register(self._cluster.woken, select.POLLIN)
            if ledger.fd is not None:
                poll.register(ledger.fd, select.POLLIN)
            ready = [fd for fd, _ in poll.poll(1000)]
            if ledger.fd in ready:
                ledger.read()
            self._take_ended()
            if not ready:
                self._cluster.look()

    def _feed(self) -> None:
        while len(self._under_way) < self._window and self._suspect is None and not self._is_alone:
            entry = self._ledger.next_entry()
            if entry is None:
                return
            if entry.deaths:
                self._suspect = entry
            else:
                self._submit(entry)
        if self._suspect is not None and not self._under_way:
            self._submit(self._suspect)
            self._suspect, self._is_alone = None, True

    def _submit(self, entry: Entry[T]) -> None:
        self._under_way[id(entry)] = self._cluster.submit(entry, self._function, entry.task)

    def _take_ended(self) -> None:
        entry: Entry[T]
        for entry, result, error in self._cluster.ended():
            del self._under_way[id(entry)]
            self._is_alone = False
            if isinstance(error, Lost):
                self._ledger.put_back(entry)
            elif isinstance(error, WorkerDied):
                self._ledger.mourn(entry, error)
            else:
                self._ledger.settle(entry, result, error)
