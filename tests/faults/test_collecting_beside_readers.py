"""gc takes nothing that anybody can reach, beside long readers and runs."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

import andon
from andon.app.project import Project
from andon.errors import UsageError
from tests.factories import GENERATIONS, rows_of, write_project
from tests.faults.child import SEEN_BY_ANDON, generation

AT_ONCE = {
    **GENERATIONS,
    "andon.toml": (
        '[project]\nname = "generations"\n\n'
        '[settings]\nthreads = 2\nkeep_days = 0\nkeep_last = 1\ngrace = "0.001s"\n'
    ),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project that keeps one publication and nothing for a while."""
    write_project(tmp_path, AT_ONCE)
    return tmp_path


def publish_and_collect(folder: Path, number: int) -> int:
    """Publish a generation, then mark and delete at once; files removed."""
    generation(folder, number, "")
    with andon.open(folder) as project:
        assert project.run().status == "done"
        project.gc()
        return project.gc().removed


def files(folder: Path) -> set[str]:
    return {p.name for p in (folder / ".andon" / "data").rglob("*.parquet")}


def test_what_is_out_of_reach_goes_and_what_is_served_stays(folder: Path) -> None:
    removed = [publish_and_collect(folder, number) for number in range(1, 5)]
    assert removed[0] == 0
    assert all(count > 0 for count in removed[1:])
    assert rows_of(folder, SEEN_BY_ANDON) == [(9, 4, 4, 0)]
    assert len(files(folder)) == 3
    with andon.open(folder) as project:
        assert all(f.level == "ok" for f in project.doctor(deep=True))


def test_a_moment_beyond_the_horizon_is_an_error_that_names_it(folder: Path) -> None:
    for number in range(1, 5):
        publish_and_collect(folder, number)
    with andon.open(folder) as project:
        oldest = project.gc().horizon
        with pytest.raises(UsageError) as error:
            project.query(SEEN_BY_ANDON, as_of=1)
        assert error.value.code == "CAT005"
        assert f"{oldest}" in str(error.value.problems[0])
        assert project.query(SEEN_BY_ANDON, as_of=oldest).rows == ((9, 4, 4, 0),)
        with pytest.raises(UsageError):
            project.rollback(to=1)


def test_a_long_reader_reads_to_its_end_while_everything_moves_on(folder: Path) -> None:
    publish_and_collect(folder, 1)
    with andon.open(folder) as reader:
        table = reader.table("t.c")
        with table._relation() as relation:
            for number in range(2, 5):
                publish_and_collect(folder, number)
            assert {row[1] for row in relation.fetchall()} == {1}
    publish_and_collect(folder, 5)
    publish_and_collect(folder, 6)
    assert len(files(folder)) == 3


def collect_before_the_first_pin(
    late: Project, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between looking and pinning everything that `late` saw is replaced and deleted."""
    catalog = late._session.wired(late.spec).tools.catalog
    real, once = catalog.pin, iter([True])

    def pin(ids: list[str], holder: str) -> object:
        if next(once, False):
            publish_and_collect(folder, 2)
            publish_and_collect(folder, 3)
        return real(ids, holder)

    monkeypatch.setattr(catalog, "pin", pin)


def test_a_reader_that_resolved_before_gc_looks_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_and_collect(folder, 1)
    with andon.open(folder) as reader:
        collect_before_the_first_pin(reader, folder, monkeypatch)
        assert reader.query(SEEN_BY_ANDON).rows == ((9, 3, 3, 0),)


def test_a_run_that_planned_before_gc_plans_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_and_collect(folder, 1)
    (folder / "assets/t/d.sql").write_text("select gen from t.a\n")
    with andon.open(folder) as late_run:
        collect_before_the_first_pin(late_run, folder, monkeypatch)
        report = late_run.run()
        assert report.exit_code == 0
    assert rows_of(folder, "select distinct gen from t.d") == [(3,)]


def test_readers_beside_a_publisher_that_collects_at_once_see_no_error(folder: Path) -> None:
    publish_and_collect(folder, 1)
    stop, wrong, polls = threading.Event(), [], 0

    def read() -> None:
        nonlocal polls
        with andon.open(folder) as project:
            while not stop.is_set():
                rows, low, high, failing = project.query(SEEN_BY_ANDON).rows[0]
                polls += 1
                if (rows, failing) != (9, 0) or low != high:
                    wrong.append((rows, low, high, failing))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    try:
        for number in range(2, 10):
            publish_and_collect(folder, number)
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    assert wrong == []
    assert polls > 10
