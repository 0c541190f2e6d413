"""Trees on their way out: lines for people, records for programs."""

import os
from collections.abc import Callable, Iterable
from itertools import islice

from stdtools.shared import screen
from stdtools.shared.records import RecordWriter, Value
from stdtools.shared.streams import Output
from stdtools.tree.branches import Branch, Read
from stdtools.tree.drawing import ASCII, Shape, Twig, human, target_of, twigs
from stdtools.tree.entry import Entry

Tree = tuple[Branch, Read]

_COLORS = {"d": 34, "l": 36, "p": 33, "s": 35, "b": 33, "c": 33}
_PIECE = 100  # lines


def write_records(trees: Iterable[Tree], shape: Shape, output: Output, format: str, *, sizes: bool) -> int:
    """Write a record for each entry of *trees*; return how many."""
    writer = RecordWriter(output, ["path", "name", "type", "depth", *(["size"] if sizes else [])], format)
    count = 0
    for root, read in trees:
        for twig in twigs(root, read, shape):
            if twig.branch is not None:
                name = twig.branch.name if twig.depth else Entry.of_root(twig.path, follow=False).name
                row: list[Value] = [os.fsdecode(twig.path), os.fsdecode(name)]
                row += [twig.branch.kind, twig.depth, twig.branch.size][: 3 if sizes else 2]
                writer.write([row])
                count += 1
    writer.close()
    return count


def write_lines(trees: Iterable[Tree], shape: Shape, output: Output, *, sizes: bool, links: bool) -> int:
    """Write a line for each entry of *trees*, with *links* also where they lead; return how many entries."""
    more = "..." if shape.marks is ASCII else "…"
    line = _line_maker(output, more, sizes=sizes, links=links)
    count = 0
    for root, read in trees:
        lines = twigs(root, read, shape)
        while piece := list(islice(lines, 1 if output.is_terminal else _PIECE)):
            output.write(b"".join(map(line, piece)))
            count += sum(twig.branch is not None for twig in piece)
    return count


def _line_maker(output: Output, more: str, *, sizes: bool, links: bool) -> Callable[[Twig], bytes]:
    color = screen.wants_color(output.fd)

    def line(twig: Twig) -> bytes:
        branch = twig.branch
        if branch is None:
            return f"{'      ' if sizes else ''}{twig.rails}{more} {twig.left_out:,} more\n".encode()
        head = f"{human(branch.size):>5} " if sizes else ""
        name, tail = branch.name, b""
        if branch.kind == "d":
            name = name if name.endswith(b"/") else name + b"/"
        elif branch.kind == "l" and links:
            tail = b" -> " + target_of(twig.path)
        if output.is_terminal:
            name, tail = (screen.safe(os.fsdecode(text)).encode() for text in (name, tail))
        if color and branch.kind in _COLORS:
            name = screen.paint(os.fsdecode(name), _COLORS[branch.kind]).encode("utf-8", "surrogateescape")
        return f"{head}{twig.rails}".encode() + name + tail + b"\n"

    return line
