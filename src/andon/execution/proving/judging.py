"""Judging: the checks and the digest of rows, of which those that were judged before are not read."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from andon.catalog.digest import combine, sums_of, sums_text
from andon.catalog.records import CheckResult, DataFile, Digest
from andon.checks.ask import ask
from andon.checks.judge import Findings, judge
from andon.checks.plan import goes_on, plan
from andon.execution.subject import Staged, Subject
from andon.spec.check import Check, identity_of

Part = Staged | DataFile


class Judged(Struct, frozen=True, kw_only=True):
    """Results of all checks in order, rows, digest if it was wanted, and the parts with their sums."""

    results: tuple[CheckResult, ...]
    rows: int
    digest: Digest | None
    parts: tuple[Part, ...]


def judge_all(subject: Subject) -> Judged:
    """Judge every check on the rows of a subject.

    Files that what is served now has too passed the same checks before: only what is new is read,
    where a check and its last verdict allow it.
    """
    data = [part for part in subject.parts if part.role == "data"]
    kept = _kept(subject, data)
    going = tuple(c for c in subject.checks if not kept or _goes_on(subject, c))
    rest = tuple(check for check in subject.checks if check not in going)
    new = [part for part in data if part not in kept]
    found = _ask(subject, going, new, sum(part.rows for part in kept) if kept else None)
    results = {result.check: result for result in found.results}
    if rest:
        whole = _ask(replace(subject, wants_digest=False), rest, data, None)
        results.update((result.check, result) for result in whole.results)
    known = {id(part): part.sums for part in kept}
    for part, (high, low) in zip(new, found.part_sums, strict=False):
        known[id(part)] = sums_text(high, low)
    return Judged(
        results=tuple(results[identity_of(check)] for check in subject.checks),
        rows=found.rows,
        digest=_digest(subject, found, kept),
        parts=tuple(
            replace(part, sums=known[id(part)]) if known.get(id(part)) else part
            for part in subject.parts
        ),
    )


def _kept(subject: Subject, data: Sequence[Part]) -> list[DataFile]:
    """Files that are served now already, if their digests need not be taken again either."""
    if subject.served is None:
        return []
    paths = {file.path for file in subject.served.data_files}
    kept = [part for part in data if isinstance(part, DataFile) and part.path in paths]
    if not subject.wants_digest:
        return kept
    # Sums of another algorithm or engine add up to no digest that a full build would have.
    is_alike = subject.served.digest.algorithm == subject.engine.digest_algorithm()
    return kept if is_alike and all(part.sums for part in kept) else []


def _goes_on(subject: Subject, check: Check) -> bool:
    return identity_of(check) in subject.passed and goes_on(check)


def _ask(
    subject: Subject, checks: Sequence[Check], data: Sequence[Part], kept: int | None
) -> Findings:
    engine = subject.engine
    rows = sum(part.rows for part in data) if subject.parts else subject.rows
    audit = plan(
        checks,
        asset=subject.asset,
        schema=subject.schema,
        relation=subject.relation,
        references=subject.references,
        digest=engine.digest_columns(subject.schema) if subject.wants_digest else None,
        logical_time=subject.logical_time,
        rows=rows,
        proved=subject.proved,
        parts=_scans(subject, data, kept),
        kept=kept,
    )
    return judge(audit, ask(audit, engine.rows))


def _scans(subject: Subject, data: Sequence[Part], kept: int | None) -> list[str]:
    """One table expression per part where the parts are scanned by themselves."""
    if kept is None and (len(data) <= 1 or not subject.wants_digest):
        return []
    return [subject.engine.scan(subject.schema, [subject.place(part)]) for part in data]


def _digest(subject: Subject, found: Findings, kept: Sequence[DataFile]) -> Digest | None:
    if found.digest_sums is None:
        return None
    sums = [found.digest_sums, *(sums_of(file.sums) for file in kept)]
    high, low = sum(one for one, _ in sums), sum(one for _, one in sums)
    algorithm = subject.engine.digest_algorithm()
    return combine(subject.schema, found.rows, high, low, algorithm=algorithm)
