"""The walk: one directory at a time, its names sifted as lists before anything is made of them.

Nearly all the time of a walk is the kernel's. What is left for Python is a few calls in C for a
whole directory; an Entry is made only of what has passed the tests of names.
"""

import errno
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import compress
from os import lstat
from typing import TYPE_CHECKING, Protocol

from stdtools.tree.entry import Entry, letter_of, look
from stdtools.tree.query import Query, Walking
from stdtools.tree.reading import Groups, read_groups
from stdtools.tree.troubles import Troubles

if TYPE_CHECKING:
    from stdtools.tree.progress import Progress

Identity = tuple[int, int]  # device and inode


# A directory that waits to be read: path, depth, the only device to stay on, and the identities of
# it and those around it, below a link that was followed. Plain values, fit for another process.
Directory = tuple[bytes, int, int | None, frozenset[Identity] | None]


class Sink(Protocol):
    """Where finds go: as entries where it says so, else as paths."""

    wants_entries: bool

    def paths(self, paths: list[bytes]) -> None:
        """Take paths."""

    def entries(self, entries: list[Entry]) -> None:
        """Take entries."""


ReadGroups = Callable[[bytes, bool], Iterable[Groups]]
Sweep = Callable[["Walker", list[Directory], int], None]


class Walker:
    """Reads directories and hands what *query* wants to *sink*; tells *troubles* and goes on."""

    def __init__(self, walking: Walking, query: Query, sink: Sink, troubles: Troubles) -> None:
        self.walking = walking
        self.query = query
        self.sink = sink
        self.directories = 0  # that were read
        self.entries = 0  # that were sifted
        self.read: ReadGroups = read_groups
        self.number = 0  # among the processes that share the walk
        self.progress: Progress | None = None
        self.sweep: Sweep | None = None  # what reads directories faster and finds the same
        self.troubles = troubles
        self._all_kinds = bool(query.kinds) or walking.follow or sink.wants_entries
        pruning = (walking.excluded_names, walking.excluded_paths, walking.excluded_directories, walking.ignoring)
        self._prunes = walking.follow or not walking.hidden or any(pruning)
        self._plain_descent = not walking.follow and not walking.one_file_system
        self.is_plain = self._plain_descent and not self._prunes  # it sees all there is
        self._within: dict[bytes, frozenset[Identity]] = {}

    def start(self, root: bytes) -> Directory | None:
        """Take a path that the user named, to the sink and, when it is a directory, to be read."""
        entry = self.root_entry(root)
        if entry is None:
            return None
        self.take([entry])
        return self.root_directory(entry)

    def root_entry(self, root: bytes) -> Entry | None:
        """Return the entry of *root*; None, and it is told, when there is none."""
        entry = Entry.of_root(root, follow=self.walking.follow or self.walking.follow_roots)
        try:
            entry.stat  # noqa: B018 - it is asked whether it exists
        except OSError as error:
            self.troubles.tell(root, error)
            return None
        return entry

    def root_directory(self, entry: Entry) -> Directory | None:
        """Return what there is to read below the root *entry*."""
        if entry.kind != "d" or self.walking.max_depth == 0:
            return None
        if self.walking.ignoring is not None:
            self.walking.ignoring.start(entry.path)
        return (entry.path, 0, entry.stat.st_dev if self.walking.one_file_system else None, None)

    def visit(self, directory: Directory) -> list[Directory]:
        """Read *directory*, hand over what is wanted of it, and return the directories below."""
        path, depth = directory[:2]
        depth += 1
        self.directories += 1
        prefix = prefix_of(path)
        max_depth = self.walking.max_depth
        takes = depth >= self.query.min_depth
        below: list[Directory] = []
        try:
            for groups in self.read(path, self._all_kinds):
                if self._prunes:
                    self.prune(groups, directory, prefix)
                if takes:
                    self._sift(groups, prefix, depth)
                names = groups["d"]
                if names and (max_depth is None or depth < max_depth):
                    if self._plain_descent:
                        below += [(prefix + name, depth, None, None) for name in names]
                    else:
                        below += self.descend(names, directory, prefix)
        except OSError as error:
            self.troubles.meet(path, error)
        return below

    def children(self, directory: Directory) -> Iterator[Entry]:
        """Yield the entries of *directory* that the walk sees, whatever the query says."""
        path, depth = directory[:2]
        prefix = prefix_of(path)
        try:
            for groups in self.read(path, True):
                self.prune(groups, directory, prefix)
                for kind, names in groups.items():
                    for name in names:
                        yield Entry(prefix + name, name, depth + 1, kind, self.walking.follow)
        except OSError as error:
            self.troubles.meet(path, error)

    def below(self, entry: Entry, directory: Directory) -> Directory | None:
        """Return the directory that *entry* of *directory* is, if the walk goes into it."""
        max_depth = self.walking.max_depth
        if entry.kind != "d" or (max_depth is not None and entry.depth >= max_depth):
            return None
        if self._plain_descent:
            return (entry.path, entry.depth, None, None)
        return next(self.descend([entry.name], directory, prefix_of(directory[0])), None)

    def prune(self, groups: Groups, directory: Directory, prefix: bytes) -> None:
        """Take out of *groups* what the walk does not see."""
        walking = self.walking
        for kind, names in groups.items():
            if not walking.hidden:
                names = [name for name in names if name[0] != 46]  # 46 is a dot
            if excluded := walking.excluded_names:
                names = [name for name in names if not excluded(name)]
            if excluded := walking.excluded_paths:
                names = [name for name in names if not excluded(prefix + name)]
            groups[kind] = names
        if walking.ignoring is not None:
            rules = walking.ignoring.rules(directory[0])
            if not rules.empty:
                for kind, names in groups.items():
                    is_dir = kind == "d"
                    groups[kind] = [name for name in names if not rules.hides(name, is_dir)]
        if walking.follow:
            self.follow_links(groups, directory, prefix)
        if excluded := walking.excluded_directories:
            groups["d"] = [name for name in groups["d"] if not excluded(prefix + name)]

    def _sift(self, groups: Groups, prefix: bytes, depth: int) -> None:
        """Hand over what is wanted of *groups*."""
        query = self.query
        follow = self.walking.follow
        for kind, names in groups.items():
            self.entries += len(names)
            if query.kinds and kind and kind not in query.kinds:
                continue
            for test in query.names:
                names = list(filter(test, names))
            if not names:
                continue
            if query.quick or (query.kinds and not kind):
                self.take([Entry(prefix + name, name, depth, kind, follow) for name in names])
                continue
            paths = [prefix + name for name in names]
            for test in query.paths:
                paths = list(filter(test, paths))
            if not query.stats and not query.files and not self.sink.wants_entries:
                self.sink.paths(paths)
                continue
            stats: Sequence[os.stat_result | None] = [None] * len(paths)
            if query.stats:
                paths, stats = self._stat_all(paths)
            if not query.files and not self.sink.wants_entries:
                self.sink.paths(paths)
            elif paths:
                start = len(prefix)
                self.take([Entry(p, p[start:], depth, kind, follow, s) for p, s in zip(paths, stats, strict=True)])

    def _stat_all(self, paths: list[bytes]) -> tuple[list[bytes], list[os.stat_result]]:
        """Return those of *paths* that pass the tests of stat, and what stat says of them."""
        stats: list[os.stat_result] = []
        try:
            if self.walking.follow:
                stats = [look(path, follow=True) for path in paths]
            else:
                stats = [lstat(path) for path in paths]
        except OSError:
            paths, stats = self._stat_carefully(paths)
        for test in self.query.stats:
            passed = [test(found) for found in stats]
            paths = list(compress(paths, passed))
            stats = list(compress(stats, passed))
        return paths, stats

    def _stat_carefully(self, paths: list[bytes]) -> tuple[list[bytes], list[os.stat_result]]:
        known = []
        stats = []
        for path in paths:
            try:
                stats.append(look(path, follow=self.walking.follow))
                known.append(path)
            except OSError as error:
                self.troubles.meet(path, error)
        return known, stats

    def take(self, entries: list[Entry]) -> None:
        """Hand over those of *entries* that are wanted; some of it was asked before, and is cheap."""
        wanted = entries if self.query.is_empty else []
        for entry in entries if not self.query.is_empty else ():
            try:
                if self.query.wants(entry):
                    wanted.append(entry)
            except OSError as error:
                self.troubles.meet(entry.path, error)
        if self.sink.wants_entries:
            self.sink.entries(wanted)
        else:
            self.sink.paths([entry.path for entry in wanted])

    def follow_links(self, groups: Groups, directory: Directory, prefix: bytes) -> None:
        """Put each link under the letter of what it points to; take out what leads back into itself."""
        if directory[3] is not None:
            groups["d"] = [n for n in groups["d"] if self._is_new(prefix + n, directory[3])]
        for name in groups.pop("l", []) + groups.pop("", []):
            path = prefix + name
            try:
                kind = letter_of(look(path, follow=True).st_mode)
            except OSError as error:
                self.troubles.meet(path, error)
                continue
            if kind != "d" or self._is_new(path, directory[3] or _around(directory)):
                groups.setdefault(kind, []).append(name)

    def _is_new(self, path: bytes, within: frozenset[Identity]) -> bool:
        """Say whether the directory *path* is none of those *within* which it lies; remember it as one."""
        try:
            found = look(path, follow=True)
        except OSError as error:
            self.troubles.meet(path, error)
            return False
        identity = (found.st_dev, found.st_ino)
        if identity in within:
            self.troubles.tell(path, OSError(errno.ELOOP, "a link leads back to a directory around it; not followed"))
            return False
        self._within[path] = within | {identity}
        return True

    def descend(self, names: Iterable[bytes], directory: Directory, prefix: bytes) -> Iterator[Directory]:
        """Yield the directories *names* of *directory*, but for those on another file system."""
        for name in names:
            path = prefix + name
            within = self._within.pop(path, None)
            if directory[2] is not None:
                try:
                    found = look(path, follow=self.walking.follow)
                except OSError as error:
                    self.troubles.meet(path, error)
                    continue
                if found.st_dev != directory[2]:
                    continue
            yield (path, directory[1] + 1, directory[2], within)


def prefix_of(path: bytes) -> bytes:
    """Return what stands before a name in the directory *path*."""
    return path if path.endswith(b"/") else path + b"/"


def _around(directory: Directory) -> frozenset[Identity]:
    """Return the identities of *directory* and of those that the walk went through to it."""
    path = directory[0]
    identities = set()
    for _ in range(directory[1] + 1):
        found = look(path, follow=True)
        identities.add((found.st_dev, found.st_ino))
        path = os.path.dirname(path.rstrip(b"/")) or path[:1]
    return frozenset(identities)
