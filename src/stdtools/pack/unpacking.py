"""One run of unpack: the fast way where the layout allows it, and what becomes of a cut-off end."""

from typing import NamedTuple

from stdtools.pack.bulk import LARGEST, Batch, write_records
from stdtools.pack.cursor import Cursor
from stdtools.pack.decode import TruncatedRecord, records
from stdtools.pack.layout import Layout
from stdtools.shared.records import RecordWriter
from stdtools.shared.streams import Input


class Outcome(NamedTuple):
    """What a run did: whole records written, processes used, the cut-off record where it was accepted."""

    records: int
    jobs: int
    truncated: TruncatedRecord | None


def unpack_all(
    layout: Layout, source: Input, writer: RecordWriter, *, start: int, count: int | None, tail: str, jobs: int
) -> Outcome:
    """Write the records of *source*, which stands at byte *start*, to *writer*.

    *tail* is one of decode.TAILS. Raises TruncatedRecord for "error", after all whole records.
    """
    done, rest = 0, b""
    cursor = Cursor(source, start)
    if layout.fixed and 0 < layout.size <= LARGEST and writer.format != "table":
        batch = Batch(layout, writer)
        if not source.is_file or writer.for_terminal:
            jobs = 1
        if jobs > 1:
            from stdtools.pack.parallel import write_records_parallel

            done = write_records_parallel(batch, source, writer, count, jobs)
        more, rest = write_records(batch, source, writer, None if count is None else count - done)
        done += more
        cursor = Cursor(rest, start + done * layout.size)
    else:
        jobs = 1
    try:
        rows = records(layout, cursor, source.name, count=None if count is None else count - done, number=done)
        for row in rows:
            writer.write([row])
            done += 1
    except TruncatedRecord as truncated:
        if tail == "error":
            raise
        if tail == "partial":
            writer.write([truncated.row])
        return Outcome(done, jobs, truncated)
    return Outcome(done, jobs, None)
