"""Where files are kept, only the new ones are judged; what is found equals judging all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

import andon
from tests.factories import write_files, write_project

RAW = """tables:
  orders:
    path: data/*.csv
    key: order_id
    checks:
      - unique: order_id
      - not_null: order_id
      - expect: amount >= 0
      - accepted: {tier: [high, low]}
      - row_count: {min: 1, max: 5}
"""
FIRST = "order_id,amount,tier\n1,10,high\n2,20,low\n"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    write_project(tmp_path, {"sources/raw.yml": RAW, "data/1.csv": FIRST})
    with andon.open(tmp_path) as project:
        assert project.run().status == "done"
    return tmp_path


def add(shop: Path, rows: str) -> dict[str, tuple[str, int, int]]:
    """Verdict, failing and total rows by check after one more file."""
    write_files(shop, {"data/2.csv": f"order_id,amount,tier\n{rows}"})
    with andon.open(shop) as project:
        (outcome,) = project.run().outcomes
        assert outcome.audit is not None
        return {r.kind: (r.verdict, r.failing, r.total) for r in outcome.audit.results}


def test_new_rows_that_are_right_pass_with_the_figures_of_the_whole(shop: Path) -> None:
    found = add(shop, "3,1,low\n")
    assert set(found.values()) == {("pass", 0, 3)}


@pytest.mark.parametrize(
    ("rows", "kind", "failing"),
    [
        ("2,1,low\n", "unique", 2),
        ("3,1,low\n3,1,low\n", "unique", 2),
        (",1,low\n", "not_null", 1),
        ("3,-1,low\n4,-2,low\n", "expect", 2),
        ("3,1,middle\n", "accepted", 1),
        ("3,1,low\n4,1,low\n5,1,low\n6,1,low\n", "row_count", 1),
    ],
)
def test_a_new_row_that_is_wrong_fails_its_check(
    shop: Path, rows: str, kind: str, failing: int
) -> None:
    total = 2 + rows.count("\n")
    found = add(shop, rows)
    assert found.pop(kind) == ("fail", failing, total)
    assert {verdict for verdict, _, _ in found.values()} == {"pass"}


def test_the_digest_over_kept_files_is_that_of_all_rows(shop: Path, tmp_path: Path) -> None:
    add(shop, "3,1,low\n")
    more = {"data/2.csv": "order_id,amount,tier\n3,1,low\n"}
    other = tmp_path / "other"
    write_project(other, {"sources/raw.yml": RAW, "data/1.csv": FIRST, **more})
    with andon.open(other) as project:
        project.run()
    assert digest(other) == digest(shop)


def test_sums_of_another_algorithm_are_taken_anew(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tmp_path / "before"
    write_project(before, {"sources/raw.yml": RAW, "data/1.csv": FIRST})
    with monkeypatch.context() as patch:
        patch.setattr("andon.engines.duckdb.digest.VERSION", 0)
        patch.setattr("andon.engines.duckdb.digest.digest_columns", lambda _: ("sum(1)", "sum(2)"))
        with andon.open(before) as project:
            project.run()
    assert add(before, "3,1,low\n") == add(shop, "3,1,low\n")
    assert digest(before) == digest(shop)


def test_a_file_that_is_kept_is_not_read_again(shop: Path) -> None:
    add(shop, "3,1,low\n")
    with andon.open(shop) as project:
        files = project.run().outcomes[0].snapshot
        assert files is not None
        assert [bool(file.sums) for file in files.data_files] == [True, True]


def digest(folder: Path) -> str:
    with andon.open(folder) as project:
        (outcome,) = project.run().outcomes
        assert outcome.snapshot is not None
        return outcome.snapshot.digest.value
