"""A clock that jumps back and forth changes no order and no answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import andon
from andon.app.running.order import Order
from andon.app.running.run import run
from andon.app.wiring.wire import wire
from andon.clock import FixedClock
from andon.project.load import load
from tests.factories import GENERATIONS, write_project
from tests.faults.child import generation

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
JUMPS = [timedelta(hours=h) for h in (0, 5, -48, 3, -1, 700, 1)]


@pytest.fixture
def history(tmp_path: Path) -> Path:
    write_project(tmp_path, GENERATIONS)
    for number, jump in enumerate(JUMPS, start=1):
        generation(tmp_path, number, "")
        tools = wire(tmp_path, load(tmp_path), clock=FixedClock(at=NOON + jump))
        report = run(tools.tools, load(tmp_path), Order(environment="prod"))
        tools.close()
        assert report.status == "done"
        assert report.publication is not None
        assert report.publication.number == number
    return tmp_path


def test_history_keeps_its_order_and_its_times_never_run_backwards(history: Path) -> None:
    with andon.open(history) as project:
        published = project.history()
    assert [p.number for p in published] == list(range(len(JUMPS), 0, -1))
    times = [p.at for p in reversed(published)]
    assert times == sorted(set(times))


def test_as_of_a_later_time_never_answers_with_an_older_publication(history: Path) -> None:
    with andon.open(history) as project:
        tools = project._session.wired(project.spec).tools
        moments = [NOON + timedelta(hours=h) for h in range(-50, 720, 7)]
        numbers = [tools.catalog.publication_at("prod", moment) for moment in moments]
        for publication in project.history():
            asked = project.query("select max(gen) from t.a", as_of=publication.at)
            assert asked.rows == ((publication.number,),)
    assert numbers == sorted(numbers)
    assert numbers[-1] == len(JUMPS)


def test_runs_and_snapshots_are_told_newest_first(history: Path) -> None:
    tools = wire(history, load(history))
    runs = tools.catalog.runs(10)
    publications = [r.id for r in runs]
    told = [p.run_id for p in tools.catalog.publications("prod", 10)]
    tools.close()
    assert publications == told
