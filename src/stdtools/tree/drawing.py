"""A tree as lines: branches of box characters or of ASCII, each directory's entries in order."""

import os
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from stdtools.tree.branches import Branch, Read
from stdtools.tree.criteria import link_target
from stdtools.tree.entry import Entry

UNICODE = ("├── ", "└── ", "│   ", "    ")
ASCII = ("|-- ", "`-- ", "|   ", "    ")

SORT_KEYS: dict[str, Callable[[Branch], object]] = {
    "name": lambda branch: branch.name,
    "size": lambda branch: (branch.size, branch.name),
    "mtime": lambda branch: (branch.mtime, branch.name),
    "ext": lambda branch: (os.path.splitext(branch.name)[1], branch.name),
}


class Twig(NamedTuple):
    """One line of a tree: *rails* stand before the name; *left_out* counts entries that are not shown instead."""

    rails: str
    path: bytes
    branch: Branch | None
    depth: int
    left_out: int = 0


class Shape(NamedTuple):
    """How a tree is to look."""

    marks: Sequence[str] = UNICODE
    sort: str = "name"
    reverse: bool = False
    dirs: bool = False
    limit: int | None = None
    max_depth: int | None = None


class _Level:
    """A directory on the way from the root: what is left of its entries, the next one last."""

    def __init__(self, name: bytes, rail: str, entries: list[Branch], left_out: int) -> None:
        self.name = name
        self.rail = rail  # what stands before the lines of all below it
        self.entries = entries
        self.left_out = left_out


def twigs(root: Branch, read: Read, shape: Shape) -> Iterator[Twig]:
    """Yield the lines of the tree below *root*; *read* returns the entries of a branch when it is their turn."""
    fork, last, rail, gap = shape.marks
    yield Twig("", root.name, root, 0)
    levels: list[_Level] = []
    if root.place is not None and shape.max_depth != 0:
        levels.append(_level(root, read, shape, ""))
    while levels:
        level = levels[-1]
        if not level.entries and not level.left_out:
            levels.pop()
            continue
        depth = len(levels)
        rails = "".join([level.rail for level in levels])
        directory = b"/".join([level.name.removesuffix(b"/") for level in levels])
        if not level.entries:
            yield Twig(rails + last, directory, None, depth, level.left_out)
            level.left_out = 0
            continue
        branch = level.entries.pop()
        is_last = not level.entries and not level.left_out
        yield Twig(rails + (last if is_last else fork), directory + b"/" + branch.name, branch, depth)
        if branch.place is not None and (shape.max_depth is None or depth < shape.max_depth):
            levels.append(_level(branch, read, shape, gap if is_last else rail))


def _level(branch: Branch, read: Read, shape: Shape, rail: str) -> _Level:
    entries = read(branch)
    if shape.dirs:
        entries = [entry for entry in entries if entry.kind == "d"]
    if shape.sort != "none":
        entries.sort(key=SORT_KEYS[shape.sort], reverse=shape.reverse)  # type: ignore[arg-type]
    left_out = 0
    if shape.limit is not None and len(entries) > shape.limit:
        left_out = len(entries) - shape.limit
        del entries[shape.limit :]
    entries.reverse()
    return _Level(branch.name, rail, entries, left_out)


def target_of(path: bytes) -> bytes:
    """Return what a symbolic link says; ``?`` when it is gone."""
    try:
        return link_target(Entry.of_root(path, follow=False))
    except OSError:
        return b"?"


def human(size: int) -> str:
    """Return a size in at most five characters: ``999``, ``1.0K``, ``1023M``."""
    if size < 1024:
        return str(size)
    value = float(size)
    for unit in "KMGTPE":
        value /= 1024
        if value < 9.95:
            return f"{value:.1f}{unit}"
        if value < 1023.5:
            return f"{value:.0f}{unit}"
    return f"{value:.0f}E"
