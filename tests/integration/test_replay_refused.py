"""Whole deliveries are repaired, put back and tried again; what cannot be meant so is told."""

from __future__ import annotations

from pathlib import Path

import pytest

import andon
from andon.errors import AndonError
from andon.events import DeliveryRestored
from tests.factories import rows_of, write_files, write_project
from tests.replaying import (
    ALL,
    LOOSE,
    SHOP,
    Row,
    events,
    problem,
    repaired,
    replay,
    run,
    waiting,
    written,
)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    write_project(tmp_path, SHOP)
    run(tmp_path)
    return tmp_path


REFUSED = {**SHOP, "data/a.csv": "id,n\n1,10\n", "data/b.csv": "_file,n\n4,40\n"}


def test_a_refused_file_is_replaced_by_one_of_its_name(tmp_path: Path) -> None:
    write_project(tmp_path, REFUSED)
    run(tmp_path)
    write_files(tmp_path, {"mended/b.csv": "id,n\n4,40\n"})
    done = replay(tmp_path, tmp_path / "mended/b.csv")
    assert [(one.repairs, one.rows) for one in done.landed] == [("data/b.csv", None)]
    assert rows_of(tmp_path, ALL) == [(1, 10), (4, 40)]
    with andon.open(tmp_path) as project:
        report = project.run()
    assert (report.status, report.warnings, waiting(tmp_path)) == ("nothing", (), [])


def test_a_file_that_can_be_read_is_replaced_if_it_is_named(shop: Path) -> None:
    write_files(shop, {"mended/x.csv": "id,n\n1,1\n2,2\n"})
    replay(shop, shop / "mended/x.csv", replaces="a.csv")
    assert rows_of(shop, ALL) == [(1, 1), (2, 2), (4, 40)]
    assert waiting(shop) == ["1 form data/b.csv: 3 fields, not 2"]


def test_a_replaced_file_stays_replaced_when_the_declaration_changes(tmp_path: Path) -> None:
    write_project(tmp_path, REFUSED)
    run(tmp_path)
    write_files(tmp_path, {"mended/b.csv": "id,n\n4,40\n"})
    replay(tmp_path, tmp_path / "mended/b.csv")
    more = SHOP["sources/raw.yml"] + "    nulls: ['-']\n"
    write_files(tmp_path, {"sources/raw.yml": more})
    with andon.open(tmp_path) as project:
        report = project.run()
    assert (report.exit_code, report.warnings) == (0, ())
    assert rows_of(tmp_path, ALL) == [(1, 10), (4, 40)]


def test_a_delivery_that_was_set_aside_is_put_back(shop: Path) -> None:
    with andon.open(shop) as project:
        project.set_aside("data/b.csv", "bob")
        project.run()
    assert rows_of(shop, ALL) == [(1, 10)]
    assert replay(shop, "data/b.csv").restored == ("data/b.csv",)
    assert rows_of(shop, ALL) == [(1, 10), (4, 40)]
    assert [(e.path, e.by) for e in events(shop, DeliveryRestored)] == [("data/b.csv", "ana")]


def test_what_was_set_aside_is_not_put_back_over_a_newer_version(shop: Path) -> None:
    with andon.open(shop) as project:
        project.set_aside("data/b.csv", "bob")
        write_files(shop, {"data/b.csv": "id,n\n4,44\n"})
        project.run()
        (shop / "data/b.csv").unlink()
        with pytest.raises(AndonError) as caught:
            project.replay("raw.t", "data/b.csv")
    assert "a newer version" in caught.value.problems[0].what
    assert rows_of(shop, ALL) == [(1, 10), (4, 44)]


def test_without_a_file_what_was_refused_is_tried_again(tmp_path: Path) -> None:
    write_project(tmp_path, REFUSED)
    run(tmp_path)
    done = replay(tmp_path, None)
    assert done.tried == ("data/b.csv",)
    assert waiting(tmp_path)[0].startswith("1 refused data/b.csv")
    write_files(tmp_path, {"data/b.csv": "id,n\n4,40\n"})
    run(tmp_path)
    assert replay(tmp_path, None).tried == ()


BAD: Row = {"_file": "data/a.csv", "_line": 3, "_text": "2,20"}


@pytest.mark.parametrize(
    ("rows", "code", "words"),
    [
        ([{**BAD, "_line": 2}], "APP011", "`data/a.csv`, line 2 is not set aside"),
        ([{**BAD, "_line": None, "_row": 1}], "APP011", "record 1 is not set aside"),
        ([{**BAD, "_file": "data/z.csv"}], "APP011", "no delivery `data/z.csv`"),
        ([{**BAD, "_line": None}], "APP012", "record 1 of `r.jsonl` does not say"),
        ([{**BAD, "_text": " "}], "APP012", "record 1 of `r.jsonl` does not say"),
        ([BAD, BAD], "APP012", "record 2 of `r.jsonl` names what another one names too"),
        ([{**BAD, "_text": '{"id": 2, "m": 1}'}], "APP012", "has a field `m`"),
    ],
)
def test_a_repair_that_cannot_be_meant_so_changes_nothing(
    shop: Path, rows: list[Row], code: str, words: str
) -> None:
    with andon.open(shop) as project:
        found = problem(project, written(shop, *rows))
        assert project.run().status == "nothing"
    assert found[0] == code
    assert words in found[1]


def test_a_record_is_repaired_once(shop: Path) -> None:
    with andon.open(shop) as project:
        project.replay("raw.t", written(shop, BAD))
        other = problem(project, written(shop, {**BAD, "_text": "2,21"}))
    assert other == ("APP011", "`data/a.csv`, line 3 was repaired already")


def test_other_mistakes_are_told(shop: Path) -> None:
    write_files(
        shop, {"x.csv": "id,n\n1,1\n", "x.jsonl": "{}\n", "broken.jsonl": '{"_file" "_text"'}
    )
    write_files(shop, {"assets/staging/t.sql": "select id from raw.t\n"})
    with andon.open(shop) as project:
        assert problem(project, shop / "gone.csv")[0] == "APP011"
        assert problem(project, shop / "x.csv")[0] == "APP011"
        assert problem(project, shop / "x.csv", replaces="nothing.csv")[0] == "APP011"
        assert problem(project, shop / "x.csv", name="staging.t")[0] == "APP011"
        assert problem(project, shop / "x.csv", name="raw.z")[0] == "APP002"
        assert problem(project, shop / "x.jsonl", replaces="a.csv")[0] == "APP012"
        assert problem(project, shop / "broken.jsonl")[0] == "APP012"
        with pytest.raises(AndonError) as caught:
            project.export_rejected("raw.t", shop / "x.xlsx")
        assert caught.value.code == "APP012"


FILES = {
    "sources/raw.yml": f"tables:\n  t:\n    path: data/*\n    format: files\n{LOOSE}"
    "    checks:\n      - {expect: bytes > 2, on_fail: quarantine}\n",
    "data/a.txt": "good\n",
    "data/b.txt": "x\n",
}


def test_a_file_of_a_file_set_is_repaired_whole(tmp_path: Path) -> None:
    write_project(tmp_path, FILES)
    run(tmp_path)
    assert waiting(tmp_path) == ["1 check data/b.txt: expect: bytes > 2"]
    write_files(tmp_path, {"mended/b.txt": "better\n"})
    done = replay(tmp_path, tmp_path / "mended/b.txt", replaces="data/b.txt")
    assert [(one.repairs, one.rows) for one in done.landed] == [("data/b.txt", None)]
    found = rows_of(tmp_path, "select text, name from raw.t order by all")
    assert [row[0] for row in found] == ["better\n", "good\n"]
    assert waiting(tmp_path) == []


def test_a_record_of_a_file_set_is_a_file(tmp_path: Path) -> None:
    write_project(tmp_path, FILES)
    run(tmp_path)
    file = repaired(tmp_path, lambda row: row["_text"])
    with andon.open(tmp_path) as project, pytest.raises(AndonError) as caught:
        project.replay("raw.t", file)
    assert caught.value.code == "APP012"
    assert "--replaces data/b.txt" in caught.value.problems[0].fix


def test_a_record_of_which_only_the_beginning_is_kept_is_not_exported(tmp_path: Path) -> None:
    write_project(tmp_path, {**SHOP, "data/a.csv": f"id,n\n1,1\n{'x' * 70_000}\n"})
    run(tmp_path)
    with andon.open(tmp_path) as project, pytest.raises(AndonError) as caught:
        project.export_rejected("raw.t", tmp_path / "r.csv")
    assert caught.value.code == "APP012"
    assert not list(tmp_path.glob("*r.csv*"))
