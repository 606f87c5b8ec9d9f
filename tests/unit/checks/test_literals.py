from __future__ import annotations

import pytest

from andon.checks.literals import Bounds, bounds, cast_to, family_of, fits, is_comparable


@pytest.mark.parametrize(
    ("value", "type_"),
    [
        (1, "TINYINT"), ("7", "INTEGER"), (2**127 - 1, "HUGEINT"), (1.0, "INTEGER"), (0.1, "DECIMAL(4,2)"),
        (float("nan"), "DOUBLE"), (float("inf"), "FLOAT"), (True, "BOOLEAN"), ("false", "BOOLEAN"),
        (12, "VARCHAR"), ("2024-02-29", "DATE"), ("infinity", "DATE"), ("2026-01-31", "TIMESTAMP"),
        ("2026-01-31 10:00:00.123456+01:00", "TIMESTAMP WITH TIME ZONE"), ("it's", "ENUM('a', 'it''s')"),
        ("anything", "INTERVAL"), ("[1]", "INTEGER[]"),
    ],
)  # fmt: skip
def test_a_value_of_the_type_fits(value: str | float, type_: str) -> None:
    assert fits(value, type_)
    assert is_comparable(value, type_) or str(value) == "nan"


@pytest.mark.parametrize(
    ("value", "type_"),
    [
        (128, "TINYINT"), (-1, "UINTEGER"), (0.5, "INTEGER"), ("x", "INTEGER"), (True, "INTEGER"),
        (float("nan"), "INTEGER"), (float("inf"), "DECIMAL(4,2)"), ("0.001", "DECIMAL(4,2)"),
        (100, "DECIMAL(4,2)"), ("sNaN", "DOUBLE"), ("1e400", "DOUBLE"), ("1e39", "FLOAT"), ("x", "DOUBLE"),
        ("yes", "BOOLEAN"), ("2026-02-30", "DATE"), ("20260101", "DATE"), ("2026-01-01 10:00", "DATE"),
        (20260101, "DATE"), ("tomorrow", "TIMESTAMP"), ("A", "ENUM('a')"), ("1", "UUID"), ("1e-400", "INTEGER"),
    ],
)  # fmt: skip
def test_a_value_that_could_never_occur_does_not_fit(value: str | float, type_: str) -> None:
    assert not fits(value, type_)


def test_a_bound_may_be_finer_and_wider_than_the_type() -> None:
    assert bounds(0.5, 2.5, "INTEGER") == Bounds("cast('1' as INTEGER)", "cast('2' as INTEGER)")
    assert bounds(-1000, 1000, "TINYINT") == Bounds(None, None)
    assert bounds("0.001", None, "DECIMAL(4,2)") == Bounds("cast('0.01' as DECIMAL(4,2))", None)


@pytest.mark.parametrize(
    ("low", "high"), [(1000, None), (None, -1000), (float("inf"), None), ("1e999", None)]
)
def test_bounds_beyond_the_type_leave_no_value(low: str | float | None, high: float | None) -> None:
    assert bounds(low, high, "TINYINT").is_empty


def test_nan_is_no_bound() -> None:
    assert not is_comparable(float("nan"), "DOUBLE")
    assert not is_comparable("nan", "INTEGER")


def test_a_number_is_cast_without_exponent_and_text_as_it_is() -> None:
    assert cast_to("1e3", "INTEGER") == "cast('1000' as INTEGER)"
    assert cast_to("1e3", "VARCHAR") == "cast('1e3' as VARCHAR)"
    assert cast_to(True, "BOOLEAN") == "cast('true' as BOOLEAN)"


@pytest.mark.parametrize(
    "type_", ["INTEGER[]", "ENUM('a')[]", "TIMESTAMP[]", "STRUCT(a INTEGER)", "TIME"]
)
def test_nested_types_belong_to_no_family(type_: str) -> None:
    assert family_of(type_) == "other"
