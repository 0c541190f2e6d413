"""Dates as people write them at a command line, and the spans of them that a filter asks for."""

import datetime
import re

FORMS = "2026-11-22, today, tomorrow, yesterday, friday, next friday, +3d, +2w, +1m, +1y, eow, eom, eoy"
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SHIFT = re.compile(r"([+-][0-9]{1,6})([dwmy])")
_WEEKDAY = re.compile(r"(?:(next)\s+)?([a-z]{3,9})")


def parse_date(text: str, today: datetime.date) -> datetime.date:
    """Return the date that *text* means on the day *today*. Raises ValueError, which lists the FORMS.

    A weekday is the first one after today, ``next friday`` the one of the week after this; weeks begin on
    Monday. ``+1m`` keeps the day of the month, or takes its last one.
    """
    word = text.strip().lower()
    try:
        found = _named(word, today) or _shifted(word, today) or _weekday(word, today)
        if found is None and _ISO.fullmatch(word):
            found = datetime.date.fromisoformat(word)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text!r} is not a date: {error}") from None
    if found is None:
        raise ValueError(f"{text!r} is not a date; write {FORMS}")
    return found


def parse_span(text: str, today: datetime.date) -> tuple[datetime.date | None, datetime.date | None]:
    """Return the first and the last date of DATE, of DATE..DATE, either of them left out, or of ``week``.

    ``week`` is today and the six days after it. Raises ValueError.
    """
    if text.strip().lower() == "week":
        return today, parse_date("+6d", today)
    start, dots, end = text.partition("..")
    if not dots:
        day = parse_date(text, today)
        return day, day
    if not (start.strip() or end.strip()):
        raise ValueError(f"{text!r} is no span of dates; write DATE..DATE, DATE.. or ..DATE")
    first = parse_date(start, today) if start.strip() else None
    last = parse_date(end, today) if end.strip() else None
    if first and last and first > last:
        raise ValueError(f"{text!r} ends before it begins: {first} is after {last}")
    return first, last


def _named(word: str, today: datetime.date) -> datetime.date | None:
    day = datetime.timedelta(days=1)
    match word:
        case "today":
            return today
        case "tomorrow":
            return today + day
        case "yesterday":
            return today - day
        case "eow":
            return today + (6 - today.weekday()) * day
        case "eom":
            return _in_month(today.year, today.month, 31)
        case "eoy":
            return today.replace(month=12, day=31)
    return None


def _shifted(word: str, today: datetime.date) -> datetime.date | None:
    match = _SHIFT.fullmatch(word)
    if match is None:
        return None
    count, unit = int(match[1]), match[2]
    if unit in "dw":
        return today + datetime.timedelta(days=count * (7 if unit == "w" else 1))
    months = today.year * 12 + today.month - 1 + count * (12 if unit == "y" else 1)
    return _in_month(months // 12, months % 12 + 1, today.day)


def _in_month(year: int, month: int, day: int) -> datetime.date:
    """Return the *day* of the month, or its last one."""
    following = datetime.date(year, 12, 31) if month == 12 else datetime.date(year, month + 1, 1)
    last = 31 if month == 12 else (following - datetime.timedelta(days=1)).day
    return datetime.date(year, month, min(day, last))


def _weekday(word: str, today: datetime.date) -> datetime.date | None:
    match = _WEEKDAY.fullmatch(word)
    numbers = [number for number, name in enumerate(_DAYS) if match and match[2] in (name, name[:3])]
    if match is None or not numbers:
        return None
    ahead = numbers[0] - today.weekday()
    if match[1]:
        return today + datetime.timedelta(days=ahead + 7)
    return today + datetime.timedelta(days=ahead if ahead > 0 else ahead + 7)
