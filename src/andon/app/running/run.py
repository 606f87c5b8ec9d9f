"""Run: make a plan and carry it out; after a conflict plan again and reuse what was built."""

from __future__ import annotations

import time

from andon.app.holding.hold import overtaken
from andon.app.preparing.prepare import Prepared, prepare
from andon.app.running.order import Order
from andon.app.running.sweep import sweep
from andon.app.showing.export import export_published
from andon.errors import Conflict
from andon.execution.line import Tools
from andon.execution.outcome import Outcome, RunReport
from andon.spec.project import ProjectSpec

ROUNDS = 3
"""How often a run plans again after somebody else published first."""


def run(tools: Tools, spec: ProjectSpec, order: Order) -> RunReport:
    """Execute a project once.

    Raises:
        Conflict: (RUN006) three times in a row somebody else published first; what was built is
            kept and reused by the next run.
    """
    began = time.perf_counter()
    run_id = tools.new_id()
    asked: set[str] = set()
    for round_ in range(1, ROUNDS + 1):
        prepared = prepare(tools, spec, order.environment, order.selection, limits=order.limits)
        if not prepared.plan.has_work:
            sweep(tools)
            export_published(tools, order.environment, prepared.state)
            return _nothing(run_id, prepared, order, time.perf_counter() - began, round_)
        # Imported here, so that a run with nothing to do stays light.
        from andon.app.running.carry import carry_out

        try:
            report = carry_out(tools, prepared, order, run_id, began, round_, asked)
        except Conflict:
            continue
        if report.publication is not None:
            export_published(tools, order.environment)
        return report
    raise overtaken(order.environment)


def _nothing(
    run_id: str, prepared: Prepared, order: Order, seconds: float, round_: int
) -> RunReport:
    outcomes = tuple(_unchanged(prepared, name) for name in prepared.graph.order)
    return RunReport(
        run_id=run_id,
        environment=order.environment,
        status="nothing",
        outcomes=outcomes,
        left_out=prepared.plan.left_out,
        warnings=prepared.plan.warnings,
        seconds=seconds,
        rounds=round_,
    )


def _unchanged(prepared: Prepared, name: str) -> Outcome:
    pointer = prepared.state.pointers.get(name)
    snapshot = prepared.state.snapshots[pointer.snapshot_id] if pointer else None
    is_withdrawn = prepared.actions[name].is_withdrawn
    return Outcome(asset=name, word="unchanged", snapshot=snapshot, is_withdrawn=is_withdrawn)
