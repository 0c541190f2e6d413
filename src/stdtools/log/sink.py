"""Lines on their way into a rotating file: what goes before each, and what happens on a full disk."""

import errno
import logging
import os
import time
from collections.abc import Callable
from typing import Literal

from stdtools.log.compression import Compressor
from stdtools.log.gap import gap_line
from stdtools.log.schedule import Schedule
from stdtools.shared.errors import ToolError, raise_os_error
from stdtools.shared.rotation import RotatingFile
from stdtools.shared.screen import amount

logger = logging.getLogger(__name__)

FULL = (errno.ENOSPC, errno.EDQUOT)
OnFull = Literal["wait", "drop", "exit"]
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 2.0  # seconds
TELL_AGAIN = 60.0  # seconds


class Sink:
    """Take blocks of whole lines and write each line behind its head (time, prefix, tag).

    *tell* shows a message to the user; *pause* waits so many seconds and says whether we are asked to
    end. *each_line*: a line is written, and with a syncing *file* on the disk, before the next one is.
    """

    def __init__(
        self,
        file: RotatingFile,
        *,
        tell: Callable[[str], None],
        pause: Callable[[float], bool],
        stamp: Callable[[], bytes],
        on_full: OnFull,
        each_line: bool,
        schedule: Schedule | None,
        compressor: Compressor | None,
    ) -> None:
        self._file = file
        self._tell = tell
        self._pause = pause
        self._stamp = stamp
        self._on_full = on_full
        self._each_line = each_line
        self._schedule = schedule
        self._compressor = compressor
        self._rotations = 0
        self._open_line: object = None  # the source of a line whose end has not come
        self._full = ""  # what the disk said, while it is full
        self._missing_lines = self._missing_bytes = 0  # dropped, and not accounted for in the log yet
        self._lost_lines = self._lost_bytes = 0  # dropped since the beginning
        self._told: dict[int | None, float] = {}
        self.counts = {"bytes": 0, "rotations": 0}

    def open(self) -> None:
        """Open the file and finish what a killed run left behind."""
        pause = FIRST_PAUSE
        while True:
            try:
                self._file.prepare()
                break
            except OSError as error:
                self._check_full(error, "")
                if self._on_full == "drop":
                    break
                pause = self._wait_for_room(error, pause, "")
        if self._compressor is not None:
            self._compressor.start()

    def put(self, block: bytes, source: object, tag: bytes) -> None:
        """Write the lines of *block*; one without its end goes on with the next block of the same *source*."""
        head = self._stamp() + tag
        goes_on = self._open_line is source
        self._open_line = None if block.endswith(b"\n") else source
        if head:
            block = (b"" if goes_on else head) + block[:-1].replace(b"\n", b"\n" + head) + block[-1:]
        if self._missing_bytes and not self._account(head):
            self._drop(block)
            return
        self._write(block, new_line=not goes_on)
        self._look_after()

    def rotate(self, *, only_if_due: bool = False) -> None:
        """Begin a new file; a line that is still open stays whole in the old one."""
        if self._open_line is None:
            try:
                self._file.rotate(only_if_due=only_if_due)
            except OSError as error:
                self._warn(error)
            self._look_after()

    def reopen(self) -> None:
        """Make the file at the path ours, and make it if it was moved away."""
        try:
            self._file.prepare()
        except OSError as error:
            self._tell(f"{self._file.given_path}: {error.strerror}")

    def seconds_to_boundary(self, now: float) -> float | None:
        """Return how long it is until a new file is to begin by the clock; None when that never happens."""
        return None if self._schedule is None else max(0.0, self._schedule.boundary_after(now) - now)

    def close(self, *, wait: bool = True) -> str:
        """Say in the log what is missing and, if we may *wait*, see the compression through.

        Returns what was dropped since the beginning; nothing when all is there.
        """
        if self._missing_bytes:
            self._account(self._stamp())
        if self._compressor is not None and wait:
            self._compressor.finish(self._pause)
        self._file.close()
        return _amount(self._lost_lines, self._lost_bytes) if self._lost_bytes else ""

    def _write(self, block: bytes, *, new_line: bool) -> None:
        start = 0
        pause = FIRST_PAUSE
        while start < len(block):
            try:
                stop = self._write_some(block, start, new_line=new_line and start == 0)
            except OSError as error:
                missing = _amount(block.count(b"\n", start), len(block) - start)
                self._check_full(error, missing)
                if self._on_full == "drop":
                    self._tell_once(error, "lines are dropped, and counted in the log, until there is room")
                    self._drop(block[start:])
                    return
                pause = self._wait_for_room(error, pause, missing)
            else:
                self.counts["bytes"] += stop - start
                start = stop
                self._full = ""

    def _write_some(self, block: bytes, start: int, *, new_line: bool) -> int:
        if not self._each_line:
            return self._file.write(block, start, new_line=new_line)
        stop = block.find(b"\n", start) + 1 or len(block)
        return start + self._file.write(block[start:stop], new_line=new_line)

    def _check_full(self, error: OSError, missing: str) -> None:
        """Raise a ToolError, unless the disk is full and we are to stay."""
        if error.errno not in FULL:
            raise_os_error(error, self._file.given_path)
        if not self._full:
            self._full = os.strerror(error.errno)
            logger.debug("full: %s", self._full)
        if self._on_full == "exit":
            raise self._not_written(missing)

    def _wait_for_room(self, error: OSError, seconds: float, missing: str) -> float:
        """Wait so long, and return how long to wait the next time."""
        self._tell_once(error, "waiting for room")
        if self._pause(seconds):
            raise self._not_written(missing)
        return min(2 * seconds, LONGEST_PAUSE)

    def _not_written(self, missing: str) -> ToolError:
        what = f"; {missing} of what was read are not written" if missing else ""
        return ToolError(f"{self._full}{what}", where=self._file.given_path)

    def _drop(self, block: bytes) -> None:
        lines = block.count(b"\n")
        self._missing_lines += lines
        self._missing_bytes += len(block)
        self._lost_lines += lines
        self._lost_bytes += len(block)
        self._open_line = None  # what comes of the line later stands for itself

    def _account(self, head: bytes) -> bool:
        """Write the line that says what is missing; False while there is no room for it."""
        line = head + gap_line(_amount(self._missing_lines, self._missing_bytes), self._full)
        try:
            self._file.write(line, whole=True, new_line=True)
        except OSError as error:
            self._check_full(error, "")
            return False
        self._full = ""
        self._missing_lines = self._missing_bytes = 0
        return True

    def _look_after(self) -> None:
        if self._file.trouble is not None:
            self._warn(self._file.trouble)
        if self._file.rotations != self._rotations:
            self._rotations = self._file.rotations
            self.counts["rotations"] = self._rotations
            logger.debug("began a new file, number %d of this run", self._rotations)
            if self._compressor is not None:
                self._compressor.wake()

    def _warn(self, error: OSError) -> None:
        self._tell_once(error, "cannot begin a new file; this one grows beyond its limit")

    def _tell_once(self, error: OSError, consequence: str) -> None:
        """Tell it, but not once more within a minute."""
        now = time.monotonic()
        if now > self._told.get(error.errno, -TELL_AGAIN) + TELL_AGAIN:
            self._told[error.errno] = now
            self._tell(f"{self._file.given_path}: {error.strerror}; {consequence}")


def _amount(lines: int, size: int) -> str:
    return f"{amount(lines, 'line')} ({amount(size, 'byte')})"
