"""A tree with the sizes of its branches, put together on disk.

Directories come in any order, from any process, as rows under a key by which a tree sorts: its path
with NUL for the slash. Read from the last key to the first, all below a directory comes just before
it; so each branch is added up once, written down, and its place told to the one above. Memory holds
the entries of the directories on one path from the root.
"""

import marshal
import os
from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any, NamedTuple

from stdtools.shared.scratch import scratch_file, scratch_trouble

Place = tuple[int, int]  # offset and length in a file


class Branch(NamedTuple):
    """An entry of a tree. *size* is of all that is in it, in bytes; *place* is where its entries are, if any."""

    name: bytes
    kind: str
    size: int
    mtime: int  # nanoseconds
    place: Any = None


class Row(NamedTuple):
    """What one directory holds, or a piece of it: how many wanted entries, and their *size*, bytes.

    *linked* are the files with several names, not in that size: device, inode, size and name.
    *entries* are to be shown; a directory among them has its own size alone, and one that is not
    *wanted* is shown for the sake of what lies in it.
    """

    key: bytes
    wanted: int
    size: int
    linked: list[tuple[int, int, int, bytes]]
    entries: list[tuple[bytes, str, int, int, bool]]  # name, kind, size, mtime, wanted


Owners = dict[tuple[int, int], bytes]  # of a file with several names, the key of the one under which it counts


def key_of(path: bytes) -> bytes:
    """Return what sorts *path* before all below it, and that before its next sibling."""
    parts = b"\0".join(filter(None, path.split(b"/")))
    return b"\0" + parts if path.startswith(b"/") and parts else parts


class Branches:
    """The entries of directories in a file without a name."""

    def __init__(self) -> None:
        self._file = scratch_file()
        self._size = 0

    def write(self, entries: list[Branch]) -> Place | None:
        """Keep the entries of a directory; return their place. Raises ToolError when the disk is full."""
        if not entries:
            return None
        data = marshal.dumps([tuple(entry) for entry in entries])
        self._keep(self._file.write, data)
        place = (self._size, len(data))
        self._size += len(data)
        return place

    def read(self, branch: Branch) -> list[Branch]:
        """Return the entries of *branch*. Raises ToolError when the disk was full."""
        if branch.place is None:
            return []
        self._keep(self._file.flush)
        offset, length = branch.place
        entries = marshal.loads(os.pread(self._file.fileno(), length, offset))  # noqa: S302 - our own file
        return [Branch(*entry) for entry in entries]

    def close(self) -> None:
        """Give the file back."""
        self._file.close()

    def _keep(self, function: Callable[..., object], *args: bytes) -> None:
        try:
            function(*args)
        except OSError as error:
            raise scratch_trouble("the tree", error) from None


class Inside(NamedTuple):
    """What is in a directory: wanted entries, their size, the place of those that are shown."""

    wanted: int = 0
    size: int = 0
    place: Place | None = None


class Total(NamedTuple):
    """A directory that is added up: *size* is of all that is wanted in it, and its own if it is wanted."""

    key: bytes
    size: int


Write = Callable[[list[Branch]], Place | None]


def assemble(
    rows: Iterable[Row], owners: Owners, *, write: Write | None = None, total: Callable[[Total], None] | None = None
) -> Inside:
    """Return what is in the root, of *rows* from the last key to the first.

    *write* keeps the entries of a directory; *total* is told each directory but the root that
    is wanted or holds what is wanted.
    """
    finished: dict[bytes, dict[bytes, Inside]] = {}
    inside = Inside()
    for key, pieces in groupby(rows, key=lambda row: row.key):
        below = finished.pop(key, {})
        wanted = sum(inside.wanted for inside in below.values())
        size = sum(inside.size for inside in below.values())
        branches = []
        for row in pieces:
            wanted += row.wanted
            size += row.size + _owned(row, owners)
            for name, kind, own, mtime, is_wanted in row.entries:
                inside = below.get(name, Inside())
                if is_wanted or inside.wanted:
                    branches.append(Branch(name, kind, own + inside.size, mtime, inside.place))
                    if kind == "d" and total is not None:
                        total(Total(key + b"\0" + name, own + inside.size))
        parent, _, name = key.rpartition(b"\0")
        inside = Inside(wanted, size, None if write is None else write(branches))
        finished.setdefault(parent, {})[name] = inside
    assert len(finished) <= 1, "what is left is not below the root"
    return inside


def _owned(row: Row, owners: Owners) -> int:
    """Return the size of those files with several names that count in this directory."""
    return sum(size for device, inode, size, name in row.linked if owners[device, inode] == b"%b\0%b" % (row.key, name))


Read = Callable[[Branch], list[Branch]]
