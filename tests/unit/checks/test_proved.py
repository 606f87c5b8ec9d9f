"""Which declared checks a query proves."""

from __future__ import annotations

from datetime import UTC, datetime

from andon.checks.judge import judge
from andon.checks.plan import Proved, plan
from andon.checks.proved import proved
from andon.schema import Column, Schema
from andon.spec.check import Check, Expect, NotNull, Tolerance, Unique, identity_of
from andon.sql.proofs import Proof

SCHEMA = Schema(
    (
        Column(name="K", type="INTEGER"),
        Column(name="j", type="VARCHAR"),
        Column(name="every", type="INTERVAL"),
        Column(name="n", type="BIGINT"),
    )
)
NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


def key(*columns: str) -> Proof:
    return Proof(kind="unique", columns=columns, why=f"grouped by {', '.join(columns)}")


COUNTED = Proof(kind="not_null", columns=("n",), why="a count is never null")


def reasons(check: Check, known: Proof, *cast: str) -> tuple[str, ...]:
    declared = [(name, "INTEGER") for name in cast]
    found = proved([check], [known], columns=declared, schema=SCHEMA)
    assert set(found) <= {identity_of(check)}
    return tuple(found.values())


def test_a_key_proves_unique_over_it_and_over_more_columns() -> None:
    assert reasons(Unique(columns=("k",)), key("k")) == ("grouped by k",)
    assert reasons(Unique(columns=("J", "K")), key("k")) == ("grouped by k",)


def test_a_key_proves_nothing_about_fewer_columns() -> None:
    assert reasons(Unique(columns=("k",)), key("k", "j")) == ()


def test_one_row_proves_every_key() -> None:
    assert reasons(Unique(columns=("n",)), key()) == ("grouped by ",)


def test_a_proof_of_one_kind_proves_no_other() -> None:
    assert reasons(NotNull(column="n"), COUNTED) == ("a count is never null",)
    assert reasons(Unique(columns=("n",)), COUNTED) == ()
    assert reasons(NotNull(column="k"), key("k")) == ()
    assert reasons(Expect(condition="n is not null"), COUNTED) == ()


def test_a_declared_type_of_the_key_forbids_the_proof() -> None:
    assert reasons(Unique(columns=("k", "j")), key("k"), "J") == ("grouped by k",)
    assert reasons(Unique(columns=("k", "j")), key("k"), "k") == ()
    assert reasons(NotNull(column="n"), COUNTED, "N") == ()


def test_types_that_may_be_equal_in_another_way_are_looked_at() -> None:
    assert reasons(Unique(columns=("every",)), key("every")) == ()


def test_neither_failure_nor_tolerance_plays_a_part() -> None:
    aside = Unique(columns=("k",), on_fail="quarantine", tolerance=Tolerance(rows=3))
    assert reasons(aside, key("k")) == ("grouped by k",)


def test_a_proved_check_needs_no_statement_and_says_why_it_passes() -> None:
    checks = (Unique(columns=("k",)), NotNull(column="j"))
    made = plan(
        checks,
        asset="m.a",
        schema=SCHEMA,
        relation="(q)",
        references={},
        digest=None,
        logical_time=NOW,
        proved={identity_of(checks[0]): "grouped by k"},
    )
    assert made.queries == ('select count(*), count("j") from (q) as "a"',)
    assert made.measures[0] == Proved("grouped by k")
    result = judge(made, [[(5, 5)]]).results[0]
    assert (result.verdict, result.failing, result.total) == ("pass", 0, 5)
    assert result.observed == "proved by the query: grouped by k"
