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
from stdtools.tree.reading import PIECE, Groups, read_groups
from stdtools.tree.troubles import Troubles

SETTLED = 2_000_000_000  # nanoseconds; FAT counts in steps of two seconds
TRUSTED = frozenset({"ext2", "ext3", "ext4", "xfs", "f2fs", "jfs", "zfs", "tmpfs"})
OLDEST = -1 << 63  # nanoseconds, as far back as a record can tell
LARGEST_SPOOL = 256 << 20
LARGEST_TOTAL = 512 << 20
MAGIC = b"stdtools dircache 1\n"

_FOOT = struct.Struct("<20sIQQ")  # magic, who we are, slots, records
IDENTITY = struct.Struct("<QQqq")  # device, inode, mtime, ctime
SLOT = struct.Struct("<QQqqQII")  # device, inode, mtime, ctime, offset, length, checksum
_RECORD = struct.Struct("<QQqqII")  # the same without the offset, before its names
_BLOCK = 1 << 18

Identity = tuple[int, int, int, int]


def identity_of(found: os.stat_result) -> Identity:
    """Return what stays equal while the names in a directory do."""
    return (found.st_dev, found.st_ino, found.st_mtime_ns, found.st_ctime_ns)


def encode(groups: Groups) -> bytes:
    """Return the names as bytes: a letter and names between NULs for each type, between slashes."""
    return b"/".join([kind.encode() + b"\0".join(names) for kind, names in groups.items() if names])


def decode(data: bytes) -> Groups:
    """Return what ``encode`` was given."""
    groups: Groups = {"d": []}
    for part in data.split(b"/") if data else ():
        groups[chr(part[0])] = part[1:].split(b"\0")
    return groups


def checksum_of(identity: Identity, data: bytes) -> int:
    """Return the checksum of a record: directories of one moment differ in their inodes alone."""
    return crc32(data, crc32(IDENTITY.pack(*identity)))


def hash_of(inode: int) -> int:
    """Return where to look for *inode*: file systems give them out in rows, and in steps of powers of two."""
    return inode * 0x9E3779B97F4A7C15 >> 24


class DirectoryCache:
    """The cache in *directory* for walks from *roots*; with *verify* each hit is read again and compared."""

    def __init__(self, directory: str, roots: Iterable[bytes], troubles: Troubles, *, verify: bool = False) -> None:
        self.hits = 0
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
        # What all processes of a walk share: which slots were hit, and what is new.
        self.used = mmap.mmap(-1, max(self.mask + 1, 1))
        self._spool = _spool(directory)
        self._pending: list[bytes] = []
        self._pending_size = 0
        self.different = 0

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
            self.hits += 1
            return (groups,)
        pieces = iter(read_groups(path, True))
        first: Groups = next(pieces, {"d": []})
        if groups is not None:
            self._compare(path, found, groups, first)
        elif self._can_keep(found, first) and identity_of(os.lstat(path)) == identity_of(found):
            self._add(identity_of(found), encode(first))
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
        if said[0] != said[1] and identity_of(os.lstat(path)) == identity_of(found):
            self.different += 1
            kind, name = min(said[0] ^ said[1])
            where = "only the cache" if (kind, name) in said[0] else "only the file system"
            self._troubles.tell(path, OSError(0, f"{where} has {os.fsdecode(name)!r} of type {kind}"))

    def _add(self, identity: Identity, data: bytes) -> None:
        self._pending += (_RECORD.pack(*identity, len(data), checksum_of(identity, data)), data)
        self._pending_size += _RECORD.size + len(data)
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
        if self.different:
            with contextlib.suppress(OSError):
                os.unlink(self._path)
            return
        if self._spool < 0:
            return
        new = sum(1 for _ in _records(self._spool))
        if new > self.count // 50:
            with contextlib.suppress(OSError, ToolError):
                self._write(self._spool, new)
                _keep_within(self._directory, self._path)

    def _write(self, spool: int, new: int) -> None:
        from stdtools.shared.atomic import replacement

        old = sum(1 for slot in range(self.mask + 1) if self._inode_in(slot))
        table = _Table(new + old)
        # Who walked most of what was known knows what is gone; who walked a part of it does not.
        keeps_all = self.used[:].count(1) * 2 < self.count
        _create_private(self._path)
        with replacement(self._path) as output:
            for identity, data, checksum in chain(_records(spool), self._records(keeps_all=keeps_all)):
                if table.add(identity, len(data), checksum):
                    output.write(data)
            output.write(bytes(table.slots))
            output.write(_FOOT.pack(MAGIC, _who(), table.mask + 1, table.count))

    def _checksum(self, slot: int, data: bytes) -> int:
        start = self.table + slot * SLOT.size
        return crc32(data, crc32(self.view[start : start + IDENTITY.size]))

    def _inode_in(self, slot: int) -> int:
        inode: int = SLOT.unpack_from(self.view, self.table + slot * SLOT.size)[1]
        return inode

    def _records(self, *, keeps_all: bool) -> Iterator[tuple[Identity, bytes, int]]:
        """Yield the records of the old file that may still hold."""
        for slot in range(self.mask + 1):
            if keeps_all or self.used[slot]:
                *identity, offset, length, checksum = SLOT.unpack_from(self.view, self.table + slot * SLOT.size)
                data = self.view[offset : offset + length]
                if identity[1] and self._checksum(slot, data) == checksum:
                    yield (identity[0], identity[1], identity[2], identity[3]), data, checksum


class _Table:
    """A hash table under construction; the records of what it holds come one after the other."""

    def __init__(self, most: int) -> None:
        self.mask = (1 << max(most * 2, 2).bit_length()) - 1
        self.slots = bytearray((self.mask + 1) * SLOT.size)
        self.count = 0
        self._offset = 0

    def add(self, identity: Identity, length: int, checksum: int) -> bool:
        """Take a record; say whether it is the first of its directory."""
        place = hash_of(identity[1]) & self.mask
        while True:
            device, inode, *_ = SLOT.unpack_from(self.slots, place * SLOT.size)
            if not inode:
                break
            if (device, inode) == identity[:2]:
                return False
            place = (place + 1) & self.mask
        SLOT.pack_into(self.slots, place * SLOT.size, *identity, self._offset, length, checksum)
        self._offset += length
        self.count += 1
        return True


def _records(spool: int) -> Iterator[tuple[Identity, bytes, int]]:
    """Yield what all processes have put on *spool*."""
    with open(spool, "rb", closefd=False) as file:
        file.seek(0)
        while len(head := file.read(_RECORD.size)) == _RECORD.size:
            device, inode, mtime, ctime, length, checksum = _RECORD.unpack(head)
            yield (device, inode, mtime, ctime), file.read(length), checksum


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
