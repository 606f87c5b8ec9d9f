from __future__ import annotations

from datetime import UTC, datetime

import pytest

from andon.checks.ask import ask
from andon.checks.plan import AuditPlan, Reference, plan
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

SCHEMA = Schema(
    (
        Column(name="id", type="INTEGER"),
        Column(name="s", type="VARCHAR"),
        Column(name="f", type="DOUBLE"),
        Column(name="at", type="TIMESTAMP"),
    )
)
OTHER = Relationship(columns=("id",), to_asset="raw.o", to_columns=("id",))


def planned(
    *checks: Check, rows: int | None = None, digest: tuple[str, str] | None = None
) -> AuditPlan:
    return plan(
        checks,
        asset="raw.t",
        schema=SCHEMA,
        relation="(select * from stored)",
        references={"raw.o": Reference(relation="(select * from other)", schema=SCHEMA)},
        digest=digest,
        logical_time=datetime(2026, 1, 1, tzinfo=UTC),
        rows=rows,
    )


def test_all_that_one_row_decides_shares_one_scan_with_the_digest() -> None:
    made = planned(
        NotNull(column="id"),
        Accepted(column="s", values=("a",)),
        Range(column="id", min=1),
        Pattern(column="s", regex="a"),
        Expect(condition="id > f"),
        RowCount(min=1),
        Freshness(column="at", max_age_s=60),
        digest=("sum(1)", "sum(2)"),
    )
    assert len(made.queries) == 1
    assert made.queries[0].startswith("select count(*), sum(1), sum(2), ")
    assert made.digest == (1, 2)


def test_equal_figures_are_asked_for_once() -> None:
    made = planned(NotNull(column="at"), Freshness(column="at", max_age_s=1), NotNull(column="at"))
    assert made.queries[0].count('count("at")') == 1


def test_a_key_has_a_statement_of_its_own_unless_the_table_is_small() -> None:
    assert len(planned(NotNull(column="id"), Unique(columns=("id",))).queries) == 2
    assert len(planned(Unique(columns=("id",)), Unique(columns=("id", "s")), OTHER).queries) == 4
    assert (
        len(planned(Unique(columns=("id",)), Unique(columns=("id", "s")), OTHER, rows=9).queries)
        == 1
    )


@pytest.mark.parametrize(("column", "statements"), [("id", 1), ("s", 1), ("at", 1), ("f", 2)])
def test_keys_are_brought_back_only_where_their_values_compare_alike(
    column: str, statements: int
) -> None:
    assert len(planned(Unique(columns=(column,)), rows=9).queries) == statements


def test_the_same_key_is_counted_once() -> None:
    checks = (Unique(columns=("id",)), Unique(columns=("id",), on_fail="warn"))
    assert len(planned(*checks).queries) == 2


def test_without_checks_the_rows_are_counted() -> None:
    made = planned()
    assert made.queries == ('select count(*) from (select * from stored) as "t"',)


def test_a_reference_that_is_missing_is_a_fault_of_the_caller() -> None:
    with pytest.raises(KeyError, match=r"raw\.x"):
        planned(Relationship(columns=("id",), to_asset="raw.x", to_columns=("id",)))


def test_a_check_file_that_was_not_read_is_a_fault_of_the_caller() -> None:
    with pytest.raises(ValueError, match=r"checks/a\.sql"):
        planned(SqlCheck(path="checks/a.sql", sql="select 1", reads=()))


def test_plans_are_equal_for_equal_checks() -> None:
    assert planned(NotNull(column="id"), OTHER) == planned(NotNull(column="id"), OTHER)


def test_a_large_key_is_screened_before_it_is_counted() -> None:
    made = planned(Unique(columns=("id", "s")))
    assert [place for place, _ in made.screens] == [1]
    assert ask(made, lambda query: [(0,)] if "hash_" in query else [(9,)]) == [[(9,)], [(0,)]]


def test_a_screen_that_finds_something_leaves_the_word_to_the_count() -> None:
    made = planned(Unique(columns=("id",)))
    assert ask(made, lambda query: [(3,)] if "hash_" in query else [(2,)]) == [[(2,)], [(2,)]]


def test_a_key_whose_equal_values_may_hash_apart_is_not_screened() -> None:
    assert planned(Unique(columns=("f",))).screens == ()
