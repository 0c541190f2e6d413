"""The files that a log consists of, plain and compressed, while others write, rename and compress them."""

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from typing import Any, NamedTuple

from stdtools.log.packing import opened
from stdtools.shared.backups import COMPRESSIONS, MOST, SUFFIXES
from stdtools.shared.disk import lock_within
from stdtools.shared.errors import ToolError, raise_os_error
from stdtools.shared.log_lock import lock_path

BLOCK = 1 << 18
WIDEST_GAP = 100  # numbers that may be missing between two backups of one log
PATIENCE = 0.2  # seconds


class Piece(NamedTuple):
    """A file of a log: its name, its number (0 is the current file) and what tells it from others."""

    name: str
    number: int
    inode: int
    modified: int  # nanoseconds since the epoch
    size: int


@contextlib.contextmanager
def writers_halted(path: str, patience: float = PATIENCE) -> Iterator[int | None]:
    """Keep everybody from writing the log *path* and renaming its files; yields its open lock.

    Yields None where there is no lock, we may not open it, or do not get it in time.
    """
    try:
        lock = os.open(lock_path(path), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        yield None
        return
    try:
        is_lock = stat.S_ISREG(os.fstat(lock).st_mode)
        yield lock if is_lock and lock_within(lock, patience, shared=True) else None
    finally:
        os.close(lock)


def pieces(path: str) -> list[Piece]:
    """Return the files of the log *path*, the oldest first, as they were at one instant.

    Where a backup is there both plain and compressed the plain one counts. Empty when there is none.
    """
    with writers_halted(path) as lock:
        found = _look(path)
    while lock is None:
        before, found = found, _look(path)
        if [(piece.name, piece.inode) for piece in before] == [(piece.name, piece.inode) for piece in found]:
            break
    return found


def doubles(piece: Piece) -> list[str]:
    """Return the other names under which the backup *piece* is there, plain or compressed."""
    if not piece.number:
        return []
    plain = next(
        (piece.name.removesuffix(suffix) for suffix in COMPRESSIONS if piece.name.endswith(suffix)), piece.name
    )
    return [plain + suffix for suffix in SUFFIXES if plain + suffix != piece.name and os.path.lexists(plain + suffix)]


def _look(path: str) -> list[Piece]:
    found = []
    number = missing = 0
    while number <= MOST and missing <= WIDEST_GAP:
        base = f"{path}.{number}" if number else path
        for suffix in SUFFIXES if number else ("",):
            try:
                seen = os.stat(base + suffix)
                piece = Piece(base + suffix, number, seen.st_ino, seen.st_mtime_ns, seen.st_size)
            except FileNotFoundError:
                continue
            except OSError as error:  # told when it is read
                if number and error.errno != errno.ELOOP:
                    continue  # what is wrong with the directory is told once, of the file itself
                piece = Piece(base + suffix, number, -1 - number, 0, 0)
            found.append(piece)
            missing = 0
            break
        else:
            missing += 1
        number += 1
    return found[::-1]


class OpenPiece:
    """A piece that is open: it can be read, whatever becomes of its name.

    One that may not be read is open, too; ``read`` then says why. Raises FileNotFoundError.
    """

    def __init__(self, piece: Piece) -> None:
        self.piece = piece
        self.inode = piece.inode
        self.is_packed = piece.name.endswith(COMPRESSIONS)
        self._is_seekable = self.is_regular = False
        self._modified = piece.modified
        self._trouble: OSError | None = None
        self._fd = -1
        self._packed: Any = None
        self._unpacked: Any = None
        try:
            self._fd = os.open(piece.name, os.O_RDONLY | (os.O_NONBLOCK if piece.number else 0))
            found = os.fstat(self._fd)
            if stat.S_ISDIR(found.st_mode):
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            if piece.number and not stat.S_ISREG(found.st_mode):
                raise OSError(errno.EINVAL, "is not a regular file")
        except FileNotFoundError:
            raise
        except OSError as error:
            self._trouble = error
            return
        self.inode = found.st_ino
        self.is_regular = stat.S_ISREG(found.st_mode)
        # Files of /proc say that they are empty, and cannot be read from their end.
        self._is_seekable = not self.is_packed and self.is_regular and found.st_size > 0
        if self.is_packed:
            self._packed = os.fdopen(self._fd, "rb")
            self._unpacked = opened(os.path.splitext(piece.name)[1], self._packed)

    @property
    def modified(self) -> int:
        """When the file was last written to, in nanoseconds since the epoch."""
        return self._modified if self._trouble else os.fstat(self._fd).st_mtime_ns

    def read(self, size: int = BLOCK) -> bytes:
        """Return the next bytes, at most *size*; none where the file ends now. Raises ToolError."""
        if self._trouble is not None:
            raise_os_error(self._trouble, self.piece.name)
        try:
            if self._unpacked is None:
                return os.read(self._fd, size)
            # In small pieces: what came before the damage is still to be had.
            data: bytes = self._unpacked.read1(size)
        except OSError as error:
            if error.errno is not None:
                raise_os_error(error, self.piece.name)
            raise ToolError(f"is damaged: {error}", where=self.piece.name) from None
        except Exception as error:  # noqa: BLE001 - EOFError, zlib.error, LZMAError: each library has its own
            raise ToolError(f"is damaged: {error}", where=self.piece.name) from None
        if not data and not os.fstat(self._packed.fileno()).st_size:
            raise ToolError("is damaged: it is empty", where=self.piece.name)
        return data

    def position(self) -> int:
        """Return where in the file the next byte is read from; 0 for what cannot say."""
        try:
            return os.lseek(self._fd, 0, os.SEEK_CUR) if self._unpacked is None else 0
        except OSError:
            return 0

    def rewind(self) -> None:
        """Go back to the beginning of a regular file."""
        if self._unpacked is not None:  # anew: after an error its own seek does not go back all the way
            self._packed.seek(0)
            self._unpacked = opened(os.path.splitext(self.piece.name)[1], self._packed)
        elif self._fd >= 0:
            with contextlib.suppress(OSError):
                os.lseek(self._fd, 0, os.SEEK_SET)

    def step_back(self, size: int) -> bool:
        """Go *size* bytes back, or to the beginning of a file that has become shorter than that; say if it was done.

        What is compressed, and a pipe, only goes on.
        """
        if self._unpacked is None and self._fd >= 0:
            with contextlib.suppress(OSError):
                position = os.lseek(self._fd, 0, os.SEEK_CUR) - size
                os.lseek(self._fd, position if position <= os.fstat(self._fd).st_size else 0, os.SEEK_SET)
                return True
        return False

    def go_to_last_lines(self, count: int, size: int | None = None) -> None:
        """Go to where the last *count* lines begin, of its first *size* bytes, where that can be found from the end."""
        if self._fd < 0 or not self._is_seekable:
            return
        now = os.fstat(self._fd).st_size
        start = now if size is None else min(size, now)
        lines = 0
        last = True
        while start > 0:
            size = min(BLOCK, start)
            block = os.pread(self._fd, size, start - size)
            stop = len(block) - (last and block.endswith(b"\n"))
            last = False
            while (cut := block.rfind(b"\n", 0, stop)) >= 0:
                lines += 1
                if lines == count:
                    os.lseek(self._fd, start - size + cut + 1, os.SEEK_SET)
                    return
                stop = cut
            start -= size
        self.rewind()

    def close(self) -> None:
        """Close the file."""
        if self._packed is not None:
            self._unpacked.close()
            self._packed.close()
        elif self._fd >= 0:
            os.close(self._fd)
