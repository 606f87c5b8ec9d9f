"""100 checks on a table of 20 columns: planned by Andon, planned by hand, and one query each.

``python -m benchmarks.checks [--rows 10000000]``. CPU seconds over all threads, two of them.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from andon.checks.ask import ask
from andon.checks.judge import judge
from andon.checks.plan import Reference, plan
from andon.schema import Column, Schema
from andon.spec.check import (
    Accepted,
    Check,
    Expect,
    Freshness,
    NotNull,
    Pattern,
    Range,
    Relationship,
    RowCount,
    Unique,
)
from benchmarks.measure import Row

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ROWS = {"small": 1_000_000, "full": 10_000_000}
NOW = datetime(2026, 1, 1, tzinfo=UTC)
STATUS = ("open", "paid", "sent", "done", "void")
COUNTRY = ("DE", "FR", "IT", "ES", "NL", "BE", "AT", "CH")
NUMBERS = ("qty", "amount", "price", "score", "ratio", "month")

ORDERS = f"""
select i as id, i // 4 as basket, (i % 4)::TINYINT as line, (i % 50000)::INTEGER as customer_id,
  (hash(i) % 100)::SMALLINT as qty, ((hash(i + 1) % 100000)::DECIMAL(12, 2) / 100)::DECIMAL(12, 2) as amount,
  ((hash(i + 2) % 1000000) / 1000.0)::DOUBLE as price,
  date '2024-01-01' + (hash(i + 3) % 300)::INTEGER as ordered_on,
  date '2024-12-01' + (hash(i + 4) % 300)::INTEGER as shipped_on,
  timestamp '2024-01-01' + to_seconds((hash(i + 5) % 60000000)::INTEGER) as changed_at,
  {list(STATUS)}[(1 + hash(i + 6) % 5)::INTEGER] as status,
  {list(COUNTRY)}[(1 + hash(i + 7) % 8)::INTEGER] as country,
  'user' || hash(i + 8) % 200000 || '@example.com' as email, printf('ORD-%08d', i) as code,
  'SKU' || lpad((hash(i + 9) % 5000)::VARCHAR, 5, '0') as sku, md5(i::VARCHAR) as token,
  'note ' || hash(i + 14) as note, (hash(i + 12) % 1000)::INTEGER as score,
  ((hash(i + 13) % 1000) / 1000.0)::DOUBLE as ratio, (1 + hash(i + 15) % 12)::TINYINT as month
"""

CONDITIONS = (
    "ordered_on < shipped_on", "amount * qty >= 0", "price >= 0 or amount > 0", "ratio <= 1",
    "length(note) > 5", "length(code) = 12", "status <> 'void' or qty >= 0", "score >= 0",
    "month between 1 and 12", "basket <= id", "line < 4", "customer_id < 50000",
    "price + amount >= 0", "score * ratio <= 1000", "length(token) = 32",
    "contains(email, '@')", "starts_with(sku, 'SKU')", "changed_at >= ordered_on - 3000",
    "year(ordered_on) = 2024", "qty < 100", "month * 2 <= 24", "id // 4 = basket",
)  # fmt: skip
UNIQUE = (("id",), ("code",), ("token",), ("basket", "line"), ("id", "status"))
PATTERNS = (
    ("code", "ORD-[0-9]{8}"), ("sku", "SKU[0-9]{5}"), ("status", "[a-z]{4}"),
    ("country", "[A-Z]{2}"), ("email", r"[a-z0-9]+@[a-z]+\.com"), ("token", "[0-9a-f]{32}"),
    ("note", "note [0-9]+"), ("sku", "[A-Z]+[0-9]+"), ("country", "[A-Z]+"), ("status", "[a-z]+"),
)  # fmt: skip
ACCEPTED: tuple[tuple[str, tuple[str | int, ...]], ...] = (
    ("status", STATUS), ("country", COUNTRY), ("line", (0, 1, 2, 3)),
    ("month", tuple(range(1, 13))), ("status", (*STATUS, "new")), ("country", (*COUNTRY, "LU")),
    ("qty", tuple(range(100))),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Task:
    """Tables on disk, and how they are read."""

    relation: str
    customers: str
    schema: Schema
    names: tuple[str, ...]


def prepare(connection: DuckDBPyConnection, folder: Path, rows: int) -> Task:
    """Write the tables."""
    orders, customers = folder / "orders.parquet", folder / "customers.parquet"
    connection.execute(
        f"copy ({ORDERS} from range({rows}) as t(i)) to '{orders}' (compression zstd, compression_level 1)"
    )
    connection.execute(
        f"copy (select i::INTEGER as customer_id from range(50000) as t(i)) to '{customers}'"
    )
    relation = f"(select * from read_parquet(['{orders}']))"
    found = connection.execute(f"describe select * from {relation}").fetchall()
    schema = Schema(tuple(Column(name=name, type=type_) for name, type_, *_ in found))
    return Task(relation, f"(select * from read_parquet(['{customers}']))", schema, schema.names)


def declared(names: Sequence[str]) -> tuple[Check, ...]:
    """One hundred checks, all of which pass."""
    checks: list[Check] = [NotNull(column=name) for name in names]
    checks += [Range(column=name, min=0) for name in NUMBERS]
    checks += [Range(column=name, max=10_000) for name in NUMBERS]
    checks += [Range(column=name, min=-1, max=99_999) for name in NUMBERS]
    checks += [Range(column=name, min=low) for name in NUMBERS for low in (-5, -2.5)]
    checks += [Range(column="changed_at", min="2023-01-01 00:00:00", max="2030-01-01 00:00:00")]
    checks += [Accepted(column=name, values=values) for name, values in ACCEPTED]
    checks += [Pattern(column=name, regex=regex) for name, regex in PATTERNS]
    checks += [Expect(condition=condition) for condition in CONDITIONS]
    checks += [Unique(columns=columns) for columns in UNIQUE]
    checks += [
        Relationship(
            columns=("customer_id",), to_asset="raw.customers", to_columns=("customer_id",)
        )
    ]
    checks += [RowCount(min=1), RowCount(max=10**9), RowCount(min=1, max=10**9)]
    return (*checks, Freshness(column="changed_at", max_age_s=86_400.0 * 36_500))


def planned(connection: DuckDBPyConnection, task: Task, checks: Sequence[Check]) -> None:
    """As Andon does it."""
    audit = plan(
        checks,
        asset="raw.orders",
        schema=task.schema,
        relation=task.relation,
        references={"raw.customers": Reference(relation=task.customers, schema=task.schema)},
        digest=None,
        logical_time=NOW,
    )
    answers = ask(audit, lambda query: connection.execute(query).fetchall())
    failed = [one.label for one in judge(audit, answers).results if one.verdict != "pass"]
    if failed:
        raise SystemExit(f"checks fail that hold: {failed}")


def by_hand(connection: DuckDBPyConnection, task: Task, _: Sequence[Check]) -> None:
    """As somebody does it who knows the data: extremes, groups of few values, one scan for the rest."""
    wanted = ["count(*)", "max(changed_at)", *(f"count({name})" for name in task.names)]
    wanted += [f"min({name}), max({name})" for name in (*NUMBERS, "changed_at")]
    wanted += [f"count_if(not ({condition}))" for condition in CONDITIONS]
    wanted += [
        f"count_if(not regexp_full_match({name}, '{regex}'))"
        for name, regex in PATTERNS
        if name in {"code", "token", "note", "email"}
    ]
    queries = [f"select {', '.join(wanted)} from {task.relation}"]
    queries += [
        f"select {name}, count(*) from {task.relation} group by 1"
        for name in ("status", "country", "sku", "line", "month", "qty")
    ]
    queries += [_unique(task, columns) for columns in UNIQUE]
    queries.append(_orphans(task))
    for query in queries:
        connection.execute(query).fetchall()


def one_each(connection: DuckDBPyConnection, task: Task, checks: Sequence[Check]) -> None:
    """As many tools do it."""
    for check in checks:
        connection.execute(_single(task, check)).fetchall()


def _single(task: Task, check: Check) -> str:
    match check:
        case Unique(columns=columns):
            return _unique(task, columns)
        case Relationship():
            return _orphans(task)
        case RowCount():
            return f"select count(*) from {task.relation}"
        case Freshness(column=column):
            return f"select max({column}) from {task.relation}"
        case NotNull(column=column):
            bad = f"{column} is null"
        case Accepted(column=column, values=values):
            bad = f"{column} not in {values}"
        case Pattern(column=column, regex=regex):
            bad = f"not regexp_full_match({column}, '{regex}')"
        case Expect(condition=condition):
            bad = f"not ({condition})"
        case Range(column=column, min=low, max=high):
            ends = [f"{column} < {low!r}"] if low is not None else []
            bad = " or ".join([*ends, *([f"{column} > {high!r}"] if high is not None else [])])
        case _:
            raise TypeError(check)
    return f"select count(*) from {task.relation} where {bad}"


def _unique(task: Task, columns: Sequence[str]) -> str:
    key = ", ".join(columns)
    return (
        f"select count(*) from (select {key} from {task.relation} group by all having count(*) > 1)"
    )


def _orphans(task: Task) -> str:
    return f"select count(*) from {task.relation} as o anti join {task.customers} as c using (customer_id)"


Way = Callable[["DuckDBPyConnection", Task, Sequence[Check]], None]


def cost(way: Way, connection: DuckDBPyConnection, task: Task, repeats: int) -> tuple[float, float]:
    """Least CPU and elapsed seconds of some repeats."""
    checks = declared(task.names)
    found = []
    for _ in range(repeats):
        cpu, wall = time.process_time(), time.perf_counter()
        way(connection, task, checks)
        found.append((time.process_time() - cpu, time.perf_counter() - wall))
    return min(found)


def figures(rows: int, folder: Path, repeats: int) -> dict[str, tuple[float, float]]:
    """CPU and elapsed seconds of each way."""
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("set threads = 2")
        task = prepare(connection, folder, rows)
        ways: dict[str, Way] = {"planned": planned, "by hand": by_hand, "one each": one_each}
        return {name: cost(way, connection, task, repeats) for name, way in ways.items()}


def measure(size: str, folder: Path) -> list[Row]:
    """The promise, for the table of all benchmarks."""
    rows = ROWS[size]
    found = figures(rows, folder, 3 if size == "small" else 1)
    return [
        Row(
            what=f"100 checks, {rows:,} rows x 20 columns",
            bar=1.5,
            measured=found["planned"][0],
            limit=found["by hand"][0],
            unit="x limit",
            wall_s=found["planned"][1],
        )
    ]


def main() -> int:
    """Print the figures of all three ways; 0 if the bar is met."""
    parser = argparse.ArgumentParser(prog="benchmarks.checks")
    parser.add_argument("--rows", type=int, default=ROWS["small"])
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = figures(given.rows, Path(folder), given.repeats)
    for name, (cpu, wall) in found.items():
        print(f"{name:9} {cpu:8.2f} CPU s {wall:8.2f} s")
    ratio = found["planned"][0] / found["by hand"][0]
    print(f"planned / by hand {ratio:.2f}, bar 1.50")
    return 0 if ratio <= 1.5 else 1


if __name__ == "__main__":
    sys.exit(main())
