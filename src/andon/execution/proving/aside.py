"""Aside: rows that fail a quarantine check leave a candidate, and come back when they no longer do.

Of an asset that is made in part, rows were set aside before, when its other rows were other ones and
perhaps other checks were declared. They are judged again together with all rows, as they would be if
it were built in full, unless their verdict cannot have changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from andon.catalog.records import DataFile, InputRef, Snapshot
from andon.checks.identity import quarantine
from andon.checks.plan import goes_on
from andon.checks.split import REASONS, Aside, Split, split, within_limit
from andon.errors import Problem, TaskFailed
from andon.execution.line import Line
from andon.execution.subject import Staged, Subject
from andon.ports.engine import Engine
from andon.schema import Schema
from andon.spec.check import Check, Relationship, RowCount, Unique, identity_of, label_of
from andon.sql.quote import identifier

QUARANTINE = "quarantine"
"""Label of the file of rows that checks set aside, or would have within the limit; those of a source's
reader name deliveries."""

KEPT = "kept"
"""Label of the one file of rows that are left when checks set others aside, or let them back."""


class Parted(Struct, frozen=True, kw_only=True):
    """A candidate without the rows that were set aside.

    Attributes:
        by_check: identity of each quarantine check and the rows that are aside because of it.
        beyond: staged file of all rows that should go, where they are too many and so stay in.
    """

    subject: Subject
    by_check: Mapping[str, int] = {}
    beyond: tuple[Staged, ...] = ()


def verdicts_stand(
    checks: Sequence[Check], own: str, served: Snapshot, split: str, inputs: Sequence[InputRef]
) -> bool:
    """Whether rows that were set aside of what is served would be set aside again.

    They would by the same checks, if each looks at one row alone, or at that row and at another
    asset that did not change.

    Args:
        checks: of the asset `own`; split: identity of those that quarantine.
        inputs: what the asset is built from now.
    """
    known = {ref.asset: ref.digest for ref in served.inputs}
    same = {ref.asset for ref in inputs if known.get(ref.asset) == ref.digest}

    def stands(check: Check) -> bool:
        if isinstance(check, Relationship):
            return check.to_asset != own and check.to_asset in same
        return goes_on(check) and not isinstance(check, Unique | RowCount)

    return served.split == split and all(stands(check) for check in quarantine(checks))


def set_aside(line: Line, subject: Subject) -> Parted:
    """Move rows that fail a quarantine check out of the candidate, within the limit.

    Beyond it they stay in, and all of them are written down beside it.
    """
    if not subject.parts:
        return Parted(subject=subject)
    before = tuple(p for p in subject.parts if p.role == "aside" and p.label == QUARANTINE)
    standing = _standing(subject, before) if before and subject.verdicts_stand else None
    if standing is not None:
        asked = _asked(subject)
        rows = sum(part.rows for part in before)
        if within_limit(subject.limit, asked.counts.set_aside + rows, asked.counts.total + rows):
            return _parted(line, subject, asked, standing, is_within=True)
    if before:
        subject = _joined(subject, before)
    asked = _asked(subject)
    is_within = within_limit(subject.limit, asked.counts.set_aside, asked.counts.total)
    return _parted(line, subject, asked, {}, is_within=is_within, is_joined=bool(before))


class _Asked(Struct, frozen=True, kw_only=True):
    """What the quarantine checks say of a candidate; no queries if there is none of them."""

    counts: Aside
    queries: Split | None = None


def _asked(subject: Subject) -> _Asked:
    checks = tuple(c for c in quarantine(subject.checks) if identity_of(c) not in subject.proved)
    queries = split(
        checks,
        asset=subject.asset,
        schema=subject.schema,
        relation=subject.relation,
        references=subject.references,
        logical_time=subject.logical_time,
    )
    if queries is None:
        rows = sum(part.rows for part in subject.parts if part.role == "data")
        return _Asked(counts=Aside(total=rows, set_aside=0, by_check=()))
    return _Asked(counts=queries.read(subject.engine.rows(queries.count)), queries=queries)


def _standing(subject: Subject, before: Sequence[Staged | DataFile]) -> dict[str, int] | None:
    """Rows that stay aside, by the identity of their check; None if it is not certain by which."""
    checks = quarantine(subject.checks)
    known = {label_of(check): identity_of(check) for check in checks}
    relation = subject.engine.scan(Schema(()), [subject.place(part) for part in before])
    reasons = f"select unnest({identifier(REASONS)}) as reason from {relation}"
    found = dict(subject.engine.rows(f"select reason, count(*) from ({reasons}) group by reason"))
    if len(known) < len(checks) or not found.keys() <= known.keys():
        return None
    return {known[label]: rows for label, rows in found.items()}


def _joined(subject: Subject, before: Sequence[Staged | DataFile]) -> Subject:
    """The candidate with the rows that were set aside before; they count as parts of its data."""
    columns = _columns(subject)
    asides = subject.engine.scan(subject.schema, [subject.place(part) for part in before])
    return replace(
        subject,
        relation=f"(select {columns} from {subject.relation} union all select {columns} from {asides})",
        parts=tuple(replace(p, role="data") if p in before else p for p in subject.parts),
    )


def _parted(
    line: Line,
    subject: Subject,
    asked: _Asked,
    standing: Mapping[str, int],
    *,
    is_within: bool,
    is_joined: bool = False,
) -> Parted:
    """The candidate parted; what is left lies in one file if any rows go, or came back."""
    counts, queries = asked.counts, asked.queries
    by_check = dict(standing)
    aside: tuple[Staged, ...] = ()
    beyond: tuple[Staged, ...] = ()
    left = f"select {_columns(subject)} from {subject.relation}" if is_joined else ""
    if queries is not None and counts.set_aside:
        written = _write(line, subject.engine, queries.aside, None)
        if is_within:
            left, aside = queries.kept, (replace(written, role="aside", label=QUARANTINE),)
            by_check.update((one, by_check.get(one, 0) + rows) for one, rows in counts.by_check)
        else:
            beyond = (replace(written, role="failing", label=QUARANTINE),)
    if left:
        total = sum(part.rows for part in subject.parts if part.role == "data")
        kept = replace(_write(line, subject.engine, left, subject.schema), label=KEPT)
        _assert_whole(subject.asset, total, kept.rows, sum(part.rows for part in aside))
        others = tuple(part for part in subject.parts if part.role != "data")
        subject = replace(
            subject,
            relation=subject.engine.scan(subject.schema, [kept.path]),
            parts=(kept, *others, *aside),
        )
    return Parted(subject=subject, by_check=by_check, beyond=beyond)


def _write(line: Line, engine: Engine, query: str, schema: Schema | None) -> Staged:
    """Rows of a query in a staged file, in its own columns if no schema is given."""
    path = line.tools.store.stage(line.run_id, f"{line.tools.new_id()}.parquet")
    written = engine.write(query, {}, schema or engine.describe(query, {}), path)
    return Staged(path=path, rows=written.rows)


def _columns(subject: Subject) -> str:
    return ", ".join(identifier(name) for name in subject.schema.names)


def _assert_whole(asset: str, before: int, kept: int, aside: int) -> None:
    if before != kept + aside:
        raise TaskFailed(
            Problem(
                code="RUN004",
                what=f"`{asset}`: {before} rows came in, {kept} + {aside} went out",
                why="rows in must equal rows published plus rows set aside; nothing may be lost",
                fix="report this as a fault of Andon with the asset's declaration",
            )
        )
