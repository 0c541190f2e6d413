"""Many seconds since 1970 as ISO 8601, several times as fast as one by one: a table for the days, one for the time."""

import os
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC
from operator import add
from typing import cast

from stdtools.clock.moments import SECOND, from_epoch
from stdtools.clock.zones import Clock
from stdtools.shared.days import days_of
from stdtools.shared.errors import ToolError
from stdtools.shared.inputs import split_lines
from stdtools.shared.processors import processors
from stdtools.shared.streams import Input, Output

DIGITS = {9, 10, 11}  # of seconds since 1973
PARALLEL = 1 << 22  # bytes of a file, from which on two processes are faster
LEAST = 4096  # bytes, for which the tables are worth their making
YEARS = range(1970, 2052)  # in the table of days


def are_digits(block: bytes) -> bool:
    """Say whether there is nothing in *block* but digits and newlines."""
    return not block.translate(None, b"0123456789\n")


class EpochWriter:
    """Writes blocks of lines that are whole seconds since 1970, as *clock* shows them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._dates: list[bytes] = []  # from 1970 on, with the T behind them
        self._times: list[bytes] = []  # of a day; in UTC with what ends a line
        self._offsets: dict[int, int | None] = {}  # by the day of UTC; None where the clock is changed within it
        self._ends: dict[int, bytes] = {}  # of lines, by the offset

    def write(self, block: bytes) -> bytes | None:
        """Return the lines of *block* as ISO 8601; None where they are anything else."""
        if len(block) < LEAST:
            return None
        lines = split_lines(block)
        if not are_digits(block) or not DIGITS.issuperset(map(len, lines)):
            return None
        numbers = [*map(int, lines)]
        in_utc = self._clock.zone is UTC
        if not self._dates:
            self._dates, self._times = _dates(), _times(b"+00:00\n" if in_utc else b"")
        if max(numbers) // 86400 + 2 > len(self._dates):
            return None
        columns: list[Iterable[bytes]] = []
        if not in_utc:
            offsets = self._offsets_of(numbers)
            numbers = [*map(add, numbers, offsets)]
            if min(numbers) < 0:  # before the table
                return None
            columns.append(map(self._ends.__getitem__, offsets))
        dates, times = self._dates, self._times
        columns[:0] = [dates[number // 86400] for number in numbers], [times[number % 86400] for number in numbers]
        parts = [b""] * (len(columns) * len(numbers))
        for index, column in enumerate(columns):
            parts[index :: len(columns)] = column
        return b"".join(parts)

    def _offsets_of(self, numbers: list[int]) -> list[int]:
        """Return the offset from UTC at each of *numbers*, in seconds."""
        days = [number // 86400 for number in numbers]
        for day in {*days} - self._offsets.keys():
            first, last = (self._offset_at(second) for second in (day * 86400, (day + 1) * 86400))
            self._offsets[day] = first if first == last else None
        known = [*map(self._offsets.__getitem__, days)]
        at = -1
        for _ in range(known.count(None)):
            at = known.index(None, at + 1)
            known[at] = self._offset_at(numbers[at])
        return cast("list[int]", known)

    def _offset_at(self, second: int) -> int:
        offset = self._clock.offset(second)
        if offset not in self._ends:
            self._ends[offset] = f"{self._clock.wall(from_epoch(second * SECOND)).isoformat()[19:]}\n".encode()
        return offset


def _times(end: bytes) -> list[bytes]:
    seconds = [b"%02d%b" % (second, end) for second in range(60)]
    minutes = [b"%02d:%02d:" % divmod(minute, 60) for minute in range(24 * 60)]
    return [minute + second for minute in minutes for second in seconds]


def _dates() -> list[bytes]:
    days = [b"%02dT" % day for day in range(32)]
    months = ((b"%04d-%02d-" % (year, month), days_of(year, month)) for year in YEARS for month in range(1, 13))
    return [month + days[day] for month, last in months for day in range(1, last + 1)]


def write_shared(writer: EpochWriter, source: Input, output: Output, convert: Callable[[str], str]) -> int:
    """Write a large file of nothing but numbers by two processes, and move on behind what was written.

    That is all of it, none where the file is another, or the blocks before the first with a line that ``convert``,
    which is for those that *writer* does not know, refuses by ValueError. Returns how many lines are before what is
    left, 0 where nothing is. Raises ToolError.
    """
    if not source.is_file or output.is_terminal or source.position or processors() < 2:
        return 0
    size = os.fstat(source.fd).st_size
    if size < PARALLEL or not all(are_digits(source.read_at(at, 1 << 20)) for at in range(0, size, 1 << 20)):
        return 0
    from stdtools.shared.turns import write_in_turn

    output.flush()
    lines = 0
    try:
        write_in_turn([_pieces(writer, source, index, convert) for index in (0, 1)], output.fd, source.name)
    except ToolError as error:
        if not error.what.isdigit():
            raise
        size = int(error.what)
        lines = sum(source.read_at(at, min(1 << 20, size - at)).count(b"\n") for at in range(0, size, 1 << 20))
    source.go_to(size)
    return lines


def _pieces(writer: EpochWriter, source: Input, index: int, convert: Callable[[str], str]) -> Iterator[bytes]:
    """Yield every other block as it is written. Raises ToolError that says where one begins that cannot be."""
    from stdtools.shared.strides import strides

    for offset, block in strides(source, index, 2):
        written = writer.write(block) if block else b""
        if written is None:
            try:
                written = "".join(f"{convert(line.decode())}\n" for line in split_lines(block)).encode()
            except ValueError:
                raise ToolError(str(offset)) from None
        yield written
