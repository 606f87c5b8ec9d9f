"""Promise: data larger than memory is aggregated and joined within a memory cap.

``python -m benchmarks.memory [--size small|full]``: the engine may use 512 MB; the data are 0.5 GB
or 2 GB of Parquet that does not compress. One asset groups by a key with very many values, one
joins two large tables. Peak resident memory includes the interpreter and all libraries.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import Row, andon, by_hand, execute, table
from benchmarks.workload import Asset, Check, Workload, write_by_hand, write_project

CAP_MB = 512
PEAK_RATIO = 1.25
"""Peak memory against that of plain DuckDB under the same cap."""
GIGABYTES = {"small": 0.5, "full": 2.0}
ROW_BYTES = 40


def measure(size: str, folder: Path) -> list[Row]:
    """Two rows: processor time and peak memory, each against plain DuckDB under the same cap."""
    gigabytes = GIGABYTES[size]
    workload = write_large(gigabytes, folder)
    limit = by_hand(folder, "--memory", f"{CAP_MB}MB")
    cost = andon("run", cwd=folder)
    what = f"{gigabytes:g} GB within {CAP_MB} MB, {len(workload.assets)} assets"
    return [
        Row(
            what=f"{what}: processor time",
            bar=2.0,
            measured=cost.cpu_s,
            limit=limit.cpu_s,
            unit="x limit",
            wall_s=cost.wall_s,
            peak_mb=cost.peak_mb,
        ),
        Row(
            what=f"{what}: peak memory",
            bar=round(PEAK_RATIO * limit.peak_mb),
            measured=cost.peak_mb,
            limit=limit.peak_mb,
            unit="MB",
        ),
    ]


def write_large(gigabytes: float, folder: Path) -> Workload:
    """Write a project over `gigabytes` of Parquet in two tables of like size."""
    rows = int(gigabytes * 1e9 / ROW_BYTES / 2)
    data = folder / "data"
    data.mkdir(parents=True)
    _write_parquet(data / "facts.parquet", rows, 1)
    _write_parquet(data / "others.parquet", rows, 2)
    grouped = Asset(
        name="marts.by_key",
        sql=(
            "select key, count(*) as entries, sum(first) as first, max(second) as second\n"
            "from raw.facts\ngroup by key"
        ),
        checks=(Check(kind="unique", subject="key"),),
    )
    joined = Asset(
        name="marts.joined",
        sql=(
            "select f.id, f.key, f.first, o.second, o.third\n"
            "from raw.facts as f\njoin raw.others as o on o.id = f.id"
        ),
        checks=(Check(kind="not_null", subject="id"), Check(kind="expect", subject="id >= 0")),
    )
    workload = Workload(
        tables=(("facts", "data/facts.parquet"), ("others", "data/others.parquet")),
        assets=(grouped, joined),
        raw="view",
    )
    write_project(workload, folder, f'threads = 2\nmemory = "{CAP_MB}MB"')
    write_by_hand(workload, folder)
    return workload


def _write_parquet(path: Path, rows: int, salt: int) -> None:
    execute(
        f"""copy (
          select
            cast(i as bigint) as id,
            cast(hash(i, {salt}) % {rows // 2} as bigint) as key,
            cast(hash(i, {salt + 10}) >> 2 as bigint) as first,
            cast(hash(i, {salt + 20}) >> 2 as bigint) as second,
            cast(hash(i, {salt + 30}) >> 2 as bigint) as third
          from range({rows}) as numbers(i)
        ) to '{path}' (format parquet, compression uncompressed)"""
    )


def main(arguments: Sequence[str]) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", choices=sorted(GIGABYTES), default="small")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        print(table(measure(given.size, Path(folder))))


if __name__ == "__main__":
    main(sys.argv[1:])
