"""What is to be imported, at hand: a pipe has been read to its end before anybody has to wait for a lock."""

import contextlib
import os

from stdtools.shared.errors import ToolError
from stdtools.shared.scratch import scratch_file, scratch_trouble
from stdtools.shared.streams import BLOCK, Input, open_input, write_all


class Arrived:
    """The file *path*, ``-`` for standard input, to be opened when its turn comes.

    One that is no regular file is read now: a short one into memory, a longer one into a file without a name,
    which *stack* closes. What is wrong with it is raised by ``open``.
    """

    def __init__(self, path: str, stack: contextlib.ExitStack) -> None:
        self._path = path
        self._error: ToolError | None = None
        self._source: Input | None = None
        self.size = 0  # bytes
        try:
            with open_input(path) as source:
                if not source.is_file:
                    self.size = len(source.peek(BLOCK))
                    is_short = self.size < BLOCK  # its end has come: it is not read any more
                    self._source = source if is_short else _kept(source, stack)
                opened = self._source or source
                if opened.is_file:
                    self.size = os.fstat(opened.fd).st_size
        except ToolError as error:
            self._error = error

    def open(self) -> contextlib.AbstractContextManager[Input]:
        """Return the file, for the time of a ``with`` block. Raises ToolError."""
        if self._error is not None:
            raise self._error
        return open_input(self._path) if self._source is None else contextlib.nullcontext(self._source)


def _kept(source: Input, stack: contextlib.ExitStack) -> Input:
    """Return the rest of *source* as a file."""
    try:
        file = stack.enter_context(scratch_file())
        while block := source.read(BLOCK):
            write_all(file.fileno(), block)
        file.seek(0)
    except OSError as error:
        raise scratch_trouble(source.name, error) from None
    return Input(file.fileno(), source.name)
