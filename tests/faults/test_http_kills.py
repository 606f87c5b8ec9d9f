"""Reading an API that is killed at any point: a rerun gives the rows of one clean reading."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import andon
from andon.app.running.order import Order
from andon.app.running.run import run
from andon.app.wiring.wire import wire
from andon.project.load import load
from tests.factories import rows_of, write_project
from tests.faults.processes import call
from tests.servers.api import Api, serving

MODES = {
    "full": "",
    "append": "    mode: append\n    cursor: {field: updated, param: since}\n",
    "keyed": "    mode: append\n    key: id\n    cursor: {field: updated, param: since}\n",
    "merge": "    mode: merge\n    key: id\n    cursor: {field: updated, param: since}\n",
}
SHOWN = "select id, updated, name from api.t"


@pytest.fixture
def api() -> Iterator[Api]:
    with serving() as served:
        yield served


def row(number: int) -> dict[str, Any]:
    """Two or three records have the same cursor."""
    return {"id": number, "updated": f"2026-01-{1 + number // 3:02}", "name": f"n{number}"}


def source(api: Api, mode: str) -> dict[str, str]:
    keys = f"    path: /link\n    pages: link\n{MODES[mode]}"
    text = f"connection:\n  kind: http\n  url: {api.url}\ntables:\n  t:\n{keys}"
    return {"sources/api.yml": text}


class Kills:
    """A project that has read some rows, with more of them at its door."""

    def __init__(self, api: Api, folder: Path, mode: str) -> None:
        self.api, self.folder, self.mode = api, folder, mode
        api.descending = True
        rows = [row(number) for number in range(1, 24)]
        # Equal records are told apart by their number alone, where there is no key.
        is_keyed = mode in ("keyed", "merge")
        self.rows = rows + ([] if is_keyed else [row(13), row(20), row(20)])
        self.rows.sort(key=lambda one: str(one["updated"]))
        self.template = write_project(folder / "template", source(api, mode))
        api.rows = self.rows[:8]
        with andon.open(self.template) as project:
            assert project.run().status == "done"
        if mode == "merge":
            changed = [{**row(number), "updated": "2026-01-09", "name": "new"} for number in (2, 6)]
            self.rows = [one for one in self.rows if one["id"] not in (2, 6)] + changed
        api.rows = self.rows
        self.goal = sorted(((r["id"], r["updated"], r["name"]) for r in self.rows), key=repr)
        self.steps = self._count()

    def _count(self) -> int:
        """Durable steps of a run that takes what is new; the run itself is the clean one."""
        folder = self.folder / "clean"
        shutil.copytree(self.template, folder)
        seen: list[str] = []
        spec = load(folder)
        tools = wire(folder, spec, on_step=seen.append)
        try:
            assert run(tools.tools, spec, Order(environment="prod")).exit_code == 0
        finally:
            tools.close()
        assert rows_of(folder, SHOWN) == self.goal
        return len(seen)

    def rows_after(self, name: str, points: list[int]) -> list[tuple[Any, ...]]:
        """Kill one run after another at these steps, then let two finish; what is served then."""
        folder = self.folder / name
        shutil.copytree(self.template, folder)
        for nth in points:
            code, _, err = call("run", folder, nth=nth)
            assert code in (0, -9), err
        with andon.open(folder) as project:
            assert project.run().exit_code == 0, points
        assert rows_of(folder, SHOWN) == self.goal, points
        with andon.open(folder) as project:
            assert project.run().exit_code == 0
        rows = rows_of(folder, SHOWN)
        shutil.rmtree(folder)
        return rows


def seed_of(default: int) -> int:
    return int(os.environ.get("ANDON_FAULT_SEED", str(default)))


@pytest.mark.parametrize("mode", MODES)
def test_a_reading_killed_at_random_points_neither_loses_nor_doubles_rows(
    api: Api, tmp_path: Path, mode: str
) -> None:
    chance = random.Random(seed_of(len(mode)))
    kills = Kills(api, tmp_path, mode)
    assert kills.rows_after("once", [chance.randint(1, kills.steps)]) == kills.goal
    more = [chance.randint(1, kills.steps) for _ in range(3)]
    assert kills.rows_after("again", more) == kills.goal


@pytest.mark.soak
@pytest.mark.parametrize("mode", MODES)
def test_a_reading_killed_at_fifty_random_points_neither_loses_nor_doubles_rows(
    api: Api, tmp_path: Path, mode: str
) -> None:
    seed = seed_of(int.from_bytes(os.urandom(3)))
    print(f"seed {seed}")
    chance = random.Random(seed)
    kills = Kills(api, tmp_path, mode)
    for number in range(25):
        points = [chance.randint(1, kills.steps) for _ in range(2)]
        assert kills.rows_after(f"{number}", points) == kills.goal, points
