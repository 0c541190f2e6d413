"""When a log's time is over, by the local clock, also when that is changed."""

from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stdtools.log.schedule import Schedule

pytestmark = pytest.mark.usefixtures("berlin")


@pytest.mark.parametrize(
    ("every", "moment", "boundary"),
    [
        ("1h", "2026-11-22 12:00", "2026-11-22 13:00"),
        ("hour", "2026-11-22 12:59:59", "2026-11-22 13:00"),
        ("15m", "2026-11-22 12:16", "2026-11-22 12:30"),
        ("6h", "2026-11-22 17:00", "2026-11-22 18:00"),
        ("7h", "2026-11-22 22:00", "2026-11-23 00:00"),
        ("day", "2026-11-22 00:00", "2026-11-23 00:00"),
        ("midnight", "2026-12-31 23:59:59", "2027-01-01 00:00"),
        ("1d", "2026-11-22 12:00", "2026-11-23 00:00"),
        ("week", "2026-11-22 12:00", "2026-11-23 00:00"),
        ("week", "2026-11-23 00:00", "2026-11-30 00:00"),
        ("7d", "2026-11-25 12:00", "2026-11-30 00:00"),
        # the clock goes forward at 02:00 and back at 03:00
        ("day", "2026-03-29 00:30", "2026-03-30 00:00"),
        ("day", "2026-10-25 00:30", "2026-10-26 00:00"),
        ("1h", "2026-03-29 01:30", "2026-03-29 03:00"),
        ("1h", "2026-10-25 01:30", "2026-10-25 02:00"),
        ("6h", "2026-03-29 00:30", "2026-03-29 06:00"),
        ("6h", "2026-10-25 00:30", "2026-10-25 06:00"),
        ("5h", "2026-10-25 04:30", "2026-10-25 05:00"),
    ],
)
def test_boundaries(every: str, moment: str, boundary: str) -> None:
    found = Schedule(every).boundary_after(datetime.fromisoformat(moment).timestamp())
    assert datetime.fromtimestamp(found) == datetime.fromisoformat(boundary)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    every=st.sampled_from(["1s", "7m", "15m", "1h", "5h", "6h", "day", "2d", "week"]),
    moment=st.integers(1_600_000_000, 1_900_000_000),
)
def test_a_boundary_is_always_ahead_and_soon(every: str, moment: int) -> None:
    schedule = Schedule(every)
    ahead = schedule.boundary_after(moment) - moment
    longest = {"1s": 1, "7m": 420, "15m": 900, "1h": 3600, "5h": 18000, "6h": 21600, "day": 86400, "2d": 172800}
    assert 0 < ahead <= longest.get(every, 604800) + 3600


@pytest.mark.parametrize("text", ["", "never", "0s", "0.5s", "-1h", "1h nonsense"])
def test_what_is_no_period(text: str) -> None:
    with pytest.raises(ValueError, match="is "):
        Schedule(text)


@pytest.mark.parametrize("text", ["36h", "25h", "1d12h"])
def test_periods_that_midnight_would_cut(text: str) -> None:
    with pytest.raises(ValueError, match="neither within a day nor whole days"):
        Schedule(text)
