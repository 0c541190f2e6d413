"""Time zones, and what a wall clock in one of them means."""

import re
import time
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from stdtools.clock.moments import Moment, OutOfYears

_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)", re.ASCII)


class _Local(tzinfo):
    """The zone of this machine, as the C library knows it: TZ, or else /etc/localtime."""

    def utcoffset(self, when: datetime | None) -> timedelta | None:
        return None if when is None else _there(when).utcoffset()

    def dst(self, when: datetime | None) -> timedelta | None:
        return None

    def tzname(self, when: datetime | None) -> str | None:
        return None if when is None else _there(when).tzname()

    def fromutc(self, when: datetime) -> datetime:
        there = when.replace(tzinfo=UTC).astimezone()
        here = there.replace(tzinfo=self)
        return here if here.utcoffset() == there.utcoffset() else here.replace(fold=1)

    def __str__(self) -> str:
        return "local time"


def _there(when: datetime) -> datetime:
    """Return *when* in the zone of this machine; at the ends of the years a moment near it, of the same offset."""
    naive = when.replace(tzinfo=None)
    try:
        return naive.astimezone()
    except (OverflowError, ValueError):  # it looks a day further, for a change of the clock
        return (naive + timedelta(days=2 if naive.year == 1 else -2)).astimezone()


LOCAL = _Local()


def zone_of(name: str) -> tzinfo:
    """Return the zone *name*: local, UTC, an offset as +01:00, or Europe/Berlin. Raises ValueError."""
    if name.lower() == "local":
        return UTC if time.tzname == ("UTC", "UTC") else LOCAL
    if name.upper() in ("UTC", "GMT", "Z"):
        return UTC
    if match := _OFFSET.fullmatch(name):
        sign, hours, minutes = match[1], int(match[2]), int(match[3])
        offset = timedelta(hours=hours, minutes=minutes)
        if minutes > 59 or hours > 23:
            raise ValueError(f"{name!r} is no offset from UTC")
        return timezone(-offset if sign == "-" else offset)
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # a directory, a path, ZoneInfoNotFoundError
        raise ValueError(_unknown(name)) from None


def _unknown(name: str) -> str:
    from difflib import get_close_matches
    from zoneinfo import available_timezones

    zones = available_timezones()
    if not zones:
        return f"{name!r}: this machine has no time zones; install tzdata, or stdtools[date]"
    lower = {zone.lower(): zone for zone in zones} | {zone.rpartition("/")[2].lower(): zone for zone in sorted(zones)}
    close = [lower[near] for near in get_close_matches(name.lower().replace(" ", "_"), lower, 3)]
    meant = f"did you mean {' or '.join(dict.fromkeys(close))}?" if close else "write Europe/Berlin, UTC or +01:00"
    return f"there is no time zone {name!r}; {meant}"


class Clock:
    """The wall clock of *zone*. *fold* says which of two readings is meant where the clock is changed: 0 or 1."""

    def __init__(self, zone: tzinfo = LOCAL, fold: int | None = None) -> None:
        self.zone = zone
        self.fold = fold

    def wall(self, moment: Moment) -> datetime:
        """Return what the clock shows at *moment*, with its offset, without the nanoseconds. Raises OutOfYears."""
        try:
            return moment.second.astimezone(self.zone)
        except (OverflowError, ValueError):
            raise OutOfYears from None

    def offset(self, second: int) -> int:
        """Return how many seconds the clock is ahead of UTC at *second* after 1970, within the years 1 to 9999."""
        if self.zone is LOCAL:
            return time.localtime(second).tm_gmtoff
        return (datetime.fromtimestamp(second, self.zone).utcoffset() or timedelta()) // timedelta(seconds=1)

    def moment(self, wall: datetime, nanos: int = 0, *, fold: int | None = None) -> Moment:
        """Return the moment at which the clock shows *wall*, a naive date and time.

        *fold* decides where it is given, else ours. Raises ValueError, which names both readings, where there are
        two such moments, or none: then a reading goes on with the offset from before, 0, or from behind, 1.
        """
        choice = self.fold if fold is None else fold
        try:
            readings = [wall.replace(tzinfo=self.zone, fold=which).astimezone(UTC) for which in (0, 1)]
        except (OverflowError, ValueError):
            raise OutOfYears from None
        if choice is None and readings[0] != readings[1]:
            raise ValueError(self._two_readings(wall, readings))
        return Moment(readings[choice or 0], nanos)

    def _two_readings(self, wall: datetime, readings: list[datetime]) -> str:
        first, second = (reading.astimezone(self.zone).isoformat() for reading in readings)
        what = "comes twice in" if readings[0] < readings[1] else "does not exist in"
        return f"{wall.isoformat()} {what} {self.zone}; --fold 0 takes it for {first}, --fold 1 for {second}"
