"""Macros, conditions and literals."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from andon.errors import ProjectInvalid
from andon.sql.condition import check_condition
from andon.sql.macros import read_macros
from andon.sql.quote import identifier, literal, qualified


def test_a_file_holds_several_macros() -> None:
    text = (
        "create macro F(a) as a + 1; -- x\ncreate or replace macro g(x) as table select f(x) as y;"
    )
    first, second = read_macros(text, "macros/m.sql")
    assert (first.name, second.name) == ("f", "g")
    assert second.calls == ("f",)
    assert second.sql == "create or replace macro g(x) as table select f(x) as y"


def test_case_of_keywords_does_not_change_a_macro() -> None:
    (one,) = read_macros("create macro f(a) as case when a then 1 end", "m.sql")
    (two,) = read_macros("CREATE OR REPLACE MACRO F(a) as CASE WHEN a THEN 1 END;", "m.sql")
    assert one.canonical == two.canonical


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("select 1", "SQL030"),
        ("create table x(a int)", "SQL030"),
        ("create macro f() as table select * from staging.t", "SQL031"),
        ("create macro f(x) as (select max(y) from t)", "SQL031"),
        ("create macro f() as now()", "SQL032"),
        ("create macro f(a) as a; create macro F(b) as b", "SQL033"),
        ("create macro f() as table from read_csv('x')", "SQL003"),
        ("create macro f() as random()", "SQL004"),
    ],
)
def test_a_macro_hides_nothing(text: str, code: str) -> None:
    with pytest.raises(ProjectInvalid) as caught:
        read_macros(text, "macros/m.sql")
    assert caught.value.code == code


@pytest.mark.parametrize(
    "text",
    [
        "a > 1",
        "a",
        "not a",
        "x is null or length(x) > 3",
        "a like 'x;--%'",
        "a in (1, 2)",
        "case when a then b else c end",
        "now() > ts",
        "regexp_matches(a, '^(')",
        "true",
    ],
)
def test_a_condition_on_one_row_is_taken(text: str) -> None:
    assert check_condition(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a > 1 -- x",
        "a /* x",
        "a; drop table t",
        "a) or (b",
        "(a",
        "'x'",
        "1",
        "a + 1",
        "a, b",
        "*",
        "a as b",
        "sum(a) > 1",
        "row_number() over () = 1",
        "a in (select 1)",
        "exists(from t)",
        "random() < 1",
        "a >",
        "a <> '",
    ],
)
def test_what_is_no_condition_is_refused_with_a_reason(text: str) -> None:
    assert check_condition(text)


def test_names_and_values_are_quoted() -> None:
    assert identifier('a"b') == '"a""b"'
    assert qualified("a.b") == '"a"."b"'
    assert literal("it's") == "'it''s'"
    assert literal(True) == "TRUE"
    assert literal(-3) == "(-3)"
    assert literal(float("nan")) == "'nan'::DOUBLE"
    assert literal(date(2026, 1, 2)) == "'2026-01-02'::DATE"
    assert literal(datetime(2026, 1, 2, tzinfo=UTC)) == "'2026-01-02 00:00:00+00:00'::TIMESTAMPTZ"
