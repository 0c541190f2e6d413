"""A line on standard error that tells how much of a long walk is done."""

import time

from stdtools.shared.streams import STDERR, write_all
from stdtools.tree.finding import Share
from stdtools.tree.walker import Directory, Walker

FIRST, EVERY = 1.0, 0.2  # seconds


class Progress:
    """A share that tells, while it hands on to *share*; the line goes away in the end."""

    def __init__(self, share: Share) -> None:
        self._share = share
        self._due = time.monotonic() + FIRST
        self._shown = False

    def __call__(self, walker: Walker, stack: list[Directory], work: int) -> bool:
        """Tell when it is time, then do what *share* does."""
        if time.monotonic() >= self._due:
            self._due = time.monotonic() + EVERY
            self._shown = True
            self._write(f"\r{walker.directories:,} directories, {walker.entries:,} entries …")
        return self._share(walker, stack, work)

    def _write(self, text: str) -> None:
        write_all(STDERR, f"{text}\x1b[K".encode())
