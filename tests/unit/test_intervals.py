"""Intervals: where they begin, how they join, and what texts name them."""
# ruff: noqa: DTZ001  (all intervals are of UTC)

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andon.intervals import EVERY, Every, after, before, floor, parse, runs, shown, span

lengths = st.sampled_from(EVERY)
moments = st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9990, 1, 1))


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
    moment = datetime.fromisoformat("2024-02-29T13:59:59.999999")
    assert floor(moment, every) == datetime.fromisoformat(start)


@given(moments, lengths)
def test_every_moment_lies_in_exactly_one_interval(moment: datetime, every: Every) -> None:
    start = floor(moment, every)
    assert start <= moment < after(start, every)
    assert floor(start, every) == start


@given(moments, lengths)
def test_the_interval_before_the_next_is_the_same(moment: datetime, every: Every) -> None:
    start = floor(moment, every)
    assert before(after(start, every), every) == start


@given(st.lists(moments, max_size=8), lengths)
def test_joined_intervals_cover_the_same_moments(found: list[datetime], every: Every) -> None:
    starts = {floor(moment, every) for moment in found}
    joined = list(runs(starts, every))
    assert all(sum(first <= start < end for first, end in joined) == 1 for start in starts)
    assert all(end < first for (_, end), (first, _) in pairwise(joined))


@pytest.mark.parametrize(
    ("text", "first", "end"),
    [
        ("2026", "2026-01-01", "2027-01-01"),
        ("2026-12", "2026-12-01", "2027-01-01"),
        ("2026-02-28", "2026-02-28", "2026-03-01"),
        ("2026-02-28T23", "2026-02-28T23:00", "2026-03-01"),
        ("2026-02-28 23:59", "2026-02-28T23:59", "2026-03-01"),
        ("2026-02-28T23:59:59Z", "2026-02-28T23:59:59", "2026-03-01"),
    ],
)
def test_a_text_names_a_stretch_of_time(text: str, first: str, end: str) -> None:
    assert span(text) == (datetime.fromisoformat(first), datetime.fromisoformat(end))


@pytest.mark.parametrize("text", ["", "26", "2026-13", "2026-02-30", "yesterday", "2026-02-03+01"])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no moment"):
        parse(text)


@given(moments, lengths)
def test_what_is_shown_names_the_interval(moment: datetime, every: Every) -> None:
    start = floor(moment.replace(year=max(moment.year, 1001), day=1), every)
    assert parse(shown(start, every)) == start


def test_the_calendar_ends() -> None:
    with pytest.raises(OverflowError):
        after(datetime(9999, 12, 1), "month")
    assert before(datetime(1, 1, 1), "day", 3) == datetime(1, 1, 1)
