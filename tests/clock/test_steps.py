"""Steps, differences and rounding: what goes forth comes back."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stdtools.clock import Clock, Moment, Step, difference, parse_step, zone_of
from stdtools.clock.moments import SECOND, from_epoch
from stdtools.clock.steps import add, in_iso, in_words, rounded

moments = st.integers(-(10**9) * SECOND, 4 * 10**9 * SECOND).map(from_epoch)
steps = st.builds(Step, st.integers(0, 999), st.integers(0, 9999), st.integers(0, 10**15))
zones = st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia", "-03:30"])


@given(moments, moments, zones, st.sampled_from([0, 1]))
def test_a_moment_and_the_difference_to_another_make_the_other(
    one: Moment, other: Moment, zone: str, fold: int
) -> None:
    clock = Clock(zone_of(zone), fold=fold)
    low, high = min(one, other), max(one, other)
    step = difference(low, high, clock)
    assert add(low, step, clock) == high
    assert min(step) >= 0
    assert difference(high, low, clock) == step.times(-1)
    assert step.nanos < 26 * 3600 * SECOND


@given(steps, st.sampled_from([1, -1]))
def test_a_step_is_read_as_it_is_written(step: Step, sign: int) -> None:
    step = step.times(sign)
    assert parse_step(in_words(step)) == step
    assert parse_step(in_iso(step)) == step


changes = st.builds(
    lambda change, away: from_epoch((change + away) * SECOND),
    st.sampled_from([1774746000, 1792890000, 1775314800, 1791041400, 1325239200]),  # of clocks of these zones
    st.integers(-90_000, 90_000),
)


@given(moments | changes, st.sampled_from(["15min", "2h", "6h", "1d", "1w", "1mo", "3mo", "1y"]), zones)
def test_a_moment_lies_between_the_steps_around_it(moment: Moment, text: str, zone: str) -> None:
    clock, step = Clock(zone_of(zone), fold=0), parse_step(text)
    low, high = (rounded(moment, step, way, clock) for way in ("floor", "ceil"))
    assert low <= moment <= high
    assert rounded(moment, step, "round", clock) in (low, high)
    assert rounded(low, step, "ceil", clock) == low


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("3d2h", Step(0, 3, 7200 * SECOND)),
        ("-1w", Step(0, -7, 0)),
        ("1y2mo", Step(14, 0, 0)),
        ("1h30m", Step(0, 0, 5400 * SECOND)),
        ("1.5d", Step(0, 0, 36 * 3600 * SECOND)),
        ("0.000000001s", Step(0, 0, 1)),
        ("P1Y2M3DT4H5M6.5S", Step(14, 3, 14706 * SECOND + SECOND // 2)),
        ("PT5M", Step(0, 0, 300 * SECOND)),
        ("2 weeks and 3 hours", Step(0, 14, 3 * 3600 * SECOND)),
    ],
)
def test_forms_of_steps(text: str, step: Step) -> None:
    assert parse_step(text) == step


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1m", "'1m' could be minutes or months; write 1min or 1mo"),
        ("1d5m", "could be minutes or months"),
        ("1.5mo", "a part of a month has no length"),
        ("0.1ns", "finer than a nanosecond"),
        ("3 fortnights", "'fortnights' is no unit"),
        ("P", "is no step in time"),
        ("", "is no step in time"),
        ("h", "is no step in time"),
        ("9" * 30 + "d", "more than 10,000 years"),
    ],
)
def test_what_is_no_step(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_step(text)


def test_days_move_the_wall_clock_and_hours_the_time() -> None:
    clock = Clock(zone_of("Europe/Berlin"))
    before = clock.moment(datetime(2026, 10, 24, 12))
    assert add(before, parse_step("1d"), clock).second - before.second == timedelta(hours=25)
    assert add(before, parse_step("24h"), clock).second - before.second == timedelta(hours=24)
    end = Moment(datetime(2026, 1, 31, tzinfo=UTC))
    assert add(end, parse_step("1mo"), Clock(UTC)).second == datetime(2026, 2, 28, tzinfo=UTC)
