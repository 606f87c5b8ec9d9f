"""Settle a run: which of its snapshots may be published together, and which stay behind."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from andon.catalog.records import CheckResult, Snapshot
from andon.execution.line import Line
from andon.execution.outcome import Outcome
from andon.execution.proving.crossings import CrossingJudge
from andon.execution.subject import Staged
from andon.planning.settle import Settlement, settle


class Settled(Struct, frozen=True, kw_only=True):
    """A settlement with the verdicts of the checks that read across assets."""

    settlement: Settlement
    verdicts: tuple[tuple[str, CheckResult], ...]
    """(asset, result) for every crossing check judged in the final sight."""
    standing: tuple[tuple[str, CheckResult, tuple[Staged, ...]], ...] = ()
    """The same with the snapshot that each was judged on, and rows that failed."""


def settle_run(line: Line, outcomes: Mapping[str, Outcome]) -> Settled:
    """Decide what of a run may be published; checks across assets are judged on that very set."""
    candidates = {
        name: outcome.snapshot.id
        for name, outcome in outcomes.items()
        if outcome.snapshot is not None
        and outcome.word in ("built", "reused")
        and outcome.snapshot.id != _current_id(line, name)
    }
    known = {snapshot.id: snapshot for snapshot in seen_snapshots(line, outcomes)}
    across = CrossingJudge(line, known)
    settlement = settle(
        graph=line.graph,
        candidates=candidates,
        current={name: p.snapshot_id for name, p in line.state.pointers.items()},
        failed=_failed(outcomes),
        groups=_groups(line),
        crossings=across.crossings,
        judge=across.judge,
        audited={name for name, action in line.actions.items() if action.verb == "audit"},
        seen=across.seen,
    )
    judged = across.final(candidates, settlement)
    return Settled(
        settlement=settlement,
        verdicts=tuple(dict.fromkeys((name, result) for name, _, result in judged)),
        standing=tuple(
            (snapshot_id, result, across.examples(name, snapshot_id, result))
            for name, snapshot_id, result in judged
        ),
    )


def seen_snapshots(line: Line, outcomes: Mapping[str, Outcome]) -> list[Snapshot]:
    """Every snapshot that a check across assets may have been judged on."""
    own = (outcome.snapshot for outcome in outcomes.values() if outcome.snapshot is not None)
    return [*line.state.snapshots.values(), *own]


def _current_id(line: Line, name: str) -> str | None:
    pointer = line.state.pointers.get(name)
    return pointer.snapshot_id if pointer else None


def _failed(outcomes: Mapping[str, Outcome]) -> dict[str, str]:
    """Assets that hold others back, with the reason in words."""
    reasons: dict[str, str] = {}
    for name, outcome in outcomes.items():
        if outcome.word == "failed":
            reasons[name] = outcome.problems[0].what if outcome.problems else "it failed"
        elif outcome.word == "held":
            reasons[name] = f"reads from `{outcome.because_of}`, which failed"
        elif outcome.word == "cancelled":
            reasons[name] = "not finished"
    return reasons


def _groups(line: Line) -> dict[str, tuple[str, ...]]:
    groups: dict[str, list[str]] = {}
    for name in line.graph.order:
        for group in line.assets[name].together:
            groups.setdefault(group, []).append(name)
    return {group: tuple(members) for group, members in groups.items()}
