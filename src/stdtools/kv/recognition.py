"""What kind of store a path names: told by content, under every spelling of the name.

shelve and dbm take ``foo`` and write foo, foo.db, foo.dat with foo.dir and foo.bak, or foo.pag with
foo.dir. ``dbm.whichdb`` knows the first spelling only, and not SQLite before Python 3.13.
"""

import errno
import os
from typing import Literal, NamedTuple

from stdtools.kv.foreign import open_regular
from stdtools.shared.errors import ToolError, raise_os_error

Kind = Literal["sqlite", "dumb", "gdbm", "sdbm", "berkeley", "empty", "unknown", "missing"]

SQLITE = b"SQLite format 3\0"
GDBM = (0x13579ACD, 0x13579ACE, 0x13579ACF, 0x13579AD0, 0x13579AD1)
BERKELEY = (0x00061561, 0x00053162, 0x00042253, 0x00074582)  # hash, btree, queue, heap
BERKELEY_AT = (12, 0)  # since version 2; in 1.85, which is macOS's ndbm
GDBM_COMPATIBILITY = b"GDBM"
PARTS = (".dat", ".dir", ".bak", ".pag")
SAMPLE = 128 * 1024


class Found(NamedTuple):
    """A kind, the file with the values, and the file with the index where there is one beside it."""

    kind: Kind
    path: str
    index_path: str = ""


def locate(path: str) -> Found:
    """Return kind and files of the store that *path* names. Raises ToolError when it may not be read.

    "empty" is a file of no bytes, "missing" no file in any spelling, "unknown" everything else:
    also directories, FIFOs and devices.

    A file of just this name comes first, unless it is part of a set (foo.dir) or no store while a
    store goes by the name (a program ``foo`` beside foo.db).
    """
    kind = _kind(path)
    if kind in ("sqlite", "gdbm", "berkeley"):
        return Found(kind, path)
    stem, suffix = os.path.splitext(path)
    if suffix in PARTS and (found := _pair(stem)):
        return found
    if kind != "empty":
        if found := _pair(path):
            return found
        beside = _kind(path + ".db")
        if beside in ("sqlite", "gdbm", "berkeley"):
            return Found(beside, path + ".db")
    return Found(kind, path)


def _pair(base: str) -> Found | None:
    return _ndbm(base) or _dumb(base)


def _ndbm(base: str) -> Found | None:
    """Return the store of base.pag and base.dir: gdbm's compatibility, or the classic format of sdbm."""
    pages, index = base + ".pag", base + ".dir"
    kind = _kind(pages)
    if kind == "missing":
        return None
    if kind in ("sqlite", "gdbm", "berkeley"):
        return Found(kind, pages)
    bitmap = _head(index, 4)
    if bitmap == GDBM_COMPATIBILITY:
        return Found("gdbm", pages)
    from stdtools.kv.sdbm import page_shape

    sample = _head(pages, SAMPLE)
    if sample is None or (bitmap is None and not sample.strip(b"\0")) or not page_shape(sample):
        return None
    return Found("sdbm", pages, "" if bitmap is None else index)


def _dumb(base: str) -> Found | None:
    """Return the store of base.dat with base.dir or, where that is lost, base.bak."""
    index, backup = _head(base + ".dir", SAMPLE), _head(base + ".bak", SAMPLE)
    if index is None and backup is None:
        return None
    from stdtools.kv.dumb import has_line

    found = Found("dumb", base + ".dat", base + ".dir")
    if index and has_line(index):
        return found
    if _head(found.path, 0) is not None and (index == b"" or (backup and has_line(backup))):
        return found
    return None


def _kind(path: str) -> Kind:
    """Tell the kind of one file by its magic number."""
    head = _head(path, 16)
    if head is None:
        return "unknown" if os.path.exists(path) else "missing"
    if not head:
        return "empty"
    if head == SQLITE:
        return "sqlite"
    if _number(head, 0, GDBM):
        return "gdbm"
    if any(_number(head, at, BERKELEY) for at in BERKELEY_AT):
        return "berkeley"
    return "unknown"


def _number(head: bytes, at: int, known: tuple[int, ...]) -> bool:
    word = head[at : at + 4]
    return len(word) == 4 and (int.from_bytes(word, "little") in known or int.from_bytes(word, "big") in known)


def _head(path: str, size: int) -> bytes | None:
    """Return the first *size* bytes of a regular file, None when *path* is none."""
    try:
        fd = open_regular(path)
    except (FileNotFoundError, NotADirectoryError, ToolError):
        return None
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:  # foo may be a name where foo.db is none
            return None
        raise_os_error(error, path)
    except ValueError:
        raise ToolError("is no name that a file can have", where=repr(path)) from None
    try:
        return os.pread(fd, size, 0)
    except OSError as error:
        raise_os_error(error, path)
    finally:
        os.close(fd)
