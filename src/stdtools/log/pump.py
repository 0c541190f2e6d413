"""From pipes into a log: whole lines, as they come, until the end or until we are asked to end."""

import contextlib
import fcntl
import os
import select
import sys
import termios
import time
from collections.abc import Callable, Sequence

from stdtools.log.sink import Sink
from stdtools.shared.errors import raise_os_error
from stdtools.shared.streams import write_all
from stdtools.shared.whole_lines import WholeLines

READ = 1 << 18
PIPE = 1 << 18
LAST_LINE = 1.0  # seconds that the rest of a line may take when we are asked to end
LINGER = 0.1  # seconds of silence after which a command that has ended is taken to have said all ...
LONGEST_LINGER = 1.0  # ... or this long, while others that it has started talk on


class Tee:
    """A copy of what is logged. A reader who leaves does not stop the log; other trouble is kept in *error*."""

    def __init__(self, fd: int, name: str) -> None:
        self.name = name
        self._fd = fd
        self._open = True
        self.error: OSError | None = None

    def write(self, data: bytes) -> None:
        """Write *data* at once."""
        if self._open:
            try:
                write_all(self._fd, data)
            except OSError as error:
                self._open = False
                if not isinstance(error, BrokenPipeError):
                    self.error = error


class Source:
    """A descriptor to read lines from; *tag* goes before each of them, *tee* gets the bytes as they come.

    *see* is shown every block of lines, and this source.
    """

    def __init__(
        self,
        fd: int,
        name: str,
        *,
        tag: bytes = b"",
        tee: Tee | None = None,
        see: Callable[[bytes, object], None] | None = None,
    ) -> None:
        self.fd = fd
        self.ended = False
        self._name = name
        self._tag = tag
        self._tee = tee
        self._see = see
        self._lines = WholeLines()

    @property
    def within_line(self) -> bool:
        """Whether the end of a line is still to come."""
        return self._lines.held > 0

    def take(self, sink: Sink, size: int = READ) -> int:
        """Read what has come, write its whole lines to *sink*, and return how many bytes it was."""
        try:
            block = os.read(self.fd, size)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise_os_error(error, self._name)
        if not block:
            self.ended = True
            self.put_rest(sink)
            return 0
        self._put(self._lines.cut(block), sink)
        if self._tee is not None:
            self._tee.write(block)
        return len(block)

    def take_all(self, sink: Sink) -> None:
        """Write what has come by now, however long that takes; what comes meanwhile stays where it is."""
        size = bytearray(4)
        try:
            fcntl.ioctl(self.fd, termios.FIONREAD, size)
            room = int.from_bytes(size, sys.byteorder)
        except OSError:
            room = PIPE
        while room > 0 and not self.ended and self._is_ready(0) and (taken := self.take(sink, min(room, READ))):
            room -= taken

    def drain(self, sink: Sink) -> None:
        """Write what has come by now, and the rest of its last line."""
        self.take_all(sink)
        deadline = time.monotonic() + LAST_LINE
        while self.within_line and not self.ended and self._is_ready(deadline - time.monotonic()):
            self.take(sink, 1)

    def put_rest(self, sink: Sink) -> None:
        """Write the beginning of a line whose end does not come any more."""
        self._put(self._lines.rest(), sink)

    def _put(self, lines: bytes, sink: Sink) -> None:
        if lines:
            sink.put(lines, self, self._tag)
            if self._see is not None:
                self._see(lines, self)

    def _is_ready(self, seconds: float) -> bool:
        poll = select.poll()
        poll.register(self.fd, select.POLLIN)
        return bool(poll.poll(max(0, seconds * 1000)))


class Requests:
    """What signals ask for, noted by their handlers; ``wakeup`` is readable when something came."""

    def __init__(self) -> None:
        self.wakeup, self.writer = os.pipe()
        for fd in (self.wakeup, self.writer):
            os.set_blocking(fd, False)
        self.stop = 0  # the number of the signal that asked us to end
        self.rotate = False
        self.reopen = False

    def pause(self, seconds: float) -> bool:
        """Wait, but not longer than for the next signal; say whether we are asked to end."""
        if not self.stop:
            select.select([self.wakeup], [], [], seconds)
            self.clear()
        return bool(self.stop)

    def clear(self) -> None:
        """Forget that something came; what came is noted."""
        with contextlib.suppress(BlockingIOError):
            while os.read(self.wakeup, 4096):
                pass

    def serve(self, sink: Sink) -> None:
        """Do what was asked for."""
        if self.reopen:
            self.reopen = False
            sink.reopen()
        if self.rotate:
            self.rotate = False
            sink.rotate()


def pump(
    sources: Sequence[Source], sink: Sink, requests: Requests, *, has_ended: Callable[[], bool] | None = None
) -> None:
    """Write the lines of *sources* to *sink* until all have ended, or ``requests.stop`` is set.

    A last line without its end is written as it is. When asked to end, what has come already is
    written, with the rest of its last line if that comes soon. *has_ended* says that whoever writes
    has ended, though others may still hold the pipe.
    """
    _keep_memory()
    poll = select.poll()
    for source in sources:
        _enlarge(source.fd)
        poll.register(source.fd, select.POLLIN)
    poll.register(requests.wakeup, select.POLLIN)
    waiting = {source.fd: source for source in sources}
    deadline = None
    while waiting and not requests.stop:
        requests.serve(sink)
        timeout = sink.seconds_to_boundary(time.time())
        if has_ended is not None and has_ended():
            timeout = LINGER
            if deadline is None:
                for source in waiting.values():
                    source.take_all(sink)
                deadline = time.monotonic() + LONGEST_LINGER
            elif time.monotonic() > deadline:
                break
        ready = poll.poll(None if timeout is None else min(timeout, 3600) * 1000 + 1)
        requests.clear()
        requests.serve(sink)
        if not ready:
            sink.rotate(only_if_due=True)
            if deadline is not None:
                break
        for fd, _ in ready:
            if (found := waiting.get(fd)) is not None:
                found.take(sink)
                if found.ended:
                    poll.unregister(fd)
                    del waiting[fd]
    for source in sources:
        if requests.stop:
            source.drain(sink)
        source.put_rest(sink)


def _keep_memory() -> None:
    """Let the C library keep freed blocks; it would give each back and ask for the next: half of the time.

    To free a large piece raises the limits of glibc's malloc (M_MMAP_THRESHOLD in mallopt(3)).
    """
    bytes(1 << 22)


def _enlarge(fd: int) -> None:
    """Let a pipe hold more, so that writer and reader wait for each other less often."""
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        with contextlib.suppress(OSError):
            fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, PIPE)
