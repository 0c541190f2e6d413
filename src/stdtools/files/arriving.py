"""Where the copies of names arrive below one directory: their own parts, without the first few."""

import contextlib
import errno
import os
import stat
from typing import NamedTuple

from stdtools.files.copying import Copier
from stdtools.files.levels import Directory, open_below
from stdtools.files.making import Maker
from stdtools.shared import deep
from stdtools.shared.errors import ToolError, raise_os_error

_KEPT = 100  # directories that stay open for the next name


def parts_of(path: str, strip: int) -> tuple[list[str], list[str]]:
    """Return the first *strip* parts of *path* and the others; the ``/`` that an absolute one begins with is a part.

    Raises ToolError where what is left would lead out of a directory.
    """
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if path.startswith("/"):
        parts.insert(0, "/")
    gone, left = parts[:strip], parts[strip:]
    if left and left[0] == "/":
        raise ToolError("is absolute", where=path, hint="--strip 1 takes the / away")
    if ".." in left:
        raise ToolError("has .. in it, which could lead out of the directory", where=path)
    return gone, left


class _Made(NamedTuple):
    """What a directory is a copy of, and whether that was named and not only what is in it."""

    source: str
    found: os.stat_result  # before anything was moved from it
    listed: bool


class Arrivals:
    """Directories below *root* that names arrive in, made like those that the names came from."""

    def __init__(self, root: Directory, copier: Copier, maker: Maker, strip: int) -> None:
        self._root = root
        self._copier = copier
        self._maker = maker
        self._wishes = maker.wishes
        self._strip = strip
        self._chain: list[Directory] = []  # the way to the last name
        self._tail: Directory | None = None  # what is too deep to be kept
        self._made: dict[str, _Made] = {}  # by their paths below the root

    def copy(self, source: str) -> None:
        """Copy *source*, with all that is in it, to its place. Raises ToolError."""
        gone, parts = parts_of(source, self._strip)
        if not parts:
            if not os.path.isdir(source):
                raise ToolError(f"has {len(gone)} parts; --strip {self._strip} leaves no name", where=source)
            self._copier.copy(source, self._root, "")
            return
        self._copier.copy(source, self._reach(gone, parts[:-1]), parts[-1])

    def copy_alone(self, source: str) -> None:
        """Copy *source*, of a directory not what is in it. Raises ToolError."""
        try:
            found = deep.stat(os.fsencode(source), follow=self._wishes.links == "follow")
        except OSError as error:
            raise_os_error(error, source)
        if not stat.S_ISDIR(found.st_mode):
            self.copy(source)
            return
        gone, parts = parts_of(source, self._strip)
        if parts:
            directory = self._reach(gone, parts)
            if not self._wishes.dry_run:
                self._made[directory.below()] = _Made(source, found, listed=True)

    def _reach(self, gone: list[str], parts: list[str]) -> Directory:
        """Return the directory of these *parts* below the root, made where it is missing."""
        if self._tail is not None:
            self._tail.close()
            self._tail = None
        known = 0
        while known < min(len(parts), len(self._chain)) and self._chain[known].name == parts[known]:
            known += 1
        while len(self._chain) > known:
            self._chain.pop().close()
        at = self._chain[-1] if self._chain else self._root
        for number in range(known, len(parts)):
            inner = self._enter(at, parts[number], os.path.join(*gone, *parts[: number + 1]))
            if number < _KEPT:
                self._chain.append(inner)
            else:
                if at is self._tail:
                    at.close()
                self._tail = inner
            at = inner
        return at

    def _enter(self, at: Directory, name: str, source: str) -> Directory:
        """Return the directory *name* in *at*, made like *source* where it is missing."""
        try:
            found = deep.stat(os.fsencode(source), follow=True)
        except OSError as error:
            raise_os_error(error, source)
        try:
            inner = at.enter(name, make=not self._wishes.dry_run, sync=self._wishes.move)
        except OSError as error:
            raise_os_error(error, at.path(name))
        if inner.fresh and not self._wishes.dry_run:
            self._made[inner.below()] = _Made(source, found, listed=False)
            self._maker.counts.directories += 1
            inner.fresh = False  # for the next name it has this one in it
        return inner

    def finish(self) -> None:
        """Give the directories that were made what belongs to them; remove those that all was moved from."""
        for directory in reversed(self._chain):
            directory.close()
        for below, made in sorted(self._made.items(), key=lambda item: -item[0].count("/")):
            path = os.fsencode(made.source)
            try:
                self._give(below, path, made.found)
                if self._wishes.move and made.listed:
                    fd, rest = deep.reach(path)
                    os.rmdir(rest, dir_fd=fd)
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    self._copier.told(error, os.path.join(self._root.name, below))

    def _give(self, below: str, source: bytes, found: os.stat_result) -> None:
        fd = open_below(self._root.fd, below)
        original = None
        try:
            with contextlib.suppress(PermissionError):
                original = deep.open_directory(source)
            self._maker.attributes.give(fd, found, original, passed_on=True)
            if self._wishes.sync:
                os.fsync(fd)
        finally:
            os.close(fd)
            if original is not None:
                os.close(original)
