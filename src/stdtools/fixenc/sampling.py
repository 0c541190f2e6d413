"""What detection looks at: all of a short file, of a long one its head, middle and tail, at most 256 KiB."""

import os
from typing import NamedTuple

from stdtools.shared.streams import Input

HEAD, PART = 128 * 1024, 64 * 1024
MOST = HEAD + 2 * PART
STREAM = 64 * 1024  # of a pipe, its first bytes that are not ASCII and what follows


class Sample(NamedTuple):
    """Bytes of a file: its *head*, and further *parts* that begin and end with lines where there are lines.

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
        """Return all parts as one; between them lines end."""
        return b"\n".join((self.head, *self.parts)) if self.parts else self.head


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
    return Sample(head, (_whole_lines(middle), _whole_lines(tail)), size)


def _whole_lines(part: bytes) -> bytes:
    """Return *part* from its first line's end on; no trail byte of any encoding is a newline."""
    return part[part.find(b"\n") + 1 :]
