"""What a line of a log says about itself: its time and its level; and which lines are wanted."""

import calendar
import re
import time
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

LEVELS = ("trace", "debug", "info", "notice", "warning", "error", "critical", "alert", "emergency")
_ALSO = {"warn": "warning", "err": "error", "crit": "critical", "fatal": "critical", "emerg": "emergency"}
_RANKS = {name: rank for rank, name in enumerate(LEVELS)}
_RANKS |= {short: _RANKS[name] for short, name in _ALSO.items()}
HEAD = 300  # bytes of a line in which its time and level are looked for

_MONTHS = {name.encode(): number for number, name in enumerate(calendar.month_abbr) if name}
_ISO = re.compile(
    rb"(?<!\d)(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?: ?(Z|[+-]\d\d:?\d\d)(?!\d))?"
)
_COMMON = re.compile(rb"(?<!\d)(\d\d)/([A-Z][a-z]{2})/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-]\d{4})")
_SYSLOG = re.compile(rb"(?:<\d{1,3}>)?([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d) ")
_EPOCH = re.compile(
    rb"\[?(\d{10})(?:\.(\d{1,9}))?(?!\d)|.{0,200}?\"(?:ts|time|timestamp)\": ?(\d{10})(?:\.(\d{1,9}))?(?!\d)"
)
_LEVEL = re.compile(rb"(?<![\w/.-])(" + "|".join(_RANKS).encode() + rb")(?![\w/=-]|\.\w)", re.IGNORECASE)


def time_of(line: bytes, now: float | None = None) -> float | None:
    """Return the time of *line* in seconds since the epoch; None when it does not say.

    Knows ISO 8601 anywhere in the line's head (local time without a zone), the format of web servers,
    syslog's (of the year that ended *now*), and seconds since the epoch at the beginning or in JSON.
    """
    head = line[:HEAD]
    if match := _ISO.search(head):
        year, month, day, hour, minute, second, fraction, zone = match.groups()
        whole = _moment(int(year), int(month), int(day), int(hour), int(minute), int(second or b"0"), zone)
        return whole if whole is None or fraction is None else whole + float(b"0." + fraction)
    if match := _COMMON.search(head):
        day, name, year, hour, minute, second, zone = match.groups()
        return _moment(int(year), _MONTHS.get(name, 0), int(day), int(hour), int(minute), int(second), zone)
    if match := _SYSLOG.match(head):
        name, day, hour, minute, second = match.groups()
        today = time.time() if now is None else now
        found = _moment(
            time.localtime(today).tm_year, _MONTHS.get(name, 0), int(day), *map(int, (hour, minute, second)), None
        )
        if found is not None and found > today + 86400:
            year = time.localtime(today).tm_year - 1
            found = _moment(year, _MONTHS.get(name, 0), int(day), *map(int, (hour, minute, second)), None)
        return found
    if match := _EPOCH.match(head):
        whole_text, fraction = (match[1], match[2]) if match[1] else (match[3], match[4])
        return int(whole_text) + (float(b"0." + fraction) if fraction else 0.0)
    return None


@lru_cache(maxsize=4096)
def _moment(year: int, month: int, day: int, hour: int, minute: int, second: int, zone: bytes | None) -> float | None:
    if not (1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second < 61 and year >= 1970):
        return None
    if zone is None:
        return time.mktime((year, month, day, hour, minute, second, 0, 0, -1))
    seconds = calendar.timegm((year, month, day, hour, minute, second))
    if zone == b"Z":
        return float(seconds)
    ahead = int(zone[1:3]) * 3600 + int(zone[-2:]) * 60
    return float(seconds + ahead if zone.startswith(b"-") else seconds - ahead)


def level_of(line: bytes) -> str | None:
    """Return the name of the level that *line* has, one of LEVELS; None when it names none."""
    match = _LEVEL.search(line[:HEAD])
    return None if match is None else LEVELS[_RANKS[match[1].decode().lower()]]


def rank_of(level: str) -> int:
    """Return where *level*, in any usual spelling, stands in LEVELS. Raises ValueError."""
    try:
        return _RANKS[level.lower()]
    except KeyError:
        raise ValueError(f"{level!r} is not a level; there are {', '.join(LEVELS)}") from None


class Line(NamedTuple):
    """A line without its end, with the time and level that it or the last line before it that had them says."""

    text: bytes
    time: float | None
    level: str | None


class Selection:
    """Which lines are wanted; a line without a time belongs to the last one before it that has one.

    *since*, *until*: seconds since the epoch, both included. *level*: at least this rank. *pattern*:
    found in the line itself.
    """

    def __init__(
        self,
        since: float | None = None,
        until: float | None = None,
        pattern: re.Pattern[bytes] | None = None,
        level: int | None = None,
    ) -> None:
        self.since = since
        self._until = until
        self._pattern = pattern
        self._level = level
        self._timed = since is not None or until is not None
        self.wants_all = not self._timed and pattern is None and level is None
        self.saw_time = False
        self._time: float | None = None
        self._rank: int | None = None
        self._level_name: str | None = None

    def begin_file(self) -> None:
        """Forget the time and level of the line before: lines of another file come now."""
        self._time = self._rank = self._level_name = None

    def lines(self, block: bytes) -> list[bytes]:
        """Return the wanted lines of *block*, which ends with a line, each with its end."""
        if self.wants_all:
            return _lines(block)
        if self._pattern is not None and not self._timed and self._level is None:
            search = self._pattern.search
            if search(block) is None and not _is_anchored(self._pattern):
                return []
            return [line for line in _lines(block) if search(line, 0, len(line) - line.endswith(b"\n"))]
        return [line for line in _lines(block) if self._is_wanted(line)]

    def records(self, block: bytes) -> Iterator[Line]:
        """Yield the wanted lines of *block* with what they say about themselves."""
        for line in _lines(block):
            if self._is_wanted(line, always_look=True):
                yield Line(line.removesuffix(b"\n"), self._time, self._level_name)

    def _is_wanted(self, line: bytes, *, always_look: bool = False) -> bool:
        if self._timed or self._level is not None or always_look:
            found = time_of(line)
            if found is not None:
                self.saw_time = True
                self._time = found
            if self._level is not None or always_look:
                named = level_of(line)
                if named is not None or found is not None:
                    self._level_name = named
                    self._rank = None if named is None else _RANKS[named]
        if self._timed:
            if self._time is None:
                return False
            if self.since is not None and self._time < self.since:
                return False
            if self._until is not None and self._time > self._until:
                return False
        if self._level is not None and (self._rank if self._rank is not None else _RANKS["info"]) < self._level:
            return False
        return self._pattern is None or bool(self._pattern.search(line, 0, len(line) - line.endswith(b"\n")))


def _lines(block: bytes) -> list[bytes]:
    lines = [line + b"\n" for line in block.split(b"\n")]
    last = lines.pop()
    return [*lines, last[:-1]] if last != b"\n" else lines


def _is_anchored(pattern: re.Pattern[bytes]) -> bool:
    """Whether *pattern* can match a line of a block though not the block as a whole."""
    return any(anchor in pattern.pattern for anchor in (b"^", b"$", rb"\A", rb"\Z", rb"\b", rb"\B", b"(?"))
