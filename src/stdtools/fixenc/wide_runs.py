"""Where a file of bytes has UTF-16 in it: lines that NULs give away, and those beside them."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from stdtools.fixenc.unmarked import is_plausible

LEAST_NULS = 4
_ASCII = bytes(range(128))
LONGEST_LINE = 1 << 16  # bytes
# Units of UTF-16 that text in bytes does not have: Latin, Greek, Cyrillic, Hebrew, Arabic, typographic marks.
_LITTLE = re.compile(
    rb"(?:\xff\xfe)?(?:[\t\n\r\x20-\x7e\xa0-\xff]\0|[\0-\xff][\x01-\x06\x1e]|[\x13\x14\x18\x19\x1c-\x1e\xac]\x20){4,}"
)
_BIG = re.compile(
    rb"(?:\xfe\xff)?(?:\0[\t\n\r\x20-\x7e\xa0-\xff]|[\x01-\x06\x1e][\0-\xff]|\x20[\x13\x14\x18\x19\x1c-\x1e\xac]){4,}"
)


class _Order(NamedTuple):
    """One order of bytes: how its units look, and how a line ends."""

    name: str
    pattern: re.Pattern[bytes]
    newline: bytes


_ORDERS = (_Order("utf-16-le", _LITTLE, b"\n\0"), _Order("utf-16-be", _BIG, b"\0\n"))


def wide_runs(data: bytes) -> Iterator[tuple[int, int, str]]:
    """Yield where UTF-16 begins and ends in *data*, and which it is."""
    at = 0
    while (nul := data.find(b"\0", at)) >= 0:
        found = [run for order in _ORDERS if (run := _run_at(data, order, at, nul)) is not None]
        if not found:
            at = nul + 1
            continue
        _, start, end, order = min(found)
        start, end = _to_line_start(data, order, at, start), _to_line_end(data, order, start, end)
        if decodes(data[start:end], order.name):
            yield start, end, order.name
            at = end
        else:
            at = nul + 1


def _run_at(data: bytes, order: _Order, least: int, nul: int) -> tuple[tuple[bool, int], int, int, _Order] | None:
    """Return the run of *order* around the byte *nul*, headed by how bad it is: runs begin where lines begin."""
    at, end = max(least, nul - 64), min(len(data), nul + LONGEST_LINE)
    while at <= nul + 1:  # a search would go on to the end for each NUL of what is no text
        found = order.pattern.match(data, at, end)
        if found is None:
            at += 1
            continue
        if found.end() > nul and (nuls := found[0].count(0)) >= LEAST_NULS:
            at_line = at == 0 or data[at - 1] == 10 or at == least
            return (not at_line, -nuls), at, found.end(), order
        at = found.end()
    return None


def _to_line_start(data: bytes, order: _Order, least: int, start: int) -> int:
    """Return where the line begins in which a run *start*s; ideographs before it have no NULs."""
    at = data.rfind(b"\n", max(least, start - LONGEST_LINE), start) + 1 or least
    head = data[at:start]
    return at if len(head) % 2 == 0 and _is_wide_line(head, order) else start


def _to_line_end(data: bytes, order: _Order, start: int, end: int) -> int:
    """Return where the last line ends that is surely in the run."""
    while True:
        if data[end - 2 : end] == order.newline:  # a line is complete: the next one must prove itself
            after = _newline_unit(data, order, end)
            line = data[end:after]
            if after <= end or decodes(line, "utf-8") or not _is_wide_line(line, order):
                return end
            end = after
            continue
        after = _newline_unit(data, order, end)
        if after <= end or not _is_text(data[end:after], order.name):
            return end
        end = after
        if more := order.pattern.match(data, end):
            end = more.end()


def _is_wide_line(data: bytes, order: _Order) -> bool:
    """Whether a line without NULs is text in UTF-16, and not ASCII with a few other bytes."""
    ascii_bytes = len(data) - len(data.translate(None, _ASCII))
    return len(data) > 0 and ascii_bytes * 100 < 85 * len(data) and is_plausible(data, order.name)


def _newline_unit(data: bytes, order: _Order, start: int) -> int:
    """Return the place behind the next newline among the units from *start*, or 0."""
    at = start - 1
    while (at := data.find(order.newline, at + 1, start + LONGEST_LINE)) >= 0:
        if (at - start) % 2 == 0:
            return at + 2
    return 0


def _is_text(data: bytes, name: str) -> bool:
    try:
        text = data.decode(name)
    except UnicodeDecodeError:
        return False
    return all(char.isprintable() or char in "\t\r\n" for char in text)


def decodes(data: bytes, name: str) -> bool:
    """Whether *data* is valid in the encoding *name*."""
    try:
        data.decode(name)
    except UnicodeDecodeError:
        return False
    return True
