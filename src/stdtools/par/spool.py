"""What jobs have said and cannot be written yet: a little in memory, the rest in files without a name."""

import errno
import os
from collections.abc import Callable

from stdtools.shared.scratch import scratch_file, scratch_trouble

IN_MEMORY = 64 << 10  # bytes of one stream of one job
IN_ALL_MEMORY = 32 << 20  # bytes of all
MOST_FILES = 100  # of one stream alone, whose space is given back with it; other streams share files
_PIECE = 1 << 20
_FULL = 64 << 20  # bytes of a shared file; the next is begun, so that the space of the first is given back one day


class _File:
    """A file for extents of streams; its space is given back when the last of them has been read."""

    def __init__(self) -> None:
        self.file = scratch_file()
        self.size = 0
        self.users = 0
        self.is_done = False  # nothing more will be written

    def append(self, data: bytes) -> int:
        """Write *data*, and return where. Raises OSError."""
        place = self.size
        written = 0
        while written < len(data):
            written += os.pwrite(self.file.fileno(), memoryview(data)[written:], place + written)
        self.size += len(data)
        self.users += 1
        return place

    def leave(self) -> None:
        self.users -= 1
        if not self.users and self.is_done:
            self.file.close()
        elif not self.users:
            os.ftruncate(self.file.fileno(), 0)
            self.size = 0


class Backlog:
    """The memory and the files that all streams share."""

    def __init__(self) -> None:
        self.in_memory = 0
        self.own_files = 0
        self._file: _File | None = None

    def shared_file(self) -> _File:
        """Return the file for what is not much. Raises OSError."""
        if self._file is None or self._file.size >= _FULL:
            if self._file is not None:
                self._file.is_done = True
            self._file = _File()
        return self._file


class Spool:
    """One stream of one job, kept until its turn comes."""

    __slots__ = ("_backlog", "_extents", "_memory", "_own", "_size")

    def __init__(self, backlog: Backlog) -> None:
        self._backlog = backlog
        self._memory: list[bytes] = []
        self._size = 0  # of what is in memory
        self._extents: list[tuple[_File, int, int]] = []
        self._own: _File | None = None

    def write(self, data: bytes) -> None:
        """Keep *data*. Raises ToolError on a full disk."""
        self._memory.append(data)
        self._size += len(data)
        self._backlog.in_memory += len(data)
        if self._size >= IN_MEMORY or self._backlog.in_memory >= IN_ALL_MEMORY:
            self._move_to_file()

    def _move_to_file(self) -> None:
        """Move what is in memory into a file."""
        if self._size:
            try:
                file = self._file()
                self._extents.append((file, file.append(b"".join(self._memory)), self._size))
            except OSError as error:
                if error.errno in (errno.EMFILE, errno.ENFILE):  # it waits in memory until one is free
                    return
                raise scratch_trouble("the output of jobs", error) from None
            self._forget_memory()

    def _file(self) -> _File:
        if self._own is None:
            if self._size < IN_MEMORY or self._backlog.own_files >= MOST_FILES:
                return self._backlog.shared_file()
            self._own = _File()
            self._backlog.own_files += 1
        return self._own

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
        self._give_back()
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
        self._give_back()

    def _give_back(self) -> None:
        if self._own is not None:
            self._own.file.close()
            self._own = None
            self._backlog.own_files -= 1
