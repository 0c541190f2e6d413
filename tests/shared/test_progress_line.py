"""The line that tells how far a command is."""

import contextlib
import fcntl
import os
import pty
import re
import struct
import termios

import pytest

from stdtools.shared import progress_line
from stdtools.shared.progress_line import ProgressLine


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time as the line knows it, in its one element."""
    now = [100.0]
    monkeypatch.setattr(progress_line.time, "monotonic", lambda: now[0])
    return now


def seen_on_a_terminal(monkeypatch: pytest.MonkeyPatch, clock: list[float], columns: int) -> str:
    """Return what a terminal of so many *columns* gets after a second, two and in the end, if it is told late."""
    monkeypatch.setenv("NO_COLOR", "1")
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    monkeypatch.setattr(progress_line, "STDERR", theirs)
    clock[0] = 50.0
    line = ProgressLine()
    for now, share in ((100.0, 0.0), (100.1, 0.1), (101.0, 0.25), (101.1, 0.26), (102.0, 0.5)):
        clock[0] = now
        if line.is_due():
            line.draw(f"{share:.0%}", share)
    line.clear()
    line.clear()
    os.close(theirs)
    seen = b""
    with contextlib.suppress(OSError):  # the end of a terminal
        while block := os.read(ours, 10_000):
            seen += block
    os.close(ours)
    return seen.decode()


def test_the_line_comes_after_a_second_and_is_gone_in_the_end(
    monkeypatch: pytest.MonkeyPatch, clock: list[float]
) -> None:
    first, second = f"{'━' * 7}╸".ljust(30), ("━" * 15).ljust(30)
    expected = f"\r{first} 25%, 0:03 to go\x1b[K\r{second} 50%, 0:02 to go\x1b[K\r\x1b[K"
    assert seen_on_a_terminal(monkeypatch, clock, 80) == expected


@pytest.mark.parametrize("columns", [5, 10, 20, 30, 46, 80])
def test_the_line_is_one_line_however_narrow_the_terminal(
    monkeypatch: pytest.MonkeyPatch, clock: list[float], columns: int
) -> None:
    drawn = re.findall(r"\r([^\r]*)\x1b\[K", seen_on_a_terminal(monkeypatch, clock, columns))
    assert [line[-4:] for line in drawn[:2]] != ["", ""]
    assert max(map(len, drawn)) < columns
