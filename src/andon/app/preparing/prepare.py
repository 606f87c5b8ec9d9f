"""Prepare: load the declarations, read the state, look at the origins, make the plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from andon.acquisition.columns.facts import may_be_refused
from andon.acquisition.deliveries.arrivals import Arrivals
from andon.app.preparing.forecast import Unseen, forecast, in_force, look
from andon.app.preparing.selection import Selection
from andon.catalog.records import Snapshot, State
from andon.checks.identity import checks_identity, split_identity
from andon.errors import DataCorrupt, Problem
from andon.execution.line import Tools
from andon.graph.order import Graph, build
from andon.planning.action import Action, Forecast, Plan
from andon.planning.plan import Identity, Question, fingerprints, plan
from andon.planning.slices import ANY, Limits
from andon.spec.asset import AssetSpec, SqlBody
from andon.spec.project import ProjectSpec, quarantine_limit
from andon.spec.source import SourceTable


class Prepared(Struct, frozen=True, kw_only=True):
    """A plan together with everything it was made from."""

    spec: ProjectSpec
    graph: Graph
    assets: Mapping[str, AssetSpec | SourceTable]
    state: State
    arrivals: Mapping[str, Arrivals]
    forecasts: Mapping[str, Forecast]
    plan: Plan
    damaged: frozenset[str]

    @property
    def actions(self) -> dict[str, Action]:
        """Actions of the plan by asset."""
        return {action.asset: action for action in self.plan.actions}


def declared(spec: ProjectSpec) -> dict[str, AssetSpec | SourceTable]:
    """All declared assets by name, raw tables included."""
    found: dict[str, AssetSpec | SourceTable] = {t.name: t for t in spec.source_tables}
    found.update({asset.name: asset for asset in spec.assets})
    return found


def kind_of(asset: AssetSpec | SourceTable) -> str:
    """source, view, sql or python."""
    if isinstance(asset, SourceTable):
        return "source"
    if asset.materialize == "view":
        return "view"
    return "sql" if isinstance(asset.body, SqlBody) else "python"


def graph_of(spec: ProjectSpec) -> Graph:
    """Build graph: asset -> what it is built from."""
    edges: dict[str, tuple[str, ...]] = {table.name: () for table in spec.source_tables}
    edges.update({asset.name: asset.reads for asset in spec.assets})
    return build(edges)


def prepare(
    tools: Tools,
    spec: ProjectSpec,
    environment: str,
    selection: Selection,
    logical_time: datetime | None = None,
    limits: Limits = ANY,
) -> Prepared:
    """Make a plan. Reads only: bytes of a source file only where its size or time say so."""
    graph = graph_of(spec)
    assets = declared(spec)
    state = in_force(tools, spec, tools.catalog.state(environment))
    arrivals, unseen = look(tools, spec, state, graph)
    forecasts = forecast(tools, spec, state, arrivals, unseen)
    broken = damaged(tools, state)
    asked: dict[tuple[str, str, str], Snapshot | None] = {}

    def find(key: tuple[str, str, str]) -> Snapshot | None:
        if key not in asked:
            asked[key] = tools.catalog.find([key]).get(key)
        return asked[key]

    def decide(selected: frozenset[str] | None) -> Plan:
        return plan(
            Question(
                project=spec,
                graph=graph,
                state=state,
                forecasts=forecasts,
                identities=_identities(assets),
                find=find,
                engine_version=tools.engine_version,
                logical_time=logical_time or tools.clock.now(),
                selected=selected,
                fingerprints=fingerprints(spec),
                damaged=broken,
                limits=limits,
                slices=tools.slices.slices,
            )
        )

    made = decide(None)
    if not selection.is_whole:
        from andon.app.preparing.select import chosen

        made = decide(chosen(tools, graph, assets, made, selection))
    failing = (p for name, found in unseen.items() if name in made.selected for p in found)
    left_out = _left_out(spec, forecasts, made.selected)
    made = replace(
        made,
        warnings=(
            *made.warnings,
            *failing,
            *_waiting(arrivals, unseen, made.selected),
            *left_out,
            *_vanished(arrivals),
            *_anew(arrivals),
        ),
    )
    return Prepared(
        spec=spec,
        graph=graph,
        assets=assets,
        state=state,
        arrivals=arrivals,
        forecasts=forecasts,
        plan=made,
        damaged=broken,
    )


def damaged(tools: Tools, state: State) -> frozenset[str]:
    """Served snapshots a file of which is missing or altered, told by size and time.

    A view has no files of its own: it is damaged if anything it reads is.
    """
    known = _with_view_inputs(tools, state)
    found: set[str] = set()
    for snapshot in known.values():
        try:
            for file in snapshot.data_files:
                tools.store.verify(file)
        except DataCorrupt:
            found.add(snapshot.id)
    views = [s for s in known.values() if s.kind == "view"] if found else []
    while True:
        fallen = {v.id for v in views if any(ref.snapshot_id in found for ref in v.inputs)}
        if fallen <= found:
            return frozenset(found & state.snapshots.keys())
        found |= fallen


def _with_view_inputs(tools: Tools, state: State) -> dict[str, Snapshot]:
    """Served snapshots by id, and what views among them read, through views of views."""
    known = dict(state.snapshots)
    latest = list(known.values())
    while latest:
        wanted = {r.snapshot_id for s in latest if s.kind == "view" for r in s.inputs}
        missing = sorted(wanted - known.keys())
        latest = list(tools.catalog.snapshots(ids=missing)) if missing else []
        known.update((snapshot.id, snapshot) for snapshot in latest)
    return known


def _left_out(
    spec: ProjectSpec, forecasts: Mapping[str, Forecast], selected: frozenset[str]
) -> Iterator[Problem]:
    """A warning for every delivery that is known to be unreadable and was not replaced, and for what
    cannot be acquired."""
    for table in spec.source_tables:
        found = forecasts[table.name]
        if table.name in selected:
            yield from found.left_out
            if any(may_be_refused(one.facts) for one in found.known):
                from andon.acquisition.readings.refused import problems_of

                yield from problems_of(table, found.known)


def _waiting(
    arrivals: Mapping[str, Arrivals], unseen: Unseen, selected: frozenset[str]
) -> Iterator[Problem]:
    """A warning for every raw table that waits for its first delivery and fails nothing."""
    for table, found in arrivals.items():
        if table in selected and table not in unseen:
            yield from (replace(problem, severity="warning") for problem in found.waits)


def _anew(arrivals: Mapping[str, Arrivals]) -> Iterator[Problem]:
    """A warning for every file that grows and began anew."""
    for table, found in arrivals.items():
        for path in found.anew:
            yield Problem(
                code="SRC069",
                what=f"`{path}` of `{table}` was truncated or replaced: it is read from its beginning",
                why="the bytes that were landed of it are not there any more; their rows stay in the "
                "table",
                fix="nothing if it was rotated; if it was written anew as a whole, take `grows` out",
                severity="warning",
            )


def _vanished(arrivals: Mapping[str, Arrivals]) -> Iterator[Problem]:
    """A warning for every raw table whose files went away."""
    for table, found in arrivals.items():
        if found.vanished:
            count = len(found.vanished)
            shown = ", ".join(f"`{path}`" for path in found.vanished[:3])
            yield Problem(
                code="RUN007",
                what=f"`{table}`: {count} file{'s' * (count > 1)} no longer at the origin: {shown}"
                + (f" and {count - 3} more" if count > 3 else ""),
                why="what arrived is kept byte for byte, so its rows stay in the table",
                fix="nothing, or take its rows out with `andon check --set-aside FILE`",
                severity="warning",
            )


def _identities(assets: Mapping[str, AssetSpec | SourceTable]) -> dict[str, Identity]:
    return {
        name: Identity(
            split=split_identity(asset.checks, quarantine_limit(asset)),
            checks=checks_identity(asset.checks) if asset.checks else "",
        )
        for name, asset in assets.items()
    }
