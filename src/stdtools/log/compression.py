"""Backups are compressed beside the writing, and a compression that was killed is finished or undone."""

import contextlib
import logging
import os
import sys
import threading
from collections.abc import Callable

from stdtools.log.packing import opened
from stdtools.shared.atomic import create_beside, sweep_beside
from stdtools.shared.backups import COMPRESSIONS
from stdtools.shared.disk import lock_at_once
from stdtools.shared.errors import ToolError
from stdtools.shared.rotation import RotatingFile

logger = logging.getLogger(__name__)

BLOCK = 1 << 18
NICE = 10


class Compressor:
    """A thread that compresses each plain backup of a log, the oldest first.

    What it writes has a temporary name until it is on the disk. Then, under the log's lock, it gets
    the name that the backup has by now, and the backup goes. A killed run leaves the temporary file,
    which the next one sweeps up, or both forms of a backup, of which it then removes the plain one.
    """

    def __init__(self, path: str, backups: int, suffix: str, tell: Callable[[str], None]) -> None:
        self._log = RotatingFile(path, backups=backups)
        self._backups = self._log.backups
        self._suffix = suffix
        self._tell = tell
        self._work = threading.Event()
        self._finishing = False
        self._given_up: set[int] = set()  # inodes
        self._told: set[str] = set()
        self._thread = threading.Thread(target=self._run, name="compressor", daemon=True)

    def start(self) -> None:
        """Begin, with what an earlier run left plain."""
        sweep_beside(*os.path.split(self._log.path))
        self.wake()
        self._thread.start()

    def wake(self) -> None:
        """Look for backups that are not compressed."""
        self._work.set()

    def finish(self, pause: Callable[[float], bool]) -> None:
        """Return when all backups are compressed, or *pause* says that we must end."""
        self._finishing = True
        self.wake()
        while self._thread.is_alive():
            self._thread.join(0.02)
            if self._thread.is_alive() and pause(0):
                return

    def _run(self) -> None:
        if sys.platform == "linux":  # elsewhere a thread has no number of its own
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
        while True:
            self._work.wait()
            self._work.clear()
            self._given_up.clear()  # there may be room now
            finishing = self._finishing
            while (backup := self._next()) is not None:
                fd, inode = backup
                try:
                    self._compress(fd, inode)
                    logger.debug("compressed a backup of %d bytes", os.fstat(fd).st_size)
                except Exception as error:  # noqa: BLE001 - each library has its own; the backup stays as it is
                    self._given_up.add(inode)
                    why = getattr(error, "strerror", None) or str(error)
                    if why not in self._told:
                        self._told.add(why)
                        self._tell(f"{self._log.given_path}: a backup is not compressed: {why}")
                finally:
                    os.close(fd)
            if finishing:
                return

    def _next(self) -> tuple[int, int] | None:
        """Open and lock the oldest plain backup that nobody compresses."""
        for number in range(self._backups.count, 0, -1):
            try:
                fd = os.open(self._backups.name(number), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            except OSError:
                continue
            inode = os.fstat(fd).st_ino
            is_wanted = inode not in self._given_up and lock_at_once(fd)
            if is_wanted and self._backups.plain_name_of(inode) is not None:
                return fd, inode
            os.close(fd)
        return None

    def _compress(self, fd: int, inode: int) -> None:
        for suffix in COMPRESSIONS:
            name = self._backups.plain_name_of(inode)
            if name is not None and os.path.lexists(name + suffix):
                self._settle_double(fd, inode, suffix)
                return
        directory, name = os.path.split(self._log.path)
        temporary_fd, temporary = create_beside(directory, name)
        try:
            with os.fdopen(temporary_fd, "r+b") as target:
                found = os.fstat(fd)
                with opened(self._suffix, target, "wb") as packer:
                    os.lseek(fd, 0, os.SEEK_SET)
                    while block := os.read(fd, BLOCK):
                        packer.write(block)
                target.flush()
                with contextlib.suppress(OSError):
                    os.fchown(target.fileno(), found.st_uid, found.st_gid)
                os.fchmod(target.fileno(), found.st_mode & 0o777)
                os.utime(target.fileno(), ns=(found.st_atime_ns, found.st_mtime_ns))
                os.fsync(target.fileno())
                with self._log.alone():
                    plain = self._backups.plain_name_of(inode)
                    if plain is not None and not os.path.lexists(plain + self._suffix):
                        os.rename(temporary, plain + self._suffix)
                        temporary = ""
                        os.unlink(plain)
        finally:
            if temporary:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)

    def _settle_double(self, fd: int, inode: int, suffix: str) -> None:
        """Remove the plain form of a backup whose compressed form is there and says the same."""
        name = self._backups.plain_name_of(inode)
        if name is None:
            return
        if not _says_the_same(fd, name + suffix, suffix):
            raise ToolError(f"{os.path.basename(name + suffix)} is not its compressed form")
        with self._log.alone():
            plain = self._backups.plain_name_of(inode)
            if plain is not None and os.path.lexists(plain + suffix):
                os.unlink(plain)


def _says_the_same(fd: int, packed_name: str, suffix: str) -> bool:
    """Whether the file *fd* has what is in the compressed file *packed_name*."""
    os.lseek(fd, 0, os.SEEK_SET)
    try:
        with open(packed_name, "rb") as packed, opened(suffix, packed, "rb") as unpacked:
            while block := os.read(fd, BLOCK):
                if unpacked.read(len(block)) != block:
                    return False
            return not unpacked.read(1)
    except Exception:  # noqa: BLE001 - whatever the library says of it: it is damaged
        return False
