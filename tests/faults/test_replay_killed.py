"""A replay that dies at any step has landed all of its repairs or none, and is safe to repeat."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import andon
from tests.factories import rows_of, write_project
from tests.faults.child import replay
from tests.faults.processes import call

SHOP = {
    "andon.toml": '[project]\nname = "shop"\n\n[settings]\nthreads = 2\n',
    "sources/raw.yml": "tables:\n  t: {path: data/*.csv, limit: 90%}\n",
    "data/a.csv": "id,n\n1,10\n2\n",
    "data/b.csv": "id,n\n3,30\n4\n",
}
GOAL = [(1, 10), (2, 20), (3, 30), (4, 40)]
REPAIRED = "".join(
    json.dumps({"_file": f"data/{name}.csv", "_line": 3, "_text": f"{n},{n}0"}) + "\n"
    for name, n in (("a", 2), ("b", 4))
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_project(tmp_path_factory.mktemp("shop"), {**SHOP, "repaired.jsonl": REPAIRED})
    with andon.open(folder) as project:
        assert project.run().exit_code == 0
    return folder


def steps_of(shop: Path, folder: Path) -> list[str]:
    steps: list[str] = []
    shutil.copytree(shop, folder)
    replay(folder, folder / "repaired.jsonl", steps.append)
    return steps


def repairs(folder: Path) -> int:
    with andon.open(folder) as project:
        known = project._session.wired(project.spec).tools.catalog.deliveries("raw.t")
    return sum(1 for delivery in known if delivery.repairs)


def finish(folder: Path) -> None:
    with andon.open(folder) as project:
        project.replay("raw.t", folder / "repaired.jsonl", by="ana")
        assert project.run().exit_code == 0
        snapshot = project.table("raw.t").snapshot
    assert rows_of(folder, "select id, n from raw.t") == GOAL
    assert (snapshot.rows, snapshot.set_aside, repairs(folder)) == (4, 0, 2)


def test_a_replay_that_fails_at_any_step_is_finished_by_the_next_one(
    shop: Path, tmp_path: Path
) -> None:
    steps = steps_of(shop, tmp_path / "counted")
    assert {"fsync_file", "rename", "commit_after"} <= set(steps)
    for nth in range(len(steps)):
        folder = tmp_path / f"at{nth}"
        shutil.copytree(shop, folder)
        left = nth

        def on_step(_step: str) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            replay(folder, folder / "repaired.jsonl", on_step)
        assert repairs(folder) in (0, 2)
        if nth in (0, len(steps) // 2, len(steps) - 1):
            finish(folder)


@pytest.mark.parametrize("step", ["fsync_file", "rename_after", "commit_before", "commit_after"])
def test_a_replay_that_is_killed_is_finished_by_the_next_one(
    shop: Path, tmp_path: Path, step: str
) -> None:
    last = steps_of(shop, tmp_path / "counted").count(step)
    folder = shutil.copytree(shop, tmp_path / "shop")
    code, _, _ = call("replay", folder, file=folder / "repaired.jsonl", step=step, nth=last)
    assert code == -9
    assert repairs(folder) == (2 if step == "commit_after" else 0)
    finish(folder)
