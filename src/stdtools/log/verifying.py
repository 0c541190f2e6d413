"""Is a log with its backups complete? Counts, and what is wrong: gaps, torn lines, overlaps, dropped lines."""

import contextlib
import fcntl
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b

from stdtools.log.lines import time_of
from stdtools.log.reading import Chain, OpenPiece, doubles, pieces
from stdtools.shared.errors import ToolError
from stdtools.shared.rotation import claimed_inode, lock_path

HEAD = 512
HOLE = 512  # NULs in a row that no program wrote: a disk block that never got there, or copytruncate
_DROPPED = re.compile(rb"stdtools log: (\d+) (?:lines? \((\d+) bytes\)|records) dropped: ")


@dataclass
class Report:
    """What was found in one file of a log; *problems* is empty when nothing is wrong with it."""

    file: str
    number: int
    lines: int = 0
    size: int = 0  # bytes, of what is in a compressed file
    problems: list[str] = field(default_factory=list)
    open_line: bool = False  # it ends without a newline
    head: bytes = b""
    digest: bytes = b""


def verify(path: str) -> Iterator[Report]:
    """Yield a Report for each file of the log *path*, the oldest first. Raises ToolError when there is none."""
    chain = Chain(path)
    seen: dict[bytes, str] = {}
    before: Report | None = None
    piece: OpenPiece | None = chain.oldest()
    while piece is not None:
        following = chain.after(piece)
        next_head = b"" if following is None else _head(following)
        report = _read(piece, next_head, before)
        report.problems += _gap(before, report, path)
        if doubles(piece.piece):  # while a compression ends, both are there
            with _writers_halted(chain.path):
                found = next((p for p in pieces(chain.path) if p.inode == piece.inode), None)
                names = [] if found is None else doubles(found)
            report.problems += [f"is there twice, also as {os.path.basename(name)}" for name in names]
        if _tells_apart(report.head) and report.digest in seen:
            report.problems.append(f"has the same lines as {seen[report.digest]}")
        seen[report.digest] = report.file
        if report.open_line:
            report.problems += _open_line(report, piece, chain.path)
        piece.close()
        yield report
        before, piece = report, following
    if before is not None and before.number:
        missing = Report(path, 0, problems=["is missing"])
        yield missing


def _read(piece: OpenPiece, next_head: bytes, before: Report | None) -> Report:
    """Count what is in *piece*; *next_head* is how the file after it begins."""
    report = Report(piece.piece.name, piece.piece.number)
    digest = blake2b(digest_size=16)
    tail = b""
    hole = False
    try:
        while block := piece.read():
            if not report.size:
                report.head = block[:HEAD]
            report.lines += block.count(b"\n")
            report.size += len(block)
            digest.update(block)
            window = tail + block
            if not hole and bytes(HOLE) in window:
                hole = True
                report.problems.append(f"has a hole of NULs near line {report.lines + 1}")
            for match in _DROPPED.finditer(window):
                if match.end() > len(tail):
                    what = f"{match[1].decode()} lines" if match[2] else f"{match[1].decode()} records"
                    report.problems.append(f"{what} dropped")
            if _tells_apart(next_head) and next_head in window and piece.piece.number:
                report.problems.append("overlaps the file after it, whose first lines are here, too")
                next_head = b""
            tail = window[-HEAD:]
    except ToolError as error:
        report.problems.append(error.what)
    report.open_line = bool(tail) and not tail.endswith(b"\n")
    report.lines += report.open_line
    report.digest = digest.digest()
    return report


def _head(piece: OpenPiece) -> bytes:
    """Return the first whole lines of *piece* and go back to its beginning."""
    with contextlib.suppress(ToolError):
        block = piece.read()[:HEAD]
        piece.rewind()
        return block[: block.rfind(b"\n") + 1]
    return b""


def _tells_apart(head: bytes) -> bool:
    """Whether a file that begins with *head* cannot be like another by chance: its lines differ and have times."""
    lines = set(head.split(b"\n")[:-1])
    return len(lines) > 1 and any(map(time_of, lines))


def _gap(before: Report | None, report: Report, path: str) -> list[str]:
    """Say which backups are missing between two reports."""
    if before is None or before.number - report.number <= 1:
        return []
    missing = [f"{path}.{number}" for number in range(before.number - 1, report.number, -1)]
    return [f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing before it"]


def _open_line(report: Report, piece: OpenPiece, path: str) -> list[str]:
    """Say what is wrong with a last line that has no end; in the current file it may still go on."""
    if report.number:
        return ["is torn: its last line has no end"]
    with _writers_halted(path) as lock:
        if lock is not None and claimed_inode(lock) == piece.inode:
            return ["is torn: a killed writer left half a line, which the next one will remove"]
    return []


@contextlib.contextmanager
def _writers_halted(path: str) -> Iterator[int | None]:
    """Keep everybody from writing for the moment; yields None where we may not, or not within a second."""
    try:
        lock = os.open(lock_path(path), os.O_RDONLY)
    except OSError:
        yield None
        return
    try:
        deadline = time.monotonic() + 1
        while time.monotonic() < deadline:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
                yield lock
                return
            time.sleep(0.005)
        yield None
    finally:
        os.close(lock)
