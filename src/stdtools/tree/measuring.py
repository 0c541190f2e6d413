"""Walking with sizes: what each directory holds, measured once and handed to those who add it up."""

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple, Protocol

from stdtools.tree.entry import LETTERS, Entry
from stdtools.tree.finding import Nothing
from stdtools.tree.query import Query, Walking
from stdtools.tree.reading import PIECE, read_groups
from stdtools.tree.sharing import Part
from stdtools.tree.troubles import Troubles
from stdtools.tree.walker import Directory, Identity, Walker, prefix_of

_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class Measured(NamedTuple):
    """An entry with what is known of it; *wanted* says whether the query asks for it."""

    name: bytes
    kind: str
    found: os.stat_result
    wanted: bool


class Collector(Part, Protocol):
    """Adds up what directories hold."""

    def take(self, directory: Directory, entries: Sequence[Measured]) -> None:
        """Take what *directory* holds, or a piece of it."""


class Measurer(Walker):
    """A walker that hands each directory's entries to *collector*."""

    def __init__(self, walking: Walking, query: Query, collector: Collector, troubles: Troubles) -> None:
        super().__init__(walking, query, Nothing(), troubles)
        self.collector = collector
        # All is wanted: files are asked by descriptor and name, which saves a third, the kernel's way along each path.
        self._is_simple = self.is_plain and query.is_empty

    def visit(self, directory: Directory) -> list[Directory]:
        """Read and measure *directory*, and return the directories below."""
        path, depth = directory[:2]
        self.directories += 1
        max_depth = self.walking.max_depth
        enters = max_depth is None or depth + 1 < max_depth
        prefix = prefix_of(path)
        below: list[Directory] = []
        pieces = self._measure_open(path) if self._is_simple and self.read is read_groups else None
        for entries in self._measure(directory) if pieces is None else pieces:
            self.entries += len(entries)
            self.collector.take(directory, entries)
            if not enters:
                continue
            names = [entry.name for entry in entries if entry.kind == "d"]
            if self._is_simple:
                below += [(prefix + name, depth + 1, None, None) for name in names]
            else:
                below += self.descend(names, directory, prefix)
        return below

    def wants(self, root: Entry) -> bool:
        """Say whether *root* passes; when it cannot be asked, that is told."""
        try:
            return self.query.wants(root)
        except OSError as error:
            self.troubles.meet(root.path, error)
            return False

    def _measure_open(self, path: bytes) -> Iterable[list[Measured]] | None:
        """Measure what lies in *path*, by a descriptor of it; None where that is not so simple."""
        try:
            fd = os.open(path, _OPEN)
            try:
                with os.scandir(fd) as listing:
                    entries = list(islice(listing, PIECE))
                if len(entries) == PIECE:
                    return None
                stats = [entry.stat(follow_symlinks=False) for entry in entries]
            finally:
                os.close(fd)
        except OSError:
            return None
        letter = LETTERS.get
        return [
            [
                Measured(os.fsencode(entry.name), letter(found.st_mode & 0o170000, "?"), found, True)
                for entry, found in zip(entries, stats, strict=True)
            ]
        ]

    def _measure(self, directory: Directory) -> Iterator[list[Measured]]:
        children = self.children(directory)
        while piece := list(islice(children, PIECE)):
            entries = []
            for entry in piece:
                try:
                    entries.append(Measured(entry.name, entry.kind, entry.stat, self.query.wants(entry)))
                except OSError as error:
                    self.troubles.meet(entry.path, error)
            yield entries


def apparent(found: os.stat_result) -> int:
    """Return how many bytes a file has."""
    return found.st_size


def allocated(found: os.stat_result) -> int:
    """Return how many bytes a file takes on the disk."""
    return found.st_blocks * 512


SizeOf = Callable[[os.stat_result], int]


def identity_of(entry: Measured, *, follow: bool = False) -> Identity | None:
    """Return what tells a file that may be met again under another name; None for others, and for directories.

    Where links are followed, that is any file.
    """
    found = entry.found
    if (follow or found.st_nlink > 1) and not stat.S_ISDIR(found.st_mode):
        return found.st_dev, found.st_ino
    return None
