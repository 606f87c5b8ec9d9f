"""A version of a file that is set aside gives way to the one before it."""

from __future__ import annotations

from pathlib import Path

import pytest

import andon
from tests.factories import write_project

FILES = {
    "andon.toml": '[project]\nname = "shop"\n',
    "sources/raw.yml": "tables:\n  orders: {path: data/orders.csv}\n",
    "assets/staging/orders.sql": (
        "/* andon\nchecks:\n  - expect: amount >= 0\n*/\nselect id, amount from raw.orders\n"
    ),
    "data/orders.csv": "id,amount\n1,10\n",
}


def _orders(project: andon.Project) -> list[tuple[int, int]]:
    return sorted(project.query("select id, amount from staging.orders").rows)


def test_the_earlier_version_of_a_file_counts_again_when_the_newer_is_set_aside(
    tmp_path: Path,
) -> None:
    write_project(tmp_path, FILES)
    with andon.open(tmp_path) as project:
        project.run()
        (tmp_path / "data/orders.csv").write_text("id,amount\n1,10\n2,-5\n")
        assert project.run().exit_code == 1

        project.set_aside("data/orders.csv", by="me")

        assert project.run().exit_code == 0
        assert _orders(project) == [(1, 10)]
        assert not project.plan().has_work


def test_a_corrected_file_replaces_a_version_that_was_set_aside(tmp_path: Path) -> None:
    write_project(tmp_path, FILES)
    with andon.open(tmp_path) as project:
        project.run()
        (tmp_path / "data/orders.csv").write_text("id,amount\n1,10\n2,-5\n")
        project.run()
        project.set_aside("data/orders.csv", by="me")
        (tmp_path / "data/orders.csv").write_text("id,amount\n1,10\n2,5\n")

        project.run()

        assert _orders(project) == [(1, 10), (2, 5)]


def test_views_for_other_tools_follow_a_project_that_moved(tmp_path: Path) -> None:
    import duckdb

    write_project(tmp_path / "old", FILES)
    with andon.open(tmp_path / "old") as project:
        project.run()
    (tmp_path / "old").rename(tmp_path / "new")

    with andon.open(tmp_path / "new") as project:
        project.run()

    with duckdb.connect(str(tmp_path / "new/prod.duckdb"), read_only=True) as connection:
        assert connection.execute("select count(*) from staging.orders").fetchone() == (1,)


def test_a_file_that_was_never_delivered_cannot_be_set_aside(tmp_path: Path) -> None:
    write_project(tmp_path, FILES)
    with andon.open(tmp_path) as project:
        project.run()
        with pytest.raises(andon.UsageError) as told:
            project.set_aside("data/order.csv", by="me")
    assert told.value.problems[0].code == "APP006"
    assert "`data/orders.csv`" in told.value.problems[0].fix
