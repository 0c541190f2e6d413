"""The names in one directory, grouped by the type of what they name."""

import errno
import os
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice

from stdtools.shared import deep
from stdtools.tree.entry import letter_of

PIECE = 10_000  # entries; a directory may have millions

Groups = dict[str, list[bytes]]


def read_groups(path: bytes, all_kinds: bool) -> Iterable[Groups]:
    """Return the names in the directory *path*, piece by piece, under the letters of their types.

    Without *all_kinds* only ``d`` is told apart; the others are under the empty string, as are names
    whose type nobody can tell. Raises OSError, also later.
    """
    try:
        listing = os.scandir(path)
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        return read_deep(path)
    entries = list(islice(listing, PIECE))
    group = _group_all if all_kinds else _group
    if len(entries) < PIECE:
        return (group(entries),)
    return chain((group(entries),), _rest(listing, group))


def _rest(
    listing: "os._ScandirIterator[bytes]", group: Callable[[list[os.DirEntry[bytes]]], Groups]
) -> Iterator[Groups]:
    with listing:
        while entries := list(islice(listing, PIECE)):
            yield group(entries)


def _group(entries: list[os.DirEntry[bytes]]) -> Groups:
    directories: list[bytes] = []
    others: list[bytes] = []
    try:
        for entry in entries:
            (directories if entry.is_dir(follow_symlinks=False) else others).append(entry.name)
    except OSError:  # a type that the file system does not tell, of what cannot be asked for it
        return _group_carefully(entries)
    return {"d": directories, "": others}


def _group_all(entries: list[os.DirEntry[bytes]]) -> Groups:
    directories: list[bytes] = []
    files: list[bytes] = []
    groups = {"d": directories, "f": files}
    try:
        for entry in entries:
            if entry.is_file(follow_symlinks=False):
                files.append(entry.name)
            elif entry.is_dir(follow_symlinks=False):
                directories.append(entry.name)
            else:
                groups.setdefault(_letter(entry), []).append(entry.name)
    except OSError:
        return _group_carefully(entries)
    return groups


def _letter(entry: os.DirEntry[bytes]) -> str:
    return "l" if entry.is_symlink() else letter_of(entry.stat(follow_symlinks=False).st_mode)


def _group_carefully(entries: list[os.DirEntry[bytes]]) -> Groups:
    groups: Groups = {"d": []}
    for entry in entries:
        try:
            letter = "d" if entry.is_dir(follow_symlinks=False) else _letter(entry)
        except OSError:
            letter = ""  # whoever needs to know will ask again, and tell the error
        groups.setdefault(letter, []).append(entry.name)
    return groups


def read_deep(path: bytes) -> list[Groups]:
    """Return what ``read_groups`` does, of any path, with no descriptor left open. Raises OSError."""
    fd = deep.open_directory(path)
    try:
        return list(read_open(fd))
    finally:
        os.close(fd)


def read_open(fd: int) -> Iterator[Groups]:
    """Yield the names in the directory open as *fd*, as ``read_groups`` does. Raises OSError."""
    with os.scandir(fd) as listing:
        while entries := list(islice(listing, PIECE)):
            groups: Groups = {"d": []}
            for entry in entries:
                groups.setdefault(_deep_letter(entry), []).append(os.fsencode(entry.name))
            yield groups


def _deep_letter(entry: os.DirEntry[str]) -> str:
    if entry.is_dir(follow_symlinks=False):
        return "d"
    return "f" if entry.is_file(follow_symlinks=False) else ""
