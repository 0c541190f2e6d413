"""Spans of dates, as a filter asks for them."""

import datetime

from stdtools.shared.days import parse_date


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
