"""Many files written as one: all of them, or none; and none of them outside of their directory."""

import contextlib
import os
import sys
from collections.abc import Callable
from itertools import count
from types import TracebackType
from typing import NamedTuple

from stdtools.shared.atomic import COPY_BLOCK, is_named, is_safe_from_sweepers, replaceable, write_new
from stdtools.shared.disk import lock_at_once, sync_directory
from stdtools.shared.errors import ToolError, raise_os_error
from stdtools.shared.scratch import scratch_file
from stdtools.shared.streams import Output

_OURS = ".stdtools"  # what the names of temporary files begin with
_STAGE = (".stdtools-tmpl-", ".tmp")  # what is around the number in the name of a directory of such
_MOST_SYNCED = 1000  # files one by one; more are left to one sync of everything


class _Change(NamedTuple):
    """A file that is ready under a name of its own, and the path that it is for."""

    ready: str
    target: str
    is_new: bool


class FileSet:
    """The files of one run below the directory *root*; leaving the ``with`` block without ``commit`` drops them.

    They are written into a directory beside their places first. *dry* only finds out what would change.
    """

    def __init__(self, root: str, *, dry: bool) -> None:
        self.changed: list[str] = []
        self.unchanged = 0
        self._root = root
        self._dry = dry
        self._real_root = os.path.realpath(root or ".")
        self._directories: dict[str, str] = {}  # as named: as they really are
        self._owners: dict[str, int] = {}
        self._changes: list[_Change] = []
        self._made: list[str] = []
        self._stage = ""
        self._lock = -1

    def add(self, path: str, data: bytes, number: int) -> None:
        """Take *data* for the file *path*, which is that of the record of a *number*. Raises ToolError."""
        target = self._target(path, number)
        try:
            old = replaceable(target)
            if old is not None and old.st_size == len(data) and _content(target, len(data)) == data:
                self.unchanged += 1
                return
            self.changed.append(path)
            if not self._dry:
                self._write(target, data, old)
        except OSError as error:
            raise_os_error(error, path)

    def _target(self, path: str, number: int) -> str:
        """Return where *path* really is. Raises ToolError where that is no place for the record of *number*."""
        where = f"record {number}"
        below = path[len(self._root) :]
        directory, name = os.path.split(path)
        steps = below.split("/")
        is_ours = any(step.startswith(_OURS) for step in steps)
        is_name = name not in ("", ".") and not is_ours and _is_encodable(path)
        if not is_name or os.path.isabs(below) or ".." in steps:
            raise ToolError(f"{path!r} is no name for a file in {self._root or '.'}", where=where)
        real = self._directories.get(directory)
        if real is None:
            real = self._directories[directory] = os.path.realpath(directory or ".")
        target = os.path.join(real, name)
        if os.path.islink(target):
            target = os.path.realpath(target)
        if not target.startswith(os.path.join(self._real_root, "")):
            raise ToolError(f"{path!r} is by a link outside of {self._root or '.'}", where=where)
        key = target
        if sys.platform == "darwin":  # where names that differ in case, or in how accents are written, are one
            import unicodedata

            key = unicodedata.normalize("NFC", target).casefold()
        if self._owners.setdefault(key, number) != number:
            raise ToolError(f"its file {path!r} is that of record {self._owners[key]} too", where=where)
        return target

    def _write(self, target: str, data: bytes, old: os.stat_result | None) -> None:
        if not self._stage:
            self._open_stage()
        ready = os.path.join(self._stage, str(len(self._changes)))
        write_new(ready, data, target, old, sync=len(self._changes) < _MOST_SYNCED)
        self._changes.append(_Change(ready, target, old is None))

    def _open_stage(self) -> None:
        """Make the directory that the files wait in."""
        self._make(self._real_root)
        for slot in count():
            stage = os.path.join(self._real_root, str(slot).join(_STAGE))
            with contextlib.suppress(FileExistsError):
                os.mkdir(stage, 0o700)
                fd = _locked(stage)
                if fd is not None:
                    self._stage, self._lock = stage, fd
                    return

    def _make(self, directory: str) -> None:
        """Make *directory* and those above it, and remember which were not there."""
        if not directory or os.path.isdir(directory):
            return
        self._make(os.path.dirname(directory))
        try:
            os.mkdir(directory)
        except FileExistsError:
            if os.path.isdir(directory):  # another run has made it meanwhile
                return
            raise
        self._made.append(directory)

    def commit(self) -> None:
        """Put every file in its place; when that fails for one, everything is as it was before."""
        if len(self._changes) >= _MOST_SYNCED:
            os.sync()
        done: list[_Change] = []
        try:
            for change in self._changes:
                self._make(os.path.dirname(change.target))
                if not change.is_new:
                    _keep(change)
                done.append(change)
                os.rename(change.ready, change.target)
            for directory in {os.path.dirname(path) for path in [*self._made, *(each.target for each in done)]}:
                sync_directory(directory)
        except BaseException as error:
            for change in reversed(done):
                with contextlib.suppress(OSError):
                    _undo(change)
            if isinstance(error, OSError):
                raise_os_error(error, done[-1].target if done else self._real_root)
            raise
        self._made = []

    def __enter__(self) -> "FileSet":
        if not self._dry:
            _sweep_below(self._real_root)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stage:
            try:
                _remove(self._stage)
            except BaseException:  # a signal that has come meanwhile; another one would end us at once
                _remove(self._stage)
                raise
        if self._lock >= 0:
            os.close(self._lock)
        for directory in reversed(self._made):
            with contextlib.suppress(OSError):
                os.rmdir(directory)


def would_change(path: str, fill: Callable[[Output], int]) -> tuple[int, bool]:
    """Return what *fill* returns, and whether the file *path* is anything else than what it writes."""
    try:
        with scratch_file() as new:
            output = Output(new.fileno(), path)
            code = fill(output)
            output.flush()
            size = os.fstat(new.fileno()).st_size
            old = replaceable(path)
            if old is None or old.st_size != size:
                return code, True
            with open(path, "rb", buffering=0) as file:
                blocks = iter(lambda: file.read(COPY_BLOCK), b"")
                starts = iter(range(0, size, COPY_BLOCK))
                return code, any(os.pread(new.fileno(), COPY_BLOCK, at) != next(blocks, b"") for at in starts)
    except OSError as error:
        raise_os_error(error, path)


def _is_encodable(path: str) -> bool:
    try:
        return b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:  # half of a pair of surrogates
        return False


def _content(path: str, size: int) -> bytes:
    with open(path, "rb", buffering=0) as file:
        return b"".join(iter(lambda: file.read(min(size + 1, COPY_BLOCK)), b""))


def _keep(change: _Change) -> None:
    """Keep the old file of *change* beside the new one."""
    try:
        os.link(change.target, f"{change.ready}-old")
    except OSError:  # a file system without hard links
        import shutil

        shutil.copy2(change.target, f"{change.ready}-old")


def _undo(change: _Change) -> None:
    """Take *change* back, of which only the last step may be missing."""
    if not change.is_new:
        os.rename(f"{change.ready}-old", change.target)
    elif not os.path.lexists(change.ready):
        os.unlink(change.target)


def _remove(stage: str) -> None:
    with contextlib.suppress(OSError):
        for name in os.listdir(stage):
            os.unlink(os.path.join(stage, name))
        os.rmdir(stage)


def _locked(stage: str) -> int | None:
    """Return the new directory *stage*, open and locked; None where a sweeper was faster."""
    try:
        fd = os.open(stage, os.O_RDONLY)
    except FileNotFoundError:
        return None
    if is_safe_from_sweepers(fd, stage):
        return fd
    os.close(fd)
    return None


def _sweep_below(root: str) -> None:
    """Remove what killed runs have left in the directory *root*."""
    before, after = _STAGE
    with contextlib.suppress(OSError):
        for name in os.listdir(root):
            if name.startswith(before) and name.endswith(after):
                _sweep(os.path.join(root, name))


def _sweep(stage: str) -> None:
    """Remove the directory *stage* if it is ours and nobody alive has it locked."""
    with contextlib.suppress(OSError):
        fd = os.open(stage, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            if os.fstat(fd).st_uid == os.geteuid() and lock_at_once(fd) and is_named(fd, stage):
                _remove(stage)
        finally:
            os.close(fd)
