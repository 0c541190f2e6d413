"""A line on standard error that tells how much of a long walk has been read."""

import mmap
import struct

from stdtools.shared.progress_line import ProgressLine
from stdtools.tree.sharing import MOST

_COUNTS = struct.Struct("<QQ")


class Progress(ProgressLine):
    """Counts what the processes of a walk have read; the first of them, number 0, tells the sum."""

    def __init__(self) -> None:
        super().__init__()
        self._shared = mmap.mmap(-1, MOST * _COUNTS.size)

    def count(self, number: int, directories: int, entries: int) -> None:
        """Take what the process *number* has read up to now."""
        _COUNTS.pack_into(self._shared, number * _COUNTS.size, directories, entries)
        if number == 0 and self.is_due():
            both = list(_COUNTS.iter_unpack(self._shared[:]))
            self.draw(f"{sum(each[0] for each in both):,} directories, {sum(each[1] for each in both):,} entries …")

    def begin_anew(self) -> None:
        """Forget what the others have read: the first has it now."""
        self._shared[_COUNTS.size :] = bytes(len(self._shared) - _COUNTS.size)
