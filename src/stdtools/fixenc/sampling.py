"""What detection looks at: all of a short file, of a long one its head, middle and tail, at most 256 KiB."""

import os
import re
from typing import NamedTuple

from stdtools.shared.streams import Input

HEAD, PART = 128 * 1024, 64 * 1024
MOST = HEAD + 2 * PART
STREAM = 64 * 1024  # of a pipe, its first bytes that are not ASCII and what follows
_EDGE = re.compile(rb"[\n ]")  # no trail byte of any encoding is either
_TRAILS = bytes(range(0x80, 0xC0))  # those of UTF-8


class Sample(NamedTuple):
    """Bytes of a file: its *head*, and further *parts*, which begin and end between characters.

    *size* is the whole file's, None for a pipe's.
    """

    head: bytes
    parts: tuple[bytes, ...] = ()
    size: int | None = None

    @property
    def is_whole(self) -> bool:
        """Whether there is no more to the file."""
        return self.size == len(self.head)

    @property
    def data(self) -> bytes:
        """Return all parts as one; the head, which may end within a character, is the last."""
        return b"".join((*self.parts, self.head))


def sample_of(data: bytes) -> Sample:
    """Return *data* as a sample that is whole."""
    return Sample(data, (), len(data))


def take_sample(source: Input) -> Sample:
    """Return a sample of *source* without moving on in it; waits for so much of a pipe, or its end."""
    if not source.is_file:
        head = source.peek(STREAM)
        return Sample(head, (), len(head) if len(head) < STREAM else None)
    start = source.position
    size = max(0, os.fstat(source.fd).st_size - start)
    if size <= MOST:
        return Sample(source.read_at(start, MOST), (), size)
    head = source.read_at(start, HEAD)
    middle = source.read_at(start + (size - PART) // 2, PART)
    tail = source.read_at(start + size - PART, PART)
    return Sample(head, (_to_edge(_from_edge(middle)), _from_edge(tail)), size)


def _from_edge(part: bytes) -> bytes:
    """Return *part* from behind its first edge on; without one all that is UTF-8, or else nothing."""
    found = _EDGE.search(part)
    if found and found.end() < len(part):
        return part[found.end() :]
    part = part.lstrip(_TRAILS)
    return part if not part.isascii() and part.decode(errors="ignore").encode() == part else b""


def _to_edge(part: bytes) -> bytes:
    """Return *part* up to its last edge; nothing where it has none."""
    return part[: max(part.rfind(b"\n"), part.rfind(b" ")) + 1]
