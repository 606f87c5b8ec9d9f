"""Cursors as text: the same in every run and every database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from andon.acquisition.cursors.ask import Ask, names_of, statement
from andon.acquisition.cursors.cursor import (
    CursorKind,
    Position,
    decode,
    encode,
    minus,
    text_of,
    value_of,
)

MOMENT = datetime(2026, 3, 29, 1, 30, tzinfo=timezone(timedelta(hours=2)))
VALUES: list[tuple[CursorKind, Any, str]] = [
    ("integer", -5, "-5"),
    ("decimal", Decimal("1.50"), "1.50"),
    ("decimal", Decimal("1E+3"), "1000"),
    ("date", date(2026, 1, 2), "2026-01-02"),
    ("timestamp", datetime.fromisoformat("2026-01-02 03:00"), "2026-01-02T03:00:00.000000"),
    ("timestamptz", MOMENT, "2026-03-28T23:30:00.000000+00:00"),
    ("text", "b", "b"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "value", "text"), VALUES)
def test_a_value_is_its_canonical_text_and_back(kind: CursorKind, value: Any, text: str) -> None:
    assert text_of(kind, value) == text
    assert value_of(kind, text) == value


def test_a_position_survives_its_json() -> None:
    position = Position(column='a"b', kind="timestamptz", value=text_of("timestamptz", MOMENT))
    assert decode(encode(position)) == position
    assert decode("") is None


@pytest.mark.parametrize(
    ("kind", "text", "lag", "wanted"),
    [
        ("integer", "100", 2.5, "97"),
        ("decimal", "1.50", 0.25, "1.25"),
        ("date", "2026-03-01", 1.0, "2026-02-28"),
        ("timestamp", "2026-03-01T00:00:00.000000", 1.0, "2026-02-28T23:59:59.000000"),
        ("text", "b", 5.0, "b"),
        ("integer", "100", None, "100"),
    ],
)
def test_a_lag_is_taken_off_in_the_unit_of_the_cursor(
    kind: CursorKind, text: str, lag: float | None, wanted: str
) -> None:
    assert minus(kind, text, lag) == wanted


def test_a_lag_before_all_time_is_the_first_moment() -> None:
    early = text_of("timestamptz", datetime(1, 1, 2, tzinfo=UTC))
    assert minus("timestamptz", early, 1e9) == "0001-01-01T00:00:00.000000+00:00"
    assert minus("date", "0001-01-02", 1e9) == "0001-01-01"


def test_a_number_that_is_not_exact_is_no_cursor() -> None:
    with pytest.raises(ValueError, match="float"):
        text_of("decimal", 1.5)


def test_a_name_is_split_at_its_dots_but_not_in_quotes() -> None:
    assert names_of('a."b.c".d') == ("a", "b.c", "d")


def test_no_value_stands_in_a_statement() -> None:
    ask = Ask(
        relation=("public", "t"), cursor="at", kind="text", since="'; drop table t", order=("at",),
        limit=5,
    )  # fmt: skip
    text = statement(ask, ["*"], lambda name: f"[{name}]", ["?"])
    assert text == "select * from [public].[t] where [at] >= ? order by [at] limit 5"


def test_a_query_is_asked_as_a_table() -> None:
    ask = Ask(query="select 1 as a;", cursor="a", only="nulls", limit=1)
    text = statement(ask, ["a"], lambda name: name, [])
    assert text.split() == (
        "select a from ( select 1 as a ) as andon_asked where a is null limit 1".split()
    )
