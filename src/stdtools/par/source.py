"""Where work comes from: items from a stream or the command line, or blocks of lines. Never waits."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import IO, NamedTuple

from stdtools.shared.errors import raise_os_error
from stdtools.shared.scratch import scratch_file, scratch_trouble

LONGEST = (128 << 10) - 1  # bytes of an argument: MAX_ARG_STRLEN of Linux, without the NUL
HEAD = 100  # bytes of an item that cannot be an argument
READ = 256 << 10


class Task(NamedTuple):
    """What one job gets: items as arguments, or a block of lines as its input."""

    items: Sequence[bytes]
    block: IO[bytes] | None = None
    trouble: str = ""  # why its only item cannot be an argument; then the item is but the head of it


class Source:
    """*fd* is what to wait for before ``read``, None when nothing more will come."""

    fd: int | None = None
    skipped = 0  # what was done before

    def read(self) -> None:
        """Take what *fd* has. Raises ToolError."""

    def take(self) -> Task | None:
        """Return the next task, if it is there."""
        raise NotImplementedError

    def waiting(self) -> int:
        """Return how many tasks are there, about."""
        raise NotImplementedError


def _read(fd: int, name: str, size: int) -> bytes | None:
    """Return what has come; None when nothing has."""
    try:
        return os.read(fd, size)
    except BlockingIOError:
        return None
    except OSError as error:
        raise_os_error(error, name)


class Items(Source):
    """Items, each ended by *delimiter*: as many to a task as *size* says, which may change.

    Where items are lines, an empty one is none. Of an item that cannot be an argument only the head is kept.
    """

    def __init__(
        self,
        fd: int | None,
        name: str,
        delimiter: bytes,
        *,
        given: Iterable[bytes] = (),
        is_done: Callable[[Task], bool] | None = None,
    ) -> None:
        self.fd = fd
        self.size = 1
        self.room = 1 << 17  # bytes that the arguments of a task may take
        self.cost: Callable[[bytes], int] = len  # of an item, in these bytes
        self.share = 0  # into how many tasks what is left is to be dealt at least; then a task never waits to be full
        self._is_done = is_done
        self._name = name
        self._delimiter = delimiter
        self._pending: deque[bytes] = deque()
        self._troubles: dict[int, str] = {}  # by the number of the item
        self._taken = self._seen = 0
        self._partial: list[bytes] = []
        self._partial_size = 0
        for item in given:
            self._add(item, len(item))

    def _add(self, item: bytes, size: int) -> None:
        """Take an item of *size* bytes, or at least the head of it."""
        if size > LONGEST:
            self._troubles[self._seen] = f"the item has {size} bytes, too many for an argument; feed it by --block"
        elif b"\0" in item:
            self._troubles[self._seen] = "the item has a NUL byte, which no argument can have; -0 ends items by NUL"
        self._pending.append(item[:HEAD] if self._seen in self._troubles else item)
        self._seen += 1

    def read(self) -> None:
        assert self.fd is not None
        data = _read(self.fd, self._name, READ)
        if data is None:
            return
        if not data:
            self.fd = None
            if self._partial_size:
                self._end_partial(b"")
            return
        first, *others = data.split(self._delimiter)
        if others:
            self._end_partial(first)
            for item in others[:-1]:
                if item or self._delimiter == b"\0":
                    self._add(item, len(item))
            first = others[-1]
        if first:
            self._partial_size += len(first)
            if self._partial_size <= LONGEST or not self._partial:
                self._partial.append(first)

    def _end_partial(self, last: bytes) -> None:
        size = self._partial_size + len(last)
        if size or self._delimiter == b"\0":
            self._add(b"".join([*self._partial, last]), size)
        self._partial, self._partial_size = [], 0

    def take(self) -> Task | None:
        self._skip_done()
        size = self.size
        if self.share:
            size = min(size, -(-len(self._pending) // self.share))
        elif self.fd is not None and len(self._pending) < size:
            return None
        if self._taken in self._troubles:
            trouble = self._troubles.pop(self._taken)
            return Task([self._pop()], trouble=trouble)
        items: list[bytes] = []
        room = self.room
        while len(items) < size and self._pending and self._taken not in self._troubles:
            room -= self.cost(self._pending[0])
            if room < 0 and items:
                break
            items.append(self._pop())
            if len(items) < size:  # what is skipped behind the last counts for the next job
                self._skip_done()
        return Task(items) if items else None

    def waiting(self) -> int:
        return -(-len(self._pending) // self.size)

    def _skip_done(self) -> None:
        if self._is_done is None:
            return
        while self._pending and self._taken not in self._troubles and self._is_done(Task([self._pending[0]])):
            self._pop()
            self.skipped += 1

    def _pop(self) -> bytes:
        self._taken += 1
        return self._pending.popleft()


class Blocks(Source):
    """Blocks of whole lines, of at most *size* bytes; a longer line is in one with what was read behind it."""

    def __init__(
        self, fd: int, name: str, delimiter: bytes, size: int, *, is_done: Callable[[Task], bool] | None = None
    ) -> None:
        self.fd: int | None = fd
        self._is_done = is_done
        self._name = name
        self._delimiter = delimiter
        self._size = size
        self._ready: deque[IO[bytes]] = deque()
        self._new(b"")

    def _new(self, data: bytes) -> None:
        self._file: IO[bytes] = scratch_file()
        self._length, self._end = 0, 0  # bytes of the block so far, and of whole lines
        self._append(data)

    def _append(self, data: bytes) -> None:
        place = data.rfind(self._delimiter)
        if place >= 0:
            self._end = self._length + place + 1
        self._length += len(data)
        self._file.write(data)

    def read(self) -> None:
        assert self.fd is not None
        missing = self._size - self._length
        data = _read(self.fd, self._name, min(READ, missing if missing > 0 else self._size))
        try:
            if data is None:
                return
            if data:
                self._append(data)
                if self._length >= self._size and self._end:
                    self._file.flush()
                    rest = os.pread(self._file.fileno(), self._length - self._end, self._end)
                    self._finish(self._end)
                    self._new(rest)
                return
            self.fd = None
            if self._length:
                self._finish(self._length)
        except OSError as error:
            raise scratch_trouble("the blocks for jobs", error) from None

    def _finish(self, size: int) -> None:
        self._file.flush()
        os.ftruncate(self._file.fileno(), size)
        self._ready.append(self._file)

    def take(self) -> Task | None:
        while self._ready:
            task = Task((), block=self._ready.popleft())
            if self._is_done is None or not self._is_done(task):
                return task
            self.skipped += 1
        return None

    def waiting(self) -> int:
        return len(self._ready)
