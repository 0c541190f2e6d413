"""Paths longer than the kernel takes at once (PATH_MAX): reached in steps, each relative to the last."""

import os

_LONGEST = 4000  # bytes, a little less than PATH_MAX
_STEP = 1024
_KEPT = 8  # descriptors that stay open, for the next path will share most steps
_LOOK = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_CLOEXEC

_steps: dict[bytes, int] = {}


def reach(path: bytes) -> tuple[int | None, bytes]:
    """Return a descriptor and the rest of *path* relative to it; the descriptor stays ours. Raises OSError."""
    if len(path) < _LONGEST:
        return None, path
    fd: int | None = None
    start = 0
    cut = path.find(b"/", _STEP)
    while 0 < cut < len(path) - 1:
        known = _steps.pop(path[:cut], None)
        fd = os.open(path[start:cut] or b"/", _LOOK, dir_fd=fd) if known is None else known
        _steps[path[:cut]] = fd  # the last in the dict is the last used
        start = cut + 1
        cut = path.find(b"/", start + _STEP)
    while len(_steps) > _KEPT:
        oldest = next(iter(_steps))
        os.close(_steps.pop(oldest))
    return fd, path[start:].lstrip(b"/")


def open_directory(path: bytes) -> int:
    """Open a directory of any path for reading; the caller closes it. Raises OSError."""
    fd, rest = reach(path)
    return os.open(rest, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=fd)


def stat(path: bytes, *, follow: bool = False) -> os.stat_result:
    """``os.stat`` for a path of any length. Raises OSError."""
    fd, rest = reach(path)
    return os.stat(rest, dir_fd=fd, follow_symlinks=follow)
