"""Adopt: keep the snapshots that another minor version of the engine built."""

from __future__ import annotations

from collections.abc import Mapping

from andon.acquisition.readings.fingerprint import build_key as source_key
from andon.app.preparing.prepare import Prepared, prepare
from andon.app.preparing.selection import Selection
from andon.catalog.commit import Commit, Emit, RecordKey
from andon.catalog.records import InputRef, Snapshot
from andon.events import EngineAdopted
from andon.execution.line import Tools
from andon.planning.plan import key_of
from andon.spec.project import ProjectSpec
from andon.spec.source import SourceTable


def adopt(tools: Tools, spec: ProjectSpec, environment: str, by: str) -> int:
    """Record the keys of this engine's version against what is served, where all else is equal.

    Recorded as an event. Safe to repeat. Returns how many snapshots were adopted.
    """
    prepared = prepare(tools, spec, environment, Selection())
    state = prepared.state
    served = {name: state.snapshots[p.snapshot_id] for name, p in state.pointers.items()}
    updates: list[RecordKey] = []
    for name, snapshot in served.items():
        if name not in prepared.assets or any(i not in served for i in prepared.graph.inputs[name]):
            continue
        was = dict(snapshot.facts).get("engine", tools.engine_version)
        new = _key(tools.engine_version, name, prepared, served)
        if _key(was, name, prepared, served) == snapshot.build_key != new:
            split = prepared.actions[name].split
            updates.append(
                RecordKey(asset=name, build_key=new, split=split, snapshot_id=snapshot.id)
            )
    if updates:
        event = Emit(event=EngineAdopted(version=tools.engine_version, by=by))
        tools.catalog.commit(Commit(updates=(*updates, event)), tools.clock.now())
    return len(updates)


def _key(version: str, name: str, prepared: Prepared, served: Mapping[str, Snapshot]) -> str:
    """Build key of a served asset on what is served, under a version of the engine."""
    asset, fingerprint = prepared.assets[name], prepared.actions[name].fingerprint
    if isinstance(asset, SourceTable):
        return source_key(fingerprint, prepared.forecasts[name].known, version)
    refs = tuple(
        InputRef(asset=read, snapshot_id=served[read].id, digest=served[read].digest.value)
        for read in asset.reads
    )
    return key_of(asset, fingerprint, refs, version, prepared.plan.logical_time)
