"""Record: what was built and proved becomes records of the catalog."""

from __future__ import annotations

import time
from collections.abc import Sequence

from msgspec.structs import replace

from andon.acquisition.deliveries.choose import choose
from andon.catalog.commit import (
    AddDeliveries,
    Emit,
    PutSlices,
)
from andon.catalog.records import (
    Audit,
    CheckResult,
    DataFile,
    Digest,
    Snapshot,
)
from andon.catalog.slices import Slice
from andon.errors import Problem
from andon.events import CheckFailedEvent
from andon.execution.building.build import Built
from andon.execution.building.job import Job
from andon.execution.line import Line, Scans
from andon.execution.outcome import Outcome, Word
from andon.execution.proving.aside import KEPT, verdicts_stand
from andon.execution.proving.prove import Proof, references
from andon.execution.recording.evolution import evolution_of
from andon.execution.subject import Staged, Subject
from andon.spec.check import is_crossing
from andon.spec.project import quarantine_limit
from andon.spec.source import SourceTable


def subject_of(line: Line, job: Job, built: Built) -> Subject:
    """What is proved of built rows: all checks but those judged on the set to be published."""
    own = job.asset.name
    local = tuple(c for c in job.asset.checks if not is_crossing(c, own))
    crossing_aside = tuple(
        c for c in job.asset.checks if is_crossing(c, own) and c.on_fail == "quarantine"
    )
    served = line.current(own)
    if served is not None and (served.id in line.damaged or served.schema != built.schema):
        served = None
    if built.reading:
        # Files that are served as they were landed are read by one query, never one by one.
        served = None
    return Subject(
        asset=own,
        checks=local + crossing_aside,
        limit=quarantine_limit(job.asset),
        schema=built.schema,
        engine=built.engine,
        relation=built.relation,
        parts=built.parts,
        references=references(Scans(line.tools), crossing_aside, own, job.inputs),
        logical_time=line.plan.logical_time,
        wants_digest=built.digest is None and (bool(built.parts) or built.rows == 0),
        rows=built.rows,
        passed=_passed(line, job, served) if served else frozenset(),
        verdicts_stand=served is not None
        and verdicts_stand(job.asset.checks, own, served, job.split, job.refs),
        served=served,
        root=line.tools.store.root,
    )


def _passed(line: Line, job: Job, served: Snapshot) -> frozenset[str]:
    """Checks of the job that no row of what is served fails, as was found when they were judged."""
    audit = line.state.audits.get((served.id, job.checks))
    results = audit.results if audit else ()
    return frozenset(r.check for r in results if r.verdict == "pass" and not r.failing)


def snapshot_of(line: Line, job: Job, built: Built, proof: Proof, digest: Digest) -> Snapshot:
    """Keep the files of proved rows and make the record of their snapshot."""
    name = job.asset.name
    snapshot_id = line.tools.new_id()
    # Before files are moved to where they stay, since values of what was read may be asked for.
    table = job.asset if isinstance(job.asset, SourceTable) else None
    used = tuple(load.id for load in choose(built.deliveries))
    evolution = evolution_of(line, table, built, used) if table and not built.over_limit else None
    files = tuple(keep(line, name, part) for part in proof.parts)
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
        deliveries=used,
        facts=(
            ("engine", line.tools.engine_version),
            ("seconds", f"{time.perf_counter() - job.began:.3f}"),
            *(("left out", f"{told.code} {told.what}") for told in built.left_out),
            *(("note", note) for note in built.notes),
        ),
        evolution=evolution,
    )


def slices_of(
    built: Built, snapshot: Snapshot, before: Sequence[Slice] = ()
) -> tuple[PutSlices, ...]:
    """Intervals of an incremental asset, each with the label of the file of `snapshot` it lies in.

    Args:
        before: slices of that snapshot as they were recorded, where its files are kept.
    """
    if not built.slices:
        return ()
    labels = {file.label for file in snapshot.data_files}
    known = {one.start: one.label for one in before}
    otherwise = KEPT if KEPT in labels else ""
    slices = tuple(
        one if one.label in labels else replace(one, label=known.get(one.start, otherwise))
        for one in built.slices
    )
    return (PutSlices(asset=snapshot.asset, snapshot_id=snapshot.id, slices=slices),)


def learned_from(line: Line, built: Built) -> tuple[AddDeliveries, ...]:
    """What reading taught about deliveries, kept so that the next reading need not ask again."""
    facts = dict(built.facts)
    known = (d for found in line.state.deliveries.values() for d in found if d.id in facts)
    # What is read in place of another stays superseded: recorded anew it would be the newest.
    learned = tuple(
        replace(d, facts=facts[d.id], state="landed" if d.state == "refused" else d.state)
        for d in known
        if d.facts != facts[d.id] and d.state != "stand_in"
    )
    return (AddDeliveries(deliveries=learned),) if learned else ()


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
        sums=part.sums,
    )


def audit_of(line: Line, job: Job, snapshot_id: str, proof: Proof) -> Audit:
    """Keep the example rows and make the record of the verdicts."""
    return Audit(
        snapshot_id=snapshot_id,
        checks=job.checks,
        results=proof.results,
        run_id=line.run_id,
        at=line.tools.clock.now(),
        files=tuple(keep(line, job.asset.name, part) for part in proof.examples),
    )


def events_of(line: Line, name: str, audit: Audit) -> tuple[Emit, ...]:
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


def verdict_of(name: str, word: Word, snapshot: Snapshot, audit: Audit | None) -> Outcome:
    """The outcome of a judged snapshot: `word`, unless a check with `stop` failed."""
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
