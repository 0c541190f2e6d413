"""Dates as they are typed, on a day that is a Wednesday."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stdtools.shared.days import FORMS, parse_date
from stdtools.tasks.dates import parse_span

WEDNESDAY = datetime.date(2026, 11, 25)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-22", "2026-11-22"),
        ("2024-02-29", "2024-02-29"),
        ("today", "2026-11-25"),
        (" TODAY ", "2026-11-25"),
        ("tomorrow", "2026-11-26"),
        ("yesterday", "2026-11-24"),
        ("friday", "2026-11-27"),
        ("Fri", "2026-11-27"),
        ("wednesday", "2026-12-02"),
        ("tuesday", "2026-12-01"),
        ("sunday", "2026-11-29"),
        ("next friday", "2026-12-04"),
        ("next wed", "2026-12-02"),
        ("next monday", "2026-11-30"),
        ("+3d", "2026-11-28"),
        ("-1d", "2026-11-24"),
        ("+2w", "2026-12-09"),
        ("+1m", "2026-12-25"),
        ("+3m", "2027-02-25"),
        ("-11m", "2025-12-25"),
        ("+1y", "2027-11-25"),
        ("eow", "2026-11-29"),
        ("eom", "2026-11-30"),
        ("eoy", "2026-12-31"),
    ],
)
def test_what_a_date_means_on_a_wednesday(text: str, expected: str) -> None:
    assert parse_date(text, WEDNESDAY).isoformat() == expected


@pytest.mark.parametrize(
    ("today", "text", "expected"),
    [
        ("2026-01-31", "+1m", "2026-02-28"),
        ("2024-01-31", "+1m", "2024-02-29"),
        ("2024-02-29", "+1y", "2025-02-28"),
        ("2026-03-31", "-1m", "2026-02-28"),
        ("2026-12-31", "+1d", "2027-01-01"),
        ("2026-02-10", "eom", "2026-02-28"),
        ("2026-12-10", "eom", "2026-12-31"),
        ("2026-11-29", "eow", "2026-11-29"),
        ("2026-11-29", "next monday", "2026-11-30"),
        ("2026-11-29", "monday", "2026-11-30"),
    ],
)
def test_ends_of_months_and_weeks(today: str, text: str, expected: str) -> None:
    assert parse_date(text, datetime.date.fromisoformat(today)).isoformat() == expected


@pytest.mark.parametrize(
    "text",
    ["", " ", "soon", "20261122", "2026-W01-2", "2026-11-2", "22.11.2026", "2026-11-22 ", "next", "next week", "+3",
     "+3x", "3d", "+0.5d", "fr", "fri day", "²026-11-22", "+³d", "now", "next next friday", "eo", "2026-11-22T00:00"],
)  # fmt: skip
def test_what_is_no_date_is_told_with_the_forms(text: str) -> None:
    if text.strip() == "2026-11-22":
        assert parse_date(text, WEDNESDAY)
        return
    with pytest.raises(ValueError, match="is not a date; write 2026-11-22, today") as caught:
        parse_date(text, WEDNESDAY)
    assert FORMS in str(caught.value)


@pytest.mark.parametrize("text", ["2026-02-30", "2026-13-01", "0000-01-01", "+999999y", "-999999m", "+999999w"])
def test_days_that_do_not_exist_are_told(text: str) -> None:
    with pytest.raises(ValueError, match="is not a date: "):
        parse_date(text, WEDNESDAY)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("today", "2026-11-25", "2026-11-25"),
        ("week", "2026-11-25", "2026-12-01"),
        ("..friday", None, "2026-11-27"),
        ("+1w..", "2026-12-02", None),
        ("2026-01-01..eoy", "2026-01-01", "2026-12-31"),
        ("today .. tomorrow", "2026-11-25", "2026-11-26"),
    ],
)
def test_spans(text: str, first: str | None, last: str | None) -> None:
    found = parse_span(text, WEDNESDAY)
    assert tuple(day and day.isoformat() for day in found) == (first, last)


@pytest.mark.parametrize("text", ["..", "friday..today", "a..b", "today...tomorrow", "1..2"])
def test_what_is_no_span_is_told(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a date|is no span|ends before it begins"):
        parse_span(text, WEDNESDAY)


@given(st.text(), st.dates())
def test_any_text_is_a_date_or_an_error_that_says_so(text: str, today: datetime.date) -> None:
    try:
        assert isinstance(parse_date(text, today), datetime.date)
    except ValueError as error:
        assert repr(text) in str(error)


@given(st.dates())
def test_a_weekday_is_one_of_the_seven_days_to_come(today: datetime.date) -> None:
    if today > datetime.date(9999, 12, 15):
        return
    for number, name in enumerate(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")):
        assert 1 <= (parse_date(name, today) - today).days <= 7
        assert parse_date(name, today).weekday() == number
        following = parse_date(f"next {name}", today)
        assert following.isocalendar()[:2] == (today + datetime.timedelta(days=7)).isocalendar()[:2]
