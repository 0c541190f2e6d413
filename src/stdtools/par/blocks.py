"""Lines on their way to workers: whole blocks of them, read here, or only named where a worker can read them itself."""

import os
import select
from collections.abc import Callable, Iterator
from typing import NamedTuple

from stdtools.shared.errors import ToolError, raise_os_error

FIRST = 16  # bytes of a block, before it is known how long a line takes
LARGEST = 1 << 20
SECONDS = 0.05  # that a block is to take
PIECE = 64 << 10  # bytes that are mapped at a time; more does not stay in the processor's cache, and takes longer


class Block(NamedTuple):
    """Lines: *data*, or *size* bytes at *offset* of a file. The first has the number *first*; 0 when nobody counted.

    *region* is where the result goes, on a Stage.
    """

    first: int
    data: bytes = b""
    offset: int = -1
    size: int = 0
    region: int = -1

    def pieces(self, fd: int, size: int, delimiter: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield the lines in pieces of about *size* bytes, each with its place in the whole input.

        Raises OSError, and ToolError when the file has become shorter.
        """
        place, end = max(self.offset, 0), self.offset + self.size
        if self.offset < 0:
            end = len(self.data)
        start = self.first << 32 if self.offset < 0 else 0  # lines come later than those before, that is all
        rest: list[bytes] = []  # of a line that has not ended
        while place < end:
            data = self.data[place : place + size] if self.offset < 0 else os.pread(fd, min(size, end - place), place)
            if not data:
                raise _shorter()
            whole = len(data) if place + len(data) >= end else data.rfind(delimiter) + 1
            if whole:
                yield start + place, b"".join([*rest, data[:whole]]) if rest else data[:whole]
                rest = []
            if whole < len(data):
                rest.append(data[whole:])
            place += len(data)
        if rest:
            yield start + place, b"".join(rest)

    def read(self, fd: int) -> bytes:
        """Return the lines; *fd* is the file. Raises OSError, and ToolError when the file has become shorter."""
        if self.offset < 0:
            return self.data
        pieces = []
        place, end = self.offset, self.offset + self.size
        while place < end:
            piece = os.pread(fd, end - place, place)
            if not piece:
                raise _shorter()
            pieces.append(piece)
            place += len(piece)
        return b"".join(pieces)


def _shorter() -> ToolError:
    return ToolError("the file became shorter while it was read")


class Pace:
    """How large blocks are: so that one takes *seconds*, as far as it learns; of *size* bytes at first."""

    def __init__(self, size: int = FIRST, *, seconds: float = SECONDS) -> None:
        self.size = size
        self._seconds = seconds

    def learn(self, size: int, seconds: float) -> None:
        """Take note that a block of *size* bytes took so long."""
        if size:
            wanted = size * self._seconds / max(seconds, 1e-6)
            self.size = max(1, min(LARGEST, int(wanted if wanted < self.size else min(wanted, self.size * 16))))


class Lines:
    """Blocks of what comes through *fd*: the whole lines that are there, dealt out to *jobs* at once.

    With *least* nothing is sent before there are so many bytes, or the end.
    """

    def __init__(self, fd: int, name: str, delimiter: bytes, pace: Pace, jobs: int, *, least: int = 0) -> None:
        self.fd: int | None = fd
        self._name = name
        self._delimiter = delimiter
        self._pace = pace
        self._jobs = jobs
        self._least = least
        self._data = b""  # whole lines
        self._place = 0  # in them, of the next block
        self._partial: list[bytes] = []  # the line that has not ended
        self._next = 1
        self._poll = select.poll()
        self._poll.register(fd, select.POLLIN)

    def read(self) -> None:
        """Read what is there, at most one large block. Raises ToolError."""
        assert self.fd is not None
        missing = LARGEST
        while missing > 0:
            try:
                data = os.read(self.fd, missing)
            except BlockingIOError:
                return
            except OSError as error:
                raise_os_error(error, self._name)
            if not data:
                self.fd = None
                self._add(b"".join(self._partial))
                self._partial = []
                return
            end = data.rfind(self._delimiter) + 1
            if end:
                self._add(b"".join([*self._partial, data[:end]]))
                self._partial = []
            if end < len(data):
                self._partial.append(data[end:])
            missing -= len(data)
            if not self._poll.poll(0):
                return

    def _add(self, lines: bytes) -> None:
        self._data = self._data[self._place :] + lines if self._place < len(self._data) else lines
        self._place = 0

    def take(self) -> Block | None:
        """Return the next block, if there is a line."""
        left = len(self._data) - self._place
        if not left or (left < self._least and self.fd is not None):
            return None
        most = self._place + max(min(self._pace.size, -(-len(self._data) // (2 * self._jobs))), self._least, 1)
        end = len(self._data)
        if most < end:
            end = self._data.rfind(self._delimiter, self._place, most) + 1
            end = end or self._data.find(self._delimiter, most) + 1 or len(self._data)
        block = Block(self._next, self._data[self._place : end])
        self._place = end
        self._next += block.data.count(self._delimiter)
        return block


class Ranges:
    """Blocks of a regular file, from *start*, which workers read themselves; *jobs* is how many share what is left."""

    fd: int | None = None

    def __init__(
        self, file: int, start: int, delimiter: bytes, pace: Pace, jobs: int, *, counted: bool, least: int = 1
    ) -> None:
        self._file = file
        self._place = start
        self._end = os.fstat(file).st_size
        self._delimiter = delimiter
        self._pace = pace
        self._jobs = jobs
        self._least = least
        self._next = 1 if counted else 0

    def read(self) -> None:
        """Never called: there is nothing to wait for."""

    def take(self) -> Block | None:
        """Return the next block."""
        left = self._end - self._place
        if left <= 0:
            os.lseek(self._file, self._end, os.SEEK_SET)  # for whoever reads on from the same description
            return None
        size = min(self._pace.size, max(left // (self._jobs * 2), self._least))
        end = self._end_of_line(self._place + size - 1)
        block = Block(self._next, offset=self._place, size=end - self._place)
        self._place = end
        if self._next:
            self._next += block.read(self._file).count(self._delimiter)
        return block

    def _end_of_line(self, place: int) -> int:
        """Return where the line ends that *place* is in."""
        while place < self._end:
            piece = os.pread(self._file, PIECE, place)
            found = piece.find(self._delimiter)
            if found >= 0:
                return min(place + found + 1, self._end)
            if not piece:
                break
            place += len(piece)
        return self._end


def halves(file: int, delimiter: bytes) -> Callable[[Block], list[Block]]:
    """Return what splits a block of *file* at a line near its middle; a block of one line stays whole.

    The region goes to the first half; the result of the second goes another way.
    """

    def split(block: Block) -> list[Block]:
        data = block.read(file)
        middle = data.find(delimiter, len(data) // 2) + 1
        if not 0 < middle < len(data):
            middle = data.rfind(delimiter, 0, max(len(data) - 1, 0)) + 1
        if not 0 < middle < len(data):
            return [block]
        second = block.first and block.first + data.count(delimiter, 0, middle)
        if block.offset >= 0:  # still a place in the file, by which reducers order what comes of it
            rest = block.offset + middle
            return [
                Block(block.first, offset=block.offset, size=middle, region=block.region),
                Block(second, offset=rest, size=block.size - middle),
            ]
        return [Block(block.first, data[:middle], region=block.region), Block(second, data[middle:])]

    return split
