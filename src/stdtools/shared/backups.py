"""The older files of a rotating log: ``app.log.1`` is the newest, any of them may be compressed."""

import contextlib
import os
from collections.abc import Callable

COMPRESSIONS = (".gz", ".bz2", ".xz")
SUFFIXES = ("", *COMPRESSIONS)
MOST = 999  # app.log.2026 is somebody's file of a year


class Backups:
    """Backups 1 to *count*, whose plain names *name* makes from a number. Change them under the log's lock."""

    def __init__(self, name: Callable[[int], str], count: int) -> None:
        self.name = name
        self.count = count

    def variants(self, number: int) -> list[str]:
        """Return the names that backup *number* has: plain, compressed, or for a moment both."""
        name = self.name(number)
        return [name + suffix for suffix in SUFFIXES if os.path.lexists(name + suffix)]

    def plain_name_of(self, inode: int) -> str | None:
        """Return the name that the plain backup with *inode* has now."""
        for number in range(1, self.count + 1):
            with contextlib.suppress(FileNotFoundError):
                if os.lstat(self.name(number)).st_ino == inode:
                    return self.name(number)
        return None

    def close_gaps(self) -> None:
        """Number the backups without gaps; a crash between two renames leaves one."""
        for number in range(1, self.count + 1):
            if not self.variants(number):
                later = (n for n in range(number + 1, self.count + 1) if self.variants(n))
                if (found := next(later, None)) is None:
                    return
                self._shift(found, number)

    def make_room(self) -> None:
        """Leave no backup 1: each moves up by one, as far as the first number that is free."""
        last = next((n for n in range(1, self.count + 1) if not self.variants(n)), None)
        if last is None:
            last = self.count
            for name in self.variants(last):
                os.unlink(name)
        for number in range(last - 1, 0, -1):
            self._shift(number, number + 1)

    def keep_within(self, total: int) -> None:
        """Remove the oldest until all together have at most *total* bytes."""
        for number in range(1, self.count + 1):
            for name in self.variants(number):
                total -= os.lstat(name).st_size
                if total < 0:
                    os.unlink(name)

    def newest_modified(self) -> int:
        """Return when the newest was written to last, in nanoseconds since the epoch; 0 without any."""
        for number in range(1, self.count + 1):
            for name in self.variants(number):
                return os.lstat(name).st_mtime_ns
        return 0

    def _shift(self, number: int, target: int) -> None:
        for name in self.variants(number):
            os.rename(name, self.name(target) + name.removeprefix(self.name(number)))
