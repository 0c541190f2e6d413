"""Files, links and trees copied or moved, each file whole or not at all.

Every name is looked up in the descriptor of the directory that it is in, on both sides, and no link is followed
below the directory that is copied into: what is changed there meanwhile cannot lead a copy out of it.
"""

import errno
import os
import stat
from collections.abc import Callable

from stdtools.files.levels import OPEN, OPEN_DIRECTORY, Directory, Id, Level, Moved, above, id_of
from stdtools.files.making import Maker
from stdtools.files.moving import Removal
from stdtools.shared.deep import reach
from stdtools.shared.errors import ToolError, raise_os_error

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_NOT_RENAMED = (errno.EXDEV, errno.ENOTEMPTY, errno.EEXIST)


class Copier:
    """Copies what *maker* makes into directories below *root*.

    *tell* is told of trouble with a file, the others follow; a disk that is full is raised. *show* is called with
    source and target of all that is copied.
    """

    def __init__(
        self,
        root: Directory,
        maker: Maker,
        *,
        tell: Callable[[ToolError], None],
        show: Callable[[str, str], None] | None = None,
    ) -> None:
        self.counts = maker.counts
        self._maker = maker
        self._wishes = maker.wishes
        self._tell, self._show = tell, show
        self._removal = Removal(self._wishes, self._path, self.told)
        self._above = above(root.fd) if root.fd >= 0 else set()
        self._follow = self._wishes.links == "follow"
        self._flags = _READ if self._follow else _READ | os.O_NOFOLLOW
        self._stack: list[Level] = []
        self._sources: set[Id] = set()
        self._targets: set[Id] = set()

    def copy(self, source: str, into: Directory, name: str) -> None:
        """Copy *source*, a path of any length, to *name* in *into*, with all that is in it. Raises ToolError.

        An empty *name* means *into* itself, which gets what is in the directory *source*.
        """
        try:
            fd, rest = reach(os.fsencode(source))
        except OSError as error:
            self.told(error, source)
            return
        path = os.fsdecode(rest)
        base = Level(source.removesuffix(path), fd, None, into)
        self._stack = [base]
        self._targets = into.ids()
        self._sources = set()
        try:
            self._entry(path, name)
            while len(self._stack) > 1:
                level = self._stack[-1]
                if level.unread:
                    level.unread = False
                    self._read(level)
                elif level.directories:
                    directory = level.directories.pop()
                    self._entry(directory, directory)
                else:
                    self._leave()
            self._removal.finish(base)
        except Moved as error:
            self._tell(error)
        finally:
            for level in self._stack[1:]:
                level.rest()

    def _read(self, level: Level) -> None:
        """Copy what is in the directory, but for the directories in it."""
        follow = self._follow
        try:
            with os.scandir(level.source) as entries:
                for entry in list(entries) if self._wishes.move else entries:
                    try:
                        is_directory = entry.is_dir(follow_symlinks=follow)
                        is_file = entry.is_file(follow_symlinks=follow)
                    except OSError as error:  # a link that leads to itself, or where we may not go
                        self.told(error, self._path(entry.name))
                        continue
                    if is_directory:
                        level.directories.append(entry.name)
                    else:
                        self._entry(entry.name, entry.name, is_file=is_file)
        except OSError as error:
            self.told(error, self._path(""))

    def _entry(self, name: str, target: str, *, is_file: bool = False) -> None:
        """Copy *name* of the current level; a directory is entered."""
        level = self._stack[-1]
        try:
            if is_file and not self._wishes.move:
                return self._file(level, name, target)
            found = os.stat(name, dir_fd=level.source, follow_symlinks=self._follow)
            if stat.S_ISLNK(found.st_mode) and self._wishes.links == "skip":
                self.counts.skipped += 1
            elif self._wishes.move and target and self._renamed(level, name, target, found):
                pass
            elif stat.S_ISDIR(found.st_mode):
                self._enter(level, name, target)
            elif stat.S_ISREG(found.st_mode):
                self._file(level, name, target)
            else:
                self._other(level, name, target, found)
        except (OSError, ToolError) as error:
            self.told(error, self._path(name))

    def _enter(self, level: Level, name: str, target: str) -> None:
        source = os.open(name, OPEN_DIRECTORY | (0 if self._follow else os.O_NOFOLLOW), dir_fd=level.source)
        try:
            found = os.fstat(source)
            mine = id_of(found)
            if mine in self._above or mine in self._targets:
                raise ToolError("cannot be copied into itself", where=self._path(name))
            if mine in self._sources:
                raise ToolError("is a link to a directory that it is in", where=self._path(name))
            inner = self._inner(level.target, target)
            if inner.id == mine:
                inner.close()
                raise ToolError("is where it would be copied to", where=self._path(name))
        except BaseException:
            os.close(source)
            raise
        self._sources.add(mine)
        self._targets.add(inner.id)
        self._stack.append(Level(name, source, found, inner))
        if len(self._stack) > OPEN + 1:
            self._stack[-OPEN - 1].rest()
        self.counts.directories += 1

    def _inner(self, directory: Directory, name: str) -> Directory:
        make = not self._wishes.dry_run
        try:
            return directory.enter(name, make=make, sync=self._wishes.move) if name else directory.again()
        except OSError as error:
            raise_os_error(error, directory.path(name))

    def _leave(self) -> None:
        """Finish the directory of the current level, and go back to the one that it is in."""
        level, parent = self._stack[-1], self._stack[-2]
        where = self._path("")
        try:
            self._removal.finish(level)
            if level.target.fd >= 0 and level.found is not None and not self._wishes.dry_run:
                self._maker.attributes.give(
                    level.target.fd, level.found, level.source, passed_on=parent.target.inherits
                )
                if self._wishes.sync:
                    os.fsync(level.target.fd)
        except OSError as error:
            self.told(error, level.target.path(""))
        parent.wake(level)
        level.rest()
        self._stack.pop()
        if level.found is not None:
            self._sources.discard(id_of(level.found))
        self._targets.discard(level.target.id)
        self._removal.remove_directory(level, parent, where)

    def _file(self, level: Level, name: str, target: str) -> None:
        maker, directory = self._maker, level.target
        if self._wishes.update and not directory.fresh and self._is_left(level, name, target):
            return
        source = os.open(name, self._flags, dir_fd=level.source)
        try:
            found = os.fstat(source)
            if not stat.S_ISREG(found.st_mode):
                raise ToolError("was replaced while it was copied", where=self._path(name))
            old = None if directory.fresh else maker.old(directory, target, found)
            if self._show is not None:
                self._show(self._path(name), directory.path(target))
            if not self._wishes.dry_run:
                try:
                    linked = bool(maker.first) and maker.link(directory, target, found, old)
                    changed = not linked and maker.write(source, found, directory, target, replace=old is not None)
                except OSError as error:
                    raise_os_error(error, directory.path(target))
                if changed:
                    raise ToolError(
                        "was changed while it was copied", where=self._path(name), hint="copy it again with --update"
                    )
                self._removal.note(level, name, found)
            self.counts.done += 1
        finally:
            os.close(source)

    def _is_left(self, level: Level, name: str, target: str) -> bool:
        """Say whether --update leaves *target* as it is; the file *name* is opened only to be compared."""
        maker, directory = self._maker, level.target
        found = os.stat(name, dir_fd=level.source, follow_symlinks=self._follow)
        old = maker.old(directory, target, found)
        if old is None or not maker.is_current(old, found):
            return False
        if self._wishes.verify and not maker.is_newer(old, found):
            source = os.open(name, self._flags, dir_fd=level.source)
            try:
                if not maker.is_same(source, directory, target):
                    return False
            finally:
                os.close(source)
        self.counts.skipped += 1
        maker.note_first(found, directory, target, old)
        return True

    def _other(self, level: Level, name: str, target: str, found: os.stat_result) -> None:
        """Make *target* the same link or special file as *name*, of which *found* is known."""
        directory = level.target
        old = None if directory.fresh else self._maker.old(directory, target, found)
        text = os.readlink(name, dir_fd=level.source) if stat.S_ISLNK(found.st_mode) else None
        if old is not None and stat.S_IFMT(old.st_mode) == stat.S_IFMT(found.st_mode):
            same = old.st_rdev == found.st_rdev
            if text is not None:
                same = self._wishes.update and os.readlink(target, dir_fd=directory.fd) == text
            if same:
                self.counts.skipped += 1
                self._removal.note(level, name, found)
                return
        if self._show is not None:
            self._show(self._path(name), directory.path(target))
        self.counts.done += 1
        if not self._wishes.dry_run:
            try:
                self._maker.make_other(text, found, directory, target, replace=old is not None)
            except OSError as error:
                raise_os_error(error, directory.path(target))
            self._removal.note(level, name, found)

    def _renamed(self, level: Level, name: str, target: str, found: os.stat_result) -> bool:
        """Move *name* to *target* by renaming it, or leave it where --update does; False where it is to be copied."""
        directory, wishes = level.target, self._wishes
        is_directory = stat.S_ISDIR(found.st_mode)
        if is_directory and (wishes.update or wishes.links == "skip"):
            return False
        old = None if directory.fresh else self._maker.old(directory, target, found)
        if is_directory and (id_of(found) in self._above or id_of(found) in self._targets):
            raise ToolError("cannot be moved into itself", where=self._path(name))
        if is_directory and old is not None:
            return False
        if old is not None and wishes.update and self._maker.is_current(old, found):
            self.counts.skipped += 1
            return True
        if not wishes.dry_run:
            try:
                os.rename(name, target, src_dir_fd=level.source, dst_dir_fd=directory.fd)
            except OSError as error:
                if error.errno in _NOT_RENAMED:
                    return False
                raise
            self._maker.note(found)
            if wishes.sync:
                os.fsync(directory.fd)
        if self._show is not None:
            self._show(self._path(name), directory.path(target))
        self.counts.directories += is_directory
        self.counts.done += not is_directory
        return True

    def _path(self, name: str) -> str:
        """Return the path of *name* in the current level, as it was given."""
        return os.path.join(*(level.name for level in self._stack), name)

    def told(self, error: OSError | ToolError, where: str) -> None:
        """Tell of *error*, or raise it where it would come again with every file."""
        cause = error if isinstance(error, OSError) else error.__cause__
        if isinstance(error, OSError):
            error = ToolError(error.strerror or str(error), where=where or "''")
        if isinstance(cause, OSError) and cause.errno in FULL:
            raise ToolError(
                error.what, where=error.where, hint="with --update the next run goes on from here"
            ) from cause
        self._tell(error)
