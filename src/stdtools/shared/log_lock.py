"""The lock file of a log, ``.app.log.lock``: held to append, to rename, and to look at all files at once.

It is held exclusively also to append: a writer that is killed inside write(2) leaves half a line, and
only one that is alone can tell that from a write in progress. So that the next writer can, the file
holds a *claim* while a write lasts: which file, and where the write began. A claim found under the
lock is a dead writer's; what follows its last whole line was never acknowledged.
"""

import contextlib
import errno
import fcntl
import os
import stat
from collections.abc import Callable

from stdtools.shared.disk import lock_within

_CLAIM = b"%20d %20d\n"
_NO_CLAIM = _CLAIM % (0, 0)
_FLAGS = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class LogLock:
    """The lock of the log *log*. *make* creates its file, from a path and flags for open(2).

    *patience*: seconds after which ``take`` gives up; None waits for ever.
    """

    def __init__(self, log: str, make: Callable[[str, int], int], patience: float | None) -> None:
        self._path = lock_path(log)
        self._make = make
        self._patience = patience
        self._fd = -1
        self._inode = 0

    def take(self) -> bool:
        """Take the lock; False when it could not be had in time."""
        while True:
            if self._fd < 0:
                self._fd = self._open()
                self._inode = os.fstat(self._fd).st_ino
            if self._patience is None:
                fcntl.flock(self._fd, fcntl.LOCK_EX)
            elif not lock_within(self._fd, self._patience):
                return False
            with contextlib.suppress(FileNotFoundError):
                if os.lstat(self._path).st_ino == self._inode:
                    return True
            self.close()  # somebody moved it away, and others lock another one

    def release(self) -> None:
        """Let go of the lock."""
        try:
            fcntl.flock(self._fd, fcntl.LOCK_UN)
        except OSError:  # what was done is done; to close it lets go as well
            self.close()

    def close(self) -> None:
        """Close the file; the next ``take`` opens it again."""
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1

    def claim(self, inode: int, size: int) -> None:
        """Say that the file *inode* of *size* bytes is being appended to."""
        os.pwrite(self._fd, _CLAIM % (inode, size), 0)

    def unclaim(self) -> None:
        """Say that nothing is being written."""
        with contextlib.suppress(OSError):  # the write was well; a claim that stays costs nobody a whole line
            os.pwrite(self._fd, _NO_CLAIM, 0)

    def claimed(self) -> tuple[int, int]:
        """Return the inode and the size that were claimed; 0 and 0 when nothing is being written."""
        return claim_in(self._fd)

    def _open(self) -> int:
        while True:
            with contextlib.suppress(FileExistsError):
                return self._make(self._path, _FLAGS)
            with contextlib.suppress(FileNotFoundError):
                fd = os.open(self._path, _FLAGS)
                if not stat.S_ISREG(os.fstat(fd).st_mode):
                    os.close(fd)
                    raise OSError(errno.EINVAL, f"{self._path} is not a regular file")
                self._let_writers_in(fd)
                return fd

    def _let_writers_in(self, fd: int) -> None:
        """Follow a log that others may write by now."""
        with contextlib.suppress(OSError):
            found = os.fstat(fd)
            wanted = lock_mode(os.stat(log_path(self._path)).st_mode)
            if found.st_uid == os.geteuid() and wanted & ~found.st_mode:
                os.fchmod(fd, wanted | stat.S_IMODE(found.st_mode))


def lock_path(log: str) -> str:
    """Return the name of the lock file of the log *log*."""
    directory, name = os.path.split(log)
    return os.path.join(directory, f".{name}.lock")


def log_path(lock: str) -> str:
    """Return the name of the log whose lock file is *lock*."""
    directory, name = os.path.split(lock)
    return os.path.join(directory, name[1:].removesuffix(".lock"))


def lock_mode(mode: int) -> int:
    """Return the mode for the lock of a log with *mode*: who may write may lock, and nobody else."""
    writers = mode & 0o022
    return 0o600 | writers | writers << 1


def claim_in(fd: int) -> tuple[int, int]:
    """Return the claim in the open lock file *fd*, an inode and a size; 0 and 0 when there is none."""
    claim = os.pread(fd, len(_NO_CLAIM), 0).split()
    return (int(claim[0]), int(claim[1])) if len(claim) == 2 and all(map(bytes.isdigit, claim)) else (0, 0)
