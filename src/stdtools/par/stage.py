"""Memory that forked workers share with their parent, for results: no pipe has to carry them."""

import mmap
from collections.abc import Iterable

REGION = 4 << 20  # bytes; a larger result goes another way


class Stage:
    """*count* regions, each for one result at a time. It takes only the memory that was ever written to."""

    def __init__(self, count: int) -> None:
        try:
            self._memory = mmap.mmap(-1, count * REGION)
        except OSError:  # there is no room for it: results go another way
            count = 0
            self._memory = mmap.mmap(-1, 1)
        self._view = memoryview(self._memory)
        self._free = list(range(count))

    def reserve(self) -> int:
        """Return the number of a free region; -1 when there is none."""
        return self._free.pop() if self._free else -1

    def release(self, region: int) -> None:
        """Give a region back."""
        if region >= 0:
            self._free.append(region)

    def write(self, region: int, pieces: Iterable[bytes]) -> int | bytes:
        """Put *pieces* into a region and return how many bytes they are; the bytes, where they do not fit."""
        start = place = region * REGION
        end = start + REGION if region >= 0 else start
        rest: list[bytes] = []
        for piece in pieces:
            if rest or place + len(piece) > end:
                if not rest:
                    rest.append(bytes(self._view[start:place]) if region >= 0 else b"")
                rest.append(piece)
            else:
                self._view[place : place + len(piece)] = piece
                place += len(piece)
        return b"".join(rest) if rest else place - start

    def read(self, region: int, result: int | bytes) -> memoryview:
        """Return what ``write`` was given, until the region is released."""
        if isinstance(result, bytes):
            return memoryview(result)
        return self._view[region * REGION : region * REGION + result]
