"""What a line of a log says about itself: its time and its level."""

import re
import time
from calendar import monthrange, timegm
from collections.abc import Sequence
from functools import lru_cache

from stdtools.log.levels import LEVELS, RANKS

HEAD = 300  # bytes of a line in which its time and level are looked for

_MONTHS = {name: number for number, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}
_ISO = re.compile(
    rb"(?<!\d)(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?"
    rb"(?: ?(Z|UTC|[+-]\d\d(?::?\d\d)?)(?!\d))?"
)
_COMMON = re.compile(rb"(?<!\d)(\d\d)/([A-Z][a-z]{2})/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-]\d{4})")
_APACHE = re.compile(rb"\[[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))? (\d{4})\]")
_SYSLOG = re.compile(rb"(?:<\d{1,3}>)?([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d) ")
_EPOCH = re.compile(rb"\[?(\d{10})(?:\.(\d{1,9}))?(?!\d)")
_JSON_EPOCH = re.compile(rb"\"(?:ts|time|timestamp)\": ?(\d{10})(?:\.(\d{1,9}))?(?!\d)")
_WORD = b"(" + "|".join(RANKS).encode() + b")"
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
    return None if match is None else LEVELS[RANKS[match[1].decode().lower()]]
