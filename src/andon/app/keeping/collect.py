"""Collect: remove what nothing can reach, first marking it, deleting only after the grace period."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path

from msgspec.structs import replace

from andon.app.showing.views import Collection
from andon.catalog.commit import (
    Commit,
    DropPieces,
    Emit,
    Forget,
    RequireUnreferenced,
    SetStatus,
    Update,
)
from andon.catalog.records import DataFile, Snapshot
from andon.catalog.retention import Collectible, Keep
from andon.catalog.retention import collect as decide
from andon.errors import RequirementFailed
from andon.events import Collected
from andon.execution.line import Tools
from andon.spec.project import ProjectSpec


def collect(
    tools: Tools, spec: ProjectSpec, environment: str, *, dry_run: bool = False
) -> Collection:
    """Mark what is out of reach; delete what was marked a grace period ago and is still unpinned.

    Safe to repeat and beside readers and runs: between decision and commit somebody may publish or
    pin, then the catalog refuses and nothing is removed this time.

    Args:
        environment: the one whose horizon is told; all of them are collected.
        dry_run: only say what would be marked and removed.
    """
    snapshots = tools.catalog.snapshots()
    found = _decide(tools, spec, snapshots)
    by_id = {snapshot.id: snapshot for snapshot in snapshots}
    doomed = [by_id[id_] for id_ in found.delete]
    files = _only_theirs(tools, doomed, snapshots)
    result = Collection(
        marked=len(found.mark),
        removed=len(doomed),
        bytes=sum(file.bytes for file in files),
        kept=len(snapshots) - len(doomed),
        horizon=found.horizons.get(environment, 0),
    )
    if dry_run:
        return result
    if not _mark(tools, found) or not _forget(tools, found, result, files):
        return Collection(marked=0, removed=0, bytes=0, kept=len(snapshots), horizon=result.horizon)
    if doomed:
        for file in files:
            tools.store.remove(file.path)
    _drop_pieces(tools, spec)
    strays = _remove_strays(tools, spec.settings.grace_s)
    tools.store.sweep()
    return replace(result, bytes=result.bytes + strays)


def _drop_pieces(tools: Tools, spec: ProjectSpec) -> None:
    """Forget finished parts of assets that are no longer declared: nobody will put them together."""
    declared = {str(asset.name) for asset in spec.assets}
    idle = sorted({piece.asset for piece in tools.slices.pieces()} - declared)
    if idle:
        update = DropPieces(assets=tuple(idle))
        tools.catalog.commit(Commit(updates=(update,)), tools.clock.now())


def _remove_strays(tools: Tools, grace_s: float) -> int:
    """Delete files that no record names: their process died between file and record.

    The order matters: a file listed here whose record is not yet committed belongs to a run that
    pinned by its own id until after its commit, so if none is pinned afterwards, nobody will. Landed
    bytes may also be pushed without a run: only what lies for the grace period counts.
    """
    present = tools.store.kept()
    at_work = tools.catalog.pinned()
    snapshots = tools.catalog.snapshots()
    if at_work - {snapshot.id for snapshot in snapshots}:
        return 0
    known = {
        file.path
        for snapshot in snapshots
        for audit in (None, *tools.catalog.audits(snapshot.id))
        for file in (audit.files if audit else snapshot.files)
    }
    known.update(piece.file.path for piece in tools.slices.pieces())
    root = tools.store.root
    known.update(
        tools.store.raw(delivery.content).relative_to(root).as_posix()
        for delivery in tools.catalog.deliveries()
    )
    young = tools.clock.now().timestamp() - grace_s
    return sum(
        tools.store.remove(path)
        for path in sorted(present - known)
        if not path.startswith("raw/") or _age_of(root / path) < young
    )


def _age_of(path: Path) -> float:
    """Time of a file; one that is gone is as old as can be."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _decide(tools: Tools, spec: ProjectSpec, snapshots: Sequence[Snapshot]) -> Collectible:
    environments = tools.catalog.environments()
    settings = spec.settings
    return decide(
        snapshots=snapshots,
        publications={e: tools.catalog.publications(e) for e in environments},
        pointers={
            e: [p.snapshot_id for p in tools.catalog.state(e).pointers.values()]
            for e in environments
        },
        pinned=tools.catalog.pinned(),
        now=tools.clock.now(),
        keep=Keep(
            days=settings.keep_days,
            last=settings.keep_last,
            grace=timedelta(seconds=settings.grace_s),
        ),
    )


def _mark(tools: Tools, found: Collectible) -> bool:
    """Claim what is out of reach; False if it came into reach meanwhile."""
    if not found.mark:
        return True
    commit = Commit(
        requirements=(_unreferenced(found, found.mark),),
        updates=(SetStatus(snapshot_ids=found.mark, status="marked"),),
    )
    try:
        tools.catalog.commit(commit, tools.clock.now())
    except RequirementFailed:
        return False
    return True


def _forget(
    tools: Tools, found: Collectible, result: Collection, files: Sequence[DataFile]
) -> bool:
    """Remove the records first: a record must never name a file that is gone.

    False if somebody came to need one of them meanwhile.
    """
    if not found.delete:
        return True
    updates: tuple[Update, ...] = (
        Forget(snapshot_ids=found.delete, paths=tuple(file.path for file in files)),
        Emit(event=Collected(snapshots=result.removed, bytes=result.bytes)),
    )
    commit = Commit(requirements=(_unreferenced(found, found.delete),), updates=updates)
    try:
        tools.catalog.commit(commit, tools.clock.now())
    except RequirementFailed:
        return False
    return True


def _unreferenced(found: Collectible, ids: tuple[str, ...]) -> RequireUnreferenced:
    return RequireUnreferenced(
        snapshot_ids=ids, keep_publications_from=found.keep_publications_from
    )


def _only_theirs(
    tools: Tools, doomed: Sequence[Snapshot], snapshots: Iterable[Snapshot]
) -> list[DataFile]:
    """Files of the doomed that no other snapshot shares (raw tables share unchanged parts)."""
    gone = {snapshot.id for snapshot in doomed}
    shared = {f.path for s in snapshots if s.id not in gone for f in s.files}
    files = {f.path: f for s in doomed for f in s.files if f.path not in shared}
    for snapshot in doomed:
        for audit in tools.catalog.audits(snapshot.id):
            files.update({f.path: f for f in audit.files})
    # What a raw table serves as it was landed is no copy of the delivery but the delivery.
    return [f for f in files.values() if tools.store.path(f) != tools.store.raw(f.sha256)]
