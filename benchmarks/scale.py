"""Promise: the cost of a project grows with what changed, and stays near plain DuckDB.

``python -m benchmarks.scale [--size small|full]``: 10, 100 and, if full, 1,000 and 5,000 assets.
Figures are CPU seconds of the process tree. The bars are those of the design; a build is held to
its ratio to the limit, since both depend on the machine in the same way.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.generate import change_leaf, leaf_of, write_leaf_by_hand, write_synthetic
from benchmarks.measure import Cost, Row, andon, by_hand, forget, in_turn, table, typical
from benchmarks.workload import Workload

HELP_S = 0.10
PARSE_S = {10: (0.3, 0.15), 100: (0.4, 0.15), 1000: (2.0, 0.3), 5000: (9.0, 1.0)}
FIRST_RATIO = {10: 3.0, 100: 1.8, 1000: 12 / 7.4}
NOTHING_S = {10: 0.2, 100: 0.2, 1000: 0.5}
LEAF_S = {10: 0.5, 100: 0.5, 1000: 0.8}
PEAK_MB = {10: 150, 100: 150, 1000: 300}
SIZES = {"small": (10, 100), "full": (10, 100, 1000, 5000)}
BUILT = 1000
"""Largest project that is built; a larger one is only parsed."""


def measure(size: str, folder: Path) -> list[Row]:
    """All rows, the smallest project first."""
    cost = typical(lambda: andon("--help", cwd=folder), 5)
    rows = [Row(what="`--help`", bar=HELP_S, measured=cost.cpu_s, unit="CPU s", wall_s=cost.wall_s)]
    for assets in SIZES[size]:
        rows += _project(assets, folder / f"project-{assets}")
    return rows


def _project(assets: int, folder: Path) -> list[Row]:
    workload = write_synthetic(assets, folder)
    repeats = 5 if assets <= 100 else 3 if assets <= BUILT else 1
    cold, warm = PARSE_S[assets]
    rows = [
        _row(f"parse cold, {assets:,}", cold, typical(lambda: _cold_plan(folder), repeats)),
        _row(f"parse warm, {assets:,}", warm, typical(lambda: andon("plan", cwd=folder), 5)),
    ]
    if assets <= BUILT:
        rows += _first_build(assets, folder, repeats)
        rows += _again(assets, folder, workload)
    return rows


def _first_build(assets: int, folder: Path, repeats: int) -> list[Row]:
    limit, cost = in_turn(lambda: by_hand(folder), lambda: _cold_run(folder), repeats)
    return [
        Row(
            what=f"first build, {assets:,} assets + {2 * assets:,} checks",
            bar=round(FIRST_RATIO[assets], 2),
            measured=cost.cpu_s,
            limit=limit.cpu_s,
            unit="x limit",
            wall_s=cost.wall_s,
            peak_mb=cost.peak_mb,
        ),
        Row(
            what=f"peak memory, {assets:,}",
            bar=PEAK_MB[assets],
            measured=cost.peak_mb,
            limit=limit.peak_mb,
            unit="MB",
        ),
    ]


def _again(assets: int, folder: Path, workload: Workload) -> list[Row]:
    nothing = typical(lambda: andon("run", cwd=folder), 5)
    least = typical(lambda: by_hand(folder, "--look"), 5)
    leaf = leaf_of(workload)
    editions = iter(range(2, 100))

    def change_and_run() -> Cost:
        change_leaf(folder, leaf, next(editions))
        return andon("run", cwd=folder)

    def change_by_hand() -> Cost:
        write_leaf_by_hand(folder, leaf, next(editions))
        return by_hand(folder, "--only", leaf.name)

    changed, limit = typical(change_and_run, 3), typical(change_by_hand, 3)
    return [
        _row(f"nothing changed, {assets:,}", NOTHING_S[assets], nothing, least),
        _row(f"one leaf changed, {assets:,}", LEAF_S[assets], changed, limit),
    ]


def _cold_plan(folder: Path) -> Cost:
    forget(folder)
    return andon("plan", cwd=folder)


def _cold_run(folder: Path) -> Cost:
    forget(folder)
    return andon("run", cwd=folder)


def _row(what: str, bar: float, cost: Cost, limit: Cost | None = None) -> Row:
    return Row(
        what=what,
        bar=bar,
        measured=cost.cpu_s,
        limit=limit.cpu_s if limit else None,
        unit="CPU s",
        wall_s=cost.wall_s,
        peak_mb=cost.peak_mb,
    )


def main(arguments: Sequence[str]) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", choices=sorted(SIZES), default="small")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        print(table(measure(given.size, Path(folder))))


if __name__ == "__main__":
    main(sys.argv[1:])
