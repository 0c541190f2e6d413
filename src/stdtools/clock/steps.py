"""Steps in time: ``+3d2h``, ``-1mo``, ``90min``, ``P1Y2M3DT4H``; adding, rounding, and the way between two moments.

Years, months, weeks and days move the wall clock, as people do; hours and less are time that passes.
"""

import re
from datetime import datetime, time, timedelta
from fractions import Fraction
from typing import NamedTuple

from stdtools.clock.moments import DAY, SECOND, Moment, OutOfYears
from stdtools.clock.zones import Clock
from stdtools.shared.days import add_months

FORMS = "3d2h, 90min, 1mo, 1y, or P1DT2H as ISO 8601 has it"
_MONTHS = {"y": 12, "year": 12, "mo": 1, "month": 1}
_DAYS = {"w": 7, "week": 7, "d": 1, "day": 1}
_NANOS = {
    **dict.fromkeys(("h", "hour"), 3600 * SECOND),
    **dict.fromkeys(("min", "minute"), 60 * SECOND),
    **dict.fromkeys(("s", "sec", "second"), SECOND),
    "ms": 10**6, "us": 1000, "ns": 1,
}  # fmt: skip
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([a-z]+)[\s,]*", re.ASCII)
_ISO = re.compile(
    r"P(?=.)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?"
    r"(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?",
    re.ASCII,
)
_ISO_UNITS = ("y", "mo", "w", "d", "h", "min", "s")


class Step(NamedTuple):
    """Months and days of the calendar, and nanoseconds, all of one sign."""

    months: int = 0
    days: int = 0
    nanos: int = 0

    def times(self, count: int) -> "Step":
        """Return the step *count* times."""
        return Step(self.months * count, self.days * count, self.nanos * count)


_MOST = Step(120_000, 4_000_000, 4_000_000 * DAY)  # about 10,000 years


def parse_step(text: str) -> Step:
    """Return the step that *text* means; a sign before it is that of all of it. Raises ValueError."""
    word = text.strip().replace("minus ", "-", 1).replace(" and ", " ")
    sign = -1 if word.startswith("-") else 1
    word = word.removeprefix("-" if sign < 0 else "+").strip()
    if match := _ISO.fullmatch(word.upper()):
        parts = [(number, unit) for number, unit in zip(match.groups(), _ISO_UNITS, strict=True) if number]
    else:
        parts = _PART.findall(word.lower())
        if not parts or _PART.sub("", word.lower()):
            raise ValueError(f"{text!r} is no step in time; write {FORMS}")
    step = Step()
    units = {unit for _, unit in parts}
    for number, unit in parts:
        if unit == "m":  # minutes beside hours or seconds, or else it could be either
            if units.isdisjoint({"h", "hour", "hours", "s", "sec"}):
                raise ValueError(f"{text!r} could be minutes or months; write {number}min or {number}mo")
            unit = "min"
        amount = Fraction(number)
        name = unit if unit in _NANOS or unit in _MONTHS or unit in _DAYS else unit.removesuffix("s")
        if name in _MONTHS or (name in _DAYS and amount.denominator == 1):
            if amount.denominator > 1:
                raise ValueError(f"{text!r}: a part of a {'year' if name[0] == 'y' else 'month'} has no length")
            whole = int(amount) * (_MONTHS.get(name) or _DAYS[name])
            step = step._replace(**{"months": step.months + whole} if name in _MONTHS else {"days": step.days + whole})
        elif name in _NANOS or name in _DAYS:
            nanos = amount * (_NANOS.get(name) or _DAYS[name] * DAY)
            if nanos.denominator > 1:
                raise ValueError(f"{text!r} is finer than a nanosecond")
            step = step._replace(nanos=step.nanos + int(nanos))
        else:
            raise ValueError(f"{text!r}: {unit!r} is no unit; write {FORMS}")
    if any(part > most for part, most in zip(step, _MOST, strict=True)):
        raise ValueError(f"{text!r} is more than 10,000 years")
    return step.times(sign)


def add(moment: Moment, step: Step, clock: Clock) -> Moment:
    """Return *moment* moved by *step*. Raises ValueError where the clock of *clock* does not show that once."""
    if step.months or step.days:
        before = clock.wall(moment)
        try:
            wall = add_months(before.replace(tzinfo=None), step.months) + timedelta(days=step.days)
        except (ValueError, OverflowError):
            raise OutOfYears from None
        if wall != before.replace(tzinfo=None):
            moment = clock.moment(wall, moment.nanos)
    return moment.plus(step.nanos)


def difference(first: Moment, last: Moment, clock: Clock) -> Step:
    """Return the step from *first* to *last* in whole months, whole days, and the time that is left."""
    if last < first:
        return difference(last, first, clock).times(-1)
    start, end = clock.wall(first).replace(tzinfo=None), clock.wall(last).replace(tzinfo=None)
    months = (end.year - start.year) * 12 + end.month - start.month
    while months and _reached(start, months, 0, first.nanos, clock) > last:
        months -= 1
    days = max(0, (end.date() - add_months(start, months).date()).days)
    while days and _reached(start, months, days, first.nanos, clock) > last:
        days -= 1
    at = _reached(start, months, days, first.nanos, clock) if months or days else first
    return Step(months, days, last.epoch - at.epoch)


def _reached(start: datetime, months: int, days: int, nanos: int, clock: Clock) -> Moment:
    return clock.moment(add_months(start, months) + timedelta(days=days), nanos, fold=clock.fold or 0)


def in_words(step: Step) -> str:
    """Return ``2 days, 3 hours and 1.5 seconds``, with ``minus`` before it where it goes back."""
    if min(step) < 0:
        return f"minus {in_words(step.times(-1))}"
    years, months = divmod(step.months, 12)
    parts = [(years, "year"), (months, "month"), (step.days, "day"), *_clock_parts(step.nanos)]
    said = [f"{amount} {unit}{'' if amount == 1 else 's'}" for amount, unit in parts if amount not in (0, "0")]
    return " and ".join(filter(None, [", ".join(said[:-1]), said[-1]])) if said else "0 seconds"


def in_iso(step: Step) -> str:
    """Return the step as ISO 8601 has it: ``P1Y2M3DT4H5M6.5S``, with a minus before it where it goes back."""
    if min(step) < 0:
        return f"-{in_iso(step.times(-1))}"
    years, months = divmod(step.months, 12)
    day = "".join(f"{amount}{unit}" for amount, unit in ((years, "Y"), (months, "M"), (step.days, "D")) if amount)
    parts = _clock_parts(step.nanos)
    clock = "".join(f"{amount}{unit[0].upper()}" for amount, unit in parts if amount not in (0, "0"))
    return f"P{day}" + (f"T{clock}" if clock else "" if day else "T0S")


def _clock_parts(nanos: int) -> list[tuple[int | str, str]]:
    minutes, rest = divmod(nanos, 60 * SECOND)
    return [(minutes // 60, "hour"), (minutes % 60, "minute"), (decimal(rest), "second")]


def decimal(nanos: int) -> str:
    """Return *nanos* in seconds, exact: ``-1.5``."""
    whole, rest = divmod(abs(nanos), SECOND)
    fraction = f".{rest:09}".rstrip("0") if rest else ""
    return f"{'-' if nanos < 0 else ''}{whole}{fraction}"


def rounded(moment: Moment, step: Step, way: str, clock: Clock) -> Moment:
    """Return *moment* at a whole number of *step*: the *way* is ``round``, ``floor`` or ``ceil``.

    Steps of a clock count from midnight, weeks begin on Monday, months count from January. Half rounds up.
    Raises ValueError where *step* does not fit.
    """
    low = _floor(moment, step, clock)
    if way == "floor" or low == moment:
        return low
    high = _next(low, step, clock)
    return high if way == "ceil" or 2 * moment.epoch >= low.epoch + high.epoch else low


def _floor(moment: Moment, step: Step, clock: Clock) -> Moment:
    wall = clock.wall(moment)
    midnight = datetime.combine(wall.date(), time())
    match step:
        case Step(months, 0, 0) if months > 0 and (12 % months == 0):
            low = midnight.replace(day=1, month=wall.month - (wall.month - 1) % months)
        case Step(0, 1, 0):
            low = midnight
        case Step(0, 7, 0):
            low = midnight - timedelta(days=wall.weekday())
        case Step(0, 0, nanos) if nanos > 0 and DAY % nanos == 0:
            since = _since_midnight(wall, moment)
            return clock.moment(*_behind(midnight, since - since % nanos), fold=wall.fold)
        case _:
            raise ValueError(
                "not a step to round to; write one that divides a day or a year, as 15min, 1h, 1d, 3mo, or 1w"
            )
    return clock.moment(low, fold=0)  # where there is no midnight, the first moment behind it


def _since_midnight(wall: datetime, moment: Moment) -> int:
    """Return the nanoseconds that the clock has counted at *moment*, at which it shows *wall*."""
    return (wall.hour * 3600 + wall.minute * 60 + wall.second) * SECOND + moment.nanos


def _behind(midnight: datetime, since: int) -> tuple[datetime, int]:
    """Return what the clock shows *since* nanoseconds behind *midnight*, and the nanoseconds of it."""
    return midnight + timedelta(seconds=since // SECOND), since % SECOND


def _next(low: Moment, step: Step, clock: Clock) -> Moment:
    """Return the next whole step behind *low*: by the clock, or before that where the clock is put back."""
    wall = clock.wall(low)
    midnight = datetime.combine(wall.date(), time())
    try:
        if not step.nanos:
            return clock.moment(add_months(midnight, step.months) + timedelta(days=step.days), fold=0)
        since = _since_midnight(wall, low)
        by_clock = clock.moment(*_behind(midnight, since - since % step.nanos + step.nanos), fold=wall.fold)
    except (ValueError, OverflowError):
        raise OutOfYears from None
    again = (low.plus(step.nanos), clock.moment(wall.replace(tzinfo=None), low.nanos, fold=1))
    return min([by_clock, *(each for each in again if each > low and _floor(each, step, clock) == each)])
