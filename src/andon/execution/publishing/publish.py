"""Publish: move the pointers of all that settled, in one step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from andon.catalog.commit import (
    AddAudit,
    Commit,
    Emit,
    Publish,
    RequireNotWithdrawn,
    RequirePointers,
    RequireUnpublished,
    RequireUsable,
    Update,
)
from andon.catalog.records import Audit, CheckResult, Publication, Snapshot
from andon.errors import OutcomeUnknown
from andon.events import Published, SchemaChanged
from andon.execution.line import Line
from andon.execution.outcome import Outcome
from andon.execution.publishing.settle import Settled, seen_snapshots
from andon.execution.recording.evolution import schema_events
from andon.execution.recording.record import keep
from andon.execution.subject import Staged
from andon.planning.settle import changes


def publish(
    line: Line,
    outcomes: Mapping[str, Outcome],
    settled: Settled,
    removed: tuple[str, ...],
    extra: tuple[Update, ...],
) -> tuple[Publication | None, tuple[SchemaChanged, ...]]:
    """Move the pointers of everything that settled, in one transaction.

    Every pointer the plan read must still be what it was. Safe to repeat with a new id.

    Returns:
        The publication, or None if no pointer moves (then only `extra` is committed), and what of
        the columns of raw tables it changed.

    Raises:
        Conflict: (CAT001) somebody published in between; nothing was changed.
        OutcomeUnknown: (CAT003) and asking for the id did not settle it.
    """
    candidates = {n: o.snapshot.id for n, o in outcomes.items() if o.snapshot is not None}
    current = {name: p.snapshot_id for name, p in line.state.pointers.items()}
    moves = changes(settled.settlement.published, candidates, current, removed)
    now = line.tools.clock.now()
    verdicts = _cross_audits(line, outcomes, settled)
    if not moves:
        line.tools.catalog.commit(Commit(updates=(*verdicts, *extra)), now)
        return None, ()
    publication = Publication(
        id=line.tools.new_id(),
        number=0,
        environment=line.plan.environment,
        kind="publish",
        run_id=line.run_id,
        at=now,
        changes=moves,
        held=settled.settlement.held,
    )
    chosen = [outcomes[name].snapshot for name in settled.settlement.published]
    snapshots = [snapshot for snapshot in chosen if snapshot is not None]
    changed = schema_events(line, publication, outcomes, now)
    told = tuple(Emit(event=event) for event in changed)
    commit = _publishing(line, publication, snapshots, (*verdicts, *told, *extra))
    try:
        committed = line.tools.catalog.commit(commit, now)
    except OutcomeUnknown:
        landed = line.tools.catalog.publication(publication.id)
        if landed is None:
            raise
        return landed, changed
    return replace(publication, number=committed.publication), changed


def _publishing(
    line: Line, publication: Publication, snapshots: Sequence[Snapshot], also: tuple[Update, ...]
) -> Commit:
    """A publication of these snapshots, on condition that nothing it rests on has changed."""
    environment = line.plan.environment
    published = Published(
        run_id=line.run_id,
        publication_id=publication.id,
        environment=environment,
        changed=len(publication.changes),
        held=len(publication.held),
    )
    keys = tuple((s.asset, s.build_key, s.split) for s in snapshots)
    return Commit(
        requirements=(
            RequireUnpublished(publication_id=publication.id),
            RequirePointers(environment=environment, pointers=line.plan.pointers),
            RequireUsable(snapshot_ids=tuple(s.id for s in snapshots)),
            RequireNotWithdrawn(environment=environment, keys=keys),
        ),
        updates=(Publish(publication=publication), Emit(event=published), *also),
    )


def _cross_audits(
    line: Line, outcomes: Mapping[str, Outcome], settled: Settled
) -> tuple[AddAudit, ...]:
    """Verdicts of checks across assets, recorded with the snapshot they stand on."""
    by_snapshot: dict[str, list[tuple[CheckResult, tuple[Staged, ...]]]] = {}
    for snapshot_id, result, failing in settled.standing:
        by_snapshot.setdefault(snapshot_id, []).append((result, failing))
    assets = {s.id: s.asset for s in seen_snapshots(line, outcomes)}
    return tuple(
        AddAudit(
            audit=Audit(
                snapshot_id=snapshot_id,
                checks="across",
                results=tuple(result for result, _ in found),
                run_id=line.run_id,
                at=line.tools.clock.now(),
                files=tuple(
                    keep(line, assets[snapshot_id], part) for _, parts in found for part in parts
                ),
            )
        )
        for snapshot_id, found in by_snapshot.items()
    )
