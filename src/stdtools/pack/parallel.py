"""Several processes that format one regular file, each the whole pieces i, i + n, i + 2n …, and write them in turn."""

import os
from collections.abc import Iterator

from stdtools.pack.bulk import Batch
from stdtools.shared.errors import ToolError
from stdtools.shared.records import RecordWriter
from stdtools.shared.streams import Input
from stdtools.shared.turns import write_in_turn

PIECE = 1 << 20  # bytes of input


def write_records_parallel(batch: Batch, source: Input, writer: RecordWriter, count: int | None, jobs: int) -> int:
    """Write the whole records of a regular file with *jobs* forked workers; return how many.

    The output is that of ``bulk.write_records``; the file's position ends behind the last record.
    """
    start = source.position
    whole = (os.fstat(source.fd).st_size - start) // batch.size
    if count is not None:
        whole = min(whole, count)
    end = start + whole * batch.size
    step = batch.records * batch.size * max(1, PIECE // (batch.records * batch.size))
    starts = range(start, end, step)
    if starts:
        cut = writer.begin()
        pieces = [_lines(batch, source, starts[i::jobs], step, end, cut if i == 0 else 0) for i in range(jobs)]
        write_in_turn(pieces[: len(starts)], writer.fd, source.name)
    source.go_to(end)
    return whole


def _lines(batch: Batch, source: Input, starts: range, step: int, end: int, cut: int) -> Iterator[bytes]:
    """Yield the lines of the pieces that begin at *starts*, without the first *cut* bytes of the first."""
    size = batch.records * batch.size
    for start in starts:
        data = source.read_at(start, min(step, end - start))
        if len(data) < min(step, end - start):
            raise ToolError("became shorter while it was read", where=source.name)
        lines = "".join([batch.lines(data[at : at + size]) for at in range(0, len(data), size)]).encode()
        yield lines[cut:]
        cut = 0
