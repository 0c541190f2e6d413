"""Map-reduce over the lines of a stream by several workers, in the parent and in a worker.

A task is a stretch of input, and its result the runs that hold what became of it: nothing is lost with a worker
that dies, as only the runs count that a task has handed over. A second round merges runs, a partition to a task.
"""

import fcntl
import functools
from collections.abc import Callable, Iterator
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING, Any, NamedTuple

from stdtools.par.blocks import PIECE, Block, Lines, Pace, Ranges, halves
from stdtools.par.expression import Spec, check
from stdtools.par.failures import RemoteTraceback, WorkerDied
from stdtools.par.ledger import Outcome
from stdtools.par.mapper import Failure, Mapper
from stdtools.par.partials import Partial, merge, results, write_results
from stdtools.par.reducers import Reducer
from stdtools.par.reduction import Reduced, Reduction, RefusedItem, map_to, reducer_of
from stdtools.par.runs import Run, Store
from stdtools.par.supervisor import Supervisor
from stdtools.par.worker import own_input
from stdtools.shared.errors import ToolError
from stdtools.shared.streams import Input

if TYPE_CHECKING:
    from stdtools.par.cluster import Cluster

STRETCH = 128 << 20  # bytes of a task; what it leaves behind is sorted, and written
LEAST = 4 << 20  # bytes of one that comes through a pipe
ROUNDS = 10  # of merging, when workers die
FEW = 64  # runs that the parent merges itself, without a second round


class Trouble(NamedTuple):
    """Items that have failed, and the number of the first of the stretch; or the death of a worker."""

    number: int
    failures: list[Failure]
    failed: int
    death: WorkerDied | None = None
    line: bytes = b""


class _Worker:
    """What a worker has from its start to its end."""

    mapper: Mapper
    reducer: Reducer
    reduction: Reduction
    file: int
    stores: list[Store]
    store: Store


def start(reduction: Reduction, file: int, stores: list[Store]) -> None:
    """Make a worker ready, with a store of its own: the lock on it is the kernel's, and ends with the worker."""
    _Worker.file = own_input(file)
    _Worker.mapper = Mapper(reduction.spec)
    Finalize(None, _Worker.mapper.close, exitpriority=0)
    _Worker.reducer = reducer_of(reduction.reduce, reduction.spec.imports)
    _Worker.reduction, _Worker.stores = reduction, stores
    for store in stores:
        try:
            fcntl.lockf(store.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            continue
        _Worker.store = store
        return
    raise ToolError("no scratch file is free for another worker")


def reduce_block(block: Block) -> Reduced:
    """Map the lines of a stretch and reduce what comes of them to runs, in a worker."""
    reduction = _Worker.reduction
    partial = Partial(_Worker.reducer, reduction.partitions, reduction.memory, _Worker.store)
    items, failures, failed = map_to(partial, _Worker.mapper, reduction, block, _Worker.file)
    return Reduced([tuple(run) for run in partial.finish()], items, failures, failed)


def merge_runs(partition: tuple[int, list[tuple[Any, ...]]]) -> tuple[Any, ...]:
    """Merge the runs of a partition into one of results, in a worker."""
    number, runs = partition
    merged = merge([Run(*run) for run in runs], _Worker.reducer, _Worker.stores)
    return tuple(write_results(merged, number, _Worker.store))


def _merged(supervisor: Supervisor, runs: list[Run], partitions: int) -> list[Run]:
    """Return a run of results for each partition. Raises ToolError when too many workers die of one."""
    tasks = [(number, [tuple(run) for run in runs if run.partition == number]) for number in range(partitions)]
    done: list[Run] = []
    for _ in range(ROUNDS):
        again = []
        for task, result, error in supervisor.run(merge_runs, _Partitions(tasks)):
            if isinstance(error, WorkerDied):
                again.append(task)
            elif error is not None:
                raise error
            else:
                done.append(Run(*result))
        tasks = again
        if not tasks:
            return done
    what = "workers were killed, again and again, while results were brought together"
    raise ToolError(what, hint="less --memory, or fewer jobs, may help")


class _Partitions:
    """The tasks of the second round."""

    fd: int | None = None

    def __init__(self, tasks: list[tuple[int, list[tuple[Any, ...]]]]) -> None:
        self._tasks = tasks[::-1]

    def read(self) -> None:
        """Never called: there is nothing to wait for."""

    def take(self) -> tuple[int, list[tuple[Any, ...]]] | None:
        """Return the next partition and its runs."""
        return self._tasks.pop() if self._tasks else None


def reduced_lines(
    source: Input,
    spec: Spec,
    reduce: str,
    jobs: int,
    memory: int,
    cluster: "Cluster | None" = None,
    seen_so_far: Callable[[int], object] | None = None,
) -> "Iterator[Trouble | tuple[Any, Any]]":
    """Yield what goes wrong, while lines are read; then pairs of a key and its result, in the order of keys.

    Raises ToolError, OSError, and what the code of *spec* raises when a worker starts.
    """
    check(spec)
    reducer = reducer_of(reduce, spec.imports)
    reduction = Reduction(spec, reduce, jobs, memory // jobs)
    stores = [Store(number) for number in range(jobs * 2)]
    pace = Pace(STRETCH)
    blocks: Lines | Ranges
    if cluster is None and source.is_file:
        blocks = Ranges(source.fd, source.position, spec.delimiter, pace, jobs, counted=spec.is_numbered, least=PIECE)
    else:
        blocks = Lines(source.fd, source.name, spec.delimiter, pace, jobs, least=LEAST)
    split = halves(source.fd, spec.delimiter)
    supervisor: Supervisor | None = None
    runs: list[Run] = []
    seen = 0
    try:
        outcomes: Iterator[Outcome[Block]]
        if cluster is not None:
            from stdtools.par import remote

            there = functools.partial(remote.reduce_block, reduction)
            outcomes = cluster.run(there, blocks, split=split, ordered=True, window=jobs * 2)
        else:
            supervisor = Supervisor(jobs, initializer=start, initargs=(reduction, source.fd, stores))
            outcomes = supervisor.run(reduce_block, blocks, split=split, window=jobs * 2)
        for block, result, error in outcomes:
            number = block.first or seen + 1
            if error is None:
                if cluster is None:
                    runs += [Run(*run) for run in result.runs]
                else:
                    runs += [stores[0].append_raw(data, is_text=is_text) for data, is_text in result.runs]
                seen += result.items
                if seen_so_far is not None:
                    seen_so_far(seen)
                if result.failed:
                    yield Trouble(number, result.failures, result.failed)
            elif isinstance(error, WorkerDied):
                seen += 1
                yield Trouble(number, [], 1, error, block.read(source.fd).removesuffix(spec.delimiter))
            elif isinstance(error, RefusedItem):
                raise ToolError(f"item {number + error.place} ({error.item}): {error.message}")
            else:
                raise error
        if supervisor is not None and len(runs) > FEW and jobs > 1:
            yield from results(_merged(supervisor, runs, jobs), stores)
        else:
            yield from merge(runs, reducer, stores)
        if supervisor is not None:
            supervisor.close()
            supervisor.join()
    except Exception as error:
        if isinstance(error.__cause__, RemoteTraceback) and not isinstance(error, ToolError):
            raise ToolError(f"{type(error).__name__}: {error}") from error  # the user's own code
        raise
    finally:
        if supervisor is not None:
            supervisor.terminate()
