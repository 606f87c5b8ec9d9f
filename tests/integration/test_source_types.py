"""Types of text columns: every value is looked at, and a number is what gives its text back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from andon.spec.source import CsvDialect
from tests.sourcing import Project, project, table, types


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    with project(tmp_path_factory.mktemp("shop")) as made:
        yield made


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ("1 -2 0", "BIGINT"),
        ("9223372036854775807", "BIGINT"),
        ("9223372036854775808", "VARCHAR"),
        ("00501 12345", "VARCHAR"),
        ("+5", "VARCHAR"),
        ("1_000", "VARCHAR"),
        ("0x10", "VARCHAR"),
        ("1.5 2", "DOUBLE"),
        ("-0.5 .5 1e-05", "DOUBLE"),
        ("1.5 1e3", "DOUBLE"),
        ("12e4 1234", "VARCHAR"),
        ("1.5 12345678901234567", "VARCHAR"),
        ("01.5", "VARCHAR"),
        ("inf 1.5", "VARCHAR"),
        ("true FALSE", "BOOLEAN"),
        ("t f", "VARCHAR"),
        ("1 true", "VARCHAR"),
        ("2026-01-02", "DATE"),
        ("2026-02-30", "VARCHAR"),
        ("2026-1-2", "VARCHAR"),
        ("01/02/2026", "VARCHAR"),
        ("2026-01-02 2026-01-02T10:00", "TIMESTAMP"),
        ("2026-01-02T10:00:00.123456", "TIMESTAMP"),
        ("2026-01-02T10:00:00.123456789", "VARCHAR"),
        ("2026-01-02T10:00:00Z 2026-01-02T10:00:00+02:00", "TIMESTAMP WITH TIME ZONE"),
        ("2026-01-02T10:00:00Z 2026-01-02T10:00:00", "VARCHAR"),
        ("NA 1", "BIGINT"),
        ("NA x", "VARCHAR"),
        ("NA", "VARCHAR"),
        ("N/A \\N null #N/A 2026-01-02", "DATE"),
        ("nan 1.5", "DOUBLE"),
    ],
)
def test_the_type_is_the_narrowest_that_gives_every_value_back(
    shop: Project, values: str, kind: str
) -> None:
    shop.deliveries.clear()
    shop.put("a.csv", "\n".join(["v,w", *(f"{value}," for value in values.split())]).encode())
    shop.arrive(table("a.csv"))
    assert types(shop.build(table("a.csv")))["v"] == kind


def test_one_odd_value_far_down_decides(shop: Project) -> None:
    shop.deliveries.clear()
    shop.put("a.csv", b"v\n" + b"1\n" * 300_000 + b"x\n")
    shop.arrive(table("a.csv"))
    raw = shop.build(table("a.csv"))
    assert (types(raw), raw.rows) == ({"v": "VARCHAR"}, 300_001)


def test_null_words_are_null_in_numbers_and_text_in_text(shop: Project) -> None:
    shop.deliveries.clear()
    shop.put("a.csv", b"n,t\nNA,NA\n1,x\n")
    assert [row[:2] for row in shop.read(table("a.csv"))] == [(None, "NA"), (1, "x")]


def test_declared_null_words_are_null_everywhere_and_no_others_are(shop: Project) -> None:
    shop.deliveries.clear()
    shop.put("a.csv", b"n,t,u\n-,-,NA\n1,x,1\n")
    rows = shop.read(table("a.csv", dialect=CsvDialect(nulls=("-",))))
    assert [row[:3] for row in rows] == [(None, None, "NA"), (1, "x", "1")]


def test_a_declared_type_wins(shop: Project) -> None:
    shop.deliveries.clear()
    shop.put("a.csv", b"n,m\n1,NA\n2,2.50\n")
    declared = table("a.csv", columns=(("n", "VARCHAR"), ("m", "DECIMAL(9,2)")))
    shop.arrive(declared)
    raw = shop.build(declared)
    assert types(raw) == {"n": "VARCHAR", "m": "DECIMAL(9,2)"}
    assert [(row[0], str(row[1])) for row in shop.rows(raw)] == [("1", "None"), ("2", "2.50")]
