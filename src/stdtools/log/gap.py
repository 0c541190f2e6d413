"""The line that says in a log what is missing there."""

import re
from collections.abc import Iterator

_GAP = re.compile(rb"stdtools log: (\d+ (?:lines?|records?)) (?:\(\d+ bytes?\) )?dropped: ")


def gap_line(what: str, why: str) -> bytes:
    """Return the line for *what*, such as ``12 lines (345 bytes)``, that could not be written."""
    return f"stdtools log: {what} dropped: {why}\n".encode()


def find_gaps(text: bytes, start: int) -> Iterator[str]:
    """Yield what is missing according to each gap line that ends behind *start*."""
    for match in _GAP.finditer(text):
        if match.end() > start:
            yield match[1].decode()
