from __future__ import annotations

from datetime import UTC, datetime

import pytest

from andon.catalog.records import CheckResult
from andon.checks.judge import judge
from andon.checks.plan import AuditPlan, Cell, Counted, Keys, Measure, Newest, Present, Rows
from andon.spec.check import (
    Check,
    Expect,
    Freshness,
    NotNull,
    OnFail,
    RowCount,
    SqlCheck,
    Tolerance,
    Unique,
)

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
DAY = 86_400 * 1_000_000
NOON = int(NOW.timestamp()) * 1_000_000


def judged(check: Check, measure: Measure, *first: object) -> CheckResult:
    plan = AuditPlan(
        queries=("q",), checks=(check,), measures=(measure,), digest=None, logical_time=NOW
    )
    return judge(plan, [[first]]).results[0]


def test_failing_rows_are_told_with_thousands_separators() -> None:
    result = judged(Expect(condition="a"), Counted(Cell(0, 1)), 12_345, 1_000)
    assert (result.observed, result.failing, result.total) == ("1,000 of 12,345 rows", 1000, 12_345)


def test_values_present_are_subtracted_from_the_rows() -> None:
    assert judged(NotNull(column="a"), Present(Cell(0, 1)), 10, 7).failing == 3


@pytest.mark.parametrize(
    ("on_fail", "verdict"), [("stop", "fail"), ("warn", "warn"), ("quarantine", "fail")]
)
def test_a_failure_stops_unless_it_only_warns(on_fail: OnFail, verdict: str) -> None:
    check = Expect(condition="a", on_fail=on_fail)
    assert judged(check, Counted(Cell(0, 1)), 10, 1).verdict == verdict


@pytest.mark.parametrize(
    ("tolerance", "failing", "verdict"),
    [
        (Tolerance(share=0.1), 1, "pass"), (Tolerance(share=0.1), 2, "fail"),
        (Tolerance(rows=2), 2, "pass"), (Tolerance(rows=2), 3, "fail"),
    ],
)  # fmt: skip
def test_tolerance_is_the_most_that_still_passes(
    tolerance: Tolerance, failing: int, verdict: str
) -> None:
    check = Expect(condition="a", tolerance=tolerance)
    assert judged(check, Counted(Cell(0, 1)), 10, failing).verdict == verdict


def test_keys_are_counted_here_without_null_ones() -> None:
    keys = [1, 1, 1, None, None, 2]
    every = judged(Unique(columns=("a",)), Keys(Cell(0, 1), keeps_first=False), 6, keys)
    first = judged(Unique(columns=("a",)), Keys(Cell(0, 1), keeps_first=True), 6, keys)
    assert (every.failing, first.failing) == (3, 2)


def test_no_keys_at_all_pass() -> None:
    assert judged(Unique(columns=("a",)), Keys(Cell(0, 1), keeps_first=False), 0, None).failing == 0


@pytest.mark.parametrize(
    ("bounds", "rows", "observed", "verdict"),
    [
        ((1, None), 0, "0 rows, at least 1 expected", "fail"),
        ((None, 10), 1_200, "1,200 rows, at most 10 expected", "fail"),
        ((1, 1), 1, "1 row", "pass"),
    ],
)  # fmt: skip
def test_row_count_tells_what_was_expected(
    bounds: tuple[int | None, int | None], rows: int, observed: str, verdict: str
) -> None:
    result = judged(RowCount(min=bounds[0], max=bounds[1]), Rows(), rows)
    assert (result.observed, result.verdict) == (observed, verdict)


@pytest.mark.parametrize(
    ("micros", "failing", "observed"),
    [
        (NOON - 2 * DAY, 0, "newest 2 days old, limit 2 days"),
        (NOON - 2 * DAY - 1, 1, "newest 2 days old, limit 2 days"),
        (NOON - int(3.2 * DAY), 1, "newest 3.2 days old, limit 2 days"),
        (NOON + DAY, 0, "newest 1 day in the future"),
        (NOON + DAY + 1, 1, "newest 1 day in the future, at most 1 day allowed"),
        (None, 1, "newest is infinite, limit 2 days"),
    ],
)
def test_freshness_is_the_age_at_the_logical_time(
    micros: int | None, failing: int, observed: str
) -> None:
    check = Freshness(column="a", max_age_s=172_800)
    result = judged(check, Newest(Cell(0, 1), Cell(0, 2)), 5, micros, 5)
    assert (result.failing, result.observed) == (failing, observed)


def test_a_check_file_tells_the_rows_it_returned() -> None:
    check = SqlCheck(path="checks/a.sql", sql="", reads=())
    assert judged(check, Counted(Cell(0, 1)), 2, 3).observed == "3 rows returned"


def test_digest_sums_of_no_rows_are_zero() -> None:
    plan = AuditPlan(queries=("q",), checks=(), measures=(), digest=(1, 2), logical_time=NOW)
    assert judge(plan, [[(0, None, None)]]).digest_sums == (0, 0)
    assert judge(plan, [[(2, 2**70, 5)]]).digest_sums == (2**70, 5)
