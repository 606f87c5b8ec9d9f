"""The line of one command: what was prepared, with the tools to carry it out."""

from __future__ import annotations

from collections.abc import Callable

from andon.app.preparing.prepare import Prepared
from andon.execution.line import Line, Tools
from andon.execution.outcome import Observer
from andon.planning.slices import ANY, Limits


def line_of(
    tools: Tools,
    prepared: Prepared,
    run_id: str,
    observer: Observer,
    stopping: Callable[[], bool] = lambda: False,
    limits: Limits = ANY,
) -> Line:
    """Everything that performing and judging assets works with."""
    return Line(
        tools=tools,
        spec=prepared.spec,
        graph=prepared.graph,
        plan=prepared.plan,
        state=prepared.state,
        forecasts=prepared.forecasts,
        run_id=run_id,
        observer=observer,
        stopping=stopping,
        assets=prepared.assets,
        actions=prepared.actions,
        damaged=prepared.damaged,
        limits=limits,
    )
