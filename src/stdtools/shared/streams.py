"""Bytes in and bytes out on file descriptors: short reads and writes, slow peers, closed ends.

``sys.stdin`` and ``sys.stdout`` are not used for data: with ``PYTHONUNBUFFERED`` they lose short
writes, and a descriptor that was closed at start is a silent ``None`` there.
"""

import contextlib
import errno
import os
import select
import stat
from collections.abc import Iterator
from types import TracebackType
from typing import Protocol

from stdtools.shared.errors import ReaderGone, ToolError, raise_os_error

STDIN, STDOUT, STDERR = 0, 1, 2
BLOCK = 64 * 1024
LARGE = 16 << 20  # bytes of a file from which on a second process is worth its start
LARGEST_READ = 1 << 20  # os.read allocates what it is asked for, whatever there is


class Output:
    """The one buffered writer of a command's standard output.

    Collects blocks of 64 KiB; on a terminal every ``write`` goes out at once. Leaving the ``with``
    block flushes, also when a ToolError leaves it, so that what came before the trouble is seen.
    Raises ReaderGone when nobody reads any more and ToolError for every other failure.
    """

    def __init__(self, fd: int = STDOUT, name: str = "standard output") -> None:
        self.fd = fd
        self.name = name
        self.is_terminal = os.isatty(fd)
        self._limit = 0 if self.is_terminal else BLOCK
        self.turn: contextlib.AbstractContextManager[None] = contextlib.nullcontext()  # held while a block goes out
        self._pending: list[bytes | memoryview] = []
        self._size = 0

    def write(self, data: bytes | memoryview) -> None:
        """Write *data* now or with a later block; until then a view of it must stay as it is."""
        self._pending.append(data)
        self._size += len(data)
        if self._size >= self._limit:
            self.flush()

    def flush(self) -> None:
        """Hand everything that waits to the kernel."""
        if not self._size:
            return
        data = self._pending[0] if len(self._pending) == 1 else b"".join(self._pending)
        self._pending, self._size = [], 0
        try:
            with self.turn:
                write_all(self.fd, data)
        except BrokenPipeError:
            raise ReaderGone from None
        except OSError as error:
            raise_os_error(error, self.name)

    def __enter__(self) -> "Output":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.flush()
        elif issubclass(kind, ToolError):
            with contextlib.suppress(ToolError, ReaderGone):  # the first trouble is the one to tell
                self.flush()


def write_all(fd: int, data: bytes | memoryview) -> None:
    """Write all of *data* to *fd*, however few bytes the kernel takes at a time."""
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(fd, view) :]
        except BlockingIOError:
            _wait(fd, write=True)


class Flushable(Protocol):
    """What holds output back until it is flushed."""

    def flush(self) -> None:
        """Let everything out."""


class Input:
    """A readable file descriptor, read in whole blocks where they are there, else in what has come.

    *output*, where given, is flushed before a read that would wait, so that a slow producer's
    records come out as they arrive. ``is_file`` says that it can seek and knows its size; a file
    of /proc, which says 0, does not.
    """

    def __init__(self, fd: int, name: str, output: Flushable | None = None) -> None:
        self.fd = fd
        self.name = name
        self._output = output
        self._peeked = b""
        self._ended = False  # a terminal's Ctrl-D is an end that does not stay one
        try:
            found = os.fstat(fd)
        except OSError as error:
            raise_os_error(error, name)
        self.is_file = stat.S_ISREG(found.st_mode) and found.st_size > 0
        self._taken = 0

    @property
    def is_large(self) -> bool:
        """Whether this is a regular file with a name, so large that two processes read it faster than one."""
        return self.is_file and self.fd != STDIN and os.fstat(self.fd).st_size >= LARGE

    @property
    def position(self) -> int:
        """How many bytes lie before the next one: in the file, or read from this pipe."""
        if self.is_file:
            return os.lseek(self.fd, 0, os.SEEK_CUR)
        return self._taken - len(self._peeked)

    def peek(self, size: int) -> bytes:
        """Return up to *size* bytes without moving on; fewer only at the end."""
        if self.is_file:
            return self.read_at(self.position, size)
        while len(self._peeked) < size and (block := self._read_once(size - len(self._peeked))):
            self._peeked += block
        return self._peeked[:size]

    def read_at(self, offset: int, size: int) -> bytes:
        """Return up to *size* bytes of a regular file from *offset*, without moving."""
        try:
            return os.pread(self.fd, size, offset)
        except OSError as error:
            raise_os_error(error, self.name)

    def read(self, size: int) -> bytes:
        """Return up to *size* bytes: all that come without waiting, at least one; none at the end."""
        if self._peeked:
            first, self._peeked = self._peeked[:size], self._peeked[size:]
            return first
        first = self._read_once(size)
        if len(first) == size or not first:
            return first
        parts, missing = [first], size - len(first)
        while missing and self._ready():
            part = self._read_once(missing)
            if not part:
                break
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def skip(self, count: int) -> None:
        """Move *count* bytes on; from the end of a regular file when negative."""
        if self.is_file:
            self._seek(count)
            return
        if count < 0:
            raise ToolError("cannot count back from the end of a pipe", where=self.name)
        missing = count
        while missing:
            block = self.read(min(missing, BLOCK))
            if not block:
                raise ToolError(f"ends at byte {count - missing}, before byte {count}", where=self.name)
            missing -= len(block)

    def _seek(self, count: int) -> None:
        start = os.lseek(self.fd, 0, os.SEEK_CUR)
        size = os.fstat(self.fd).st_size
        target = size + count if count < 0 else start + count
        if count and not 0 <= target <= size:
            wanted = f"{-count} from its end" if count < 0 else f"byte {target}"
            raise ToolError(f"has {size} bytes; {wanted} is outside", where=self.name)
        self.go_to(target)

    def go_to(self, position: int) -> None:
        """Move to *position* in a regular file."""
        os.lseek(self.fd, position, os.SEEK_SET)
        self._ended = False

    def _read_once(self, size: int) -> bytes:
        if self._ended:
            return b""
        if self._output is not None and not self._ready():
            self._output.flush()
        while True:
            try:
                data = os.read(self.fd, min(size, LARGEST_READ))
                self._taken += len(data)
                self._ended = not data
                return data
            except BlockingIOError:
                _wait(self.fd, write=False)
            except OSError as error:
                raise_os_error(error, self.name)

    def _ready(self) -> bool:
        return self.is_file or _wait(self.fd, write=False, timeout=0)


def _wait(fd: int, *, write: bool, timeout: int | None = None) -> bool:
    """Wait until *fd* can be used, at most *timeout* milliseconds; say whether it can."""
    poll = select.poll()
    poll.register(fd, select.POLLOUT if write else select.POLLIN)
    return bool(poll.poll(timeout))


@contextlib.contextmanager
def open_input(path: str, output: Flushable | None = None) -> Iterator[Input]:
    """Open *path* (``-`` is standard input) for reading, for the time of the ``with`` block."""
    if path == "-":
        yield Input(STDIN, "standard input", output)
        return
    try:
        fd = os.open(path, os.O_RDONLY)
    except OSError as error:
        raise_os_error(error, path)
    try:
        yield Input(fd, path, output)
    finally:
        os.close(fd)


def fill_closed_descriptors() -> None:
    """Put a placeholder on each of 0, 1 and 2 that was closed at start.

    Otherwise the next file to be opened gets that number, and output lands in it. The placeholder
    is opened the wrong way round, so that using it is an error (as GNU's ``stdopen`` does).
    """
    for fd in (STDIN, STDOUT, STDERR):
        try:
            os.fstat(fd)
        except OSError as error:
            if error.errno != errno.EBADF:
                raise
            os.open(os.devnull, os.O_WRONLY if fd == STDIN else os.O_RDONLY)
