"""Carry a plan out: build, prove and publish what it names, in one round."""

from __future__ import annotations

import time
from typing import Literal

from msgspec.structs import replace

from andon.app.holding.hold import are_usable, overtaken
from andon.app.preparing.prepare import Prepared
from andon.app.running.land import land
from andon.app.running.line import line_of
from andon.app.running.order import Order
from andon.app.running.sweep import sweep
from andon.catalog.commit import Commit, Emit, PutRun, Update
from andon.catalog.records import Publication, RunRecord
from andon.errors import Conflict, Problem
from andon.events import RunFinished, SchemaChanged, TaskFinished
from andon.execution.line import Line, Tools
from andon.execution.outcome import Outcome, RunReport
from andon.execution.publishing.publish import publish
from andon.execution.publishing.settle import Settled, settle_run
from andon.execution.schedule import run_all
from andon.execution.task import perform
from andon.graph.order import critical_path


def carry_out(
    tools: Tools,
    prepared: Prepared,
    order: Order,
    run_id: str,
    began: float,
    round_: int,
    asked: set[str],
) -> RunReport:
    """Land, build, prove and publish in one round.

    Args:
        asked: tables whose origin was asked in an earlier round of the same run.

    Raises:
        Conflict: (CAT001, RUN006) somebody published in between; what was built is kept.
    """
    record = RunRecord(
        id=run_id,
        environment=order.environment,
        started_at=tools.clock.now(),
        logical_time=prepared.plan.logical_time,
    )
    served = tuple(p.snapshot_id for p in prepared.state.pointers.values())
    # The run pins its own id too, which shows that it lives.
    with tools.catalog.pin((*served, run_id), run_id):
        if not are_usable(tools, [id_ for id_ in served if id_ not in prepared.damaged]):
            raise overtaken(order.environment)
        sweep(tools)
        prepared = land(tools, prepared, record, order.observer, order.stopping, asked)
        line = line_of(tools, prepared, run_id, order.observer, order.stopping, order.limits)
        outcomes = _perform_all(line, order)
        stopped = order.stopping()
        if stopped:
            _finish(tools, record, outcomes, "cancelled", began)
            return _report(line, record, outcomes, None, None, (), "cancelled", began, round_)
        settled = settle_run(line, outcomes)
        status: Literal["done", "failed"] = "failed" if settled.settlement.held else "done"
        removed = _removed(prepared, settled)
        closing = _closing(tools, record, outcomes, status, began)
        try:
            publication, changed = publish(line, outcomes, settled, removed, closing)
        except Conflict:
            _finish(tools, record, outcomes, "conflict", began)
            raise
    return _report(line, record, outcomes, settled, publication, changed, status, began, round_)


def _removed(prepared: Prepared, settled: Settled) -> tuple[str, ...]:
    """Names whose pointers go; a former name stays readable while its new one is held."""
    published = settled.settlement.published
    waiting = {
        action.renamed_from
        for action in prepared.plan.actions
        if action.renamed_from and action.asset not in published
    }
    removals = (action.asset for action in prepared.plan.actions if action.verb == "remove")
    return tuple(name for name in removals if name not in waiting)


def _perform_all(line: Line, order: Order) -> dict[str, Outcome]:
    """Perform what the plan names; the rest is as it was."""
    due = {a.asset for a in line.plan.actions if a.verb not in ("nothing", "blocked", "remove")}
    outcomes: dict[str, Outcome] = {}
    for name in line.graph.order:
        if name not in due:
            outcomes[name] = Outcome(
                asset=name,
                word="unchanged",
                snapshot=line.current(name),
                is_withdrawn=line.actions[name].is_withdrawn,
            )
    failed = False

    def task(name: str) -> Outcome:
        nonlocal failed
        outcome = perform(line, name, outcomes)
        failed = failed or outcome.word == "failed"
        return outcome

    weights = critical_path(line.graph, _costs(line))
    run_all(
        line.graph.inputs,
        {name: weights[name] for name in due},
        task,
        outcomes,
        workers=order.workers,
        should_stop=lambda: order.stopping() or (order.fail_fast and failed),
    )
    for name in line.graph.order:
        if name not in outcomes:
            outcomes[name] = Outcome(asset=name, word="cancelled", snapshot=line.current(name))
    return {name: outcomes[name] for name in line.graph.order}


def _costs(line: Line) -> dict[str, float]:
    """Seconds each asset is expected to take: what it took last, else one."""
    took = {
        s.asset: float(dict(s.facts).get("seconds", "1")) for s in line.state.snapshots.values()
    }
    return {name: took.get(name, 1.0) for name in line.graph.order}


def _closing(
    tools: Tools,
    record: RunRecord,
    outcomes: dict[str, Outcome],
    status: Literal["done", "failed", "cancelled", "conflict"],
    began: float,
) -> tuple[Update, ...]:
    """The last words of a run; they are committed together with its publication."""
    finished = tuple(
        Emit(
            event=TaskFinished(
                run_id=record.id,
                asset=outcome.asset,
                outcome=outcome.word,
                seconds=round(outcome.seconds, 6),
                rows=outcome.snapshot.rows if outcome.snapshot else None,
                snapshot_id=outcome.snapshot.id if outcome.snapshot else None,
                attempts=outcome.attempts,
                reason=outcome.problems[0].what if outcome.problems else outcome.because_of,
            )
        )
        for outcome in outcomes.values()
        if outcome.word != "unchanged"
    )
    end = replace(record, status=status, finished_at=tools.clock.now())
    seconds = round(time.perf_counter() - began, 6)
    return (
        *finished,
        PutRun(run=end),
        Emit(event=RunFinished(run_id=record.id, status=status, seconds=seconds)),
    )


def _finish(
    tools: Tools,
    record: RunRecord,
    outcomes: dict[str, Outcome],
    status: Literal["cancelled", "conflict"],
    began: float,
) -> None:
    updates = _closing(tools, record, outcomes, status, began)
    tools.catalog.commit(Commit(updates=updates), tools.clock.now())


def _warnings(line: Line, outcomes: dict[str, Outcome]) -> tuple[Problem, ...]:
    """What was told when planning, then what the tasks found; each once."""
    told = [p for p in line.plan.warnings if p.severity == "warning"]
    found = [
        p for outcome in outcomes.values() for p in (*outcome.warnings, *_broken(line, outcome))
    ]
    return tuple(dict.fromkeys([*told, *found]))


def _broken(line: Line, outcome: Outcome) -> tuple[Problem, ...]:
    """A warning if what arrived changed a raw table so that readers of it may break."""
    evolution = outcome.snapshot.evolution if outcome.snapshot else None
    if not outcome.changes or (evolution is not None and evolution.is_declared):
        return ()
    from andon.acquisition.columns.changes import warning_of

    name = outcome.asset
    warning = warning_of(name, outcome.changes, line.graph.readers[name], line.assets[name].owner)
    return (warning,) if warning else ()


def _report(
    line: Line,
    record: RunRecord,
    outcomes: dict[str, Outcome],
    settled: Settled | None,
    publication: Publication | None,
    changed: tuple[SchemaChanged, ...],
    status: Literal["done", "failed", "cancelled"],
    began: float,
    round_: int,
) -> RunReport:
    """Outcomes with the verdicts of checks across assets added."""
    return RunReport(
        run_id=record.id,
        environment=record.environment,
        status=status,
        outcomes=tuple(outcomes.values()),
        publication=publication,
        held=settled.settlement.held if settled else (),
        crossings=settled.verdicts if settled else (),
        left_out=line.plan.left_out,
        warnings=_warnings(line, outcomes),
        seconds=time.perf_counter() - began,
        rounds=round_,
        schema_changes=changed,
    )
