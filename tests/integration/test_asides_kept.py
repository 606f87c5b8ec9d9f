"""Rows that incremental assets set aside come back whenever a build in full would publish them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

import andon
from andon.execution.outcome import Outcome
from tests.factories import rows_of, write_files, write_project

HEAD = "seen,id,v\n"
KEPT = {
    "by interval": "interval: {column: day, every: day}",
    "by key": "key: id",
    "by adding": "strategy: append",
}
BASE: Mapping[str, str] = {
    "sources/web.yml": """tables:
  ev: {path: data/*.csv, columns: {seen: TIMESTAMP, id: VARCHAR, v: INTEGER}}
  known: {path: known/*.csv, columns: {id: VARCHAR}}
""",
    "known/1.csv": "id\na\n",
    "data/01.csv": HEAD + "2026-01-01 10:00:00,a,1\n2026-01-01 11:00:00,b,50\n",
}


@pytest.fixture(params=KEPT.values(), ids=list(KEPT))
def how(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def declare(shop: Path, how: str, checks: str, limit: str = "90%") -> None:
    head = f"/* andon\nmaterialize: incremental\n{how}\nlimit: {limit}\nchecks:\n{checks}\n*/\n"
    text = "select seen::date as day, seen, id, v from web.ev\n"
    write_files(shop, {"assets/m/a.sql": head + text})


def begin(shop: Path, how: str, checks: str, limit: str = "90%") -> None:
    write_project(shop, BASE)
    declare(shop, how, checks, limit)


def run(shop: Path) -> Outcome:
    with andon.open(shop) as project:
        report = project.run()
        assert report.status in ("done", "nothing"), report
        return next(one for one in report.outcomes if one.asset == "m.a")


def kept(shop: Path) -> list[tuple[str, int]]:
    rows_of(shop, "select count(*) from m.a")
    return [(str(a), int(b)) for a, b in rows_of(shop, "select id, v from m.a order by all")]


def most(v: int) -> str:
    return f"  - range: {{v: {{max: {v}}}}}\n    on_fail: quarantine"


FOUND = "  - relationship: {id: web.known.id}\n    on_fail: quarantine"
ONCE = "  - unique: id\n    on_fail: quarantine"


def test_a_row_comes_back_when_its_check_is_loosened(tmp_path: Path, how: str) -> None:
    begin(tmp_path, how, most(10))
    run(tmp_path)
    assert kept(tmp_path) == [("a", 1)]
    declare(tmp_path, how, most(100))
    assert run(tmp_path).word == "built"
    assert kept(tmp_path) == [("a", 1), ("b", 50)]


def test_a_row_comes_back_when_its_check_is_taken_out(tmp_path: Path, how: str) -> None:
    begin(tmp_path, how, most(10))
    run(tmp_path)
    declare(tmp_path, how, "  - not_null: id")
    run(tmp_path)
    assert kept(tmp_path) == [("a", 1), ("b", 50)]


def test_a_row_comes_back_when_what_it_refers_to_arrives(tmp_path: Path, how: str) -> None:
    begin(tmp_path, how, FOUND)
    run(tmp_path)
    assert kept(tmp_path) == [("a", 1)]
    write_files(tmp_path, {"known/2.csv": "id\nb\n"})
    run(tmp_path)
    assert kept(tmp_path) == [("a", 1), ("b", 50)]


def test_a_row_goes_when_what_it_refers_to_is_gone(tmp_path: Path, how: str) -> None:
    begin(tmp_path, how, FOUND)
    write_files(tmp_path, {"known/1.csv": "id\na\nb\n"})
    run(tmp_path)
    write_files(tmp_path, {"known/1.csv": "id\na\n"})
    run(tmp_path)
    assert kept(tmp_path) == [("a", 1)]


def test_a_check_may_begin_to_refer_to_another_table(tmp_path: Path, how: str) -> None:
    begin(tmp_path, how, most(100))
    run(tmp_path)
    declare(tmp_path, how, FOUND)
    run(tmp_path)
    assert kept(tmp_path) == [("a", 1)]


def test_a_twin_comes_back_when_the_other_one_is_corrected(tmp_path: Path) -> None:
    begin(tmp_path, KEPT["by interval"], ONCE)
    write_files(tmp_path, {"data/02.csv": HEAD + "2026-01-02 10:00:00,b,7\n"})
    run(tmp_path)
    assert kept(tmp_path) == [("a", 1)]
    write_files(tmp_path, {"data/02.csv": HEAD + "2026-01-02 10:00:00,c,7\n"})
    assert run(tmp_path).note == "1 of 2 days"
    assert kept(tmp_path) == [("a", 1), ("b", 50), ("c", 7)]
    write_files(tmp_path, {"data/03.csv": HEAD + "2026-01-01 12:00:00,d,1\n"})
    assert run(tmp_path).note == "1 of 2 days"
    assert kept(tmp_path) == [("a", 1), ("b", 50), ("c", 7), ("d", 1)]


def test_a_row_that_is_set_aside_still_has_its_twin_set_aside_too(tmp_path: Path, how: str) -> None:
    begin(tmp_path, how if "key" not in how else "key: id\nstrategy: delete+insert", ONCE)
    write_files(tmp_path, {"data/02.csv": HEAD + "2026-01-02 10:00:00,b,7\n"})
    run(tmp_path)
    write_files(tmp_path, {"data/03.csv": HEAD + "2026-01-03 10:00:00,b,8\n"})
    outcome = run(tmp_path)
    assert kept(tmp_path) == [("a", 1)]
    assert outcome.snapshot is not None
    assert outcome.snapshot.set_aside == 3


def test_what_may_be_set_aside_counts_what_was_before(tmp_path: Path, how: str) -> None:
    begin(tmp_path, how, most(10), limit="1")
    run(tmp_path)
    write_files(tmp_path, {"data/02.csv": HEAD + "2026-01-02 10:00:00,c,70\n"})
    with andon.open(tmp_path) as project:
        report = project.run()
    assert report.status == "failed"
    assert kept(tmp_path) == [("a", 1)]


def test_rows_that_stay_aside_keep_the_files_of_the_others(tmp_path: Path, how: str) -> None:
    begin(tmp_path, how, most(10))
    before = run(tmp_path).snapshot
    write_files(tmp_path, {"data/02.csv": HEAD + "2026-01-02 10:00:00,c,7\n"})
    outcome = run(tmp_path)
    assert before is not None
    assert outcome.snapshot is not None
    assert set(before.files) <= set(outcome.snapshot.files)
    assert outcome.audit is not None
    (result,) = outcome.audit.results
    assert (result.verdict, result.observed) == ("warn", "1 of 3 rows set aside")
