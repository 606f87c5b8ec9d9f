"""Synthetic projects of any size: a layered graph over small files, the same for the same seed.

``python -m benchmarks.generate 1000 FOLDER`` writes one.
"""

from __future__ import annotations

import csv
import json
import random
import re
import sys
from datetime import date, timedelta
from pathlib import Path

from benchmarks.measure import execute
from benchmarks.shapes import MARTS, SHAPES
from benchmarks.workload import (
    Asset,
    Check,
    Workload,
    asset_path,
    build_statement,
    write_by_hand,
    write_project,
)

SOURCES = ("orders", "returns", "visits", "payments", "tickets", "shipments", "quotes", "invoices")
CATEGORIES = ("garden", "kitchen", "office", "outdoor", "toys")
STATES = ("open", "paid", "closed")
LEVELS = 4
"""Depth of the intermediate layer; with sources, staging and marts the graph has seven ranks."""


def synthetic(assets: int, seed: int = 7) -> Workload:
    """Assets in three layers: 30 % staging, 40 % intermediate, 30 % marts.

    Every staging and intermediate asset offers the same seven columns under a unique `id`, so any
    can be joined with any; the shape of each select and what it reads come from `seed`.
    """
    dice = random.Random(seed)
    staged = max(1, round(assets * 0.3))
    marts = max(1, round(assets * 0.3))
    made = [_staging(number) for number in range(staged)]
    lower = [asset.name for asset in made]
    middle = assets - staged - marts
    for level in range(LEVELS):
        count = middle // LEVELS + (level < middle % LEVELS)
        names = []
        for number in range(count):
            name = f"intermediate.step_{level}_{number:04}"
            made.append(_intermediate(name, number + level, dice.sample(lower, 2), dice))
            names.append(name)
        lower = [*lower[-4 * max(count, 1) :], *names]
    made += [_mart(number, dice.sample(lower, 2), dice) for number in range(marts)]
    tables = tuple(
        (name, f"data/{name}.{'parquet' if number % 2 else 'csv'}")
        for number, name in enumerate(SOURCES)
    )
    return Workload(tables=tables, assets=tuple(made))


def write_synthetic(assets: int, folder: Path, *, rows: int = 400, seed: int = 7) -> Workload:
    """Write a synthetic project with its data and the job of the limit into `folder`."""
    workload = synthetic(assets, seed)
    _write_data(folder / "data", rows, seed)
    write_project(workload, folder)
    write_by_hand(workload, folder)
    return workload


def leaf_of(workload: Workload) -> Asset:
    """The last mart, which nothing reads."""
    return workload.assets[-1]


def change_leaf(folder: Path, leaf: Asset, edition: int) -> str:
    """Give the leaf another content in the project; returns its name. Differs by `edition`."""
    path = asset_path(folder, leaf.name)
    text = path.read_text("utf-8")
    path.write_text(re.sub(r"\d+ as edition", f"{edition} as edition", text), "utf-8")
    return leaf.name


def change_parent(folder: Path, workload: Workload) -> str:
    """Change an asset in the middle so that its content stays the same; returns its name."""
    asset = workload.assets[len(workload.assets) // 2]
    path = asset_path(folder, asset.name)
    text = path.read_text("utf-8")
    path.write_text(
        text.replace("where id is not null", "where (id is not null) and true"), "utf-8"
    )
    return asset.name


def _write_data(folder: Path, rows: int, seed: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(SOURCES):
        dice = random.Random(seed * 1000 + number)
        path = folder / f"{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            out = csv.writer(file, lineterminator="\n")
            out.writerow(["id", "customer_id", "day", "category", "state", "amount", "quantity"])
            for row in range(1, rows + 1):
                out.writerow(
                    [
                        row,
                        dice.randrange(1, rows // 4 + 2),
                        date(2026, 1, 1) + timedelta(days=dice.randrange(180)),
                        dice.choice(CATEGORIES).title(),
                        dice.choice(STATES),
                        f"{dice.randrange(100, 50_000) / 100:.2f}",
                        dice.randrange(1, 20),
                    ]
                )
    _to_parquet([folder / f"{name}.csv" for name in SOURCES[1::2]])


def _to_parquet(paths: list[Path]) -> None:
    execute(
        *(
            f"copy (from read_csv('{path}')) to '{path.with_suffix('.parquet')}' (format parquet)"
            for path in paths
        )
    )
    for path in paths:
        path.unlink()


def _staging(number: int) -> Asset:
    source = SOURCES[number % len(SOURCES)]
    sql = f"""with typed as (
  select
    cast(id as bigint) as id,
    cast(customer_id as bigint) as customer_id,
    cast(day as date) as day,
    lower(trim(category)) as category,
    state,
    cast(amount as decimal(18, 2)) as amount,
    cast(quantity as bigint) as quantity
  from raw.{source}
  where id is not null and id % {number % 11 + 5} <> 3
),
ranked as (
  select
    *,
    row_number() over (partition by id order by day desc, amount desc) as position
  from typed
)
select id, customer_id, day, category, state, amount, quantity
from ranked
where position = 1"""
    return Asset(
        name=f"staging.{source}_{number:04}",
        sql=sql,
        checks=(
            Check(kind="unique", subject="id"),
            Check(kind="accepted", subject="category", values=CATEGORIES),
        ),
    )


def _intermediate(name: str, shape: int, reads: list[str], dice: random.Random) -> Asset:
    first, second = reads
    days = dice.randrange(3, 30)
    sql = SHAPES[shape % len(SHAPES)].format(first=first, second=second, days=days)
    second_check = (
        Check(kind="not_null", subject="customer_id")
        if shape % 2
        else Check(kind="expect", subject="amount >= 0")
    )
    return Asset(name=name, sql=sql, checks=(Check(kind="unique", subject="id"), second_check))


def _mart(number: int, reads: list[str], dice: random.Random) -> Asset:
    first, second = reads
    days = dice.randrange(3, 30)
    sql = MARTS[number % len(MARTS)].format(first=first, second=second, days=days)
    return Asset(
        name=f"marts.report_{number:04}",
        sql=sql,
        checks=(
            Check(kind="not_null", subject="category"),
            Check(kind="expect", subject="amount >= 0 and entries > 0"),
        ),
    )


def write_leaf_by_hand(folder: Path, leaf: Asset, edition: int) -> None:
    """Let the limit rebuild the leaf with the same change."""
    path = folder / "by_hand.json"
    job = json.loads(path.read_text("utf-8"))
    for step in job["steps"]:
        if step["name"] == leaf.name:
            step["build"] = re.sub(
                r"\d+ as edition", f"{edition} as edition", build_statement(leaf)
            )
    path.write_text(json.dumps(job, indent=1), "utf-8")


if __name__ == "__main__":
    write_synthetic(int(sys.argv[1]), Path(sys.argv[2]))
