"""A file that is changed where it is: written anew beside itself, and given its name when that is whole."""

import os
from collections.abc import Callable, Iterable

from stdtools.shared.atomic import replacement
from stdtools.shared.streams import BLOCK, open_input


def rewrite(
    path: str, pieces: Iterable[bytes], *, backup: str = "", check: Callable[[int], None] | None = None
) -> bool:
    """Replace the content of *path* by *pieces*; return whether anything has changed.

    *check* is handed the descriptor of what was written, and raises where it is not what was meant. *backup* is a
    suffix for a copy of what was there. Raises ToolError, and then nothing has changed.
    """
    with replacement(path) as output:
        for piece in pieces:
            output.write(piece)
        output.flush()
        if check is not None:
            check(output.fd)
        changed = not _holds(output.fd, path)
        if changed and backup and os.path.exists(path):
            _copy(path, path + backup)
    return changed


def _holds(fd: int, path: str) -> bool:
    """Whether the file *path*, if there is one, has the content of *fd*."""
    if not os.path.exists(path):
        return False
    with open_input(path) as old:
        if os.fstat(old.fd).st_size != os.fstat(fd).st_size:
            return False
        at = 0
        while block := old.read_at(at, BLOCK):
            if block != os.pread(fd, BLOCK, at):
                return False
            at += len(block)
    return True


def _copy(path: str, target: str) -> None:
    mode = os.stat(path).st_mode & 0o777
    with open_input(path) as source, replacement(target, mode) as output:
        while block := source.read(BLOCK):
            output.write(block)
