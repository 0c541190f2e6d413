"""The lines of a large file, dealt out to several processes in blocks."""

import os
from collections.abc import Iterator

from stdtools.shared.processors import processors
from stdtools.shared.streams import Input

BLOCK = 1 << 18


def workers_for(source: Input) -> int:
    """Return by how many processes *source* is best read."""
    return min(2, processors()) if source.is_large else 1


def strides(source: Input, index: int, of: int) -> Iterator[tuple[int, bytes]]:
    """Yield every block of lines whose number is *index* modulo *of*, behind its offset.

    A block that begins and ends within one line is empty, and so is one behind the file's last newline.
    """
    size = os.fstat(source.fd).st_size
    for start in range(index * BLOCK, size, of * BLOCK):
        data = source.read_at(start - 1, BLOCK + 1) if start else source.read_at(0, BLOCK)
        begin = data.find(b"\n") + 1 if start else 0
        if start and not begin:
            yield start, b""
            continue
        parts = [data[begin:]]
        at = start + BLOCK
        while not parts[-1].endswith(b"\n") and (more := source.read_at(at, 1 << 16)):
            newline = more.find(b"\n") + 1
            parts.append(more[:newline] if newline else more)
            at += len(more)
        offset = start - bool(start) + begin
        yield offset, b"".join(parts) if begin <= BLOCK or not start else b""
