"""The decorator and the check functions of a Python file."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from andon.errors import ProjectInvalid
from andon.spec.check import NO_TOLERANCE, Check, NotNull, Tolerance
from andon.spec.declare import (
    ATTRIBUTE,
    accepted,
    asset,
    freshness,
    in_range,
    not_null,
    relationship,
    row_count,
    sql_file,
    unique,
)


def test_a_decorated_function_stays_the_plain_function() -> None:
    def double(value: int) -> int:
        return 2 * value

    declared = asset(inputs={"value": "a.b"}, owner="growth")(double)

    assert declared is double
    assert declared(2) == 4
    assert dict(getattr(declared, ATTRIBUTE).options)["owner"] == "growth"


def test_not_null_gives_one_check_per_column() -> None:
    assert not_null("a", "b", tolerance="1%") == (
        NotNull(column="a", tolerance=Tolerance(share=0.01)),
        NotNull(column="b", tolerance=Tolerance(share=0.01)),
    )


def test_no_tolerance_has_one_form() -> None:
    assert unique("a", tolerance=0) == unique("a")
    assert unique("a").tolerance is NO_TOLERANCE


def test_a_range_that_holds_nothing_is_refused() -> None:
    with pytest.raises(ProjectInvalid, match="PRJ029"):
        in_range("a", 2, 1)


def test_a_range_without_bounds_is_refused() -> None:
    with pytest.raises(ProjectInvalid, match="PRJ029"):
        in_range("a")


def test_a_column_named_twice_is_refused() -> None:
    with pytest.raises(ProjectInvalid, match="PRJ029"):
        unique("a", "a")


def test_accepted_without_values_is_refused() -> None:
    with pytest.raises(ProjectInvalid, match="PRJ029"):
        accepted("a", [])


def test_a_relationship_needs_as_many_keys_as_columns() -> None:
    with pytest.raises(ProjectInvalid, match="PRJ029"):
        relationship(["a", "b"], "s.t", keys=["x"])


@pytest.mark.parametrize(
    "make",
    [
        partial(row_count, min=1),
        partial(freshness, "ts", "1h"),
        partial(sql_file, "checks/a.sql"),
    ],
)
def test_quarantine_is_refused_where_no_row_fails(make: Callable[..., Check]) -> None:
    with pytest.raises(ProjectInvalid, match="PRJ013"):
        make(on_fail="quarantine")
