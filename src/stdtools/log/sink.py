"""Lines on their way into a rotating file: what goes before each, and what happens on a full disk."""

import errno
import logging
import os
from collections.abc import Callable
from typing import Literal, NamedTuple

from stdtools.log.compression import Compressor
from stdtools.log.schedule import Schedule
from stdtools.shared.errors import ToolError, raise_os_error
from stdtools.shared.rotation import RotatingFile

logger = logging.getLogger(__name__)

FULL = (errno.ENOSPC, errno.EDQUOT)
OnFull = Literal["wait", "drop", "exit"]
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 2.0


class Surroundings(NamedTuple):
    """What a Sink asks of whoever runs it."""

    tell: Callable[[str], None]  # shows a message to the user
    pause: Callable[[float], bool]  # waits so many seconds; True: we are asked to end


class Sink:
    """Take blocks of whole lines and write each line behind its head (time, prefix, tag).

    *each_line*: a line is written, and with a syncing *file* on the disk, before the next one is.
    """

    def __init__(
        self,
        file: RotatingFile,
        surroundings: Surroundings,
        *,
        stamp: Callable[[], bytes] = bytes,
        on_full: OnFull = "wait",
        each_line: bool = False,
        schedule: Schedule | None = None,
        compressor: Compressor | None = None,
    ) -> None:
        self._file = file
        self._around = surroundings
        self._stamp = stamp
        self._on_full = on_full
        self._each_line = each_line
        self._schedule = schedule
        self._compressor = compressor
        self._rotations = 0
        self._open_line: bytes | None = None  # the tag of a line whose end has not come
        self._full = ""  # what the disk said, while it is full
        self._dropped_lines = self._dropped_bytes = 0
        self.lost_lines = 0  # dropped lines, of all times
        self._told: set[int | None] = set()

    def open(self) -> None:
        """Open the file and finish what a killed run left behind."""
        try:
            self._file.prepare()
        except OSError as error:
            raise_os_error(error, self._file.given_path)
        if self._compressor is not None:
            self._compressor.start()

    def put(self, block: bytes, tag: bytes = b"") -> None:
        """Write the lines of *block*; one without its end goes on with the next block of the same *tag*."""
        head = self._stamp() + tag
        first = head
        if self._open_line is not None:
            first = b"" if self._open_line == tag else b"\n" + head
        self._open_line = None if block.endswith(b"\n") else tag
        if head:
            body = block[:-1].replace(b"\n", b"\n" + head) + block[-1:]
            block = first + body
        elif first:
            block = first + block
        if self._dropped_lines or self._dropped_bytes:
            self._write(self._gap(head))
            if self._full:
                self._count(block, 0)
                return
        self._write(block)
        self._look_after()

    def rotate(self, *, only_if_due: bool = False) -> None:
        """Begin a new file; a line that is still open stays whole in the old one."""
        if self._open_line is not None:
            return
        try:
            self._file.rotate(only_if_due=only_if_due)
        except OSError as error:
            self._warn(error)
        self._look_after()

    def seconds_to_boundary(self, now: float) -> float | None:
        """Return how long it is until a new file is to begin by the clock; None when that never happens."""
        return None if self._schedule is None else max(0.0, self._schedule.boundary_after(now) - now)

    def close(self, *, wait: bool = True) -> None:
        """Tell of lines that are still missing and, unless we must not *wait*, see the compression through."""
        if self._dropped_lines or self._dropped_bytes:
            self._write(self._gap(self._stamp()))
        if self._compressor is not None and wait:
            self._compressor.finish(self._around.pause)
        self._file.close()

    def _write(self, block: bytes) -> None:
        start = 0
        pause = FIRST_PAUSE
        while start < len(block):
            try:
                start = self._write_some(block, start)
            except OSError as error:
                if error.errno not in FULL:
                    raise_os_error(error, self._file.given_path)
                self._full = os.strerror(error.errno)
                logger.debug("full: %s", self._full)
                if self._on_full == "exit":
                    raise self._not_written(block, start) from None
                if self._on_full == "drop":
                    self._tell_once(error, "lines are dropped, and counted in the log, until there is room")
                    self._count(block, start)
                    return
                self._tell_once(error, "waiting for room")
                if self._around.pause(pause):
                    raise self._not_written(block, start) from None
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                self._full = ""

    def _write_some(self, block: bytes, start: int) -> int:
        if not self._each_line:
            return self._file.write(block, start)
        stop = block.find(b"\n", start) + 1 or len(block)
        return start + self._file.write(block[start:stop])

    def _not_written(self, block: bytes, start: int) -> ToolError:
        lines = block.count(b"\n", start)
        return ToolError(f"{self._full}; {_amount(lines, len(block) - start)} not written", where=self._file.given_path)

    def _count(self, block: bytes, start: int) -> None:
        lines = block.count(b"\n", start)
        self._dropped_lines += lines
        self._dropped_bytes += len(block) - start
        self.lost_lines += lines

    def _gap(self, head: bytes) -> bytes:
        """Return the line that says what is missing here, and forget it; `log verify` looks for it."""
        text = f"stdtools log: {_amount(self._dropped_lines, self._dropped_bytes)} dropped: {self._full}\n"
        self._dropped_lines = self._dropped_bytes = 0
        return head + text.encode()

    def _look_after(self) -> None:
        if self._file.trouble is not None:
            self._warn(self._file.trouble)
        if self._file.rotations != self._rotations:
            self._rotations = self._file.rotations
            logger.debug("began a new file, the %d. of this run", self._rotations)
            self._told.clear()
            if self._compressor is not None:
                self._compressor.wake()

    def _warn(self, error: OSError) -> None:
        self._tell_once(error, "cannot begin a new file; this one grows beyond its limit")

    def _tell_once(self, error: OSError, consequence: str) -> None:
        if error.errno not in self._told:
            self._told.add(error.errno)
            self._around.tell(f"{self._file.given_path}: {error.strerror}; {consequence}")


def _amount(lines: int, size: int) -> str:
    return f"{lines} line{'' if lines == 1 else 's'} ({size} bytes)"
