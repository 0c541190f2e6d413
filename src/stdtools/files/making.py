"""What becomes of one file, link or special file in the directory that it is copied into."""

import os
import stat
from collections.abc import Callable
from typing import NamedTuple

from stdtools.files import placing
from stdtools.files.content import copy_bytes, same_bytes
from stdtools.files.levels import Directory, Id, id_of, open_below
from stdtools.shared.errors import ToolError

TWICE = "was just made of another source; it stays"


class Wishes(NamedTuple):
    """What was asked for: *links* is keep, follow or skip."""

    move: bool = False
    update: bool = False
    verify: bool = False
    sync: bool = False
    meta: bool = True
    links: str = "keep"
    dry_run: bool = False


class Counts:
    """What was done so far: *done* counts files, links and special files, *skipped* those that were left out."""

    def __init__(self) -> None:
        self.done = self.directories = self.skipped = self.bytes = 0


def _lateness(old: os.stat_result, found: os.stat_result) -> int:
    """Return how much later *old* is than what was *found*, in nanoseconds, or seconds where it has no others."""
    unit = 10**9 if old.st_mtime_ns % 10**9 == 0 else 1  # some file systems keep whole seconds
    return old.st_mtime_ns // unit - found.st_mtime_ns // unit


class First(NamedTuple):
    """The first copy of a file that has several names: what was *found* of the file, and what was *made* of it."""

    found: os.stat_result
    place: str
    name: str
    made: Id

    def is_of(self, found: os.stat_result) -> bool:
        """Say whether this is of the file as it was *found* now, and not of one that had its number before."""
        return (found.st_size, found.st_mtime_ns) == (self.found.st_size, self.found.st_mtime_ns)


class Maker:
    """Makes copies below *root*, and counts; with *once* it overwrites nothing that it made.

    ``on_tick``, where there is one, is called often.
    """

    def __init__(self, root: Directory, wishes: Wishes, *, once: bool) -> None:
        self.counts = Counts()
        self.attributes = placing.Attributes(meta=wishes.meta)
        self.on_tick: Callable[[Counts], None] | None = None
        self.wishes = wishes
        self._root = root
        self._made: set[Id] | None = set() if once else None
        self.first: dict[Id, First] = {}  # of files with several names

    def count(self, count: int) -> None:
        """Count so many bytes more."""
        self.counts.bytes += count
        if self.on_tick is not None:
            self.on_tick(self.counts)

    def note(self, made: os.stat_result) -> None:
        """Remember that this was made."""
        if self._made is not None:
            self._made.add(id_of(made))

    def note_first(self, found: os.stat_result, directory: Directory, target: str, made: os.stat_result) -> None:
        """Remember where the first copy is of a file that has several names."""
        if found.st_nlink > 1:
            self.first[id_of(found)] = First(found, directory.below(), target, id_of(made))

    def old(self, directory: Directory, target: str, found: os.stat_result) -> os.stat_result | None:
        """Return what *target* is now; raise ToolError where what was *found* cannot take its place."""
        try:
            old = os.stat(target, dir_fd=directory.fd, follow_symlinks=False)
        except FileNotFoundError:
            return None
        kind = stat.S_IFMT(old.st_mode)
        if id_of(old) == id_of(found):
            raise ToolError("is the same file as its source", where=directory.path(target))
        if (kind == stat.S_IFDIR) != stat.S_ISDIR(found.st_mode):
            what = "is a directory; a file cannot take its place" if kind == stat.S_IFDIR else "is no directory"
            raise ToolError(what, where=directory.path(target))
        if kind not in (stat.S_IFREG, stat.S_IFLNK, stat.S_IFDIR) and kind != stat.S_IFMT(found.st_mode):
            raise ToolError("is a special file, which is not replaced", where=directory.path(target))
        if self._made is not None and id_of(old) in self._made:
            raise ToolError(TWICE, where=directory.path(target))
        return old

    def is_current(self, old: os.stat_result, found: os.stat_result) -> bool:
        """Say whether *old* is of the same kind as what was *found*, and newer, or of the same time and size."""
        if stat.S_IFMT(old.st_mode) != stat.S_IFMT(found.st_mode):
            return False
        if _lateness(old, found):
            return _lateness(old, found) > 0
        return old.st_size == found.st_size

    def is_newer(self, old: os.stat_result, found: os.stat_result) -> bool:
        """Say whether *old* is newer than what was *found*."""
        return _lateness(old, found) > 0

    def is_same(self, source: int, directory: Directory, target: str) -> bool:
        """Say whether *target* has the content of the open file *source*. Raises OSError."""
        fd = os.open(target, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory.fd)
        try:
            return same_bytes(source, fd, self.count)
        finally:
            os.close(fd)

    def write(self, source: int, found: os.stat_result, directory: Directory, target: str, *, replace: bool) -> bool:
        """Copy the open file *source* to *target*; return whether it was changed meanwhile. Raises OSError."""
        verified = self.wishes.verify or self.wishes.move
        new = placing.create(directory.fd)
        try:
            copy_bytes(source, new.fd, found, self.count)
            if verified:
                os.fsync(new.fd)
                is_same = same_bytes(source, new.fd, self.count)
            after = os.fstat(source)
            changed = (after.st_mtime_ns, after.st_size) != (found.st_mtime_ns, found.st_size)
            if verified and not is_same and not changed:
                raise ToolError("is not what was written there; the disk may be failing", where=directory.path(target))
            self.attributes.give(new.fd, found, source, passed_on=directory.inherits)
            if verified or self.wishes.sync:
                os.fsync(new.fd)
            placing.place(new, directory.fd, target, replace=replace)
            if found.st_nlink > 1 or self._made is not None:
                made = os.fstat(new.fd)
                self.note(made)
                self.note_first(found, directory, target, made)
        except BaseException:
            placing.discard(new.name, directory.fd)
            raise
        finally:
            os.close(new.fd)
        return changed

    def link(self, directory: Directory, target: str, found: os.stat_result, old: os.stat_result | None) -> bool:
        """Make *target* another name of the copy of the same file; False where that cannot be."""
        first = self.first.get(id_of(found))
        if first is None or not first.is_of(found):
            return False
        if found.st_nlink == 1:  # the others were moved; the number of the file may be used again
            del self.first[id_of(found)]
        if old is not None and id_of(old) == first.made:
            return True
        temporary = placing.temporary_name()
        try:
            fd = open_below(self._root.fd, first.place)
            try:
                os.link(first.name, temporary, src_dir_fd=fd, dst_dir_fd=directory.fd, follow_symlinks=False)
            finally:
                os.close(fd)
            if id_of(os.stat(temporary, dir_fd=directory.fd, follow_symlinks=False)) != first.made:
                return False
            os.rename(temporary, target, src_dir_fd=directory.fd, dst_dir_fd=directory.fd)
        except OSError:
            return False  # it was moved, has as many names as there can be, or this file system has no such links
        finally:
            placing.discard(temporary, directory.fd)
        return True

    def make_other(
        self, text: str | None, found: os.stat_result, directory: Directory, target: str, *, replace: bool
    ) -> None:
        """Make *target* a link that says *text*, or a special file like the one that was *found*. Raises OSError."""
        if not replace:
            try:
                self._make_other(text, found, directory, target)
            except FileExistsError:  # somebody else made it meanwhile
                replace = True
        if replace:
            temporary = placing.temporary_name()
            self._make_other(text, found, directory, temporary)
            placing.rename(temporary, directory.fd, target)
        if self._made is not None:
            self.note(os.stat(target, dir_fd=directory.fd, follow_symlinks=False))

    def _make_other(self, text: str | None, found: os.stat_result, directory: Directory, name: str) -> None:
        if text is not None:
            os.symlink(text, name, dir_fd=directory.fd)
        else:
            placing.make_special(name, directory.fd, found)
        self.attributes.give_name(name, directory.fd, found)
