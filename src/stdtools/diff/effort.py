"""How much work may go into a comparison, and until when."""

import time
from collections.abc import Callable

LATE = "the deadline"
LARGE = "too much differs to try everything"
PATIENCE = "what is there once was matched first"
QUICK = 2_000_000_000  # cells of a table of bits that take less than a second


class OutOfTime(Exception):
    """The deadline has passed."""


class Effort:
    """What may be spent on an exact answer, in each of the ways to find one.

    *cells* are pairs of lines in a table of bits, *pairs* are pairs of equal lines, *edits* are changed lines of texts
    that are nearly the same. With *patience* lines that both texts have once come before all else. *deadline* is in
    seconds from now by *clock*.
    """

    __slots__ = ("_clock", "_end", "cells", "edits", "pairs", "patience")

    def __init__(
        self,
        cells: int,
        pairs: int,
        edits: int,
        *,
        patience: bool = False,
        deadline: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.cells = cells
        self.pairs = pairs
        self.edits = edits
        self.patience = patience
        self._clock = clock
        self._end = None if deadline is None else clock() + deadline

    @property
    def doubt(self) -> str:
        """Why an answer may not be the best one, where not everything was tried."""
        return PATIENCE if self.patience else LARGE

    @property
    def late(self) -> bool:
        """Whether the deadline has passed."""
        return self._end is not None and self._clock() >= self._end

    def check(self) -> None:
        """Raise OutOfTime when the deadline has passed."""
        if self.late:
            raise OutOfTime
