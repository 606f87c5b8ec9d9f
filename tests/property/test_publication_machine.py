"""Publication, hold, rollback, release and gc in any order, against a model of what was published."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from andon.app.opening import open_project
from andon.app.project import Project
from andon.errors import UsageError
from andon.execution.outcome import RunReport

Seen = dict[str, tuple[tuple[object, ...], ...]]
"""Asset -> sorted rows, of everything published."""

TOML = '[project]\nname = "m"\n\n[settings]\nthreads = 1\nkeep_days = 0\nkeep_last = 3\ngrace = "0.001 s"\n'
NAMES = ("raw.a", "m.left", "m.right", "m.view", "m.strict", "m.low")


@dataclass(slots=True)
class Model:
    """What was published, and what was taken back.

    Attributes:
        history: number of a publication -> what readers saw after it.
        blocked: contents of assets that were withdrawn and not released, by asset.
    """

    history: dict[int, Seen] = field(default_factory=dict)
    blocked: dict[str, set[tuple[str, str, str]]] = field(default_factory=dict)
    collected: bool = False


class Publication(RuleBasedStateMachine):
    """Two tables and a view that switch together, one with a check of its own, one below it."""

    @initialize()
    def start(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="andon-machine-"))
        self.model = Model()
        self.rows = [(1, 1), (2, 2)]
        self.factor = 1
        self.has_low = True
        self.project: Project = self._write()
        self._run()

    def teardown(self) -> None:
        if hasattr(self, "project"):
            self.project.close()
            shutil.rmtree(self.root, ignore_errors=True)

    @rule(rows=st.lists(st.tuples(st.integers(1, 4), st.integers(0, 12)), min_size=1, max_size=4))
    def data_changes(self, rows: list[tuple[int, int]]) -> None:
        """A value above nine makes the check of `m.strict` fail."""
        self.rows = rows
        self._write()

    @rule(factor=st.integers(1, 4))
    def code_changes(self, factor: int) -> None:
        self.factor = factor
        self._write()

    @rule()
    def an_asset_comes_or_goes(self) -> None:
        self.has_low = not self.has_low
        self._write()

    @rule()
    def run(self) -> None:
        self._run()

    @rule()
    @precondition(lambda self: bool(self.model.history))
    def run_twice(self) -> None:
        """A second run of the same files moves nothing, whatever the first one said."""
        first = self._run()
        before = self._newest()
        second = self._run()
        assert self._newest() == before
        assert second.exit_code == first.exit_code

    @rule(back=st.integers(1, 3), asset=st.sampled_from([None, "m.left", "m.strict"]))
    @precondition(lambda self: len(self.model.history) > 1)
    def rollback(self, back: int, asset: str | None) -> None:
        numbers = sorted(self.model.history)
        to = numbers[max(0, len(numbers) - 1 - back)]
        before = self._snapshots()
        try:
            publication = self.project.rollback(to=to, asset=asset)
        except UsageError as refused:
            if refused.problems[0].code not in ("APP005", "CAT005"):
                raise
            return
        moved = {change.asset for change in publication.changes}
        for name in moved:
            if name in before:
                self.model.blocked.setdefault(name, set()).add(before[name])
        seen = self._look()
        if asset is None:
            assert seen == self.model.history[to]
        self.model.history[publication.number] = seen

    @rule()
    def release(self) -> None:
        self.project.release(by="me")
        self.model.blocked = {}

    @rule()
    def gc(self) -> None:
        self.project.gc()
        self.model.collected = True

    @invariant()
    def readers_see_the_newest_publication(self) -> None:
        newest = self._newest()
        if newest in self.model.history:
            assert self._look() == self.model.history[newest]

    @invariant()
    def what_switches_together_is_of_one_generation(self) -> None:
        seen = self._look()
        groups = [seen[name] for name in ("m.left", "m.right", "m.view") if name in seen]
        assert all(rows == groups[0] for rows in groups)

    @invariant()
    def history_reads_as_it_was_seen_or_is_refused_after_gc(self) -> None:
        for number, seen in self.model.history.items():
            try:
                found = self._look(number)
            except UsageError as refused:
                if not self.model.collected or refused.problems[0].code != "CAT005":
                    raise
                continue
            assert found == seen

    def _run(self) -> RunReport:
        before = self._snapshots()
        report = self.project.run()
        publication = report.publication
        if publication is not None:
            now = self._snapshots()
            for name in {c.asset for c in publication.changes if c.after}:
                assert now[name] not in self.model.blocked.get(name, ()), f"{name} came back"
            self.model.history[publication.number] = self._look()
        else:
            assert self._snapshots() == before
        is_strict_failing = any(value * self.factor > 9 for _, value in self.rows)
        withheld = any(self.model.blocked.values())
        if not withheld:
            assert report.exit_code == (1 if is_strict_failing else 0), report.held
        return report

    def _newest(self) -> int:
        found = self.project.history(limit=1)
        return found[0].number if found else 0

    def _snapshots(self) -> dict[str, tuple[str, str, str]]:
        """Asset -> key of the build that is served."""
        tools = self.project._session.wired(self.project.spec).tools
        state = tools.catalog.state("prod")
        found = {name: state.snapshots[p.snapshot_id] for name, p in state.pointers.items()}
        return {name: (s.asset, s.build_key, s.split) for name, s in found.items()}

    def _look(self, as_of: int | None = None) -> Seen:
        seen: Seen = {}
        for name in NAMES:
            try:
                result = self.project.query(f"select * from {name}", as_of=as_of)
            except UsageError as refused:
                if refused.problems[0].code not in ("APP002", "APP003"):
                    raise
                continue
            seen[name] = tuple(sorted(result.rows))
        return seen

    def _write(self) -> Project:
        body = "".join(f"{id_},{value}\n" for id_, value in self.rows)
        query = f"select id::bigint as id, v * {self.factor} as v from raw.a"
        files = {
            "andon.toml": TOML,
            "sources/raw.yml": (
                "tables:\n  a: {path: data/a.csv, columns: {id: INTEGER, v: INTEGER}}\n"
            ),
            "data/a.csv": "id,v\n" + body,
            "assets/m/left.sql": f"/* andon\ntogether: g\n*/\n{query}",
            "assets/m/right.sql": f"/* andon\ntogether: g\n*/\n{query}",
            "assets/m/view.sql": (
                "/* andon\ntogether: g\nmaterialize: view\n*/\nselect id, v from m.left"
            ),
            "assets/m/strict.sql": (
                f"/* andon\ntogether: g\nchecks:\n  - range: {{v: {{max: 9}}}}\n*/\n{query}"
            ),
            "assets/m/low.sql": "select sum(v) as total from m.strict",
        }
        for path, text in files.items():
            target = self.root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if path.endswith("low.sql") and not self.has_low:
                target.unlink(missing_ok=True)
            elif not target.exists() or target.read_text() != text:
                target.write_text(text)
        return self.project if hasattr(self, "project") else open_project(self.root)


def play(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        Publication,
        settings=settings(max_examples=examples, stateful_step_count=steps, deadline=None),
    )


def test_publications_in_any_order_keep_what_the_model_says() -> None:
    play(int(os.environ.get("ANDON_MACHINES", "5")), 15)


@pytest.mark.soak
def test_many_publications_in_any_order_keep_what_the_model_says() -> None:
    play(100, 30)
