"""What was proved of a query is remembered: never needed, never taken for the answer to another question."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import andon
from andon.execution.outcome import Outcome
from andon.sql import slices as of_queries
from tests.factories import rows_of, write_files, write_project

DAILY = """/* andon
materialize: incremental
interval: {column: day, every: day}
*/
select ordered_at::date as day, sum(amount) as amount from raw.orders group by all
"""
BY_KEY = """/* andon
materialize: incremental
key: customer
*/
select customer, sum(amount) as amount from raw.orders group by all
"""
SOURCE = "tables:\n  orders:\n    path: data/*.csv\n    columns: {ordered_at: TIMESTAMP}\n"
HEAD = "customer,ordered_at,amount\n"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Texts of the queries of which something is proved anew."""
    found: list[str] = []
    real = of_queries.parse  # type: ignore[attr-defined]  # the name that `slices` looks up

    def parse(text: str) -> object:
        found.append(text)
        return real(text)

    monkeypatch.setattr(of_queries, "parse", parse)
    return found


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    files = {
        "sources/raw.yml": SOURCE,
        "assets/marts/daily.sql": DAILY,
        "assets/marts/spent.sql": BY_KEY,
    }
    write_project(tmp_path, files)
    for day in (1, 2):
        add(tmp_path, day)
        run(tmp_path)
    return tmp_path


def add(shop: Path, day: int, head: str = HEAD) -> None:
    rest = ",x" * (head.count(",") - HEAD.count(","))
    row = f"ann,2026-01-{day:02} 10:00:00,{day}{rest}\n"
    write_files(shop, {f"data/{day:02}.csv": head + row})


def run(shop: Path) -> dict[str, Outcome]:
    with andon.open(shop) as project:
        report = project.run()
    assert report.status == "done", report
    return {one.asset: one for one in report.outcomes}


def test_a_new_day_asks_nothing_anew(shop: Path, asked: list[str]) -> None:
    add(shop, 3)
    found = run(shop)
    assert asked == []
    assert found["marts.daily"].note == "1 of 3 days"
    assert found["marts.spent"].note == "1 rows made again"
    assert rows_of(shop, "select amount::int from marts.spent") == [(6,)]


def test_a_new_day_is_built_without_the_parser_of_sql(shop: Path) -> None:
    add(shop, 3)
    script = (
        "import sys, andon\n"
        f"with andon.open({str(shop)!r}) as project:\n"
        "    assert project.run().status == 'done'\n"
        "assert 'duckdb' in sys.modules\n"
        "assert 'sqlglot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_another_query_is_asked_about(shop: Path, asked: list[str]) -> None:
    whole = DAILY.replace("sum(amount)", "sum(sum(amount)) over ()")
    write_files(shop, {"assets/marts/daily.sql": whole})
    add(shop, 3)
    note = run(shop)["marts.daily"].note
    assert len(asked) == 1
    assert note.startswith("in full: ")
    assert rows_of(shop, "select distinct amount::int from marts.daily") == [(6,)]


def test_other_columns_of_an_input_are_asked_about(shop: Path, asked: list[str]) -> None:
    add(shop, 3, HEAD.replace("\n", ",note\n"))
    run(shop)
    assert len(asked) == 2


@pytest.mark.parametrize("keep", [0, 7, 20, -1])
def test_a_damaged_memory_is_asked_for_nothing(shop: Path, asked: list[str], keep: int) -> None:
    (file,) = (shop / ".andon" / "cache").glob("proved-*")
    file.write_bytes(file.read_bytes()[:keep])
    add(shop, 3)
    assert run(shop)["marts.daily"].note == "1 of 3 days"
    assert len(asked) == 2
    asked.clear()
    add(shop, 4)
    run(shop)
    assert asked == []


def test_a_run_of_one_asset_keeps_what_is_known_of_others(shop: Path, asked: list[str]) -> None:
    write_files(shop, {"assets/marts/daily.sql": DAILY.replace("sum(", "max(")})
    with andon.open(shop) as project:
        project.run("marts.daily")
    asked.clear()
    add(shop, 3)
    run(shop)
    assert asked == []
