"""Several processes that each take every n-th item; results come in the order of the items."""

import os
import pickle
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, NoReturn, TypeVar

from stdtools.shared.errors import ToolError
from stdtools.shared.streams import write_all

Item = TypeVar("Item")
Result = TypeVar("Result")
_HEADER = 8  # bytes


def in_order(work: Callable[[Item], Result], items: Sequence[Item], jobs: int) -> Iterator[Result]:
    """Yield ``work(item)`` for each of *items*, by up to *jobs* forked processes. What *work* raises is raised here.

    A worker waits when its results are not fetched, as a pipe is small. Raises ToolError when one dies.
    """
    jobs = min(jobs, len(items))
    readers: list[int] = []
    pids: list[int] = []
    try:
        for number in range(jobs):
            reader, writer = os.pipe()
            pid = os.fork()
            if pid == 0:
                for fd in (*readers, reader):
                    os.close(fd)
                _be_worker(work, items[number::jobs], writer)
            os.close(writer)
            readers.append(reader)
            pids.append(pid)
        for number in range(len(items)):
            result = _receive(readers[number % jobs])
            if isinstance(result, Exception):
                raise result
            yield result
    finally:
        for reader in readers:
            os.close(reader)
        for pid in pids:
            with suppress(ProcessLookupError, ChildProcessError):
                os.kill(pid, signal.SIGTERM)
                os.waitpid(pid, 0)


def _be_worker(work: Callable[[Item], Result], items: Sequence[Item], writer: int) -> NoReturn:
    code = 0
    try:
        for item in items:
            data = pickle.dumps(_done(work, item))
            write_all(writer, len(data).to_bytes(_HEADER, "little") + data)
    except BaseException:  # noqa: BLE001 - a signal, or a parent that is gone: the parent tells
        code = 1
    os._exit(code)


def _done(work: Callable[[Item], Result], item: Item) -> Result | Exception:
    try:
        return work(item)
    except Exception as error:  # noqa: BLE001 - a bug, for the parent to raise; a traceback cannot go there itself
        from traceback import format_exception

        error.add_note("".join(format_exception(error)))
        return error


def _receive(reader: int) -> Any:
    size = int.from_bytes(_read(reader, _HEADER), "little")
    return pickle.loads(_read(reader, size))  # noqa: S301 - our own process wrote it


def _read(reader: int, size: int) -> bytes:
    parts = []
    while size:
        part = os.read(reader, min(size, 1 << 20))
        if not part:
            raise ToolError("a worker process ended before its work was done")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
