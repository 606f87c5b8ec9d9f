"""How values and records are written is declared where it cannot be told from the file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest

from andon.errors import TaskFailed
from andon.spec.check import Tolerance
from andon.spec.policy import SchemaPolicy
from andon.spec.source import CsvDialect
from tests.sourcing import Project, project, table

LOOSE = Tolerance(share=0.5)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Project]:
    with project(tmp_path) as made:
        yield made


def test_numbers_with_a_decimal_comma_and_grouped_digits_are_numbers(shop: Project) -> None:
    shop.put("a.csv", b"id;price\n1;1,5\n2;1.234.567,25\n3;-7\n")
    orders = table("a.csv", dialect=CsvDialect(decimal=","))
    assert [row[:2] for row in shop.read(orders)] == [(1, 1.5), (2, 1234567.25), (3, -7.0)]


def test_a_declared_point_lets_commas_group_digits(shop: Project) -> None:
    shop.put("a.csv", b'id,price\n1,"1,234.50"\n2,7\n')
    orders = table("a.csv", dialect=CsvDialect(decimal="."))
    assert [row[:2] for row in shop.read(orders)] == [(1, 1234.5), (2, 7.0)]


def test_without_a_declaration_a_comma_makes_text(shop: Project) -> None:
    shop.put("a.csv", b"id;price\n1;1,5\n")
    assert shop.read(table("a.csv"))[0][:2] == (1, "1,5")


def test_a_number_in_the_other_notation_is_none(shop: Project) -> None:
    shop.put("a.csv", b"id;price\n1;1,5\n2;2.5\n")
    loose = table("a.csv", dialect=CsvDialect(decimal=","))
    assert [row[:2] for row in shop.read(loose)] == [(1, "1,5"), (2, "2.5")]
    declared = table(
        "a.csv", dialect=CsvDialect(decimal=","), columns=(("price", "DOUBLE"),), limit=LOOSE
    )
    assert [row[:2] for row in shop.read(declared)] == [(1, 1.5)]


def test_a_declared_decimal_keeps_its_digits(shop: Project) -> None:
    shop.put("a.csv", b"id;price\n1;12.345.678.901.234,56\n")
    orders = table("a.csv", dialect=CsvDialect(decimal=","), columns=(("price", "DECIMAL(18, 2)"),))
    assert str(shop.read(orders)[0][1]) == "12345678901234.56"


def test_dates_in_declared_patterns_are_dates_beside_iso_ones(shop: Project) -> None:
    shop.put("a.csv", b"id,day\n1,31.12.2025\n2,2026-01-02\n")
    orders = table("a.csv", dialect=CsvDialect(dates=("%d.%m.%Y",)))
    assert [row[:2] for row in shop.read(orders)] == [
        (1, date(2025, 12, 31)),
        (2, date(2026, 1, 2)),
    ]


def test_the_first_pattern_that_fits_counts_and_times_make_timestamps(shop: Project) -> None:
    shop.put("a.csv", b"id,at\n1,12/31/2025 08:30\n2,01/02/2026 23:59\n")
    orders = table("a.csv", dialect=CsvDialect(dates=("%m/%d/%Y %H:%M",)))
    assert [row[1] for row in shop.read(orders)] == [
        datetime.fromisoformat("2025-12-31 08:30"),
        datetime.fromisoformat("2026-01-02 23:59"),
    ]


def test_a_day_that_there_is_not_stays_text_and_does_not_fit_a_date(shop: Project) -> None:
    shop.put("a.csv", b"id,day\n1,31.12.2025\n2,31.02.2025\n")
    dialect = CsvDialect(dates=("%d.%m.%Y",))
    assert shop.read(table("a.csv", dialect=dialect))[1][1] == "31.02.2025"
    declared = table("a.csv", dialect=dialect, columns=(("day", "DATE"),), limit=LOOSE)
    assert [row[:2] for row in shop.read(declared)] == [(1, date(2025, 12, 31))]


def test_a_policy_holds_values_to_types_in_their_own_notation(shop: Project) -> None:
    shop.put("a.csv", b"id;price\n1;1,5\n2;many\n")
    orders = table(
        "a.csv",
        dialect=CsvDialect(decimal=","),
        columns=(("id", "BIGINT"), ("price", "DOUBLE")),
        schema_policy=SchemaPolicy(types="discard-value"),
    )
    assert [row[:2] for row in shop.read(orders)] == [(1, 1.5), (2, None)]


def test_an_escape_takes_the_meaning_from_the_sign_behind_it(shop: Project) -> None:
    shop.put("a.csv", b'id,note\n1,"a \\"b\\", c"\n2,d\\,e\n3,\\N\n4,"two\nlines \\\\"\n')
    notes = table("a.csv", dialect=CsvDialect(escape="\\", nulls=("\\N",)))
    assert [row[:2] for row in shop.read(notes)] == [
        (1, 'a "b", c'),
        (2, "d,e"),
        (3, None),
        (4, "two\nlines \\"),
    ]


def test_a_quote_that_is_never_closed_is_set_aside_beside_an_escape(shop: Project) -> None:
    shop.put("a.csv", b'id,note\n1,"a\\"\n2,b\n')
    notes = table("a.csv", dialect=CsvDialect(escape="\\"), limit=LOOSE)
    assert [row[:2] for row in shop.read(notes)] == [(2, "b")]


def test_comments_are_no_records_wherever_they_stand_and_whatever_is_in_them(
    shop: Project,
) -> None:
    shop.put("a.csv", b'# made, by, "x\nid,note\n1,a\n# it\'s "open\n2,b\n#\n3,#c\n')
    notes = table("a.csv", dialect=CsvDialect(comment="#"))
    assert [(*row[:2], row[-1]) for row in shop.read(notes)] == [
        (1, "a", 1),
        (2, "b", 2),
        (3, "#c", 3),
    ]


def test_a_comment_between_rows_makes_no_further_table(shop: Project) -> None:
    shop.put("a.csv", b"kind,note\nx,1\ny,2\n# then\nz,w\nu,3\n")
    assert len(shop.read(table("a.csv", dialect=CsvDialect(comment="#")))) == 4


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"1,ann,20.5\n2,bob,21.5\n", id="numbers"),
        pytest.param(b"ann,2026-01-01\nbob,2026-01-02\n", id="dates above dates"),
        pytest.param(b"2019,DE,5\n2020,FR,6\n", id="a year and a quantity"),
        pytest.param(b"ann,-3\n", id="a quantity alone"),
    ],
)
def test_a_first_line_that_may_be_a_row_is_not_taken_for_names(
    shop: Project, content: bytes
) -> None:
    shop.put("a.csv", content)
    with pytest.raises(TaskFailed) as caught:
        shop.read(table("a.csv"))
    assert caught.value.problems[0].code == "SRC006"
    rows = shop.read(table("a.csv", dialect=CsvDialect(header=False)))
    assert len(rows) == content.count(b"\n")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"country,2019,2020\nDE,5,6\nFR,7,8\n", id="years"),
        pytest.param(b"item,2026-01,2026-02\nx,5,6\n", id="months"),
        pytest.param(b"item,1,2,3,4\nx,5,6,7,8\n", id="numbers that count on"),
        pytest.param(b",a,b\n0,x,y\n", id="a first column without a name"),
    ],
)
def test_periods_and_counted_columns_are_names(shop: Project, content: bytes) -> None:
    shop.put("a.csv", content)
    assert len(shop.read(table("a.csv"))) == content.count(b"\n") - 1
