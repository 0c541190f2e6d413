"""Walks added up: the largest files and directories, files by kind."""

import heapq
import os
from collections.abc import Callable
from operator import itemgetter

from stdtools.tree import collecting
from stdtools.tree.branches import Row, Total, assemble, key_of
from stdtools.tree.collecting import Group, Largest, Tally
from stdtools.tree.entry import Entry
from stdtools.tree.measuring import SizeOf
from stdtools.tree.walker import prefix_of


def outermost(roots: list[bytes]) -> list[bytes]:
    """Return *roots* without those that lie in another one: what is in them would count twice."""
    kept: dict[bytes, bytes] = {}
    for root in roots:
        real = os.path.realpath(root)
        if not any((real + b"/").startswith(prefix_of(other)) for other in kept):
            kept = {other: name for other, name in kept.items() if not other.startswith(prefix_of(real))}
            kept[real] = root
    return list(kept.values())


class TopDirectories:
    """The *most* largest directories, at most *deepest* levels below their root."""

    def __init__(self, most: int, deepest: int | None) -> None:
        self._most = most
        self._deepest = deepest
        self._found: list[tuple[int, bytes]] = []  # negative size and path

    def add(self, root: Entry, own: int, largest: Largest, *, wanted: bool) -> None:
        """Add up the rows that *largest* has of *root*, whose *own* size counts if it is *wanted*."""
        prefix, start = prefix_of(root.path), len(key_of(root.path)) + 1

        def take(total: Total) -> None:
            below = total.key[start:]
            if self._deepest is None or below.count(b"\0") < self._deepest:
                self._push(total.size, prefix + below.replace(b"\0", b"/"))

        inside = assemble(map(Row._make, largest.rows()), largest.owners, total=take)
        if wanted or inside.wanted:
            self._push(inside.size + own, root.path)

    def _push(self, size: int, path: bytes) -> None:
        self._found.append((-size, path))
        if len(self._found) > 4 * self._most + 1000:
            self._found = heapq.nsmallest(self._most, self._found)

    def largest(self) -> list[tuple[int, bytes]]:
        """Return size and path, the largest first."""
        return [(-size, path) for size, path in heapq.nsmallest(self._most, self._found)]


def groups_by(what: str, size_of: SizeOf, *, follow: bool) -> Tally:
    """Return what groups files by *what*: ext, user, depth or age."""
    group_of: dict[str, Callable[..., Group]] = {
        "ext": collecting.by_extension,
        "user": collecting.by_user,
        "depth": collecting.by_depth,
        "age": collecting.by_age(),
    }
    return Tally(size_of, group_of[what], follow=follow)


def ranked(what: str, groups: dict[Group, tuple[int, int]]) -> list[tuple[Group, int, int, float]]:
    """Return group, files, bytes and percent of all bytes: the largest first, depths and ages in their order."""
    total = sum(size for _, size in groups.values())
    rows = [(group, files, size, 100 * size / total if total else 0.0) for group, (files, size) in groups.items()]
    if what == "depth":
        return sorted(rows, key=itemgetter(0))
    if what == "age":
        ages = [name for _, name in collecting.AGES]
        return sorted(rows, key=lambda row: ages.index(str(row[0])) if row[0] in ages else len(ages))
    return sorted(rows, key=lambda row: (-row[2], -row[1], str(row[0])))
