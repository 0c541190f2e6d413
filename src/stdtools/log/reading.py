"""A log with its backups, plain and compressed, read as one stream while others write and rotate it."""

import contextlib
import errno
import os
import select
import stat
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from stdtools.log.lines import Selection
from stdtools.shared.errors import ReaderGone, ToolError, raise_os_error
from stdtools.shared.rotation import MOST_BACKUPS, SUFFIXES

BLOCK = 1 << 18
WIDEST_GAP = 16  # numbers that may be missing between two backups of one log
POLL = 0.1  # seconds
LONGEST_LINE = 1 << 20  # a longer one comes in pieces


class Piece(NamedTuple):
    """A file of a log: its name, its number (0 is the current file) and what tells it from others."""

    name: str
    number: int
    inode: int
    modified: int  # nanoseconds since the epoch
    size: int


def pieces(path: str) -> list[Piece]:
    """Return the files of the log *path*, the oldest first, as they were at one instant.

    Where a backup is there both plain and compressed, as for a moment after its compression, the
    plain one counts. Empty when there is none.
    """
    while True:
        found = _look(path)
        if found == _look(path):  # nobody renamed anything between the two
            return found


def doubles(piece: Piece) -> list[str]:
    """Return the other names under which the backup *piece* is there, plain or compressed."""
    if not piece.number:
        return []
    suffix = next(suffix for suffix in reversed(SUFFIXES) if piece.name.endswith(suffix))
    variants = [piece.name.removesuffix(suffix) + other for other in SUFFIXES]
    return [name for name in variants if name != piece.name and os.path.lexists(name)]


def _look(path: str) -> list[Piece]:
    found = []
    number = missing = 0
    while number <= MOST_BACKUPS and missing <= WIDEST_GAP:
        base = f"{path}.{number}" if number else path
        for suffix in SUFFIXES if number else ("",):
            with contextlib.suppress(FileNotFoundError):
                seen = os.stat(base + suffix)
                found.append(Piece(base + suffix, number, seen.st_ino, seen.st_mtime_ns, seen.st_size))
                missing = 0
                break
        else:
            missing += 1
        number += 1
    return found[::-1]


class OpenPiece:
    """A piece that is open: it can be read, whatever becomes of its name."""

    def __init__(self, piece: Piece) -> None:
        self.piece = piece
        self._fd = os.open(piece.name, os.O_RDONLY)
        if stat.S_ISDIR(os.fstat(self._fd).st_mode):
            os.close(self._fd)
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        self._unpacked: Any = None
        suffix = os.path.splitext(piece.name)[1] if piece.number else ""
        if suffix in SUFFIXES[1:]:
            self._unpacked = _unpacked(suffix, os.fdopen(self._fd, "rb"))

    @property
    def inode(self) -> int:
        """What the file is now known by; a name may have become another file's since it was listed."""
        return os.fstat(self._fd).st_ino

    @property
    def modified(self) -> int:
        """When the file was last written to, in nanoseconds since the epoch."""
        return os.fstat(self._fd).st_mtime_ns

    @property
    def size(self) -> int | None:
        """How long the file is; None when it is compressed."""
        return None if self._unpacked is not None else os.fstat(self._fd).st_size

    def read(self) -> bytes:
        """Return the next bytes; none where the file ends now. Raises ToolError when it is damaged."""
        try:
            if self._unpacked is None:
                return os.read(self._fd, BLOCK)
            data: bytes = self._unpacked.read(BLOCK)
            return data
        except OSError as error:
            if error.errno is not None:
                raise_os_error(error, self.piece.name)
            raise ToolError(f"is damaged: {error}", where=self.piece.name) from None
        except Exception as error:  # noqa: BLE001 - EOFError, zlib.error, LZMAError: each library has its own
            raise ToolError(f"is damaged: {error}", where=self.piece.name) from None

    def rewind(self) -> None:
        """Go back to the beginning."""
        if self._unpacked is None:
            self.go_to(0)
        else:
            self._unpacked.seek(0)

    def start_again_if_cut(self) -> None:
        """Go to the beginning of a file that has become shorter than what was read of it."""
        if self._unpacked is None and os.lseek(self._fd, 0, os.SEEK_CUR) > os.fstat(self._fd).st_size:
            self.go_to(0)

    def go_to(self, offset: int) -> None:
        """Go to *offset* in a file that is not compressed."""
        os.lseek(self._fd, offset, os.SEEK_SET)

    def step_back(self, size: int) -> None:
        """Go *size* bytes back in a file that is not compressed."""
        os.lseek(self._fd, -size, os.SEEK_CUR)

    def go_to_last_lines(self, count: int) -> None:
        """Go to where the last *count* lines of a file that is not compressed begin."""
        end = os.lseek(self._fd, 0, os.SEEK_END)
        lines = 0
        start = end
        while start > 0 and count:
            size = min(BLOCK, start)
            block = os.pread(self._fd, size, start - size)
            stop = len(block)
            if start == end and block.endswith(b"\n"):
                stop -= 1
            while (cut := block.rfind(b"\n", 0, stop)) >= 0:
                lines += 1
                if lines == count:
                    self.go_to(start - size + cut + 1)
                    return
                stop = cut
            start -= size
        if count:
            self.go_to(0)

    def close(self) -> None:
        """Close the file."""
        if self._unpacked is not None:
            self._unpacked.close()
        else:
            os.close(self._fd)


class Chain:
    """The pieces of a log one after another; renaming, compressing and removing them does no harm."""

    def __init__(self, path: str, since: float | None = None) -> None:
        self.path = os.path.realpath(path) if os.path.islink(path) else path
        self._shown = path
        self._since = 0 if since is None else int(since * 1e9)  # nanoseconds since the epoch

    def oldest(self) -> OpenPiece:
        """Open the oldest piece that may have wanted lines. Raises ToolError when there is no log."""
        opened = self._open(lambda found: next(filter(self._is_wanted, found), None))
        if opened is None:
            raise ToolError("No such file or directory", where=self._shown)
        return opened

    def newest(self) -> OpenPiece:
        """Open the newest piece, the file itself. Raises ToolError when there is no log."""
        opened = self._open(lambda found: found[-1] if found else None)
        if opened is None:
            raise ToolError("No such file or directory", where=self._shown)
        return opened

    def after(self, piece: OpenPiece) -> OpenPiece | None:
        """Open the piece that follows *piece*; None when that is the newest."""
        return self._open(lambda found: _neighbour(found, piece, newer=True))

    def before(self, piece: OpenPiece) -> OpenPiece | None:
        """Open the piece that *piece* follows; None when that is the oldest."""
        return self._open(lambda found: _neighbour(list(filter(self._is_wanted, found)), piece, newer=False))

    def is_current(self, piece: OpenPiece) -> bool:
        """Whether *piece* is still the file that is written; also when there is no newer one yet."""
        with contextlib.suppress(FileNotFoundError):
            return os.stat(self.path).st_ino == piece.inode
        return all(found.inode == piece.inode or found.modified < piece.modified for found in pieces(self.path))

    def _is_wanted(self, piece: Piece) -> bool:
        """Whether *piece* may have lines since the time that is asked for; the newest always stays."""
        return piece.modified >= self._since or piece.number == 0

    def _open(self, choose: Callable[[list[Piece]], Piece | None]) -> OpenPiece | None:
        while True:
            chosen = choose(pieces(self.path))
            if chosen is None:
                return None
            with contextlib.suppress(FileNotFoundError):
                try:
                    opened = OpenPiece(chosen)
                except FileNotFoundError:
                    raise
                except OSError as error:
                    raise_os_error(error, chosen.name)
                if opened.inode == chosen.inode:
                    return opened
                opened.close()


def _neighbour(found: list[Piece], piece: OpenPiece, *, newer: bool) -> Piece | None:
    """Return the piece beside *piece*, whose name, number and compression may have changed.

    A backup keeps its inode when it is renamed, and its time of modification when it is compressed.
    """
    for index, other in enumerate(found):
        if other.inode == piece.inode:
            beside = index + 1 if newer else index - 1
            return found[beside] if 0 <= beside < len(found) else None
    if newer:
        later = (other for other in found if other.modified > piece.modified or other.number == 0)
        return next(later, None)
    earlier = (other for other in reversed(found) if other.modified < piece.modified)
    return next(earlier, None)


def follow(chain: Chain, start: OpenPiece, wait: Callable[[], None] | None) -> Iterator[bytes | ToolError]:
    """Yield the bytes of *start* from where it is, and of every piece after it, whole lines in each block.

    With *wait*, which is called where nothing has come, it goes on for ever; otherwise it ends where
    the newest piece ends now. A damaged piece is a ToolError among the blocks.
    """
    piece: OpenPiece | None = start
    while piece is not None:
        rest = b""
        complete = False  # it was read to its end after it had got a successor
        while True:
            try:
                block = piece.read()
            except ToolError as error:
                yield error
                block, complete = b"", True
            if block:
                cut = block.rfind(b"\n") + 1
                if cut:
                    yield rest + block[:cut]
                    rest = block[cut:]
                elif len(rest) < LONGEST_LINE:
                    rest += block
                else:
                    yield rest + block
                    rest = b""
            elif complete:
                break
            elif not chain.is_current(piece):
                complete = True
            elif wait is None:
                break
            else:
                piece.start_again_if_cut()
                wait()
        if rest:
            yield rest + b"\n" if complete else rest
        following = chain.after(piece) if complete else None
        while complete and following is None and wait is not None:  # it is just being made
            wait()
            following = chain.after(piece)
        piece.close()
        piece = following


def last_lines(
    chain: Chain,
    count: int,
    select: Callable[[bytes], list[Any]],
    selection: Selection,
    *,
    follow: bool,
) -> tuple[OpenPiece, list[Any], list[ToolError]]:
    """Return the newest piece, the last *count* things that *select* finds in the chain, and what was wrong.

    *select* is given whole lines and returns one thing for each that is wanted. With *follow* the piece
    is open behind its last whole line; without, a last line without its end counts.
    """
    newest = piece = chain.newest()
    found: list[Any] = []
    troubles: list[ToolError] = []
    while True:
        selection.begin_file()
        need = count - len(found)
        if piece.size is not None and (selection.wants_all or not need):
            piece.go_to_last_lines(need + 1)  # the last one may have no end yet
        kept: deque[Any] = deque(maxlen=need)
        rest = b""
        try:
            while block := piece.read():
                block = rest + block
                cut = block.rfind(b"\n") + 1
                kept.extend(select(block[:cut]))
                rest = block[cut:]
        except ToolError as error:
            troubles.append(error)
        if piece is newest and follow:
            piece.step_back(len(rest))
        elif rest:
            kept.extend(select(rest))
        found = [*kept, *found]
        older = chain.before(piece) if len(found) < count else None
        if piece is not newest:
            piece.close()
        if older is None:
            return newest, found, troubles
        piece = older


def waiting_for(output: int) -> Callable[[], None]:
    """Return a function that waits a moment for more, and notices when the reader of *output* has gone."""
    poll = select.poll()
    poll.register(output, 0)

    def wait() -> None:
        if any(event & (select.POLLERR | select.POLLNVAL) for _, event in poll.poll(POLL * 1000)):
            raise ReaderGone

    return wait


def _unpacked(suffix: str, file: Any) -> Any:
    if suffix == ".gz":
        import gzip

        return gzip.GzipFile(fileobj=file)
    if suffix == ".bz2":
        import bz2

        return bz2.BZ2File(file)
    import lzma

    return lzma.LZMAFile(file)
