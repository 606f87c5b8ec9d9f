"""Rules of publication: selection, removal, rename, rollback, time travel, the stable way in."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import duckdb
import pytest

import andon
from andon.app.project import Project
from andon.app.running.order import Order
from andon.app.running.run import run
from andon.app.wiring.wire import wire
from andon.execution.outcome import Notice, Retrying, RunReport
from tests.factories import write_files, write_project

CHAIN = {
    "sources/raw.yml": "tables:\n  a: {path: data/a.csv}\n",
    "data/a.csv": "id,v\n1,10\n2,20\n3,30\n",
    "assets/m/a.sql": "select id, v from raw.a",
    "assets/m/b.sql": "select id, v * 2 as v from m.a",
    "assets/m/c.sql": "select sum(v) as total from m.b",
}
STRICT = "/* andon\nchecks:\n  - range: {v: {max: 50}}\n*/\nselect id, v from raw.a"


def words(report: RunReport) -> dict[str, str]:
    return {outcome.asset: outcome.word for outcome in report.outcomes}


def total(project: Project, as_of: int | None = None) -> int:
    ((value,),) = project.query("select total from m.c", as_of=as_of).rows
    return int(value)


def code(project: Project, sql: str, as_of: int | str | None = None) -> str:
    with pytest.raises(andon.AndonError) as caught:
        project.query(sql, as_of=as_of)
    return caught.value.problems[0].code


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


def test_transient_failures_are_tried_again_and_terminal_ones_are_not(tmp_path: Path) -> None:
    write_project(tmp_path, CHAIN)
    with andon.open(tmp_path) as project:
        project.run()
        write_files(
            tmp_path,
            {
                "assets/m/a.sql": "select id, v + 1 as v from raw.a",
                "assets/m/broken.sql": "select error('never') as x from raw.a",
            },
        )
        report, heard = _run_on_a_disk_full_once(project, tmp_path)

    attempts = {o.asset: (o.word, o.attempts) for o in report.outcomes}
    assert attempts["m.a"] == ("built", 2)
    assert attempts["m.broken"] == ("failed", 1)
    assert [n.asset for n in heard if isinstance(n, Retrying)] == ["m.a"]


def test_the_project_says_how_often_its_assets_are_tried_again(tmp_path: Path) -> None:
    config = '[project]\nname = "shop"\n\n[settings]\nretries = 0\n'
    write_project(tmp_path, {**CHAIN, "andon.toml": config})
    with andon.open(tmp_path) as project:
        project.run()
        write_files(tmp_path, {"assets/m/a.sql": "select id, v + 1 as v from raw.a"})
        report, _ = _run_on_a_disk_full_once(project, tmp_path)
    assert ("m.a", "failed", 1) in [(o.asset, o.word, o.attempts) for o in report.outcomes]


def _run_on_a_disk_full_once(project: Project, root: Path) -> tuple[RunReport, list[Notice]]:
    full = ["rename"]
    heard: list[Notice] = []

    def fill_disk_once(step: str) -> None:
        if step in full:
            full.remove(step)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    wired = wire(root, project.spec, on_step=fill_disk_once)
    try:
        order = Order(environment="prod", observer=heard.append, workers=1)
        return run(wired.tools, project.spec, order), heard
    finally:
        wired.close()


def test_keep_going_builds_what_a_failure_does_not_touch(tmp_path: Path) -> None:
    files = {**CHAIN, "assets/m/a.sql": STRICT, "data/a.csv": "id,v\n1,99\n"}
    files["assets/m/apart.sql"] = "select count(*) as n from raw.a"
    write_project(tmp_path, files)
    with andon.open(tmp_path) as project:
        report = project.run()

        assert words(report) == {
            "raw.a": "built",
            "m.a": "failed",
            "m.apart": "built",
            "m.b": "held",
            "m.c": "held",
        }
        assert project.query("select n from m.apart").rows == ((1,),)


def test_fail_fast_begins_nothing_after_the_first_failure(tmp_path: Path) -> None:
    files = {f"assets/z/n{i}.sql": "select * from m.last" for i in range(4)}
    files["assets/m/bad.sql"] = "select error('no') as x from raw.a"
    files["assets/m/last.sql"] = "select * from m.mid"
    files["assets/m/mid.sql"] = "select count(*) as n from range(20000000) t(i) where i % 7 = 1"
    toml = '[project]\nname = "p"\n[settings]\nthreads = 2\n'
    write_project(tmp_path, {**CHAIN, **files, "andon.toml": toml})
    with andon.open(tmp_path) as project:
        report = project.run(fail_fast=True)

    assert words(report)["m.bad"] == "failed"
    assert "cancelled" in set(words(report).values())


def test_memory_and_threads_of_the_settings_reach_the_engine(tmp_path: Path) -> None:
    toml = '[project]\nname = "p"\n[settings]\nthreads = 1\nmemory = "600MB"\n'
    write_project(tmp_path, {**CHAIN, "andon.toml": toml})
    with andon.open(tmp_path) as project:
        project.run()
        engine = project._session.wired(project.spec).tools.engine()
        ((limit, threads),) = engine.rows(
            "select current_setting('memory_limit'), current_setting('threads')", {}
        )

    assert threads == 1
    assert _megabytes(limit) <= 600


def _megabytes(text: str) -> float:
    number, unit = text.split()
    factor = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30}[unit]
    return float(number) * factor / 1e6


def _everything(
    project: Project, as_of: str | int | None = None
) -> dict[str, list[tuple[object, ...]]]:
    names = ("raw.a", "m.a", "m.b", "m.c")
    return {n: sorted(project.query(f"select * from {n}", as_of=as_of).rows) for n in names}


def _outside(folder: Path) -> tuple[int, int]:
    with duckdb.connect(str(folder / "prod.duckdb"), read_only=True) as outside:
        ((total_, top),) = outside.sql("select total, top from m.c, m.v").fetchall()
    return total_, top
