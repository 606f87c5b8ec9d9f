"""One task: decide by key whether there is anything to build, build it, prove it, record it."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from andon.catalog.commit import (
    AddAudit,
    AddDeliveries,
    AddSnapshot,
    Commit,
    Emit,
    RecordKey,
    SetStatus,
    Update,
)
from andon.catalog.records import (
    Audit,
    CheckResult,
    DataFile,
    Digest,
    InputRef,
    Snapshot,
)
from andon.errors import AndonError, Cancelled, Problem, TaskFailed
from andon.events import CheckFailedEvent
from andon.execution.build import Built, build_asset, build_source, unpublished
from andon.execution.line import Line, Scans
from andon.execution.outcome import Outcome, Retrying, Started, Word
from andon.execution.placing import placed
from andon.execution.prove import Proof, Staged, Subject, prove, references
from andon.planning.fingerprint import view_digest
from andon.planning.plan import key_of
from andon.spec.asset import AssetSpec
from andon.spec.check import is_crossing
from andon.spec.project import quarantine_limit
from andon.spec.source import SourceTable

_STRIPE = 3
"""Digits of a build key that name its lock: few files, and two keys seldom share one."""

RENAMED_FROM = "renamed from"
"""Fact of a snapshot that was taken over from an asset of another name."""

_STUCK = ("failed", "held", "cancelled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What one task works on: the declaration, its inputs as resolved now, its identity."""

    asset: AssetSpec | SourceTable
    inputs: Mapping[str, Snapshot]
    refs: tuple[InputRef, ...]
    fingerprint: str
    key: str
    split: str
    checks: str
    began: float


def perform(line: Line, name: str, done: Mapping[str, Outcome]) -> Outcome:
    """Carry one asset as far as it goes; failures become outcomes, never exceptions.

    Transient failures are tried again with a growing wait, terminal ones never.
    """
    line.tell(Started(asset=name))
    began = time.perf_counter()
    asset = line.assets[name]
    allowed = asset.retries if isinstance(asset, AssetSpec) else line.spec.settings.retries
    attempt = 1
    while True:
        try:
            outcome = _attempt(line, name, done)
            break
        except Cancelled as stopped:
            outcome = Outcome(asset=name, word="cancelled", problems=stopped.problems)
            break
        except (AndonError, OSError) as error:
            failure = error if isinstance(error, AndonError) else _refused(name, error)
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
    outcome = replace(
        outcome,
        seconds=time.perf_counter() - began,
        attempts=attempt,
        rows_before=served.rows if served else None,
    )
    line.tell(outcome)
    return outcome


def _refused(name: str, error: OSError) -> TaskFailed:
    """A failure of the system that no part of the work told in its own words."""
    return TaskFailed(
        Problem(
            code="RUN008",
            what=f"the system refused what `{name}` needs: {error.strerror or type(error).__name__}",
            why=f"it concerns `{Path(os.fsdecode(error.filename)).name}`"
            if isinstance(error.filename, str | bytes)
            else "it did not say which file it concerns",
            fix="look at disk space, rights and `andon doctor`, then run again",
        )
    )


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
    job = _job(line, name, done)
    if _is_withdrawn(line, name, job.key, job.split):
        return _withdrawn(line, name)
    found = _finished(line, job) or _taken_over(line, job)
    if found is not None and _is_withdrawn(line, name, found.build_key, found.split):
        return _withdrawn(line, name)
    if found is None:
        with line.tools.store.lock(f"build-{job.key[:_STRIPE]}"):
            # Somebody else may have built the same key while we waited for it.
            found = _finished(line, job)
            if found is None:
                return _build(line, job)
    return _judge_again(line, job, found)


def _job(line: Line, name: str, done: Mapping[str, Outcome]) -> Job:
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


def _finished(line: Line, job: Job) -> Snapshot | None:
    """A snapshot with this key that may be used as it is; a view also by its exact inputs."""
    name = job.asset.name
    current = line.current(name)
    if current is not None and current.id in line.damaged:
        current = None
    if current is not None and (current.build_key, current.split) == (job.key, job.split):
        found: Snapshot | None = current
    else:
        key = (name, job.key, job.split)
        found = line.tools.catalog.find([key]).get(key)
    if found is not None and found.kind == "view":
        bound = {item.snapshot_id for item in found.inputs}
        if bound != {item.snapshot_id for item in job.refs}:
            return None
    return found


def _taken_over(line: Line, job: Job) -> Snapshot | None:
    """The snapshot of the asset's former name, recorded under the new one; nothing is built."""
    name = job.asset.name
    former_name = line.actions[name].renamed_from
    former = line.current(former_name) if former_name else None
    if former is None or former.id in line.damaged:
        return None
    if (former.build_key, former.split) != (job.key, job.split):
        return None
    taken = replace(
        former,
        id=line.tools.new_id(),
        asset=name,
        run_id=line.run_id,
        created_at=line.tools.clock.now(),
        status="candidate",
        status_at=None,
        facts=(*former.facts, (RENAMED_FROM, former.asset)),
    )
    known = next((a for a in line.tools.catalog.audits(former.id) if a.checks == job.checks), None)
    updates: list[Update] = [AddSnapshot(snapshot=taken)]
    if known is not None:
        updates.append(AddAudit(audit=replace(known, snapshot_id=taken.id, files=())))
    line.tools.catalog.commit(Commit(updates=tuple(updates)), line.tools.clock.now())
    return taken


def _is_withdrawn(line: Line, name: str, key: str, split: str) -> bool:
    """Whether a build was taken back and not released; one that is served again is not."""
    current = line.current(name)
    is_served = current is not None and (current.build_key, current.split) == (key, split)
    return (name, key, split) in line.state.withdrawn and not is_served


def _withdrawn(line: Line, name: str) -> Outcome:
    return Outcome(asset=name, word="unchanged", snapshot=line.current(name))


def _judge_again(line: Line, job: Job, found: Snapshot) -> Outcome:
    """Use a finished snapshot; judge its checks only if these have not been judged on it."""
    name = job.asset.name
    current = line.current(name)
    is_current = current is not None and current.id == found.id
    known = next((a for a in line.tools.catalog.audits(found.id) if a.checks == job.checks), None)
    if known is not None or not job.checks:
        word: Word = "unchanged" if is_current else "reused"
        return _verdict(name, word, found, known)
    built = Built(schema=found.schema, relation=Scans(line.tools).of(found), rows=found.rows)
    proof = prove(line, _subject(line, job, built))
    audit = _audit(line, job, found.id, proof)
    updates: list[Update] = [AddAudit(audit=audit), *_events(line, name, audit)]
    if not is_current and found.status != "accepted":
        status: Literal["rejected", "candidate"] = (
            "rejected" if audit.verdict == "fail" else "candidate"
        )
        updates.append(SetStatus(snapshot_ids=(found.id,), status=status))
    line.tools.catalog.commit(Commit(updates=tuple(updates)), line.tools.clock.now())
    return _verdict(name, "audited" if is_current else "reused", found, audit)


def _build(line: Line, job: Job) -> Outcome:
    name = job.asset.name
    current = line.current(name)
    is_damaged = current is not None and current.id in line.damaged
    if is_damaged:
        current = None
    if isinstance(job.asset, SourceTable):
        built = build_source(line, job.asset, current, is_damaged=is_damaged)
    else:
        built = build_asset(line, job.asset, job.inputs)
    proof = prove(line, _subject(line, job, built))
    of_view = Digest(algorithm="view", value=view_digest(job.fingerprint, job.refs))
    digest = proof.digest or built.digest or of_view
    if _is_same(current, built, proof, digest):
        assert current is not None
        return _same(line, job, current, built, proof)
    snapshot = _record(line, job, built, proof, digest)
    audit = _audit(line, job, snapshot.id, proof)
    updates: list[Update] = [
        AddSnapshot(snapshot=snapshot),
        AddAudit(audit=audit),
        *_learned(line, built),
    ]
    if audit.verdict == "fail":
        updates.append(SetStatus(snapshot_ids=(snapshot.id,), status="rejected"))
        snapshot = replace(snapshot, status="rejected")
    updates.extend(_events(line, name, audit))
    line.tools.catalog.commit(Commit(updates=tuple(updates)), line.tools.clock.now())
    return _verdict(name, "built", snapshot, audit)


def _learned(line: Line, built: Built) -> tuple[AddDeliveries, ...]:
    """What reading taught about deliveries, kept so that the next reading need not ask again."""
    facts = dict(built.facts)
    known = (d for found in line.state.deliveries.values() for d in found if d.id in facts)
    learned = tuple(replace(d, facts=facts[d.id]) for d in known if d.facts != facts[d.id])
    return (AddDeliveries(deliveries=learned),) if learned else ()


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
    audit = _audit(line, job, current.id, proof)
    name = job.asset.name
    line.tools.catalog.commit(
        Commit(
            updates=(
                RecordKey(asset=name, build_key=job.key, split=job.split, snapshot_id=current.id),
                AddAudit(audit=audit),
                *_learned(line, built),
                *_events(line, name, audit),
            )
        ),
        line.tools.clock.now(),
    )
    return _verdict(name, "same", current, audit)


def _subject(line: Line, job: Job, built: Built) -> Subject:
    own = job.asset.name
    local = tuple(c for c in job.asset.checks if not is_crossing(c, own))
    crossing_aside = tuple(
        c for c in job.asset.checks if is_crossing(c, own) and c.on_fail == "quarantine"
    )
    return Subject(
        asset=own,
        checks=local + crossing_aside,
        limit=quarantine_limit(job.asset),
        schema=built.schema,
        relation=built.relation,
        parts=built.parts,
        references=references(Scans(line.tools), crossing_aside, own, job.inputs),
        logical_time=line.plan.logical_time,
        wants_digest=bool(built.parts) and built.digest is None,
        rows=built.rows,
    )


def _record(line: Line, job: Job, built: Built, proof: Proof, digest: Digest) -> Snapshot:
    name = job.asset.name
    snapshot_id = line.tools.new_id()
    files = tuple(keep(line, name, part) for part in proof.parts)
    is_source = isinstance(job.asset, SourceTable)
    return Snapshot(
        id=snapshot_id,
        asset=name,
        kind="view" if built.query else "table",
        build_key=job.key,
        split=job.split,
        fingerprint=job.fingerprint,
        schema=built.schema,
        rows=proof.rows,
        digest=digest,
        run_id=line.run_id,
        created_at=line.tools.clock.now(),
        files=files,
        inputs=job.refs,
        query=built.query or built.reading,
        set_aside=proof.set_aside + built.malformed,
        deliveries=line.forecasts[name].deliveries if is_source else (),
        facts=(
            ("engine", line.tools.engine_version),
            ("seconds", f"{time.perf_counter() - job.began:.3f}"),
        ),
    )


def keep(line: Line, asset: str, part: Staged | DataFile) -> DataFile:
    """Make a staged file durable; what is kept already stays as it is."""
    if isinstance(part, DataFile):
        return part
    return line.tools.store.keep(
        part.path,
        asset=asset,
        name=line.tools.new_id(),
        rows=part.rows,
        role=part.role,
        label=part.label,
    )


def _audit(line: Line, job: Job, snapshot_id: str, proof: Proof) -> Audit:
    return Audit(
        snapshot_id=snapshot_id,
        checks=job.checks,
        results=proof.results,
        run_id=line.run_id,
        at=line.tools.clock.now(),
        files=tuple(keep(line, job.asset.name, part) for part in proof.examples),
    )


def _events(line: Line, name: str, audit: Audit) -> tuple[Emit, ...]:
    """Events of failed and warned checks."""
    return tuple(
        Emit(
            event=CheckFailedEvent(
                run_id=line.run_id,
                asset=name,
                check=result.label,
                verdict=result.verdict,
                failing=result.failing,
                total=result.total,
            )
        )
        for result in audit.results
        if result.verdict != "pass"
    )


def _verdict(name: str, word: Word, snapshot: Snapshot, audit: Audit | None) -> Outcome:
    results = audit.results if audit else ()
    problems = tuple(failed_check(name, r) for r in results if r.verdict == "fail")
    return Outcome(
        asset=name,
        word="failed" if problems else word,
        snapshot=snapshot,
        audit=audit,
        problems=problems,
    )


def failed_check(asset: str, result: CheckResult) -> Problem:
    """A check with `stop` that failed, as a problem."""
    return Problem(
        code="RUN002",
        what=f"check `{result.label}` of `{asset}` failed: {result.observed}",
        why="a check that stops holds the asset and everything below it at the last good snapshot",
        fix=f"see the rows with `andon show {asset} --failing`, then mend the data or the check",
    )
