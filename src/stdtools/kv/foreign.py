"""The stores of other libraries: opened for reading, never written, whatever wrote them.

A damaged store gives what can still be read; ``notes`` says what could not. No number found in a
file decides an allocation or how long a loop runs: every size is held against the file's own.
"""

import os
import stat
from abc import ABC, abstractmethod
from collections.abc import ItemsView, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from stdtools.shared.errors import ToolError, raise_os_error

if TYPE_CHECKING:
    from stdtools.kv.recognition import Found

LONGEST_READ = 1 << 30  # bytes; SQLite, where most are going, takes less
MOST_NOTES = 100
MOST_READINGS = 8  # of every byte of a file: sound parts do not overlap, a flipped bit makes few do so


class Entry(NamedTuple):
    """A key, and where the bytes of its value lie in the data file."""

    key: bytes
    position: int
    size: int


class DataFile:
    """A regular file read at any position.

    By ``pread``: a file that shrinks while it is read is an error here, and would be SIGBUS with mmap.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.fd = open_regular(path)
        self.size = os.fstat(self.fd).st_size

    def read(self, position: int, size: int) -> bytes:
        """Return the *size* bytes at *position*, all of them; else ToolError."""
        if position < 0 or size < 0 or position + size > self.size:
            raise ToolError(f"{size} bytes at byte {position} are outside the {self.size} of the file", where=self.path)
        if size > LONGEST_READ:
            raise ToolError(f"{size} bytes at byte {position} are longer than 1 GiB", where=self.path)
        data = self.read_some(position, size)
        while len(data) < size:
            more = self.read_some(position + len(data), size - len(data))
            if not more:
                raise ToolError(f"ends at byte {position + len(data)}, sooner than it did", where=self.path)
            data += more
        return data

    def read_some(self, position: int, size: int) -> bytes:
        """Return up to *size* bytes at *position*; none behind the end."""
        try:
            return os.pread(self.fd, size, position)
        except OSError as error:
            raise_os_error(error, self.path)

    def close(self) -> None:
        """Give the descriptor back; what is read later is an error."""
        fd, self.fd = self.fd, -1
        if fd >= 0:
            os.close(fd)


def open_regular(path: str) -> int:
    """Open a regular file for reading; OSError, or ToolError for what is none.

    Nothing else is even opened: a FIFO would wait, a device may act.
    """
    if stat.S_ISREG(os.stat(path).st_mode):
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        if stat.S_ISREG(os.fstat(fd).st_mode):
            return fd
        os.close(fd)
    raise ToolError("is not a regular file", where=path)


class Allowance:
    """How many bytes may be read of a file before its parts must be overlapping."""

    def __init__(self, file: DataFile) -> None:
        self._file = file
        self._left = MOST_READINGS * file.size

    def take(self, size: int) -> None:
        """Use *size* bytes; ToolError when there are none left."""
        self._left -= size
        if self._left < 0:
            raise ToolError("is damaged: its parts lie upon each other", where=self._file.path)


class ForeignStore(Mapping[bytes, bytes], ABC):
    """Pairs of bytes in a file of another library, as a mapping that cannot be changed.

    Iterating passes over what is damaged and notes it; asking for a key whose place is damaged
    raises ToolError, since "absent" might be wrong. ``path`` is the file that holds the values.
    """

    def __init__(self, found: "Found") -> None:
        self.path = found.path
        self.index_path = found.index_path
        self._notes: dict[str, None] = {}
        try:
            self.file = DataFile(found.path)
        except OSError as error:
            raise_os_error(error, found.path)
        try:
            self._load()
        except BaseException:
            self.close()
            raise

    @abstractmethod
    def _load(self) -> None:
        """Read what is needed before the first pair."""

    @abstractmethod
    def entries(self) -> Iterator[Entry]:
        """Yield every entry, in the order of the file."""

    @abstractmethod
    def find(self, key: bytes) -> Entry | None:
        """Return the entry of *key*, None when there is none."""

    @property
    def notes(self) -> list[str]:
        """Sentences on the damage met so far; empty when all is well."""
        return list(self._notes)

    def note(self, sentence: str) -> None:
        """Add to the notes, once."""
        if len(self._notes) < MOST_NOTES:
            self._notes[sentence] = None
        elif sentence not in self._notes:
            self._notes["there is more damage than is listed here"] = None

    def items(self) -> ItemsView[bytes, bytes]:
        """Return a view of the pairs whose values can be read; iterating it looks up no key."""
        return _Pairs(self)

    def value(self, entry: Entry) -> bytes:
        """Return the value of *entry*."""
        return self.file.read(entry.position, entry.size)

    def __getitem__(self, key: bytes) -> bytes:
        entry = self.find(key)
        if entry is None:
            raise KeyError(key)
        return self.value(entry)

    def __iter__(self) -> Iterator[bytes]:
        return (entry.key for entry in self.entries())

    def __contains__(self, key: object) -> bool:
        return isinstance(key, bytes) and self.find(key) is not None

    def __len__(self) -> int:
        return sum(1 for _ in self.entries())

    def close(self) -> None:
        """Close the files."""
        self.file.close()


class _Pairs(ItemsView[bytes, bytes]):
    _mapping: ForeignStore

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        store = self._mapping
        allowance = Allowance(store.file)
        for entry in store.entries():
            allowance.take(entry.size)
            try:
                value = store.value(entry)
            except ToolError as error:
                store.note(f"the value of key {spelled_key(entry.key)} is left out: {error.what}")
                continue
            yield entry.key, value


def spelled_key(key: bytes) -> str:
    """Return *key* for a message, at most 40 bytes of it."""
    return repr(key[:40]).removeprefix("b") + ("…" if len(key) > 40 else "")


_REFUSALS = {
    "berkeley": (
        "is a Berkeley DB file (Python's dbm.ndbm on macOS and Debian writes them), which cannot be read here",
        "print it with db_dump -p (package db-util), or convert it with a Python whose dbm module opens it",
    ),
    "empty": ("is empty", ""),
    "unknown": ("is no store: neither SQLite nor dumb, gdbm, sdbm or ndbm", ""),
    "missing": ("No such file or directory", ""),
}


def open_foreign(found: "Found") -> ForeignStore:
    """Open the dumb, gdbm or sdbm store that was *found*. Raises ToolError for what is none of any kind."""
    if found.kind == "dumb":
        from stdtools.kv.dumb import DumbStore

        return DumbStore(found)
    if found.kind == "gdbm":
        from stdtools.kv.gdbm import GdbmStore

        return GdbmStore(found)
    if found.kind == "sdbm":
        from stdtools.kv.sdbm import SdbmStore

        return SdbmStore(found)
    raise refusal(found)


def refusal(found: "Found") -> ToolError:
    """Return the error that says why what was *found* cannot be read."""
    what, hint = _REFUSALS[found.kind]
    return ToolError(what, where=found.path, hint=hint)
