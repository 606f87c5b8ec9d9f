"""Both sides of a comparison come from the same workload."""

from __future__ import annotations

import pytest

from benchmarks.generate import leaf_of, synthetic
from benchmarks.measure import Row, table
from benchmarks.tpch_assets import ASSETS
from benchmarks.workload import Asset, Check, check_statement


@pytest.mark.parametrize("assets", [10, 100, 1000])
def test_a_synthetic_project_has_as_many_assets_as_asked_for_and_two_checks_each(
    assets: int,
) -> None:
    made = synthetic(assets).assets
    assert len({asset.name for asset in made}) == assets
    assert all(len(asset.checks) == 2 for asset in made)


def test_the_same_seed_gives_the_same_project() -> None:
    assert synthetic(50, seed=3) == synthetic(50, seed=3)
    assert synthetic(50, seed=3) != synthetic(50, seed=4)


def test_an_asset_reads_earlier_assets_only() -> None:
    made = synthetic(60).assets
    for place, asset in enumerate(made):
        later = [other.name for other in made[place:]]
        assert not [name for name in later if f"{name} " in asset.sql]


def test_nothing_reads_the_leaf() -> None:
    workload = synthetic(100)
    leaf = leaf_of(workload)
    assert not [asset for asset in workload.assets if f"{leaf.name} " in asset.sql]


def test_the_checks_of_an_asset_are_judged_in_one_statement() -> None:
    checks = (Check(kind="unique", subject="a, b"), Check(kind="not_null", subject="c"))
    statement = check_statement(Asset(name="s.t", sql="select 1", checks=checks))
    assert statement == (
        "select count(*) - count(c), (select count(*) from "
        "(select 1 from s.t group by a, b having count(*) > 1)) from s.t"
    )


def test_the_tpch_project_has_the_promised_size() -> None:
    assert len(ASSETS) == 20
    assert sum(len(asset.checks) for asset in ASSETS) == 41


def test_a_ratio_above_its_bar_is_not_met() -> None:
    row = Row(what="build", bar=1.1, measured=12.0, limit=10.0, unit="x limit")
    assert not row.is_met
    assert "| build | 1.1 x limit | 12 CPU s | 10 CPU s | 1.20 |  |  | no |" in table([row])
