"""A file that any number of processes append lines to and rotate, losing, tearing and mixing none.

Names are those of ``logging.handlers.RotatingFileHandler``: ``app.log`` is written, ``app.log.1`` is the
newest backup. A writer locks the file ``.app.log.lock`` beside it, sees that what it has open is still
what has the name, appends whole lines, and unlocks. Rotation is a chain of renames under the same lock.

What a killed writer leaves is taken care of by the next one; see ``log_lock``.
"""

import contextlib
import errno
import os
import stat
from collections.abc import Callable, Iterator

from stdtools.shared.backups import Backups
from stdtools.shared.disk import sync_directory
from stdtools.shared.errors import ToolError
from stdtools.shared.log_lock import LogLock, lock_mode
from stdtools.shared.whole_lines import end_of_last_line, fitting

_APPEND = os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_sync: Callable[[int], None] = getattr(os, "fdatasync", os.fsync)


class RotatingFile:
    """The end of the chain of files that *path* heads; use one in one thread.

    *max_bytes*: begin a new file rather than exceed this; 0 is no limit. A longer line has a file of
    its own. *backups*: how many closed files to keep. *mode*: of new files; by default that of the
    file before, at first *first_mode*. *is_due* says from a file's last modification (seconds since
    the epoch) whether its time is over. *max_total*: remove the oldest backups when all together
    could exceed this many bytes. *sync*: a write is on the disk when it returns. *patience*: seconds
    after which to append without the lock, and without rotating.

    No file is opened before the first call. All raise OSError, and ToolError for a *path* that is
    not a regular file.
    """

    def __init__(
        self,
        path: str,
        *,
        max_bytes: int = 0,
        backups: int = 0,
        mode: int | None = None,
        first_mode: int = 0o640,
        is_due: Callable[[float], bool] | None = None,
        max_total: int = 0,
        sync: bool = False,
        patience: float | None = None,
    ) -> None:
        self.given_path = path
        self.path = _resolve(path)
        self.max_bytes = max_bytes
        self.backups = Backups(self.backup_name, backups)
        self.line_end = b"\n"
        self.rotations = 0
        self.trouble: OSError | None = None  # why the last rotation that was due did not happen
        self._mode = mode
        self._first_mode = first_mode
        self._is_due = is_due
        self._max_total = max_total
        self._sync = sync
        self._process = 0
        self._lock = LogLock(self.path, self._make_lock, patience)
        self._fd: int | None = None
        self._inode = self._device = 0  # of what is open
        self._was_open = False
        self._end = -1  # the size of the file as we left it
        self._within_line = False  # what we wrote last did not end its line

    def prepare(self) -> None:
        """Open the file, and close the gap that a crash between two renames left among the backups."""
        with self.alone():
            self._follow()
            self.backups.close_gaps()
            self._keep_within_total()

    def write(self, block: bytes, start: int = 0, *, whole: bool = False, new_line: bool = False) -> int:
        """Append lines of *block* from *start* on, as many as belong into one file; return where they end.

        A line whose end we have not written goes on, unless this is a *new_line*. Rotates first where
        not even one line fits, or none of *block* as a *whole*. An error means that nothing was
        written; lines that did get to the disk before it are returned as written.
        """
        with self.alone() as locked:
            size = self._follow()
            if not locked:
                return self._append(block, start, len(block), size, whole=True, claim=False)
            size = self._settle(size, new_line=new_line)
            stop = self._fitting(block, start, size, whole=whole)
            if stop == start or (size and self._due(whole=whole)):
                size = self._rotate(size)
                stop = len(block) if size else self._fitting(block, start, size, whole=whole)
            return self._append(block, start, stop, size, whole=whole, claim=True)

    def rotate(self, *, only_if_due: bool = False) -> None:
        """Begin a new file, unless this one is empty."""
        with self.alone() as locked:
            size = self._settle(self._follow()) if locked else 0
            if size and (self._due(whole=False) or not only_if_due):
                self._rotate(size)

    def close(self) -> None:
        """Close the descriptors; the next call opens them again."""
        self._lock.close()
        if self._fd is not None:
            os.close(self._fd)
        self._fd = None
        self._end, self._within_line = -1, False

    def backup_name(self, number: int) -> str:
        """Return the name of backup *number*, when it is not compressed."""
        return f"{self.path}.{number}"

    def retire(self, target: str) -> None:
        """Make the current file the backup *target*."""
        os.rename(self.path, target)

    @contextlib.contextmanager
    def alone(self) -> Iterator[bool]:
        """Hold the lock; yields False where it could not be had in time."""
        if self._process != os.getpid():  # after a fork the lock would be the parent's, too
            self.close()
            self._process = os.getpid()
        locked = self._lock.take()
        try:
            yield locked
        finally:
            if locked:
                self._lock.release()

    def _make_lock(self, path: str, flags: int) -> int:
        mode, owner = self._attributes_of_new_files(self.path)
        return self._create(path, flags, lock_mode(mode), owner)

    def _create(self, path: str, flags: int, mode: int, owner: tuple[int, int] | None) -> int:
        """Create *path*, and its directory if that was removed while we were at work."""
        flags |= os.O_CREAT | os.O_EXCL
        try:
            fd = os.open(path, flags, mode)
        except FileNotFoundError:
            if not self._was_open:
                raise
            os.makedirs(os.path.dirname(path), exist_ok=True)
            fd = os.open(path, flags, mode)
        with contextlib.suppress(OSError):
            _give_to(fd, owner)
            os.fchmod(fd, mode)  # whatever the umask
        if self._sync:
            sync_directory(os.path.dirname(path))
        return fd

    def _follow(self) -> int:
        """Have the file open that has the name now, made if there is none; return its size."""
        before = self._fd
        if before is not None:
            try:
                named = os.lstat(self.path)
            except FileNotFoundError:
                named = None
            if named is not None and named.st_ino == self._inode and named.st_dev == self._device:
                return named.st_size
            self._end, self._within_line = -1, False
        self._fd = self._open(before)
        self._was_open = True
        if before is not None:
            os.close(before)
        now = os.fstat(self._fd)
        self._inode, self._device = now.st_ino, now.st_dev
        return now.st_size

    def _open(self, before: int | None) -> int:
        while True:
            mode, owner = self._attributes_of_new_files(self.path if before is None else before)
            with contextlib.suppress(FileNotFoundError):
                fd = os.open(self.path, _APPEND)
                try:
                    self._check_regular(os.fstat(fd))  # it may be another one than we looked at above
                except BaseException:
                    os.close(fd)
                    raise
                return fd
            with contextlib.suppress(FileExistsError):
                return self._create(self.path, _APPEND, mode, owner)

    def _check_regular(self, found: os.stat_result) -> None:
        if stat.S_ISDIR(found.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(found.st_mode):
            raise ToolError("is not a regular file", where=self.given_path, hint="only those can be rotated")

    def _attributes_of_new_files(self, before: str | int) -> tuple[int, tuple[int, int] | None]:
        """Return the mode, and the owner and group, that a file after *before* gets."""
        found = None
        for name in (before, self.backup_name(1)):  # the latter when a kill came before the file was made
            with contextlib.suppress(FileNotFoundError):
                found = os.stat(name)
                break
        if found is None:
            return self._first_mode if self._mode is None else self._mode, None
        if name == before:
            self._check_regular(found)
        return stat.S_IMODE(found.st_mode) & 0o777 if self._mode is None else self._mode, (found.st_uid, found.st_gid)

    def _settle(self, size: int, *, new_line: bool = False) -> int:
        """See that the file ends with a whole line, unless it is our own that goes on; return its size."""
        assert self._fd is not None
        if size == self._end and not (new_line and self._within_line):
            return size
        self._within_line = False
        inode, start = self._lock.claimed()
        if inode:
            if inode == self._inode and start < size:
                size = end_of_last_line(self._fd, start, size)
                os.ftruncate(self._fd, size)
            self._lock.unclaim()
        if size and self.line_end and os.pread(self._fd, 1, size - 1) != self.line_end[-1:]:
            size += os.write(self._fd, self.line_end)
        return size

    def _due(self, *, whole: bool) -> bool:
        assert self._fd is not None
        if self._is_due is None or (self._within_line and not whole):
            return False
        return self._is_due(os.fstat(self._fd).st_mtime)

    def _fitting(self, block: bytes, start: int, size: int, *, whole: bool) -> int:
        """Return where the lines end that may go into a file of *size* bytes; *start* when none may."""
        if not self.max_bytes:
            return len(block)
        room = self.max_bytes - size
        if whole:
            return len(block) if len(block) - start <= room or not size else start
        return fitting(block, start, room, is_empty=not size, within_line=self._within_line)

    def _append(self, block: bytes, start: int, stop: int, size: int, *, whole: bool, claim: bool) -> int:
        assert self._fd is not None
        if claim:
            self._lock.claim(self._inode, size)
        self._end = -1
        view = memoryview(block)[start:stop]
        try:
            while view:
                view = view[os.write(self._fd, view) :]
            if self._sync:
                _sync(self._fd)
        except OSError:
            if not claim:
                raise
            # Nobody else has written since: take back what is not a whole line.
            written = stop - len(view) if view and not whole else start
            stop = block.rfind(b"\n", start, written) + 1 or start
            os.ftruncate(self._fd, size + stop - start)
            if stop == start:
                self._lock.unclaim()
                self._end = size  # all is as it was: a line of ours that is open still goes on
                raise
        if claim:
            self._lock.unclaim()
            self._end = size + stop - start
            self._within_line = block[stop - 1 : stop] != b"\n"
        return stop

    def _rotate(self, size: int) -> int:
        """Begin a new file and return 0; where that cannot be, remember why and return *size*."""
        assert self._fd is not None
        self.trouble = None
        try:
            if self.backups.count:
                self.backups.make_room()
                self._be_later_than_backups()
                self.retire(self.backup_name(1))
            else:
                os.unlink(self.path)
        except OSError as error:
            self.trouble = error
            return size
        self._follow()
        self.rotations += 1
        with contextlib.suppress(OSError):  # the lines are safe; a later rotation will see to the rest
            self._keep_within_total()
        return 0

    def _be_later_than_backups(self) -> None:
        """Make times of modification grow along the chain, so that a reader can tell which file is next."""
        assert self._fd is not None
        with contextlib.suppress(OSError):
            newest, now = self.backups.newest_modified(), os.fstat(self._fd)
            if now.st_mtime_ns <= newest:
                os.utime(self._fd, ns=(now.st_atime_ns, newest + 1))

    def _keep_within_total(self) -> None:
        if self._max_total:
            self.backups.keep_within(self._max_total - self.max_bytes)


def _resolve(path: str) -> str:
    """Return where *path* really is; a link that a stranger could have put there is refused."""
    if not path:
        raise ToolError(os.strerror(errno.ENOENT), where="''")
    if path.endswith("/"):
        raise ToolError(os.strerror(errno.EISDIR), where=path)
    if os.path.islink(path):
        directory = os.stat(os.path.dirname(path) or ".")
        if directory.st_mode & stat.S_IWOTH and os.lstat(path).st_uid not in (os.geteuid(), directory.st_uid):
            raise ToolError("is somebody else's symbolic link in a directory that all can write", where=path)
    return os.path.realpath(path)


def _give_to(fd: int, owner: tuple[int, int] | None) -> None:
    if owner is not None:
        try:
            os.fchown(fd, *owner)
        except OSError:  # only root gives files away; the group may be one of ours
            with contextlib.suppress(OSError):
                os.fchown(fd, -1, owner[1])
