"""Rollback: publish an older set in one step, and withdraw what it replaces."""

from __future__ import annotations

from collections.abc import Mapping

from andon.app.preparing.prepare import declared, graph_of
from andon.app.showing.export import export_published
from andon.app.showing.inspect import find_asset
from andon.catalog.commit import (
    Commit,
    Emit,
    Publish,
    Release,
    RequirePointers,
    RequireUnpublished,
    RequireUsable,
    Withdraw,
)
from andon.catalog.records import Change, Publication, Snapshot, State
from andon.errors import OutcomeUnknown, Problem, UsageError
from andon.events import ReleasedEvent, RolledBack
from andon.execution.line import Tools
from andon.spec.project import ProjectSpec


def rollback(
    tools: Tools,
    spec: ProjectSpec,
    environment: str,
    *,
    to: int | None = None,
    asset: str | None = None,
    by: str,
) -> Publication:
    """Take an environment, or one asset with all that must go with it, back to an older publication.

    What is replaced is withdrawn: its build is not published again until its key changes or
    `release` allows it. With neither `to` nor `asset`, the newest publication is taken back.

    Raises:
        UsageError: (APP002) unknown asset; (APP005) there is nothing to go back to; (CAT005)
            unknown or collected publication.
        Conflict: (CAT001) somebody published in between; nothing was changed.
    """
    state = tools.catalog.state(environment)
    if asset is not None and not any(asset in names for names in (state.pointers, declared(spec))):
        find_asset(spec, asset)
    target = _target(tools, environment, state, to, asset)
    wanted = tools.catalog.state_at(environment, target) if target else {}
    names = _scope(spec, state, asset, wanted)
    changes = _changes(state, wanted, names)
    if not changes:
        raise _nothing_to_do(environment, f"{_moment(target)} is what is served already")
    publication = _publication(tools, environment, changes, target, asset, by)
    keys = _replaced(state, changes)
    commit = Commit(
        requirements=(
            RequireUnpublished(publication_id=publication.id),
            RequirePointers(
                environment=environment,
                pointers=tuple((n, p.snapshot_id) for n, p in state.pointers.items()),
            ),
            RequireUsable(snapshot_ids=tuple(c.after for c in changes if c.after)),
        ),
        updates=(
            Publish(publication=publication),
            Withdraw(environment=environment, keys=keys),
            Emit(
                event=RolledBack(
                    publication_id=publication.id,
                    environment=environment,
                    assets=tuple(c.asset for c in changes),
                    by=by,
                )
            ),
        ),
    )
    try:
        tools.catalog.commit(commit, tools.clock.now())
    except OutcomeUnknown:
        if tools.catalog.publication(publication.id) is None:
            raise
    landed = tools.catalog.publication(publication.id)
    export_published(tools, environment)
    return landed or publication


def release(
    tools: Tools, spec: ProjectSpec, environment: str, assets: tuple[str, ...], by: str
) -> int:
    """Allow withdrawn builds of these assets (all if none are named) to be published again.

    Returns how many builds were released. Safe to repeat.

    Raises:
        UsageError: (APP002) a name that is neither declared nor withdrawn.
    """
    withdrawn = tools.catalog.state(environment).withdrawn
    for name in set(assets) - {name for name, _, _ in withdrawn}:
        find_asset(spec, name)
    count = sum(1 for name, _, _ in withdrawn if not assets or name in assets)
    tools.catalog.commit(
        Commit(
            updates=(
                Release(environment=environment, assets=assets),
                Emit(event=ReleasedEvent(environment=environment, assets=assets, by=by)),
            )
        ),
        tools.clock.now(),
    )
    return count


def _target(tools: Tools, environment: str, state: State, to: int | None, asset: str | None) -> int:
    """Publication to go back to: the named one, or the one before the newest change.

    0 is the time before the first. Numbers are of the catalog, so the one before may be any smaller.
    """
    if to is not None:
        return to
    published = tools.catalog.publications(environment, 10_000)
    for place, publication in enumerate(published):
        concerned = asset is None or any(c.asset == asset for c in publication.changes)
        if not concerned:
            continue
        if publication.kind == "rollback" and asset is None:
            continue
        if _is_served(state, publication, asset):
            return published[place + 1].number if place + 1 < len(published) else 0
    raise _nothing_to_do(environment, "nothing was published that could be taken back")


def _is_served(state: State, publication: Publication, asset: str | None) -> bool:
    """Whether something that this publication set is still what readers see."""
    for change in publication.changes:
        if asset is not None and change.asset != asset:
            continue
        pointer = state.pointers.get(change.asset)
        if (pointer.snapshot_id if pointer else None) == change.after:
            return True
    return False


def _scope(
    spec: ProjectSpec,
    state: State,
    asset: str | None,
    wanted: Mapping[str, Snapshot],
) -> frozenset[str]:
    """Assets that move: all, or one with everything below it and whatever switches together."""
    everything = frozenset(state.pointers) | frozenset(wanted)
    if asset is None:
        return everything
    if asset not in everything:
        raise _nothing_to_do(state.environment, f"`{asset}` was never published")
    graph, assets = graph_of(spec), declared(spec)
    found = {asset}
    while True:
        wider = set(graph.downstream([n for n in found if n in graph])) | found
        groups = {g for n in wider if n in assets for g in assets[n].together}
        wider |= {n for n, a in assets.items() if groups & set(a.together)}
        if wider == found:
            return frozenset(found) & everything
        found = wider


def _changes(
    state: State, wanted: Mapping[str, Snapshot], names: frozenset[str]
) -> tuple[Change, ...]:
    moves = []
    for name in sorted(names):
        pointer = state.pointers.get(name)
        before = pointer.snapshot_id if pointer else None
        after = wanted[name].id if name in wanted else None
        if before != after:
            moves.append(Change(asset=name, before=before, after=after))
    return tuple(moves)


def _publication(
    tools: Tools,
    environment: str,
    changes: tuple[Change, ...],
    target: int,
    asset: str | None,
    by: str,
) -> Publication:
    scope = f"`{asset}` and what goes with it" if asset else "everything"
    return Publication(
        id=tools.new_id(),
        number=0,
        environment=environment,
        kind="rollback",
        run_id="",
        at=tools.clock.now(),
        changes=changes,
        note=f"{scope} back to {_moment(target)}, by {by}",
    )


def _moment(target: int) -> str:
    return f"publication {target}" if target else "before the first publication"


def _replaced(state: State, changes: tuple[Change, ...]) -> tuple[tuple[str, str, str], ...]:
    """Build keys of what is taken back."""
    replaced = [state.snapshots[c.before] for c in changes if c.before]
    return tuple((s.asset, s.build_key, s.split) for s in replaced)


def _nothing_to_do(environment: str, why: str) -> UsageError:
    return UsageError(
        Problem(
            code="APP005",
            what=f"there is nothing to roll back in `{environment}`",
            why=why,
            fix="see what was published with `andon history`",
        )
    )
