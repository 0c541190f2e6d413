"""A tree from a list of paths, in any order, with the directories that nobody listed."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from stdtools.shared.errors import ToolError
from stdtools.tree.branches import Branch, Branches
from stdtools.tree.sorting import Sorter

_SIZED = re.compile(rb"\s*(\d{1,18})\s+(.*)", re.DOTALL)


def parse_lines(lines: Iterable[bytes], *, sizes: bool) -> Iterator[tuple[bytes, int]]:
    """Yield path and size of each line: a path, or with *sizes* a number, a blank and a path."""
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        if b"\0" in line:
            raise ToolError(f"line {number} holds a NUL", hint="write -0 for names that end with one")
        if not sizes:
            yield line, 0
            continue
        match = _SIZED.fullmatch(line)
        if match is None:
            raise ToolError(f"line {number} is not a size, a blank and a path", hint="leave out --sizes")
        yield match[2], int(match[1])


def parse_records(records: Iterable[Any]) -> Iterator[tuple[bytes, int]]:
    """Yield path and size of each record, as ``find --jsonl`` writes them."""
    for number, record in enumerate(records, 1):
        match record:
            case {"path_b64": str(encoded)}:
                from binascii import a2b_base64

                path = a2b_base64(encoded)
            case {"path": str(text)}:
                path = text.encode("utf-8", "surrogateescape")
            case _:
                raise ToolError(f"record {number} has no path")
        size = record.get("size")
        yield path, size if isinstance(size, int) and size > 0 else 0


def sorted_paths(paths: Iterable[tuple[bytes, int]]) -> Iterator[tuple[bytes, int, bool]]:
    """Yield key, size, and whether it must be a directory, from the last key to the first; each key once."""
    sorter = Sorter(reverse=True)
    for path, size in paths:
        parts = [part for part in path.split(b"/") if part not in (b"", b".")]
        root = b"/" if path.startswith(b"/") else b"."
        sorter.add((b"\0".join([root, *parts]), size, path.endswith(b"/")))
    last = None
    for key, size, is_directory in sorter.rows():
        if key != last:
            yield key, size, is_directory
        last = key


class _Open:
    """A directory of which more may come."""

    def __init__(self, key: bytes) -> None:
        self.key = key
        self.entries: list[Branch] = []
        self.size = 0


def grow(rows: Iterable[tuple[bytes, int, bool]], nodes: Branches) -> Iterator[Branch]:
    """Yield the roots of the trees that *rows* of ``sorted_paths`` make: ``/`` and ``.`` as there are paths."""
    stack: list[_Open] = []
    for key, size, is_directory in rows:
        while stack and not _is_within(key, stack[-1].key):
            yield from _close(stack, nodes)
        if stack and stack[-1].key == key:
            stack[-1].size += size
            continue
        parent = key.rpartition(b"\0")[0]
        at = len(stack[-1].key) if stack else -1
        while at < len(parent):
            end = parent.find(b"\0", at + 1)
            at = end if end >= 0 else len(parent)
            stack.append(_Open(parent[:at]))
        if is_directory or not stack:
            stack.append(_Open(key))
            stack[-1].size = size
        else:
            stack[-1].entries.append(Branch(key.rpartition(b"\0")[2], "f", size, 0))
    while stack:
        yield from _close(stack, nodes)


def _is_within(key: bytes, directory: bytes) -> bool:
    return key == directory or key.startswith(directory + b"\0")


def _close(stack: list[_Open], nodes: Branches) -> Iterator[Branch]:
    done = stack.pop()
    size = done.size + sum(entry.size for entry in done.entries)
    branch = Branch(done.key.rpartition(b"\0")[2], "d", size, 0, nodes.write(done.entries))
    if stack:
        stack[-1].entries.append(branch)
    else:
        yield branch
