"""What is added up on a walk: the rows of a tree, groups of files, the largest of them."""

import heapq
import os
import time
from collections.abc import Callable, Sequence
from typing import Any

from stdtools.tree.branches import Owners, Row, key_of
from stdtools.tree.facts import user_name
from stdtools.tree.measuring import Measured, SizeOf, identity_of
from stdtools.tree.sorting import Sorter
from stdtools.tree.walker import Directory, Identity, prefix_of

DAY = 86400 * 1_000_000_000
AGES = ((DAY, "under 1 day"), (7 * DAY, "under 1 week"), (30 * DAY, "under 30 days"), (365 * DAY, "under 1 year"))
OLDEST = "1 year and more"


class TreeRows:
    """Keeps a row of each directory; what lies deeper than *max_depth*, and files with *dirs*, is only added up."""

    def __init__(self, size_of: SizeOf, *, max_depth: int | None, dirs: bool) -> None:
        self.owners: Owners = {}
        self.sorter: Sorter | None = Sorter(reverse=True)
        self._add = self.sorter.add
        self._size_of = size_of
        self._max_depth = max_depth
        self._dirs = dirs

    def take(self, directory: Directory, entries: Sequence[Measured]) -> None:
        key = key_of(directory[0])
        shows = self._max_depth is None or directory[1] < self._max_depth
        total = count = 0
        linked: list[tuple[int, int, int, bytes]] = []
        shown: list[tuple[bytes, str, int, int, bool]] = []
        for entry in entries:
            size = self._size_of(entry.found) if entry.wanted else 0
            count += entry.wanted
            identity = identity_of(entry)
            if identity is None or not entry.wanted:
                total += size
            else:
                linked.append((*identity, size, entry.name))
                claim(self.owners, identity, key + b"\0" + entry.name)
            if shows and (entry.kind == "d" or (entry.wanted and not self._dirs)):
                shown.append((entry.name, entry.kind, size, entry.found.st_mtime_ns, entry.wanted))
        self._add(tuple(Row(key, count, total, linked, shown)), 1 + len(shown) + len(linked))

    def state(self) -> Owners:
        return self.owners

    def merge(self, state: Owners) -> None:
        for identity, key in state.items():
            claim(self.owners, identity, key)

    def clear(self) -> None:
        self.owners = {}
        if self.sorter is not None:
            self.sorter.clear()


def claim(owners: Owners, identity: Identity, key: bytes) -> None:
    """Let the file *identity* count under the first of its names, whoever comes to it first."""
    known = owners.get(identity)
    if known is None or key < known:
        owners[identity] = key


class Groups:
    """Counts files and adds up their sizes by what *group_of* says of directory and entry."""

    sorter: Sorter | None = None

    def __init__(self, size_of: SizeOf, group_of: Callable[[Directory, Measured], str]) -> None:
        self.groups: dict[str, tuple[int, int]] = {}
        self.linked: dict[Identity, tuple[bytes, str, int]] = {}
        self._size_of = size_of
        self._group_of = group_of

    def take(self, directory: Directory, entries: Sequence[Measured]) -> None:
        prefix = prefix_of(directory[0])
        for entry in entries:
            if entry.kind == "d" or not entry.wanted:
                continue
            group, size = self._group_of(directory, entry), self._size_of(entry.found)
            identity = identity_of(entry)
            if identity is None:
                self._add(group, 1, size)
            else:
                self._claim(identity, (prefix + entry.name, group, size))

    def result(self) -> dict[str, tuple[int, int]]:
        """Return files and bytes of each group; a file with several names counts once."""
        for _, group, size in self.linked.values():
            self._add(group, 1, size)
        self.linked = {}
        return self.groups

    def _add(self, group: str, files: int, size: int) -> None:
        known_files, known_size = self.groups.get(group, (0, 0))
        self.groups[group] = (known_files + files, known_size + size)

    def _claim(self, identity: Identity, claimed: tuple[bytes, str, int]) -> None:
        self.linked[identity] = min(claimed, self.linked.get(identity, claimed))

    def state(self) -> Any:
        return self.groups, self.linked

    def merge(self, state: Any) -> None:
        groups, linked = state
        for group, (files, size) in groups.items():
            self._add(group, files, size)
        for identity, claimed in linked.items():
            self._claim(identity, claimed)

    def clear(self) -> None:
        self.groups, self.linked = {}, {}


class LargestFiles(TreeRows):
    """Keeps the rows of all directories, for their sizes, and the *most* largest files down to *deepest*."""

    def __init__(self, size_of: SizeOf, most: int, deepest: int | None) -> None:
        super().__init__(size_of, max_depth=0, dirs=True)
        self.files: list[tuple[int, bytes]] = []  # a heap, the smallest first
        self._most = most
        self._deepest = deepest

    def take(self, directory: Directory, entries: Sequence[Measured]) -> None:
        super().take(directory, entries)
        if self._deepest is not None and directory[1] >= self._deepest:
            return
        prefix = prefix_of(directory[0])
        for entry in entries:
            size = self._size_of(entry.found)
            if entry.kind != "d" and entry.wanted and (len(self.files) < self._most or size > self.files[0][0]):
                identity = identity_of(entry)
                path = prefix + entry.name
                if identity is None or self.owners[identity] == key_of(path):
                    self._push((size, path))

    def _push(self, file: tuple[int, bytes]) -> None:
        (heapq.heappushpop if len(self.files) >= self._most else heapq.heappush)(self.files, file)

    def state(self) -> Any:
        return super().state(), self.files

    def merge(self, state: Any) -> None:
        owners, files = state
        super().merge(owners)
        for file in files:
            self._push(tuple(file))

    def clear(self) -> None:
        super().clear()
        self.files = []


def by_extension(directory: Directory, entry: Measured) -> str:
    """Return the extension of a name, with its dot; empty for none."""
    return os.fsdecode(os.path.splitext(entry.name)[1])


def by_user(directory: Directory, entry: Measured) -> str:
    """Return the owner's name."""
    return user_name(entry.found.st_uid)


def by_depth(directory: Directory, entry: Measured) -> str:
    """Return how many levels below the root it lies."""
    return str(directory[1] + 1)


def by_age() -> Callable[[Directory, Measured], str]:
    """Return what tells the age of a file's content, beside this moment."""
    now = time.time_ns()

    def group_of(directory: Directory, entry: Measured) -> str:
        age = now - entry.found.st_mtime_ns
        return next((name for bound, name in AGES if age < bound), OLDEST)

    return group_of
