"""A worker process as its parent sees it: its pipe, its death, and what it writes to standard error."""

import contextlib
import fcntl
import os
import signal
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from stdtools.par.worker import HELD, work
from stdtools.shared.scratch import scratch_file
from stdtools.shared.streams import BLOCK, STDERR, write_all

if TYPE_CHECKING:
    from stdtools.par.ledger import Entry
    from stdtools.par.worker import Pipe

TAIL = 2048  # bytes of standard error that are told of a worker that has died
FULL = 1 << 20  # bytes of standard error, all forwarded, after which the file begins anew
PATIENCE = 5.0  # seconds for which a killed process is awaited

# Our ends of all pipes. No other process may have one: its peer would not learn that we are gone.
_ours: "WeakSet[Pipe]" = WeakSet()


def _close_ours() -> None:
    for end in list(_ours):
        end.close()


os.register_at_fork(after_in_child=_close_ours)


@contextlib.contextmanager
def signals_held() -> Iterator[None]:
    """Within this ``with`` block nothing asks us to end: a process that is started is also made known."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        signal.pthread_sigmask(signal.SIG_BLOCK, HELD)
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def to_standard_error(data: bytes) -> None:
    """Write *data*, if standard error is there."""
    with contextlib.suppress(OSError):
        write_all(STDERR, data)


class Worker:
    """A process that is started by *context*, a multiprocessing context.

    *connection* is the pipe for messages, *death* a descriptor that is readable when the process has died.
    Raises OSError, and EOFError when the process died while it was started.
    """

    def __init__(self, context: Any, initializer: Callable[..., object] | None, initargs: tuple[Any, ...]) -> None:
        self.is_ready = False  # the initializer has returned
        self.is_leaving = False  # it was told to quit
        self.entry: Entry[Any] | None = None  # what it works on
        self.tasks = 0  # that it has answered
        self.function: bytes | None = None  # the last one that it was sent
        self._forwarded = 0  # bytes of standard error
        self._begun = 0  # size of standard error when the present task began
        self._pidfd: Pipe | None = None
        with contextlib.ExitStack() as theirs, contextlib.ExitStack() as ours:
            self.connection, connection = context.Pipe()
            lifeline, self._lifeline = context.Pipe(duplex=False)
            scratch, self._scratch = _standard_error()
            for mine, other in (
                (self.connection, connection),
                (self._lifeline, lifeline),
                (self._scratch, scratch),
            ):
                _ours.add(ours.enter_context(mine))
                theirs.enter_context(other)
            arguments = (connection, lifeline, scratch, initializer, initargs)
            self._process = context.Process(target=work, args=arguments, daemon=True)
            self._process.start()
            ours.pop_all()
        self.death = self._watch_death(context.get_start_method())

    def _watch_death(self, start_method: str) -> int:
        """Return a pidfd, where there are any: a sentinel is kept open by whatever the process leaves behind.

        The forkserver tells the exit code through the sentinel, later than the pidfd would.
        """
        if start_method != "forkserver" and hasattr(os, "pidfd_open"):
            with contextlib.suppress(OSError):
                self._pidfd = Connection(os.pidfd_open(self._process.pid), writable=False)
                return self._pidfd.fileno()
        sentinel: int = self._process.sentinel
        return sentinel

    @property
    def is_idle(self) -> bool:
        """Whether it waits for a task."""
        return self.is_ready and self.entry is None and not self.is_leaving

    def send(self, kind: bytes, body: bytes | memoryview = b"") -> None:
        """Send a message. Raises OSError when nobody reads it. May wait for the process to read, if *body* is large."""
        self.connection.send_bytes(b"".join((kind, body)))

    def begin(self, entry: "Entry[Any]") -> None:
        """Take note of what it will work on, before it is sent: only now nothing writes to its standard error."""
        self.entry = entry
        if self._forwarded > FULL:
            os.ftruncate(self._scratch.fileno(), 0)
            self._forwarded = 0
        self._begun = self._forwarded

    def forward(self, write: Callable[[bytes], object]) -> None:
        """Write what has come on standard error since the last time."""
        fd = self._scratch.fileno()
        size = os.fstat(fd).st_size
        if size < self._forwarded:  # a child of the worker has opened /dev/stderr, which truncates it
            self._forwarded = self._begun = 0
        while self._forwarded < size:
            data = os.pread(fd, BLOCK, self._forwarded)
            if not data:
                break
            self._forwarded += len(data)
            write(data)

    def tail(self) -> bytes:
        """Return the end of what has come on standard error since the present task began."""
        fd = self._scratch.fileno()
        size = os.fstat(fd).st_size
        return os.pread(fd, TAIL, max(self._begun, size - TAIL))

    def kill(self) -> None:
        """Kill it, if it lives."""
        if self._process.is_alive():
            self._process.kill()

    def reap(self, patience: float = PATIENCE) -> int | None:
        """Wait until it has ended; return its exit code, negative for a signal, None if it lives or nobody knows."""
        wait([self.death], patience)
        if self._process.is_alive():
            return None
        code: int | None = self._process.exitcode
        return code

    def bury(self) -> int | None:
        """Do as ``reap``, and kill it if it takes too long, as one may that has only closed its pipe."""
        code = self.reap()
        if code is None:
            self.kill()
            code = self.reap()
        return code

    def close(self) -> None:
        """Give back all descriptors. The process, should it still be there, ends by that."""
        for end in (self.connection, self._lifeline, self._scratch, self._pidfd):
            if end is not None:
                end.close()
        with contextlib.suppress(ValueError):  # it is still there
            self._process.close()


def _standard_error() -> tuple["Pipe", "Pipe"]:
    """Return two descriptors of one new file, to which the worker and its children append.

    They are Connections, since that is what can be an argument of a Process however it is started.
    """
    if hasattr(os, "memfd_create"):
        fd = os.memfd_create("standard error")
    else:
        with scratch_file() as file:
            fd = os.dup(file.fileno())
    fcntl.fcntl(fd, fcntl.F_SETFL, os.O_APPEND)
    return Connection(fd), Connection(os.dup(fd))
