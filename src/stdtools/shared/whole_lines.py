"""Where lines end: blocks of bytes cut so that each ends with one, as much as there is room for, the last of a file."""

import os

LONGEST_LINE = 1 << 20
_BLOCK = 64 * 1024


class WholeLines:
    """Hold back the beginning of a line until its end comes; a line longer than 1 MiB goes on in pieces."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self.held = 0  # bytes

    def cut(self, block: bytes) -> bytes:
        """Return what was held and *block* up to its last newline, or nothing; hold the rest."""
        end = block.rfind(b"\n") + 1
        if not end and self.held + len(block) >= LONGEST_LINE:
            end = len(block)
        if not end:
            self._hold(block)
            return b""
        lines = b"".join([*self._parts, memoryview(block)[:end]])  # a slice would be copied twice
        self._parts, self.held = [], 0
        self._hold(block[end:])
        return lines

    def rest(self) -> bytes:
        """Return what is held, the beginning of a line, and hold it no longer."""
        rest = b"".join(self._parts)
        self._parts, self.held = [], 0
        return rest

    def _hold(self, part: bytes) -> None:
        if part:
            self._parts.append(part)
            self.held += len(part)


def fitting(block: bytes, start: int, room: int, *, is_empty: bool, within_line: bool) -> int:
    """Return where the lines of *block* from *start* on end that go into a file with *room* bytes left.

    *start* when none may. What goes on *within_line* stays in its file, and a line that is too long has one of its own.
    """
    if within_line:
        return block.find(b"\n", start) + 1 or len(block)
    if not is_empty and len(block) - start >= LONGEST_LINE and block.find(b"\n", start) < 0:
        return start  # the beginning of a line whose length nobody knows has a file of its own, too
    if len(block) - start <= room:
        return len(block)
    stop = block.rfind(b"\n", start, start + max(room, 0)) + 1
    if stop:
        return stop
    return block.find(b"\n", start) + 1 or len(block) if is_empty else start


def end_of_last_line(fd: int, start: int, size: int) -> int:
    """Return the offset behind the last newline between *start* and *size*; *start* when there is none."""
    while size > start:
        begin = max(start, size - _BLOCK)
        found = os.pread(fd, size - begin, begin).rfind(b"\n")
        if found >= 0:
            return begin + found + 1
        size = begin
    return start
