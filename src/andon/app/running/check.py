"""Check: judge what is served again, now; let the line go on without a delivery."""

from __future__ import annotations

import time

from andon.app.preparing.prepare import prepare
from andon.app.preparing.selection import Selection
from andon.app.running.line import line_of
from andon.catalog.commit import AddAudit, Commit, Emit, SetDeliveryState
from andon.catalog.records import Audit, Delivery
from andon.errors import Problem, TaskFailed, UsageError
from andon.events import DeliverySetAside
from andon.execution.line import Line, Scans, Tools
from andon.execution.outcome import Observer, Outcome
from andon.execution.proving.prove import prove, references
from andon.execution.recording.record import failed_check, keep
from andon.execution.subject import Subject
from andon.names import did_you_mean
from andon.spec.project import ProjectSpec, quarantine_limit


def check(
    tools: Tools,
    spec: ProjectSpec,
    environment: str,
    selection: Selection,
    observer: Observer,
) -> tuple[Outcome, ...]:
    """Judge the declared checks on the served snapshots, each on what readers see now.

    Verdicts are recorded; no pointer moves. Freshness is judged against the present time.
    """
    prepared = prepare(tools, spec, environment, selection)
    run_id = tools.new_id()
    line = line_of(tools, prepared, run_id, observer)
    served = (pointer.snapshot_id for pointer in prepared.state.pointers.values())
    found = []
    with tools.catalog.pin((*served, run_id), run_id):
        for name in prepared.graph.order:
            if name in prepared.plan.selected and prepared.assets[name].checks:
                outcome = _judge(line, name)
                observer(outcome)
                found.append(outcome)
    return tuple(found)


def _judge(line: Line, name: str) -> Outcome:
    began = time.perf_counter()
    asset, snapshot = line.assets[name], line.current(name)
    if snapshot is None:
        return Outcome(asset=name, word="held", because_of=name)
    scans = Scans(line.tools)
    seen = {other: line.current(other) for other in line.graph.order}
    refs = references(scans, asset.checks, name, seen)
    try:
        proof = prove(
            line,
            Subject(
                asset=name,
                checks=asset.checks,
                limit=quarantine_limit(asset),
                schema=snapshot.schema,
                engine=line.tools.engine(),
                relation=scans.of(snapshot),
                parts=(),
                references=refs,
                logical_time=line.plan.logical_time,
                wants_digest=False,
                rows=snapshot.rows,
            ),
        )
    except TaskFailed as failure:
        return Outcome(asset=name, word="failed", snapshot=snapshot, problems=failure.problems)
    audit = Audit(
        snapshot_id=snapshot.id,
        checks="now",
        results=proof.results,
        run_id=line.run_id,
        at=line.tools.clock.now(),
        files=tuple(keep(line, name, part) for part in proof.examples),
    )
    line.tools.catalog.commit(Commit(updates=(AddAudit(audit=audit),)), line.tools.clock.now())
    problems = tuple(failed_check(name, r) for r in proof.results if r.verdict == "fail")
    return Outcome(
        asset=name,
        word="failed" if problems else "audited",
        seconds=time.perf_counter() - began,
        snapshot=snapshot,
        audit=audit,
        problems=problems,
        rows_before=snapshot.rows,
    )


def set_aside(tools: Tools, file: str, by: str) -> tuple[Delivery, ...]:
    """Let the line go on without a landed file: its bytes stay, its rows are not read.

    Args:
        file: path as it was found, or its end (``2013-01-05.csv``).
        by: who decided; recorded.

    Raises:
        UsageError: (APP006) no landed delivery has that path.
    """
    known = [d for d in tools.catalog.deliveries() if d.state == "landed"]
    chosen = [d for d in known if d.path == file] or [
        d for d in known if d.path.endswith(f"/{file}")
    ]
    if not chosen:
        raise UsageError(
            Problem(
                code="APP006",
                what=f"no landed file has the path `{file}`",
                why="only what arrived and is in use can be set aside",
                fix=did_you_mean(
                    file, [d.path for d in known], "see `andon show` of the raw table"
                ),
            )
        )
    events = tuple(Emit(event=DeliverySetAside(table=d.table, path=d.path, by=by)) for d in chosen)
    ids = tuple(d.id for d in chosen)
    tools.catalog.commit(
        Commit(updates=(SetDeliveryState(delivery_ids=ids, state="set_aside"), *events)),
        tools.clock.now(),
    )
    return tuple(chosen)
