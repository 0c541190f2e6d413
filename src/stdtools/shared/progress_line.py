"""A line on standard error that tells how far a command is: drawn after a while, gone at the end."""

import contextlib
import os
import time

from stdtools.shared import screen
from stdtools.shared.streams import STDERR, write_all

FIRST, EVERY = 1.0, 0.2  # seconds
_WIDEST, _NARROWEST = 30, 8  # characters of a bar


class ProgressLine:
    """It is due a second after it was first asked for, then five times a second.

    Before it is asked for, somebody may have been typing.
    """

    def __init__(self) -> None:
        self.due = 0.0  # by the monotonic clock
        self._begun: float | None = None
        self._is_shown = False

    def is_due(self) -> bool:
        """Say whether it is to be drawn; it is not due again at once."""
        now = time.monotonic()
        if self._begun is None:
            self._begun, self.due = now, now + FIRST
        if now < self.due:
            return False
        self.due = now + EVERY
        return True

    def draw(self, done: str, share: float | None = None) -> None:
        """Draw what has been *done*, and where the *share* of all is known a bar, and the time to go."""
        if share:
            done += f", {clock(self.seconds / share - self.seconds)} to go"
        room = _columns() - 1
        width = min(_WIDEST, room - len(done) - 1)
        drawn = f"{screen.bar(share, width)} " if share is not None and width >= _NARROWEST else ""
        self._write(f"\r{drawn}{done[:room]}\x1b[K")
        self._is_shown = True

    @property
    def seconds(self) -> float:
        """The time since it was first asked for."""
        return 0.0 if self._begun is None else time.monotonic() - self._begun

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


def clock(seconds: float) -> str:
    """Return a time as it is read: minutes and seconds, and hours before them."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
