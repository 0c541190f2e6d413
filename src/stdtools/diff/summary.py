"""How much differs: --numstat for programs, --stat for people, both as git writes them."""

import re
from typing import NamedTuple

from stdtools.diff.comparing import Outcome
from stdtools.diff.headers import C_QUOTED, escape_c
from stdtools.diff.unified_format import Writable

_LEAST_GRAPH = 6  # columns
_SPECIAL = re.compile(rb'[\x00-\x1f"\\\x7f-\xff]')


class Row(NamedTuple):
    """What became of a pair: lines deleted and inserted, or bytes before and after where it is binary."""

    name: str
    deleted: int
    inserted: int
    is_binary: bool = False

    @property
    def changed(self) -> int:
        """The lines that a graph shows."""
        return 0 if self.is_binary else self.deleted + self.inserted


def row_of(a: bytes, b: bytes, outcome: Outcome) -> Row:
    """Return the row of the files that are named *a* and *b*."""
    if outcome.comparison is None:
        texts = outcome.texts
        sizes = (len(texts[0].data), len(texts[1].data)) if texts else (0, 0)
        return Row(name_of(a, b), *sizes, is_binary=True)
    changes = [change for place, change in enumerate(outcome.comparison.changes) if place not in outcome.trivial]
    deleted = sum(change.a2 - change.a1 for change in changes)
    return Row(name_of(a, b), deleted, sum(change.b2 - change.b1 for change in changes))


def name_of(a: bytes, b: bytes) -> str:
    """Return ``a => b``, with what the paths have in common at either end said once: ``{old => new}/file``."""
    if a == b:
        return _quoted(a)
    if _SPECIAL.search(a) or _SPECIAL.search(b):
        return f"{_quoted(a)} => {_quoted(b)}"
    old, new = a.decode(), b.decode()
    head = 0
    for place, (one, other) in enumerate(zip(old, new, strict=False)):
        if one != other:
            break
        if one == "/":
            head = place + 1
    tail = 0
    # The slash between them may be the end of what is at the head and the start of what is at the tail.
    while tail < min(len(old), len(new)) - max(head - 1, 0) and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    while tail and old[len(old) - tail] != "/":
        tail -= 1
    if not head and not tail:
        return f"{old} => {new}"
    middles = [text[head : max(len(text) - tail, head)] for text in (old, new)]
    return f"{old[:head]}{{{middles[0]} => {middles[1]}}}{old[len(old) - tail :]}"


def _quoted(name: bytes) -> str:
    if _SPECIAL.search(name) is None:
        return name.decode()
    return '"' + re.sub(C_QUOTED + rb"|\x7f", escape_c, name).decode() + '"'


def write_numbers(row: Row, out: Writable) -> None:
    """Write lines inserted, lines deleted, and the name, between tabs; dashes for what is binary."""
    numbers = "-\t-" if row.is_binary else f"{row.inserted}\t{row.deleted}"
    out.write(f"{numbers}\t{row.name}\n".encode())


def write_graph(rows: list[Row], out: Writable, width: int = 80, *, color: bool = False) -> None:
    """Write each row with a bar of ``+`` and ``-``, and the sum of all."""
    most = max(row.changed for row in rows)
    longest = max(len(row.name) for row in rows)
    number, name, graph = _widths(rows, most, longest, width)
    for row in rows:
        shown = _end_of(row.name, name)
        left = f" {shown}{' ' * (name - len(shown))} | "
        if row.is_binary:
            right = f"{'Bin':>{number}}"
            if row.deleted or row.inserted:
                right += f" {row.deleted} -> {row.inserted} bytes"
        else:
            plus, minus = _bars(row.inserted, row.deleted, graph, most)
            bars = "+" * plus + "-" * minus
            if color:
                bars = f"\x1b[32m{'+' * plus}\x1b[0m" * (plus > 0) + f"\x1b[31m{'-' * minus}\x1b[0m" * (minus > 0)
            right = f"{row.changed:>{number}}" + f" {bars}" * (row.changed > 0)
        out.write(f"{left}{right}\n".encode())
    out.write(_sum(rows).encode())


def _widths(rows: list[Row], most: int, longest: int, width: int) -> tuple[int, int, int]:
    """Return the columns of numbers, names and bars: names take what they need, as far as bars keep a share."""
    number = len(str(most))
    binary = [14 + len(str(row.inserted)) + len(str(row.deleted)) for row in rows if row.is_binary]
    if binary:
        number = max(number, 3)
    width = max(width, 16 + _LEAST_GRAPH + number)
    graph = max(most, max(binary, default=0) - 4)
    name = longest
    if name + number + 6 + graph > width:
        share = width * 3 // 8 - number - 6
        if graph > share:
            graph = max(share, _LEAST_GRAPH)
        if name > width - number - 6 - graph:
            name = width - number - 6 - graph
        else:
            graph = width - number - 6 - name
    return number, name, graph


def _bars(inserted: int, deleted: int, width: int, most: int) -> tuple[int, int]:
    """Return the lengths of both bars: what is there is seen, however little it is."""
    if width > most:
        return inserted, deleted
    total = _scaled(inserted + deleted, width, most)
    if total < 2 and inserted and deleted:
        total = 2
    if inserted < deleted:
        plus = _scaled(inserted, width, most)
        return plus, total - plus
    minus = _scaled(deleted, width, most)
    return total - minus, minus


def _scaled(number: int, width: int, most: int) -> int:
    return 1 + number * (width - 1) // most if number else 0


def _sum(rows: list[Row]) -> str:
    inserted = sum(row.inserted for row in rows if not row.is_binary)
    deleted = sum(row.deleted for row in rows if not row.is_binary)
    parts = [f" {len(rows)} file{'s' * (len(rows) != 1)} changed"]
    if inserted or not deleted:
        parts.append(f"{inserted} insertion{'s' * (inserted != 1)}(+)")
    if deleted or not inserted:
        parts.append(f"{deleted} deletion{'s' * (deleted != 1)}(-)")
    return ", ".join(parts) + "\n"


def _end_of(name: str, width: int) -> str:
    """Return *name*, or its end that goes into *width* columns, from a slash on if there is one."""
    if len(name) <= width:  # a name that is not ASCII is in quotes, and ASCII
        return name
    end = name[len(name) - max(width - 3, 0) :]
    slash = end.find("/")
    return "..." + (end[slash:] if slash >= 0 else end)
