"""The files that a filter reads, one after another, and the lines in them."""

from collections.abc import Callable, Iterable, Iterator

from stdtools.shared import screen
from stdtools.shared.errors import TROUBLE, ToolError
from stdtools.shared.streams import Flushable, Input, open_input

LINES = 1 << 18  # bytes of lines at a time


def read_each(paths: Iterable[str], work: Callable[[Input], None], output: Flushable | None = None) -> int:
    """Hand each of *paths* to *work*, standard input where there are none; return the exit code.

    What is wrong with one of them is told, and the others follow; what is wrong with standard output is raised.
    """
    code = 0
    for path in tuple(paths) or ("-",):
        try:
            with open_input(path, output) as source:
                screen.warn_of_terminal(source.fd)
                work(source)
        except ToolError as error:
            if error.where == "standard output":
                raise
            screen.complain(str(error), *error.detail)
            code = TROUBLE
    return code


def line_blocks(source: Input, delimiter: bytes = b"\n", size: int | None = None) -> Iterator[bytes]:
    """Yield the lines of *source*, many at a time: each block ends with *delimiter*, but for the last one's lack of it.

    A line is held in memory, however long it is. With *size* it stops behind so many bytes.
    """
    held: list[bytes] = []
    while block := source.read(LINES if size is None else min(LINES, size)):
        if size is not None:
            size -= len(block)
        end = block.rfind(delimiter) + 1
        if not end:
            held.append(block)
            continue
        held.append(block[:end])
        yield b"".join(held) if len(held) > 1 else held[0]
        held = [block[end:]] if end < len(block) else []
    if held:
        yield b"".join(held)


def split_lines(block: bytes, delimiter: bytes = b"\n") -> list[bytes]:
    """Return the lines of a block of ``line_blocks``, without their ends."""
    lines = block.split(delimiter)
    if not lines[-1]:
        lines.pop()
    return lines
