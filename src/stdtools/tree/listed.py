"""A tree from a list of paths, in any order, with the directories that nobody listed."""

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from stdtools.shared.errors import ToolError
from stdtools.tree.branches import Branch, Write
from stdtools.tree.sorting import Sorter

LONGEST = 1 << 20  # bytes of a path; the kernel takes 4,096 at once
DEEPEST = 20_000  # parts
LARGEST = (1 << 63) - 1  # bytes of a file, for the kernel
_SIZED = re.compile(rb"\s*(\d{1,18})[ \t](.+)", re.DOTALL)


class Listed(NamedTuple):
    """A path of a list, its own size in bytes, and the letter of its type, empty if nobody told."""

    path: bytes
    size: int = 0
    kind: str = ""


def split(blocks: Iterable[bytes], end: bytes, name: str) -> Iterator[bytes]:
    """Yield what *end* ends in *blocks*, and what follows the last one. Raises ToolError for what is no path."""
    rest: list[bytes] = []
    length = 0
    for block in blocks:
        if end != b"\0" and b"\0" in block:
            raise ToolError("holds a NUL", where=name, hint="write -0 for names that end with one")
        first, *more = block.split(end)
        rest.append(first)
        length += len(first)
        if length > LONGEST:
            raise ToolError("has a line of more than 1 MiB, which is no path", where=name, hint="does it want -0?")
        if more:
            yield b"".join(rest)
            yield from more[:-1]
            rest, length = more[-1:], len(more[-1])
    yield b"".join(rest)


def parse_lines(lines: Iterable[bytes], name: str, *, sizes: bool) -> Iterator[Listed]:
    """Yield what each line is: a path, or with *sizes* a number, a blank and a path."""
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        if not sizes:
            yield Listed(line)
            continue
        match = _SIZED.fullmatch(line)
        if match is None:
            what = "is not a whole number of bytes, a blank and a path, as du -b writes it"
            raise ToolError(f"line {number} {what}", where=name)
        yield Listed(match[2], int(match[1]))


def parse_records(records: Iterable[Any], name: str) -> Iterator[Listed]:
    """Yield what each record is, as ``find --jsonl`` writes them: path, size, type."""
    for number, record in enumerate(records, 1):
        try:
            match record:
                case {"path_b64": str(encoded)}:
                    from binascii import a2b_base64

                    path = a2b_base64(encoded, strict_mode=True)
                case {"path": str(text)}:
                    path = text.encode()
                case _:
                    raise ValueError("it has no path")
        except ValueError as error:  # binascii.Error and UnicodeEncodeError are such
            raise ToolError(f"record {number}: {error}", where=name) from None
        if b"\0" in path:
            raise ToolError(f"record {number}: its path holds a NUL", where=name)
        size, kind = record.get("size"), record.get("type")
        known = type(size) is int and 0 < size <= LARGEST
        yield Listed(path, size if known else 0, kind if isinstance(kind, str) else "")


def sorted_paths(listed: Iterable[Listed], name: str) -> Iterator[tuple[bytes, int, str]]:
    """Yield key, size and kind of each path once, from the last key to the first; the key of a root is alone."""
    sorter = Sorter(reverse=True)
    for path, size, kind in listed:
        parts = [part for part in path.split(b"/") if part not in (b"", b".")]
        if len(parts) > DEEPEST:
            raise ToolError(f"has a path of {len(parts):,} parts", where=name)
        key = b"\0".join([b"/" if path.startswith(b"/") else b".", *parts])
        sorter.add((key, size, "d" if path.endswith(b"/") or not parts else kind))
    for key, same in groupby(sorter.rows(), key=itemgetter(0)):
        rows = list(same)
        kinds = {kind for _, _, kind in rows}
        yield key, rows[0][1], "d" if "d" in kinds else rows[0][2]


class _Open:
    """A directory of which more may come."""

    def __init__(self, name: bytes, size: int = 0) -> None:
        self.name = name
        self.size = size
        self.entries: list[Branch] = []


def grow(rows: Iterable[tuple[bytes, int, str]], write: Write) -> Iterator[Branch]:
    """Yield the roots of the trees that *rows* of ``sorted_paths`` make: ``/`` and ``.`` as there are paths."""
    stack: list[_Open] = []
    for key, size, kind in rows:
        parts = key.split(b"\0")
        common = 0
        for known, part in zip(stack, parts, strict=False):
            if known.name != part:
                break
            common += 1
        while len(stack) > common:
            yield from _close(stack, write)
        if common == len(parts):
            stack[-1].size += size
            continue
        stack += [_Open(part) for part in parts[common:-1]]
        if kind == "d":
            stack.append(_Open(parts[-1], size))
        else:
            stack[-1].entries.append(Branch(parts[-1], kind or "f", size, 0))
    while stack:
        yield from _close(stack, write)


def _close(stack: list[_Open], write: Write) -> Iterator[Branch]:
    done = stack.pop()
    size = done.size + sum(entry.size for entry in done.entries)
    branch = Branch(done.name, "d", size, 0, write(done.entries))
    if stack:
        stack[-1].entries.append(branch)
    else:
        yield branch
