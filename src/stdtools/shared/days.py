"""Days as people write them at a command line."""

import datetime
import re
from typing import TypeVar

FORMS = "2026-11-22, today, tomorrow, yesterday, friday, next friday, +3d, +2w, +1mo, +1y, eow, eom, eoy"
Day = TypeVar("Day", bound=datetime.date)

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SHIFT = re.compile(r"([+-][0-9]{1,6})(mo|[dwmy])")
_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_WRITTEN = re.compile(r"(?:([0-9]{1,2})\.?\s+([a-z]{3,9})|([a-z]{3,9})\s+([0-9]{1,2})),?\s+([0-9]{4})")
_WEEKDAY = re.compile(r"(?:(next)\s+)?([a-z]{3,9})")


def parse_date(text: str, today: datetime.date) -> datetime.date:
    """Return the date that *text* means on the day *today*. Raises ValueError, which lists the FORMS.

    A weekday is the first one after today, ``next friday`` the one of the week after this; weeks begin on
    Monday. ``+1m`` keeps the day of the month, or takes its last one.
    """
    word = text.strip().lower()
    try:
        found = _named(word, today) or _shifted(word, today) or _weekday(word, today) or _written(word)
        if found is None and _ISO.fullmatch(word):
            found = datetime.date.fromisoformat(word)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text!r} is not a date: {error}") from None
    if found is None:
        raise ValueError(f"{text!r} is not a date; write {FORMS}")
    return found


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
            return today.replace(day=days_of(today.year, today.month))
        case "eoy":
            return today.replace(month=12, day=31)
    return None


def _written(word: str) -> datetime.date | None:
    """Return the date of ``26 Nov 2026`` and ``November 26, 2026``."""
    match = _WRITTEN.fullmatch(word)
    name = match[2] or match[3] if match else ""
    numbers = [number for number, month in enumerate(_MONTHS, 1) if name in (month, month[:3])]
    if match is None or not numbers:
        return None
    return datetime.date(int(match[5]), numbers[0], int(match[1] or match[4]))


def _shifted(word: str, today: datetime.date) -> datetime.date | None:
    match = _SHIFT.fullmatch(word)
    if match is None:
        return None
    count, unit = int(match[1]), match[2]
    if unit in "dw":
        return today + datetime.timedelta(days=count * (7 if unit == "w" else 1))
    return add_months(today, count * (12 if unit == "y" else 1))


def add_months(day: Day, months: int) -> Day:
    """Return the same day of another month, or its last one. Raises ValueError beyond the years 1 to 9999."""
    months += day.year * 12 + day.month - 1
    year, month = months // 12, months % 12 + 1
    return day.replace(year=year, month=month, day=min(day.day, days_of(year, month)))


def days_of(year: int, month: int) -> int:
    """Return how many days a month has."""
    if month == 2:
        return 28 + (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0))
    return 30 if month in (4, 6, 9, 11) else 31


def _weekday(word: str, today: datetime.date) -> datetime.date | None:
    match = _WEEKDAY.fullmatch(word)
    numbers = [number for number, name in enumerate(_DAYS) if match and match[2] in (name, name[:3])]
    if match is None or not numbers:
        return None
    ahead = numbers[0] - today.weekday()
    if match[1]:
        return today + datetime.timedelta(days=ahead + 7)
    return today + datetime.timedelta(days=ahead if ahead > 0 else ahead + 7)
