"""A run that fails or dies at any named step shows nothing half-done, and a rerun finishes."""

from __future__ import annotations

import errno
import os
import random
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

import andon
from andon.app.running.order import Order
from andon.app.running.run import run
from andon.app.wiring.wire import wire
from andon.errors import AndonError
from andon.execution.outcome import RunReport
from andon.project.load import load
from andon.stores.steps import STEPS
from tests.factories import SHOP, rows_of, write_files, write_project
from tests.faults.processes import call

TOGETHER = {
    name: text.replace("/* andon\n", "/* andon\ntogether: [shop]\n")
    if text.startswith("/*")
    else f"/* andon\ntogether: [shop]\n*/\n{text}"
    for name, text in SHOP.items()
    if name.endswith(".sql")
}
RAW = SHOP["sources/raw.yml"].replace("orders*.csv\n", "orders*.csv\n    together: [shop]\n")
FILES = {**SHOP, **TOGETHER, "sources/raw.yml": RAW}
MORE = {
    "data/orders_2.csv": "order_id,customer_id,amount\n4,101,70\n5,100,9\n",
    "data/orders_3.csv": "order_id,customer_id,amount\n6,101,1\n",
}
SHOWN = """
    select 'raw', order_id, amount from raw.orders
    union all select 'staging', order_id, amount from staging.orders
    union all select 'mart', customer_id, amount from marts.value
"""
Rows = list[tuple[object, ...]]


def shown(folder: Path) -> Rows:
    return rows_of(folder, SHOWN)


def exported(folder: Path) -> Rows:
    """The same through the file of views."""
    with duckdb.connect(str(folder / "prod.duckdb"), read_only=True) as connection:
        return sorted(connection.sql(SHOWN).fetchall(), key=repr)


@dataclass(frozen=True)
class Shop:
    """A published project with more files at its door.

    `before` is what readers see, `goal` what a clean build of all files gives, `steps` what a run
    that takes the new files goes through.
    """

    template: Path
    before: Rows
    goal: Rows
    steps: tuple[str, ...]

    def copy(self, folder: Path) -> Path:
        """A fresh project in the same state."""
        shutil.copytree(self.template, folder)
        return folder


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    clean = write_project(tmp_path_factory.mktemp("clean"), {**FILES, **MORE})
    template = write_project(tmp_path_factory.mktemp("template"), FILES)
    for folder in (clean, template):
        with andon.open(folder) as project:
            assert project.run().status == "done"
    before = shown(template)
    write_files(template, MORE)
    counted = tmp_path_factory.mktemp("counted") / "shop"
    shutil.copytree(template, counted)
    steps: list[str] = []
    run_with(counted, steps.append)
    return Shop(template, before, shown(clean), tuple(steps))


def run_with(folder: Path, on_step: Callable[[str], None]) -> RunReport:
    spec = load(folder)
    tools = wire(folder, spec, on_step=on_step)
    try:
        return run(tools.tools, spec, Order(environment="prod"))
    finally:
        tools.close()


def code_of(folder: Path, on_step: Callable[[str], None]) -> int:
    """Exit code of a run."""
    try:
        return run_with(folder, on_step).exit_code
    except AndonError as error:
        return error.exit_code


def failing_at(wanted: str, nth: int, number: int) -> Callable[[str], None]:
    seen: Counter[str] = Counter()

    def on_step(step: str) -> None:
        seen[step] += 1
        if step == wanted and seen[step] == nth:
            raise OSError(number, os.strerror(number))

    return on_step


@pytest.mark.parametrize("step", [s for s in STEPS if s != "remove"])
def test_a_run_that_fails_at_a_step_publishes_nothing_half(
    tmp_path: Path, shop: Shop, step: str
) -> None:
    total = Counter(shop.steps)[step]
    chosen = ((1, errno.EIO), (total // 2 + 1, errno.ENOSPC), (total, errno.EIO))
    for nth, number in chosen:
        folder = shop.copy(tmp_path / f"at{nth}")
        assert code_of(folder, failing_at(step, nth, number)) in (0, 1, 75, 76)
        assert shown(folder) in (shop.before, shop.goal)
        with andon.open(folder) as project:
            assert project.run().exit_code == 0
        assert shown(folder) == exported(folder) == shop.goal
        shutil.rmtree(folder)


@pytest.mark.parametrize("step", ["fsync_file", "rename_after", "commit_before", "commit_after"])
def test_a_run_killed_at_a_step_publishes_nothing_half(
    tmp_path: Path, shop: Shop, step: str
) -> None:
    total = Counter(shop.steps)[step]
    for nth in (total // 2, total):
        assert kill_and_rerun(tmp_path / f"at{nth}", shop, step=step, nth=nth)


def kill_and_rerun(folder: Path, shop: Shop, **given: object) -> bool:
    """Kill a run, look, run again, compare with a clean build; whether it was killed at all."""
    shop.copy(folder)
    code, _, err = call("run", folder, **given)
    assert code in (0, -9), err
    assert shown(folder) in (shop.before, shop.goal)
    with andon.open(folder) as project:
        assert project.run().exit_code == 0
    assert shown(folder) == exported(folder) == shop.goal
    assert not list((folder / ".andon" / "staging").iterdir())
    return code == -9


def killed_at_random(folder: Path, shop: Shop, seed: int, times: int) -> int:
    """Kill and run again so many times, each in a folder of its own; how many runs were killed."""
    chance, killed = random.Random(seed), 0
    for time in range(times):
        nth = chance.randint(1, len(shop.steps))
        try:
            killed += kill_and_rerun(folder / f"time{time}", shop, nth=nth)
        except AssertionError as error:
            where = f"step {nth} of {len(shop.steps)}"
            raise AssertionError(f"seed {seed}, killed at {where}: {error}") from error
    return killed


def test_loading_of_files_killed_at_random_points_neither_loses_nor_doubles_rows(
    tmp_path: Path, shop: Shop
) -> None:
    seed = int(os.environ.get("ANDON_FAULT_SEED", "23"))
    assert killed_at_random(tmp_path, shop, seed, times=5) >= 4


@pytest.mark.soak
def test_loading_of_files_killed_at_fifty_random_points_neither_loses_nor_doubles_rows(
    tmp_path: Path, shop: Shop
) -> None:
    seed = int(os.environ.get("ANDON_FAULT_SEED", str(int.from_bytes(os.urandom(3)))))
    print(f"seed {seed}")
    assert killed_at_random(tmp_path, shop, seed, times=50) >= 40


def test_a_load_killed_again_and_again_still_arrives(tmp_path: Path, shop: Shop) -> None:
    """Every run gets further than the one before; all work on the same project."""
    folder = shop.copy(tmp_path / "shop")
    for nth in (10, 25, 40, 60, 80):
        call("run", folder, nth=nth)
        assert shown(folder) in (shop.before, shop.goal)
    with andon.open(folder) as project:
        assert project.run().exit_code == 0
    assert shown(folder) == shop.goal
