"""A line on standard error that tells how far a run of jobs is."""

from stdtools.shared import screen
from stdtools.shared.progress_line import ProgressLine, clock


class Progress(ProgressLine):
    """Told of jobs as they end, it draws the line when it is due."""

    def __init__(self) -> None:
        super().__init__()
        self.ended = self.failed = 0
        self.total: int | None = None  # None while nobody knows
        self._is_free = True  # the terminal's cursor is at the beginning of a line

    def tick(self) -> float:
        """Draw the line if it is due; return when it will be, by the monotonic clock."""
        if self.is_due() and self._is_free:
            failed = f", {self.failed} failed" if self.failed else ""
            if self.total:
                self.draw(f"{self.ended} of {self.total}{failed}", self.ended / self.total)
            else:
                self.draw(f"{self.ended} done{failed}, {clock(self.seconds)}")
        return self.due

    def clear(self, next_data: bytes = b"\n") -> None:
        """Take the line away, for *next_data* to be written; a line that does not end there is left alone."""
        super().clear()
        if next_data:
            self._is_free = next_data.endswith(b"\n")


def progress_if(wanted: bool | None) -> Progress | None:
    """Return the line where it is *wanted*; where nothing was said, on a terminal."""
    return Progress() if screen.wants_progress(wanted) else None
