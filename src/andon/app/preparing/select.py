"""Select: what the selector language of the user stands for in a project, now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from andon.app.preparing.selection import Selection
from andon.events import CheckFailedEvent, Event, RunStarted, TaskFinished
from andon.execution.line import Tools
from andon.graph.order import Graph
from andon.graph.select import Facts, select
from andon.planning.action import Plan
from andon.spec.asset import AssetSpec
from andon.spec.source import SourceTable

_PAGE = 10_000


def chosen(
    tools: Tools,
    graph: Graph,
    assets: Mapping[str, AssetSpec | SourceTable],
    whole: Plan,
    selection: Selection,
) -> frozenset[str]:
    """Names a selection stands for; `whole` is the plan without it, for ``state:``."""
    wanted = f"{selection.select or ''} {selection.exclude or ''}"
    facts = Facts(
        tags={name: asset.tags for name, asset in assets.items()},
        owners={name: asset.owner for name, asset in assets.items()},
        paths={
            name: asset.path if isinstance(asset, AssetSpec) else asset.where_path
            for name, asset in assets.items()
        },
        sources=_by_source(assets),
        states=_states(whole),
        results=_results(_events(tools)) if "result:" in wanted else {},
    )
    return select(graph, selection.select or "", facts, exclude=selection.exclude or "")


def _by_source(assets: Mapping[str, AssetSpec | SourceTable]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, asset in assets.items():
        if isinstance(asset, SourceTable):
            found.setdefault(asset.source, []).append(name)
    return found


def _states(whole: Plan) -> dict[str, tuple[str, ...]]:
    """``unchanged`` needs nothing, ``modified`` something; ``new`` was never published."""
    found: dict[str, tuple[str, ...]] = {}
    for action in whole.actions:
        is_idle = action.verb in ("nothing", "blocked")
        states = ("unchanged",) if is_idle else ("modified",)
        found[action.asset] = states if action.current else (*states, "new")
    return found


def _events(tools: Tools) -> Iterator[Event]:
    after = 0
    while page := tools.catalog.events(after=after, limit=_PAGE):
        for number, _, event in page:
            after = number
            yield event


def _results(events: Iterator[Event]) -> dict[str, list[str]]:
    """What became of each asset in the newest run that did something."""
    found: dict[str, list[str]] = {}
    for event in events:
        match event:
            case RunStarted():
                found = {}
            case TaskFinished(asset=asset, outcome=outcome):
                word = {"failed": "fail", "held": "held", "cancelled": "cancelled"}
                found.setdefault(asset, []).append(word.get(outcome, "ok"))
            case CheckFailedEvent(asset=asset, verdict="warn"):
                found.setdefault(asset, []).append("warn")
            case _:
                pass
    return found
