"""A position in the input for records whose length is known only as they are read."""

from collections.abc import Callable

from stdtools.shared.errors import ToolError
from stdtools.shared.streams import BLOCK, Input

LONGEST_RECORD = 1 << 30  # bytes; a record is held in memory

Trace = Callable[[str, int, bytes, object], None]


class Short(Exception):
    """The input ended inside a field; ``value`` is what there is of the record."""

    def __init__(self, wanted: int, found: int, position: int) -> None:
        super().__init__(wanted, found, position)
        self.wanted = wanted
        self.found = found
        self.position = position
        self.path = ""
        self.value: object = None


class Cursor:
    """Take bytes off the front of *source*, an Input or bytes.

    ``position`` counts from *start*. Memory grows with what the input really holds, never with a
    number found in it. ``trace``, where set, is called for every field with its path, position,
    bytes and value.
    """

    def __init__(self, source: Input | bytes, start: int = 0, trace: Trace | None = None) -> None:
        self.trace = trace
        self._source = source if isinstance(source, Input) else None
        self._buffer = b"" if isinstance(source, Input) else source
        self._at = 0
        self._start = start  # the position of the buffer's first byte
        self._record = 0

    @property
    def position(self) -> int:
        """The number of bytes taken, plus the start."""
        return self._start + self._at

    def begin_record(self) -> bool:
        """Forget the last record; say whether there is another byte."""
        self._record = self._at
        return not self.at_end()

    def at_end(self) -> bool:
        """Whether nothing is left."""
        return self._at == len(self._buffer) and not self._fill(1)

    def take(self, count: int) -> bytes:
        """Return the next *count* bytes; Short when there are fewer, and nothing is taken."""
        end = self._at + count
        if end > len(self._buffer):
            if not self._fill(count):
                raise Short(count, len(self._buffer) - self._at, self.position)
            end = self._at + count
        data = self._buffer[self._at : end]
        self._at = end
        return data

    def take_through_nul(self) -> bytes:
        """Return the bytes before the next NUL and step over it; Short when there is none."""
        end = self._buffer.find(b"\0", self._at)
        if end < 0:
            seen = len(self._buffer) - self._at
            self._fill(seen + 1, through=b"\0")
            end = self._buffer.find(b"\0", self._at + seen)
        if end < 0:
            found = len(self._buffer) - self._at
            raise Short(found + 1, found, self.position)
        data = self._buffer[self._at : end]
        self._at = end + 1
        return data

    def since(self, position: int) -> bytes:
        """Return the bytes of this record from *position* to here."""
        return self._buffer[position - self._start : self._at]

    def rest(self) -> bytes:
        """Return what has been read and not been taken."""
        return self._buffer[self._at :]

    def _fill(self, count: int, through: bytes = b"") -> bool:
        """Have *count* bytes after the position, the last block with *through* in it; say whether it is so.

        The blocks are joined once, so that a long record costs no more than its length.
        """
        if self._source is None:
            return False
        kept = self._buffer[self._record :]
        self._start += self._record
        self._at -= self._record
        self._record = 0
        parts = [kept]
        missing = count - (len(kept) - self._at)
        size = len(kept)
        block = b""
        while missing > 0 or through not in block:
            if size > LONGEST_RECORD:
                raise ToolError(f"the record at byte {self._start} is longer than 1 GiB", where=self._source.name)
            block = self._source.read(BLOCK)
            if not block:
                break
            parts.append(block)
            size += len(block)
            missing -= len(block)
        self._buffer = b"".join(parts)
        return missing <= 0 and through in block
