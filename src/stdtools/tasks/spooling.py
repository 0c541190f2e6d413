"""Rows put aside, so that nobody who writes to the database waits for whoever takes them."""

import marshal
from collections.abc import Iterator
from typing import IO, Any

from stdtools.shared.errors import ToolError

_PAGE = 1 << 20  # bytes, about, that are kept in memory
_ROW = 100  # bytes of a row beside its text

Row = tuple[Any, ...]


def spooled(rows: Iterator[Row]) -> Iterator[Row]:
    """Take all of *rows*, and then yield them; more than a page of them waits in a file without a name.

    A ToolError that ends the rows is raised behind those that came before it.
    """
    page: list[Row] = []
    size = pages = 0
    file: IO[bytes] | None = None
    trouble: ToolError | None = None
    try:
        try:
            for row in rows:
                page.append(row)
                size += _ROW + sum(len(value) for value in row if isinstance(value, str | bytes))
                if size >= _PAGE:
                    file = _kept(page, file)
                    page, size, pages = [], 0, pages + 1
        except ToolError as error:
            trouble = error
        if file is not None:
            file.seek(0)
            for _ in range(pages):
                yield from marshal.load(file)  # noqa: S302 - what we have written
        yield from page
        if trouble is not None:
            raise trouble
    finally:
        trouble = None  # which knows this frame
        if file is not None:
            file.close()


def _kept(page: list[Row], file: IO[bytes] | None) -> IO[bytes]:
    """Write a *page* of rows into the *file*, or a new one, and return it."""
    from stdtools.shared.scratch import scratch_file, scratch_trouble

    try:
        file = file or scratch_file()
        marshal.dump(page, file)
        file.flush()
    except OSError as error:
        raise scratch_trouble("the rows", error) from None
    return file
