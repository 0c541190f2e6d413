"""A layout with a name, and where in a file it begins."""

import os
from typing import NamedTuple

from stdtools.shared.errors import ToolError
from stdtools.shared.streams import Input

LONGEST_SEARCH = 66_000  # a zip file's end begins at most 65,557 bytes before the end of the file


class NamedLayout(NamedTuple):
    """A layout file's content; ``origin`` is its path."""

    name: str
    origin: str
    layout: str
    description: str = ""
    magic: bytes = b""
    skip: int = 0
    limit: int | None = None
    search: bool = False


def go_to_start(source: Input, named: NamedLayout, skip: int | None) -> int:
    """Move *source* to its first record and return that position in bytes.

    *skip* takes the place of the layout's own. Raises ToolError when the layout's magic is not there.
    """
    if named.search and skip is None:
        source.go_to(_last_magic(source, named))
    else:
        source.skip(named.skip if skip is None else skip)
    found = source.peek(len(named.magic))
    if found != named.magic:
        raise ToolError(
            f"this is not {named.name}: it begins with {found.hex() or 'nothing'}, not {named.magic.hex()}",
            where=source.name,
        )
    return source.position


def _last_magic(source: Input, named: NamedLayout) -> int:
    if not source.is_file:
        raise ToolError(f"{named.name} is searched from the end", where=source.name, hint="give a FILE, not a pipe")
    size = os.fstat(source.fd).st_size
    begin = max(0, size - LONGEST_SEARCH)
    at = source.read_at(begin, LONGEST_SEARCH).rfind(named.magic)
    if at < 0:
        raise ToolError(f"this is not {named.name}: {named.magic.hex()} is not near its end", where=source.name)
    return begin + at
