"""The directory cache: which names a directory has, for as long as nothing has changed in it.

A directory's mtime and ctime change whenever an entry comes, goes or is renamed, and with nothing
else that it holds. So names and types may be kept under device, inode, mtime and ctime, and hold
while all four are equal, wherever the directory is reached. What makes that untrue is left out:

- A change within the clock's tick of an earlier one leaves the times as they are. A directory is
  kept only if both its times lie SETTLED before the walk began (Mercurial and git call this racy).
- File systems whose times come from elsewhere, or are coarse: only those in TRUSTED are kept.
- A listing is ours to read only while we are who we were: the file names user and groups.

The file is the names, then a hash table by inode, then its size; each record has a checksum. It is
read through mmap, replaced as a whole, and a broken one is no cache. It never makes a command fail.
"""

import contextlib
import mmap
import os
import stat
import struct
import time
from binascii import crc32
from collections.abc import Iterable, Iterator
from itertools import chain

from stdtools.shared.errors import ToolError
from stdtools.shared.mounts import file_systems
from stdtools.tree.dircache_format import (
    RECORD,
    SLOT,
    STAMP,
    Stamp,
    Table,
    checksum_of,
    decode,
    encode,
    hash_of,
    records,
    stamp_of,
)
from stdtools.tree.reading import PIECE, Groups, read_groups
from stdtools.tree.troubles import Troubles

SETTLED = 2_000_000_000  # nanoseconds: many of the kernel's ticks
TRUSTED = frozenset({"ext2", "ext3", "ext4", "xfs", "f2fs", "jfs", "zfs", "tmpfs"})
OLDEST = -1 << 63  # nanoseconds, as far back as a record can tell
LARGEST_SPOOL = 256 << 20
LARGEST_TOTAL = 512 << 20
MAGIC = b"stdtools dircache 1\n"

_FOOT = struct.Struct("<20sIQQ")  # magic, who we are, slots, records
_BLOCK = 1 << 18


class DirectoryCache:
    """The cache in *directory* for walks from *roots*; with *verify* each hit is read again and compared."""

    def __init__(self, directory: str, roots: Iterable[bytes], troubles: Troubles, *, verify: bool = False) -> None:
        self._troubles = troubles
        self.verify = verify
        self._directory = directory
        self._path = os.path.join(directory, f"{_key(roots):08x}.names")
        self._settled = time.time_ns() - SETTLED
        self._file_systems = {device for device, kind in file_systems().items() if kind in TRUSTED}
        self.view: mmap.mmap | bytes = b""
        self.table = self.count = 0
        self.mask = -1
        with contextlib.suppress(OSError, ValueError, struct.error):
            self._open()
        # What all processes of a walk share: which slots were hit, what is new, and what was wrong.
        self.used = mmap.mmap(-1, max(self.mask + 1, 1))
        self._spool = _spool(directory)
        self._pending: list[bytes] = []
        self._pending_size = 0
        self._different = mmap.mmap(-1, 1)  # not 0 when any of them has found a difference

    def _open(self) -> None:
        fd = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            found = os.fstat(fd)
            if found.st_uid != os.geteuid() or found.st_mode & 0o077 or not stat.S_ISREG(found.st_mode):
                return
            view = mmap.mmap(fd, 0, prot=mmap.PROT_READ)
        finally:
            os.close(fd)
        magic, who, slots, count = _FOOT.unpack_from(view, len(view) - _FOOT.size)
        table = len(view) - _FOOT.size - slots * SLOT.size
        if magic == MAGIC and who == _who() and slots and not slots & (slots - 1) and table >= 0:
            self.view, self.table, self.mask, self.count = view, table, slots - 1, count

    def get(self, found: os.stat_result) -> Groups | None:
        """Return the names in the directory that *found* is of, if they are known."""
        slot = self._slot(found.st_dev, found.st_ino)
        if slot < 0:
            return None
        _, _, mtime, ctime, offset, length, checksum = SLOT.unpack_from(self.view, self.table + slot * SLOT.size)
        if mtime != found.st_mtime_ns or ctime != found.st_ctime_ns:
            return None
        data = self.view[offset : offset + length]
        if self._checksum(slot, data) != checksum:
            return None
        self.used[slot] = 1
        return decode(data)

    def _slot(self, device: int, inode: int) -> int:
        """Return where a directory is in the table; -1 when it is not there."""
        start = hash_of(inode)
        for step in range(self.mask + 1):
            slot = (start + step) & self.mask
            known_device, known_inode, *_ = SLOT.unpack_from(self.view, self.table + slot * SLOT.size)
            if not known_inode:
                return -1
            if known_inode == inode and known_device == device:
                return slot
        return -1

    def read(self, path: bytes, all_kinds: bool) -> Iterable[Groups]:
        """Return the names in *path* as ``read_groups`` does, from the cache where it holds. Raises OSError."""
        if len(path) > 4000:
            return read_groups(path, all_kinds)
        found = os.lstat(path)
        groups = self.get(found) if stat.S_ISDIR(found.st_mode) else None
        if groups is not None and not self.verify:
            return (groups,)
        pieces = iter(read_groups(path, True))
        first: Groups = next(pieces, {"d": []})
        if groups is not None:
            self._compare(path, found, groups, first)
        elif self._can_keep(found, first) and stamp_of(os.lstat(path)) == stamp_of(found):
            self._add(stamp_of(found), encode(first))
        return chain((first,), pieces)

    def _can_keep(self, found: os.stat_result, groups: Groups) -> bool:
        return (
            found.st_dev in self._file_systems
            and min(found.st_mtime_ns, found.st_ctime_ns) > OLDEST
            and max(found.st_mtime_ns, found.st_ctime_ns) < self._settled
            and stat.S_ISDIR(found.st_mode)
            and sum(map(len, groups.values())) < PIECE
            and "" not in groups
        )

    def _compare(self, path: bytes, found: os.stat_result, known: Groups, real: Groups) -> None:
        """Tell how the cache differs from the file system, unless the directory has changed just now."""
        said = [{(kind, name) for kind, names in groups.items() for name in names} for groups in (known, real)]
        if said[0] != said[1] and stamp_of(os.lstat(path)) == stamp_of(found):
            self._different[0] = 1
            kind, name = min(said[0] ^ said[1])
            where = "only the cache" if (kind, name) in said[0] else "only the file system"
            self._troubles.tell(path, OSError(0, f"{where} has {os.fsdecode(name)!r} of type {kind}"))

    def _add(self, stamp: Stamp, data: bytes) -> None:
        self._pending += (RECORD.pack(*stamp, len(data), checksum_of(stamp, data)), data)
        self._pending_size += RECORD.size + len(data)
        if self._pending_size > _BLOCK:
            self.flush()

    def flush(self) -> None:
        """Hand what is new to the spool that all processes of the walk share: one write at its end."""
        data, self._pending, self._pending_size = b"".join(self._pending), [], 0
        if data and self._spool >= 0 and os.fstat(self._spool).st_size < LARGEST_SPOOL:
            try:
                written = os.write(self._spool, data)
            except OSError:
                written = 0
            if written < len(data):
                self._spool = -1  # a full disk; there is no new cache

    def save(self) -> None:
        """Write the cache anew, if enough has changed in it; what fails is left as it was."""
        self.flush()
        if self._different[0]:
            with contextlib.suppress(OSError):
                os.unlink(self._path)
            return
        if self._spool < 0:
            return
        new = sum(1 for _ in records(self._spool))
        if new > self.count // 50:
            with contextlib.suppress(OSError, ToolError):
                self._write(self._spool, new)
                _keep_within(self._directory, self._path)

    def _write(self, spool: int, new: int) -> None:
        from stdtools.shared.atomic import replacement

        old = sum(1 for slot in range(self.mask + 1) if self._inode_in(slot))
        table = Table(new + old)
        # Who walked most of what was known knows what is gone; who walked a part of it does not.
        keeps_all = self.used[:].count(1) * 2 < self.count
        _create_private(self._path)
        with replacement(self._path) as output:
            for stamp, data, checksum in chain(records(spool), self._records(keeps_all=keeps_all)):
                if table.add(stamp, len(data), checksum):
                    output.write(data)
            output.write(bytes(table.slots))
            output.write(_FOOT.pack(MAGIC, _who(), table.mask + 1, table.count))

    def _checksum(self, slot: int, data: bytes) -> int:
        start = self.table + slot * SLOT.size
        return crc32(data, crc32(self.view[start : start + STAMP.size]))

    def _inode_in(self, slot: int) -> int:
        inode: int = SLOT.unpack_from(self.view, self.table + slot * SLOT.size)[1]
        return inode

    def _records(self, *, keeps_all: bool) -> Iterator[tuple[Stamp, bytes, int]]:
        """Yield the records of the old file that may still hold."""
        for slot in range(self.mask + 1):
            if keeps_all or self.used[slot]:
                *stamp, offset, length, checksum = SLOT.unpack_from(self.view, self.table + slot * SLOT.size)
                data = self.view[offset : offset + length]
                if stamp[1] and self._checksum(slot, data) == checksum:
                    yield (stamp[0], stamp[1], stamp[2], stamp[3]), data, checksum


def _spool(directory: str) -> int:
    """Return the descriptor of a file without a name, to whose end each process writes; -1 if there can be none."""
    name = os.path.join(directory, f".{os.getpid()}.spool")
    try:
        os.makedirs(directory, 0o700, exist_ok=True)
        fd = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        os.unlink(name)
    except OSError:
        return -1
    return fd


def _create_private(path: str) -> None:
    """Have a regular file of ours in the place of *path*, or none at all. Raises OSError."""
    with contextlib.suppress(FileNotFoundError):
        found = os.lstat(path)
        if not stat.S_ISREG(found.st_mode) or found.st_mode & 0o077 or found.st_uid != os.geteuid():
            os.unlink(path)
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _keep_within(directory: str, kept: str) -> None:
    """Remove the caches that were written longest ago, until all are within their bound."""
    with os.scandir(directory) as listing:
        files = sorted((e.stat(follow_symlinks=False).st_mtime, e.path, e.stat().st_size) for e in listing)
    total = sum(size for _, _, size in files)
    for _, path, size in files:
        if total > LARGEST_TOTAL and path != kept:
            os.unlink(path)
            total -= size


def _key(roots: Iterable[bytes]) -> int:
    """Return a number for the directories that *roots* are."""
    key = 0
    for root in roots:
        with contextlib.suppress(OSError):
            found = os.stat(root)
            key = crc32(f"{found.st_dev}:{found.st_ino} ".encode(), key)
    return key


def _who() -> int:
    """Return a number for the user and the groups that we are, and what else we may."""
    capabilities = b""
    with contextlib.suppress(OSError), open("/proc/self/status", "rb") as status:
        capabilities = next((line for line in status if line.startswith(b"CapEff")), b"")
    return crc32(repr((os.geteuid(), os.getegid(), sorted(os.getgroups()), capabilities)).encode())
