"""Laws of intervals, for all moments and lengths, and that the engine cuts as they do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andon.intervals import Every, Interval, floor, following, limit, named, parse, runs, starts

EVERY = st.sampled_from(["hour", "day", "week", "month", "year"])
MOMENTS = st.datetimes(timezones=st.just(UTC))
NEAR = st.datetimes(
    min_value=datetime.fromisoformat("2023-11-01"),
    max_value=datetime.fromisoformat("2024-04-01"),
    timezones=st.just(UTC),
)


@given(moment=MOMENTS, every=EVERY)
def test_a_moment_lies_in_its_interval_and_in_no_other(moment: datetime, every: Every) -> None:
    start = floor(moment, every)
    assert start <= moment
    assert floor(start, every) == start
    if start < limit(every):
        assert moment < following(start, every)
        assert floor(following(start, every), every) == following(start, every)


@given(one=MOMENTS, other=MOMENTS, every=EVERY)
def test_intervals_keep_the_order_of_moments(one: datetime, other: datetime, every: Every) -> None:
    first, second = sorted((one, other))
    assert floor(first, every) <= floor(second, every)


@given(moment=MOMENTS)
def test_hours_nest_in_days_and_days_in_all_that_is_longer(moment: datetime) -> None:
    longer: tuple[Every, ...] = ("day", "week", "month", "year")
    for every in longer:
        assert floor(floor(moment, "hour"), every) == floor(moment, every)
        assert floor(floor(moment, "day"), every) == floor(moment, every)
    assert floor(floor(moment, "month"), "year") == floor(moment, "year")


@given(one=NEAR, other=NEAR, every=EVERY)
def test_a_stretch_is_covered_without_gap_or_overlap(
    one: datetime, other: datetime, every: Every
) -> None:
    start, end = sorted((one, other))
    found = list(starts(Interval(start, end), every))
    assert found == sorted(set(found))
    assert all(following(a, every) == b for a, b in pairwise(found))
    if start < end:
        assert found[0] <= start
        assert following(found[-1], every) >= end


@given(moments=st.lists(NEAR, max_size=12), every=EVERY)
def test_runs_hold_the_same_intervals_and_leave_gaps_between_them(
    moments: list[datetime], every: Every
) -> None:
    given_ = {floor(moment, every) for moment in moments}
    found = runs(list(given_), every)
    assert {one for run in found for one in starts(run, every)} == given_
    assert all(one.end < other.start for one, other in pairwise(found))


@given(moment=MOMENTS, every=EVERY)
def test_the_name_of_an_interval_is_read_back(moment: datetime, every: Every) -> None:
    start = floor(moment, every)
    if start < limit(every):
        assert parse(named(start, every)) == Interval(start, following(start, every))


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'; set threads = 1")
        yield connection


def test_the_engine_cuts_where_intervals_do(engine: duckdb.DuckDBPyConnection) -> None:
    @given(moment=MOMENTS, every=EVERY)
    def check(moment: datetime, every: Every) -> None:
        text = moment.isoformat(sep=" ")
        found = engine.execute(
            f"select date_trunc('{every}', ?::timestamptz)::varchar,"
            f" date_trunc('{every}', ?::timestamp)::varchar",
            [text, text.removesuffix("+00:00")],
        ).fetchone()
        start = floor(moment, every).isoformat(sep=" ")
        assert found == (start.replace("+00:00", "+00"), start.removesuffix("+00:00"))

    check()
