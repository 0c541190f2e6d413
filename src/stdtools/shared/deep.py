"""Paths longer than the kernel takes at once (PATH_MAX): reached in steps, each relative to the last."""

import errno
import os

_LONGEST = 4000  # bytes, a little less than PATH_MAX
_STEP = 1024
_KEPT = 4  # descriptors that stay open, for the next path will share most steps
_LOOK = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_CLOEXEC

_steps: dict[bytes, int] = {}


def reach(path: bytes) -> tuple[int | None, bytes]:
    """Return a descriptor and the rest of *path* relative to it; the descriptor stays ours. Raises OSError."""
    if len(path) < _LONGEST:
        return None, path
    cuts = []
    cut = path.find(b"/", _STEP)
    while 0 < cut < len(path) - 1:
        cuts.append(cut)
        cut = path.find(b"/", cut + 1 + _STEP)
    known = next((number for number in reversed(range(len(cuts))) if path[: cuts[number]] in _steps), -1)
    fd, start = (_steps[path[: cuts[known]]], cuts[known] + 1) if known >= 0 else (None, 0)
    for cut in cuts[known + 1 :]:
        fd = _open(path[start:cut].lstrip(b"/") or b"." if start else path[:cut], fd)  # a slash first is the root's
        _steps[path[:cut]] = fd
        if len(_steps) > _KEPT:
            os.close(_steps.pop(next(iter(_steps))))
        start = cut + 1
    return fd, path[start:].lstrip(b"/")


def _open(path: bytes, fd: int | None) -> int:
    try:
        return os.open(path, _LOOK, dir_fd=fd)
    except OSError as error:
        if error.errno not in (errno.EMFILE, errno.ENFILE):
            raise
        for step, kept in list(_steps.items()):
            if kept != fd:
                os.close(_steps.pop(step))
        return os.open(path, _LOOK, dir_fd=fd)


def open_directory(path: bytes) -> int:
    """Open a directory of any path for reading; the caller closes it. Raises OSError."""
    fd, rest = reach(path)
    return os.open(rest, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=fd)


def stat(path: bytes, *, follow: bool = False) -> os.stat_result:
    """``os.stat`` for a path of any length. Raises OSError."""
    fd, rest = reach(path)
    return os.stat(rest, dir_fd=fd, follow_symlinks=follow)


def open_for(path: bytes, flags: int) -> int:
    """``os.open`` for a path of any length; the caller closes it. Raises OSError."""
    fd, rest = reach(path)
    return os.open(rest, flags | os.O_CLOEXEC, dir_fd=fd)


def exists(path: bytes) -> bool:
    """Say whether there is anything under *path*, be it a link that leads nowhere."""
    try:
        stat(path)
    except (OSError, ValueError):
        return False
    return True
