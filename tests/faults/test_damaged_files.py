"""Damaged, missing and foreign files are named and never served."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

import andon
from andon.app.wiring.wire import wire
from andon.errors import AndonError, DataCorrupt
from andon.project.load import load
from tests.factories import SHOP, rows_of, run_andon, write_project

WITH_VIEW = {
    **SHOP,
    "assets/marts/best.sql": (
        "/* andon\nmaterialize: view\n*/\nselect name from marts.value where amount > 20\n"
    ),
}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    write_project(tmp_path, WITH_VIEW)
    with andon.open(tmp_path) as project:
        assert project.run().status == "done"
    return tmp_path


def file_of(folder: Path, asset: str) -> Path:
    tools = wire(folder, load(folder))
    state = tools.catalog.state("prod")
    snapshot = state.snapshots[state.pointers[asset].snapshot_id]
    tools.close()
    return tools.store.path(snapshot.data_files[0])


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def alter(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(bytes(content))


def remove(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("damage", [truncate, alter, remove])
@pytest.mark.parametrize("asset", ["raw.orders", "staging.orders", "marts.value"])
def test_a_damaged_file_is_named_never_served_and_built_anew(
    shop: Path, asset: str, damage: object
) -> None:
    before = rows_of(shop, f"select * from {asset}")
    path = file_of(shop, asset)
    assert callable(damage)
    damage(path)
    with andon.open(shop) as project:
        with pytest.raises(DataCorrupt, match=path.name):
            project.query(f"select * from {asset}")
        assert any(f.level == "error" and path.name in f.what for f in project.doctor())
        report = project.run()
        assert report.status == "done"
        assert project.plan().has_work is False
        assert all(f.level != "error" for f in project.doctor(deep=True))
    assert rows_of(shop, f"select * from {asset}") == before
    assert rows_of(shop, "select * from marts.best") == [("Ann",)]


def test_a_view_over_a_damaged_table_is_bound_to_the_new_file(shop: Path) -> None:
    truncate(file_of(shop, "marts.value"))
    with andon.open(shop) as project, pytest.raises(DataCorrupt):
        project.query("select * from marts.best")
    with andon.open(shop) as project:
        assert project.run().status == "done"
        assert project.query("select * from marts.best").rows == (("Ann",),)
        assert project.run().status == "nothing"


def alter_unseen(path: Path) -> None:
    facts = path.stat()
    alter(path)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))


@pytest.mark.parametrize("asset", ["raw.orders", "staging.orders", "marts.value"])
def test_damage_that_keeps_length_and_time_is_built_anew_after_a_deep_look(
    shop: Path, asset: str
) -> None:
    before = rows_of(shop, f"select * from {asset}")
    path = file_of(shop, asset)
    alter_unseen(path)
    with andon.open(shop) as project:
        assert project.plan().has_work is False
        found = [f for f in project.doctor(deep=True) if f.level == "error"]
        assert len(found) == 1
        assert path.name in found[0].what
        assert "`andon run` builds" in found[0].fix
        with pytest.raises(DataCorrupt, match=path.name):
            project.query(f"select * from {asset}")
        assert project.run().status == "done"
        assert all(f.level != "error" for f in project.doctor(deep=True))
    assert rows_of(shop, f"select * from {asset}") == before


def test_a_deep_look_at_a_project_that_may_only_be_read_changes_no_file(shop: Path) -> None:
    path = file_of(shop, "staging.orders")
    alter_unseen(path)
    before = path.stat()
    (shop / ".andon").chmod(0o555)
    try:
        with andon.open(shop) as project:
            found = [f for f in project.doctor(deep=True) if f.level == "error"]
    finally:
        (shop / ".andon").chmod(0o755)
    if os.getuid():
        assert path.stat().st_mtime_ns == before.st_mtime_ns
        assert "backup" in found[0].fix
    assert path.name in found[0].what


def test_a_deep_look_leaves_sound_files_as_they_are(shop: Path) -> None:
    before = {p: p.stat().st_mtime_ns for p in (shop / ".andon" / "data").rglob("*.parquet")}
    with andon.open(shop) as project:
        project.doctor(deep=True)
    assert {p: p.stat().st_mtime_ns for p in before} == before


def test_a_missing_raw_file_is_named_by_doctor(shop: Path) -> None:
    landed = [p for p in (shop / ".andon" / "raw").rglob("*") if p.is_file()]
    landed[0].unlink()
    with andon.open(shop) as project:
        found = [f for f in project.doctor() if f.level == "error"]
    assert len(found) == 1
    assert "kept bytes of `data/" in found[0].what
    assert "deliver it again" in found[0].fix


def test_bytes_that_are_lost_here_and_at_their_origin_fail_their_table_with_a_name(
    shop: Path,
) -> None:
    for landed in (shop / ".andon" / "raw").rglob("*"):
        if landed.is_file():
            landed.unlink()
    (shop / "data" / "orders.csv").unlink()
    truncate(file_of(shop, "raw.orders"))
    with andon.open(shop) as project:
        report = project.run()
        assert report.exit_code == 1
        failed = {o.asset: o.problems for o in report.outcomes if o.word == "failed"}
        assert failed["raw.orders"][0].code == "STO003"
        assert "deliver" in failed["raw.orders"][0].fix
        assert project.query("select count(*) from staging.orders").rows == ((3,),)


def test_a_catalog_of_a_newer_version_is_refused_with_a_way_out(shop: Path) -> None:
    with sqlite3.connect(shop / ".andon" / "catalog.sqlite") as connection:
        connection.execute("pragma user_version = 999")
    connection.close()
    with andon.open(shop) as project:
        with pytest.raises(AndonError) as error:
            project.plan()
        assert "newer" in str(error.value.problems[0])
        assert "upgrade" in error.value.problems[0].fix.lower()
    for command in ("run", "plan", "ls"):
        result = run_andon(shop, command)
        assert result.returncode == error.value.exit_code, result.stderr
        assert error.value.code in result.stderr


def test_a_catalog_that_is_no_catalog_is_an_error_that_names_it(shop: Path) -> None:
    (shop / ".andon" / "catalog.sqlite").write_bytes(b"this is not a database" * 100)
    result = run_andon(shop, "ls")
    assert result.returncode in (1, 70, 75), result.stderr
    assert "catalog.sqlite" in result.stderr
    assert "Traceback" not in result.stderr
