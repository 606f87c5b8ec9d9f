"""Rules of selection, removal and rename: what a run leaves alone, takes away and keeps."""

from __future__ import annotations

from pathlib import Path

import pytest

import andon
from andon.app.project import Project
from tests.chain import CHAIN, code, total
from tests.factories import words, write_files, write_project


def test_a_selection_builds_only_what_it_names_and_says_what_it_left_out(tmp_path: Path) -> None:
    write_project(tmp_path, CHAIN)
    with andon.open(tmp_path) as project:
        project.run()
        write_files(
            tmp_path,
            {
                "assets/m/a.sql": "select id, v + 1 as v from raw.a",
                "assets/m/b.sql": "select id, v * 3 as v from m.a",
            },
        )
        assert project.plan("m.b").left_out == ("m.a",)
        report = project.run("m.b")

        assert words(report)["m.b"] == "built"
        assert words(report)["m.a"] == words(report)["m.c"] == "unchanged"
        assert project.query("select sum(v) from m.b").rows == ((180,),)


def test_a_plus_takes_the_inputs_of_a_selection_along(tmp_path: Path) -> None:
    write_project(tmp_path, CHAIN)
    with andon.open(tmp_path) as project:
        project.run()
        write_files(tmp_path, {"data/a.csv": "id,v\n1,100\n"})
        report = project.run("+m.b")

        assert {n for n, w in words(report).items() if w == "built"} == {"raw.a", "m.a", "m.b"}
        assert total(project) == 120
        assert total_after_all(project) == 200


def total_after_all(project: Project) -> int:
    project.run()
    return total(project)


def test_a_selection_on_inputs_never_published_fails_with_the_way_out(tmp_path: Path) -> None:
    write_project(tmp_path, CHAIN)
    with andon.open(tmp_path) as project:
        report = project.run("m.b")

        outcome = next(o for o in report.outcomes if o.asset == "m.b")
        assert report.exit_code == 1
        assert outcome.problems[0].code == "RUN001"
        assert "+m.b" in outcome.problems[0].fix


def test_a_selection_never_removes(tmp_path: Path) -> None:
    write_project(tmp_path, CHAIN)
    with andon.open(tmp_path) as project:
        project.run()
        (tmp_path / "assets/m/c.sql").unlink()
        project.run("m.b")

        assert total(project) == 120


def test_a_removed_asset_goes_with_the_next_full_run_and_its_history_stays(tmp_path: Path) -> None:
    write_project(tmp_path, CHAIN)
    with andon.open(tmp_path) as project:
        project.run()
        first = project.history()[0].number
        (tmp_path / "assets/m/c.sql").unlink()
        assert [(a.asset, a.verb) for a in project.plan().work] == [("m.c", "remove")]
        project.run()

        assert code(project, "select total from m.c") == "APP002"
        assert total(project, as_of=first) == 120


def test_removing_an_asset_is_refused_while_something_reads_it(tmp_path: Path) -> None:
    write_project(tmp_path, CHAIN)
    with andon.open(tmp_path) as project:
        project.run()
        (tmp_path / "assets/m/b.sql").unlink()
        with pytest.raises(andon.AndonError) as caught:
            project.run()

        assert caught.value.problems[0].code == "PLN003"
        write_files(tmp_path, {"assets/m/b.sql": CHAIN["assets/m/b.sql"]})
        assert total(project) == 120
        assert project.run().status == "nothing"


def test_a_rename_keeps_the_rows_and_rebuilds_nothing(tmp_path: Path) -> None:
    write_project(tmp_path, CHAIN)
    with andon.open(tmp_path) as project:
        project.run()
        files = [f.sha256 for f in project.table("m.c").snapshot.files]
        (tmp_path / "assets/m/c.sql").rename(tmp_path / "assets/m/top.sql")
        report = project.run()

        assert words(report)["m.top"] == "reused"
        assert [f.sha256 for f in project.table("m.top").snapshot.files] == files
        assert code(project, "select * from m.c") == "APP002"
        assert project.query("select total from m.top").rows == ((120,),)
        assert project.run().status == "nothing"


def test_a_renamed_asset_that_is_held_stays_readable_under_its_former_name(tmp_path: Path) -> None:
    write_project(tmp_path, CHAIN)
    with andon.open(tmp_path) as project:
        project.run()
        (tmp_path / "assets/m/c.sql").unlink()
        failing = "/* andon\nchecks:\n  - range: {total: {max: 5}}\n*/\n" + CHAIN["assets/m/c.sql"]
        write_files(tmp_path, {"assets/m/top.sql": failing})

        for _ in range(2):
            assert project.run().exit_code == 1
            assert project.query("select total from m.c").rows == ((120,),)
        write_files(tmp_path, {"assets/m/top.sql": CHAIN["assets/m/c.sql"]})
        assert project.run().exit_code == 0
        assert code(project, "select * from m.c") == "APP002"


def test_a_rename_that_was_taken_back_leaves_the_former_name_until_it_is_released(
    tmp_path: Path,
) -> None:
    write_project(tmp_path, CHAIN)
    with andon.open(tmp_path) as project:
        project.run()
        (tmp_path / "assets/m/c.sql").rename(tmp_path / "assets/m/top.sql")
        project.run()
        project.rollback()

        assert project.run().status == "nothing"
        assert project.query("select total from m.c").rows == ((120,),)
        project.release(by="me")
        assert project.run().exit_code == 0
        assert project.query("select total from m.top").rows == ((120,),)
        assert code(project, "select * from m.c") == "APP002"
