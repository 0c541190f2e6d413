"""Where the lines of a large file are: how many newlines lie before each MiB, kept from run to run.

The index of a file holds while its device, inode, size, mtime and ctime do, all of which are in it. One that was
made within SETTLED of a change is not kept: the next change might leave the times as they are. A file that is not
ours, or is torn, is no index; nor has a file one where times come from elsewhere, or are coarse: UNTRUSTED file
systems. A file that has grown is read anew, as its beginning may have changed, too. It never makes a command fail.
"""

import contextlib
import os
import stat
import struct
import time
from array import array
from binascii import crc32
from bisect import bisect_left

from stdtools.shared.errors import ToolError
from stdtools.shared.mounts import file_systems
from stdtools.shared.streams import Input

SMALLEST = 32 << 20  # bytes of a file that has an index
STEP = 1 << 20
SETTLED = 2_000_000_000  # nanoseconds
UNTRUSTED = ("9p", "afs", "ceph", "cifs", "exfat", "fuse", "msdos", "ncp", "nfs", "smb", "vfat", "virtiofs")
_HEAD = struct.Struct("<16sIqqqqq")  # magic, checksum, device, inode, size, mtime, ctime
_MAGIC = b"stdtools lines 1"


class LineIndex:
    """Counts of newlines before each STEP of *source*, a large regular file, kept in *directory*."""

    def __init__(self, source: Input, directory: str) -> None:
        self._source = source
        found = os.fstat(source.fd)
        self._identity = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
        self._path = os.path.join(directory, f"{found.st_dev:x}-{found.st_ino:x}.lines")
        self._settled = max(found.st_mtime_ns, found.st_ctime_ns) < time.time_ns() - SETTLED
        self._counts = self._load()
        self._is_new = False

    @staticmethod
    def is_for(source: Input) -> bool:
        """Whether *source* has one."""
        found = os.fstat(source.fd)
        if not source.is_file or source.position or found.st_size < SMALLEST:
            return False
        return not file_systems().get(found.st_dev, "").startswith(UNTRUSTED)

    def _load(self) -> "array[int]":
        counts: array[int] = array("Q")
        with contextlib.suppress(OSError, struct.error, ValueError):
            fd = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with os.fdopen(fd, "rb") as file:
                found = os.fstat(fd)
                if found.st_uid != os.geteuid() or found.st_mode & 0o077 or not stat.S_ISREG(found.st_mode):
                    return counts
                magic, checksum, *identity = _HEAD.unpack(file.read(_HEAD.size))
                data = file.read(found.st_size)
            if (magic, tuple(identity)) == (_MAGIC, self._identity) and checksum == _checksum(self._identity, data):
                counts.frombytes(data)
        return counts

    def counts(self) -> "array[int]":
        """Return how many newlines there are before byte 0, STEP, 2 * STEP … and in all; read the file if need be."""
        if not self._counts:
            counts = array("Q", [0])
            at = 0
            while block := self._source.read_at(at, STEP):
                at += len(block)
                counts.append(counts[-1] + block.count(b"\n"))
            self._counts, self._is_new = counts, at == self._identity[2]
        return self._counts

    def before(self, line: int) -> tuple[int, int]:
        """Return a place before the start of *line*, counted from 1: an offset, and the newlines before it."""
        counts = self.counts()
        at = max(0, bisect_left(counts, line - 1) - 1)
        return at * STEP, counts[at]

    def total(self) -> int:
        """Return how many lines there are."""
        size = self._identity[2]
        ends = size == 0 or self._source.read_at(size - 1, 1) == b"\n"
        return self.counts()[-1] + (not ends)

    def save(self) -> None:
        """Keep the index, if it is new."""
        if not (self._is_new and self._settled):
            return
        now = os.fstat(self._source.fd)
        if (now.st_dev, now.st_ino, now.st_size, now.st_mtime_ns, now.st_ctime_ns) != self._identity:
            return
        from stdtools.shared.atomic import replacement
        from stdtools.shared.disk import make_directory

        data = self._counts.tobytes()
        with contextlib.suppress(OSError, ToolError):
            make_directory(os.path.dirname(self._path))
            with replacement(self._path, 0o600) as output:
                output.write(_HEAD.pack(_MAGIC, _checksum(self._identity, data), *self._identity) + data)


def _checksum(identity: tuple[int, ...], data: bytes) -> int:
    return crc32(data, crc32(struct.pack("<qqqqq", *identity)))
