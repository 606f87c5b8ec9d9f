"""One task: decide by key whether there is anything to build, build it, prove it, record it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import ExitStack

from msgspec.structs import replace

from andon.acquisition.readings.fingerprint import build_key
from andon.catalog.commit import (
    AddAudit,
    AddSnapshot,
    Commit,
    RecordKey,
    SetStatus,
    Update,
)
from andon.catalog.records import (
    Digest,
    Snapshot,
)
from andon.errors import AndonError, Cancelled, TaskFailed
from andon.execution.building.build import Built, build_asset, build_source
from andon.execution.building.job import Job, job_of
from andon.execution.fault import failing_alone
from andon.execution.intervals.by_key import build_by_key
from andon.execution.intervals.incremental import build_incremental
from andon.execution.line import Line, are_few
from andon.execution.outcome import Outcome, Retrying, Started, Word
from andon.execution.proving.prove import Proof, prove
from andon.execution.recording.evolution import changes_of
from andon.execution.recording.placing import placed
from andon.execution.recording.proved import proved_by
from andon.execution.recording.record import (
    audit_of,
    events_of,
    learned_from,
    slices_of,
    snapshot_of,
    subject_of,
    verdict_of,
)
from andon.execution.recording.reuse import finished, is_withdrawn, judge_again, taken_over
from andon.hashing import value_hash
from andon.planning.fingerprint import view_digest
from andon.ports.engine import Engine
from andon.spec.asset import AssetSpec, SqlBody
from andon.spec.slicing import Slicing
from andon.spec.source import SourceTable

_STRIPE = 3
"""Digits of a build key that name its lock: few files, and two keys seldom share one."""

_NO_ROOM = ("ENG003", "ENG004")
"""Codes of an engine that lacks memory or room to spill."""

_STUCK = ("failed", "held", "cancelled")


def perform(line: Line, name: str, done: Mapping[str, Outcome]) -> Outcome:
    """Carry one asset as far as it goes; failures become outcomes, never exceptions.

    Transient failures are tried again with a growing wait, terminal ones never.
    """
    line.tell(Started(asset=name))
    began = time.perf_counter()
    asset = line.assets[name]
    own = asset.retries if isinstance(asset, AssetSpec) else None
    allowed = line.spec.settings.retries if own is None else own
    attempt = 1
    while True:
        try:
            with failing_alone(name):
                outcome = _attempt(line, name, done)
            break
        except Cancelled as stopped:
            outcome = Outcome(asset=name, word="cancelled", problems=stopped.problems)
            break
        except AndonError as failure:
            if not failure.is_transient or attempt > allowed or line.stopping():
                problems = placed(asset, failure.problems)
                outcome = Outcome(asset=name, word="failed", problems=problems)
                break
            wait_s = min(0.2 * 4 ** (attempt - 1), 30.0)
            line.tell(
                Retrying(asset=name, attempt=attempt, wait_s=wait_s, problem=failure.problems[0])
            )
            _wait(line, wait_s)
            attempt += 1
    served = line.current(name)
    origin = line.forecasts.get(name)
    outcome = replace(
        outcome,
        warnings=(*outcome.warnings, *(origin.left_out if origin else ())),
        seconds=time.perf_counter() - began,
        attempts=attempt,
        changes=changes_of(line, name, outcome.snapshot),
        rows_before=served.rows if served else None,
    )
    line.tell(outcome)
    return outcome


def _wait(line: Line, seconds: float) -> None:
    """Sleep, but not past the moment when the run is to stop."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and not line.stopping():
        time.sleep(min(0.1, max(0.0, until - time.monotonic())))


def _attempt(line: Line, name: str, done: Mapping[str, Outcome]) -> Outcome:
    stuck = next(
        (done[i] for i in line.graph.inputs[name] if i in done and done[i].word in _STUCK), None
    )
    if stuck is not None:
        word: Word = "cancelled" if stuck.word == "cancelled" else "held"
        return Outcome(asset=name, word=word, because_of=stuck.because_of or stuck.asset)
    origin = line.forecasts.get(name)
    if origin is not None and origin.problems:
        raise TaskFailed(*origin.problems)
    job = job_of(line, name, done)
    if is_withdrawn(line, name, job.key, job.split):
        return _withdrawn(line, name)
    # Only the holder of the lock looks: whoever waited for it finds what was built meanwhile.
    with line.tools.store.lock(f"build-{job.key[:_STRIPE]}"):
        is_again = line.limits.restate and line.actions[name].verb == "build" and _is_sliced(job)
        found = None if is_again else finished(line, job) or taken_over(line, job)
        if found is None:
            return _build(line, job)
    if is_withdrawn(line, name, found.build_key, found.split):
        return _withdrawn(line, name)
    return judge_again(line, job, found)


def _is_sliced(job: Job) -> bool:
    return isinstance(job.asset, AssetSpec) and job.asset.slicing is not None


def _withdrawn(line: Line, name: str) -> Outcome:
    return Outcome(asset=name, word="unchanged", snapshot=line.current(name), is_withdrawn=True)


def _build(line: Line, job: Job) -> Outcome:
    current = line.current(job.asset.name)
    is_damaged = current is not None and current.id in line.damaged
    if is_damaged:
        current = None
    if isinstance(job.asset, SourceTable):
        built = build_source(line, job.asset, current, is_damaged=is_damaged)
        if built.over_limit is not None:
            _keep_rejected(line, job, built)
            raise TaskFailed(built.over_limit)
        if built.left_out:
            return replace(_build_rest(line, job, current, built), warnings=built.left_out)
        proof = prove(line, subject_of(line, job, built))
    else:
        built, proof = _make(line, job, job.asset)
    return _record(line, job, current, built, proof)


def _keep_rejected(line: Line, job: Job, built: Built) -> None:
    """Keep what the reader set aside of a source that is not loaded, to be looked at and repaired.

    Its key is one that no plan asks for. Safe to repeat: one snapshot holds it, however often it fails.
    """
    job = replace(job, key=value_hash([job.key, "over limit"]))
    key = (job.asset.name, job.key, job.split)
    updates: list[Update] = [*learned_from(line, built)]
    if not line.tools.catalog.find([key]):
        proof = Proof(parts=built.parts, examples=(), rows=0, set_aside=0, digest=None, results=())
        nothing = Digest(algorithm="none", value="")
        snapshot = snapshot_of(line, job, built, proof, nothing)
        updates.append(AddSnapshot(snapshot=snapshot))
        updates.append(SetStatus(snapshot_ids=(snapshot.id,), status="rejected"))
    if updates:
        line.tools.catalog.commit(Commit(updates=tuple(updates)), line.tools.clock.now())


def _build_rest(line: Line, job: Job, current: Snapshot | None, built: Built) -> Outcome:
    """Go on with a source some of whose deliveries cannot be read: its key is that of the others."""
    name = job.asset.name
    key = build_key(job.fingerprint, built.deliveries, line.tools.engine_version)
    if key == job.key:
        return _record(line, job, current, built, prove(line, subject_of(line, job, built)))
    job = replace(job, key=key)
    learned = learned_from(line, built)
    if learned:
        line.tools.catalog.commit(Commit(updates=learned), line.tools.clock.now())
    if is_withdrawn(line, name, key, job.split):
        return _withdrawn(line, name)
    found = finished(line, job)
    if found is None:
        return _record(line, job, current, built, prove(line, subject_of(line, job, built)))
    if is_withdrawn(line, name, found.build_key, found.split):
        return _withdrawn(line, name)
    return judge_again(line, job, found)


def _record(line: Line, job: Job, current: Snapshot | None, built: Built, proof: Proof) -> Outcome:
    """Record what was built and proved as a new snapshot, or as the served one if it is equal."""
    name = job.asset.name
    of_view = Digest(algorithm="view", value=view_digest(job.fingerprint, job.refs))
    digest = proof.digest or built.digest or of_view
    if built.is_partial:
        # What could not be run within the bounds is still due: this is not the build of that key.
        job = replace(job, key=value_hash([job.key, [one.start for one in built.slices]]))
    if _is_same(current, built, proof, digest):
        assert current is not None
        return _same(line, job, current, built, proof)
    snapshot = snapshot_of(line, job, built, proof, digest)
    audit = audit_of(line, job, snapshot.id, proof)
    updates: list[Update] = [
        AddSnapshot(snapshot=snapshot),
        AddAudit(audit=audit),
        *learned_from(line, built),
        *slices_of(built, snapshot),
    ]
    if audit.verdict == "fail":
        updates.append(SetStatus(snapshot_ids=(snapshot.id,), status="rejected"))
        snapshot = replace(snapshot, status="rejected")
    updates.extend(events_of(line, name, audit))
    line.tools.catalog.commit(Commit(updates=tuple(updates)), line.tools.clock.now())
    return replace(verdict_of(name, "built", snapshot, audit), note=built.note)


def _make(line: Line, job: Job, asset: AssetSpec) -> tuple[Built, Proof]:
    """Build an asset and prove it; of few rows read, what is made stays in memory until then."""
    if isinstance(asset.slicing, Slicing):
        built = build_incremental(line, job, asset, asset.slicing)
        return built, prove(line, subject_of(line, job, built))
    if asset.slicing is not None:
        built = build_by_key(line, job, asset, asset.slicing)
        return built, prove(line, subject_of(line, job, built))
    if isinstance(asset.body, SqlBody) and are_few(job.inputs.values()):
        try:
            with ExitStack() as scope:
                return _made(line, job, asset, line.tools.few(), scope)
        except TaskFailed as failure:
            # Few rows became many: the engine for any amount has more room, and streams.
            if failure.problems[0].code not in _NO_ROOM:
                raise
    return _made(line, job, asset, line.tools.engine(), None)


def _made(
    line: Line, job: Job, asset: AssetSpec, engine: Engine, scope: ExitStack | None
) -> tuple[Built, Proof]:
    built = build_asset(line, asset, job.inputs, engine, scope)
    subject = replace(subject_of(line, job, built), proved=proved_by(line, job, built))
    return built, prove(line, subject)


def _is_same(current: Snapshot | None, built: Built, proof: Proof, digest: Digest) -> bool:
    """Whether the new rows equal the served ones, so that the pointer can stay."""
    return (
        current is not None
        and current.kind == "table"
        and not built.query
        and not proof.failed
        and current.set_aside == proof.set_aside + built.malformed == 0
        and current.schema == built.schema
        and current.digest == digest
    )


def _same(line: Line, job: Job, current: Snapshot, built: Built, proof: Proof) -> Outcome:
    """Record the new key against the served snapshot: the next plan says `nothing`."""
    audit = audit_of(line, job, current.id, proof)
    name = job.asset.name
    line.tools.catalog.commit(
        Commit(
            updates=(
                RecordKey(asset=name, build_key=job.key, split=job.split, snapshot_id=current.id),
                AddAudit(audit=audit),
                *learned_from(line, built),
                *slices_of(built, current, line.tools.slices.slices(current.id)),
                *events_of(line, name, audit),
            )
        ),
        line.tools.clock.now(),
    )
    return replace(verdict_of(name, "same", current, audit), note=built.note)
