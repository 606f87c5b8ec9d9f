"""Checks that read across assets: each is judged on the very set that may be published."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from andon.catalog.records import CheckResult, Snapshot
from andon.checks.ask import ask
from andon.checks.judge import judge
from andon.checks.plan import plan
from andon.checks.problems import problems_of
from andon.errors import TaskFailed
from andon.execution.guard import guard_checks
from andon.execution.line import Line, Scans
from andon.execution.proving.prove import examples, references
from andon.execution.subject import Staged, Subject
from andon.planning.settle import Crossing, Settlement, Sight
from andon.spec.check import (
    NO_TOLERANCE,
    Check,
    identity_of,
    is_crossing,
    kind_of,
    label_of,
    references_of,
)


class CrossingJudge:
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
            engine=self._line.tools.engine(),
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
        engine = self._line.tools.engine()
        guard_checks(engine.reader, (check,))
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
        return judge(audit, ask(audit, engine.rows)).results[0]


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
