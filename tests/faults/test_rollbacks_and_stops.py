"""Rollback, withdrawn builds, stopped deliveries: what happens on the runs after them."""

from __future__ import annotations

from pathlib import Path

import pytest

import andon
from andon.errors import UsageError
from tests.factories import SHOP, rows_of, write_files, write_project

HEAD = "order_id,customer_id,amount\n"
GATE = {
    "sources/raw.yml": SHOP["sources/raw.yml"].replace(
        "    path: data/orders*.csv\n",
        "    path: data/orders*.csv\n    checks:\n      - expect: amount >= 0\n",
    )
}
TOTAL = "select sum(amount) from marts.value"
ROWS = "select count(*) from staging.orders"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    write_project(tmp_path, SHOP)
    run(tmp_path)
    return tmp_path


def run(folder: Path) -> str:
    with andon.open(folder) as project:
        return project.run().status


def deliver(folder: Path, day: int, amount: int) -> None:
    write_files(folder, {f"data/orders_{day}.csv": f"{HEAD}{day},100,{amount}\n"})


def test_what_was_rolled_back_is_not_published_again_by_the_next_runs(shop: Path) -> None:
    deliver(shop, 10, 1_000_000)
    assert run(shop) == "done"
    with andon.open(shop) as project:
        project.rollback()
        for _ in range(3):
            assert project.run().status == "nothing"
            assert project.query(TOTAL).rows == ((47,),)
            assert project.query(ROWS).rows == ((3,),)


def test_new_data_after_a_rollback_is_published(shop: Path) -> None:
    deliver(shop, 10, 1_000_000)
    run(shop)
    with andon.open(shop) as project:
        project.rollback()
        project.set_aside("orders_10.csv")
        deliver(shop, 11, 5)
        assert project.run().status == "done"
        assert project.query(TOTAL).rows == ((52,),)
        assert project.run().status == "nothing"


def test_a_mended_file_after_a_rollback_is_published(shop: Path) -> None:
    deliver(shop, 10, 1_000_000)
    run(shop)
    with andon.open(shop) as project:
        project.rollback()
        deliver(shop, 10, 10)
        assert project.run().status == "done"
        assert project.query(TOTAL).rows == ((57,),)


def test_mended_code_after_a_rollback_is_published(shop: Path) -> None:
    sql = (shop / "assets/marts/value.sql").read_text()
    write_files(shop, {"assets/marts/value.sql": sql.replace("sum(o.amount)", "sum(o.amount) * 9")})
    assert run(shop) == "done"
    with andon.open(shop) as project:
        project.rollback()
        assert project.run().status == "nothing"
        write_files(shop, {"assets/marts/value.sql": sql.replace("sum(o", "2 * sum(o")})
        assert project.run().status == "done"
        assert project.query(TOTAL).rows == ((94,),)


def test_a_released_build_is_published_by_the_next_run(shop: Path) -> None:
    deliver(shop, 10, 3)
    run(shop)
    with andon.open(shop) as project:
        project.rollback()
        assert project.release() > 0
        report = project.run()
        assert report.status == "done"
        assert {o.word for o in report.outcomes} <= {"reused", "unchanged"}
        assert project.query(TOTAL).rows == ((50,),)


def test_rollback_of_one_asset_takes_all_that_rests_on_it(shop: Path) -> None:
    deliver(shop, 10, 3)
    run(shop)
    with andon.open(shop) as project:
        moved = {c.asset for c in project.rollback(asset="staging.orders").changes}
        assert moved == {"staging.orders", "marts.value"}
        assert project.query("select count(*) from raw.orders").rows == ((4,),)
        assert project.query(ROWS).rows == ((3,),)
        assert project.query(TOTAL).rows == ((47,),)
        assert project.run().status == "nothing"
        deliver(shop, 11, 4)
        assert project.run().status == "done"
        assert project.query(ROWS).rows == ((5,),)


def test_rollback_of_one_asset_takes_what_switches_together_with_it(tmp_path: Path) -> None:
    value = SHOP["assets/marts/value.sql"]
    grouped = {
        "assets/marts/value.sql": f"/* andon\ntogether: [pair]\n*/\n{value}",
        "assets/marts/count.sql": (
            "/* andon\ntogether: [pair]\n*/\nselect count(*) as n from raw.orders\n"
        ),
    }
    write_project(tmp_path, {**SHOP, **grouped})
    run(tmp_path)
    deliver(tmp_path, 10, 3)
    run(tmp_path)
    with andon.open(tmp_path) as project:
        moved = {c.asset for c in project.rollback(asset="marts.value").changes}
        assert moved == {"marts.value", "marts.count"}


def test_rollbacks_in_a_row_go_back_step_by_step(shop: Path) -> None:
    for day in (10, 11, 12):
        deliver(shop, day, day)
        run(shop)
    seen = []
    with andon.open(shop) as project:
        for _ in range(3):
            project.rollback()
            seen.append(project.query(ROWS).rows[0][0])
        assert seen == [5, 4, 3]
        assert project.run().status == "nothing"


def test_the_first_publication_can_be_rolled_back_to_nothing(shop: Path) -> None:
    with andon.open(shop) as project:
        project.rollback()
        with pytest.raises(UsageError, match="APP003"):
            project.query(TOTAL)
        with pytest.raises(UsageError, match="APP005"):
            project.rollback()
        assert project.run().exit_code == 0
        project.release()
        assert project.run().status == "done"
        assert project.query(TOTAL).rows == ((47,),)


def test_a_stopped_delivery_holds_the_line_and_is_offered_again_each_day(tmp_path: Path) -> None:
    write_project(tmp_path, {**SHOP, **GATE})
    run(tmp_path)
    deliver(tmp_path, 10, -1)
    with andon.open(tmp_path) as project:
        for day in (11, 12):
            report = project.run()
            assert report.status == "failed"
            assert [p.code for o in report.outcomes for p in o.problems] == ["RUN002"]
            assert project.query(ROWS).rows == ((3,),)
            deliver(tmp_path, day, day)
        assert project.set_aside("orders_10.csv")
        assert project.run().status == "done"
        assert project.query(ROWS).rows == ((5,),)
        deliver(tmp_path, 13, 13)
        assert project.run().status == "done"
        assert project.query(ROWS).rows == ((6,),)
        assert project.run().status == "nothing"


def test_a_stopped_delivery_that_is_corrected_passes(tmp_path: Path) -> None:
    write_project(tmp_path, {**SHOP, **GATE})
    run(tmp_path)
    deliver(tmp_path, 10, -1)
    assert run(tmp_path) == "failed"
    deliver(tmp_path, 10, 1)
    assert run(tmp_path) == "done"
    assert rows_of(tmp_path, ROWS) == [(4,)]


def test_a_first_build_that_fails_publishes_nothing_and_readers_are_told_why(
    tmp_path: Path,
) -> None:
    write_project(tmp_path, {**SHOP, "data/orders.csv": f"{HEAD}1,100,-5\n"})
    with andon.open(tmp_path) as project:
        assert project.run().status == "failed"
        for table in ("staging.orders", "marts.value"):
            with pytest.raises(UsageError, match="APP003") as error:
                project.query(f"select * from {table}")
            assert error.value.problems[0].why
        with pytest.raises(UsageError) as error:
            project.query("select * from staging.orders")
        assert "amount >= 0" in error.value.problems[0].why
        assert "--failing" in error.value.problems[0].fix


def test_a_rollback_goes_back_in_its_own_environment(shop: Path) -> None:
    """Publications are numbered over all environments; the one before may be any smaller number."""
    with andon.open(shop) as prod, andon.open(shop, environment="dev") as dev:
        assert dev.run().status == "done"
        deliver(shop, 10, 3)
        assert prod.run().status == "done"
        deliver(shop, 11, 4)
        assert dev.run().status == "done"
        assert [p.number for p in prod.history()] == [3, 1]
        prod.rollback()
        assert prod.query(ROWS).rows == ((3,),)
        assert dev.query(ROWS).rows == ((5,),)
        dev.rollback()
        assert dev.query(ROWS).rows == ((3,),)
        assert prod.run().status == "done"
        assert prod.query(ROWS).rows == ((5,),)
