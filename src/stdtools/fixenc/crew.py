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
    """Yield ``work(item)`` for each of *items*, by up to *jobs* forked processes; *work* must not raise.

    A worker waits when its results are not fetched, as a pipe is small. Raises ToolError when one dies.
    """
    jobs = min(jobs, len(items))
    if jobs < 2:
        yield from map(work, items)
        return
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
            yield _receive(readers[number % jobs])
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
            data = pickle.dumps(work(item))
            write_all(writer, len(data).to_bytes(_HEADER, "little") + data)
    except BaseException:  # noqa: BLE001 - a signal, a parent that is gone, or a bug: the parent tells
        code = 1
    os._exit(code)


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
