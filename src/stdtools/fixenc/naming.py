"""The names of files on a stream, each ended by a NUL, as find -0 writes them."""

import os

from stdtools.shared.errors import ToolError
from stdtools.shared.streams import BLOCK, open_input


def read_names(path: str) -> list[str]:
    """Return the names that the file *path* holds. Raises ToolError for an empty one, and for no NUL at all."""
    with open_input(path) as source:
        data = b"".join(iter(lambda: source.read(BLOCK), b""))
        where = source.name
    if data and b"\0" not in data:
        raise ToolError("has no NUL in it", where=where, hint="names must end with one: find -0, find -print0")
    names = data.split(b"\0")
    if names[-1] == b"":
        names.pop()
    if b"" in names:
        raise ToolError(f"name {names.index(b'') + 1} is empty", where=where)
    return [os.fsdecode(name) for name in names]
