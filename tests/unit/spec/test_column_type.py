"""Types that may be declared."""

from __future__ import annotations

import pytest

from andon.spec.column_type import is_column_type


@pytest.mark.parametrize(
    "text",
    [
        "INTEGER",
        "decimal(18, 2)",
        "varchar[]",
        "DOUBLE PRECISION",
        "TIMESTAMP WITH TIME ZONE",
        "STRUCT(a INTEGER, b VARCHAR[])",
        "MAP(VARCHAR, INTEGER)",
        "ENUM('a', 'it''s')",
        "INTEGER[3]",
    ],
)
def test_a_type_of_the_engine_is_accepted(text: str) -> None:
    assert is_column_type(text)


@pytest.mark.parametrize(
    "text",
    ["INTEGR", "", "INTEGER)", "INTEGER; drop table x", "STRUCT", "STRUCT(a) from t (b)", "int--"],
)
def test_what_is_no_type_is_refused(text: str) -> None:
    assert not is_column_type(text)
