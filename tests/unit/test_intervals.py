"""Intervals: what texts name them, and what is said of texts that do not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from andon.intervals import Every, Interval, floor, following, limit, named, parse, runs, starts


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("every", "start"),
    [
        ("hour", "2024-02-29T13:00"),
        ("day", "2024-02-29"),
        ("week", "2024-02-26"),
        ("month", "2024-02-01"),
        ("year", "2024-01-01"),
    ],
)
def test_a_moment_lies_in_the_interval_that_begins_before_it(every: Every, start: str) -> None:
    assert floor(at("2024-02-29T13:59:59.999999"), every) == at(start)


def test_a_moment_of_another_time_zone_is_taken_in_utc() -> None:
    moment = datetime(2024, 3, 1, 0, 30, tzinfo=timezone(timedelta(hours=2)))
    assert floor(moment, "day") == at("2024-02-29")


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2024", "2024-01-01", "2025-01-01"),
        ("2024-02", "2024-02-01", "2024-03-01"),
        ("2024-02-29", "2024-02-29", "2024-03-01"),
        ("2024-W01", "2024-01-01", "2024-01-08"),
        ("2024-12-31T23", "2024-12-31T23:00", "2025-01-01"),
        ("2024-12-31 23:00", "2024-12-31T23:00", "2025-01-01"),
        (" 2024-01 .. 2024-03 ", "2024-01-01", "2024-04-01"),
        ("2024-01-31..2024", "2024-01-31", "2025-01-01"),
    ],
)
def test_a_text_names_a_stretch_of_time(text: str, start: str, end: str) -> None:
    assert parse(text) == Interval(at(start), at(end))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("yesterday", "write a day as 2024-01-31"),
        ("2024-1-1", "write a day as 2024-01-31"),
        ("", "write a day as 2024-01-31"),
        ("2023-02-29", "`2023-02-29` is not in the calendar"),
        ("2024-00", "`2024-00` is not in the calendar"),
        ("2024-01-01T24", "`2024-01-01T24` is not in the calendar"),
        ("2024-W60", "`2024-W60` is not in the calendar"),
        ("0000", "`0000` is not in the calendar"),
        ("2024-02..2024-01", "ends before it begins"),
        ("9999", "ends after the year 9999"),
    ],
)
def test_a_text_that_names_none_is_told_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse(text)


def test_what_begins_in_the_middle_of_an_interval_is_refused() -> None:
    with pytest.raises(ValueError, match="no month begins at 2024-01-02"):
        following(at("2024-01-02"), "month")


def test_intervals_next_to_each_other_become_one_stretch() -> None:
    days = [at(f"2024-01-{day:02}") for day in (5, 1, 2, 2, 3, 9)]
    found = [(one.start.day, one.end.day) for one in runs(days, "day")]
    assert found == [(1, 4), (5, 6), (9, 10)]


def test_a_stretch_takes_each_interval_that_it_touches() -> None:
    touched = starts(Interval(at("2024-01-31T12:00"), at("2024-03-01T00:00")), "month")
    assert list(touched) == [at("2024-01-01"), at("2024-02-01")]
    assert list(starts(Interval(at("2024-01-02"), at("2024-01-02")), "day")) == []


def test_the_calendar_ends_with_the_last_interval_that_can_end() -> None:
    assert limit("month") == at("9999-12-01")
    assert following(at("9999-11-01"), "month") == limit("month")
    assert list(starts(Interval(at("9999-10-15"), at("9999-12-31")), "month"))[-1].month == 11
    with pytest.raises(ValueError, match="ends after the year 9999"):
        following(limit("day"), "day")


def test_a_week_is_named_by_the_year_of_its_thursday() -> None:
    assert named(at("2024-12-30"), "week") == "2025-W01"
    assert parse("2025-W01").start == at("2024-12-30")
