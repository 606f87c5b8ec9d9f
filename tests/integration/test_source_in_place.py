"""Parquet files are served as they were landed: no copy is written, and nothing else changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from andon.app.opening import open_project
from andon.app.project import Project
from tests.factories import write_files

FILES = {
    "andon.toml": '[project]\nname = "shop"\n\n[settings]\nthreads = 2\n',
    "sources/raw.yml": "tables:\n  orders:\n    path: data/*.parquet\n",
    "assets/m/orders.sql": "select id, amount, _file, _row from raw.orders\n",
}
LANDED = "select id, amount, _file, _row from raw.orders order by all"


def _put(folder: Path, name: str, query: str) -> None:
    (folder / "data").mkdir(exist_ok=True)
    duckdb.execute(
        f"copy ({query}) to $file (format parquet)", {"file": str(folder / "data" / name)}
    )


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Project]:
    folder = write_files(tmp_path / "it's a shop", FILES)
    _put(folder, "a.parquet", "select 1 as id, 2.5::decimal(4,1) as amount")
    _put(folder, "b.parquet", "select unnest([7::bigint, 8]) as id")
    with open_project(folder) as project:
        assert project.run().exit_code == 0
        yield project


def test_no_copy_of_a_landed_parquet_file_is_written(shop: Project) -> None:
    assert not list((shop.root / ".andon" / "data").glob("raw.orders/*"))


def test_types_are_common_to_all_files_and_rows_carry_their_origin(shop: Project) -> None:
    rows = [(row[0], float(row[1] or 0), *row[2:]) for row in shop.query(LANDED).rows]
    assert rows == [
        (1, 2.5, "data/a.parquet", 1),
        (7, 0.0, "data/b.parquet", 1),
        (8, 0.0, "data/b.parquet", 2),
    ]


def test_a_changed_file_gives_another_digest_and_is_read(shop: Project) -> None:
    _put(shop.root, "a.parquet", "select 1 as id, 3.5::decimal(4,1) as amount")
    assert shop.run().exit_code == 0
    assert float(shop.query("select max(amount) from m.orders").rows[0][0]) == 3.5


def test_nothing_is_due_when_nothing_changed(shop: Project) -> None:
    assert shop.run().status == "nothing"


def test_a_folder_may_be_moved(shop: Project, tmp_path: Path) -> None:
    before = shop.query(LANDED).rows
    shop.close()
    moved = shop.root.rename(tmp_path / "elsewhere")
    with open_project(moved) as project:
        assert project.query(LANDED).rows == before


def test_altered_landed_bytes_are_landed_again_from_the_origin(shop: Project) -> None:
    before = shop.query(LANDED).rows
    for landed in (shop.root / ".andon" / "raw").glob("*/*"):
        landed.write_bytes(b"x" * landed.stat().st_size)
    assert shop.run().exit_code == 0
    assert shop.query(LANDED).rows == before


def test_a_lost_delivery_that_is_nowhere_else_is_an_error(shop: Project) -> None:
    for folder in (shop.root / ".andon" / "raw", shop.root / "data"):
        for file in folder.rglob("*"):
            if file.is_file():
                file.unlink()
    report = shop.run()
    assert [problem.code for problem in report.outcomes[0].problems] == ["STO003"]


def test_a_check_that_sets_rows_aside_makes_a_copy(shop: Project) -> None:
    quarantine = (
        "tables:\n  orders:\n    path: data/*.parquet\n    checks:\n"
        "      - expect: id < 8\n        on_fail: quarantine\n"
    )
    write_files(shop.root, {"sources/raw.yml": quarantine + "    limit: 50%\n"})
    shop.run()
    assert list((shop.root / ".andon" / "data").glob("raw.orders/*"))


def test_collecting_garbage_never_deletes_a_delivery(shop: Project) -> None:
    landed = sorted((shop.root / ".andon" / "raw").glob("*/*"))
    shop.gc()
    assert sorted((shop.root / ".andon" / "raw").glob("*/*")) == landed


def test_names_that_hide_the_place_of_a_row_are_read_all_the_same(shop: Project) -> None:
    _put(shop.root, "c.parquet", "select 9 as id, 'x' as file_index, 5 as File_Row_Number")
    assert shop.run().exit_code == 0
    found = shop.query("select id, file_index, _row from raw.orders where id = 9").rows
    assert [tuple(row) for row in found] == [(9, "x", 1)]
