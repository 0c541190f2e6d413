"""A Python expression over the lines of a stream, by several workers; in the parent, and in a worker."""

import time
from collections.abc import Iterator
from typing import NamedTuple

from stdtools.par.blocks import Block, Lines, Pace, Ranges, halves
from stdtools.par.expression import Mapped, Mapper, Spec
from stdtools.par.failures import RemoteTraceback, WorkerDied
from stdtools.par.supervisor import Supervisor
from stdtools.shared.errors import ToolError
from stdtools.shared.streams import Input


class Timed(NamedTuple):
    """What has become of a block, and how many seconds that took."""

    mapped: Mapped
    seconds: float


class _Worker:
    """What a worker has from its start to its end."""

    mapper: Mapper
    file: int


def start(spec: Spec, file: int) -> None:
    """Make a worker ready: *file* is what ranges are read from. Raises what the code of *spec* raises."""
    _Worker.mapper = Mapper(spec)
    _Worker.file = file


def work(block: Block) -> Timed:
    """Do what is to be done with the lines of *block*, in a worker."""
    begun = time.perf_counter()
    mapped = _Worker.mapper(block.read(_Worker.file), block.first or 1)
    return Timed(mapped, time.perf_counter() - begun)


class Death(NamedTuple):
    """A line that has killed its worker, twice when it was alone."""

    line: bytes
    number: int  # 0 when nobody counted
    error: WorkerDied


def mapped_lines(
    source: Input, spec: Spec, jobs: int, *, ordered: bool = True, start_method: str | None = None
) -> "Iterator[tuple[Mapped, int] | Death]":
    """Yield what becomes of each block of lines of *source*, and the number of its first line, from 1.

    Raises ToolError, OSError, and what the code of *spec* raises when a worker starts.
    """
    pace = Pace()
    blocks: Lines | Ranges
    if source.is_file:
        blocks = Ranges(source.fd, source.position, spec.delimiter, pace, jobs, counted=not ordered or spec.is_numbered)
    else:
        _widen(source.fd)
        blocks = Lines(source.fd, source.name, spec.delimiter, pace, jobs)
    supervisor = Supervisor(jobs, initializer=start, initargs=(spec, source.fd), start_method=start_method)
    seen = 0
    try:
        outcomes = supervisor.run(work, blocks, split=halves(source.fd, spec.delimiter), ordered=ordered)
        for block, result, error in outcomes:
            number = block.first or seen + 1
            if error is None:
                pace.learn(block.size or len(block.data), result.seconds)
                seen += result.mapped.items
                yield result.mapped, number
            elif isinstance(error, WorkerDied):
                seen += 1
                yield Death(block.read(source.fd).removesuffix(spec.delimiter), number, error)
            else:
                raise error
    except Exception as error:
        if isinstance(error.__cause__, RemoteTraceback):  # the user's own code, when a worker started
            raise ToolError(f"{type(error).__name__}: {error}") from error
        raise
    finally:
        supervisor.terminate()


def _widen(fd: int) -> None:
    """Let a pipe hold more: fewer and larger blocks come through it."""
    import contextlib
    import fcntl

    with contextlib.suppress(OSError, AttributeError):
        fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, 1 << 20)
