"""Restriction of inputs to slices: conditions that files can be skipped by, and null-safe keys."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from andon.intervals import Interval
from andon.schema import Column, Schema
from andon.sql.restrict import Keys, Outside, belonging, restricted
from andon.sql.slices import SlicedInput

DAY = Interval(datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 2, tzinfo=UTC))
HOUR = Interval(datetime(2024, 1, 1, 7, tzinfo=UTC), datetime(2024, 1, 1, 8, tzinfo=UTC))


@pytest.mark.parametrize(
    ("type_", "first", "last"),
    [
        ("DATE", "'2024-01-01'::DATE", "'2024-01-02'::DATE"),
        ("TIMESTAMP", "'2024-01-01 00:00:00'::TIMESTAMP", "'2024-01-02 00:00:00'::TIMESTAMP"),
        (
            "TIMESTAMP WITH TIME ZONE",
            "'2024-01-01 00:00:00+00:00'::TIMESTAMPTZ",
            "'2024-01-02 00:00:00+00:00'::TIMESTAMPTZ",
        ),
    ],
)
def test_bounds_are_of_the_columns_own_type(type_: str, first: str, last: str) -> None:
    found = belonging(["day"], [type_], DAY)
    assert found == f'part_rows."day" >= {first} and part_rows."day" < {last}'


def test_a_date_in_an_hour_is_compared_as_a_moment() -> None:
    assert "'2024-01-01 07:00:00'::TIMESTAMP" in belonging(["day"], ["DATE"], HOUR)


def test_what_lies_in_no_interval_is_null_or_beyond_the_calendar() -> None:
    found = belonging(["day"], ["DATE"], Outside("month"))
    assert found == (
        """(part_rows."day" >= '0001-01-01'::DATE and part_rows."day" < '9999-12-01'::DATE)"""
        " is not true"
    )


def test_keys_are_compared_with_null_as_a_value() -> None:
    part = Keys(table="(select 1 as a, 2 as b)", columns=("a", "b"))
    assert belonging(["x", 'y"'], ["INTEGER", "INTEGER"], part) == (
        "exists (select 1 from (select 1 as a, 2 as b) as part_keys where"
        ' part_rows."x" is not distinct from part_keys."a"'
        ' and part_rows."y""" is not distinct from part_keys."b")'
    )


def test_only_inputs_that_are_read_by_slices_are_restricted() -> None:
    columns_of = {"a": Schema((Column(name="Day", type="DATE"),))}
    found = restricted(
        {"a": "(from x)", "b": "(from y)"},
        [SlicedInput(name="a", columns=("day",))],
        DAY,
        columns_of,
    )
    assert found["b"] == "(from y)"
    assert found["a"].startswith("(select * from (from x) as part_rows where part_rows.")


def test_a_type_without_intervals_is_refused() -> None:
    with pytest.raises(ValueError, match="a column of type VARCHAR has no intervals"):
        belonging(["day"], ["VARCHAR"], DAY)


def test_as_many_columns_are_asked_for_as_tell_the_slice() -> None:
    with pytest.raises(ValueError, match="2 columns tell the slice, not 1"):
        belonging(["a"], ["INTEGER"], Keys(table="(t)", columns=("a", "b")))
