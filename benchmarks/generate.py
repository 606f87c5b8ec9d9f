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
        if number % 2:
            _to_parquet(path)


def _to_parquet(path: Path) -> None:
    import duckdb

    target = path.with_suffix(".parquet")
    with duckdb.connect() as connection:
        connection.execute(f"copy (from read_csv('{path}')) to '{target}' (format parquet)")
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
    sql = _SHAPES[shape % len(_SHAPES)].format(first=first, second=second, days=days)
    second_check = (
        Check(kind="not_null", subject="customer_id")
        if shape % 2
        else Check(kind="expect", subject="amount >= 0")
    )
    return Asset(name=name, sql=sql, checks=(Check(kind="unique", subject="id"), second_check))


_SHAPES = (
    """with both_sides as (
  select
    a.id,
    a.customer_id,
    greatest(a.day, coalesce(b.day, a.day)) as day,
    a.category,
    a.state,
    a.amount + coalesce(b.amount, 0) / 2 as amount,
    a.quantity
  from {first} as a
  left join {second} as b on a.id = b.id
  where a.id is not null
)
select
  id,
  customer_id,
  day,
  category,
  state,
  cast(least(amount, 1000000) as decimal(18, 2)) as amount,
  quantity
from both_sides""",
    """with recent as (
  select *
  from {first}
  where id is not null and day >= date '2026-01-01' + {days}
),
by_customer as (
  select customer_id, avg(amount) as usual, count(*) as entries
  from {second}
  group by customer_id
)
select
  r.id,
  r.customer_id,
  r.day,
  r.category,
  r.state,
  cast(least(r.amount + coalesce(c.usual, 0), 1000000) as decimal(18, 2)) as amount,
  r.quantity + coalesce(c.entries, 0) as quantity
from recent as r
left join by_customer as c on c.customer_id = r.customer_id""",
    """with known as (
  select *
  from {first}
  where id is not null and customer_id in (select customer_id from {second})
),
smoothed as (
  select
    id,
    avg(amount) over (
      partition by customer_id order by day, id rows between 6 preceding and current row
    ) as amount,
    sum(quantity) over (partition by category order by day, id rows {days} preceding) as quantity
  from known
)
select k.id, k.customer_id, k.day, k.category, k.state,
  cast(s.amount as decimal(18, 2)) as amount,
  cast(s.quantity as bigint) % 1000 as quantity
from known as k
join smoothed as s on s.id = k.id""",
    """with together as (
  select id, customer_id, day, category, state, amount, quantity from {first}
  where id is not null
  union all
  select id, customer_id, day, category, state, amount, quantity from {second}
  where id is not null
)
select
  id,
  min(customer_id) as customer_id,
  max(day) as day,
  min(category) as category,
  max(state) as state,
  cast(avg(amount) as decimal(18, 2)) as amount,
  cast(max(quantity) as bigint) as quantity
from together
group by id
having count(*) <= {days}""",
)


def _mart(number: int, reads: list[str], dice: random.Random) -> Asset:
    first, second = reads
    days = dice.randrange(3, 30)
    sql = _MARTS[number % len(_MARTS)].format(first=first, second=second, days=days)
    return Asset(
        name=f"marts.report_{number:04}",
        sql=sql,
        checks=(
            Check(kind="not_null", subject="category"),
            Check(kind="expect", subject="amount >= 0 and entries > 0"),
        ),
    )


_MARTS = (
    """with monthly as (
  select
    date_trunc('month', a.day) as month,
    a.category,
    count(*) as entries,
    sum(a.amount) as amount
  from {first} as a
  join {second} as b on b.customer_id = a.customer_id and b.id % {days} = 0
  where a.id is not null
  group by all
)
select
  month,
  category,
  entries,
  amount,
  amount - lag(amount, 1, 0) over (partition by category order by month) as change,
  1 as edition
from monthly""",
    """with customers as (
  select customer_id, category, count(*) as entries, sum(amount) as amount
  from {first}
  where id is not null
  group by customer_id, category
),
ranked as (
  select
    *,
    rank() over (partition by category order by amount desc, customer_id) as place
  from customers
)
select r.customer_id, r.category, r.entries, r.amount, r.place, 1 as edition
from ranked as r
where r.place <= {days}
  and exists (select 1 from {second} as s where s.customer_id = r.customer_id)""",
    """select
  a.state,
  a.category,
  count(*) as entries,
  count(distinct a.customer_id) as customers,
  sum(a.amount) as amount,
  sum(case when b.id is null then 0 else b.quantity end) as matched,
  min(a.day) as first_day,
  max(a.day) + {days} as next_day,
  1 as edition
from {first} as a
left join {second} as b on b.id = a.id
where a.id is not null
group by a.state, a.category""",
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
