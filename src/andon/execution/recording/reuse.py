"""Reuse: a snapshot that is finished already, under this name or a former one, is not built again."""

from __future__ import annotations

from typing import Literal

from msgspec.structs import replace

from andon.catalog.commit import (
    AddAudit,
    AddSnapshot,
    Commit,
    SetStatus,
    Update,
)
from andon.catalog.records import (
    Snapshot,
)
from andon.execution.building.build import Built
from andon.execution.building.job import Job
from andon.execution.line import Line, Scans
from andon.execution.outcome import Outcome, Word
from andon.execution.proving.prove import prove
from andon.execution.recording.record import audit_of, events_of, subject_of, verdict_of

RENAMED_FROM = "renamed from"
"""Fact of a snapshot that was taken over from an asset of another name."""


def finished(line: Line, job: Job) -> Snapshot | None:
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


def taken_over(line: Line, job: Job) -> Snapshot | None:
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


def is_withdrawn(line: Line, name: str, key: str, split: str) -> bool:
    """Whether a build was taken back and not released, as the run sees it by now."""
    return line.state.is_withdrawn(name, key, split, line.current(name))


def judge_again(line: Line, job: Job, found: Snapshot) -> Outcome:
    """Use a finished snapshot; judge its checks only if these have not been judged on it."""
    name = job.asset.name
    current = line.current(name)
    is_current = current is not None and current.id == found.id
    known = next((a for a in line.tools.catalog.audits(found.id) if a.checks == job.checks), None)
    if known is not None or not job.checks:
        word: Word = "unchanged" if is_current else "reused"
        return verdict_of(name, word, found, known)
    engine = line.tools.engine()
    relation = Scans(line.tools).of(found)
    built = Built(schema=found.schema, engine=engine, relation=relation, rows=found.rows)
    proof = prove(line, subject_of(line, job, built))
    audit = audit_of(line, job, found.id, proof)
    updates: list[Update] = [AddAudit(audit=audit), *events_of(line, name, audit)]
    if not is_current and found.status != "accepted":
        status: Literal["rejected", "candidate"] = (
            "rejected" if audit.verdict == "fail" else "candidate"
        )
        updates.append(SetStatus(snapshot_ids=(found.id,), status=status))
    line.tools.catalog.commit(Commit(updates=tuple(updates)), line.tools.clock.now())
    return verdict_of(name, "audited" if is_current else "reused", found, audit)
