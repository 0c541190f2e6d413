"""Blocks of bytes cut so that each ends with a line."""

LONGEST_LINE = 1 << 20


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
