"""All of an input kept before anything is written: in memory, and on disk when it is more."""

from collections.abc import Iterator
from typing import IO

from stdtools.shared.scratch import scratch_file, scratch_trouble
from stdtools.shared.streams import BLOCK, Input

MOST = 16 << 20  # bytes that are kept in memory


class Soaked:
    """What *source* has, to its end. Raises ToolError where it finds no room on disk."""

    def __init__(self, source: Input) -> None:
        self.size = 0
        self._parts: list[bytes] = []
        self._file: IO[bytes] | None = None
        while block := source.read(BLOCK):
            self.size += len(block)
            if self.size <= MOST:
                self._parts.append(block)
                continue
            try:
                if self._file is None:
                    self._file = scratch_file()
                self._file.write(block)
            except OSError as error:
                raise scratch_trouble("the input", error) from None

    def pieces(self) -> Iterator[bytes]:
        """Yield it from its beginning."""
        yield from self._parts
        if self._file is not None:
            try:
                self._file.seek(0)
                while block := self._file.read(BLOCK):
                    yield block
            except OSError as error:
                raise scratch_trouble("the input", error) from None
