"""A line on standard error that tells how much of a long walk has been read."""

import contextlib
import mmap
import struct
import time

from stdtools.shared.streams import STDERR, write_all

FIRST, EVERY = 1.0, 0.2  # seconds
MOST = 64  # processes
_COUNTS = struct.Struct("<QQ")


class Progress:
    """Counts what the processes of a walk have read; the first of them, number 0, tells the sum."""

    def __init__(self) -> None:
        self._due = time.monotonic() + FIRST
        self._is_shown = False
        self._shared = mmap.mmap(-1, MOST * _COUNTS.size)

    def count(self, number: int, directories: int, entries: int) -> None:
        """Take what the process *number* has read up to now."""
        _COUNTS.pack_into(self._shared, number * _COUNTS.size, directories, entries)
        if number:
            return
        now = time.monotonic()
        if now >= self._due:
            self._due = now + EVERY
            self._is_shown = True
            both = list(_COUNTS.iter_unpack(self._shared[:]))
            text = f"{sum(each[0] for each in both):,} directories, {sum(each[1] for each in both):,} entries"
            self._write(f"\r{text} …\x1b[K")

    def begin_anew(self) -> None:
        """Forget what the others have read: the first has it now."""
        self._shared[_COUNTS.size :] = bytes(len(self._shared) - _COUNTS.size)

    def clear(self) -> None:
        """Take the line away."""
        if self._is_shown:
            self._write("\r\x1b[K")
            self._is_shown = False

    def _write(self, text: str) -> None:
        with contextlib.suppress(OSError):  # a standard error that fails is past helping
            write_all(STDERR, text.encode())
