"""How a find is written: a path on a line, a record, a template, a long listing.

A form makes a *row* of an entry, of plain values that may wait on a disk to be sorted, and writes rows.
"""

import os
import stat
from collections.abc import Sequence
from typing import Any, Protocol

from stdtools.shared import screen
from stdtools.shared.records import RecordWriter
from stdtools.shared.streams import Output
from stdtools.tree.criteria import link_target
from stdtools.tree.entry import Entry
from stdtools.tree.facts import COLUMNS, Facts, group_name, local_time, user_name

Row = Any


class Form(Protocol):
    """How finds are written."""

    wants_entries: bool  # else a row is a path

    def row(self, entry: Entry) -> Row:
        """Return what will be written of *entry*. Raises OSError."""

    def write(self, rows: Sequence[Row]) -> None:
        """Write rows."""

    def begin(self) -> bool:
        """Write what comes first, and say whether several processes may then write rows, in any order."""

    def close(self) -> None:
        """Write what comes last."""


class Lines:
    """Rows of bytes, each ended by *end*; shown harmless on a terminal."""

    wants_entries = False

    def __init__(self, output: Output, end: bytes = b"\n") -> None:
        self.is_terminal = output.is_terminal
        self._output = output
        self._end = end

    def row(self, entry: Entry) -> bytes:
        return entry.path

    def write(self, rows: Sequence[bytes]) -> None:
        if not rows:
            return
        if self.is_terminal:
            rows = [self.shown(row) for row in rows]
        self._output.write(self._end.join(rows) + self._end)

    def shown(self, row: bytes) -> bytes:
        """Return *row* for a terminal."""
        return screen.safe(os.fsdecode(row)).encode()

    def begin(self) -> bool:
        return True

    def close(self) -> None:
        pass


class Silence:
    """Nothing is written."""

    wants_entries = False

    def row(self, entry: Entry) -> bytes:
        return entry.path

    def write(self, rows: Sequence[bytes]) -> None:
        pass

    def begin(self) -> bool:
        return True

    def close(self) -> None:
        pass


class Templated(Lines):
    """Lines made from a ``string.Template`` over the columns."""

    wants_entries = True

    def __init__(self, output: Output, template: str, end: bytes = b"\n") -> None:
        """Raise ValueError for a template that names what is no column."""
        from string import Template

        super().__init__(output, end)
        self._template = Template(_unescaped(template))
        if not self._template.is_valid():
            raise ValueError("a $ stands before no name; write $$ for the sign itself")
        self._names = self._template.get_identifiers()
        check_columns(self._names)

    def row(self, entry: Entry) -> bytes:
        facts = Facts(entry)
        values = {name: COLUMNS[name](facts) for name in self._names}
        if self.is_terminal:  # what the template itself says is the user's own
            values = {name: screen.safe(str(value)) for name, value in values.items()}
        return os.fsencode(self._template.substitute(values))

    def shown(self, row: bytes) -> bytes:
        return row


def check_columns(names: Sequence[str]) -> None:
    """Raise ValueError for a name that is no column, or is there twice."""
    for number, name in enumerate(names):
        if name in names[:number]:
            raise ValueError(f"column {name!r} is there twice")
        if name not in COLUMNS:
            from difflib import get_close_matches

            close = get_close_matches(name, COLUMNS, 1)
            hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(COLUMNS)}"
            raise ValueError(f"there is no column {name!r}; {hint}")


_ESCAPES = {"t": "\t", "n": "\n", "0": "\0", "\\": "\\"}


def _unescaped(text: str) -> str:
    head, *rest = text.split("\\")
    parts = [head]
    rest.reverse()
    while rest:
        part = rest.pop()
        if not part and rest:  # two backslashes
            parts.append("\\" + rest.pop())
        elif part[:1] in _ESCAPES:
            parts.append(_ESCAPES[part[:1]] + part[1:])
        else:
            parts.append("\\" + part)
    return "".join(parts)


class Long(Lines):
    """Lines as ``ls -l`` has them, and where a link leads."""

    wants_entries = True

    def row(self, entry: Entry) -> bytes:
        found = entry.stat
        head = (
            f"{stat.filemode(found.st_mode)} {found.st_nlink:>3} {user_name(found.st_uid):<8} "
            f"{group_name(found.st_gid):<8} {found.st_size:>10} {local_time(found.st_mtime_ns)} "
        )
        tail = b" -> " + link_target(entry) if stat.S_ISLNK(found.st_mode) else b""
        return head.encode() + entry.path + tail


class Records:
    """Rows of values, one for each column, as records."""

    wants_entries = True

    def __init__(self, writer: RecordWriter, columns: Sequence[str]) -> None:
        self._writer = writer
        self._names = columns
        self._columns = [COLUMNS[name] for name in columns]

    def row(self, entry: Entry) -> Row:
        facts = Facts(entry)
        return tuple([column(facts) for column in self._columns])

    def write(self, rows: Sequence[Row]) -> None:
        self._writer.write(rows)

    def begin(self) -> bool:
        if self._writer.format in ("json", "table"):
            return False
        self._writer.begin()
        return True

    def close(self) -> None:
        self._writer.close()
