"""Run the engine of unpack and pack on bytes, without a process: for tests over random input."""

import os
import tempfile
from pathlib import Path
from typing import Any

from stdtools.pack.cursor import Cursor
from stdtools.pack.decode import records
from stdtools.pack.encode import encode, from_texts
from stdtools.pack.layout import Layout
from stdtools.pack.unpacking import unpack_all
from stdtools.shared.record_input import read_csv, read_json, read_tsv
from stdtools.shared.records import RecordWriter
from stdtools.shared.streams import Input, Output


def unpack(layout: Layout, data: bytes, form: str, *, tail: str = "error", jobs: int = 1, bulk: bool = True) -> bytes:
    """Return what ``stdtools unpack`` writes for *data*; with *bulk* false by the plain way alone."""
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as target:
        source.write(data)
        source.seek(0)
        with Output(target.fileno()) as output:
            writer = RecordWriter(output, layout.columns, form, bare_floats=True)
            reader = Input(source.fileno(), "test")
            if bulk:
                unpack_all(layout, reader, writer, start=0, count=None, tail=tail, jobs=jobs)
            else:
                writer.write(records(layout, Cursor(reader), "test"))
            writer.close()
        target.seek(0)
        return target.read()


def parse(form: str, text: bytes, layout: Layout) -> list[Any]:
    """Return the records that ``stdtools pack`` reads from *text*."""
    with tempfile.TemporaryFile() as file:
        file.write(text)
        file.seek(0)
        source = Input(file.fileno(), "test")
        if form in ("csv", "tsv"):
            return list(from_texts(layout, (read_csv if form == "csv" else read_tsv)(source), "test"))
        return list(read_json(source))


def pack(layout: Layout, rows: list[Any], *, batch: int = 1000) -> bytes:
    return b"".join(encode(layout, rows, batch=batch))


def memory_input(data: bytes, tmp: Path) -> Input:
    """Return an Input over *data*; the file is gone when the test's directory is."""
    path = tmp / "input.bin"
    path.write_bytes(data)
    return Input(os.open(path, os.O_RDONLY), "test")
