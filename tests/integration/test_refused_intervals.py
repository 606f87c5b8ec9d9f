"""Bounds and columns that tell no interval are refused, with what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

import andon
from tests.factories import run_andon, write_project

TEXT = """/* andon
materialize: incremental
interval: {column: day, every: day, inputs: {raw.orders: ordered_at}}
*/
select ordered_at::date::varchar as day, amount from raw.orders
"""
FILES = {
    "sources/raw.yml": "tables: {orders: {path: data/*.csv}}\n",
    "assets/marts/daily.sql": TEXT,
    "data/a.csv": "ordered_at,amount\n2026-01-01 10:00:00,1\n",
}


@pytest.mark.parametrize(
    ("bounds", "what", "fix"),
    [
        (("--from", "2026-13"), "`2026-13` is no moment", "write for example `2026`, `2026-02`"),
        (("--to", "yesterday"), "`yesterday` is no moment", "write for example `2026`"),
        (
            ("--from", "2026-03", "--to", "2026-01"),
            "`2026-01` comes before `2026-03`",
            "write `--from 2026-01 --to 2026-03`",
        ),
    ],
)
def test_bounds_that_are_not_understood_run_nothing(
    tmp_path: Path, bounds: tuple[str, ...], what: str, fix: str
) -> None:
    write_project(tmp_path, FILES)
    done = run_andon(tmp_path, "run", *bounds)
    assert done.returncode == 2
    assert f"error[APP009]: {what}" in done.stderr
    assert f"fix: {fix}" in done.stderr


def test_a_column_that_is_a_text_tells_no_interval(tmp_path: Path) -> None:
    write_project(tmp_path, FILES)
    with andon.open(tmp_path) as project:
        (problem,) = [p for o in project.run().outcomes for p in o.problems]
    assert problem.code == "INC003"
    assert problem.what.startswith("column `day` of `marts.daily` is a VARCHAR")
    assert problem.fix == "cast it in the query, for example `day::date as day`"
