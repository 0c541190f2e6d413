"""Deleting what is found, so that nobody who swaps a directory for a link leads it elsewhere.

Every look and every removal is relative to an open directory that was entered without following a
link; the way back up is checked to be the way that led down. One descriptor, however deep.
"""

import errno
import os
from collections.abc import Callable, Iterator

from stdtools.tree.entry import Entry
from stdtools.tree.finding import find
from stdtools.tree.gitconfig import git_directory
from stdtools.tree.query import Ignoring, Query, Walking
from stdtools.tree.reading import Groups, read_open
from stdtools.tree.walker import Directory, Walker, prefix_of

_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEVER = (b".", b"..", b"")


def learn_rules(ignoring: Ignoring, walking: Walking, roots: list[bytes]) -> None:
    """Have *ignoring* learn what holds in *roots* and in each repository below: its rules may go before it is entered.

    What cannot be read is told when it is to be deleted.
    """
    for entry in find(*roots, query=Query(kinds="d"), walking=walking):
        if not entry.depth or git_directory(entry.path):
            ignoring.learn(entry.path)


class _Held(Entry):
    """An entry of the directory that a Deleter has open; of a directory that was left, what it was before."""

    __slots__ = ("_deleter", "_left")

    def __init__(
        self, deleter: "Deleter", path: bytes, name: bytes, depth: int, kind: str, left: "_Level | None" = None
    ) -> None:
        super().__init__(path, name, depth, kind, found=left.found if left else None)
        self._deleter = deleter
        self._left = left

    def is_empty(self) -> bool:
        if self._left and self._deleter.dry_run:
            return not self._left.kept
        return super().is_empty()

    def reach(self) -> tuple[int | None, bytes]:
        return super().reach() if self._deleter.fd < 0 else (self._deleter.fd, self.name)

    @property
    def stat(self) -> os.stat_result:
        if self._stat is None:
            self._stat = os.stat(self.name, dir_fd=self._deleter.fd, follow_symlinks=False)
        return self._stat


class _Level:
    """A directory on the way down from the root."""

    def __init__(self, directory: Directory, name: bytes, found: os.stat_result) -> None:
        self.directory = directory
        self.name = name
        self.found = found  # before anything in it was deleted
        self.below: list[bytes] = []  # directories that are still to be entered
        self.kept = 0  # entries that are not deleted, so far


class Deleter:
    """Deletes what *walker* wants, or with *dry_run* nothing; *deleted* is told of each path."""

    def __init__(self, walker: Walker, deleted: Callable[[bytes], None], *, dry_run: bool = False) -> None:
        self.fd = -1
        self._walker = walker
        self._troubles = walker.troubles
        self._deleted = deleted
        self.dry_run = dry_run
        self._levels: list[_Level] = []

    def delete_from(self, root: bytes) -> None:
        """Delete what is wanted of *root* and all below it; not ``.``, ``..`` and ``/`` themselves."""
        entry = self._walker.root_entry(root)
        if entry is None:
            return
        try:
            directory = self._walker.root_directory(entry)
            left = None if directory is None else self._delete_below(directory)
            if root.rstrip(b"/").rpartition(b"/")[2] in _NEVER:
                return
            held = _Held(self, root, entry.name, 0, "d", left) if left else entry
            if self._walker.query.wants(held):
                if entry.kind == "d" and os.path.islink(root.rstrip(b"/")):
                    raise OSError(errno.ENOTDIR, "is a link to a directory, and stays")
                self._carry_out(held, root, os.rmdir if entry.kind == "d" else os.unlink)
        except OSError as error:
            self._troubles.tell(root, error)

    def _delete_below(self, root: Directory) -> _Level:
        self.fd = os.open(root[0], _OPEN & ~os.O_NOFOLLOW if self._walker.walking.follow_roots else _OPEN)
        try:
            top = self._enter(root, b"")
            self._levels = [top]
            while self._levels:
                level = self._levels[-1]
                if level.below:
                    self._go_down(level)
                else:
                    self._levels.pop()
                    self._go_up(level)
        finally:
            os.close(self.fd)
            self.fd = -1
        return top

    def _enter(self, directory: Directory, name: bytes) -> _Level:
        """Delete what is wanted of the files in the open directory."""
        level = _Level(directory, name, os.fstat(self.fd))
        if directory[2] not in (None, level.found.st_dev):
            level.kept = 1
            return level
        prefix = prefix_of(directory[0])
        for groups in self._read(level, prefix):
            level.below.extend(groups.pop("d"))
            for kind, names in groups.items():
                for entry_name in names:
                    entry = _Held(self, prefix + entry_name, entry_name, directory[1] + 1, kind)
                    level.kept -= self._remove(entry, os.unlink)
        return level

    def _read(self, level: _Level, prefix: bytes) -> Iterator[Groups]:
        try:
            pieces = list(read_open(self.fd))  # all of them, before the first entry goes
        except OSError as error:
            self._troubles.meet(level.directory[0], error)
            level.kept = 1
            return
        level.kept = sum(len(names) for groups in pieces for names in groups.values())
        for groups in pieces:
            self._walker.prune(groups, level.directory, prefix)
            yield groups

    def _remove(self, entry: Entry, remove: Callable[..., None]) -> bool:
        """Delete *entry* of the open directory if it is wanted; say whether it is gone."""
        try:
            if self._walker.query.wants(entry):
                self._carry_out(entry, entry.name, remove, dir_fd=self.fd)
                return True
        except OSError as error:
            self._troubles.meet(entry.path, error)
        return False

    def _carry_out(self, entry: Entry, name: bytes, remove: Callable[..., None], **where: int) -> None:
        if not self.dry_run:
            remove(name, **where)
        elif entry.kind == "d" and not entry.is_empty():
            raise OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY))
        self._deleted(entry.path)

    def _go_down(self, level: _Level) -> None:
        path, depth, device, _ = level.directory
        name = level.below.pop()
        below = (prefix_of(path) + name, depth + 1, device, None)
        max_depth = self._walker.walking.max_depth
        if max_depth is not None and depth + 1 >= max_depth:
            level.kept -= self._remove(_Held(self, below[0], name, depth + 1, "d"), os.rmdir)
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
        above = self._levels[-1]
        if not os.path.samestat(os.fstat(up), above.found):
            raise OSError(
                errno.EAGAIN, f"{os.fsdecode(level.directory[0])} was moved meanwhile; nothing more is deleted"
            )
        path, depth = level.directory[:2]
        above.kept -= self._remove(_Held(self, path, level.name, depth, "d", level), os.rmdir)
