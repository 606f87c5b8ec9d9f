"""A raw table whose origin cannot be looked at fails alone, with what rests on it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import andon
from andon.reading.measure import measure
from andon.sources.local.files import LocalFiles
from andon.spec.source import SourceTable
from tests.factories import SHOP, rows_of, run_andon, write_files, write_project

LATE = {
    **SHOP,
    "sources/late.yml": "tables:\n  visits:\n    path: late/visits*.csv\n",
    "assets/marts/visits.sql": "select v.id from late.visits v join staging.customers c on true\n",
    "assets/marts/best.sql": "select max(id) as id from marts.visits\n",
}


def test_a_table_that_never_had_a_file_holds_only_what_reads_it(tmp_path: Path) -> None:
    write_project(tmp_path, LATE)
    with andon.open(tmp_path) as project:
        report = project.run()
    words = {outcome.asset: outcome.word for outcome in report.outcomes}
    assert report.exit_code == 1
    assert words["late.visits"] == "failed"
    assert words["marts.visits"] == words["marts.best"] == "held"
    assert words["marts.value"] == "built"
    assert rows_of(tmp_path, "select count(*) from marts.value") == [(2,)]


def test_the_plan_shows_the_failing_table_with_its_problem(tmp_path: Path) -> None:
    write_project(tmp_path, LATE)
    with andon.open(tmp_path) as project:
        plan = project.plan()
        narrow = project.plan(select="+marts.value")
    reasons = {action.asset: action.reasons[0] for action in plan.actions}
    assert reasons["late.visits"].startswith("fails: no file for `late.visits`")
    assert reasons["marts.visits"] == "held while `late.visits` fails"
    assert reasons["marts.best"] == "held while `marts.visits` fails"
    assert [problem.code for problem in plan.warnings] == ["SRC001"]
    assert narrow.warnings == ()


def test_the_run_is_red_until_the_file_is_there(tmp_path: Path) -> None:
    write_project(tmp_path, LATE)
    first = run_andon(tmp_path, "run")
    assert first.returncode == 1, first.stderr
    assert "SRC001" in first.stdout + first.stderr
    assert run_andon(tmp_path, "run").returncode == 1
    write_files(tmp_path, {"late/visits.csv": "id\n7\n"})
    assert run_andon(tmp_path, "run").returncode == 0
    assert rows_of(tmp_path, "from marts.best") == [(7,)]


def test_a_selection_without_the_failing_table_is_green(tmp_path: Path) -> None:
    write_project(tmp_path, LATE)
    with andon.open(tmp_path) as project:
        assert project.run("+marts.value").status == "done"
        assert project.run("+marts.value").status == "nothing"


def test_a_file_that_cannot_be_read_leaves_the_last_good_state(tmp_path: Path) -> None:
    write_project(tmp_path, {**LATE, "late/visits.csv": "id\n7\n"})
    with andon.open(tmp_path) as project:
        assert project.run().status == "done"
        (tmp_path / "late/visits2.csv").symlink_to("/proc/self/mem")  # whose first byte is none
        write_files(tmp_path, {"data/customers.csv": "customer_id,name\n100,Eve\n101,Bo\n"})
        report = project.run()
    words = {outcome.asset: outcome.word for outcome in report.outcomes}
    assert "failed" not in words.values()
    assert words["marts.value"] == "built"
    assert [problem.code for problem in report.warnings] == ["SRC003"]
    assert rows_of(tmp_path, "from marts.visits") == [(7,), (7,)]


@pytest.mark.parametrize("step", ["look", "land"])
def test_what_nobody_expected_of_one_origin_fails_its_table_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    sound = getattr(LocalFiles, step)

    def breaking(self: LocalFiles, table: SourceTable, *given: Any, **named: Any) -> Any:
        return 1 / 0 if table.name == "late.visits" else sound(self, table, *given, **named)

    monkeypatch.setattr(LocalFiles, step, breaking)
    write_project(tmp_path, {**LATE, "late/visits.csv": "id\n7\n"})
    with andon.open(tmp_path) as project:
        report = project.run()
    found = {outcome.asset: outcome for outcome in report.outcomes}
    problem = found["late.visits"].problems[0]
    assert report.exit_code == 1
    assert problem.code == "CLI900"
    assert problem.what == "unexpected ZeroDivisionError in `late.visits`"
    saved = re.search(r"the report is in (\S+)", problem.why)
    assert saved is not None
    assert "in breaking" in Path(saved[1]).read_text("utf-8")
    assert found["marts.visits"].word == "held"
    assert rows_of(tmp_path, "select count(*) from marts.value") == [(2,)]


def test_what_nobody_expected_while_a_table_is_read_fails_it_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaking(table: SourceTable, *given: Any) -> Any:
        return 1 / 0 if table.name == "late.visits" else measure(table, *given)

    monkeypatch.setattr("andon.reading.reader.measure", breaking)
    write_project(tmp_path, {**LATE, "late/visits.csv": "id\n7\n"})
    with andon.open(tmp_path) as project:
        report = project.run()
    found = {outcome.asset: outcome for outcome in report.outcomes}
    assert [problem.code for problem in found["late.visits"].problems] == ["CLI900"]
    assert found["marts.value"].word == "built"
