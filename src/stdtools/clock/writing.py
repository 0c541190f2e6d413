"""Moments as text: ISO 8601, numbers since 1970, RFC 2822, words, or a format of strftime."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

from stdtools.clock.moments import SECOND, Moment
from stdtools.clock.steps import Step, decimal, difference, in_words
from stdtools.clock.zones import Clock

NAMES = ("iso", "date", "time", "week", "epoch", "ms", "us", "ns", "rfc2822", "http", "words")
_DIRECTIVE = re.compile(r"%(:z|[369]?N|[-_0^#]?[a-zA-Z%])", re.ASCII)
_KNOWN = set("aAbBcCdDeFgGhHIjklmMnpPrRsStTuUVwWxXyYzZfN%")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def writer_of(form: str, clock: Clock, now: Moment) -> Callable[[Moment], str]:
    """Return what writes a moment as *form*: one of NAMES, or text with directives. Raises ValueError."""
    if "%" in form:
        return _by_directives(form, clock)
    match form:
        case "epoch":
            return lambda moment: decimal(moment.epoch)
        case "ms" | "us" | "ns":
            unit = {"ms": 10**6, "us": 1000, "ns": 1}[form]
            return lambda moment: str(moment.epoch // unit)
        case "words":
            return lambda moment: _from_now(moment, now, clock)
        case "http":
            return lambda moment: f"{_mail(moment.second)} GMT"
    if form not in NAMES:
        raise ValueError(f"{form!r} is no format; write {', '.join(NAMES)}, or as %Y-%m-%d")

    def write(moment: Moment) -> str:
        wall = clock.wall(moment)
        match form:
            case "date":
                return f"{wall.date()}"
            case "time":
                return f"{wall:%H:%M:%S}{_fraction(moment)}"
            case "week":
                year, week, day = wall.isocalendar()
                return f"{year:04}-W{week:02}-{day}"
            case "rfc2822":
                return f"{_mail(wall)} {wall:%z}"[:31]
        text = wall.isoformat()
        return f"{text[:19]}{_fraction(moment)}{text[19:]}"

    return write


def _fraction(moment: Moment) -> str:
    return f".{moment.nanos:09}".rstrip("0") if moment.nanos else ""


def _mail(when: datetime) -> str:
    weekday, month = _WEEKDAYS[when.weekday()], _MONTHS[when.month - 1]
    return f"{weekday}, {when.day:02} {month} {when.year:04} {when:%H:%M:%S}"


def _from_now(moment: Moment, now: Moment, clock: Clock) -> str:
    """Return ``in 3 days``, ``2 hours ago``: the two largest units."""
    way = difference(min(now, moment), max(now, moment), clock)
    months, days, nanos = way
    if months:
        days, nanos = (0 if months >= 12 else days), 0
    elif days:
        nanos -= nanos % (3600 * SECOND)
    elif nanos >= 3600 * SECOND:
        nanos -= nanos % (60 * SECOND)
    else:
        nanos -= nanos % SECOND
    said = in_words(Step(months, days, nanos))
    if moment == now or said.startswith("0 "):
        return "now"
    return f"in {said}" if moment > now else f"{said} ago"


def _by_directives(form: str, clock: Clock) -> Callable[[Moment], str]:
    for match in _DIRECTIVE.finditer(form):
        if match[1][-1] not in _KNOWN:
            raise ValueError(f"{match[0]} in {form!r} is no directive of strftime")

    def write(moment: Moment) -> str:
        wall = clock.wall(moment)
        return _DIRECTIVE.sub(lambda match: _directive(match[1], wall, moment), form)

    return write


def _directive(name: str, wall: datetime, moment: Moment) -> str:
    match name:
        case "%":
            return "%"
        case "s":
            return str(moment.epoch // SECOND)
        case "N" | "9N":
            return f"{moment.nanos:09}"
        case "3N" | "6N":
            return f"{moment.nanos:09}"[: int(name[0])]
        case "f":
            return f"{moment.nanos // 1000:06}"
        case ":z":
            return wall.isoformat()[19:]
        case "Y" | "G":  # which the C library does not fill up
            return f"{wall.year if name == 'Y' else wall.isocalendar().year:04}"
        case "F":
            return f"{wall.date()}"
        case "Z" if wall.tzinfo is UTC:
            return "UTC"
    return wall.strftime(f"%{name}")
