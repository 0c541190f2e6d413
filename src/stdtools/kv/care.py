"""What keeps a store well: what it is, whether it is whole, its unused space, a copy of it."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

from stdtools.kv.keys import key_text
from stdtools.kv.opening import ForeignTable
from stdtools.kv.pickles import load
from stdtools.kv.store import Store
from stdtools.kv.table import Table, now
from stdtools.shared.atomic import replacement
from stdtools.shared.errors import ToolError
from stdtools.shared.sqlite import JOURNALS, copy, telling

_BLOCK = 1 << 20


class Summary(NamedTuple):
    """What there is to say of a shelf; *unused* bytes are those that ``compact`` gives back."""

    path: str
    kind: str
    keys: int
    bytes: int
    unused: int | None
    expiring: int | None
    written_by: str


class Problem(NamedTuple):
    """What is wrong, with a key or, where that is empty, with the file."""

    key: str
    problem: str


def summary(store: Store) -> Summary:
    """Return what there is to say of *store*."""
    table = store.dict
    size = os.stat(table.path).st_size
    if isinstance(table, ForeignTable):
        return Summary(table.path, table.kind, len(table), size, None, None, "another program")
    with telling(table.path):
        unused = table.one("PRAGMA freelist_count") * table.one("PRAGMA page_size")
        expiring = table.one("SELECT count(*) FROM stdtools_times WHERE expires > ?", now())
    by = "stdtools" if table.is_ours else "dbm.sqlite3"
    return Summary(table.path, "sqlite", len(table), size, unused, expiring, by)


def problems(store: Store) -> Iterator[Problem]:
    """Yield what is wrong with *store*: its file, then each value that cannot be read."""
    table = store.dict
    if isinstance(table, Table):
        try:
            with telling(table.path):
                found = [text.decode() for (text,) in table.connection.execute("PRAGMA integrity_check")]
        except ToolError as error:
            yield Problem("", error.what)
            return
        yield from (Problem("", text) for text in found if text != "ok")
        with telling(table.path):
            lost = table.one("SELECT count(*) FROM Dict WHERE typeof(key) <> 'blob'")
        if lost:
            yield Problem("", f"{lost} keys are not bytes, and are found by nobody")
    rows = table.rows()
    while True:
        try:
            row = next(rows, None)
        except ToolError as error:
            yield Problem("", str(error))
            break
        if row is None:
            break
        try:
            load(row.value)
        except ToolError as error:
            yield Problem(key_text(row.key), str(error))
    if isinstance(table, ForeignTable):
        yield from (Problem("", note) for note in table.notes)


def compact(store: Store) -> tuple[int, int]:
    """Give the space of deleted values back to the file system; return the file's size before and after."""
    table = store.dict
    with telling(table.path):
        with table.transaction():
            pass  # what has expired goes first
        before = os.stat(table.path).st_size
        table.connection.execute("VACUUM")
    return before, os.stat(table.path).st_size


def backup(store: Store, target: str) -> int:
    """Copy *store*, as it is at one moment, into the file *target*, which is replaced as a whole; return its size."""
    table = store.dict
    if isinstance(table, ForeignTable):
        table.transaction()
    if os.path.exists(target) and os.path.samefile(table.path, target):
        raise ToolError("is the store itself", where=target)
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="stdtools-kv-") as place:
        path = os.path.join(place, "copy")
        with telling(table.path), contextlib.closing(sqlite3.connect(path, isolation_level=None)) as new:
            copy(table.connection, new, table.path)
        with open(path, "rb") as source, replacement(target, 0o600) as output:
            while block := source.read(_BLOCK):
                output.write(block)
            _check_is_unused(target, table.path)
        return os.stat(path).st_size


def _check_is_unused(target: str, path: str) -> None:
    """Raise ToolError when SQLite has the file *target* in use: it would go on with the file that is replaced.

    A journal that a killed writer has left beside it would be rolled back, into the new file.
    """
    if os.path.exists(target) and os.path.samefile(target, path):
        raise ToolError("is the store itself", where=target)
    for suffix in JOURNALS:
        if os.path.lexists(os.path.realpath(target) + suffix):
            what = f"has a {suffix} file beside it: it is in use, or its last writer was killed"
            hint = "choose another FILE, or delete both when no program has them open"
            raise ToolError(what, where=target, hint=hint)
