"""A line on standard error that tells how far a run of jobs is."""

import contextlib
import os
import time

from stdtools.shared import screen
from stdtools.shared.streams import STDERR, write_all

FIRST, EVERY = 1.0, 0.2  # seconds


class Progress:
    """Told of jobs as they end, it draws the line when it is due."""

    def __init__(self) -> None:
        self.ended = self.failed = 0
        self.total: int | None = None  # None while nobody knows
        self._begun = time.monotonic()
        self._due = self._begun + FIRST
        self._is_shown = False
        self._is_free = True  # the terminal's cursor is at the beginning of a line

    def tick(self) -> float:
        """Draw the line if it is due; return when it will be, by the monotonic clock."""
        now = time.monotonic()
        if now >= self._due:
            self._due = now + EVERY
            if self._is_free:
                self._draw(now - self._begun)
        return self._due

    def clear(self, next_data: bytes = b"\n") -> None:
        """Take the line away, for *next_data* to be written; a line that does not end there is left alone."""
        if self._is_shown:
            self._write("\r\x1b[K")
            self._is_shown = False
        if next_data:
            self._is_free = next_data.endswith(b"\n")

    def _draw(self, seconds: float) -> None:
        failed = f", {self.failed} failed" if self.failed else ""
        if self.total:
            share = self.ended / self.total
            rest = f", {_clock(seconds / share - seconds)} to go" if self.ended else ""
            text = f"{screen.bar(share, 30)} {self.ended} of {self.total}{failed}{rest}"
        else:
            text = f"{self.ended} done{failed}, {_clock(seconds)}"
        self._write(f"\r{text[: _columns() - 1]}\x1b[K")
        self._is_shown = True

    def _write(self, text: str) -> None:
        with contextlib.suppress(OSError):  # a standard error that fails is past helping
            write_all(STDERR, text.encode())


def _columns() -> int:
    try:
        return os.get_terminal_size(STDERR).columns or 80
    except OSError:
        return 80


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def progress_if(wanted: bool | None) -> Progress | None:
    """Return the line where it is *wanted*; where nothing was said, on a terminal."""
    if wanted is None:
        wanted = os.isatty(STDERR) and screen.preferences.verbosity >= 0
    return Progress() if wanted else None
