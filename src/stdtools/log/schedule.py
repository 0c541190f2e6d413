"""When a log's time is over: --every 1h, day, midnight, week."""

import time
from functools import lru_cache

from stdtools.shared.times import parse_duration

DAY = 86400
_DAYS = {"day": 1, "midnight": 1, "week": 7}


class Schedule:
    """Boundaries at which a new file begins, by the local clock.

    ``day`` and ``midnight`` are each midnight, ``week`` the one before Monday, ``hour`` and any
    duration such as ``15m`` or ``6h`` are counted from midnight. A day that the clock is changed on
    has its 23 or 25 hours. Raises ValueError.
    """

    def __init__(self, text: str) -> None:
        self._days = _DAYS.get(text, 0)
        self._seconds = DAY if self._days else parse_duration("1h" if text == "hour" else text)
        if not self._days and self._seconds % DAY == 0:
            self._days = int(self._seconds // DAY)
        if not self._days and self._seconds > DAY:
            raise ValueError(f"{text!r} is neither within a day nor whole days")
        if self._seconds < 1:
            raise ValueError(f"{text!r} is less than a second")
        self._after = lru_cache(maxsize=8)(self._boundary_after)

    def boundary_after(self, moment: float) -> float:
        """Return the first boundary after *moment*; both in seconds since the epoch."""
        return self._after(int(moment))

    def is_over(self, modified: float) -> bool:
        """Whether a boundary lies between the time *modified* and now."""
        return self.boundary_after(modified) <= time.time()

    def _boundary_after(self, moment: int) -> float:
        local = time.localtime(moment)
        if self._days:
            ahead = self._days
            if self._days > 1:  # counted from a Monday; the epoch began on a Thursday
                day = (moment + local.tm_gmtoff) // DAY + 3
                ahead = self._days - day % self._days
            return time.mktime((local.tm_year, local.tm_mon, local.tm_mday + ahead, 0, 0, 0, 0, 0, -1))
        year, month, today = local.tm_year, local.tm_mon, local.tm_mday
        midnight = time.mktime((year, month, today + 1, 0, 0, 0, 0, 0, -1))
        since_midnight = local.tm_hour * 3600 + local.tm_min * 60 + local.tm_sec
        ahead = int((since_midnight // self._seconds + 1) * self._seconds)
        if self._seconds > 3600:  # by the clock on the wall, also on a day that it is changed on
            boundary = time.mktime((year, month, today, ahead // 3600, ahead // 60 % 60, ahead % 60, 0, 0, -1))
        else:
            boundary = moment - since_midnight + ahead
        # Midnight ends a period also where the duration does not divide the day.
        return min(boundary, midnight) if boundary > moment else midnight
