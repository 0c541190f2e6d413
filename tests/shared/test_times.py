"""Durations and moments as people write them."""

from datetime import datetime

import pytest

from stdtools.shared.times import parse_duration, parse_moment

NOW = datetime(2026, 11, 22, 15, 30).timestamp()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("15m", 900), ("15min", 900), ("2h", 7200), ("1.5d", 129600), ("1w", 604800), ("1h30m", 5400),
     (" 1h 30m ", 5400), ("2 days", 172800), ("1 day", 86400), ("0s", 0)],
)  # fmt: skip
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "h", "10", "1x", "1h x", "-1h", "1e3s", "1000000d", "²h", "١h"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="is "):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2h", datetime(2026, 11, 22, 13, 30)),
        ("now", datetime(2026, 11, 22, 15, 30)),
        ("today", datetime(2026, 11, 22)),
        ("yesterday", datetime(2026, 11, 21)),
        ("9:05", datetime(2026, 11, 22, 9, 5)),
        ("15:00:07", datetime(2026, 11, 22, 15, 0, 7)),
        ("2026-11-20", datetime(2026, 11, 20)),
        ("20261120", datetime(2026, 11, 20)),
        ("2026-11-20 12:00", datetime(2026, 11, 20, 12)),
        ("2026-11-20T12:00:00.5", datetime(2026, 11, 20, 12, 0, 0, 500000)),
    ],
)
def test_moments(text: str, moment: datetime) -> None:
    assert parse_moment(text, NOW) == moment.timestamp()


def test_moments_with_a_zone_or_in_seconds() -> None:
    assert parse_moment("2026-11-22T12:00:00Z") == 1795348800
    assert parse_moment("2026-11-22T13:00:00+01:00") == 1795348800
    assert parse_moment("@1795348800.5") == 1795348800.5


@pytest.mark.parametrize("text", ["", "soon", "25:00", "2026-13-01", "@", "@99999999999999999", "2026-11-20 99:00"])
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time; write 2h"):
        parse_moment(text, NOW)


def test_long_durations_are_no_dates() -> None:
    assert parse_moment("100000s", 2_000_000.0) == 1_900_000.0
    assert parse_moment("202611s", 2_000_000.0) == 1_797_389.0
