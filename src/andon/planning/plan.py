"""The planner: declarations and the state of an environment in, a plan out. It decides, never writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct, field
from msgspec.structs import replace

from andon.catalog.records import Audit, CheckResult, InputRef, Snapshot, State
from andon.catalog.slices import Slice
from andon.graph.order import Graph
from andon.planning.action import Action, Forecast, Kind, Plan, Verb
from andon.planning.fingerprint import build_key, fingerprint
from andon.planning.slices import ANY, Limits
from andon.planning.told import told
from andon.spec.asset import AssetSpec, SqlBody
from andon.spec.check import Check, identity_of, references_of
from andon.spec.project import ProjectSpec
from andon.spec.slicing import Slicing
from andon.spec.source import SourceTable

Key = tuple[str, str, str]
"""Asset, build key, split."""


class Identity(Struct, frozen=True, kw_only=True):
    """Hashes over an asset's checks, made where checks are understood."""

    split: str
    checks: str


class Question(Struct, frozen=True, kw_only=True):
    """Everything a plan is made from.

    Attributes:
        forecasts: per raw table what its origin holds.
        identities: per asset the hashes over its checks.
        find: finished snapshots by key; asked only where the served one does not fit.
        selected: names that may be built; None means all.
        fingerprints: of every declared SQL and Python asset.
        damaged: served snapshots a file of which is missing or altered; they are built anew.
        limits: which intervals of incremental assets may be run.
        slices: intervals of a snapshot by its id; asked only where they are told of.
    """

    project: ProjectSpec
    graph: Graph
    state: State
    forecasts: Mapping[str, Forecast]
    identities: Mapping[str, Identity]
    find: Callable[[Key], Snapshot | None]
    engine_version: str
    logical_time: datetime
    selected: frozenset[str] | None = None
    fingerprints: dict[str, str] = field(default_factory=dict)
    damaged: frozenset[str] = frozenset()
    limits: Limits = ANY
    slices: Callable[[str], Sequence[Slice]] = lambda _: ()


def plan(question: Question) -> Plan:
    """Say for every asset what would be done and why.

    Returns:
        Actions for every declared asset in topological order, then removals (only when nothing
        was selected: a selection never removes).
    """
    state, graph = question.state, question.graph
    assets = {str(asset.name): asset for asset in question.project.assets}
    actions: dict[str, Action] = {}
    digests: dict[str, str | None] = {}
    removed = _removed(question)
    failing: set[str] = set()
    for name in graph.order:
        is_selected = question.selected is None or name in question.selected
        if name in assets:
            action = _judge_asset(question, assets[name], digests, removed, actions)
        else:
            action = _judge_source(question, name)
            if question.forecasts[name].problems and is_selected:
                failing.add(name)
        upper = next((read for read in action.inputs if read in failing), None)
        if upper is not None and is_selected and action.verb in ("build", "maybe"):
            failing.add(name)
            action = replace(action, reasons=(f"held while `{upper}` fails",))
        actions[name] = action
        digests[name] = _digest_after(question, action, is_selected)
    left_out = _left_out(question, actions)
    if question.selected is not None:
        actions = {
            name: action if name in question.selected else _rest(action)
            for name, action in actions.items()
        }
        removed = {}
    renamed = {a.renamed_from: a.verb for a in actions.values() if a.renamed_from}
    removals = tuple(
        _removal(name, state, "renamed" if name in renamed else "no longer declared")
        for name in removed
        if renamed.get(name) != "blocked"
    )
    return Plan(
        project=question.project.name,
        environment=state.environment,
        publication=state.publication,
        logical_time=question.logical_time,
        actions=(*actions.values(), *removals),
        selected=question.selected if question.selected is not None else frozenset(graph.order),
        left_out=left_out,
        pointers=tuple(
            (name, state.pointers[name].snapshot_id if name in state.pointers else None)
            for name in (*graph.order, *removed)
        ),
        warnings=question.project.warnings,
    )


def reads_clock(asset: AssetSpec) -> bool:
    """Whether the result depends on the run's logical time."""
    return isinstance(asset.body, SqlBody) and bool(asset.body.clocks)


def key_of(
    asset: AssetSpec,
    own_fingerprint: str,
    inputs: tuple[InputRef, ...],
    engine_version: str,
    logical_time: datetime,
) -> str:
    """Build key of a declared asset on given inputs."""
    return build_key(
        own_fingerprint,
        inputs,
        engine_version,
        logical_time if reads_clock(asset) else None,
        asset.every_s,
    )


def fingerprints(project: ProjectSpec) -> dict[str, str]:
    """Fingerprint of every declared SQL and Python asset."""
    macros = {macro.name: macro for macro in project.macros}
    parameters = dict(project.parameters)
    return {
        asset.name: fingerprint(asset, macros, parameters, project.settings.seed)
        for asset in project.assets
    }


def _removed(question: Question) -> dict[str, Snapshot]:
    known = set(question.graph.order)
    return {
        name: question.state.snapshots[pointer.snapshot_id]
        for name, pointer in sorted(question.state.pointers.items())
        if name not in known
    }


def _judge_source(question: Question, name: str) -> Action:
    forecast = question.forecasts[name]
    action = _decide(
        question,
        name=name,
        kind="source",
        own=forecast.fingerprint,
        key=forecast.build_key,
        inputs=(),
        reasons=forecast.reasons,
    )
    if forecast.problems:
        return replace(action, verb="build", reasons=(f"fails: {forecast.problems[0].what}",))
    if forecast.is_waiting:
        return replace(action, verb="nothing", reasons=("nothing arrived yet",))
    if forecast.is_open and action.verb != "build":
        withdrawn = action.reasons if action.is_withdrawn else ()
        return replace(action, verb="ask", reasons=(*withdrawn, *forecast.reasons))
    return action


def _judge_asset(
    question: Question,
    asset: AssetSpec,
    digests: Mapping[str, str | None],
    removed: Mapping[str, Snapshot],
    actions: Mapping[str, Action],
) -> Action:
    own = question.fingerprints[asset.name]
    kind: Kind = (
        "view"
        if asset.materialize == "view"
        else "sql"
        if isinstance(asset.body, SqlBody)
        else "python"
    )
    unknown = tuple(name for name in asset.reads if digests[name] is None)
    key: str | None = None
    if not unknown:
        refs = tuple(
            InputRef(asset=name, snapshot_id="", digest=digests[name] or "") for name in asset.reads
        )
        key = key_of(asset, own, refs, question.engine_version, question.logical_time)
    action = _decide(
        question, name=asset.name, kind=kind, own=own, key=key, inputs=asset.reads, reasons=()
    )
    if isinstance(asset.slicing, Slicing) and (
        question.selected is None or asset.name in question.selected
    ):
        served = question.state.snapshots.get(action.current or "")
        action = told(action, asset.slicing, served, question.limits, question.slices)
    if action.verb == "build" and _only_clock_moved(question, asset, own, digests):
        action = replace(action, reasons=("its clock is due",))
    absent = next((n for n in unknown if actions[n].verb == "blocked"), None)
    if absent is not None:
        return replace(action, verb="blocked", reasons=(f"reads `{absent}`, which was withdrawn",))
    if unknown and action.verb == "maybe":
        words = ", ".join(f"`{name}`" for name in unknown[:3]) + (" …" if len(unknown) > 3 else "")
        return replace(action, reasons=(f"if the content of {words} changes",))
    if action.current is None and action.verb in ("build", "maybe", "reuse", "blocked"):
        former = next((n for n, s in removed.items() if s.fingerprint == own), None)
        if former is not None and action.verb in ("reuse", "blocked"):
            # It was taken over before, and is held or was taken back: the former name stays.
            return replace(action, renamed_from=former)
        if former is not None:
            return replace(action, verb="rename", renamed_from=former, reasons=("same definition",))
    return action


def _only_clock_moved(
    question: Question, asset: AssetSpec, own: str, digests: Mapping[str, str | None]
) -> bool:
    """Whether definition and inputs are those of the served snapshot, so that time alone made it due."""
    pointer = question.state.pointers.get(asset.name)
    current = question.state.snapshots[pointer.snapshot_id] if pointer else None
    if current is None or current.id in question.damaged or not reads_clock(asset):
        return False
    read = tuple((item.asset, item.digest) for item in current.inputs)
    return current.fingerprint == own and read == tuple((n, digests[n]) for n in asset.reads)


def _decide(
    question: Question,
    *,
    name: str,
    kind: Kind,
    own: str,
    key: str | None,
    inputs: tuple[str, ...],
    reasons: tuple[str, ...],
) -> Action:
    """What one asset needs, given its key (None if an input is still to be built)."""
    state, identity = question.state, question.identities[name]
    pointer = state.pointers.get(name)
    current = state.snapshots[pointer.snapshot_id] if pointer else None
    verb, why = _verb(question, name, own, key, identity, current, reasons)
    return Action(
        asset=name,
        kind=kind,
        verb=verb,
        reasons=why,
        fingerprint=own,
        build_key=key,
        split=identity.split,
        checks=identity.checks,
        inputs=inputs,
        current=current.id if current else None,
    )


def _verb(
    question: Question,
    name: str,
    own: str,
    key: str | None,
    identity: Identity,
    current: Snapshot | None,
    reasons: tuple[str, ...],
) -> tuple[Verb, tuple[str, ...]]:
    state = question.state
    if key is None:
        if current is not None and current.fingerprint == own:
            return "maybe", ()
        return "build", (_new_or_changed(current),)
    if state.is_withdrawn(name, key, identity.split, current):
        return "blocked", ("this build was withdrawn by a rollback",)
    if current is not None and current.id in question.damaged:
        return "build", ("a file of its snapshot is missing or altered",)
    is_served = current is not None and (current.build_key, current.split) == (key, identity.split)
    served = current if is_served else question.find((name, key, identity.split))
    if served is None:
        if current is None or current.fingerprint != own:
            return "build", (_new_or_changed(current), *reasons)
        if current.build_key == key:
            return "build", ("rows to set aside are declared differently",)
        return "build", reasons or ("its inputs changed",)
    if current is None or served.id != current.id:
        if (name, served.build_key, served.split) in state.withdrawn:
            # Another key was recorded against it, since it gave the same content.
            return "blocked", ("a build of the same content was withdrawn by a rollback",)
        return "reuse", ("a finished snapshot with this key is at hand", *reasons)
    if identity.checks:
        audit = state.audits.get((current.id, identity.checks))
        if audit is None:
            return "audit", ("its checks changed",)
        failing = _still_fails(question, name, audit, state.audits.get((current.id, "across")))
        if failing:
            return "audit", (f"check `{failing}` fails on what is served",)
    return "nothing", ()


def _still_fails(question: Question, name: str, own: Audit, across: Audit | None) -> str:
    """Label of a declared check that fails on what readers see; a run stays red until it is mended.

    A verdict across assets counts only while the snapshots it was judged against are served.
    """
    for result in own.results:
        if result.verdict == "fail":
            return result.label
    failed = [result for result in across.results if result.verdict == "fail"] if across else []
    if not failed:
        return ""
    declared = {identity_of(check): check for check in _checks_of(question.project, name)}
    for result in failed:
        check = declared.get(result.check)
        if check is None:
            continue
        if _stands(question.state, result, references_of(check, name)):
            return result.label
    return ""


def _stands(state: State, result: CheckResult, references: tuple[str, ...]) -> bool:
    """Whether a verdict was found on what is served now; it reads nothing where nothing is served."""
    if not result.reads:
        return any(name not in state.pointers for name in references)
    return all(
        name in state.pointers and state.pointers[name].snapshot_id == snapshot_id
        for name, snapshot_id in result.reads
    )


def _checks_of(project: ProjectSpec, name: str) -> tuple[Check, ...]:
    declared: tuple[AssetSpec | SourceTable, ...] = (*project.assets, *project.source_tables)
    return next((item.checks for item in declared if item.name == name), ())


def _new_or_changed(current: Snapshot | None) -> str:
    return "new" if current is None else "its definition changed"


def _digest_after(question: Question, action: Action, is_selected: bool) -> str | None:
    """Digest that readers of this asset will see after the plan; None if not known before it is built."""
    state = question.state
    current = state.snapshots.get(action.current or "")
    if not is_selected:
        return current.digest.value if current else None
    match action.verb:
        case "nothing" | "audit" | "blocked":
            return current.digest.value if current else None
        case "reuse":
            found = question.find((action.asset, action.build_key or "", action.split))
            return found.digest.value if found else None
        case _:
            return None


def _left_out(question: Question, actions: Mapping[str, Action]) -> tuple[str, ...]:
    """What selected assets rest on and what is due itself, but was not selected."""
    if question.selected is None:
        return ()
    above = question.graph.upstream(question.selected) - question.selected
    return tuple(
        name
        for name in question.graph.order
        if name in above and actions[name].verb in ("build", "reuse", "rename")
    )


def _rest(action: Action) -> Action:
    return replace(action, verb="nothing", reasons=("not selected",))


def _removal(name: str, state: State, reason: str) -> Action:
    return Action(
        asset=name,
        kind="sql",
        verb="remove",
        reasons=(reason,),
        fingerprint="",
        build_key=None,
        split="",
        checks="",
        current=state.pointers[name].snapshot_id,
    )
