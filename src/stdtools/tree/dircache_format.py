"""How the directory cache keeps names: records with a checksum, and a hash table by inode.

A spool is records one after the other, each with its names behind it; the cache is the names, then the table.
"""

import os
import struct
from binascii import crc32
from collections.abc import Iterator

from stdtools.tree.reading import Groups

STAMP = struct.Struct("<QQqq")  # device, inode, mtime, ctime
SLOT = struct.Struct("<QQqqQII")  # device, inode, mtime, ctime, offset, length, checksum
RECORD = struct.Struct("<QQqqII")  # the same without the offset, before its names

Stamp = tuple[int, int, int, int]


def stamp_of(found: os.stat_result) -> Stamp:
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


def checksum_of(stamp: Stamp, data: bytes) -> int:
    """Return the checksum of a record: directories of one moment differ in their inodes alone."""
    return crc32(data, crc32(STAMP.pack(*stamp)))


def hash_of(inode: int) -> int:
    """Return where to look for *inode*: file systems give them out in rows, and in steps of powers of two."""
    return inode * 0x9E3779B97F4A7C15 >> 24


class Table:
    """A hash table under construction; the records of what it holds come one after the other."""

    def __init__(self, most: int) -> None:
        self.mask = (1 << max(most * 2, 2).bit_length()) - 1
        self.slots = bytearray((self.mask + 1) * SLOT.size)
        self.count = 0
        self._offset = 0

    def add(self, stamp: Stamp, length: int, checksum: int) -> bool:
        """Take a record; say whether it is the first of its directory."""
        place = hash_of(stamp[1]) & self.mask
        while True:
            device, inode, *_ = SLOT.unpack_from(self.slots, place * SLOT.size)
            if not inode:
                break
            if (device, inode) == stamp[:2]:
                return False
            place = (place + 1) & self.mask
        SLOT.pack_into(self.slots, place * SLOT.size, *stamp, self._offset, length, checksum)
        self._offset += length
        self.count += 1
        return True


def records(spool: int) -> Iterator[tuple[Stamp, bytes, int]]:
    """Yield what all processes have put on *spool*."""
    with open(spool, "rb", closefd=False) as file:
        file.seek(0)
        while len(head := file.read(RECORD.size)) == RECORD.size:
            device, inode, mtime, ctime, length, checksum = RECORD.unpack(head)
            yield (device, inode, mtime, ctime), file.read(length), checksum
