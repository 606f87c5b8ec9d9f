"""Publish: judge what reads across assets, settle what may go, move all pointers in one step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from andon.catalog.commit import (
    AddAudit,
    Commit,
    Emit,
    Publish,
    RequireNotWithdrawn,
    RequirePointers,
    RequireUnpublished,
    RequireUsable,
    Update,
)
from andon.catalog.records import Audit, CheckResult, Publication, Snapshot
from andon.checks.judge import judge
from andon.checks.plan import plan
from andon.checks.problems import problems_of
from andon.errors import OutcomeUnknown, TaskFailed
from andon.events import Published
from andon.execution.line import Line, Scans
from andon.execution.outcome import Outcome
from andon.execution.prove import Staged, Subject, examples, references
from andon.execution.record import keep
from andon.planning.settle import Crossing, Settlement, Sight, changes, settle
from andon.spec.check import (
    NO_TOLERANCE,
    Check,
    identity_of,
    is_crossing,
    kind_of,
    label_of,
    references_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
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
    known = {snapshot.id: snapshot for snapshot in _snapshots(line, outcomes)}
    court = _Court(line, known)
    settlement = settle(
        graph=line.graph,
        candidates=candidates,
        current={name: p.snapshot_id for name, p in line.state.pointers.items()},
        failed=_failed(outcomes),
        groups=_groups(line),
        crossings=court.crossings,
        judge=court.judge,
        audited={name for name, action in line.actions.items() if action.verb == "audit"},
        seen=court.seen,
    )
    judged = court.final(candidates, settlement)
    return Settled(
        settlement=settlement,
        verdicts=tuple(dict.fromkeys((name, result) for name, _, result in judged)),
        standing=tuple(
            (snapshot_id, result, court.examples(name, snapshot_id, result))
            for name, snapshot_id, result in judged
        ),
    )


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


class _Court:
    """Judges checks across assets, each once per set of snapshots it sees."""

    def __init__(self, line: Line, known: Mapping[str, Snapshot]) -> None:
        self._line = line
        self._known = known
        self._scans = Scans(line.tools)
        self._checks: dict[tuple[str, str], Check] = {}
        self._memo: dict[tuple[str, str, tuple[str | None, ...]], CheckResult | None] = {}
        crossings: list[Crossing] = []
        for name in line.graph.order:
            for check in line.assets[name].checks:
                if is_crossing(check, name) and check.on_fail != "quarantine":
                    identity = identity_of(check)
                    self._checks[name, identity] = check
                    crossings.append(
                        Crossing(
                            owner=name,
                            reads=references_of(check, name),
                            check=identity,
                            label=label_of(check),
                        )
                    )
        self.crossings = tuple(crossings)

    def judge(self, crossing: Crossing, sight: Sight) -> bool:
        """Whether a crossing lets the set in this sight be published."""
        result = self._result(crossing, sight)
        return result is None or result.verdict != "fail"

    def seen(self, crossing: Crossing, sight: Sight) -> str:
        """What a crossing found in this sight, in words."""
        result = self._result(crossing, sight)
        return result.observed if result is not None else ""

    def examples(self, owner: str, snapshot_id: str, result: CheckResult) -> tuple[Staged, ...]:
        """Rows that failed a check across assets, so that they can be looked at."""
        if result.verdict == "pass" or not result.failing:
            return ()
        check = self._checks[owner, result.check]
        snapshot = self._known[snapshot_id]
        seen = {name: self._known[id_] for name, id_ in result.reads}
        subject = Subject(
            asset=owner,
            checks=(check,),
            limit=NO_TOLERANCE,
            schema=snapshot.schema,
            relation=self._scans.of(snapshot),
            parts=(),
            references=references(self._scans, (check,), owner, seen),
            logical_time=self._line.plan.logical_time,
        )
        return examples(self._line, subject, (result,))

    def final(
        self, candidates: Mapping[str, str], settlement: Settlement
    ) -> tuple[tuple[str, str, CheckResult], ...]:
        """Verdicts of all crossings that were judged, each with its asset and snapshot.

        Those on what is published in the end come first, then those on what was wanted.
        """
        current = {name: p.snapshot_id for name, p in self._line.state.pointers.items()}
        served = {**current, **{name: candidates[name] for name in settlement.published}}
        wanted = {**current, **candidates}
        found: list[tuple[str, str, CheckResult]] = []
        for crossing in self.crossings:
            for sight in (served, wanted):
                result = self._memo.get(self._key(crossing, sight))
                if result is not None:
                    found.append((crossing.owner, sight[crossing.owner] or "", result))
        return tuple(dict.fromkeys(found))

    def _key(self, crossing: Crossing, sight: Sight) -> tuple[str, str, tuple[str | None, ...]]:
        seen = (sight.get(crossing.owner), *(sight.get(name) for name in crossing.reads))
        return crossing.owner, crossing.check, seen

    def _result(self, crossing: Crossing, sight: Sight) -> CheckResult | None:
        key = self._key(crossing, sight)
        if key not in self._memo:
            self._memo[key] = self._measure(crossing, sight)
        return self._memo[key]

    def _measure(self, crossing: Crossing, sight: Sight) -> CheckResult | None:
        own = sight.get(crossing.owner)
        if own is None:
            return None
        check = self._checks[crossing.owner, crossing.check]
        missing = [name for name in crossing.reads if sight.get(name) is None]
        if missing:
            return _unjudged(check, f"`{missing[0]}` has no published snapshot to compare with")
        seen = {name: self._known[sight[name] or ""] for name in crossing.reads}
        try:
            result = self._ask(crossing.owner, check, self._known[own], seen)
        except TaskFailed as failure:
            result = _unjudged(check, failure.problems[0].what)
        return replace(result, reads=tuple((name, s.id) for name, s in sorted(seen.items())))

    def _ask(
        self, owner: str, check: Check, snapshot: Snapshot, seen: Mapping[str, Snapshot]
    ) -> CheckResult:
        """Put one check to the engine.

        Raises:
            TaskFailed: the check does not fit the columns, or its query fails.
        """
        refs = references(self._scans, (check,), owner, seen)
        found = problems_of((check,), asset=owner, schema=snapshot.schema, references=refs)
        if found:
            raise TaskFailed(*found)
        audit = plan(
            (check,),
            asset=owner,
            schema=snapshot.schema,
            relation=self._scans.of(snapshot),
            references=refs,
            digest=None,
            logical_time=self._line.plan.logical_time,
            rows=snapshot.rows,
        )
        engine = self._line.tools.engine()
        return judge(audit, [engine.rows(query) for query in audit.queries]).results[0]


def _unjudged(check: Check, reason: str) -> CheckResult:
    """A check that cannot be judged fails, since nothing proves the rows."""
    return CheckResult(
        check=identity_of(check),
        label=label_of(check),
        kind=kind_of(check),
        on_fail=check.on_fail,
        verdict="warn" if check.on_fail == "warn" else "fail",
        failing=0,
        total=0,
        observed=reason,
    )


def publish(
    line: Line,
    outcomes: Mapping[str, Outcome],
    settled: Settled,
    removed: tuple[str, ...],
    extra: tuple[Update, ...],
) -> Publication | None:
    """Move the pointers of everything that settled, in one transaction.

    Every pointer the plan read must still be what it was. Safe to repeat with a new id.

    Returns:
        The publication, or None if no pointer moves (then only `extra` is committed).

    Raises:
        Conflict: (CAT001) somebody published in between; nothing was changed.
        OutcomeUnknown: (CAT003) and asking for the id did not settle it.
    """
    candidates = {n: o.snapshot.id for n, o in outcomes.items() if o.snapshot is not None}
    current = {name: p.snapshot_id for name, p in line.state.pointers.items()}
    moves = changes(settled.settlement.published, candidates, current, removed)
    now = line.tools.clock.now()
    verdicts = _cross_audits(line, outcomes, settled)
    if not moves:
        line.tools.catalog.commit(Commit(updates=(*verdicts, *extra)), now)
        return None
    publication = Publication(
        id=line.tools.new_id(),
        number=0,
        environment=line.plan.environment,
        kind="publish",
        run_id=line.run_id,
        at=now,
        changes=moves,
        held=settled.settlement.held,
    )
    chosen = [outcomes[name].snapshot for name in settled.settlement.published]
    keys = tuple((s.asset, s.build_key, s.split) for s in chosen if s is not None)
    commit = Commit(
        requirements=(
            RequireUnpublished(publication_id=publication.id),
            RequirePointers(environment=line.plan.environment, pointers=line.plan.pointers),
            RequireUsable(snapshot_ids=tuple(s.id for s in chosen if s is not None)),
            RequireNotWithdrawn(environment=line.plan.environment, keys=keys),
        ),
        updates=(
            Publish(publication=publication),
            *verdicts,
            Emit(
                event=Published(
                    run_id=line.run_id,
                    publication_id=publication.id,
                    environment=line.plan.environment,
                    changed=len(moves),
                    held=len(publication.held),
                )
            ),
            *extra,
        ),
    )
    try:
        committed = line.tools.catalog.commit(commit, now)
    except OutcomeUnknown:
        landed = line.tools.catalog.publication(publication.id)
        if landed is None:
            raise
        return landed
    return replace(publication, number=committed.publication)


def _snapshots(line: Line, outcomes: Mapping[str, Outcome]) -> list[Snapshot]:
    """Every snapshot that a check across assets may have been judged on."""
    own = (outcome.snapshot for outcome in outcomes.values() if outcome.snapshot is not None)
    return [*line.state.snapshots.values(), *own]


def _cross_audits(
    line: Line, outcomes: Mapping[str, Outcome], settled: Settled
) -> tuple[AddAudit, ...]:
    """Verdicts of checks across assets, recorded with the snapshot they stand on."""
    by_snapshot: dict[str, list[tuple[CheckResult, tuple[Staged, ...]]]] = {}
    for snapshot_id, result, failing in settled.standing:
        by_snapshot.setdefault(snapshot_id, []).append((result, failing))
    assets = {s.id: s.asset for s in _snapshots(line, outcomes)}
    return tuple(
        AddAudit(
            audit=Audit(
                snapshot_id=snapshot_id,
                checks="across",
                results=tuple(result for result, _ in found),
                run_id=line.run_id,
                at=line.tools.clock.now(),
                files=tuple(
                    keep(line, assets[snapshot_id], part) for _, parts in found for part in parts
                ),
            )
        )
        for snapshot_id, found in by_snapshot.items()
    )
