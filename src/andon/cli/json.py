"""Records as JSON: the shapes that scripts rely on, one function per record.

Written out by hand and not dumped from the records, so that renaming a field
inside changes nothing for a script. Adding a key is no new version.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from andon.cli.text import iso, stamp

if TYPE_CHECKING:
    from andon.app.rejects.quarantine import Rejection
    from andon.app.rejects.replay import Replayed
    from andon.app.sourcing.trial import Trial
    from andon.catalog.records import (
        Audit,
        CheckResult,
        Delivery,
        Held,
        Publication,
        Snapshot,
    )
    from andon.errors import Problem, Where
    from andon.events import SchemaChanged
    from andon.execution.outcome import Notice, Outcome, RunReport
    from andon.observe.usage import SourceUsage, Usage
    from andon.planning.action import Action, Plan
    from andon.schema import FieldChange

VERSION = 1
"""Version of the shapes; a key taken away or given another meaning is a new one."""

Record = dict[str, Any]


def text_of(document: Record, *, indent: bool) -> str:
    """A document as text, indented or on one line."""
    return json.dumps(plain(document), ensure_ascii=False, indent=2 if indent else None)


def plain(value: object) -> Any:
    """A value as JSON knows it.

    Decimals are strings, so that no digit is lost; NaN and infinities are
    strings too; times are ISO 8601; bytes are base64.
    """
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else str(value)
        case datetime() | date() | time():
            return iso(value)
        case bytes():
            return base64.b64encode(value).decode("ascii")
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case Sequence() | set() | frozenset():
            return [plain(item) for item in value]
        case _:
            return str(value)


def where_record(where: Where | None) -> Record | None:
    """A place in a file."""
    if where is None:
        return None
    return {"path": where.path, "line": where.line, "column": where.column}


def problem_record(problem: Problem) -> Record:
    """One problem of an error."""
    return {
        "code": problem.code,
        "severity": problem.severity,
        "what": problem.what,
        "why": problem.why,
        "fix": problem.fix,
        "where": where_record(problem.where),
    }


def action_record(action: Action) -> Record:
    """One action of a plan."""
    return {
        "asset": action.asset,
        "kind": action.kind,
        "verb": action.verb,
        "reasons": list(action.reasons),
        "inputs": list(action.inputs),
        "snapshot": action.current,
        "build_key": action.build_key,
        "renamed_from": action.renamed_from,
    }


def plan_record(plan: Plan) -> Record:
    """A plan; `actions` holds everything, also what has nothing to do."""
    return {
        "project": plan.project,
        "environment": plan.environment,
        "publication": plan.publication,
        "logical_time": stamp(plan.logical_time),
        "has_work": plan.has_work,
        "selected": sorted(plan.selected),
        "left_out": list(plan.left_out),
        "actions": [action_record(action) for action in plan.actions],
        "warnings": [problem_record(problem) for problem in plan.warnings],
    }


def check_record(result: CheckResult) -> Record:
    """The verdict of one check."""
    return {
        "check": result.label,
        "id": result.check,
        "kind": result.kind,
        "on_fail": result.on_fail,
        "verdict": result.verdict,
        "failing": result.failing,
        "total": result.total,
        "observed": result.observed,
        "set_aside": result.set_aside,
        "reads": dict(result.reads),
    }


def audit_record(audit: Audit | None) -> Record | None:
    """The checks of one snapshot."""
    if audit is None:
        return None
    return {
        "snapshot": audit.snapshot_id,
        "verdict": audit.verdict,
        "at": stamp(audit.at),
        "checks": [check_record(result) for result in audit.results],
    }


def snapshot_record(snapshot: Snapshot | None) -> Record | None:
    """One state of an asset's data."""
    if snapshot is None:
        return None
    return {
        "id": snapshot.id,
        "kind": snapshot.kind,
        "status": snapshot.status,
        "rows": snapshot.rows,
        "set_aside": snapshot.set_aside,
        "bytes": sum(file.bytes for file in snapshot.data_files),
        "created_at": stamp(snapshot.created_at),
        "run": snapshot.run_id,
        "build_key": snapshot.build_key,
        "digest": snapshot.digest.value,
        "columns": [{"name": c.name, "type": c.type} for c in snapshot.schema.columns],
        "inputs": [{"asset": i.asset, "snapshot": i.snapshot_id} for i in snapshot.inputs],
        "facts": dict(snapshot.facts),
    }


def held_record(held: Held) -> Record:
    """An asset that stayed behind."""
    return {
        "asset": held.asset,
        "reason": held.reason,
        "because_of": held.because_of,
        "newer": list(held.newer),
    }


def publication_record(publication: Publication | None) -> Record | None:
    """One step of an environment."""
    if publication is None:
        return None
    return {
        "number": publication.number,
        "id": publication.id,
        "environment": publication.environment,
        "kind": publication.kind,
        "at": stamp(publication.at),
        "run": publication.run_id,
        "note": publication.note,
        "partial": publication.is_partial,
        "changes": [
            {"asset": change.asset, "before": change.before, "after": change.after}
            for change in publication.changes
        ],
        "held": [held_record(held) for held in publication.held],
    }


def field_change_record(change: FieldChange) -> Record:
    """How one column differs from what it was."""
    return {
        "path": change.path,
        "kind": change.kind,
        "breaking": change.is_breaking,
        "before": change.before or None,
        "after": change.after or None,
        "was": change.was or None,
        "sureness": change.sureness,
        "kept": change.is_kept,
    }


def schema_change_record(event: SchemaChanged) -> Record:
    """Changes of one raw table that were published together."""
    return {
        "table": event.table,
        "publication": event.publication_id,
        "run": event.run_id,
        "breaking": event.is_breaking,
        "seconds": event.seconds,
        "changes": [field_change_record(change) for change in event.changes],
    }


def outcome_record(outcome: Outcome) -> Record:
    """What became of one asset."""
    snapshot = outcome.snapshot
    return {
        "asset": outcome.asset,
        "outcome": outcome.word,
        "seconds": round(outcome.seconds, 3),
        "attempts": outcome.attempts,
        "rows": snapshot.rows if snapshot else None,
        "rows_before": outcome.rows_before,
        "set_aside": snapshot.set_aside if snapshot else 0,
        "snapshot": snapshot.id if snapshot else None,
        "because_of": outcome.because_of or None,
        "note": outcome.note or None,
        "withdrawn": outcome.is_withdrawn,
        "schema_changes": [field_change_record(change) for change in outcome.changes],
        "audit": audit_record(outcome.audit),
        "problems": [problem_record(problem) for problem in outcome.problems],
    }


def report_record(report: RunReport, exit_code: int) -> Record:
    """The result of a run."""
    return {
        "status": report.status,
        "exit_code": exit_code,
        "run": report.run_id,
        "environment": report.environment,
        "seconds": round(report.seconds, 3),
        "rounds": report.rounds,
        "publication": publication_record(report.publication),
        "outcomes": [outcome_record(outcome) for outcome in report.outcomes],
        "held": [held_record(held) for held in report.held],
        "left_out": list(report.left_out),
        "warnings": [problem_record(problem) for problem in report.warnings],
        "schema_changes": [schema_change_record(event) for event in report.schema_changes],
    }


def delivery_record(delivery: Delivery) -> Record:
    """One arrival of a file."""
    return {
        "id": delivery.id,
        "table": delivery.table,
        "path": delivery.path,
        "state": delivery.state,
        "bytes": delivery.bytes,
        "sha256": delivery.content,
        "arrived_at": stamp(delivery.arrived_at),
    }


def rejection_record(one: Rejection) -> Record:
    """Like things that were rejected of one origin."""
    return {
        "table": one.table,
        "what": one.what,
        "by": one.by,
        "reason": one.reason,
        "origin": one.origin or None,
        "count": one.count,
        "since": stamp(one.since) if one.since else None,
    }


def replay_record(done: Replayed) -> Record:
    """What a replay did."""
    return {
        "table": done.table,
        "landed": [
            {"path": one.path, "repairs": one.repairs, "rows": one.rows, "new": one.is_new}
            for one in done.landed
        ],
        "restored": list(done.restored),
        "tried": list(done.tried),
    }


def trial_record(trial: Trial) -> Record:
    """One table of a source that was tried."""
    return {
        "table": trial.table,
        "found": trial.found,
        "columns": [{"name": c.name, "type": c.type} for c in trial.columns],
        "rows": trial.rows,
        "set_aside": trial.set_aside,
        "problems": [problem_record(problem) for problem in trial.problems],
    }


def usage_record(usage: Usage) -> Record:
    """Cost and use of one raw table, or of a source."""
    return {
        "days": usage.days,
        "deliveries": usage.deliveries,
        "first_arrival": stamp(usage.first_arrival) if usage.first_arrival else None,
        "last_arrival": stamp(usage.last_arrival) if usage.last_arrival else None,
        "bytes": {
            "landed": usage.bytes.landed,
            "kept": usage.bytes.kept,
            "superseded": usage.bytes.superseded,
            "table": usage.bytes.table,
            "built_on": usage.bytes.built_on,
        },
        "runs": len(usage.work.runs),
        "seconds": {
            "landing": round(usage.work.landing_s, 3),
            "building": round(usage.work.building_s, 3),
            "built_on": round(usage.work_on.building_s, 3),
        },
        "built_on": list(usage.built_on),
        "last_read": stamp(usage.use.last_read) if usage.use.last_read else None,
        "reads": usage.use.reads,
        "readers": list(usage.use.readers),
        "idle_days": usage.idle.days if usage.idle is not None else None,
    }


def source_record(one: SourceUsage) -> Record:
    """One source, with each of its tables."""
    return {
        "source": one.source,
        "kind": one.kind,
        "system": one.system,
        "owner": one.owner,
        **usage_record(one.whole),
        "tables": [{"table": name, **usage_record(usage)} for name, usage in one.tables],
    }


def notice_record(notice: Notice) -> Record:
    """One line of `--jsonl` while a run goes on; `event` names its kind."""
    from andon.execution.outcome import Landed, Outcome, Retrying, Started

    match notice:
        case Started():
            return {"event": "started", "asset": notice.asset}
        case Retrying():
            return {
                "event": "retrying",
                "asset": notice.asset,
                "attempt": notice.attempt,
                "wait_s": round(notice.wait_s, 3),
                "problem": problem_record(notice.problem),
            }
        case Landed():
            return {
                "event": "landed",
                "table": notice.table,
                "new": notice.new,
                "changed": notice.changed,
                "repeated": [{"path": a, "same_as": b} for a, b in notice.repeated],
                "vanished": list(notice.vanished),
            }
        case Outcome():
            return {"event": "finished", **outcome_record(notice)}
