"""Bytes kept back until it is known that all of them are right."""

from typing import IO

from stdtools.shared.scratch import scratch_file, scratch_trouble
from stdtools.shared.streams import BLOCK, Output

IN_MEMORY = 8 << 20


class Spool:
    """Collects bytes, beyond 8 MiB in an unnamed temporary file, and hands them on at the end."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0
        self._file: IO[bytes] | None = None

    def write(self, data: bytes) -> None:
        """Keep *data*."""
        self._parts.append(data)
        self._size += len(data)
        if self._size > IN_MEMORY:
            self._spill()

    def _spill(self) -> None:
        try:
            if self._file is None:
                self._file = scratch_file()
            self._file.writelines(self._parts)
            self._file.flush()
        except OSError as error:
            raise scratch_trouble("the records until all are checked", error) from None
        self._parts, self._size = [], 0

    def copy_to(self, output: Output) -> None:
        """Write everything to *output*."""
        if self._file is not None:
            self._spill()
            self._file.seek(0)
            while block := self._file.read(BLOCK):
                output.write(block)
            self._file.close()
        for part in self._parts:
            output.write(part)
