"""Plans that look at new rows only, and figures put together over several parts."""

from __future__ import annotations

from datetime import UTC, datetime

from andon.checks.ask import ask
from andon.checks.judge import judge
from andon.checks.plan import AuditPlan, goes_on, plan
from andon.schema import Column, Schema
from andon.spec.check import Check, Expect, Freshness, NotNull, SqlCheck, Unique

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
SCHEMA = Schema((Column(name="id", type="BIGINT"), Column(name="at", type="TIMESTAMP")))


def planned(*checks: Check, parts: tuple[str, ...], kept: int | None = None) -> AuditPlan:
    return plan(
        checks,
        asset="m.t",
        schema=SCHEMA,
        relation="(from whole)",
        references={},
        digest=("high", "low"),
        logical_time=NOON,
        parts=parts,
        kept=kept,
    )


def test_rows_that_passed_are_not_scanned_again() -> None:
    made = planned(NotNull(column="id"), parts=("(from new)",), kept=7)
    assert made.queries == ('select count(*), high, low, count("id") from (from new) as "t"',)
    found = judge(made, [[(3, 1, 2, 2)]])
    assert (found.rows, found.results[0].failing, found.results[0].total) == (10, 1, 10)


def test_a_key_is_sought_among_all_rows_only_if_a_new_one_is_repeated() -> None:
    made = planned(Unique(columns=("id",)), parts=("(from new)",), kept=7)
    asked: list[str] = []

    def rows_of(query: str) -> list[tuple[int, ...]]:
        asked.append(query)
        return [(0,)]

    ask(made, rows_of)
    assert len(asked) == 2
    assert "semi join" in asked[1]


def test_nothing_new_scans_nothing() -> None:
    made = planned(NotNull(column="id"), parts=(), kept=7)
    assert "where false" in made.queries[0]


def test_figures_of_several_parts_are_put_together() -> None:
    check = Freshness(column="at", max_age_s=3600.0)
    made = planned(NotNull(column="id"), check, parts=("(from a)", "(from b)"))
    assert [part[-15:] for part in made.parts] == ['(from a) as "t"', '(from b) as "t"']
    young = int(NOON.timestamp() * 1e6)
    found = judge(made, [[(2, 1, 10, 2, young - 9_000_000_000, 2), (3, 2, 20, 2, young, 3)]])
    assert (found.rows, found.digest_sums) == (5, (3, 30))
    assert found.part_sums == ((1, 10), (2, 20))
    assert [result.failing for result in found.results] == [1, 0]


def test_what_depends_on_the_clock_or_on_all_rows_is_judged_anew() -> None:
    assert goes_on(NotNull(column="id"))
    assert not goes_on(Expect(condition="at <= now()"))
    assert not goes_on(Freshness(column="at", max_age_s=1.0))
    assert not goes_on(SqlCheck(path="checks/a.sql", sql="select 1", reads=()))
