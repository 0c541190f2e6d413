"""The bytes of a file, from one descriptor to another: shared blocks where there are, holes kept."""

import errno
import os
from collections.abc import Callable

from stdtools.shared.streams import write_all

SMALL = 128 << 10  # bytes that one read and one write move faster than anything else
BLOCK = 256 << 10
PIECE = 64 << 20  # bytes between two calls of tick
_FICLONE = 0x40049409  # ioctl_ficlone(2)
_FATAL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)

Tick = Callable[[int], None]


def copy_bytes(source: int, target: int, found: os.stat_result, tick: Tick) -> None:
    """Copy what *source*, of which *found* is known, had when it was opened to the empty *target*.

    *tick* is told of bytes as they are copied. A file that says less than it has, as those of /proc, or gives it in
    parts, as those of sysfs, is read to its end.
    Raises OSError.
    """
    size = found.st_size
    if size <= SMALL:
        data = os.read(source, size + 1)
        write_all(target, data)
        tick(len(data))
        if data and len(data) != size:
            _read_and_write(source, target, None, tick)
        return
    if found.st_blocks * 512 < size and _copy_extents(source, target, size, tick):
        return
    if _reflink(source, target):
        tick(size)
        return
    _copy_range(source, target, 0, size, tick)


def _reflink(source: int, target: int) -> bool:
    """Have *target* share the blocks of *source*, as btrfs and XFS can; say whether it does."""
    try:
        from fcntl import ioctl

        ioctl(target, _FICLONE, source)
    except (ImportError, OSError):
        return False
    return True


def _copy_extents(source: int, target: int, size: int, tick: Tick) -> bool:
    """Copy the data between the holes of *source*; False where the file system does not tell of holes."""
    if not hasattr(os, "SEEK_DATA"):
        return False
    at = 0
    while at < size:
        try:
            start = os.lseek(source, at, os.SEEK_DATA)
            at = min(os.lseek(source, start, os.SEEK_HOLE), size)
        except OSError as error:
            if error.errno == errno.ENXIO:  # nothing but a hole follows
                break
            if at:
                raise
            os.lseek(source, 0, os.SEEK_SET)
            return False
        _copy_range(source, target, start, at, tick)
    os.ftruncate(target, size)
    return True


def _copy_range(source: int, target: int, at: int, end: int, tick: Tick) -> None:
    """Copy the bytes from *at* to *end* within the kernel, and what it leaves through this process."""
    while at < end and hasattr(os, "copy_file_range"):
        try:
            count = os.copy_file_range(source, target, min(end - at, PIECE), at, at)
        except OSError as error:
            if error.errno in _FATAL:
                raise
            break  # two file systems, or one that lacks it
        if not count:
            break  # the end, or a file system that copies nothing and says so
        at += count
        tick(count)
    os.lseek(source, at, os.SEEK_SET)
    os.lseek(target, at, os.SEEK_SET)
    _read_and_write(source, target, end - at, tick)


def _read_and_write(source: int, target: int, left: int | None, tick: Tick) -> None:
    while left is None or left:
        block = os.read(source, BLOCK if left is None else min(BLOCK, left))
        if not block:
            return
        write_all(target, block)
        tick(len(block))
        if left is not None:
            left -= len(block)


def same_bytes(one: int, other: int, tick: Tick) -> bool:
    """Say whether two open files hold the same, read from the disk where the kernel lets go of what it has in memory.

    Raises OSError.
    """
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(other, 0, 0, os.POSIX_FADV_DONTNEED)
    at: int | None = 0
    while at is not None:
        block = os.pread(one, BLOCK, at)
        if block != os.pread(other, BLOCK, at):
            return False
        if not block:
            return True
        tick(0)
        at += len(block)
        if not block[0] and block.count(0) == len(block):
            at = _next_data((one, other), at)
    return os.fstat(one).st_size == os.fstat(other).st_size


def _next_data(files: tuple[int, int], at: int) -> int | None:
    """Return where behind *at* there is data in one of *files*; None where nothing but holes follow."""
    if not hasattr(os, "SEEK_DATA"):
        return at
    found = []
    for fd in files:
        try:
            found.append(os.lseek(fd, at, os.SEEK_DATA))
        except OSError as error:
            if error.errno != errno.ENXIO:
                return at
    return min(found, default=None)
