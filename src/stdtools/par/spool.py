"""What jobs have said and cannot be written yet: a little in memory, the rest in files without a name."""

import os
from collections.abc import Callable

from stdtools.shared.scratch import scratch_file, scratch_trouble

IN_MEMORY = 64 << 10  # bytes of one stream of one job
IN_ALL_MEMORY = 32 << 20  # bytes of all
_PIECE = 1 << 20
_FULL = 64 << 20  # bytes of a file; the next is begun, so that the space of the first is given back one day


class _File:
    """A file that many streams share; closed when the last of them has been read."""

    def __init__(self) -> None:
        self.file = scratch_file()
        self.size = 0
        self.users = 0

    def leave(self) -> None:
        self.users -= 1
        if not self.users and self.size >= _FULL:
            self.file.close()


class Backlog:
    """The memory and the files that all streams share."""

    def __init__(self) -> None:
        self.in_memory = 0
        self._file: _File | None = None

    def append(self, data: bytes) -> tuple[_File, int]:
        """Write *data* into a file; return the file, and where in it. Raises ToolError on a full disk."""
        try:
            if self._file is None or self._file.size >= _FULL:
                self._file = _File()
            place = self._file.size
            fd = self._file.file.fileno()
            written = 0
            while written < len(data):
                written += os.pwrite(fd, memoryview(data)[written:], place + written)
        except OSError as error:
            raise scratch_trouble("the output of jobs", error) from None
        self._file.size += len(data)
        self._file.users += 1
        return self._file, place


class Spool:
    """One stream of one job, kept until its turn comes."""

    __slots__ = ("_backlog", "_extents", "_memory", "_size")

    def __init__(self, backlog: Backlog) -> None:
        self._backlog = backlog
        self._memory: list[bytes] = []
        self._size = 0  # of what is in memory
        self._extents: list[tuple[_File, int, int]] = []

    def write(self, data: bytes) -> None:
        """Keep *data*. Raises ToolError on a full disk."""
        self._memory.append(data)
        self._size += len(data)
        self._backlog.in_memory += len(data)
        if self._size >= IN_MEMORY or self._backlog.in_memory >= IN_ALL_MEMORY:
            self.settle()

    def settle(self) -> None:
        """Move what is in memory into a file."""
        if self._size:
            file, place = self._backlog.append(b"".join(self._memory))
            self._extents.append((file, place, self._size))
            self._forget_memory()

    def _forget_memory(self) -> None:
        self._backlog.in_memory -= self._size
        self._memory, self._size = [], 0

    def drain(self, write: Callable[[bytes], object]) -> None:
        """Hand all to *write*, and keep nothing."""
        while self._extents:
            file, place, size = self._extents[0]
            while size:
                data = os.pread(file.file.fileno(), min(size, _PIECE), place)
                write(data)
                place, size = place + len(data), size - len(data)
                self._extents[0] = (file, place, size)
            self._extents.pop(0)
            file.leave()
        if self._memory:
            data = b"".join(self._memory)
            self._forget_memory()
            write(data)

    def clear(self) -> None:
        """Forget all."""
        for file, _, _ in self._extents:
            file.leave()
        self._extents = []
        self._forget_memory()
