"""A file that is changed where it is: written anew beside itself, and given its name when that is whole."""

import os
from collections.abc import Callable, Iterable

from stdtools.shared.atomic import has_content, replacement
from stdtools.shared.errors import raise_os_error
from stdtools.shared.streams import BLOCK, open_input


def rewrite(
    path: str, pieces: Iterable[bytes], *, backup: str | None = None, check: Callable[[int], None] | None = None
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
        try:
            changed = not has_content(output.fd, path)
            if changed and backup and os.path.exists(path):
                _copy(path, path + backup)
        except OSError as error:
            raise_os_error(error, path)
    return changed


def _copy(path: str, target: str) -> None:
    mode = os.stat(path).st_mode & 0o777
    with open_input(path) as source, replacement(target, mode) as output:
        while block := source.read(BLOCK):
            output.write(block)
