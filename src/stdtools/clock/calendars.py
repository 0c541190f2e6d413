"""A month as a calendar."""

import calendar
import re
from collections.abc import Callable
from datetime import date


def month_of(day: date, mark: Callable[[str], str] | None) -> str:
    """Return the month of *day*, without a last newline, weeks from Monday, with the day in it as ``mark`` makes it."""
    text = calendar.TextCalendar().formatmonth(day.year, day.month).removesuffix("\n")
    if mark is None:
        return text
    head, weeks = text[: (start := text.index("Su\n") + 3)], text[start:]
    return head + re.sub(rf"\b{day.day}\b", lambda found: mark(found[0]), weeks, count=1)
