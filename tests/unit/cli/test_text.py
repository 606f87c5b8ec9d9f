from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from andon.cli import text


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, "0 rows"),
        (1, "1 row"),
        (99_999, "99,999 rows"),
        (100_000, "100 k rows"),
        (999_499, "999 k rows"),
        (999_500, "1.0 M rows"),
        (1_234_567, "1.2 M rows"),
        (9_949_999, "9.9 M rows"),
        (9_950_000, "10 M rows"),
        (2_500_000_000, "2.5 G rows"),
    ],
)
def test_rows_are_short_and_never_jump_backwards(count: int, expected: str) -> None:
    assert text.rows(count) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (1000, 1004, "+0.4 %"),
        (1000, 996, "-0.4 %"),
        (None, 4, ""),
        (4, 4, ""),
        (0, 4, "from 0"),
        (4, 0, "-100.0 %"),
        (1_000_000, 1_000_001, "+1"),
        (10, 1000, "x 100"),
    ],
)
def test_a_change_is_in_percent_unless_that_says_nothing(
    before: int | None, after: int, expected: str
) -> None:
    assert text.change(before, after) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.0, "0 ms"),
        (0.0994, "99 ms"),
        (0.0996, "0.1 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 0 s"),
        (3599.6, "1 h 0 min"),
        (7260, "2 h 1 min"),
    ],
)
def test_a_duration_keeps_its_unit_at_the_edges(seconds: float, expected: str) -> None:
    assert text.duration(seconds) == expected


def test_a_size_is_in_powers_of_1024() -> None:
    assert [text.size(n) for n in (0, 1, 1023, 1024, 1 << 40)] == [
        "0 bytes",
        "1 byte",
        "1023 bytes",
        "1.0 KB",
        "1.0 TB",
    ]


def test_times_are_told_in_utc() -> None:
    at = datetime(2026, 7, 1, 14, 0, tzinfo=timezone(timedelta(hours=2)))
    assert text.stamp(at) == "2026-07-01T12:00:00Z"
    assert text.iso(at) == "2026-07-01T12:00:00Z"
    assert text.iso(datetime(2026, 7, 1, 14, 0, 0, 5)) == "2026-07-01T14:00:00.000005"  # noqa: DTZ001 a value without zone stays so


def test_values_of_data_are_one_harmless_line() -> None:
    assert text.cell("a\x1b[31m\nb\u202e") == "a\\x1b[31m\\nb\\u202e"
    assert [text.cell(v) for v in (None, True, Decimal("1.50"), date(2026, 1, 2), b"\xff")] == [
        "null",
        "true",
        "1.50",
        "2026-01-02",
        "\\xff",
    ]


def test_wide_characters_count_two_columns() -> None:
    assert text.width("日本") == 4
    assert text.cut("日本語", 5) == "日本…"
    assert text.width(text.cut("日本語", 4)) <= 4


def test_a_long_list_of_names_ends_with_how_many_more() -> None:
    assert text.listed(["a", "b", "c"], 2) == "a, b and 1 more"
