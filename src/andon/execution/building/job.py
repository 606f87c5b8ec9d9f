"""A job: what one task works on, with its inputs and its identity as they are now."""

from __future__ import annotations

import time
from collections.abc import Mapping

from msgspec import Struct

from andon.catalog.records import (
    InputRef,
    Snapshot,
)
from andon.execution.building.build import unpublished
from andon.execution.line import Line
from andon.execution.outcome import Outcome
from andon.planning.plan import key_of
from andon.spec.asset import AssetSpec
from andon.spec.source import SourceTable


class Job(Struct, frozen=True, kw_only=True):
    """What one task works on: the declaration, its inputs as resolved now, its identity."""

    asset: AssetSpec | SourceTable
    inputs: Mapping[str, Snapshot]
    refs: tuple[InputRef, ...]
    fingerprint: str
    key: str
    split: str
    checks: str
    began: float


def job_of(line: Line, name: str, done: Mapping[str, Outcome]) -> Job:
    """Resolve what an asset reads: what this run made of it, else what is served.

    Raises:
        TaskFailed: (RUN001) an input was neither selected nor ever published.
    """
    asset = line.assets[name]
    action = line.actions[name]
    if isinstance(asset, SourceTable):
        return Job(
            asset=asset,
            inputs={},
            refs=(),
            fingerprint=action.fingerprint,
            key=line.forecasts[name].build_key,
            split=action.split,
            checks=action.checks,
            began=time.perf_counter(),
        )
    inputs: dict[str, Snapshot] = {}
    for read in asset.reads:
        snapshot = done[read].snapshot if read in done else line.current(read)
        if snapshot is None:
            raise unpublished(name, read)
        inputs[read] = snapshot
    refs = tuple(
        InputRef(asset=read, snapshot_id=snapshot.id, digest=snapshot.digest.value)
        for read, snapshot in inputs.items()
    )
    key = key_of(asset, action.fingerprint, refs, line.tools.engine_version, line.plan.logical_time)
    return Job(
        asset=asset,
        inputs=inputs,
        refs=refs,
        fingerprint=action.fingerprint,
        key=key,
        split=action.split,
        checks=action.checks,
        began=time.perf_counter(),
    )
