"""What ``os.walk`` yields, without its recursion: a directory, the directories in it, and its other entries.

In order of names, which ``os.walk`` leaves to the file system.
"""

import contextlib
import stat
from collections.abc import Iterator
from typing import NamedTuple

from stdtools.tree.entry import Entry, look
from stdtools.tree.walker import Directory, Walker


class Triple(NamedTuple):
    """A directory's path and the names in it; a link to a directory is among *directories*, but not entered."""

    path: bytes
    directories: list[bytes]
    files: list[bytes]


def triples(walker: Walker, start: Directory, *, bottom_up: bool = False) -> Iterator[Triple]:
    """Yield a triple for *start* and each directory below, before those in it or with *bottom_up* after."""
    stack: list[tuple[Triple, list[Directory]]] = []
    waiting = [start]
    while waiting or stack:
        if waiting:
            said = walker.troubles.count
            triple, below = _read(walker, waiting.pop())
            if walker.troubles.count > said and not (triple.directories or triple.files):
                continue  # os.walk yields nothing either of what it cannot read
            if bottom_up:
                stack.append((triple, below))
                waiting = [below.pop()] if below else []
            else:
                yield triple
                waiting += below
        else:
            triple, below = stack[-1]
            if below:
                waiting = [below.pop()]
            else:
                yield stack.pop()[0]


def _read(walker: Walker, directory: Directory) -> tuple[Triple, list[Directory]]:
    triple = Triple(directory[0], [], [])
    below = []
    for entry in walker.children(directory):
        try:
            if _leads_to_directory(entry):
                triple.directories.append(entry.name)
                inside = walker.below(entry, directory)
                if inside is not None:
                    below.append(inside)
            elif walker.query.wants(entry):
                triple.files.append(entry.name)
        except OSError as error:
            walker.troubles.meet(entry.path, error)
    triple.directories.sort()
    triple.files.sort()
    below.sort(reverse=True)  # the next one is taken from the end
    return triple, below


def _leads_to_directory(entry: Entry) -> bool:
    if entry.kind == "l":
        with contextlib.suppress(OSError):  # it leads nowhere, or round in a circle
            return stat.S_ISDIR(look(entry.path, follow=True).st_mode)
    return entry.kind == "d"
