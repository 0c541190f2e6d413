"""Moments as people and programs write them."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, time, tzinfo

from stdtools.clock.moments import SECOND, Moment, OutOfYears, from_epoch
from stdtools.clock.steps import add, parse_step
from stdtools.clock.zones import Clock, zone_of
from stdtools.shared.days import parse_date

UNITS = {"epoch": SECOND, "ms": 10**6, "us": 1000, "ns": 1}
FORMS = "2026-11-22T15:00, @1795363200, 'tomorrow 9:30', monday, eom, now or +3d2h"
_NO_ZONE = "the zone %s has no one meaning; write its offset, as +0100"
_EPOCH = re.compile(r"@(-?)(\d+)(?:\.(\d{1,9}))?", re.ASCII)
_BARE = re.compile(r"(\d{9,11})(?:\.(\d{1,9}))?|\d+", re.ASCII)
_BARE_UNITS = {13: "ms", 16: "us", 19: "ns"}
_FRACTION = re.compile(r"(?<=:\d\d)[.,](\d+)|(?<=T\d{6})[.,](\d+)", re.ASCII)
_ISO_ZONE = re.compile(r"(?i)\s*(?:utc|gmt)$|\s+(?=[+-]\d\d:?\d\d$)")
_LETTERS = re.compile(r":\d\d\S*\s+([A-Z]{3,5})$", re.ASCII)
_TIME = re.compile(r"(\d\d?)(?::(\d\d))?(?::(\d\d)(?:\.(\d{1,9}))?)?\s*(am|pm)?", re.ASCII)
_WITH_TIME = re.compile(r"(.*?\S)\s+(?:at\s+)?(\d\d?:\d\d\S*(?:\s*[ap]m)?|\d\d?\s*[ap]m|noon|midnight)", re.ASCII)
_SEPARATED = re.compile(r"\d+([./])\d+\1\d+", re.ASCII)
_SHIFTED = re.compile(r"(.*\S)\s+([+-]\s*(?:[0-9][0-9.]*\s*[a-z]|p).*)", re.ASCII)
# 22 Nov 2026 15:00:00 +0100, Nov 22 15:00:00 UTC 2026
_MAIL = re.compile(
    r"(?:([a-z]{3}),?\s+)?(?:\d{1,2}\s+[a-z]{3}\s+\d{4}\s+[\d:]{5,8}(?:\s+([a-z]+|[+-]\d{4}))?"
    r"|[a-z]{3}\s+\d{1,2}\s+[\d:]{8}\s+(?:([a-z]+)\s+)?\d{4})",
    re.ASCII,
)


class Reader:
    """Reads moments by *clock* and *now*. *form* is ``""``, iso, rfc2822, epoch, ms, us, ns or a format of strptime."""

    def __init__(self, clock: Clock, now: Moment, form: str = "", *, fuzzy: bool = False) -> None:
        self._clock = clock
        self._now = now
        self._form = form
        self._fuzzy = fuzzy
        if form and form not in (*UNITS, "iso", "rfc2822") and "%" not in form:
            raise ValueError(f"{form!r} is no format; write {', '.join(UNITS)}, iso, rfc2822 or as %d.%m.%Y")

    def read(self, text: str) -> Moment:
        """Return the moment that *text* means. Raises ValueError, which says why it means none."""
        word = text.strip()
        try:
            return self._read(word)
        except OverflowError:
            raise OutOfYears from None

    def _read(self, word: str) -> Moment:
        if not self._form:
            return self._guess(word)
        if self._form in UNITS:
            return _counted(word.removeprefix("@"), self._form)
        if self._form == "iso":
            return self._iso(word)
        if self._form == "rfc2822":
            return self._mail(word)
        return self._formatted(word)

    def _guess(self, word: str) -> Moment:
        lower = word.lower()
        if lower == "now":
            return self._now
        if match := _EPOCH.fullmatch(word):
            return _counted(word[1:], "epoch")
        if match := _BARE.fullmatch(word):
            if match[1]:
                return _counted(word, "epoch")
            if len(word) in _BARE_UNITS:
                return _counted(word, _BARE_UNITS[len(word)])
            if len(word) not in (8, 14):
                raise ValueError(f"{word!r} could be many things; write @{word} for seconds since 1970")
        if match := _SHIFTED.fullmatch(lower):
            return add(self._guess(match[1]), parse_step(match[2]), self._clock)
        if match := _SEPARATED.fullmatch(word):
            form = match[1].join(("%Y", "%m", "%d") if word[:4].isdigit() else ("%d", "%m", "%Y"))
            raise ValueError(f"{word!r} could be several dates; say how it is written: --from-format {form}")
        if word[:4].isdigit() and len(word) > 4 and not lower.endswith(" ago"):
            return self._iso(word)
        if _MAIL.fullmatch(lower):
            return self._mail(word)
        return self._words(lower) or self._free(word)

    def _words(self, word: str) -> Moment | None:
        """Return what a *word* for a day, a time, or a step means; None for none of them."""
        if word.startswith(("+", "-")):
            return add(self._now, parse_step(word), self._clock)
        if word.endswith(" ago"):
            return add(self._now, parse_step(word[:-4]).times(-1), self._clock)
        if word.startswith("in "):
            return add(self._now, parse_step(word[3:]), self._clock)
        today = self._clock.wall(self._now).date()
        day, clock = today, self._time(word)
        if clock is None:
            match = _WITH_TIME.fullmatch(word)
            clock = self._time(match[2]) if match else (time(), 0)
            if clock is None:
                return None
            try:
                day = parse_date(match[1] if match else word, today)
            except ValueError:
                return None
        return self._clock.moment(datetime.combine(day, clock[0]), clock[1])

    def _time(self, word: str) -> tuple[time, int] | None:
        """Return the time of day and its nanoseconds."""
        if word in ("noon", "midnight"):
            return time(12 if word == "noon" else 0), 0
        match = _TIME.fullmatch(word)
        if match is None or not (match[2] or match[5]):
            return None
        hour, minute, second = (int(part or 0) for part in match.groups()[:3])
        if match[5]:
            if not 1 <= hour <= 12:
                raise ValueError(f"{word!r} is no time of day")
            hour = hour % 12 + (12 if match[5] == "pm" else 0)
        if hour > 23 or minute > 59 or second > 59:
            raise ValueError(f"{word!r} is no time of day")
        return time(hour, minute, second), int((match[4] or "").ljust(9, "0"))

    def _iso(self, word: str) -> Moment:
        nanos = 0
        if match := _FRACTION.search(word):
            digits = match[1] or match[2]
            if len(digits) > 9:
                raise ValueError(f"{word!r} is finer than a nanosecond")
            nanos = int(digits.ljust(9, "0"))
            word = word[: match.start()] + word[match.end() :]
        if len(word) == 14 and word.isdigit():
            word = f"{word[:8]}T{word[8:]}"
        try:
            when = datetime.fromisoformat(_ISO_ZONE.sub(lambda zone: "Z" if zone[0].strip() else "", word))
        except ValueError as error:
            if zone := _LETTERS.search(word):
                raise ValueError(f"{word!r}: {_NO_ZONE % zone[1]}") from None
            why = f": {error}" if " must be " in str(error) or "out of range" in str(error) else ""
            raise ValueError(f"{word!r} is not a date as ISO 8601 has it{why}") from None
        return self._moment(when, nanos)

    def _free(self, word: str) -> Moment:
        if self._fuzzy:
            return self._by_dateutil(word)
        try:
            parse_step(word)
        except ValueError as error:
            why = str(error) if " could be " in str(error) else f"{word!r} is not a time; write {FORMS}"
            raise ValueError(why) from None
        raise ValueError(f"{word!r} is a step; write +{word}, -{word} or '{word} ago'")

    def _mail(self, word: str) -> Moment:
        from email.utils import parsedate_to_datetime

        match = _MAIL.fullmatch(word.lower())
        try:
            when = parsedate_to_datetime(word)
        except (ValueError, TypeError):
            match = None
        if match is None:
            raise ValueError(f"{word!r} is not a date as RFC 2822 has it")
        weekday, zone = match[1], match[2] or match[3]
        if weekday and weekday != f"{when:%a}".lower():
            raise ValueError(f"{word!r}: {when.date()} is a {when:%A}")
        if zone == "-0000" or zone == "utc":
            when = when.replace(tzinfo=UTC)
        elif zone and when.tzinfo is None:
            raise ValueError(f"{word!r}: {_NO_ZONE % zone.upper()}")
        return self._moment(when, 0)

    def _formatted(self, word: str) -> Moment:
        """Read by strptime; a year, month or day that the format lacks is today's, but months begin with the first."""
        form, text, now = self._form, word, self._clock.wall(self._now)
        directives = set(re.findall(r"%[-_0^#]?([a-zA-Z])", form.replace("%%", "")))
        if "N" in directives:
            raise ValueError("strptime has no %N; %f takes up to six digits")
        if not directives & set("YyGcxDsF"):
            form, text = f"%Y {form}", f"{now.year} {word}"
        if not directives & set("mbBjcxDsFUWVG"):
            form, text = f"%m {form}", f"{now.month} {text}"
            if not directives & set("duaA"):
                form, text = f"%d {form}", f"{now.day} {text}"
        try:
            when = datetime.strptime(text, form)
        except (ValueError, re.error) as error:
            if bad := re.match("'(.+)' is a bad directive", str(error)):
                raise ValueError(f"strptime has no %{bad[1]}") from None
            raise ValueError(f"{word!r} is not of the form {self._form!r}") from None
        return self._moment(when.replace(microsecond=0), when.microsecond * 1000)

    def _by_dateutil(self, word: str) -> Moment:
        parse = _dateutil()
        today = datetime.combine(self._clock.wall(self._now).date(), time())
        try:
            when = parse(word, default=today, fuzzy=True, tzinfos=_zone)
        except ValueError as error:
            raise ValueError(f"{word!r} has no date in it: {error}") from None
        return self._moment(when.replace(microsecond=0), when.microsecond * 1000)

    def _moment(self, when: datetime, nanos: int) -> Moment:
        if when.tzinfo is None:
            return self._clock.moment(when, nanos)
        return Moment(when.astimezone(UTC), nanos)


def _counted(text: str, unit: str) -> Moment:
    """Return the moment that is a number of *unit* after 1970."""
    match = re.fullmatch(r"(-?)(\d{1,40})(?:\.(\d{1,9}))?", text, re.ASCII)
    if match is None:
        raise ValueError(f"{text!r} is no number of {'seconds' if unit == 'epoch' else unit} since 1970")
    nanos = int(match[2]) * UNITS[unit] + int((match[3] or "").ljust(9, "0") or 0) * UNITS[unit] // SECOND
    return from_epoch(-nanos if match[1] else nanos)


def _dateutil() -> Callable[..., datetime]:
    try:
        from dateutil.parser import parse
    except ImportError:
        raise ValueError("--fuzzy needs python-dateutil; install stdtools[date]") from None
    made: Callable[..., datetime] = parse
    return made


def _zone(name: str | None, offset: int | None) -> tzinfo | None:
    if offset is None:
        return None if name is None else zone_of(name)
    return zone_of(f"{'-' if offset < 0 else '+'}{abs(offset) // 3600:02}:{abs(offset) % 3600 // 60:02}")
