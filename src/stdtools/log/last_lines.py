"""The last lines of what went by, to be shown when it went wrong."""

from collections import deque

SHOWN = 2000  # bytes of a line


class LastLines:
    """Keep the last *count* lines, long ones shortened."""

    def __init__(self, count: int) -> None:
        self._lines: deque[bytes] = deque(maxlen=count)
        self._most = count
        self._count = 0
        self._open: object = None  # the source of a last line whose end has not come

    def add(self, block: bytes, source: object = True) -> None:
        """See a block of lines; one whose last line is open goes on in the next block of the same *source*."""
        lines = block.removesuffix(b"\n").rsplit(b"\n", self._most)
        goes_on = self._open is source
        self._count += block.count(b"\n", 0, -1) + (not goes_on)
        if goes_on:
            self._lines[-1] = (self._lines[-1] + lines.pop(0))[: SHOWN + 1]
        self._lines.extend(line[: SHOWN + 1] for line in lines)
        self._open = None if block.endswith(b"\n") else source

    @property
    def head(self) -> str:
        """What to say before the lines."""
        if not self._count:
            return "it wrote nothing"
        kept = len(self._lines)
        return f"the last {kept} of its {self._count} lines:" if self._count > kept else "what it wrote:"

    @property
    def lines(self) -> list[str]:
        """The lines, for people."""
        return [
            f"  {line[:SHOWN].decode('utf-8', 'surrogateescape')}{'…' if len(line) > SHOWN else ''}"
            for line in self._lines
        ]
