"""After any edits, what an incremental run serves equals a build from scratch of the same files."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path

import pytest

from andon.app.opening import open_project
from andon.app.project import Project
from andon.execution.outcome import RunReport
from tests.property.edited_world import LIMIT, Editor, Node, World, render, write

Content = tuple[tuple[tuple[str, str], ...], Counter[tuple[object, ...]]]
"""Columns with their types, and the multiset of rows."""


def served(project: Project) -> dict[str, Content]:
    """Every published asset's schema and rows."""
    found: dict[str, Content] = {}
    newest = project.history(limit=1)
    if not newest:
        return found
    spec = project.spec
    names = [a.name for a in spec.assets] + [t.name for t in spec.source_tables]
    lines = {line.name: line for line in project.assets()}
    for name in names:
        if lines[name].publication is None:
            continue
        result = project.query(f"select * from {name}")
        found[name] = (
            tuple(zip(result.columns, result.types, strict=True)),
            Counter(result.rows),
        )
    return found


def scratch(root: Path, world: World) -> tuple[dict[str, Content], set[str]]:
    """Contents of a build from nothing without stops, and the assets whose stops would fail."""
    write(root, render(world, stops=False))
    with open_project(root) as project:
        report = project.run()
        assert report.exit_code == 0, [o.problems for o in report.outcomes if o.problems]
        failing = {name for name, node in world.nodes.items() if _fails(project, name, node)}
        return served(project), failing


def _fails(project: Project, name: str, node: Node) -> bool:
    if node.most is None or node.on_fail == "warn":
        return False
    if node.on_fail == "quarantine":
        snapshot = project.table(name).snapshot
        return snapshot.set_aside > LIMIT * (snapshot.rows + snapshot.set_aside)
    bad = project.query(f"select count(*) from {name} where v > {node.most}").rows[0][0]
    return bool(bad)


def compare(
    world: World,
    report: RunReport,
    now: Mapping[str, Content],
    full: Mapping[str, Content],
    failing: set[str],
    last_good: Mapping[str, Content],
) -> None:
    held = world.below(failing)
    assert report.exit_code == (1 if failing else 0), (report.status, failing, report.held)
    for name, content in full.items():
        if name not in held:
            assert now.get(name) == content, f"{name} differs from a build from scratch"
        elif name in now:
            assert now[name] in (last_good.get(name), content), f"{name} is no good state"


def soak(root: Path, seed: int, edits: int) -> None:
    editor = Editor(random.Random(seed))
    world = editor.start()
    last_good: dict[str, Content] = {}
    is_comment = False
    did: list[str] = ["start"]
    print(f"seed {seed}")
    with open_project(_made(root / "line", world)) as project:
        for step in range(edits + 1):
            report = project.run()
            full, failing = scratch(root / f"full-{step}", world)
            now = served(project)
            try:
                compare(world, report, now, full, failing, last_good)
                if is_comment:
                    rebuilds_nothing(report, failing)
            except AssertionError as error:
                raise AssertionError(f"seed {seed}, step {step}, {did[-6:]}: {error}") from error
            last_good = now
            edit = editor.edit(world)
            did.append(edit)
            is_comment = edit == "comment"
            write(root / "line", render(world))


def rebuilds_nothing(report: RunReport, failing: Collection[str]) -> None:
    """After a comment nothing is built or published; a finished candidate that is held stays so."""
    held = {item.asset for item in report.held}
    idle = {"unchanged", "failed", "held"} if failing else {"unchanged"}
    stirred = {o.asset: o.word for o in report.outcomes if o.word not in idle}
    assert all(word == "reused" and name in held for name, word in stirred.items()), stirred
    assert report.publication is None


def _made(root: Path, world: World) -> Path:
    write(root, render(world))
    return root


def test_edits_of_a_random_graph_end_where_a_build_from_scratch_ends(tmp_path: Path) -> None:
    seed = int(os.environ.get("ANDON_SEED", "0")) or random.SystemRandom().randint(1, 10**6)
    soak(tmp_path, seed, 25)


@pytest.mark.soak
def test_two_hundred_edits_end_where_a_build_from_scratch_ends(tmp_path: Path) -> None:
    seed = int(os.environ.get("ANDON_SEED", "0")) or random.SystemRandom().randint(1, 10**6)
    soak(tmp_path, seed, 200)
