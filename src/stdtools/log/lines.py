"""What a line of a log says about itself: its time and its level; and which lines are wanted."""

import re
import time
from calendar import month_abbr, monthrange, timegm
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

LEVELS = ("trace", "debug", "info", "notice", "warning", "error", "critical", "alert", "emergency")
_ALSO = {"warn": "warning", "err": "error", "crit": "critical", "fatal": "critical", "emerg": "emergency"}
_RANKS = {name: rank for rank, name in enumerate(LEVELS)}
_RANKS |= {short: _RANKS[name] for short, name in _ALSO.items()}
HEAD = 300  # bytes of a line in which its time and level are looked for

_MONTHS = {name.encode(): number for number, name in enumerate(month_abbr) if name}
_ISO = re.compile(
    rb"(?<!\d)(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?"
    rb"(?: ?(Z|UTC|[+-]\d\d(?::?\d\d)?)(?!\d))?"
)
_COMMON = re.compile(rb"(?<!\d)(\d\d)/([A-Z][a-z]{2})/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-]\d{4})")
_APACHE = re.compile(rb"\[[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))? (\d{4})\]")
_SYSLOG = re.compile(rb"(?:<\d{1,3}>)?([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d) ")
_EPOCH = re.compile(rb"\[?(\d{10})(?:\.(\d{1,9}))?(?!\d)")
_JSON_EPOCH = re.compile(rb"\"(?:ts|time|timestamp)\": ?(\d{10})(?:\.(\d{1,9}))?(?!\d)")
_WORD = b"(" + "|".join(_RANKS).encode() + b")"
_FIELD = re.compile(
    rb"(?<!\w)(?:log_?)?(?:level|lvl|severity)(?:name)?[\"']?\s*[=:]\s*[\"']?" + _WORD + rb"(?!\w)", re.IGNORECASE
)
# Neither the name of a field (error=none, "err": null) nor a part of a file's name.
_LEVEL = re.compile(rb"(?<![\w/.=-])" + _WORD + rb"(?![\w/=-]|\.\w|[\"']\s*:)", re.IGNORECASE)


def time_of(line: bytes, now: float | None = None) -> float | None:
    """Return the time of *line* in seconds since the epoch; None when it does not say.

    Knows ISO 8601 (local time without a zone) and the formats of web servers anywhere in the line's
    head, the first of them; syslog's (of the year that ended *now*) and seconds since the epoch at
    the beginning, and the latter in JSON.
    """
    head = line[:HEAD]
    if match := _SYSLOG.match(head):
        return _of_syslog(match.groups(), time.time() if now is None else now)
    if match := _EPOCH.match(head):
        return _with_fraction(float(match[1]), match[2])
    iso, common = _ISO.search(head), _COMMON.search(head)
    if iso and not (common and common.start() < iso.start()):
        year, month, day, hour, minute, second, fraction, zone = iso.groups()
        return _with_fraction(_moment(year, int(month), day, hour, minute, second or b"0", zone), fraction)
    if common:
        day, name, year, hour, minute, second, zone = common.groups()
        return _moment(year, _MONTHS.get(name, 0), day, hour, minute, second, zone)
    if match := _APACHE.match(head):
        name, day, hour, minute, second, fraction, year = match.groups()
        return _with_fraction(_moment(year, _MONTHS.get(name, 0), day, hour, minute, second, None), fraction)
    if match := _JSON_EPOCH.search(head):
        return _with_fraction(float(match[1]), match[2])
    return None


def _of_syslog(said: Sequence[bytes], now: float) -> float | None:
    """Return the last such moment before tomorrow; the year is not *said*."""
    name, day, hour, minute, second = said
    this_year = time.localtime(now).tm_year
    for year in range(this_year, this_year - 8, -1):
        found = _moment(b"%d" % year, _MONTHS.get(name, 0), day, hour, minute, second, None)
        if found is not None and found <= now + 86400:
            return found
    return None


def _with_fraction(whole: float | None, fraction: bytes | None) -> float | None:
    return whole if whole is None or fraction is None else whole + float(b"0." + fraction)


@lru_cache(maxsize=4096)
def _moment(
    year: bytes, month: int, day: bytes, hour: bytes, minute: bytes, second: bytes, zone: bytes | None
) -> float | None:
    numbers = (int(year), month, int(day), int(hour), int(minute), int(second))
    if not (1970 <= numbers[0] < 9999 and 1 <= month <= 12 and 1 <= numbers[2] <= monthrange(*numbers[:2])[1]):
        return None
    if numbers[3] > 23 or numbers[4] > 59 or numbers[5] > 60:
        return None
    if zone in (b"Z", b"UTC"):
        return float(timegm(numbers))
    if zone is not None:
        hours, minutes = int(zone[1:3]), int(zone[-2:]) if len(zone) > 3 else 0
        if hours <= 14 and minutes < 60:  # otherwise it is a number that happens to stand there
            ahead = hours * 3600 + minutes * 60
            return float(timegm(numbers) + (ahead if zone.startswith(b"-") else -ahead))
    return time.mktime((*numbers, 0, 0, -1))


def level_of(line: bytes) -> str | None:
    """Return the name of the level that *line* has, one of LEVELS; None when it names none."""
    head = line[:HEAD]
    match = _FIELD.search(head) or _LEVEL.search(head)
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


class Pattern:
    """A regular expression that is looked for in lines of bytes, which are text in UTF-8 as far as they are."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._search_text = re.compile(text).search
        # What is ASCII is not decoded: three times as fast.
        self._search_ascii = re.compile(text.encode()).search if text.isascii() else None

    def search(self, line: bytes) -> bool:
        """Whether it is found in *line*, without its end."""
        line = line.removesuffix(b"\n")
        if self._search_ascii is not None and line.isascii():
            return self._search_ascii(line) is not None
        return self._search_text(line.decode("utf-8", "surrogateescape")) is not None


class Selection:
    """Which lines are wanted; a line without a time belongs to the last one before it that has one.

    *since*, *until*: seconds since the epoch, both included. *level*: at least this rank. *pattern*:
    found in the line itself.
    """

    def __init__(
        self,
        since: float | None = None,
        until: float | None = None,
        pattern: Pattern | None = None,
        level: int | None = None,
    ) -> None:
        self.since = since
        self._until = until
        self._pattern = pattern
        self._level = level
        self._timed = since is not None or until is not None
        self.is_stateful = self._timed or level is not None  # what is wanted depends on the lines before
        self.wants_all = not self.is_stateful and pattern is None
        self.saw_time = False
        self._time: float | None = None
        self._rank: int | None = None
        self._level_name: str | None = None

    def lines(self, block: bytes) -> list[bytes]:
        """Return the wanted lines of *block*, which ends with a line, each with its end."""
        if self.wants_all:
            return _lines(block)
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
        return self._pattern is None or self._pattern.search(line)


def _lines(block: bytes) -> list[bytes]:
    lines = [line + b"\n" for line in block.split(b"\n")]
    last = lines.pop()
    return [*lines, last[:-1]] if last != b"\n" else lines
