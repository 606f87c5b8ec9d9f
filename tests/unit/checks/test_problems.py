from __future__ import annotations

import pytest

from andon.checks.plan import Reference
from andon.checks.problems import problems_of
from andon.errors import Problem, Where
from andon.schema import Column, Schema
from andon.spec.check import (
    Accepted,
    Check,
    Expect,
    Freshness,
    NotNull,
    Pattern,
    Range,
    Relationship,
    RowCount,
    SqlCheck,
    Unique,
)


def schema(**columns: str) -> Schema:
    return Schema(tuple(Column(name=name, type=type_) for name, type_ in columns.items()))


OWN = schema(customer_id="INTEGER", email="VARCHAR", day="DATE", tier="ENUM('a', 'b')")
REFERENCES = {"raw.o": Reference(relation="(select 1)", schema=schema(id="BIGINT", code="VARCHAR"))}


def found(*checks: Check, own: Schema = OWN) -> tuple[Problem, ...]:
    return problems_of(checks, asset="raw.t", schema=own, references=REFERENCES)


def test_all_problems_are_told_at_once_with_their_places() -> None:
    where = Where(path="assets/raw/t.sql", line=3)
    problems = found(
        NotNull(column="custmer_id", where=where), NotNull(column="x"), RowCount(min=1)
    )
    assert [problem.code for problem in problems] == ["CHK001", "CHK001"]
    assert problems[0].where == where
    assert "`customer_id` (closest known name)" in problems[0].fix


def test_names_are_compared_without_case() -> None:
    assert found(NotNull(column="EMAIL"), Unique(columns=("Customer_ID", "email"))) == ()


@pytest.mark.parametrize(
    ("check", "code"),
    [
        (Unique(columns=("customer_id",), keep_first_by=("dya desc",)), "CHK001"),
        (Pattern(column="customer_id", regex="1"), "CHK002"),
        (Freshness(column="email", max_age_s=1), "CHK002"),
        (Relationship(columns=("email",), to_asset="raw.o", to_columns=("id",)), "CHK002"),
        (Relationship(columns=("email",), to_asset="raw.o", to_columns=("cod",)), "CHK001"),
        (Relationship(columns=("email", "day"), to_asset="raw.o", to_columns=("code",)), "CHK001"),
        (Accepted(column="customer_id", values=(1, "x", None)), "CHK003"),
        (Accepted(column="tier", values=("c",)), "CHK003"),
        (Range(column="day", max="2026-13-01"), "CHK003"),
        (Range(column="customer_id", min="low"), "CHK003"),
        (Pattern(column="email", regex="(?=a)b"), "CHK004"),
        (Pattern(column="email", regex="a)|(b"), "CHK004"),
        (Pattern(column="email", regex="[a-"), "CHK004"),
        (Relationship(columns=("email",), to_asset="raw.x", to_columns=("id",)), "CHK005"),
        (SqlCheck(path="checks/a.sql", sql="", reads=("raw.x",)), "CHK005"),
        (RowCount(min=1, on_fail="quarantine"), "CHK006"),
    ],
)  # fmt: skip
def test_a_check_that_cannot_be_judged_is_refused(check: Check, code: str) -> None:
    assert [problem.code for problem in found(check)] == [code]


@pytest.mark.parametrize(
    "check",
    [
        Range(column="customer_id", min=0.5, max=10**30),
        Pattern(column="tier", regex="[ab]"),
        Pattern(column="email", regex=r"\pL+\z|\Q(\E"),
        Relationship(columns=("customer_id",), to_asset="raw.o", to_columns=("id",)),
        Relationship(columns=("tier",), to_asset="raw.o", to_columns=("CODE",)),
        Expect(condition="day <= today()"),
        Freshness(column="day", max_age_s=1),
    ],
)
def test_a_check_that_suits_its_columns_has_no_problem(check: Check) -> None:
    assert found(check) == ()


def test_a_relationship_of_an_asset_to_itself_cannot_quarantine() -> None:
    check = Relationship(
        columns=("email",), to_asset="raw.t", to_columns=("email",), on_fail="quarantine"
    )
    assert [problem.code for problem in found(check)] == ["CHK006"]


def test_the_column_of_reasons_is_taken_by_quarantine() -> None:
    own = schema(_reasons="VARCHAR")
    assert found(NotNull(column="_reasons"), own=own) == ()
    assert found(NotNull(column="_reasons", on_fail="quarantine"), own=own)[0].code == "CHK006"
