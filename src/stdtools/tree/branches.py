"""A tree with the sizes of its branches, put together on disk: memory holds one path from the root.

Directories come in any order, from any process, as rows under a key by which a tree sorts: its path
with NUL for the slash. Read from the last key to the first, all below a directory comes just before
it; so each branch is added up once, written down, and its place told to the one above.
"""

import marshal
import os
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Any, NamedTuple

from stdtools.shared.errors import ToolError

Place = tuple[int, int]  # offset and length in a file


class Branch(NamedTuple):
    """An entry of a tree. *size* is of all that is in it, in bytes; *place* is where its entries are, if any."""

    name: bytes
    kind: str
    size: int
    mtime: int  # nanoseconds
    place: Any = None


class Row(NamedTuple):
    """What one directory holds: how many wanted entries, their *size* but for those with several names, what is shown.

    *linked* are the files with several names: device, inode, size and name. In *entries* a directory
    has its own size alone; one that is not *wanted* is shown for the sake of what lies in it.
    """

    key: bytes
    wanted: int
    size: int
    linked: list[tuple[int, int, int, bytes]]
    entries: list[tuple[bytes, str, int, int, bool]]  # name, kind, size, mtime, wanted


Owners = dict[tuple[int, int], bytes]  # of a file with several names, the key of the one under which it counts


def key_of(path: bytes) -> bytes:
    """Return what sorts *path* before all below it, and that before its next sibling."""
    return path.rstrip(b"/").replace(b"/", b"\0")


class Branches:
    """The entries of directories in a file without a name."""

    def __init__(self) -> None:
        from tempfile import TemporaryFile

        self._file: IO[bytes] = TemporaryFile(buffering=1 << 16)  # noqa: SIM115 - it lives as long as the tree
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
        """Return the entries of *branch*."""
        if branch.place is None:
            return []
        self._keep(self._file.flush)
        offset, length = branch.place
        entries = marshal.loads(os.pread(self._file.fileno(), length, offset))  # noqa: S302 - our own file
        return [Branch(*entry) for entry in entries]

    def _keep(self, function: Callable[..., object], *args: bytes) -> None:
        try:
            function(*args)
        except OSError as error:
            raise ToolError(f"cannot keep the tree: {error.strerror}", hint="set TMPDIR to a larger place") from None


class Inside(NamedTuple):
    """What is in a directory: wanted entries, their size, the place of those that are shown."""

    wanted: int = 0
    size: int = 0
    place: Place | None = None


def assemble(rows: Iterable[Row], owners: Owners, nodes: Branches) -> Iterator[tuple[bytes, Inside]]:
    """Yield each directory's key and what is in it, however deep; the root comes last.

    *rows* come from the last key to the first.
    """
    finished: dict[bytes, dict[bytes, Inside]] = {}
    nothing = Inside()
    for key, count, size, linked, entries in rows:
        below = finished.pop(key, {})
        count += sum(inside.wanted for inside in below.values())
        total = size + sum(inside.size for inside in below.values())
        total += sum(
            size for device, inode, size, name in linked if owners.get((device, inode)) == b"%b\0%b" % (key, name)
        )
        branches = []
        for name, kind, own, mtime, wanted in entries:
            inside = below.get(name, nothing)
            if wanted or inside.wanted:
                branches.append(Branch(name, kind, own + inside.size, mtime, inside.place))
        parent, _, name = key.rpartition(b"\0")
        inside = Inside(count, total, nodes.write(branches))
        finished.setdefault(parent, {})[name] = inside
        yield key, inside


Read = Callable[[Branch], list[Branch]]
