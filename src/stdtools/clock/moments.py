"""A moment: whole seconds of UTC and nanoseconds, from the year 1 to 9999."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

SECOND = 10**9  # nanoseconds
DAY = 86400 * SECOND
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class OutOfYears(ValueError):
    """Nothing from the year 1 to 9999."""

    def __init__(self) -> None:
        super().__init__("not within the years 1 to 9999")


class Moment(NamedTuple):
    """A moment. ``second`` is in UTC and has no microseconds; ``nanos`` come on top, from 0 to 999,999,999."""

    second: datetime
    nanos: int = 0

    @property
    def epoch(self) -> int:
        """Nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted."""
        since = self.second - EPOCH
        return (since.days * 86400 + since.seconds) * SECOND + self.nanos

    def plus(self, nanos: int) -> "Moment":
        """Return the moment *nanos* later. Raises OutOfYears."""
        return from_epoch(self.epoch + nanos)


def from_epoch(nanos: int) -> Moment:
    """Return the moment *nanos* nanoseconds after 1970-01-01T00:00:00Z. Raises OutOfYears."""
    seconds, rest = divmod(nanos, SECOND)
    try:
        return Moment(EPOCH + timedelta(seconds=seconds), rest)
    except OverflowError:
        raise OutOfYears from None
