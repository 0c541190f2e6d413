"""What the file system knows of one path, asked for only when it is needed."""

import errno
import os
import stat

from stdtools.shared import deep

LETTERS = {
    stat.S_IFREG: "f",
    stat.S_IFDIR: "d",
    stat.S_IFLNK: "l",
    stat.S_IFIFO: "p",
    stat.S_IFSOCK: "s",
    stat.S_IFBLK: "b",
    stat.S_IFCHR: "c",
}
VANISHED = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ESTALE})
_NO_TARGET = frozenset({errno.ENOENT, errno.ENOTDIR})


def letter_of(mode: int) -> str:
    """Return the letter of a file's type, as ``find -type`` has it; ``?`` for one that we do not know."""
    return LETTERS.get(stat.S_IFMT(mode), "?")


def look(path: bytes, *, follow: bool = False) -> os.stat_result:
    """``os.stat`` for a path of any length; a link that leads nowhere stands for itself. Raises OSError."""
    try:
        return os.stat(path, follow_symlinks=follow)
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return deep.stat(path, follow=follow)
        if follow and error.errno in _NO_TARGET:
            return look(path)
        raise


class Entry:
    """A path that a walk has come to, *depth* levels below its root.

    *kind* is the letter of its type where the directory told it, else empty. With *follow* a
    symbolic link stands for what it points to. ``kind`` and ``stat`` raise OSError.
    """

    __slots__ = ("_kind", "_stat", "depth", "follow", "name", "path")

    def __init__(
        self,
        path: bytes,
        name: bytes,
        depth: int,
        kind: str = "",
        follow: bool = False,
        found: os.stat_result | None = None,
    ) -> None:
        self.path = path
        self.name = name
        self.depth = depth
        self.follow = follow
        self._kind = kind
        self._stat = found

    @property
    def kind(self) -> str:
        """The letter of its type."""
        if not self._kind:
            self._kind = letter_of(self.stat.st_mode)
        return self._kind

    @property
    def stat(self) -> os.stat_result:
        """What ``stat`` tells of it; asked once."""
        if self._stat is None:
            self._stat = look(self.path, follow=self.follow)
        return self._stat

    def reach(self) -> tuple[int | None, bytes]:
        """Return a path to it that is short enough for the kernel, and what that is relative to. Raises OSError."""
        return deep.reach(self.path)

    def is_empty(self) -> bool:
        """Say whether it is a file without bytes or a directory without entries. Raises OSError."""
        if self.kind != "d":
            return self.kind == "f" and self.stat.st_size == 0
        fd, path = self.reach()
        opened = os.open(path, os.O_RDONLY | os.O_DIRECTORY, dir_fd=fd)
        try:
            with os.scandir(opened) as listing:
                return next(listing, None) is None
        finally:
            os.close(opened)

    @classmethod
    def of_root(cls, path: bytes, *, follow: bool) -> "Entry":
        """Return the entry of a path that the user named; its name is the last part of it."""
        return cls(path, path.rstrip(b"/").rpartition(b"/")[2] or path[:1], 0, "", follow)
