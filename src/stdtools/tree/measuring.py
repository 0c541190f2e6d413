"""Walking with sizes: what each directory holds, measured once and handed to those who add it up."""

import os
import stat
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from stdtools.tree.entry import letter_of
from stdtools.tree.finding import Nothing
from stdtools.tree.query import Query, Walking
from stdtools.tree.sharing import Part
from stdtools.tree.troubles import Troubles
from stdtools.tree.walker import Directory, Identity, Walker, prefix_of

_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class Measured(NamedTuple):
    """An entry with what is known of it; *wanted* says whether the query asks for it."""

    name: bytes
    kind: str
    found: os.stat_result
    wanted: bool = True


class Collector(Part, Protocol):
    """Adds up what directories hold."""

    def take(self, directory: Directory, entries: Sequence[Measured]) -> None:
        """Take what *directory* holds."""


class Measurer(Walker):
    """A walker that hands each directory's entries to *collector*."""

    def __init__(self, walking: Walking, query: Query, collector: Collector, troubles: Troubles) -> None:
        super().__init__(walking, query, Nothing(), troubles)
        self.collector = collector
        # Half of what it costs is the way to each file: relative to its directory it is short.
        self._relative = self.is_plain and query.is_empty

    def visit(self, directory: Directory) -> list[Directory]:
        """Read and measure *directory*, and return the directories below."""
        self.directories += 1
        entries = self._measure_open(directory[0]) if self._relative else None
        if entries is None:
            entries = self._measure(directory)
        self.entries += len(entries)
        self.collector.take(directory, entries)
        max_depth = self.walking.max_depth
        if max_depth is not None and directory[1] + 1 >= max_depth:
            return []
        below = [entry.name for entry in entries if entry.kind == "d"]
        prefix = prefix_of(directory[0])
        if self._relative:
            return [(prefix + name, directory[1] + 1, None, None) for name in below]
        return list(self.descend(below, directory, prefix))

    def _measure_open(self, path: bytes) -> list[Measured] | None:
        """Measure what lies in *path*, by a descriptor of it; None where that is not so simple."""
        try:
            fd = os.open(path, _OPEN)
            try:
                with os.scandir(fd) as listing:
                    entries = list(listing)
                stats = [entry.stat(follow_symlinks=False) for entry in entries]
            finally:
                os.close(fd)
        except OSError:
            return None
        return [
            Measured(os.fsencode(entry.name), letter_of(found.st_mode), found)
            for entry, found in zip(entries, stats, strict=True)
        ]

    def _measure(self, directory: Directory) -> list[Measured]:
        entries = []
        for entry in self.children(directory):
            try:
                entries.append(Measured(entry.name, entry.kind, entry.stat, self.query.wants(entry)))
            except OSError as error:
                self.troubles.meet(entry.path, error)
        return entries


def apparent(found: os.stat_result) -> int:
    """Return how many bytes a file has."""
    return found.st_size


def allocated(found: os.stat_result) -> int:
    """Return how many bytes a file takes on the disk."""
    return found.st_blocks * 512


SizeOf = Callable[[os.stat_result], int]


def identity_of(entry: Measured) -> Identity | None:
    """Return what tells a file with several names; None for one with a single name, and for directories."""
    found = entry.found
    if found.st_nlink > 1 and not stat.S_ISDIR(found.st_mode):
        return found.st_dev, found.st_ino
    return None
