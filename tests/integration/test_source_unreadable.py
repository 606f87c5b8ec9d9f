"""A file that the system does not give is left out, whether it is new or was read before."""

from __future__ import annotations

from pathlib import Path

import pytest

import andon
from tests.factories import rows_of, write_files, write_project

UNREADABLE = "/proc/self/mem"
"""It can be opened, and reading its beginning fails for everybody."""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    write_project(
        tmp_path,
        {
            "sources/raw.yml": "tables: {t: {path: data/*.csv}}\n",
            "data/a.csv": "id\n1\n",
            "data/b.csv": "id\n2\n",
        },
    )
    return tmp_path


def codes(folder: Path) -> tuple[int, list[str]]:
    with andon.open(folder) as project:
        report = project.run()
    return report.exit_code, [problem.code for problem in report.warnings]


def test_a_new_file_that_cannot_be_read_stops_no_other(shop: Path) -> None:
    (shop / "data/c.csv").symlink_to(UNREADABLE)
    for _ in range(2):
        assert codes(shop) == (0, ["SRC003"])
    assert rows_of(shop, "select id from raw.t") == [(1,), (2,)]


def test_rows_of_a_file_that_was_read_before_stay(shop: Path) -> None:
    assert codes(shop) == (0, [])
    (shop / "data/b.csv").unlink()
    (shop / "data/b.csv").symlink_to(UNREADABLE)
    write_files(shop, {"data/d.csv": "id\n4\n"})
    assert codes(shop) == (0, ["SRC003"])
    assert rows_of(shop, "select id from raw.t") == [(1,), (2,), (4,)]


def test_a_table_of_which_no_file_can_be_read_fails(shop: Path) -> None:
    for name in ("a", "b"):
        (shop / f"data/{name}.csv").unlink()
        (shop / f"data/{name}.csv").symlink_to(UNREADABLE)
    with andon.open(shop) as project:
        report = project.run()
    assert report.exit_code == 1
    assert {p.code for outcome in report.outcomes for p in outcome.problems} == {"SRC003"}


def test_a_growing_file_that_cannot_be_read_stops_no_other(shop: Path) -> None:
    write_files(shop, {"sources/raw.yml": "tables: {t: {path: data/*.csv, grows: true}}\n"})
    (shop / "data/c.csv").symlink_to(UNREADABLE)
    assert codes(shop) == (0, ["SRC003"])
    assert rows_of(shop, "select id from raw.t") == [(1,), (2,)]
