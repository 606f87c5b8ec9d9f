"""What is held says what was found, and the rows behind it can be looked at."""

from __future__ import annotations

from pathlib import Path

import andon
from tests.factories import write_files, write_project

ACROSS = {
    "sources/raw.yml": "tables:\n  orders: {path: data/orders.csv}\n  items: {path: data/items.csv}\n",
    "data/orders.csv": "id,state\n1,paid\n2,paid\n",
    "data/items.csv": "order_id,n\n1,1\n2,1\n",
    "assets/m/orders.sql": "select id, state from raw.orders",
    "assets/m/items.sql": (
        "/* andon\nchecks:\n  - sql: checks/orphans.sql\n*/\nselect order_id, n from raw.items"
    ),
    "checks/orphans.sql": (
        "select i.order_id from m.items i left join m.orders o on o.id = i.order_id where o.id is null"
    ),
}


def test_a_check_across_assets_that_holds_says_what_it_found(tmp_path: Path) -> None:
    write_project(tmp_path, ACROSS)
    with andon.open(tmp_path) as project:
        project.run()
        write_files(tmp_path, {"data/items.csv": "order_id,n\n1,1\n2,1\n3,1\n4,1\n"})
        report = project.run()

    reasons = {item.asset: item.reason for item in report.held}
    assert reasons["m.items"].endswith("fails on what would be published: 2 rows returned")


def test_rows_that_fail_a_check_across_assets_can_be_looked_at(tmp_path: Path) -> None:
    write_project(tmp_path, ACROSS)
    with andon.open(tmp_path) as project:
        project.run()
        write_files(tmp_path, {"data/items.csv": "order_id,n\n1,1\n2,1\n3,1\n"})
        project.run()
        (group,) = project.failing("m.items")

    assert (group.check, group.rows) == ("sql: checks/orphans.sql", ((3,),))
    assert not group.is_served


def test_failing_rows_are_those_of_the_candidate_that_was_tried_last(tmp_path: Path) -> None:
    write_project(tmp_path, ACROSS)
    with andon.open(tmp_path) as project:
        project.run()
        for items in ("3", "4", "3"):  # the first bad candidate is taken up again
            write_files(tmp_path, {"data/items.csv": f"order_id,n\n1,1\n2,1\n{items},1\n"})
            project.run()
        rows = [group.rows for group in project.failing("m.items")]

    assert rows == [((3,),)]


def test_each_check_across_assets_is_shown_once(tmp_path: Path) -> None:
    write_project(tmp_path, ACROSS)
    with andon.open(tmp_path) as project:
        project.run()
        write_files(tmp_path, {"data/items.csv": "order_id,n\n1,1\n2,1\n3,1\n"})
        project.run()
        view = project.show("m.items")

    assert [result.label for result in view.checks] == ["sql: checks/orphans.sql"]


def test_a_quarantine_beyond_its_limit_says_so(tmp_path: Path) -> None:
    header = "/* andon\nlimit: 10%\nchecks:\n  - accepted: {state: [paid]}\n    on_fail: quarantine\n*/\n"
    write_project(
        tmp_path,
        {
            "sources/raw.yml": "tables:\n  orders: {path: data/orders.csv}\n",
            "data/orders.csv": "id,state\n1,paid\n2,lost\n",
            "assets/m/orders.sql": header + "select id, state from raw.orders",
        },
    )
    with andon.open(tmp_path) as project:
        outcome = next(o for o in project.run().outcomes if o.asset == "m.orders")

    assert outcome.audit is not None
    assert outcome.audit.results[0].observed == "1 of 2 rows, more than `limit` (10 %) to set aside"
