"""A log with its backups read as one stream, from its beginning or its last lines, and on as it grows."""

import contextlib
import os
import select
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from stdtools.log.lines import Selection
from stdtools.log.pieces import BLOCK, OpenPiece, Piece, pieces
from stdtools.shared.errors import ReaderGone, ToolError
from stdtools.shared.whole_lines import WholeLines

POLL = 0.1  # seconds
ZONES = 86400 * 10**9  # nanoseconds that times without a zone may be off


class Chain:
    """The pieces of a log one after another; renaming, compressing and removing them does no harm.

    Pieces that were last written before *since* (seconds since the epoch) are left out.
    """

    def __init__(self, path: str, since: float | None = None) -> None:
        real = os.path.realpath(path)
        self.path = real if os.path.islink(path) and os.path.exists(real) else path  # /dev/stdin links to nothing
        self._shown = path
        self._since = 0 if since is None else int(since * 1e9)
        self._listed: list[Piece] = []

    def oldest(self) -> OpenPiece:
        """Open the oldest piece that may have wanted lines. Raises ToolError when there is no log."""
        return self._opened(lambda found: next(filter(self._is_wanted, found), None))

    def newest(self) -> OpenPiece:
        """Open the newest piece, the file itself. Raises ToolError when there is no log."""
        return self._opened(lambda found: found[-1] if found else None)

    def after(self, piece: OpenPiece) -> OpenPiece | None:
        """Open the piece that follows *piece*; None when that is the newest."""
        # Nothing ever comes between two pieces: what was listed behind this one still follows it.
        known = _neighbour(self._listed, piece.inode, piece.modified, newer=True) if self._listed else None
        if known is not None and known.number and (same := _open_same(known)) is not None:
            return same
        return self._open(lambda found: _neighbour(found, piece.inode, piece.modified, newer=True))

    def before(self, piece: OpenPiece) -> OpenPiece | None:
        """Open the piece that *piece* follows; None when that is the oldest."""
        return self._open(
            lambda found: _neighbour(list(filter(self._is_wanted, found)), piece.inode, piece.modified, newer=False)
        )

    def is_current(self, piece: OpenPiece) -> bool:
        """Whether *piece* is still the file that is written; also when there is no newer one yet."""
        with contextlib.suppress(OSError):
            return os.stat(self.path).st_ino == piece.inode
        return all(found.inode == piece.inode or found.modified < piece.modified for found in pieces(self.path))

    def has(self, piece: OpenPiece) -> bool:
        """Whether *piece* was there, perhaps compressed, when the pieces were last listed; or no backup was."""
        return len(self._listed) < 2 or any(
            found.inode == piece.inode or found.modified == piece.modified for found in self._listed
        )

    def is_later(self, piece: OpenPiece, end: Piece) -> bool:
        """Whether *piece* was begun after *end*, which was the newest once and may be compressed by now."""
        return all(found.inode != end.inode for found in self._listed) and piece.modified > end.modified

    def end(self) -> Piece | None:
        """Return the newest piece as it is now; None where that says nothing, as of a pipe."""
        found = pieces(self.path)
        return found[-1] if found and found[-1].size else None

    def _is_wanted(self, piece: Piece) -> bool:
        return piece.modified + ZONES >= self._since or piece.number == 0

    def _opened(self, choose: Callable[[list[Piece]], Piece | None]) -> OpenPiece:
        piece = self._open(choose)
        if piece is None:
            raise ToolError("No such file or directory", where=self._shown or "''")
        return piece

    def _open(self, choose: Callable[[list[Piece]], Piece | None]) -> OpenPiece | None:
        while True:
            self._listed = pieces(self.path)
            chosen = choose(self._listed)
            if chosen is None:
                return None
            if (same := _open_same(chosen)) is not None:
                return same


def _open_same(entry: Piece) -> OpenPiece | None:
    """Open what was listed as *entry*; None when its name is another file's by now."""
    with contextlib.suppress(FileNotFoundError):
        piece = OpenPiece(entry)
        if piece.inode == entry.inode:
            return piece
        piece.close()
    return None


def _neighbour(found: list[Piece], inode: int, modified: int, *, newer: bool) -> Piece | None:
    """Return the piece beside the one with *inode*, whose name, number and compression may have changed.

    A backup keeps its inode when it is renamed, and its time of modification when it is compressed.
    """
    for index, other in enumerate(found):
        if other.inode == inode:
            beside = index + 1 if newer else index - 1
            return found[beside] if 0 <= beside < len(found) else None
    if newer:
        later = (other for other in found if other.modified > modified or other.number == 0)
        return next(later, None)
    earlier = (other for other in reversed(found) if other.modified < modified)
    return next(earlier, None)


def read_chain(chain: Chain, start: OpenPiece) -> Iterator[bytes | ToolError]:
    """Yield the bytes of *start* from where it is and of every piece after it, to where the log ends now.

    Each block ends with a line, but for the last one. A damaged piece is a ToolError among the blocks.
    """
    end = chain.end()
    piece: OpenPiece | None = start
    while piece is not None:
        is_last = end is not None and piece.inode == end.inode
        lines = WholeLines()
        try:
            for block in _blocks(piece, end.size if end is not None and is_last else None):
                if whole := lines.cut(block):
                    yield whole
        except ToolError as error:
            yield error
        is_last = is_last or chain.is_current(piece)
        if rest := lines.rest():
            yield rest if is_last else rest + b"\n"
        following = None if is_last else chain.after(piece)
        piece.close()
        piece = following
        if piece is not None and end is not None and chain.is_later(piece, end):
            piece.close()
            return


def _blocks(piece: OpenPiece, size: int | None) -> Iterator[bytes]:
    """Yield what is in *piece* up to its end, or the end that it had when it was *size* bytes long."""
    position = piece.position() if size is not None else 0
    while block := piece.read() if size is None else piece.read(max(0, min(BLOCK, size - position))):
        yield block
        position += len(block)


def follow(chain: Chain, start: OpenPiece, wait: Callable[[], None]) -> Iterator[bytes | ToolError]:
    """Yield the bytes of *start* from where it is, of every piece after it, and of those to come, for ever.

    Each block ends with a line. *wait* is called where nothing has come. A ToolError among the blocks
    says what was wrong with a piece, or that lines may be missing.
    """
    piece = start
    while True:
        lines = WholeLines()
        complete = False  # it was read to its end after it had got a successor
        while True:
            try:
                block = piece.read()
            except ToolError as error:
                yield error
                complete = True
                break
            if block:
                if whole := lines.cut(block):
                    # Half a line may be a killed writer's: it is read again when we know more.
                    if piece.step_back(lines.held):
                        lines = WholeLines()
                    yield whole
                continue
            if complete:
                break
            if piece.step_back(lines.held):
                lines = WholeLines()
            if chain.is_current(piece):
                wait()
            else:
                complete = True
        if rest := lines.rest():
            yield rest + b"\n"
        while (following := chain.after(piece)) is None:  # it is just being made
            wait()
        if not chain.has(piece):
            yield ToolError("lines may be missing: backups were removed before they could be read", where=chain.path)
        piece.close()
        piece = following


def last_lines(
    chain: Chain, count: int, select: Callable[[bytes], list[Any]], selection: Selection, *, follow: bool
) -> tuple[OpenPiece, list[Any], list[ToolError]]:
    """Return the newest piece, the last *count* things that *select* finds in the chain, and what was wrong.

    *select* is given whole lines and returns one thing for each that *selection* wants. With *follow*
    the piece is open behind its last whole line; without, a last line without its end counts.
    """
    troubles: list[ToolError] = []
    end = None if follow else chain.end()

    def size_of(piece: OpenPiece) -> int | None:
        return end.size if end is not None and piece.inode == end.inode else None

    def last_of(piece: OpenPiece, need: int, *, is_newest: bool) -> list[Any]:
        kept: deque[Any] = deque(maxlen=need)
        lines = WholeLines()
        try:
            for block in _blocks(piece, size_of(piece)):
                kept.extend(select(lines.cut(block)))
        except ToolError as error:
            troubles.append(error)
        rest = lines.rest()
        if is_newest and follow:
            piece.step_back(len(rest))
        elif rest:
            kept.extend(select(rest if is_newest else rest + b"\n"))
        return list(kept)

    if not selection.is_stateful:
        newest = piece = chain.newest()
        found: list[Any] = []
        while True:
            if selection.wants_all:
                piece.go_to_last_lines(count - len(found) + 1, size_of(piece))  # the last one may have no end yet
            found = [*last_of(piece, count - len(found), is_newest=piece is newest), *found]
            older = chain.before(piece) if len(found) < count else None
            if piece is not newest:
                piece.close()
            if older is None:
                return newest, found, troubles
            piece = older
    piece, found = chain.oldest(), []
    while True:
        is_newest = piece.inode == end.inode if end is not None else chain.is_current(piece)
        found = [*found, *last_of(piece, count, is_newest=is_newest)][-count:] if count else []
        following = None if is_newest else chain.after(piece)
        if following is None or (end is not None and chain.is_later(following, end)):
            return piece, found, troubles
        piece.close()
        piece = following


def waiting_for(output: int) -> Callable[[], None]:
    """Return a function that waits a moment for more, and notices when the reader of *output* has gone."""
    poll = select.poll()
    poll.register(output, 0)

    def wait() -> None:
        if any(event & (select.POLLERR | select.POLLHUP | select.POLLNVAL) for _, event in poll.poll(POLL * 1000)):
            raise ReaderGone

    return wait
