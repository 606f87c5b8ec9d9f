"""What came in at one step comes out at the next, or the step that lost it is named."""

from __future__ import annotations

from pathlib import Path

import pytest

import andon
from andon.errors import ProjectInvalid
from tests.factories import write_files, write_project

ORDERS = "order_id,customer\n" + "".join(f"{n},{n % 7}\n" for n in range(1000))
CHECK = "{to: raw.orders, key: order_id, completeness: 99.9%, consistency: 99%}"


def project(folder: Path, query: str, check: str = CHECK) -> Path:
    asset = f"/* andon\nchecks:\n  - reconcile: {check}\n*/\n{query}\n"
    return write_project(
        folder,
        {
            "sources/raw.yml": "tables:\n  orders: {path: data/orders.csv}\n",
            "data/orders.csv": ORDERS,
            "assets/staging/orders.sql": asset,
        },
    )


def found(folder: Path) -> tuple[str, list[str]]:
    """Status of a run, and what its checks across assets observed."""
    with andon.open(folder) as opened:
        report = opened.run()
        return report.status, [result.observed for _, result in report.crossings]


def test_a_step_that_loses_two_of_a_hundred_rows_is_named(tmp_path: Path) -> None:
    shop = project(tmp_path, "select * from raw.orders where order_id % 50 > 0")
    status, told = found(shop)
    assert status == "failed"
    assert told == [
        (
            "completeness 98 % (at least 99.9 %), duplicates 0 %,"
            " consistency 98 % (at least 99 %) of `raw.orders`"
        )
    ]
    with andon.open(shop) as opened:
        held = opened.run().held
    assert [item.asset for item in held] == ["staging.orders"]


def test_a_step_that_keeps_all_passes(tmp_path: Path) -> None:
    shop = project(tmp_path, "select * from raw.orders")
    assert found(shop) == (
        "done",
        ["completeness 100 %, duplicates 0 %, consistency 100 % of `raw.orders`"],
    )


def test_rows_that_stand_twice_do_not_make_up_for_lost_ones(tmp_path: Path) -> None:
    doubled = (
        "select * from raw.orders where order_id >= 20"
        " union all select * from raw.orders where order_id between 20 and 39"
    )
    status, told = found(project(tmp_path, doubled))
    assert status == "failed"
    assert told[0].startswith("completeness 100 %, duplicates 2 % (at most 0 %), consistency 98 %")


def test_without_a_key_rows_are_counted(tmp_path: Path) -> None:
    shop = project(tmp_path, "select * from raw.orders limit 990", "{to: raw.orders}")
    assert found(shop) == ("failed", ["completeness 99 % (at least 100 %) of `raw.orders`"])


@pytest.mark.parametrize(
    ("check", "code"),
    [
        ("{to: raw.ordres}", "PRJ012"),
        ("{key: order_id}", "PRJ029"),
        ("{to: raw.orders, completeness: 5}", "PRJ029"),
    ],
)
def test_a_wrong_declaration_is_told(tmp_path: Path, check: str, code: str) -> None:
    with (
        andon.open(project(tmp_path, "select * from raw.orders", check)) as opened,
        pytest.raises(ProjectInvalid) as caught,
    ):
        opened.plan()
    assert caught.value.code == code


def test_a_key_that_one_side_lacks_is_told(tmp_path: Path) -> None:
    shop = project(tmp_path, "select order_id as id from raw.orders")
    with andon.open(shop) as opened:
        report = opened.run()
    assert "has no column `order_id`" in report.held[0].reason
    write_files(shop, {"assets/staging/orders.sql": "select * from raw.orders\n"})
    assert found(shop)[0] == "done"
