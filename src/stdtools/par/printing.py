"""What expressions print in a process that works on several at a time: each thread hears its own."""

import io
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


class _Outputs(io.StringIO):
    """A standard output that hands on what is written to the one of the thread that writes."""

    def __init__(self) -> None:
        super().__init__()
        self.others: TextIO = sys.stdout  # of threads that nobody hears
        self.own = threading.local()

    def _output(self) -> TextIO:
        output: TextIO = getattr(self.own, "heard", self.others)
        return output

    def write(self, text: str) -> int:
        return self._output().write(text)

    def flush(self) -> None:
        self._output().flush()

    def close(self) -> None:
        self._output().close()


_lock = threading.Lock()


@contextmanager
def heard_by_thread() -> Iterator[io.StringIO]:
    """Hear what this thread prints within this ``with`` block."""
    with _lock:
        if not isinstance(sys.stdout, _Outputs):
            sys.stdout = _Outputs()
        outputs = sys.stdout
    outputs.own.heard = heard = io.StringIO()
    try:
        yield heard
    finally:
        del outputs.own.heard
