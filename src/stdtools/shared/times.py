"""Durations and moments as people write them."""

import re
import time
from datetime import datetime, timedelta

_SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "day": 86400, "days": 86400, "w": 604800}
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(days?|min|[smhdw])")
_LONGEST = 100 * 366 * 86400.0


def parse_duration(text: str) -> float:
    """Return seconds: ``90s``, ``15m``, ``2h``, ``1.5d``, ``1w``, ``1h30m``. Raises ValueError."""
    compact = text.strip().lower()
    parts = _PART.findall(compact)
    if not parts or _PART.sub("", compact).strip():
        raise ValueError(f"{text!r} is not a duration; write 90s, 15m, 2h, 1d or 1h30m")
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in parts)
    if seconds > _LONGEST:
        raise ValueError(f"{text!r} is more than 100 years")
    return seconds


def parse_moment(text: str, now: float | None = None) -> float:
    """Return seconds since the epoch of a moment: a duration before *now*, or a date and time.

    ``2h``, ``2026-11-22``, ``2026-11-22 15:00``, ``2026-11-22T15:00:00.5+01:00``, ``15:00``, ``today``,
    ``yesterday``, ``now``, ``@1795363200``. Local time where no zone is given. Raises ValueError.
    """
    moment = time.time() if now is None else now
    word = text.strip()
    here = datetime.fromtimestamp(moment)
    midnight = here.replace(hour=0, minute=0, second=0, microsecond=0)
    named = {"now": here, "today": midnight, "yesterday": midnight - timedelta(days=1)}
    try:
        if word in named:
            return named[word].timestamp()
        if re.fullmatch(r"@\d+(\.\d+)?", word):
            return datetime.fromtimestamp(float(word[1:])).timestamp()
        if re.fullmatch(r"\d\d?:\d\d(:\d\d)?", word):
            clock = datetime.strptime(word, "%H:%M:%S" if word.count(":") == 2 else "%H:%M")
            return datetime.combine(midnight, clock.time()).timestamp()
        if re.match(r"\d{4}-?\d\d", word) and not _PART.fullmatch(word.lower()):
            return datetime.fromisoformat(word).timestamp()
        return moment - parse_duration(word)
    except (ValueError, OverflowError, OSError):
        raise ValueError(
            f"{text!r} is not a time; write 2h (ago), 15:00, 2026-11-22, '2026-11-22 15:00', today or @seconds"
        ) from None
