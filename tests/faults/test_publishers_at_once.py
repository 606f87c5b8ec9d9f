"""Several publishers and readers of one project at the same time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

import andon
from andon.app.project import Project
from andon.app.running.order import Order
from andon.app.running.run import run
from andon.app.wiring.wire import wire
from andon.errors import Conflict
from andon.execution.outcome import Notice, Outcome, RunReport
from andon.project.load import load
from tests.factories import GENERATIONS, SHOP, rows_of, write_files, write_project
from tests.faults.child import SEEN_BY_ANDON, generation
from tests.faults.processes import finish, start


def assert_history_is_a_chain(project: Project) -> None:
    """Every publication starts from what the one before it left."""
    pointers: dict[str, str | None] = {}
    for publication in reversed(project.history(limit=10_000)):
        for change in publication.changes:
            assert pointers.get(change.asset) == change.before
            pointers[change.asset] = change.after


def assert_nothing_was_built_twice(folder: Path) -> None:
    tools = wire(folder, load(folder))
    built = Counter((s.asset, s.build_key, s.split) for s in tools.catalog.snapshots())
    tools.close()
    assert max(built.values()) == 1


def run_beside(folder: Path, beside: Callable[[], None]) -> RunReport:
    """A run that lets others act when its last asset is done, just before it publishes."""
    tools = wire(folder, load(folder))

    def observer(notice: Notice) -> None:
        if isinstance(notice, Outcome) and notice.asset == "marts.value":
            beside()

    try:
        return run(tools.tools, load(folder), Order(environment="prod", observer=observer))
    finally:
        tools.close()


def test_two_processes_that_publish_at_once_build_and_publish_once(tmp_path: Path) -> None:
    write_project(tmp_path, GENERATIONS)
    for number in range(1, 4):
        generation(tmp_path, number, "")
        children = [start("run", tmp_path) for _ in range(3)]
        codes = [finish(child)[0] for child in children]
        assert set(codes) <= {0, 4}, codes
        assert 0 in codes
        assert rows_of(tmp_path, SEEN_BY_ANDON) == [(9, number, number, 0)]
    assert_nothing_was_built_twice(tmp_path)
    with andon.open(tmp_path) as project:
        assert_history_is_a_chain(project)
        assert len(project.history()) == 3


def test_a_run_that_is_overtaken_plans_again_and_reuses_the_work(tmp_path: Path) -> None:
    write_project(tmp_path, SHOP)

    def publish_first() -> None:
        with andon.open(tmp_path) as other:
            if not other.history():
                assert other.run().publication is not None

    report = run_beside(tmp_path, publish_first)
    assert report.rounds == 2
    assert report.exit_code == 0
    assert_nothing_was_built_twice(tmp_path)
    with andon.open(tmp_path) as project:
        assert len(project.history()) == 1
        assert [r.status for r in project._session.wired(project.spec).tools.catalog.runs(9)] == [
            "done",
            "conflict",
        ]


def test_a_run_that_is_always_overtaken_gives_up_as_a_conflict(tmp_path: Path) -> None:
    write_project(tmp_path, SHOP)
    count = 0

    def deliver() -> None:
        nonlocal count
        count += 1
        extra = f"order_id,customer_id,amount\n{10 + count},100,{count}\n"
        write_files(tmp_path, {f"data/orders_{count}.csv": extra})

    def publish_more() -> None:
        deliver()
        with andon.open(tmp_path) as other:
            assert other.run().publication is not None
        deliver()

    with pytest.raises(Conflict) as error:
        run_beside(tmp_path, publish_more)
    assert error.value.code == "RUN006"
    assert error.value.exit_code == 4
    assert rows_of(tmp_path, "select count(*) from staging.orders") == [(8,)]


def test_planning_running_reading_and_collecting_at_once_show_no_lock(tmp_path: Path) -> None:
    write_project(tmp_path, GENERATIONS)
    with andon.open(tmp_path) as project:
        project.run()
    children = [start("repeat", tmp_path, rounds=4) for _ in range(3)]
    for number in range(1, 8):
        generation(tmp_path, number, "")
        with andon.open(tmp_path) as project:
            assert project.query(SEEN_BY_ANDON).rows[0][0] == 9
    for child in children:
        code, said, err = finish(child)
        assert code == 0, err
        assert said == [{"wrong": []}]
    with andon.open(tmp_path) as project:
        assert_history_is_a_chain(project)
