"""Late and out-of-order data: whatever order it arrives in, the tables end equal."""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import andon
from tests.factories import rows_of, write_files, write_project

HEAD = "id,seen,kind,amount\n"
ARRIVALS = {
    "a.csv": "1,2026-01-01 10:00:00,x,5\n2,2026-01-01 23:59:59,y,7\n",
    "b.csv": "3,2026-01-02 00:00:00,x,1\n4,2026-01-04 08:00:00,x,2\n",
    "c.csv": "5,2026-01-01 12:00:00,y,100\n6,,x,3\n",
    "d.csv": "1,2026-01-03 10:00:00,x,9\n7,2026-01-02 10:00:00,,4\n",
}
FILES = {
    "sources/raw.yml": "tables:\n  events:\n    path: data/*.csv\n    columns: {seen: TIMESTAMP}\n",
    "assets/m/daily.sql": "/* andon\nmaterialize: incremental\ninterval: {column: day, every: day}\n*/\n"
    "select seen::date as day, kind, sum(amount) as amount from raw.events group by all\n",
    "assets/m/monthly.sql": "/* andon\nmaterialize: incremental\n"
    "interval: {column: month, every: month}\n*/\n"
    "select date_trunc('month', day)::date as month, sum(amount) as amount from m.daily group by all\n",
    "assets/m/totals.sql": "/* andon\nmaterialize: incremental\nkey: id\n*/\n"
    "select id, count(*) as n, max(seen) as last from raw.events group by all\n",
    "assets/m/copy.sql": "/* andon\nmaterialize: incremental\nstrategy: append\n*/\n"
    "select id, kind, amount from raw.events where amount > 1\n",
}
TABLES = ("daily", "monthly", "totals", "copy")


def arrive(folder: Path, order: Sequence[str]) -> dict[str, list[tuple[Any, ...]]]:
    """What is served after one run per arrival."""
    write_project(folder, FILES)
    for name in order:
        write_files(folder, {f"data/{name}": HEAD + ARRIVALS[name]})
        with andon.open(folder) as project:
            report = project.run()
            assert report.status == "done", report
            changed = {one.asset for one in report.outcomes if one.word == "built"}
            assert "raw.events" in changed
    return {name: rows_of(folder, f"from m.{name}") for name in TABLES}


def orders_that_end_differently(folder: Path, ways: int) -> list[list[str]]:
    """Of so many orders of arrival those whose tables are not those of the sorted one."""
    seed = int(os.environ.get("ANDON_SEED", "0")) or random.SystemRandom().randint(1, 10**6)
    print(f"seed {seed}")
    dice, expected = random.Random(seed), arrive(folder / "sorted", sorted(ARRIVALS))
    orders = [dice.sample(sorted(ARRIVALS), len(ARRIVALS)) for _ in range(ways)]
    return [o for way, o in enumerate(orders) if arrive(folder / str(way), o) != expected]


def test_shuffled_arrivals_end_in_equal_tables(tmp_path: Path) -> None:
    assert orders_that_end_differently(tmp_path, 3) == []


@pytest.mark.soak
def test_arrivals_shuffled_a_hundred_ways_end_in_equal_tables(tmp_path: Path) -> None:
    assert orders_that_end_differently(tmp_path, 100) == []
