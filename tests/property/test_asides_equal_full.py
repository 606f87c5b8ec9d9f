"""Whatever happens to data, checks and what is read, an asset kept in part equals its twin that is built
in full: its rows and types, how many rows are set aside, and whether it fails."""

from __future__ import annotations

import os
import random
import subprocess
from collections import Counter
from pathlib import Path

import pytest

import andon
from andon.app.project import Project
from andon.execution.outcome import Outcome, RunReport
from tests.factories import andon_command, child_environment
from tests.property.aside_world import ASSETS, World
from tests.property.test_intervals_equal_full import a_seed, spare


def soak(folder: Path, seed: int, steps: int, *, kills: bool) -> None:
    rng = random.Random(seed)
    world = World(folder, rng)
    print(f"seed {seed}")
    did = ["begin"]
    spared: Counter[str] = Counter()
    for _ in range(steps):
        world.write()
        if kills and rng.random() < 0.2:
            did.append(killed(folder, rng.uniform(0.5, 3)))
        with andon.open(folder) as project:
            if rng.random() < 0.1 and did[-1] != "begin":
                did.append(taken_back(project, rng))
            report = project.run()
            for outcome in report.outcomes:
                spare(outcome, spared)
            told = f"seed {seed}, after {did[-6:]}"
            for name in ASSETS:
                compare(project, report, name, told)
        did.extend(world.step() for _ in range(rng.randint(1, 2)))
    assert spared["all"] > spared["intervals"] > 0, f"seed {seed}: {spared}"
    assert spared["kept"] > 0, f"seed {seed}: {spared}"


def compare(project: Project, report: RunReport, name: str, told: str) -> None:
    outcomes = {one.asset: one for one in report.outcomes}
    kept, full = outcomes[f"keep.{name}"], outcomes[f"full.{name}"]
    assert result(kept) == result(full), f"{name}, {told}: {kept.note}"
    if kept.snapshot is None or any(p.code != "RUN002" for p in kept.problems):
        return
    served = {item.asset for item in report.held}
    assert (kept.asset in served) == (full.asset in served), f"{name}, {told}"
    try:
        project.query(f"select count(*) from {kept.asset}")
    except andon.AndonError:
        return  # neither was ever published
    assert differences(project, name) == 0, f"{name}, {told}: {kept.note}"


def result(outcome: Outcome) -> tuple[object, ...]:
    """What became of an asset, apart from how it was made."""
    snapshot = outcome.snapshot
    word = outcome.word if outcome.word in ("failed", "held") else "done"
    codes = tuple(problem.code for problem in outcome.problems)
    if snapshot is None:
        return word, codes
    return word, codes, snapshot.schema, snapshot.rows, snapshot.set_aside, snapshot.digest


def differences(project: Project, name: str) -> int:
    both = (
        f"(from keep.{name} except all from full.{name})"
        f" union all (from full.{name} except all from keep.{name})"
    )
    return int(project.query(f"select count(*) from ({both})").rows[0][0])


def killed(folder: Path, seconds: float) -> str:
    """A run that is killed after a while."""
    command = andon_command(folder, "run")
    with subprocess.Popen(
        command, env=child_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as child:
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            child.kill()
    return "killed"


def taken_back(project: Project, rng: random.Random) -> str:
    """A rollback, of which everything is released at once: the next run goes on from older rows."""
    numbers = [one.number for one in project.history()]
    if len(numbers) < 2:
        return "nothing to take back"
    project.rollback(to=rng.choice(sorted(numbers)[:-1]))
    project.release()
    return "taken back"


def test_rows_set_aside_equal_those_of_a_build_in_full(tmp_path: Path) -> None:
    soak(tmp_path, a_seed(), 8, kills=False)


@pytest.mark.soak
def test_a_hundred_and_fifty_changes_with_kills_and_rollbacks(tmp_path: Path) -> None:
    soak(tmp_path, a_seed(), int(os.environ.get("ANDON_STEPS", "150")), kills=True)
