"""Verdicts from the answers to a plan's statements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, assert_never

from msgspec import Struct

from andon.catalog.records import CheckResult, Verdict
from andon.checks.plan import (
    AuditPlan,
    Cell,
    Compared,
    Counted,
    Keys,
    Measure,
    Merge,
    Newest,
    Present,
    Proved,
    Rows,
)
from andon.checks.words import days, percent, rows_found, rows_of, rows_returned
from andon.spec.check import (
    Check,
    Freshness,
    Reconcile,
    RowCount,
    SqlCheck,
    identity_of,
    kind_of,
    label_of,
)

AHEAD_S = 86_400.0
"""How far the newest value may lie in the future: a day, for dates and clocks of other zones."""

Answers = Sequence[Sequence[tuple[Any, ...]]]


class Findings(Struct, frozen=True, kw_only=True):
    """What an audit found.

    Attributes:
        rows: rows of the table judged.
        digest_sums: the two sums, if the plan asked for them; an empty table sums to 0.
        part_sums: the same for each part that was scanned.
        results: one per check, in order.
    """

    rows: int
    digest_sums: tuple[int, int] | None
    part_sums: tuple[tuple[int, int], ...]
    results: tuple[CheckResult, ...]


class _Found(Struct, frozen=True):
    """Failing rows and what was seen, in words."""

    failing: int
    observed: str


def judge(plan: AuditPlan, answers: Answers) -> Findings:
    """Verdicts of all checks of `plan`.

    Args:
        answers: all rows of each of the plan's queries, in order; to the first one row per part.
    """
    sums: tuple[tuple[int, int], ...] = ()
    if plan.digest is not None:
        high, low = plan.digest
        sums = tuple((int(part[high] or 0), int(part[low] or 0)) for part in answers[0])
    answers = [[_merged(answers[0], plan)], *answers[1:]]
    total = int(answers[0][0][0]) + plan.kept
    results = tuple(
        _result(check, _find(check, measure, plan, answers, total), total)
        for check, measure in zip(plan.checks, plan.measures, strict=True)
    )
    whole = (sum(high for high, _ in sums), sum(low for _, low in sums))
    return Findings(
        rows=total,
        digest_sums=whole if plan.digest is not None else None,
        part_sums=sums,
        results=results,
    )


def _merged(parts: Sequence[tuple[Any, ...]], plan: AuditPlan) -> tuple[Any, ...]:
    """Figures of the whole from those of its parts."""
    if len(parts) == 1:
        return parts[0]
    return tuple(
        _merge(how, [value for value in values if value is not None])
        for how, values in zip(plan.merges, zip(*parts, strict=True), strict=True)
    )


def _merge(how: Merge, values: list[Any]) -> Any:
    match how:
        case "sum":
            return sum(values)
        case "max":
            return max(values, default=None)
        case _:
            assert_never(how)


def _result(check: Check, found: _Found, total: int) -> CheckResult:
    return CheckResult(
        check=identity_of(check),
        label=label_of(check),
        kind=kind_of(check),
        on_fail=check.on_fail,
        verdict=_verdict(check, found.failing, total),
        failing=found.failing,
        total=total,
        observed=found.observed,
    )


def _verdict(check: Check, failing: int, total: int) -> Verdict:
    whole = isinstance(check, RowCount | Reconcile | Freshness)
    if failing == 0 or (not whole and check.tolerance.allows(failing, total)):
        return "pass"
    # Rows that should have been set aside and are still here stop the asset.
    return "warn" if check.on_fail == "warn" else "fail"


def _find(check: Check, measure: Measure, plan: AuditPlan, answers: Answers, total: int) -> _Found:
    match measure:
        case Counted(failing=cell):
            failing = int(_value(answers, cell) or 0)  # count_if of no rows is null
            if isinstance(check, SqlCheck):
                return _Found(failing, rows_returned(failing))
            return _Found(failing, rows_of(failing, total))
        case Present(passing=cell):
            failing = total - plan.kept - int(_value(answers, cell))
            return _Found(failing, rows_of(failing, total))
        case Keys(keys=cell, keeps_first=keeps_first):
            failing = _repeated(_value(answers, cell) or (), keeps_first)
            return _Found(failing, rows_of(failing, total))
        case Newest(micros=micros, values=values) if isinstance(check, Freshness):
            age = _age_s(_value(answers, micros), plan.logical_time)
            return _freshness(check, age, int(_value(answers, values)), total)
        case Rows() if isinstance(check, RowCount):
            return _row_count(check, total)
        case Compared() if isinstance(check, Reconcile):
            cells = (measure.rows, measure.own, measure.other, measure.shared)
            return _reconciled(check, total, *(_value(answers, cell) for cell in cells))
        case Proved(why=why):
            return _Found(0, f"proved by the query: {why}")
        case Compared() | Newest() | Rows():
            raise TypeError(f"{kind_of(check)} is not measured by {type(measure).__name__}")
        case _:
            assert_never(measure)


def _value(answers: Answers, cell: Cell) -> Any:
    return answers[cell.query][0][cell.column]


def _repeated(keys: Iterable[Hashable], keeps_first: bool) -> int:
    counts = Counter(key for key in keys if key is not None)
    return sum(n - 1 if keeps_first else n for n in counts.values() if n > 1)


def _age_s(micros: int | None, logical_time: datetime) -> float | None:
    if micros is None:
        return None
    moment = logical_time if logical_time.tzinfo else logical_time.replace(tzinfo=UTC)
    now = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    return (now - micros) / 1e6


def _freshness(check: Freshness, age_s: float | None, values: int, total: int) -> _Found:
    limit = f"limit {days(check.max_age_s)}"
    if total == 0:
        return _Found(1, f"no rows, {limit}")
    if values == 0:
        return _Found(1, f"no value in {rows_found(total)}, {limit}")
    if age_s is None:
        return _Found(1, f"newest is infinite, {limit}")
    if age_s < 0:
        ahead = f"newest {days(-age_s)} in the future"
        return (
            _Found(0, ahead) if -age_s <= AHEAD_S else _Found(1, f"{ahead}, at most 1 day allowed")
        )
    failing = 0 if age_s <= check.max_age_s else 1
    return _Found(failing, f"newest {days(age_s)} old, {limit}")


def _reconciled(
    check: Reconcile, total: int, rows: int, own: int | None, other: int | None, shared: int | None
) -> _Found:
    """The shares of a reconciliation; of nothing everything is complete."""
    found = [("completeness", total / rows if rows else 1.0, check.completeness, False)]
    if own is not None:
        found.append(("duplicates", 1 - own / total if total else 0.0, check.duplicates, True))
        whole = (shared or 0) / other if other else 1.0
        found.append(("consistency", whole, check.consistency, False))
    told, failing = [], 0
    for word, share, bound, is_most in found:
        is_broken = share > bound if is_most else share < bound
        failing = failing or int(is_broken)
        limit = f" ({'at most' if is_most else 'at least'} {percent(bound)})" if is_broken else ""
        told.append(f"{word} {percent(share)}{limit}")
    return _Found(failing, f"{', '.join(told)} of `{check.to_asset}`")


def _row_count(check: RowCount, total: int) -> _Found:
    if check.min is not None and total < check.min:
        return _Found(1, f"{rows_found(total)}, at least {check.min:,} expected")
    if check.max is not None and total > check.max:
        return _Found(1, f"{rows_found(total)}, at most {check.max:,} expected")
    return _Found(0, rows_found(total))
