"""What is added up on a walk: the rows of a tree, groups of files, the largest of them."""

import heapq
import os
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from stdtools.tree.branches import Owners, Row, key_of
from stdtools.tree.facts import user_name
from stdtools.tree.measuring import Measured, SizeOf, identity_of
from stdtools.tree.sorting import Sorter
from stdtools.tree.walker import Directory, Identity, prefix_of

DAY = 86400 * 1_000_000_000
AGES = ((DAY, "under 1 day"), (7 * DAY, "under 1 week"), (30 * DAY, "under 30 days"), (365 * DAY, "under 1 year"))
OLDEST = "1 year and more"
NO_EXTENSION = "(none)"


Group = str | int


class TreeRows:
    """Keeps a row of each directory; what lies deeper than *max_depth*, and files with *dirs*, is only added up."""

    def __init__(
        self, size_of: SizeOf, *, max_depth: int | None = None, dirs: bool = False, follow: bool = False
    ) -> None:
        self.follow = follow
        self.owners: Owners = {}
        self.sorter = Sorter(reverse=True)
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
            identity = identity_of(entry, follow=self.follow)
            if identity is None or not entry.wanted:
                total += size
            else:
                linked.append((*identity, size, entry.name))
                claim(self.owners, identity, key + b"\0" + entry.name)
            if shows and (entry.kind == "d" or (entry.wanted and not self._dirs)):
                shown.append((entry.name, entry.kind, size, entry.found.st_mtime_ns, entry.wanted))
        self._add(tuple(Row(key, count, total, linked, shown)), 1 + len(shown) + len(linked))

    def rows(self) -> Iterator[Any]:
        """Yield the rows from the last key to the first."""
        yield from self.sorter.rows()

    def state(self) -> Owners:
        return self.owners

    def merge(self, state: Owners) -> None:
        for identity, key in state.items():
            claim(self.owners, identity, key)

    def clear(self) -> None:
        self.owners = {}
        self.sorter.clear()


def claim(owners: Owners, identity: Identity, key: bytes) -> None:
    """Let the file *identity* count under the first of its names, whoever comes to it first."""
    known = owners.get(identity)
    if known is None or key < known:
        owners[identity] = key


def claim_first(linked: dict[Identity, Any], identity: Identity, claimed: tuple[Any, ...]) -> None:
    """Keep for the file *identity* what is *claimed* by the first of its names: a key, and what goes with it."""
    linked[identity] = min(claimed, linked.get(identity, claimed))


class Tally:
    """Counts files and adds up their sizes by what *group_of* says of directory and entry."""

    sorter: Sorter | None = None

    def __init__(
        self, size_of: SizeOf, group_of: Callable[[Directory, Measured], Group], *, follow: bool = False
    ) -> None:
        self.follow = follow
        self.groups: dict[Group, tuple[int, int]] = {}
        self.linked: dict[Identity, tuple[bytes, Group, int]] = {}
        self._size_of = size_of
        self._group_of = group_of

    def take(self, directory: Directory, entries: Sequence[Measured]) -> None:
        prefix = prefix_of(directory[0])
        for entry in entries:
            if entry.kind != "d" and entry.wanted:
                self._count(directory, entry, prefix)

    def add_file(self, root: Measured) -> None:
        """Take a file that is a root, with its path for its name."""
        self._count((b"", -1, None, None), root, b"")

    def _count(self, directory: Directory, entry: Measured, prefix: bytes) -> None:
        group, size = self._group_of(directory, entry), self._size_of(entry.found)
        identity = identity_of(entry, follow=self.follow)
        if identity is None:
            self._add(group, 1, size)
        else:
            claim_first(self.linked, identity, (key_of(prefix + entry.name), group, size))

    def result(self) -> dict[Group, tuple[int, int]]:
        """Return files and bytes of each group; a file with several names counts once."""
        for _, group, size in self.linked.values():
            self._add(group, 1, size)
        self.linked = {}
        return self.groups

    def _add(self, group: Group, files: int, size: int) -> None:
        known_files, known_size = self.groups.get(group, (0, 0))
        self.groups[group] = (known_files + files, known_size + size)

    def state(self) -> Any:
        return self.groups, self.linked

    def merge(self, state: Any) -> None:
        groups, linked = state
        for group, (files, size) in groups.items():
            self._add(group, files, size)
        for identity, claimed in linked.items():
            claim_first(self.linked, identity, claimed)

    def clear(self) -> None:
        self.groups, self.linked = {}, {}


class Largest(TreeRows):
    """Keeps the rows of all directories, for their sizes, and the *most* largest files down to *deepest*."""

    def __init__(self, size_of: SizeOf, most: int, deepest: int | None, *, follow: bool = False) -> None:
        super().__init__(size_of, dirs=True, follow=follow)
        self._files: list[tuple[int, bytes]] = []  # negative size and path, so that the largest sort first
        self._linked: dict[Identity, tuple[bytes, tuple[int, bytes]]] = {}
        self._most = most
        self._deepest = deepest

    def take(self, directory: Directory, entries: Sequence[Measured]) -> None:
        super().take(directory, entries)
        if self._deepest is not None and directory[1] >= self._deepest:
            return
        prefix = prefix_of(directory[0])
        for entry in entries:
            if entry.kind != "d" and entry.wanted:
                self._take_file(entry, prefix)
        if len(self._files) > 4 * self._most + 1000:
            self._files = heapq.nsmallest(self._most, self._files)

    def add_file(self, root: Measured) -> None:
        """Take a file that is a root, with its path for its name."""
        self._take_file(root, b"")

    def _take_file(self, entry: Measured, prefix: bytes) -> None:
        file = (-self._size_of(entry.found), prefix + entry.name)
        identity = identity_of(entry, follow=self.follow)
        if identity is None:
            self._files.append(file)
        else:
            claim_first(self._linked, identity, (key_of(file[1]), file))

    def forget_rows(self) -> None:
        """Begin with the rows of another root."""
        super().clear()

    def files(self) -> list[tuple[int, bytes]]:
        """Return size and path of the largest files, the largest first."""
        largest = heapq.nsmallest(self._most, [*self._files, *(file for _, file in self._linked.values())])
        return [(-size, path) for size, path in largest]

    def state(self) -> Any:
        return super().state(), heapq.nsmallest(self._most, self._files), self._linked

    def merge(self, state: Any) -> None:
        owners, files, linked = state
        super().merge(owners)
        self._files += files
        for identity, claimed in linked.items():
            claim_first(self._linked, identity, claimed)

    def clear(self) -> None:
        super().clear()
        self._files, self._linked = [], {}


def by_extension(directory: Directory, entry: Measured) -> str:
    """Return the extension of a name, with its dot."""
    return os.fsdecode(os.path.splitext(entry.name)[1]) or NO_EXTENSION


def by_user(directory: Directory, entry: Measured) -> str:
    """Return the owner's name."""
    return user_name(entry.found.st_uid)


def by_depth(directory: Directory, entry: Measured) -> int:
    """Return how many levels below the root it lies."""
    return directory[1] + 1


def by_age() -> Callable[[Directory, Measured], str]:
    """Return what tells the age of a file's content, beside this moment."""
    now = time.time_ns()

    def group_of(directory: Directory, entry: Measured) -> str:
        age = now - entry.found.st_mtime_ns
        return next((name for bound, name in AGES if age < bound), OLDEST)

    return group_of
