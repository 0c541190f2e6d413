"""``dbm.dumb``: an index of text lines in .dir (and .bak, the one before), values in .dat.

Format: Lib/dbm/dumb.py of CPython. A line is ``%r, (position, size)`` in Latin-1. New keys are
appended to .dir at once; every other change is written when the store is closed, as a whole new
.dir, the old one having become .bak. A process that is killed leaves an older or a torn .dir.
"""

import os
import re
from collections.abc import Iterator
from typing import NamedTuple

from stdtools.kv.foreign import Entry, ForeignStore, open_regular
from stdtools.shared.errors import ToolError, raise_os_error

LONGEST_LINE = 64 << 20
DIGITS = rb"(\d{1,19})L?"  # Python 2 wrote 5L
LINE = re.compile(
    rb"""[bu]?(?:'([^'\\]*+(?:\\.[^'\\]*+)*+)'|"([^"\\]*+(?:\\.[^"\\]*+)*+)"), \(%b, %b\)\s*""" % (DIGITS, DIGITS),
    re.DOTALL,
)
ESCAPE = re.compile(rb"\\(?:x([0-9a-f]{2})|(.))", re.DOTALL)
ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"\\": b"\\", b"'": b"'", b'"': b'"'}  # what repr writes


def has_line(text: bytes) -> bool:
    """Whether one of the first lines of *text* is a line of an index."""
    return any(parse_line(line) for line in text.split(b"\n", 100))


def parse_line(line: bytes) -> Entry | None:
    """Return what a line of an index says, None when it is no such line."""
    match = LINE.fullmatch(line)
    if match is None:
        return None
    single, double, position, size = match.groups()
    key = double if single is None else single
    if b"\\" in key:
        try:
            key = ESCAPE.sub(_unescaped, key)
        except KeyError:
            return None
    return Entry(key, int(position), int(size))


def _unescaped(match: re.Match[bytes]) -> bytes:
    digits, letter = match.groups()
    return bytes([int(digits, 16)]) if digits else ESCAPES[letter]


class Index(NamedTuple):
    """What an index file says: the last line of a key counts. ``damaged`` are numbers of lines, from 1."""

    places: dict[bytes, tuple[int, int]]
    lines: int
    damaged: list[int]


def read_index(path: str) -> Index | None:
    """Read the lines of the file *path*; None when it is not there."""
    index, lines, damaged = {}, 0, []
    try:
        with open(open_regular(path), "rb") as file:
            while line := file.readline(LONGEST_LINE):
                lines += 1
                entry = parse_line(line)
                if entry is None:
                    damaged.append(lines)
                    if len(line) == LONGEST_LINE:  # of no key: a hole in the file, which may have no end
                        break
                else:
                    index[entry.key] = entry[1:]
    except FileNotFoundError:
        return None
    except OSError as error:
        raise_os_error(error, path)
    return Index(index, lines, damaged)


class DumbStore(ForeignStore):
    """A dumb store; its index is held in memory, as dbm.dumb holds it."""

    def _load(self) -> None:
        index = read_index(self.index_path)
        if index is not None and index.lines and not index.damaged:
            self._places = index.places
        else:
            self._places = self._repaired(index)
        self._note_overlap()

    def _repaired(self, index: Index | None) -> dict[bytes, tuple[int, int]]:
        """Return the readable lines of .dir and, for keys that they lack, those of .bak.

        Every deletion writes a new .dir, so that an empty one comes after one of a single line; when
        .bak has more, the writer was killed between opening the new .dir and writing it.
        """
        backup_path = self.index_path.removesuffix(".dir") + ".bak"
        backup = read_index(backup_path)
        name, backup_name = os.path.basename(self.index_path), os.path.basename(backup_path)
        if index is None:
            index, trouble = Index({}, 0, []), f"{name} is missing"
        elif not index.lines:
            if backup is None or backup.lines < 2:
                return {}
            trouble = f"{name} is empty, as a killed writer leaves it"
        else:
            trouble = f"{name} is damaged at line {index.damaged[0]}"
            if len(index.damaged) > 1:
                trouble += f" and {len(index.damaged) - 1} more"
        if backup is None or not backup.places:
            if not index.places:
                raise ToolError(f"{trouble}; no line of it can be read, nor of {backup_name}", where=self.path)
            self.note(f"{trouble}; its other lines were used")
            return index.places
        places = backup.places | index.places
        added = len(places) - len(index.places)
        self.note(f"{trouble}; {added} of {len(places)} keys come from {backup_name}, the index before the last change")
        if backup.damaged:
            self.note(f"{backup_name} is damaged at line {backup.damaged[0]}")
        return places

    def _note_overlap(self) -> None:
        end = overlaps = first = 0
        for position, size in sorted(self._places.values()):
            if size and position < end:
                overlaps += 1
                first = first or position
            end = max(end, position + size)
        if overlaps:
            self.note(f"{overlaps} values lie upon others, the first at byte {first}: the index is damaged")

    def entries(self) -> Iterator[Entry]:
        return (Entry(key, *place) for key, place in self._places.items())

    def find(self, key: bytes) -> Entry | None:
        place = self._places.get(key)
        return None if place is None else Entry(key, *place)

    def __len__(self) -> int:
        return len(self._places)
