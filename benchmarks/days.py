"""Promise: a day of new data costs a day's work, however long the history is.

``python -m benchmarks.days [--size small|full]``: a source with one file a day, a copy of its rows and
a total by day, both kept by intervals, with checks. To histories of 10, 100 and, if full, 1,000 days
one day is appended. The limit is the same day appended to the shortest history.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from benchmarks.measure import Cost, Row, andon, execute, table, typical

HISTORIES = {"small": (10, 100), "full": (10, 100, 1000)}
ROWS = {"small": 2_000, "full": 10_000}
"""Rows of one day."""

FLAT = 1.5
REPEATS = 5
FIRST = date(2020, 1, 1)
SOURCE = """tables:
  events:
    path: in/*.csv
    columns: {seen: TIMESTAMP, id: BIGINT, amount: 'DECIMAL(12,2)'}
    checks: [{not_null: id}, {expect: amount >= 0}]
"""
ROWS_OF = """/* andon
materialize: incremental
interval: {column: seen, every: day}
checks: [{unique: id}, {not_null: [id, seen]}, {expect: amount >= 0}]
*/
select id, seen, kind, amount from raw.events
"""
DAILY = """/* andon
materialize: incremental
interval: {column: day, every: day}
key: [day, kind]
checks: [{unique: [day, kind]}, {not_null: day}]
*/
select seen::date as day, kind, sum(amount) as amount, count(*) as n
from staging.events group by all
"""


def measure(size: str, folder: Path) -> list[Row]:
    """The curve, the shortest history first."""
    found: list[Row] = []
    shortest: Cost | None = None
    for days in HISTORIES[size]:
        cost = _day(days, ROWS[size], folder / f"days-{days}")
        shortest = shortest or cost
        found.append(
            Row(
                what=f"one day of {ROWS[size]:,} rows appended to {days:,}",
                bar=FLAT,
                measured=cost.cpu_s,
                limit=shortest.cpu_s,
                unit="x limit",
                wall_s=cost.wall_s,
                peak_mb=cost.peak_mb,
            )
        )
    return found


def _day(days: int, rows: int, folder: Path) -> Cost:
    """What one more day costs after so many."""
    for path, text in (
        ("andon.toml", '[project]\nname = "days"\n[settings]\nthreads = 2\n'),
        ("sources/raw.yml", SOURCE),
        ("assets/staging/events.sql", ROWS_OF),
        ("assets/marts/daily.sql", DAILY),
    ):
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    (folder / "in").mkdir()
    for number in range(days):
        _write(folder, number, rows)
    andon("run", cwd=folder)
    coming = iter(range(days, days + REPEATS + 1))

    def one_more() -> Cost:
        _write(folder, next(coming), rows)
        return andon("run", cwd=folder)

    one_more()  # the first one looks at files that nobody looked at before
    return typical(one_more, REPEATS)


def _write(folder: Path, number: int, rows: int) -> None:
    day = FIRST + timedelta(days=number)
    execute(
        f"copy (select {number * rows} + i as id, timestamp '{day}' + to_seconds(i % 86400) as seen,"
        f" 'k' || (i % 7) as kind, (hash(i) % 10000)::decimal(12, 2) / 100 as amount"
        f" from range({rows}) r(i)) to '{folder}/in/{day}.csv' (header)"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 0 if every bar is met, else 1."""
    parser = argparse.ArgumentParser(prog="benchmarks.days", description=__doc__)
    parser.add_argument("--size", choices=sorted(HISTORIES), default="small")
    with tempfile.TemporaryDirectory() as place:
        rows = measure(parser.parse_args(arguments).size, Path(place))
    print(table(rows))
    return 0 if all(row.is_met for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
