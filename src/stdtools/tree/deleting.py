"""Deleting what is found, so that nobody who swaps a directory for a link leads it elsewhere.

Every look and every removal is relative to an open directory that was entered without following a
link; the way back up is checked to be the way that led down. One descriptor, however deep.
"""

import errno
import os
from collections.abc import Callable, Iterator
from typing import NamedTuple

from stdtools.tree.entry import Entry
from stdtools.tree.reading import Groups, read_open
from stdtools.tree.walker import Directory, Identity, Walker, prefix_of

_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEVER = (b".", b"..", b"")


class _Held(Entry):
    """An entry of the directory that a Deleter has open."""

    __slots__ = ("_deleter",)

    def __init__(self, deleter: "Deleter", path: bytes, name: bytes, depth: int, kind: str) -> None:
        super().__init__(path, name, depth, kind)
        self._deleter = deleter

    def reach(self) -> tuple[int | None, bytes]:
        return self._deleter.fd, self.name

    @property
    def stat(self) -> os.stat_result:
        if self._stat is None:
            self._stat = os.stat(self.name, dir_fd=self._deleter.fd, follow_symlinks=False)
        return self._stat


class _Level(NamedTuple):
    """A directory on the way down from the root."""

    directory: Directory
    name: bytes
    identity: Identity
    below: list[bytes]  # directories that are still to be entered


class Deleter:
    """Deletes what *walker* wants, or with *dry_run* nothing; *deleted* is told of each path."""

    def __init__(self, walker: Walker, deleted: Callable[[bytes], None], *, dry_run: bool = False) -> None:
        self.fd = -1
        self._walker = walker
        self._troubles = walker.troubles
        self._deleted = deleted
        self._dry_run = dry_run
        self._levels: list[_Level] = []

    def delete_from(self, root: bytes) -> None:
        """Delete what is wanted of *root* and all below it; not ``.``, ``..`` and ``/`` themselves."""
        entry = self._walker.root_entry(root)
        if entry is None:
            return
        try:
            directory = self._walker.root_directory(entry)
            if directory is not None:
                self._delete_below(directory)
            if self._walker.query.wants(entry) and root.rstrip(b"/").rpartition(b"/")[2] not in _NEVER:
                if not self._dry_run:
                    (os.rmdir if entry.kind == "d" else os.unlink)(root)
                self._deleted(root)
        except OSError as error:
            self._troubles.tell(root, error)

    def _delete_below(self, root: Directory) -> None:
        self.fd = os.open(root[0], _OPEN & ~os.O_NOFOLLOW if self._walker.walking.follow_roots else _OPEN)
        try:
            self._levels = [self._enter(root, b"")]
            while self._levels:
                if self._levels[-1].below:
                    self._go_down(self._levels[-1])
                else:
                    self._go_up(self._levels.pop())
        finally:
            os.close(self.fd)

    def _enter(self, directory: Directory, name: bytes) -> _Level:
        """Delete what is wanted of the files in the open directory."""
        found = os.fstat(self.fd)
        level = _Level(directory, name, (found.st_dev, found.st_ino), [])
        if directory[2] not in (None, found.st_dev):
            return level
        prefix = prefix_of(directory[0])
        for groups in self._read(directory, prefix):
            level.below.extend(groups.pop("d"))
            for kind, names in groups.items():
                for entry_name in names:
                    self._remove(_Held(self, prefix + entry_name, entry_name, directory[1] + 1, kind), os.unlink)
        return level

    def _read(self, directory: Directory, prefix: bytes) -> Iterator[Groups]:
        try:
            pieces = list(read_open(self.fd))  # all of them, before the first entry goes
        except OSError as error:
            self._troubles.meet(directory[0], error)
            return
        for groups in pieces:
            self._walker.prune(groups, directory, prefix)
            yield groups

    def _remove(self, entry: Entry, remove: Callable[..., None]) -> None:
        try:
            if self._walker.query.wants(entry):
                if not self._dry_run:
                    remove(entry.name, dir_fd=self.fd)
                self._deleted(entry.path)
        except OSError as error:
            self._troubles.meet(entry.path, error)

    def _go_down(self, level: _Level) -> None:
        path, depth, device, _ = level.directory
        name = level.below.pop()
        below = (prefix_of(path) + name, depth + 1, device, None)
        max_depth = self._walker.walking.max_depth
        if max_depth is not None and depth + 1 >= max_depth:
            self._remove(_Held(self, below[0], name, depth + 1, "d"), os.rmdir)
            return
        try:
            child = os.open(name, _OPEN, dir_fd=self.fd)
        except OSError as error:
            self._troubles.meet(below[0], error)
            return
        try:
            os.close(os.open("..", _OPEN, dir_fd=child))  # without a way back up there is no going down
        except OSError as error:
            os.close(child)
            self._troubles.meet(below[0], error)
            return
        os.close(self.fd)
        self.fd = child
        self._levels.append(self._enter(below, name))

    def _go_up(self, level: _Level) -> None:
        if not self._levels:
            return
        up = os.open("..", _OPEN, dir_fd=self.fd)
        os.close(self.fd)
        self.fd = up
        found = os.fstat(up)
        if (found.st_dev, found.st_ino) != self._levels[-1].identity:
            raise OSError(
                errno.EAGAIN, f"{os.fsdecode(level.directory[0])} was moved meanwhile; nothing more is deleted"
            )
        path, depth = level.directory[:2]
        self._remove(_Held(self, path, level.name, depth, "d"), os.rmdir)
