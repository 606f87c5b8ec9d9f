"""Look at assets: lists, one asset in full, the rows that failed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from andon.acquisition.readings.refused import notes_of, problems_of, without_refused
from andon.app.holding.permit import require
from andon.app.preparing.prepare import Prepared, declared, graph_of, kind_of, prepare
from andon.app.preparing.select import chosen
from andon.app.preparing.selection import Selection
from andon.app.showing.read import Moment, served
from andon.app.showing.schema_history import last_change
from andon.app.showing.source_use import table_usage
from andon.app.showing.views import AssetLine, AssetView, FailingRows
from andon.catalog.records import Audit, CheckResult, DataFile, Publication, Snapshot, State
from andon.errors import Problem, UsageError
from andon.execution.line import Tools
from andon.execution.proving.aside import QUARANTINE
from andon.execution.recording.reuse import RENAMED_FROM
from andon.intervals import shown
from andon.names import did_you_mean
from andon.planning.slices import moment_of
from andon.spec.asset import AssetSpec
from andon.spec.check import label_of
from andon.spec.project import ProjectSpec
from andon.spec.slicing import Keying, Slicing
from andon.spec.source import SourceTable

_RECENT = 10
_FEW = 3


def list_assets(
    tools: Tools, spec: ProjectSpec, environment: str, selection: Selection
) -> tuple[AssetLine, ...]:
    """One line per asset in building order; removed ones that are still served come last."""
    graph, assets = graph_of(spec), declared(spec)
    state = tools.catalog.state(environment)
    names = frozenset(graph.order)
    if not selection.is_whole:
        prepared: Prepared = prepare(tools, spec, environment, Selection())
        names = chosen(tools, graph, assets, prepared.plan, selection)
    held = _held(tools, environment)
    lines = [_line(name, assets[name], state, held) for name in graph.order if name in names]
    if selection.is_whole:
        lines += [_removed(name, state) for name in sorted(state.pointers) if name not in assets]
    return tuple(lines)


def _held(tools: Tools, environment: str) -> frozenset[str]:
    newest = tools.catalog.publications(environment, 1)
    return frozenset(item.asset for item in newest[0].held) if newest else frozenset()


def _line(
    name: str, asset: AssetSpec | SourceTable, state: State, held: frozenset[str]
) -> AssetLine:
    pointer = state.pointers.get(name)
    snapshot = state.snapshots[pointer.snapshot_id] if pointer else None
    return AssetLine(
        name=name,
        kind=kind_of(asset),
        status="held" if name in held else "published" if pointer else "never published",
        rows=snapshot.rows if snapshot else None,
        publication=pointer.publication if pointer else None,
        at=snapshot.created_at if snapshot else None,
        checks=len(asset.checks),
        owner=asset.owner,
        tags=asset.tags,
    )


def _removed(name: str, state: State) -> AssetLine:
    pointer = state.pointers[name]
    snapshot = state.snapshots[pointer.snapshot_id]
    return AssetLine(
        name=name,
        kind="removed",
        status="removed",
        rows=snapshot.rows,
        publication=pointer.publication,
        at=snapshot.created_at,
        checks=0,
        owner="",
        tags=(),
    )


def find_asset(spec: ProjectSpec, name: str) -> AssetSpec | SourceTable:
    """A declared asset.

    Raises:
        UsageError: (APP002) unknown name, with the closest known one.
    """
    known = declared(spec)
    if name not in known:
        raise UsageError(
            Problem(
                code="APP002",
                what=f"project `{spec.name}` declares no asset `{name}`",
                why="an asset's name comes from its path: assets/marts/x.sql is `marts.x`",
                fix=did_you_mean(name, known, "see all names with `andon ls`"),
            )
        )
    return known[name]


def _undeclared(tools: Tools, snapshot: Snapshot) -> AssetView:
    """What the catalog alone tells of an asset: it was removed, or the project does not load."""
    return AssetView(
        name=snapshot.asset,
        kind=snapshot.kind,
        path="",
        status="published",
        description="",
        owner="",
        tags=(),
        key=(),
        reads=tuple(ref.asset for ref in snapshot.inputs),
        read_by=(),
        declared=(),
        snapshot=snapshot,
        publication=None,
        checks=newest_results(tools, snapshot),
        candidate=None,
        candidate_checks=(),
        facts=(),
    )


def show(
    tools: Tools, spec: ProjectSpec, environment: str, name: str, as_of: Moment = None
) -> AssetView:
    """Everything about one asset, of now or of a moment."""
    snapshot = served(tools, environment, as_of).get(name)
    if snapshot is not None and name not in declared(spec):
        return _undeclared(tools, snapshot)
    asset = find_asset(spec, name)
    graph = graph_of(spec)
    state = tools.catalog.state(environment)
    pointer = state.pointers.get(name)
    history = tools.catalog.publications(environment)
    publication = next(
        (
            p
            for p in history
            if any(c.asset == name and snapshot and c.after == snapshot.id for c in p.changes)
        ),
        None,
    )
    candidate = _candidate(tools, name, snapshot, pointer.snapshot_id if pointer else None)
    return AssetView(
        name=name,
        kind=kind_of(asset),
        path=asset.path if isinstance(asset, AssetSpec) else asset.where_path,
        status=_line(name, asset, state, _held(tools, environment)).status,
        description=asset.description,
        owner=asset.owner,
        tags=asset.tags,
        key=asset.key,
        reads=graph.inputs[name],
        read_by=graph.readers[name],
        declared=tuple(label_of(check) for check in asset.checks),
        snapshot=snapshot,
        publication=publication,
        checks=newest_results(tools, snapshot),
        candidate=candidate,
        candidate_checks=newest_results(tools, candidate),
        facts=_facts(tools, spec, asset, snapshot),
        column_notes=asset.column_notes,
        schema_change=None
        if isinstance(asset, AssetSpec)
        else last_change(tools, name, environment),
        usage=None if isinstance(asset, AssetSpec) else table_usage(tools, spec, environment, name),
    )


def _candidate(
    tools: Tools, name: str, shown: Snapshot | None, pointer: str | None
) -> Snapshot | None:
    """The newest snapshot if it is not the served one: what was built last and not published."""
    newest = tried_last(tools, name)
    if newest is None or newest.status not in ("candidate", "rejected"):
        return None
    return None if newest.id in (pointer, shown.id if shown else None) else newest


def tried_last(tools: Tools, name: str) -> Snapshot | None:
    """The newest snapshot, or an older one that a later run took up again and did not publish."""
    found = tools.catalog.snapshots(name)
    if not found or found[0].status not in ("candidate", "rejected"):
        return found[0] if found else None
    unpublished = [s for s in found[:_RECENT] if s.status in ("candidate", "rejected")]
    return max(
        unpublished, key=lambda s: max([a.at for a in tools.catalog.audits(s.id)] or [s.created_at])
    )


def newest_results(tools: Tools, snapshot: Snapshot | None) -> tuple[CheckResult, ...]:
    """Newest verdicts on a snapshot: its own checks, then those across assets."""
    if snapshot is None:
        return ()
    audits = tools.catalog.audits(snapshot.id)
    own = next((a for a in audits if a.checks != "across"), None)
    across = next((a for a in audits if a.checks == "across"), None)
    # Of two sights of one check across assets, what is served was put first.
    judged = {r.check: r for r in reversed(across.results)} if across else {}
    return (*(own.results if own else ()), *reversed(judged.values()))


def _intervals(
    tools: Tools, slicing: Slicing | Keying | None, snapshot: Snapshot | None
) -> tuple[tuple[str, str], ...]:
    """How many intervals there are, from when to when, and how many of them are of older code."""
    if not isinstance(slicing, Slicing) or snapshot is None:
        return ()
    slices = tools.slices.slices(snapshot.id)
    if not slices:
        return ()
    moments = [moment for one in slices if (moment := moment_of(one.start)) is not None]
    bounds = (
        [shown(moment, slicing.every) for moment in (min(moments), max(moments))] if moments else []
    )
    told = f"{len(slices):,} {slicing.every}s" + (f", {' to '.join(bounds)}" if bounds else "")
    older = sum(1 for one in slices if one.accepted)
    return (("intervals", told), ("older code", f"{older:,} {slicing.every}s" if older else ""))


def _facts(
    tools: Tools, spec: ProjectSpec, asset: AssetSpec | SourceTable, snapshot: Snapshot | None
) -> tuple[tuple[str, str], ...]:
    if isinstance(asset, AssetSpec):
        return _intervals(tools, asset.slicing, snapshot)
    source = next(s for s in spec.sources if s.name == asset.source)
    deliveries = tools.catalog.deliveries(asset.name)
    counts: dict[str, int] = {}
    for delivery in deliveries:
        counts[delivery.state] = counts.get(delivery.state, 0) + 1
    in_force = [d for d in deliveries if d.state != "superseded"]
    used = without_refused(asset, in_force, lambda: deliveries)
    left_out, notes = problems_of(asset, used), notes_of(asset, used)
    return (
        ("system", source.system or source.name),
        ("legal basis", source.legal_basis or "not stated"),
        ("contract", _contract(asset)),
        ("deliveries", ", ".join(f"{n:,} {state}" for state, n in counts.items()) or "none"),
        (
            "last arrival",
            f"{deliveries[-1].arrived_at:%Y-%m-%dT%H:%M:%SZ}" if deliveries else "never",
        ),
        ("left out", _few([f"{told.code} {told.what}" for told in left_out])),
        ("notes", _few(notes)),
    )


def _contract(table: SourceTable) -> str:
    """The contract of a table, and what of it is not held to."""
    if not table.unheld:
        return table.contract
    many = "1 rule of it is" if len(table.unheld) == 1 else f"{len(table.unheld)} rules of it are"
    return f"{table.contract}; {many} not held to yet: {'; '.join(table.unheld)}"


def _few(found: Sequence[str]) -> str:
    """The first of many, in one text."""
    rest = f"; and {len(found) - _FEW:,} more" if len(found) > _FEW else ""
    return "; ".join(found[:_FEW]) + rest


def failing(
    tools: Tools, spec: ProjectSpec, name: str, environment: str, limit: int = 20
) -> tuple[FailingRows, ...]:
    """Rows that failed or were set aside: of the newest snapshot, and of the served one.

    Raises:
        Denied: (POL001) a rule refuses the asset, or one whose rows a check of it returned.
    """
    find_asset(spec, name)
    state = tools.catalog.state(environment)
    pointer = state.pointers.get(name)
    served_id = pointer.snapshot_id if pointer else None
    newest = tried_last(tools, name)
    wanted: dict[str, Snapshot] = {}
    if newest is not None:
        wanted[newest.id] = newest
    if served_id is not None:
        wanted.update({s.id: s for s in tools.catalog.snapshots(ids=[served_id])})
    others = (read for one in wanted.values() for read in _returned_by_checks(tools, one))
    require(tools, spec, (name, *others))
    found: list[FailingRows] = []
    for snapshot in wanted.values():
        found += _failing_of(tools, snapshot, snapshot.id == served_id, limit)
    return tuple(found)


def _returned_by_checks(tools: Tools, snapshot: Snapshot) -> Iterator[str]:
    """Other assets whose rows may stand among the failing ones: a query returns what it likes."""
    for audit in tools.catalog.audits(snapshot.id):
        for result in audit.results:
            if result.kind == "sql":
                yield from (name for name, _ in result.reads)


def _failing_of(tools: Tools, snapshot: Snapshot, is_served: bool, limit: int) -> list[FailingRows]:
    labels: dict[str, CheckResult] = {}
    files: dict[str, tuple[DataFile, str, int]] = {}
    audits: Mapping[str, Audit] = {a.checks: a for a in reversed(tools.catalog.audits(snapshot.id))}
    for audit in audits.values():
        labels.update({result.check: result for result in audit.results})
        for file in audit.files:
            result = labels.get(file.label)
            if result is not None:
                files[file.path] = (file, result.label, result.failing)
    for file in snapshot.files:
        if file.role == "aside":
            why = "quarantine" if file.label == QUARANTINE else "malformed"
            files[file.path] = (file, f"set aside ({why})", file.rows)
    found = []
    for file, label, count in files.values():
        tools.store.verify(file)
        path = tools.store.path(file)
        query = f"select * from read_parquet('{str(path).replace(chr(39), chr(39) * 2)}')"
        schema = tools.engine().describe(query, {})
        rows = tools.engine().rows(f"{query} limit {int(limit)}", {})
        found.append(
            FailingRows(
                asset=snapshot.asset,
                check=label,
                snapshot_id=snapshot.id,
                is_served=is_served,
                failing=count,
                columns=schema.names,
                rows=tuple(rows),
            )
        )
    return found


def history(
    tools: Tools, environment: str, name: str | None, limit: int
) -> tuple[Publication, ...]:
    """Publications, newest first; of one asset those that moved it, under its former names too."""
    if name is None:
        return tuple(tools.catalog.publications(environment, limit))
    names = former_names(tools, name)
    found = tools.catalog.publications(environment)
    return tuple(p for p in found if any(c.asset in names for c in p.changes))[:limit]


def former_names(tools: Tools, name: str) -> frozenset[str]:
    """The asset's name and every name it was renamed from."""
    names: set[str] = set()
    waiting = {name}
    while waiting:
        current = waiting.pop()
        names.add(current)
        facts = (dict(s.facts) for s in tools.catalog.snapshots(current))
        waiting |= {f[RENAMED_FROM] for f in facts if RENAMED_FROM in f} - names
    return frozenset(names)
