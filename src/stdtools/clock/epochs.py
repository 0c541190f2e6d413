"""Many seconds since 1970 as ISO 8601, several times as fast as one by one: a table for the days, one for the time."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, timedelta

from stdtools.clock.moments import SECOND, from_epoch
from stdtools.clock.writing import writer_of
from stdtools.clock.zones import Clock
from stdtools.shared.days import days_of
from stdtools.shared.errors import ToolError
from stdtools.shared.inputs import split_lines
from stdtools.shared.processors import processors
from stdtools.shared.streams import Input, Output

DIGITS = {9, 10, 11}  # of seconds since 1973
PARALLEL = 1 << 22  # bytes of a file, from which on two processes are faster
_DAY = 86400
LEAST = 4096  # bytes, for which the tables are worth their making
YEARS = range(1970, 2052)  # in the table of days


def are_digits(block: bytes) -> bool:
    """Say whether there is nothing in *block* but digits and newlines."""
    return not block.translate(None, b"0123456789\n")


class EpochWriter:
    """Writes blocks of lines that are whole seconds since 1970, as *clock* shows them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._write_one = writer_of("iso", clock, from_epoch(0))
        self._dates: list[bytes] = []  # from 1970 on
        self._times: dict[int, list[bytes]] = {}  # by the offset
        self._offsets: dict[int, int] = {}  # by the day of UTC, at its begin
        self._changes: set[int] = set()  # the days in which the clock is changed

    def write(self, block: bytes) -> bytes | None:
        """Return the lines of *block* as ISO 8601; None where they are anything else."""
        if len(block) < LEAST:
            return None
        lines = split_lines(block)
        if not are_digits(block) or not DIGITS.issuperset(map(len, lines)):
            return None
        numbers = [*map(int, lines)]
        dates = self._dates = self._dates or _dates()
        if max(numbers) // _DAY + 2 > len(dates):
            return None
        if self._clock.zone is UTC:
            times = self._of(0)
            return b"".join([dates[number // 86400] + times[number % 86400] for number in numbers])
        days = [number // 86400 for number in numbers]
        for day in {*days} - self._offsets.keys():
            self._look_up(day)
        offsets, of = self._offsets, self._times
        made = [
            dates[(local := number + (offset := offsets[day])) // 86400] + of[offset][local % 86400]
            for number, day in zip(numbers, days, strict=True)
        ]
        if not self._changes.isdisjoint(days):
            for index, day in enumerate(days):
                if day in self._changes:
                    made[index] = f"{self._write_one(from_epoch(numbers[index] * SECOND))}\n".encode()
        return b"".join(made)

    def _look_up(self, day: int) -> None:
        walls = [self._clock.wall(from_epoch(second * SECOND)) for second in (day * _DAY, (day + 1) * _DAY)]
        offsets = [(wall.utcoffset() or timedelta()) // timedelta(seconds=1) for wall in walls]
        self._offsets[day] = offsets[0]
        self._of(offsets[0])
        if offsets[0] != offsets[1] or offsets[0] % 60:
            self._changes.add(day)

    def _of(self, offset: int) -> list[bytes]:
        """Return the time and the *offset* for each second of a day."""
        if offset not in self._times:
            sign, minutes = "-" if offset < 0 else "+", abs(offset) // 60
            end = f"{sign}{minutes // 60:02}:{minutes % 60:02}\n".encode()
            seconds = [b"%02d%b" % (second, end) for second in range(60)]
            starts = (b"%02d:%02d:" % (minute // 60, minute % 60) for minute in range(24 * 60))
            self._times[offset] = [start + second for start in starts for second in seconds]
        return self._times[offset]


def _dates() -> list[bytes]:
    days = [b"%02dT" % day for day in range(32)]
    months = ((b"%04d-%02d-" % (year, month), days_of(year, month)) for year in YEARS for month in range(1, 13))
    return [month + days[day] for month, last in months for day in range(1, last + 1)]


def write_shared(writer: EpochWriter, source: Input, output: Output, convert: Callable[[str], str]) -> bool:
    """Write a large file of nothing but numbers by two processes; say whether that could be, or else nothing is done.

    ``convert`` is for lines that *writer* does not know. Raises ToolError where it raises ValueError.
    """
    if not source.is_file or output.is_terminal or source.position or processors() < 2:
        return False
    size = os.fstat(source.fd).st_size
    if size < PARALLEL or not all(are_digits(source.read_at(at, 1 << 20)) for at in range(0, size, 1 << 20)):
        return False
    from stdtools.shared.turns import write_in_turn

    output.flush()
    write_in_turn([_pieces(writer, source, index, convert) for index in (0, 1)], output.fd, source.name)
    source.go_to(size)
    return True


def _pieces(writer: EpochWriter, source: Input, index: int, convert: Callable[[str], str]) -> Iterator[bytes]:
    from stdtools.shared.strides import strides

    for offset, block in strides(source, index, 2):
        written = writer.write(block) if block else b""
        if written is None:
            try:
                written = "".join(f"{convert(line.decode())}\n" for line in split_lines(block)).encode()
            except ValueError as error:
                raise ToolError(str(error), where=f"{source.name}: behind byte {offset}") from None
        yield written
