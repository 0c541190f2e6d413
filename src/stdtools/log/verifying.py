"""Is a log with its backups complete? Counts, and what is wrong: gaps, torn lines, overlaps, dropped lines."""

import os
from collections.abc import Iterator
from zlib import crc32

from stdtools.log.following import Chain
from stdtools.log.gap import find_gaps
from stdtools.log.pieces import BLOCK, OpenPiece, Piece, doubles, pieces, writers_halted
from stdtools.shared.errors import ToolError
from stdtools.shared.log_lock import claim_in

HEAD = 1 << 16  # bytes of a file that are looked for in the one before it
HOLE = 512  # NULs in a row that no program wrote: a disk block that never got there, or copytruncate
DISTINCT = 8  # lines without times that are no chance when they are all different and there twice


class Report:
    """What was found in one file of a log; *problems* is empty when nothing is wrong with it."""

    def __init__(self, file: str, problems: list[str]) -> None:
        self.file = file
        self.lines = 0
        self.size = 0  # bytes, of what is in a compressed file
        self.problems = problems


def verify(path: str) -> Iterator[Report]:
    """Yield a Report for each file that the log *path* consists of now, the oldest first.

    Raises ToolError when there is none, and where the file itself cannot be read.
    """
    chain = Chain(path)
    newest: OpenPiece | None = chain.newest()  # open from now on, whatever becomes of its name
    listed = pieces(chain.path)
    seen: dict[tuple[int, int], str] = {}  # checksum and size: file
    tail = b""
    piece: OpenPiece | None = chain.oldest()
    for index, entry in enumerate(listed):
        if newest is not None and entry.inode == newest.inode:
            piece, newest = newest, None
        if piece is None or not _is(piece, entry):
            yield Report(entry.name, problems=["was removed before it could be read"])
            continue
        report = Report(entry.name, problems=_gap(listed, index, chain.path))
        head = _head(piece)
        if _overlap(tail, head):
            report.problems.append("overlaps the file before it")
        if doubles(entry):  # while a compression ends, both are there
            with writers_halted(chain.path, 1.0):
                now = next((found for found in pieces(chain.path) if _is(piece, found)), None)
            names = [] if now is None else doubles(now)
            report.problems += [f"is there twice, also as {os.path.basename(name)}" for name in names]
        checksum, tail = _read(piece, report, None if entry.number else entry.size or None)
        same = seen.setdefault((checksum, report.size), entry.name)
        if same != entry.name and _tells_apart(head.split(b"\n")[:-1]):
            report.problems.append(f"has the same lines as {same}")
        if tail and not tail.endswith(b"\n"):
            report.lines += 1
            report.problems += _open_line(entry, chain.path)
        yield report
        following = chain.after(piece)
        piece.close()
        piece = following
    if listed and listed[-1].number:
        yield Report(chain.path, problems=["is missing"])


def _is(piece: OpenPiece, entry: Piece) -> bool:
    """Whether *piece* is what was listed as *entry*, perhaps compressed since; a backup is not written to any more."""
    if entry.number:
        return piece.modified == entry.modified and (piece.inode == entry.inode or piece.is_packed)
    return piece.inode == entry.inode


def _read(piece: OpenPiece, report: Report, size: int | None) -> tuple[int, bytes]:
    """Count what is in *piece*, in its first *size* bytes if given; return a checksum and its last bytes."""
    checksum = 0
    tail = b""
    hole = False
    try:
        while block := piece.read(BLOCK if size is None else min(BLOCK, size - report.size)):
            before = report.lines
            report.lines += block.count(b"\n")
            report.size += len(block)
            checksum = crc32(block, checksum)
            window = tail + block
            if not hole and (found := window.find(bytes(HOLE))) >= 0:
                hole = True
                near = before - tail.count(b"\n") + window.count(b"\n", 0, found) + 1
                report.problems.append(f"has a hole of NULs near line {near}")
            report.problems += [f"{gap} dropped" for gap in find_gaps(window, len(tail))]
            tail = window[-HEAD:]
    except ToolError as error:
        if not piece.piece.number and not report.size:
            raise
        report.problems.append(error.what)
    return checksum, tail


def _head(piece: OpenPiece) -> bytes:
    """Return the first whole lines of *piece* and go back to its beginning."""
    if not piece.is_regular:
        return b""
    try:
        block = piece.read(HEAD)
    except ToolError:  # told when it is read
        return b""
    finally:
        piece.rewind()
    return block[: block.rfind(b"\n") + 1]


def _overlap(tail: bytes, head: bytes) -> bool:
    """Whether a file that ends with *tail* has lines that the next one, which begins with *head*, has, too."""
    first = head[: head.find(b"\n") + 1]
    # Lines that come again and again say nothing.
    if not first or (b"\n" + tail).count(b"\n" + first) != 1 or (b"\n" + head).count(b"\n" + first) != 1:
        return False
    start = (b"\n" + tail).find(b"\n" + first)
    common = tail[start : start + len(head)]
    return head.startswith(common) and _tells_apart(common.split(b"\n")[:-1])


def _tells_apart(lines: list[bytes]) -> bool:
    """Whether *lines* are hardly there twice by chance: all different, and many or of different times."""
    if len(set(lines)) < len(lines):
        return False
    from stdtools.log.recognition import time_of

    return len(lines) >= DISTINCT or len({time_of(line) for line in lines} - {None}) > 1


def _gap(listed: list[Piece], index: int, path: str) -> list[str]:
    """Say which backups are missing before the one at *index*."""
    if not index:
        return []
    missing = [f"{path}.{number}" for number in range(listed[index - 1].number - 1, listed[index].number, -1)]
    return [f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing before it"] if missing else []


def _open_line(entry: Piece, path: str) -> list[str]:
    """Say what is wrong with a last line that has no end; in the current file it may still go on."""
    if entry.number:
        return ["is torn: its last line has no end"]
    with writers_halted(path, 1.0) as lock:
        if lock is not None and claim_in(lock)[0] == entry.inode:
            return ["is torn: a killed writer left half a line, which the next one will remove"]
    return []
