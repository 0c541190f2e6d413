"""A second process that does a part of the work, for large files on machines with a second processor."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import IO

from stdtools.shared.errors import ToolError
from stdtools.shared.processors import processors
from stdtools.shared.streams import Input

SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}


def middle_of(source: Input) -> int | None:
    """Return where the second half of a large regular file begins, at a line; None where one process is better."""
    if not source.is_large or processors() < 2:
        return None
    middle = os.fstat(source.fd).st_size // 2
    newline = source.read_at(middle, 1 << 20).find(b"\n")
    return None if newline < 0 else middle + newline + 1


@contextmanager
def helper(work: Callable[[IO[bytes]], None]) -> Iterator[IO[bytes]]:
    """Fork a process that hands what it has to the reader of the ``with`` block, and ends with it.

    Raises ToolError behind the block when the other one did not come to its end.
    """
    reader, writer = os.pipe()
    # No signal may fall between the fork and the lines that make the process known.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    pid = os.fork()
    if pid == 0:
        _work(work, reader, writer)
    try:
        os.close(writer)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        with os.fdopen(reader, "rb") as file:
            yield file
        _, status = os.waitpid(pid, 0)
        pid = 0
        if status:
            raise ToolError("a process that had a part of the work was ended")
    finally:
        if pid:  # it owns nothing that it could leave behind
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(work: Callable[[IO[bytes]], None], reader: int, writer: int) -> None:
    code = 1
    try:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        os.close(reader)
        with os.fdopen(writer, "wb") as file:
            work(file)
        code = 0
    finally:
        os._exit(code)
