"""Directories on the way down, each an open descriptor, few of them open however deep the tree is."""

import errno
import os
import stat
from collections.abc import Iterator

from stdtools.files.placing import inherits, sweep
from stdtools.shared.errors import ToolError

OPEN = 100  # levels with open descriptors, two each
OPEN_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC

Id = tuple[int, int]  # of a file: device and inode


def id_of(found: os.stat_result) -> Id:
    """Return what tells a file from all others."""
    return found.st_dev, found.st_ino


class Moved(ToolError):
    """A directory was moved while it was copied."""


class Directory:
    """A directory that is copied into: open as *fd*, or in a dry run -1 where there is none yet.

    ``fresh`` says that it was made by us, so that nothing is in it.
    """

    __slots__ = ("fd", "fresh", "id", "inherits", "name", "parent")

    def __init__(self, fd: int, name: str, parent: "Directory | None", *, fresh: bool) -> None:
        self.fd = fd
        self.name = name
        self.parent = parent
        self.fresh = fresh
        self.id: Id = (0, 0)
        self.inherits = False
        if fd >= 0:
            found = os.fstat(fd)
            self.id = id_of(found)
            self.inherits = inherits(fd, found)

    def enter(self, name: str, *, make: bool, sync: bool) -> "Directory":
        """Open the directory *name* in here, and *make* it where it is missing; with *sync* that is on the disk.

        Raises OSError, and ToolError where something else has the name: a link could lead anywhere.
        """
        fresh = False
        if make:
            try:
                os.mkdir(name, 0o700, dir_fd=self.fd)
                fresh = True
                if sync:
                    os.fsync(self.fd)
            except FileExistsError:
                pass
        elif self.fd < 0:
            return Directory(-1, name, self, fresh=True)
        try:
            fd = os.open(name, OPEN_DIRECTORY | os.O_NOFOLLOW, dir_fd=self.fd)
        except FileNotFoundError:
            if make:
                raise
            return Directory(-1, name, self, fresh=True)
        except OSError as error:
            if error.errno in (errno.ENOTDIR, errno.ELOOP):
                is_link = stat.S_ISLNK(os.stat(name, dir_fd=self.fd, follow_symlinks=False).st_mode)
                what = "is a link, and what is below it would leave the directory" if is_link else "is no directory"
                raise ToolError(what, where=self.path(name)) from None
            raise
        if make and not fresh:
            sweep(fd)
        return Directory(fd, name, self, fresh=fresh)

    def again(self) -> "Directory":
        """Return this directory with a descriptor of its own."""
        return Directory(os.dup(self.fd) if self.fd >= 0 else -1, self.name, self.parent, fresh=self.fresh)

    def ids(self) -> set[Id]:
        """Return the ids of the directories from here up to the one that all are in."""
        at: Directory | None = self
        ids = set()
        while at is not None:
            ids.add(at.id)
            at = at.parent
        return ids

    def names(self) -> Iterator[str]:
        """Yield the names of the directories from here up to the one that all are in."""
        at: Directory | None = self
        while at is not None:
            yield at.name
            at = at.parent

    def path(self, name: str) -> str:
        """Return the path of *name* in here, as it is shown."""
        return os.path.join(*reversed([name, *self.names()])) if name else "/".join(reversed(list(self.names())))

    def below(self) -> str:
        """Return the path of this directory below the one that all are in."""
        return "/".join(list(reversed(list(self.names())))[1:])

    def close(self) -> None:
        """Close it."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


def open_below(root: int, path: str) -> int:
    """Open the directory *path* below *root*, no part of which may be a link. Raises OSError."""
    fd = os.dup(root)
    for name in filter(None, path.split("/")):
        try:
            inner = os.open(name, OPEN_DIRECTORY | os.O_NOFOLLOW, dir_fd=fd)
        finally:
            os.close(fd)
        fd = inner
    return fd


class Level:
    """A directory that is copied, *found* and open as *source*, and the *target* that it is copied into.

    The lowest, which is not itself copied, is where a path begins: its *source* may be None, the current directory.
    """

    __slots__ = ("directories", "found", "moved", "name", "source", "target", "unread")

    def __init__(self, name: str, source: int | None, found: os.stat_result | None, target: Directory) -> None:
        self.name = name
        self.source = source
        self.found = found
        self.target = target
        self.unread = True
        self.directories: list[str] = []
        self.moved: list[tuple[str, os.stat_result]] = []  # copied, and to be removed from here

    def rest(self) -> None:
        """Close the descriptors, until ``wake``."""
        if self.source is not None and self.source >= 0:
            os.close(self.source)
        self.source = -1
        self.target.close()

    def wake(self, below: "Level") -> None:
        """Open the descriptors again, from those of the level *below*. Raises Moved when one was."""
        if self.source != -1 or self.found is None:
            return
        self.source = _up(below.source, id_of(self.found), self.name)
        if below.target.fd >= 0:
            self.target.fd = _up(below.target.fd, self.target.id, self.target.name)


def _up(fd: int | None, wanted: Id, name: str) -> int:
    up = os.open("..", OPEN_DIRECTORY, dir_fd=fd)
    if id_of(os.fstat(up)) != wanted:
        os.close(up)
        raise Moved("was moved while what is in it was copied; nothing more of it is copied", where=name)
    return up


def above(directory: int) -> set[Id]:
    """Return the ids of the open *directory* and of all above it."""
    ids: set[Id] = set()
    fd = os.dup(directory)
    try:
        while (here := id_of(os.fstat(fd))) not in ids:
            ids.add(here)
            up = os.open("..", OPEN_DIRECTORY, dir_fd=fd)
            os.close(fd)
            fd = up
    except PermissionError:
        pass  # what cannot be passed through is not above what can be copied from
    finally:
        os.close(fd)
    return ids
