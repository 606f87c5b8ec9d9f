"""Promise: on real sizes Andon costs at most 1.1 times what DuckDB alone costs.

``python -m benchmarks.tpch [--size small|full]``: scale factor 0.1 or 1 of the TPC-H data as
Parquet files, 20 assets over the eight tables and 41 checks. The questions are in the spirit of
that benchmark; the queries are our own. The limit reads the files in place.

What checks cost is the difference to the same project without them, as a share of the build.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.measure import Cost, Row, andon, by_hand, in_turn, run, table, typical
from benchmarks.tpch_assets import ASSETS
from benchmarks.workload import Workload, write_by_hand, write_project

RATIO = 1.1
SHARE = 0.15
SCALES = {"small": "0.1", "full": "1"}
TABLES = ("customer", "lineitem", "nation", "orders", "part", "partsupp", "region", "supplier")


def measure(size: str, folder: Path) -> list[Row]:
    """First build, then the same again with nothing to do."""
    generate(SCALES[size], folder / "data")
    workload = write_tpch(folder)
    limit = typical(lambda: by_hand(folder), 3)
    bare = _without_checks(folder)
    first, unchecked = in_turn(lambda: _build(folder), lambda: _build(bare), 3)
    again = andon("run", cwd=folder)
    checks = sum(len(asset.checks) for asset in workload.assets)
    what = f"TPC-H SF{SCALES[size]}, {len(workload.assets)} assets + {checks} checks"
    return [
        Row(
            what=f"{what}: first build",
            bar=RATIO,
            measured=first.cpu_s,
            limit=limit.cpu_s,
            unit="x limit",
            wall_s=first.wall_s,
            peak_mb=first.peak_mb,
        ),
        Row(
            what=f"{what}: share of the checks in the build",
            bar=SHARE,
            measured=max(0.0, first.cpu_s - unchecked.cpu_s),
            limit=first.cpu_s,
            unit="x limit",
            wall_s=unchecked.wall_s,
            peak_mb=unchecked.peak_mb,
        ),
        Row(
            what=f"{what}: nothing changed",
            bar=0.2,
            measured=again.cpu_s,
            unit="CPU s",
            wall_s=again.wall_s,
            peak_mb=again.peak_mb,
        ),
    ]


def _build(folder: Path) -> Cost:
    shutil.rmtree(folder / ".andon", ignore_errors=True)
    return andon("run", cwd=folder)


def generate(scale: str, folder: Path) -> None:
    """Write the eight tables as Parquet files into `folder`, unless they are there."""
    if not all((folder / f"{name}.parquet").exists() for name in TABLES):
        folder.mkdir(parents=True, exist_ok=True)
        program = Path(sys.executable).with_name("tpchgen-cli")
        run([program, "parquet", "-s", scale, f"--output-dir={folder}"], folder)


def write_tpch(folder: Path) -> Workload:
    """Write the project and the job of the limit; the data are in ``data/``."""
    workload = _workload(folder / "data")
    write_project(workload, folder)
    write_by_hand(workload, folder)
    return workload


def _without_checks(folder: Path) -> Path:
    """The same project in a folder of its own, on the same data, without any check."""
    bare = folder / "unchecked"
    workload = _workload(folder / "data")
    assets = tuple(replace(asset, checks=()) for asset in workload.assets)
    write_project(replace(workload, assets=assets), bare)
    return bare


def _workload(data: Path) -> Workload:
    tables = tuple((name, str(data / f"{name}.parquet")) for name in TABLES)
    return Workload(tables=tables, assets=ASSETS, raw="view")


def main(arguments: Sequence[str]) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", choices=sorted(SCALES), default="small")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        print(table(measure(given.size, Path(folder))))


if __name__ == "__main__":
    main(sys.argv[1:])
