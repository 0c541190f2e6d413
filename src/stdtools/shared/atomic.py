"""The only way a file is replaced: at every instant its name holds all of the old or all of the new."""

import contextlib
import errno
import fcntl
import os
import stat
from collections.abc import Iterable, Iterator

from stdtools.shared.disk import lock_at_once, mode_by_umask, sync_directory
from stdtools.shared.errors import ToolError, raise_os_error
from stdtools.shared.streams import Output, write_all

COPY_BLOCK = 1 << 20
PAGE = 4096
_NEW_FILE = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
_SLOTS = 8


@contextlib.contextmanager
def replacement(path: str, mode: int | None = None) -> Iterator[Output]:
    """Yield an Output whose bytes replace *path* when the ``with`` block ends well.

    Temporary file beside the target, fsync, rename, fsync of the directory. An existing file keeps
    its mode (without setuid and setgid), owner and extended attributes, a new one has *mode* or what
    the umask leaves; a symlink is kept and what it points to replaced; equal content is not written
    again. Hard-linked and special files are refused, and so are files that we may not write. When the
    block raises, nothing has changed.
    Raises ToolError naming *path*, also where the directory lets nobody make a file.
    """
    try:
        old = replaceable(path)
        target = os.path.realpath(path)
        directory, name = os.path.split(target)
        fd, temporary = create_beside(directory, name)
    except OSError as error:
        raise_os_error(error, path)
    try:
        output = Output(fd, path)
        yield output
        output.flush()
        try:
            if old is None or not has_content(fd, target):
                _take_over_attributes(fd, target, old, mode)
                os.fsync(fd)
                os.rename(temporary, target)
                temporary = ""
                sync_directory(directory)
        except OSError as error:
            raise_os_error(error, path)
    finally:
        if temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        os.close(fd)


def patch(path: str, offset: int, pieces: Iterable[bytes]) -> None:
    """Overwrite bytes of the existing file *path* from *offset* with *pieces*; its size stays.

    A patch within one 4 KiB page is a single write into the file, which the kernel does not
    interrupt; a longer one goes through a copy and a rename. Raises ToolError when it would reach
    beyond the end of the file.
    """
    try:
        data = _gather(path, offset, pieces)
        fd = os.open(path, os.O_RDWR)
    except OSError as error:
        raise_os_error(error, path)
    try:
        size = os.lseek(fd, 0, os.SEEK_END)
        if offset + len(data) > size:
            raise ToolError(f"became shorter meanwhile: {size} bytes; nothing was written", where=path)
        if not data:
            return
        old = os.pread(fd, len(data), offset)
        if old == data:
            return
        if offset // PAGE == (offset + len(data) - 1) // PAGE:
            _overwrite(fd, offset, data, old)
            return
        before = os.fstat(fd)
        with replacement(path) as output:
            _copy(fd, output.fd, size)
            _pwrite_all(output.fd, offset, data)
            if _changed(before, os.stat(path)):
                raise ToolError("was changed by another program meanwhile; nothing was written", where=path)
    except OSError as error:
        raise_os_error(error, path)
    finally:
        os.close(fd)


def _gather(path: str, offset: int, pieces: Iterable[bytes]) -> bytearray:
    """Return *pieces* as one, and stop where they would reach beyond the file's end."""
    fd = os.open(path, os.O_RDWR)
    try:
        size = os.lseek(fd, 0, os.SEEK_END)
    finally:
        os.close(fd)
    data = bytearray()
    for piece in pieces:
        data += piece
        if offset + len(data) > size:
            raise ToolError(f"has {size} bytes; the patch at {offset} would reach beyond its end", where=path)
    return data


def replaceable(path: str) -> os.stat_result | None:
    """Return what is known of the file to replace; None when there is none. Raises OSError and ToolError."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        if path.endswith("/"):
            raise OSError(errno.EISDIR, os.strerror(errno.EISDIR)) from None
        return None
    if stat.S_ISDIR(found.st_mode):
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(found.st_mode):
        raise ToolError("is not a regular file", where=path, hint="write to standard output and redirect it")
    if found.st_nlink > 1:
        raise ToolError(f"has {found.st_nlink} names (hard links); the others would keep what it held", where=path)
    if not os.access(path, os.W_OK):
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))
    return found


def write_new(path: str, data: bytes, target: str, old: os.stat_result | None, *, sync: bool) -> None:
    """Write *data* to the new file *path*, which is to be renamed to *target* and has what the *old* file there has.

    Raises OSError.
    """
    fd = os.open(path, _NEW_FILE, 0o600)
    try:
        write_all(fd, data)
        _take_over_attributes(fd, target, old, None)
        if sync:
            os.fsync(fd)
    finally:
        os.close(fd)


def create_beside(directory: str, name: str) -> tuple[int, str]:
    """Create and lock an empty 0600 file for what will be *name*; sweep up what a killed run left there."""
    sweep_beside(directory, name)
    for temporary in _temporary_names(directory, name):
        try:
            fd = os.open(temporary, _NEW_FILE, 0o600)
        except FileExistsError:
            continue
        if is_safe_from_sweepers(fd, temporary):
            return fd, temporary
        os.close(fd)
    temporary = f"{_stem(directory, name)}-{os.urandom(8).hex()}.tmp"
    return os.open(temporary, _NEW_FILE, 0o600), temporary


def is_safe_from_sweepers(fd: int, temporary: str) -> bool:
    """Lock the new file or directory *temporary*, open as *fd*; say whether it is still ours."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False  # a sweeper was faster; the name is its to remove, and may be another writer's by now
    except OSError:
        return True  # this file system has no locks, so that nobody sweeps either
    return is_named(fd, temporary)


def sweep_beside(directory: str, name: str) -> None:
    """Remove the temporary files that killed runs left for what was to be *name*."""
    for temporary in _temporary_names(directory, name):
        _sweep(temporary)


def _temporary_names(directory: str, name: str) -> list[str]:
    return [f"{_stem(directory, name)}-{slot}.tmp" for slot in range(_SLOTS)]


def _stem(directory: str, name: str) -> str:
    return os.path.join(directory, "." + os.fsdecode(os.fsencode(name)[:200]) + ".stdtools")


def _sweep(temporary: str) -> None:
    """Remove *temporary* if it is ours and nobody alive holds its lock."""
    with contextlib.suppress(OSError):
        fd = os.open(temporary, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            if os.fstat(fd).st_uid == os.geteuid() and lock_at_once(fd) and is_named(fd, temporary):
                os.unlink(temporary)
        finally:
            os.close(fd)


def is_named(fd: int, path: str) -> bool:
    """Say whether *path* is what is open as *fd*."""
    try:
        return os.path.samestat(os.fstat(fd), os.lstat(path))
    except FileNotFoundError:
        return False


def _take_over_attributes(fd: int, target: str, old: os.stat_result | None, mode: int | None) -> None:
    if old is None:
        os.fchmod(fd, mode_by_umask() if mode is None else mode)
        return
    with contextlib.suppress(OSError):
        os.fchown(fd, old.st_uid, old.st_gid)
    if hasattr(os, "listxattr"):
        names: list[str] = []
        with contextlib.suppress(OSError):
            names = os.listxattr(target)
        for name in names:
            with contextlib.suppress(OSError):  # some are root's alone
                os.setxattr(fd, name, os.getxattr(target, name))
    os.fchmod(fd, stat.S_IMODE(old.st_mode) & 0o777)


def has_content(fd: int, path: str) -> bool:
    """Say whether there is a file *path*, with the same bytes as what is open as *fd*. Raises OSError."""
    try:
        other = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        size = os.fstat(fd).st_size
        blocks = range(0, size, COPY_BLOCK)
        return os.fstat(other).st_size == size and all(
            os.pread(fd, COPY_BLOCK, at) == os.pread(other, COPY_BLOCK, at) for at in blocks
        )
    finally:
        os.close(other)


def _overwrite(fd: int, offset: int, data: bytearray, old: bytes) -> None:
    try:
        _pwrite_all(fd, offset, data)
        os.fsync(fd)
    except OSError:
        with contextlib.suppress(OSError):
            _pwrite_all(fd, offset, old)
        raise


def _pwrite_all(fd: int, offset: int, data: bytes | bytearray) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(fd, view, offset)
        view, offset = view[written:], offset + written


def _copy(source: int, target: int, size: int) -> None:
    os.lseek(source, 0, os.SEEK_SET)
    if hasattr(os, "copy_file_range"):
        with contextlib.suppress(OSError):
            while size and (copied := os.copy_file_range(source, target, size)):
                size -= copied
    while block := os.read(source, COPY_BLOCK):
        write_all(target, block)


def _changed(before: os.stat_result, now: os.stat_result) -> bool:
    return (before.st_dev, before.st_ino, before.st_mtime_ns, before.st_size) != (
        now.st_dev,
        now.st_ino,
        now.st_mtime_ns,
        now.st_size,
    )
