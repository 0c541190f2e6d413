"""What is asked of the kernel around files: locks, directories that are on the disk, the umask."""

import contextlib
import errno
import fcntl
import os
import time


def lock_at_once(fd: int, *, shared: bool = False) -> bool:
    """Lock the open file *fd* if nobody else has; say whether it is ours now."""
    try:
        fcntl.flock(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError:  # also a file system without locks
        return False
    return True


def lock_within(fd: int, seconds: float, *, shared: bool = False) -> bool:
    """Lock the open file *fd*, trying for so long; say whether it is ours now."""
    deadline = time.monotonic() + seconds
    while not lock_at_once(fd, shared=shared):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.001)
    return True


def make_directory(path: str) -> None:
    """Make the directory *path* where it is missing, and those above it, all for their owner alone and on the disk."""
    if os.path.isdir(path):
        return
    parent = os.path.dirname(path) or "."
    make_directory(parent)
    with contextlib.suppress(FileExistsError):
        os.mkdir(path, 0o700)
    with contextlib.suppress(PermissionError):  # names can be made there, and not read
        sync_directory(parent)


def sync_directory(path: str) -> None:
    """Return when the names in the directory *path* are on the disk."""
    fd = os.open(path or ".", os.O_RDONLY)
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some file systems cannot sync a directory
            raise
    finally:
        os.close(fd)


def mode_by_umask() -> int:
    """Return the mode that a new file gets from open(2)."""
    umask = os.umask(0o077)
    os.umask(umask)
    return 0o666 & ~umask
