"""A Python expression over the lines of a stream, by several workers; in the parent, and in a worker."""

import contextlib
import os
import time
from collections.abc import Iterator
from functools import partial
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING, NamedTuple

from stdtools.par.blocks import PIECE, Block, Lines, Pace, Ranges, halves
from stdtools.par.expression import Spec
from stdtools.par.failures import RemoteTraceback, WorkerDied
from stdtools.par.ledger import Outcome
from stdtools.par.mapper import MOST_ERRORS, Failure, Mapper
from stdtools.par.stage import Stage
from stdtools.par.supervisor import Supervisor
from stdtools.par.worker import own_input
from stdtools.shared.errors import ToolError
from stdtools.shared.streams import Input

if TYPE_CHECKING:
    from stdtools.par.cluster import Cluster

FIRST_REMOTE = 64 << 10  # bytes of the first blocks that go to another machine
SECONDS_REMOTE = 0.2  # that a block is to take there: to send it costs some milliseconds


class Result(NamedTuple):
    """What has become of a block, on its way from a worker."""

    output: int | bytes  # as Stage.write returns it
    items: int
    failures: list[Failure]
    failed: int
    seconds: float


class Delivered(NamedTuple):
    """What has become of a block: *output* is there until the next is asked for."""

    output: memoryview
    items: int
    number: int  # of the first, from 1
    failures: list[Failure]
    failed: int


class Death(NamedTuple):
    """A line that has killed its worker, twice when it was alone."""

    line: bytes
    number: int
    error: WorkerDied


class _Worker:
    """What a worker has from its start to its end."""

    mapper: Mapper
    file: int
    stage: Stage
    pid: int


def start(spec: Spec, file: int, stage: Stage) -> None:
    """Make a worker ready: *file* is what ranges are read from. Raises what the code of *spec* raises."""
    _Worker.file = own_input(file)
    _Worker.mapper = Mapper(spec)
    Finalize(None, _Worker.mapper.close, exitpriority=0)
    _Worker.stage = stage
    _Worker.pid = os.getpid()


def work(block: Block) -> Result:
    """Do what is to be done with the lines of *block*, in a worker."""
    begun = time.perf_counter()
    outputs, items, failures, failed = map_pieces(_Worker.mapper, block, _Worker.file)
    if os.getpid() != _Worker.pid:  # the user's code has forked, and this is the child
        os._exit(1)
    output = _Worker.stage.write(block.region, outputs)
    return Result(output, items, failures, failed, time.perf_counter() - begun)


def map_pieces(mapper: Mapper, block: Block, file: int) -> tuple[list[bytes], int, list[Failure], int]:
    """Return what becomes of the lines of *block*: outputs, how many lines, some of the failures, and how many."""
    outputs: list[bytes] = []
    failures: list[Failure] = []
    items = failed = 0
    for _, data in block.pieces(file, PIECE, mapper.spec.delimiter):
        mapped = mapper(data, (block.first or 1) + items)
        outputs.append(mapped.output)
        failures += [failure._replace(place=failure.place + items) for failure in mapped.failures]
        items += mapped.items
        failed += mapped.failed
        if mapped.failed and mapper.spec.on_error == "stop":
            break
    return outputs, items, failures[:MOST_ERRORS], failed


class _Staged:
    """A source of blocks, each with a region for its result."""

    def __init__(self, source: Lines | Ranges, stage: Stage) -> None:
        self._source = source
        self._stage = stage
        self.read = source.read

    @property
    def fd(self) -> int | None:
        return self._source.fd

    def take(self) -> Block | None:
        block = self._source.take()
        return None if block is None else block._replace(region=self._stage.reserve())


def mapped_lines(
    source: Input, spec: Spec, jobs: int, *, ordered: bool = True, cluster: "Cluster | None" = None
) -> Iterator[Delivered | Death]:
    """Yield what becomes of each block of lines of *source*, on this machine or on *cluster*.

    Raises ToolError, OSError, and what the code of *spec* raises when a worker starts.
    """
    pace = Pace() if cluster is None else Pace(FIRST_REMOTE, seconds=SECONDS_REMOTE)
    blocks: Lines | Ranges
    if cluster is not None:
        blocks = Lines(source.fd, source.name, spec.delimiter, pace, jobs)
    elif source.is_file:
        blocks = Ranges(source.fd, source.position, spec.delimiter, pace, jobs, counted=not ordered or spec.is_numbered)
    else:
        _widen(source.fd)
        blocks = Lines(source.fd, source.name, spec.delimiter, pace, jobs)
    window = 4 * jobs
    stage = Stage(window)
    split = halves(source.fd, spec.delimiter)
    supervisor: Supervisor | None = None
    seen = 0
    try:
        outcomes: Iterator[Outcome[Block]]
        if cluster is not None:
            from stdtools.par.remote import map_block

            outcomes = cluster.run(partial(map_block, spec), blocks, split=split, ordered=ordered, window=window)
        else:
            supervisor = Supervisor(jobs, initializer=start, initargs=(spec, source.fd, stage), start_method="fork")
            outcomes = supervisor.run(work, _Staged(blocks, stage), split=split, ordered=ordered, window=window)
        for block, result, error in outcomes:
            number = block.first or seen + 1
            if error is None:
                pace.learn(block.size or len(block.data), result.seconds)
                seen += result.items
                output = stage.read(block.region, result.output)
                yield Delivered(output, result.items, number, result.failures, result.failed)
            elif isinstance(error, WorkerDied):
                seen += 1
                yield Death(block.read(source.fd).removesuffix(spec.delimiter), number, error)
            else:
                raise error
            stage.release(block.region)
        if supervisor is not None:
            supervisor.close()
            supervisor.join()
    except Exception as error:
        if isinstance(error.__cause__, RemoteTraceback) and not isinstance(error, ToolError):  # the user's own code
            raise ToolError(f"{type(error).__name__}: {error}") from error
        raise
    finally:
        if supervisor is not None:
            supervisor.terminate()


def _widen(fd: int) -> None:
    """Let a pipe hold more: fewer and larger blocks come through it."""
    import fcntl

    with contextlib.suppress(OSError, AttributeError):
        fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, 1 << 20)
