"""A new file made without its final name, given what belongs to it, and named when it is whole.

Where the kernel has O_TMPFILE, a file has no name at all until then, so that nothing is left behind by a process
that is killed. Elsewhere, and for a moment where another file is replaced, it has a temporary name, which a later run
sweeps away. Directories are descriptors: no link and no rename on the way leads elsewhere.
"""

import contextlib
import errno
import fcntl
import os
import stat
import time
from typing import NamedTuple

from stdtools.shared.disk import lock_at_once

_PREFIX, _SUFFIX = ".stdtools-copy-", ".tmp"
_UNNAMED = getattr(os, "O_TMPFILE", 0)
_NAMED = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_UNSUPPORTED = (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT)
_PERMISSIONS = 0o777
_OLD = 60  # seconds


class New(NamedTuple):
    """A file that is being made: its descriptor, and its temporary name where it has one."""

    fd: int
    name: str


def create(directory: int) -> New:
    """Make an empty file, for us alone, in *directory*. Raises OSError."""
    global _UNNAMED
    if _UNNAMED:
        try:
            return New(os.open(".", _UNNAMED | os.O_RDWR | os.O_CLOEXEC, 0o600, dir_fd=directory), "")
        except OSError as error:
            if error.errno not in _UNSUPPORTED:
                raise
    while True:
        name = temporary_name()
        fd = os.open(name, _NAMED, 0o600, dir_fd=directory)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass  # a sweeper was faster
        except OSError:
            return New(fd, name)  # a file system without locks, where nobody sweeps
        else:
            if os.fstat(fd).st_nlink:
                return New(fd, name)
        os.close(fd)


def place(new: New, directory: int, name: str, *, replace: bool) -> None:
    """Give *new* its *name*; in the place of what has it where there may be something to *replace*. Raises OSError."""
    temporary = new.name
    if not temporary:
        if not replace and _is_linked(new.fd, directory, name):
            return
        fcntl.flock(new.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        temporary = temporary_name()
        _link(new.fd, directory, temporary)
    rename(temporary, directory, name)


def _link(fd: int, directory: int, name: str) -> None:
    try:
        os.link(f"/proc/self/fd/{fd}", name, dst_dir_fd=directory, follow_symlinks=True)
    except FileNotFoundError:
        global _UNNAMED
        if not os.path.exists("/proc/self/fd"):
            _UNNAMED = 0  # the next files get names
        raise


def _is_linked(fd: int, directory: int, name: str) -> bool:
    try:
        _link(fd, directory, name)
    except FileExistsError:
        return False
    return True


def rename(temporary: str, directory: int, name: str) -> None:
    """Rename *temporary* to *name*, both in *directory*, or remove it. Raises OSError."""
    try:
        os.rename(temporary, name, src_dir_fd=directory, dst_dir_fd=directory)
    except BaseException:
        discard(temporary, directory)
        raise


def discard(temporary: str, directory: int) -> None:
    """Remove the temporary file of that name, if it has one."""
    if temporary:
        with contextlib.suppress(OSError):
            os.unlink(temporary, dir_fd=directory)


def temporary_name() -> str:
    """Return a name that nothing has."""
    return f"{_PREFIX}{os.urandom(8).hex()}{_SUFFIX}"


def sweep(directory: int) -> None:
    """Remove the temporary files that killed runs left in *directory*."""
    with os.scandir(directory) as entries:
        names = [each.name for each in entries if each.name.startswith(_PREFIX) and each.name.endswith(_SUFFIX)]
    for name in names:
        with contextlib.suppress(OSError):
            found = os.stat(name, dir_fd=directory, follow_symlinks=False)
            if found.st_uid != os.geteuid():
                continue
            if not stat.S_ISREG(found.st_mode):  # no lock tells of whoever makes it, but that takes no time
                if time.time() - found.st_ctime > _OLD:
                    os.unlink(name, dir_fd=directory)
                continue
            fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=directory)
            try:
                if lock_at_once(fd):
                    os.unlink(name, dir_fd=directory)
            finally:
                os.close(fd)


def make_special(name: str, directory: int, found: os.stat_result) -> None:
    """Make a FIFO, a socket or a device like the one that was *found*. Raises OSError."""
    umask = os.umask(0)  # a mode that is given later could be given to something else
    try:
        mode = found.st_mode
        if stat.S_ISFIFO(mode):
            os.mkfifo(name, mode & _PERMISSIONS, dir_fd=directory)
        else:
            os.mknod(name, stat.S_IFMT(mode) | mode & _PERMISSIONS, found.st_rdev, dir_fd=directory)
    finally:
        os.umask(umask)


def inherits(directory: int, found: os.stat_result) -> bool:
    """Say whether new files in *directory*, of which *found* is known, get its group or its access list."""
    if found.st_mode & stat.S_ISGID:
        return True
    try:
        return bool(os.getxattr(directory, "system.posix_acl_default"))
    except (AttributeError, OSError):
        return False


class Attributes:
    """What a copy takes over: owner where we may, extended attributes, mode and times; or, without *meta*, the mode.

    ``lost`` says that extended attributes did not come along.
    """

    def __init__(self, *, meta: bool) -> None:
        self._meta = meta
        self._umask = os.umask(0o077)
        os.umask(self._umask)
        self._ids = (os.geteuid(), os.getegid())
        self.lost = False

    def give(self, fd: int, found: os.stat_result, source: int | None, *, passed_on: bool) -> None:
        """Give the open file or directory *fd* what was *found* of the open *source*, or of one that cannot be read.

        *passed_on* says that new files in its directory get a group or an access list from there. Raises OSError.
        """
        mode = found.st_mode & 0o7777
        if not self._meta:
            os.fchmod(fd, mode & _PERMISSIONS & ~self._umask)
            return
        if passed_on or (found.st_uid, found.st_gid) != self._ids:
            mode = self._own(fd, found, mode)
        if passed_on and hasattr(os, "removexattr"):
            with contextlib.suppress(OSError):
                os.removexattr(fd, "system.posix_acl_access")
        if source is not None and hasattr(os, "listxattr"):
            self._extend(fd, source)
        os.fchmod(fd, mode)
        os.utime(fd, ns=(found.st_atime_ns, found.st_mtime_ns))

    def _own(self, fd: int, found: os.stat_result, mode: int) -> int:
        """Give *fd* its owner and group, the group alone, or none; return the mode that is safe then."""
        try:
            os.fchown(fd, found.st_uid, found.st_gid)
        except OSError:
            with contextlib.suppress(OSError):
                os.fchown(fd, -1, found.st_gid)
            now = os.fstat(fd)
            if now.st_uid != found.st_uid:
                mode &= ~stat.S_ISUID
            if now.st_gid != found.st_gid:
                mode &= ~stat.S_ISGID
        return mode

    def _extend(self, fd: int, source: int) -> None:
        try:
            names = os.listxattr(source)
        except OSError:
            return  # a file system without
        for name in names:
            try:
                os.setxattr(fd, name, os.getxattr(source, name))
            except OSError as error:
                if error.errno in (errno.ENOSPC, errno.EDQUOT):
                    raise
                self.lost |= name.startswith("user.")

    def give_name(self, name: str, directory: int, found: os.stat_result) -> None:
        """Give what *name* in *directory* is, a link or a special file, the owner and times that were *found*."""
        if not self._meta:
            return
        if (found.st_uid, found.st_gid) != self._ids:
            with contextlib.suppress(OSError):
                os.chown(name, found.st_uid, found.st_gid, dir_fd=directory, follow_symlinks=False)
        with contextlib.suppress(OSError, NotImplementedError):
            times = (found.st_atime_ns, found.st_mtime_ns)
            os.utime(name, ns=times, dir_fd=directory, follow_symlinks=False)
