"""Prove: judge the checks of rows that are about to become, or are, a snapshot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from andon.catalog.records import CheckResult, DataFile, Digest, Snapshot
from andon.checks.failing import failing_rows
from andon.checks.plan import Reference
from andon.checks.problems import problems_of
from andon.checks.words import rows_found
from andon.errors import TaskFailed
from andon.execution.guard import guard_checks
from andon.execution.line import Line, Scans
from andon.execution.proving.aside import QUARANTINE, set_aside
from andon.execution.proving.judging import judge_all
from andon.execution.subject import Staged, Subject
from andon.spec.check import Check, identity_of, references_of

EXAMPLES = 1000
"""Failing rows of one check that are kept with a snapshot."""


class Proof(Struct, frozen=True, kw_only=True):
    """What proving found.

    Attributes:
        parts: files to keep, staged or kept already, in order.
        examples: staged files with example rows of failing checks, and with all rows that are too many to
            be set aside.
        rows: rows that are served; set_aside: rows quarantined.
        digest: of the served rows; None where it was not asked for.
    """

    parts: tuple[Staged | DataFile, ...]
    examples: tuple[Staged, ...]
    rows: int
    set_aside: int
    digest: Digest | None
    results: tuple[CheckResult, ...]

    @property
    def failed(self) -> tuple[CheckResult, ...]:
        """Results that stop the asset."""
        return tuple(result for result in self.results if result.verdict == "fail")


def prove(line: Line, subject: Subject) -> Proof:
    """Set rows aside, then judge every check on what is left, in as few scans as their kinds allow.

    Raises:
        TaskFailed: (CHK...) a check does not fit the columns, all of them at once.
    """
    found = problems_of(
        subject.checks,
        asset=subject.asset,
        schema=subject.schema,
        references=subject.references,
    )
    if found:
        raise TaskFailed(*found)
    engine = subject.engine
    guard_checks(engine.reader, subject.checks)
    parted = set_aside(line, subject)
    subject = parted.subject
    judged = judge_all(subject)
    results = tuple(
        _heard(_over_limit(_with_aside(result, parted.by_check), subject), check)
        for check, result in zip(subject.checks, judged.results, strict=True)
    )
    aside = sum(p.rows for p in subject.parts if p.role == "aside" and p.label == QUARANTINE)
    return Proof(
        parts=judged.parts,
        examples=(*examples(line, subject, results), *parted.beyond),
        rows=judged.rows,
        set_aside=aside,
        digest=judged.digest,
        results=results,
    )


def _with_aside(result: CheckResult, counts: Mapping[str, int]) -> CheckResult:
    """A quarantine check whose rows were set aside warns, with the number of them."""
    moved = counts.get(result.check, 0)
    if not moved:
        return result
    total = result.total + moved
    return replace(
        result,
        verdict="warn",
        failing=moved,
        total=total,
        set_aside=moved,
        observed=f"{moved:,} of {total:,} rows set aside",
    )


def _over_limit(result: CheckResult, subject: Subject) -> CheckResult:
    """A quarantine check that stops says why: too many rows, not the rows as such."""
    if not subject.parts or result.on_fail != "quarantine" or result.verdict != "fail":
        return result
    limit = subject.limit
    most = rows_found(limit.rows) if limit.rows is not None else f"{(limit.share or 0) * 100:g} %"
    return replace(result, observed=f"{result.observed}, more than `limit` ({most}) to set aside")


def _heard(result: CheckResult, check: Check) -> CheckResult:
    """What fails a promise names who should hear of it."""
    if result.verdict == "pass" or not check.heard_by:
        return result
    return replace(result, observed=f"{result.observed}; {check.heard_by} should hear of it")


def examples(line: Line, subject: Subject, results: Sequence[CheckResult]) -> tuple[Staged, ...]:
    """Write example rows of every check that failed or warned, to be kept with the snapshot."""
    engine = subject.engine
    by_identity = {identity_of(check): check for check in subject.checks}
    kept: list[Staged] = []
    for result in results:
        if not result.failing or result.set_aside:
            continue
        query = failing_rows(
            by_identity[result.check],
            asset=subject.asset,
            schema=subject.schema,
            relation=subject.relation,
            references=subject.references,
            logical_time=subject.logical_time,
            limit=EXAMPLES,
        )
        if query is None:
            continue
        path = line.tools.store.stage(line.run_id, f"{line.tools.new_id()}-failing.parquet")
        written = engine.write(query, {}, engine.describe(query, {}), path)
        kept.append(Staged(path=path, rows=written.rows, role="failing", label=result.check))
    return tuple(kept)


def references(
    scans: Scans, checks: Sequence[Check], own: str, seen: Mapping[str, Snapshot | None]
) -> dict[str, Reference]:
    """Table expressions of the other assets that checks read; unpublished ones are left out."""
    names = {name for check in checks for name in references_of(check, own)}
    return {
        name: Reference(relation=scans.of(snapshot), schema=snapshot.schema)
        for name in sorted(names)
        if (snapshot := seen.get(name)) is not None
    }
