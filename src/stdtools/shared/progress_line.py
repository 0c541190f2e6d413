"""A line on standard error that tells how far a command is: drawn after a while, gone at the end."""

import contextlib
import os
import time

from stdtools.shared import screen
from stdtools.shared.streams import STDERR, write_all

FIRST, EVERY = 1.0, 0.2  # seconds
_WIDEST, _NARROWEST = 30, 8  # characters of a bar


class ProgressLine:
    """Told from time to time how much has been done, it draws the line when that is due.

    The time counts from the first of them: before it, somebody may have been typing.
    """

    def __init__(self) -> None:
        self._begun: float | None = None
        self._due = 0.0
        self._is_shown = False

    def tell(self, share: float, done: str) -> None:
        """Draw the line if it is due: a bar of which *share* is full, what has been *done*, and the time to go."""
        now = time.monotonic()
        if self._begun is None:
            self._begun, self._due = now, now + FIRST
        if now < self._due:
            return
        self._due = now + EVERY
        seconds = now - self._begun
        text = f"{done}, {_clock(seconds / share - seconds)} to go" if share else done
        room = _columns() - 1
        width = min(_WIDEST, room - len(text) - 1)
        drawn = f"{screen.bar(share, width)} " if width >= _NARROWEST else ""
        self._write(f"\r{drawn}{text[:room]}\x1b[K")
        self._is_shown = True

    def clear(self) -> None:
        """Take the line away."""
        if self._is_shown:
            self._write("\r\x1b[K")
            self._is_shown = False

    def _write(self, text: str) -> None:
        with contextlib.suppress(OSError):  # a standard error that fails is past helping
            write_all(STDERR, text.encode())


def _columns() -> int:
    try:
        return os.get_terminal_size(STDERR).columns or 80
    except OSError:
        return 80


def _clock(seconds: float) -> str:
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
