"""Rules of publication: rollback, time travel, what is kept, the stable way in."""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb

import andon
from andon.app.project import Project
from tests.chain import CHAIN, STRICT, code, total
from tests.factories import words, write_files, write_project


def test_rollback_takes_everything_back_together_and_withdraws(tmp_path: Path) -> None:
    write_project(tmp_path, CHAIN)
    with andon.open(tmp_path) as project:
        project.run()
        write_files(tmp_path, {"data/a.csv": "id,v\n1,100\n"})
        project.run()
        project.rollback()
        assert total(project) == 120
        report = project.run()

        assert (report.status, total(project)) == ("nothing", 120)
        assert project.release(by="me") > 0
        project.run()
        assert total(project) == 200


def test_a_withdrawn_build_is_published_again_once_its_key_changes(tmp_path: Path) -> None:
    write_project(tmp_path, CHAIN)
    with andon.open(tmp_path) as project:
        project.run()
        write_files(tmp_path, {"assets/m/b.sql": "select id, v * 9 as v from m.a"})
        project.run()
        project.rollback()
        project.run()
        assert total(project) == 120

        write_files(tmp_path, {"assets/m/b.sql": "select id, v * 4 as v from m.a"})
        assert project.run().exit_code == 0
        assert total(project) == 240


def test_a_withdrawn_build_does_not_come_back_by_another_key_of_the_same_content(
    tmp_path: Path,
) -> None:
    alias = "select id, v * 2 as v from m.a where id > 0"
    write_project(tmp_path, CHAIN)
    with andon.open(tmp_path) as project:
        project.run()
        write_files(tmp_path, {"assets/m/b.sql": alias})
        assert words(project.run())["m.b"] == "same"
        write_files(tmp_path, {"assets/m/b.sql": "select id, v * 9 as v from m.a"})
        project.run()
        write_files(tmp_path, {"assets/m/b.sql": alias})
        project.run()
        assert total(project) == 120
        project.rollback()
        assert total(project) == 540

        assert project.run().status == "nothing"
        assert total(project) == 540


def test_checks_of_a_build_that_was_taken_back_and_put_in_place_again_are_judged(
    tmp_path: Path,
) -> None:
    write_project(tmp_path, CHAIN)
    with andon.open(tmp_path) as project:
        project.run()
        write_files(tmp_path, {"assets/m/a.sql": "select id, v + 1 as v from raw.a"})
        project.run()
        newest = project.history()[0].number
        project.rollback()
        project.rollback(to=newest)
        strict = "/* andon\nchecks:\n  - range: {v: {max: 5}}\n*/\n"
        write_files(tmp_path, {"assets/m/a.sql": strict + "select id, v + 1 as v from raw.a"})

        assert project.run().exit_code == 1


def test_a_run_after_new_assets_were_taken_back_does_nothing(tmp_path: Path) -> None:
    write_project(tmp_path, CHAIN)
    with andon.open(tmp_path) as project:
        project.run()
        write_files(
            tmp_path,
            {"assets/m/d.sql": "select total from m.c", "assets/m/e.sql": "select total from m.d"},
        )
        project.run()
        project.rollback()
        report = project.run()

        assert report.status == "nothing"
        assert {a.asset: a.verb for a in project.plan().actions}["m.e"] == "blocked"
        project.release(by="me")
        assert project.run().exit_code == 0
        assert project.query("select total from m.e").rows == ((120,),)


def test_rollback_of_one_asset_takes_along_what_is_below_it_only(tmp_path: Path) -> None:
    write_project(tmp_path, CHAIN)
    with andon.open(tmp_path) as project:
        project.run()
        write_files(tmp_path, {"data/a.csv": "id,v\n1,100\n"})
        project.run()
        publication = project.rollback(asset="m.b")

        assert {c.asset for c in publication.changes} == {"m.b", "m.c"}
        assert project.query("select v from m.a").rows == ((100,),)
        assert total(project) == 120


def test_history_reads_the_same_before_and_after_many_later_writes(tmp_path: Path) -> None:
    write_project(tmp_path, CHAIN)
    with andon.open(tmp_path) as project:
        project.run()
        first = project.history()[0]
        seen = _everything(project)
        for number in range(8):
            write_files(tmp_path, {"data/a.csv": f"id,v\n1,{number}\n2,{number * 2}\n"})
            project.run()
            if number == 4:
                project.gc()

        assert _everything(project) != seen
        assert _everything(project, first.number) == seen
        assert _everything(project, first.at.isoformat()) == seen


def test_raw_bytes_never_change_whatever_is_deleted_below(tmp_path: Path) -> None:
    write_project(tmp_path, CHAIN)
    landed = hashlib.sha256((tmp_path / "data/a.csv").read_bytes()).hexdigest()
    with andon.open(tmp_path) as project:
        project.run()
        raw = project.table("raw.a").snapshot
        (tmp_path / "assets/m/c.sql").unlink()
        project.run()
        write_files(tmp_path, {"assets/m/c.sql": CHAIN["assets/m/c.sql"]})
        project.run()

        assert project.table("raw.a").snapshot == raw
        assert hashlib.sha256((tmp_path / "data/a.csv").read_bytes()).hexdigest() == landed


def test_the_stable_way_in_follows_publication_hold_and_rollback(tmp_path: Path) -> None:
    view = "/* andon\nmaterialize: view\n*/\nselect max(v) as top from m.a"
    write_project(tmp_path, {**CHAIN, "assets/m/a.sql": STRICT, "assets/m/v.sql": view})
    with andon.open(tmp_path) as project:
        project.run()
        first = project.history()[0].number
        assert _outside(tmp_path) == (120, 30)
        write_files(tmp_path, {"data/a.csv": "id,v\n1,40\n"})
        project.run()
        assert _outside(tmp_path) == (80, 40)
        write_files(tmp_path, {"data/a.csv": "id,v\n1,99\n"})
        project.run()
        assert _outside(tmp_path) == (80, 40)
        project.rollback(to=first)
        assert _outside(tmp_path) == (120, 30)
        (tmp_path / "assets/m/v.sql").unlink()
        project.run()
        with duckdb.connect(str(tmp_path / "prod.duckdb"), read_only=True) as outside:
            names = outside.sql("select table_name from information_schema.tables").fetchall()
        assert ("v",) not in names


def test_environments_share_what_was_built_and_are_taken_back_apart(tmp_path: Path) -> None:
    write_project(tmp_path, CHAIN)
    with andon.open(tmp_path) as prod, andon.open(tmp_path, environment="dev") as dev:
        prod.run()
        assert set(words(dev.run()).values()) == {"reused"}
        write_files(tmp_path, {"assets/m/c.sql": "select max(v) as total from m.b"})
        assert words(dev.run())["m.c"] == "built"
        assert (total(dev), total(prod)) == (60, 120)
        assert words(prod.run())["m.c"] == "reused"
        prod.rollback()

        assert (total(dev), total(prod)) == (60, 120)
        assert prod.run().status == dev.run().status == "nothing"


def test_a_batch_that_was_stopped_is_offered_again_until_it_is_set_aside(tmp_path: Path) -> None:
    files = {**CHAIN, "assets/m/a.sql": STRICT}
    files["sources/raw.yml"] = "tables:\n  a: {path: data/a*.csv}\n"
    write_project(tmp_path, files)
    with andon.open(tmp_path) as project:
        project.run()
        write_files(tmp_path, {"data/a2.csv": "id,v\n9,99\n"})
        assert [project.run().exit_code for _ in range(2)] == [1, 1]
        project.set_aside("data/a2.csv")
        report = project.run()

        assert report.exit_code == 0
        assert project.query("select count(*) from raw.a").rows == ((3,),)
        assert project.run().status == "nothing"


def test_a_moment_that_is_neither_number_nor_time_is_refused(tmp_path: Path) -> None:
    write_project(tmp_path, CHAIN)
    with andon.open(tmp_path) as project:
        project.run()
        assert code(project, "select * from m.c", as_of="yesterday") == "APP004"


def test_former_bytes_that_come_back_at_a_path_are_read_again(tmp_path: Path) -> None:
    write_project(tmp_path, CHAIN)
    with andon.open(tmp_path) as project:
        project.run()
        for content, expected in (("id,v\n1,5\n", 10), (CHAIN["data/a.csv"], 120)):
            write_files(tmp_path, {"data/a.csv": content})
            project.run()
            assert total(project) == expected


def _everything(
    project: Project, as_of: str | int | None = None
) -> dict[str, list[tuple[object, ...]]]:
    names = ("raw.a", "m.a", "m.b", "m.c")
    return {n: sorted(project.query(f"select * from {n}", as_of=as_of).rows) for n in names}


def _outside(folder: Path) -> tuple[int, int]:
    with duckdb.connect(str(folder / "prod.duckdb"), read_only=True) as outside:
        ((total_, top),) = outside.sql("select total, top from m.c, m.v").fetchall()
    return total_, top
