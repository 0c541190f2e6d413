"""The calls of ``multiprocessing.Pool``, on a Supervisor whose tasks are chunks of items."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from multiprocessing.reduction import ForkingPickler
from types import TracebackType
from typing import Any, Generic, NamedTuple, TypeVar

from stdtools.par.failures import WorkerDied, pack_failure, unpack_failure
from stdtools.par.supervisor import Run, Supervisor
from stdtools.par.worker import not_picklable
from stdtools.shared.processors import processors

S = TypeVar("S")
R = TypeVar("R")

__all__ = ["Pool", "Results", "WorkerDied"]

CHUNKS = 4  # of a map, for each worker


class Chunk(NamedTuple):
    """Items that go to a worker together; *start* is the number of the first, from 0."""

    start: int
    items: Sequence[Any]


class Pool:
    """*processes* workers, as many as we may use processors when None; each calls ``initializer(*initargs)`` first.

    After *maxtasksperchild* chunks a worker is replaced. *start_method* is fork, forkserver or spawn; fork on Linux,
    elsewhere the platform's own, when None. What workers write to standard error appears on ours when a chunk is done.
    For one thread only. Leaving the ``with`` block terminates.
    """

    def __init__(
        self,
        processes: int | None = None,
        initializer: Callable[..., object] | None = None,
        initargs: Iterable[Any] = (),
        maxtasksperchild: int | None = None,
        *,
        start_method: str | None = None,
    ) -> None:
        if processes is None:
            processes = processors()
        if processes < 1:
            raise ValueError("a pool has at least one process")
        if maxtasksperchild is not None and maxtasksperchild < 1:
            raise ValueError("maxtasksperchild is at least 1, or None")
        if initializer is not None and not callable(initializer):
            raise TypeError("initializer must be callable")
        self._processes = processes
        self._supervisor = Supervisor(
            processes,
            initializer=initializer,
            initargs=tuple(initargs),
            tasks_per_worker=maxtasksperchild,
            start_method=start_method,
        )

    def imap(self, func: Callable[[S], R], iterable: Iterable[S], chunksize: int = 1) -> "Results[R]":
        """Return an iterator of the results in order, which sends *chunksize* items at a time to a worker.

        Its ``next()`` raises what *func* raised, and WorkerDied for an item that a worker has died of twice; the next
        ``next()`` goes on with the next item. When a worker dies, the items of its chunk are worked on again. An
        item is pulled from *iterable*, which ``next()`` may have to wait for, only when a worker is there for it and
        fewer than four chunks for each worker wait to be delivered. Raises at once when *func* cannot be pickled; an
        item that cannot be is an error in its place. A result that cannot be pickled is one, too; one that can be, but
        cannot be unpickled, takes its chunk along.
        """
        return self._results(func, iterable, chunksize, ordered=True)

    def imap_unordered(self, func: Callable[[S], R], iterable: Iterable[S], chunksize: int = 1) -> "Results[R]":
        """Do as ``imap``, but deliver results as they come."""
        return self._results(func, iterable, chunksize, ordered=False)

    def map(self, func: Callable[[S], R], iterable: Iterable[S], chunksize: int | None = None) -> list[R]:
        """Return the list of all results; raise the first error among them, and leave the rest undone."""
        self._supervisor.check_open()
        items = iterable if isinstance(iterable, Sequence) else list(iterable)
        if chunksize is None:
            chunksize = max(1, -(-len(items) // (self._processes * CHUNKS)))
        return list(self.imap(func, items, chunksize))

    def _results(self, func: Callable[[S], R], iterable: Iterable[S], chunksize: int, *, ordered: bool) -> "Results[R]":
        if chunksize < 1:
            raise ValueError("chunksize is at least 1")
        return Results(self._supervisor.run(_Each(func), _Chunks(iterable, chunksize), split=_halves, ordered=ordered))

    def close(self) -> None:
        """Let no new call begin. What was begun can still be iterated over, until ``join``."""
        self._supervisor.close()

    def join(self) -> None:
        """Wait until the workers have ended, each after the chunk it has. Raises ValueError before ``close``."""
        self._supervisor.join()

    def terminate(self) -> None:
        """Kill the workers. May be called more than once."""
        self._supervisor.terminate()

    def __enter__(self) -> "Pool":
        self._supervisor.check_open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.terminate()


class Results(Generic[R]):
    """An iterator of results that outlives the errors among them."""

    def __init__(self, run: Run[Chunk]) -> None:
        self._run = run
        self._ready: Iterator[Any] = iter(())  # what has come: values, and a failure in place of each that is missing

    def __iter__(self) -> "Results[R]":
        return self

    def __next__(self) -> R:
        while True:
            for result in self._ready:
                if result.__class__ is _Failure:
                    raise _error(result)
                value: R = result
                return value
            chunk, results, error = next(self._run)
            if isinstance(error, WorkerDied):
                error = WorkerDied(chunk.start, error.signal, error.exit_code, error.tail)
            self._ready = iter(results) if error is None else iter([_Failure(error)] * len(chunk.items))


class _Failure(NamedTuple):
    """An error in place of a result: itself, or packed by the worker."""

    error: BaseException | bytes


def _error(failure: _Failure) -> BaseException:
    error = unpack_failure(failure.error) if isinstance(failure.error, bytes) else failure.error
    if isinstance(error, StopIteration):  # it would end the loop of whoever iterates
        told = RuntimeError("the function raised StopIteration")
        told.__cause__ = error
        return told
    return error


class _Each:
    """Calls *func* with each item of a chunk."""

    def __init__(self, func: Callable[[Any], Any]) -> None:
        self._func = func

    def __call__(self, chunk: Chunk) -> list[Any]:
        func, results = self._func, []
        for item in chunk.items:
            try:
                results.append(func(item))
            except Exception as error:  # noqa: BLE001 - raised where the results are delivered
                results.append(_Failure(pack_failure(error)))
        return results

    def salvage(self, results: list[Any]) -> list[Any]:
        """Return *results* with a failure in place of each that cannot be pickled."""
        return [_picklable(result) for result in results]


def _picklable(result: Any) -> Any:
    try:
        ForkingPickler.dumps(result)
    except Exception as error:  # noqa: BLE001 - whatever a class does when it is pickled
        return _Failure(pack_failure(not_picklable(result, error)))
    return result


class _Chunks:
    """A source that pulls *size* items at a time from *iterable*, when asked for a task."""

    fd: int | None = None

    def __init__(self, iterable: Iterable[Any], size: int) -> None:
        self._items: Iterator[Any] = iter(iterable)
        self._size = size
        self._taken = 0
        self._trouble: Exception | None = None

    def read(self) -> None:
        raise AssertionError("nothing to wait for")

    def take(self) -> Chunk | None:
        if self._trouble is not None:
            raise self._trouble
        items: list[Any] = []
        try:
            while len(items) < self._size:
                items.append(next(self._items))
        except StopIteration:
            self._items = iter(())  # an end, too, where a terminal's Ctrl-D is not the last
        except Exception as error:
            if not items:
                raise
            self._trouble = error  # comes after the items before it
        if not items:
            return None
        self._taken += len(items)
        return Chunk(self._taken - len(items), items)


def _halves(chunk: Chunk) -> list[Chunk]:
    middle = len(chunk.items) // 2
    if not middle:
        return []
    return [Chunk(chunk.start, chunk.items[:middle]), Chunk(chunk.start + middle, chunk.items[middle:])]
