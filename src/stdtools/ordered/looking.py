"""A line found in a sorted file of any size by halving it.

Reads by pread, not through a map of the file: one that is cut meanwhile would end the process with SIGBUS.
"""

from collections.abc import Callable, Iterator
from typing import Any

from stdtools.shared.errors import ToolError
from stdtools.shared.streams import Input

PROBE = 1 << 12  # bytes read at a place that is looked at
NEAR = 1 << 15  # bytes that are read on through rather than halved

KeyOf = Callable[[bytes], Any]  # of a line; None where it has none


def look(
    source: Input, size: int, key_of: KeyOf, low: Any, is_above: Callable[[Any], bool], lack: str
) -> Iterator[bytes]:
    """Yield the lines of a sorted file of *size* bytes from the first with a key of *low* or more.

    None of *low* is the beginning. Ends before the first key that *is_above*. Raises ToolError for lines that are
    seen to be out of order, or without a key: *lack* says what they have not.
    """

    def key_at(offset: int, line: bytes) -> Any:
        key = key_of(line)
        if key is None:
            raise ToolError(f"the line at byte {offset} has {lack}", where=source.name)
        return key

    start = 0 if low is None else _first(source, size, key_at, low)
    last = None
    for offset, line in _lines(source, start):
        key = key_at(offset, line)
        if last is not None and key < last:
            raise ToolError(f"is not in order at byte {offset}", where=source.name, hint="sort it first")
        last = key
        if low is not None and key < low:
            continue
        if is_above(key):
            return
        yield line


def _first(source: Input, size: int, key_at: Callable[[int, bytes], Any], low: Any) -> int:
    """Return the start of a line at or before the first with a key of *low* or more."""
    begin, end = 0, size  # starts of lines; all before begin have keys below low
    while end - begin > NEAR:
        middle = (begin + end) // 2
        start = _start_behind(source, middle)
        if start >= end:  # one line reaches from the middle to the end
            end = middle
            continue
        line = next(_lines(source, start), None)
        if line is None:
            end = middle
        elif key_at(*line) < low:
            begin = start
        else:
            end = middle
    return begin


def _start_behind(source: Input, offset: int) -> int:
    """Return where the first line begins that begins behind *offset*."""
    size = PROBE
    while block := source.read_at(offset, size):
        newline = block.find(b"\n")
        if newline >= 0:
            return offset + newline + 1
        offset += len(block)
        size = min(2 * size, 1 << 20)
    return offset


def _lines(source: Input, offset: int) -> Iterator[tuple[int, bytes]]:
    """Yield the lines from *offset* on, and where each begins."""
    held = b""
    size = PROBE
    at = offset
    while block := source.read_at(at, size):
        at += len(block)
        size = min(2 * size, 1 << 18)
        *lines, held = (held + block).split(b"\n")
        for line in lines:
            yield offset, line
            offset += len(line) + 1
    if held:
        yield offset, held
