"""From pipes into a log: whole lines, as they come, until the end or until we are asked to end."""

import contextlib
import fcntl
import os
import select
import time
from collections.abc import Callable, Sequence

from stdtools.log.sink import Sink
from stdtools.shared.errors import raise_os_error
from stdtools.shared.streams import write_all

READ = 1 << 16  # more is slower: the allocator then asks the kernel for fresh pages every time
PIPE = 1 << 18
LONGEST_LINE = 1 << 20  # a longer one is written in pieces, as it comes
LAST_LINE = 1.0  # seconds that the rest of a line may take when we are asked to end
LINGER = 0.1  # seconds of silence after which a command that has ended is taken to have said all


class Source:
    """A descriptor to read lines from; *tag* goes before each of them, *tee* gets the bytes as they come."""

    def __init__(self, fd: int, name: str, tag: bytes = b"", tee: "Tee | None" = None) -> None:
        self.fd = fd
        self.name = name
        self.tag = tag
        self.tee = tee
        self.pending: list[bytes] = []  # the beginning of a line
        self.pending_size = 0
        self.ended = False

    def read(self, size: int) -> bytes | None:
        """Return what has come, nothing at the end, None when nothing has come."""
        try:
            return os.read(self.fd, size)
        except BlockingIOError:
            return None
        except OSError as error:
            raise_os_error(error, self.name)


class Tee:
    """A copy of what is logged. A reader who leaves does not stop the log; other trouble is kept in *error*."""

    def __init__(self, fd: int) -> None:
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


class Requests:
    """What signals ask for, noted by their handlers; ``wakeup`` is readable when something came."""

    def __init__(self, *, interruptible: bool = True) -> None:
        self.interruptible = interruptible  # Ctrl-C was not ignored when we were started
        self.wakeup, self.writer = os.pipe()
        for fd in (self.wakeup, self.writer):
            os.set_blocking(fd, False)
        self.stop = 0  # the number of the signal that asked us to end
        self.rotate = False

    def pause(self, seconds: float) -> bool:
        """Wait, but not longer than for the next signal; say whether we are asked to end."""
        if not self.stop:
            select.select([self.wakeup], [], [], seconds)
            self.clear()
        return bool(self.stop)

    def clear(self) -> None:
        """Forget that something came; what came is noted."""
        try:
            while os.read(self.wakeup, 4096):
                pass
        except BlockingIOError:
            pass


def pump(
    sources: Sequence[Source],
    sink: Sink,
    requests: Requests,
    *,
    has_ended: Callable[[], bool] | None = None,
    see: Callable[[bytes], None] | None = None,
) -> None:
    """Write the lines of *sources* to *sink* until all have ended, or ``requests.stop`` is set.

    A last line without its end is written as it is. When asked to end, what has come already is
    written, with the rest of its last line if that comes soon. *has_ended* says that whoever writes
    has ended, though others may still hold the pipe; *see* is shown every block of lines.
    """
    poll = select.poll()
    for source in sources:
        _enlarge(source.fd)
        poll.register(source.fd, select.POLLIN)
    poll.register(requests.wakeup, select.POLLIN)
    waiting = {source.fd: source for source in sources}
    lingering = False
    while waiting and not requests.stop:
        timeout = sink.seconds_to_boundary(time.time())
        if has_ended is not None and has_ended():
            lingering, timeout = True, LINGER
        ready = poll.poll(None if timeout is None else min(timeout, 3600) * 1000 + 1)
        requests.clear()
        if requests.rotate:
            requests.rotate = False
            sink.rotate()
        if not ready:
            sink.rotate(only_if_due=True)
            if lingering:
                break
        for fd, _ in ready:
            if (found := waiting.get(fd)) is not None:
                _take(found, sink, see)
                if found.ended:
                    poll.unregister(fd)
                    del waiting[fd]
    for source in sources:
        if requests.stop and not source.ended:
            _drain(source, sink, see)
        _put(source, b"", sink, see)


def _take(source: Source, sink: Sink, see: Callable[[bytes], None] | None, size: int = READ) -> int:
    """Read what has come from *source*, write its whole lines, and return how many bytes it was."""
    block = source.read(size)
    if not block:
        source.ended = block is not None
        return 0
    cut = block.rfind(b"\n") + 1
    if not cut and source.pending_size + len(block) > LONGEST_LINE:
        cut = len(block)
    if cut:
        _put(source, block[:cut], sink, see)
    if cut < len(block):
        source.pending.append(block[cut:])
        source.pending_size += len(block) - cut
    if source.tee is not None:
        source.tee.write(block)
    return len(block)


def _put(source: Source, block: bytes, sink: Sink, see: Callable[[bytes], None] | None) -> None:
    lines = b"".join([*source.pending, block])
    source.pending, source.pending_size = [], 0
    if lines:
        sink.put(lines, source.tag)
        if see is not None:
            see(lines)


def _drain(source: Source, sink: Sink, see: Callable[[bytes], None] | None) -> None:
    """Write what the pipe holds, and the rest of its last line; what comes later stays in the pipe."""
    room = PIPE
    while (
        room > 0
        and not source.ended
        and _is_ready(source.fd, 0)
        and (taken := _take(source, sink, see, min(room, READ)))
    ):
        room -= taken
    deadline = time.monotonic() + LAST_LINE
    while source.pending and not source.ended and _is_ready(source.fd, deadline - time.monotonic()):
        _take(source, sink, see, 1)


def _is_ready(fd: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(max(0, seconds * 1000)))


def _enlarge(fd: int) -> None:
    """Let a pipe hold more, so that writer and reader wait for each other less often."""
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        with contextlib.suppress(OSError):
            fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, PIPE)
