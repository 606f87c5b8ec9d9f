"""Run: land, build, prove, publish; after a conflict plan again and reuse what was built."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from andon.app.export import export_published
from andon.app.prepare import EVERYTHING, Prepared, Selection, forecast, prepare
from andon.catalog.commit import AddDeliveries, Commit, Emit, PutRun, SetStatus, Update
from andon.catalog.records import Delivery, Publication, RunRecord
from andon.errors import Conflict, Problem
from andon.events import (
    DeliveryLanded,
    DeliveryRepeated,
    DeliveryVanished,
    RunFinished,
    RunStarted,
    TaskFinished,
)
from andon.execution.line import Line, Tools
from andon.execution.outcome import Landed, Observer, Outcome, RunReport, ignore
from andon.execution.publish import Settled, publish, settle_run
from andon.execution.schedule import run_all
from andon.execution.task import perform
from andon.graph.order import critical_order
from andon.spec.project import ProjectSpec

ROUNDS = 3
"""How often a run plans again after somebody else published first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How a run is to go.

    Attributes:
        fail_fast: begin nothing more after the first failure.
        stopping: asked before each start; true after the first Ctrl-C.
        workers: tasks at a time.
    """

    environment: str
    selection: Selection = EVERYTHING
    fail_fast: bool = False
    observer: Observer = ignore
    stopping: Callable[[], bool] = lambda: False
    workers: int = 2


def run(tools: Tools, spec: ProjectSpec, order: Order) -> RunReport:
    """Execute a project once.

    Raises:
        Conflict: (RUN006) three times in a row somebody else published first; what was built is
            kept and reused by the next run.
    """
    began = time.perf_counter()
    run_id = tools.new_id()
    for round_ in range(1, ROUNDS + 1):
        prepared = prepare(tools, spec, order.environment, order.selection)
        if not prepared.plan.has_work:
            export_published(tools, order.environment)
            return _nothing(run_id, prepared, order, time.perf_counter() - began, round_)
        try:
            report = _round(tools, prepared, order, run_id, began, round_)
        except Conflict:
            continue
        if report.publication is not None:
            export_published(tools, order.environment)
        return report
    raise Conflict(
        Problem(
            code="RUN006",
            what=f"somebody else published to `{order.environment}` {ROUNDS} times meanwhile",
            why="a publication requires every pointer its plan read to be still the same",
            fix="run `andon run` again; what was built is kept and reused",
        )
    )


def _note_crashes(tools: Tools) -> None:
    """Record runs whose process is gone without a last word; their lock died with it."""
    for record in tools.catalog.runs(20):
        if record.status != "running":
            continue
        with tools.store.lock(f"run-{record.id}", wait=False) as is_ours:
            if is_ours:
                crashed = replace(record, status="crashed")
                tools.catalog.commit(Commit(updates=(PutRun(run=crashed),)), tools.clock.now())


def _nothing(
    run_id: str, prepared: Prepared, order: Order, seconds: float, round_: int
) -> RunReport:
    outcomes = tuple(_unchanged(prepared, name) for name in prepared.graph.order)
    return RunReport(
        run_id=run_id,
        environment=order.environment,
        status="nothing",
        outcomes=outcomes,
        seconds=seconds,
        rounds=round_,
    )


def _unchanged(prepared: Prepared, name: str) -> Outcome:
    pointer = prepared.state.pointers.get(name)
    snapshot = prepared.state.snapshots[pointer.snapshot_id] if pointer else None
    return Outcome(asset=name, word="unchanged", snapshot=snapshot)


def _round(
    tools: Tools, prepared: Prepared, order: Order, run_id: str, began: float, round_: int
) -> RunReport:
    record = RunRecord(
        id=run_id,
        environment=order.environment,
        started_at=tools.clock.now(),
        logical_time=prepared.plan.logical_time,
    )
    served = tuple(p.snapshot_id for p in prepared.state.pointers.values())
    with tools.catalog.pin(served, run_id), tools.store.lock(f"run-{run_id}"):
        tools.store.sweep()
        _note_crashes(tools)
        prepared = _land(tools, prepared, record, order.observer)
        line = _line(tools, prepared, order, run_id)
        outcomes = _perform_all(line, order)
        stopped = order.stopping()
        if stopped:
            _finish(tools, record, outcomes, "cancelled", began)
            return _report(record, outcomes, None, None, "cancelled", began, round_)
        settled = settle_run(line, outcomes)
        status: Literal["done", "failed"] = "failed" if settled.settlement.held else "done"
        removed = tuple(a.asset for a in prepared.plan.actions if a.verb == "remove")
        closing = _closing(tools, record, outcomes, status, began)
        publication = publish(line, outcomes, settled, removed, closing)
    return _report(record, outcomes, settled, publication, status, began, round_)


def _line(tools: Tools, prepared: Prepared, order: Order, run_id: str) -> Line:
    return Line(
        tools=tools,
        spec=prepared.spec,
        graph=prepared.graph,
        plan=prepared.plan,
        state=prepared.state,
        forecasts=prepared.forecasts,
        run_id=run_id,
        observer=order.observer,
        stopping=order.stopping,
        fail_fast=order.fail_fast,
        assets=prepared.assets,
        actions=prepared.actions,
        damaged=prepared.damaged,
    )


def _land(tools: Tools, prepared: Prepared, record: RunRecord, observer: Observer) -> Prepared:
    """Keep what arrived for the selected raw tables, durable and recorded, before anything is read."""
    updates: list[Update] = [
        SetStatus(snapshot_ids=tuple(sorted(prepared.damaged)), status="marked"),
        PutRun(run=record),
        Emit(
            event=RunStarted(
                run_id=record.id,
                environment=record.environment,
                assets=len(prepared.plan.selected),
            )
        ),
    ]
    landed_any = False
    for table in prepared.spec.source_tables:
        arrivals = prepared.arrivals[table.name]
        if table.name not in prepared.plan.selected:
            continue
        deliveries = tools.reader.land(table, arrivals, record.id, record.started_at)
        landed_any = landed_any or bool(deliveries)
        if deliveries:
            updates.append(AddDeliveries(deliveries=deliveries))
        updates.extend(_arrival_events(record.id, table.name, deliveries, prepared))
        if deliveries or arrivals.vanished:
            observer(
                Landed(
                    table=table.name,
                    new=len(arrivals.new),
                    changed=len(arrivals.changed),
                    repeated=tuple((item.path, same) for item, same in arrivals.repeated),
                    vanished=arrivals.vanished,
                )
            )
    tools.catalog.commit(Commit(updates=tuple(updates)), tools.clock.now())
    if not landed_any:
        return prepared
    state = replace(prepared.state, deliveries=tools.catalog.state(record.environment).deliveries)
    return replace(prepared, state=state, forecasts=forecast(tools, prepared.spec, state, {}))


def _arrival_events(
    run_id: str, table: str, deliveries: tuple[Delivery, ...], prepared: Prepared
) -> list[Emit]:
    repeated = dict(prepared.forecasts[table].repeated)
    events: list[Emit] = []
    for item in deliveries:
        if item.path in repeated:
            events.append(
                Emit(
                    event=DeliveryRepeated(
                        run_id=run_id, table=table, path=item.path, same_as=repeated[item.path]
                    )
                )
            )
        else:
            events.append(
                Emit(
                    event=DeliveryLanded(
                        run_id=run_id,
                        table=table,
                        path=item.path,
                        content=item.content,
                        bytes=item.bytes,
                    )
                )
            )
    vanished = prepared.arrivals[table].vanished
    return events + [
        Emit(event=DeliveryVanished(run_id=run_id, table=table, path=path)) for path in vanished
    ]


def _perform_all(line: Line, order: Order) -> dict[str, Outcome]:
    """Perform what the plan names; the rest is as it was."""
    due = {a.asset for a in line.plan.actions if a.verb not in ("nothing", "blocked", "remove")}
    outcomes: dict[str, Outcome] = {}
    for name in line.graph.order:
        if name not in due:
            outcomes[name] = Outcome(asset=name, word="unchanged", snapshot=line.current(name))
    failed = False

    def task(name: str) -> Outcome:
        nonlocal failed
        outcome = perform(line, name, outcomes)
        failed = failed or outcome.word == "failed"
        return outcome

    order_ = critical_order(line.graph, dict.fromkeys(line.graph.order, 1.0))
    run_all(
        line.graph.inputs,
        {name: -float(place) for place, name in enumerate(order_) if name in due},
        task,
        outcomes,
        workers=order.workers,
        should_stop=lambda: order.stopping() or (order.fail_fast and failed),
    )
    for name in line.graph.order:
        if name not in outcomes:
            outcomes[name] = Outcome(asset=name, word="cancelled", snapshot=line.current(name))
    return {name: outcomes[name] for name in line.graph.order}


def _closing(
    tools: Tools,
    record: RunRecord,
    outcomes: dict[str, Outcome],
    status: Literal["done", "failed", "cancelled"],
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
    status: Literal["cancelled"],
    began: float,
) -> None:
    updates = _closing(tools, record, outcomes, status, began)
    tools.catalog.commit(Commit(updates=updates), tools.clock.now())


def _report(
    record: RunRecord,
    outcomes: dict[str, Outcome],
    settled: Settled | None,
    publication: Publication | None,
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
        seconds=time.perf_counter() - began,
        rounds=round_,
    )
