"""Readers see whole, audited sets while related tables are published, fail checks and are killed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

import andon
from tests.factories import GENERATIONS, write_project
from tests.faults.processes import call, finish, start

READERS = 8


def publish_under_watch(folder: Path, seed: int, generations: int) -> dict[str, int]:
    """Deliver generations to one publisher that dies now and then, beside polling readers."""
    write_project(folder, GENERATIONS)
    with andon.open(folder) as project:
        assert project.run().status == "done"
    stop = folder / "stop"
    modes = ["read", "export"] * (READERS // 2)
    readers = [start(mode, folder, stop=stop) for mode in modes]
    done = kills = failing = 0
    try:
        while done < generations:
            code, said, err = call(
                "publish", folder, seed=seed + kills, first=done + 1, last=generations
            )
            finished = [line for line in said if "generation" in line]
            failing += sum(line["failing"] for line in finished)
            assert all("error" not in line for line in said), f"seed {seed}: {said}"
            if code == -9:
                kills += 1
                code, said, err = call("run", folder)
                assert code in (0, 1), f"seed {seed}: no rerun after a kill: {said} {err}"
                done += len(finished) + 1
            else:
                assert code == 0, f"seed {seed}: {err}"
                done += len(finished)
    finally:
        stop.touch()
        ends = [finish(reader) for reader in readers]
    return _summed(seed, ends, kills, failing)


def _summed(
    seed: int, ends: list[tuple[int, list[Any], str]], kills: int, failing: int
) -> dict[str, int]:
    polls = 0
    for code, said, err in ends:
        assert code == 0, f"seed {seed}: {err}"
        assert said[0]["wrong"] == [], f"seed {seed}"
        polls += said[0]["polls"]
    return {"polls": polls, "kills": kills, "failing": failing}


def test_eight_readers_never_see_a_mixed_or_unaudited_set(tmp_path: Path) -> None:
    seed = int(os.environ.get("ANDON_FAULT_SEED", "52"))
    count = int(os.environ.get("ANDON_FAULT_BUDGET", "18"))
    seen = publish_under_watch(tmp_path, seed, count)
    print(seed, seen)
    assert seen["kills"] > 0
    assert seen["failing"] > 0
    with andon.open(tmp_path) as project:
        assert project.run().status in ("nothing", "failed")


@pytest.mark.soak
def test_eight_readers_never_see_a_mixed_or_unaudited_set_in_500_publications(
    tmp_path: Path,
) -> None:
    seed = int(os.environ.get("ANDON_FAULT_SEED", str(int.from_bytes(os.urandom(3)))))
    seen = publish_under_watch(tmp_path, seed, 500)
    print(f"seed {seed}: {seen}")
    assert seen["kills"] >= 20
