"""What was rejected is listed, read and exported; repaired, it takes the place of what it repairs."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import duckdb
import pytest

import andon
from andon.errors import AndonError
from andon.events import DeliveryReplayed
from tests.factories import rows_of, write_files, write_project
from tests.replaying import (
    ALL,
    LOOSE,
    SHOP,
    balance,
    events,
    exported,
    mend,
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


def test_everything_rejected_is_listed_with_reason_origin_and_time(shop: Path) -> None:
    write_files(shop, {"data/c.csv": "_file\nx\n", "data/d.csv": "id,n\n7,70\n"})
    with andon.open(shop) as project:
        project.run()
        project.set_aside("data/d.csv", "bob")
        project.run()
        found = project.quarantine()
    assert [(one.what, one.by, one.origin, one.count) for one in found] == [
        ("rows", "form", "data/a.csv", 1),
        ("rows", "check", "data/a.csv", 1),
        ("rows", "form", "data/b.csv", 1),
        ("delivery", "refused", "data/c.csv", 1),
        ("delivery", "person", "data/d.csv", 1),
    ]
    assert [one.reason for one in found][:3] == [
        "1 fields, not 2",
        "expect: n >= 0",
        "3 fields, not 2",
    ]
    assert found[3].reason.startswith("SRC005 ")
    assert found[4].reason == "set aside by bob"
    assert all(one.since is not None for one in found)


def test_rejected_rows_are_read_by_a_stable_name(shop: Path) -> None:
    query = "select _file, _line, _row, _by, _text from raw.t__rejected"
    wanted = [
        ("data/a.csv", 3, None, "form", "2"),
        ("data/a.csv", None, 3, "check", '{"id":3,"n":-5}'),
        ("data/b.csv", 3, None, "form", "5,50,6"),
    ]
    assert rows_of(shop, query) == sorted(wanted, key=repr)
    with duckdb.connect(str(shop / "prod.duckdb"), read_only=True) as connection:
        assert sorted(connection.sql(query).fetchall(), key=repr) == sorted(wanted, key=repr)


def test_a_table_without_rejected_rows_has_none_by_that_name(tmp_path: Path) -> None:
    write_project(tmp_path, {**SHOP, "data/a.csv": "id,n\n1,1\n", "data/b.csv": "id,n\n2,2\n"})
    run(tmp_path)
    assert rows_of(tmp_path, "select * from raw.t__rejected") == []
    assert waiting(tmp_path) == []


def test_rows_set_aside_further_on_are_read_too(shop: Path) -> None:
    asset = "/* andon\nlimit: 90%\nchecks:\n  - {expect: n > 20, on_fail: quarantine}\n*/\n"
    write_files(shop, {"assets/staging/t.sql": f"{asset}select id, n from raw.t\n"})
    run(shop)
    query = "select _file, _by, _reason, _text from staging.t__rejected"
    assert rows_of(shop, query) == [(None, "check", "expect: n > 20", '{"id":1,"n":10}')]


def test_the_views_of_rejected_rows_come_and_go_with_them(shop: Path) -> None:
    replay(shop, repaired(shop, mend))
    with duckdb.connect(str(shop / "prod.duckdb"), read_only=True) as connection:
        names = [name for (name,) in connection.sql("select view_name from duckdb_views() "
                                                    "where not internal").fetchall()]  # fmt: skip
    assert names == ["t"]


def test_an_unknown_name_is_no_rejected_table(shop: Path) -> None:
    with andon.open(shop) as project, pytest.raises(AndonError) as caught:
        project.query("from raw.u__rejected")
    assert caught.value.code == "APP002"


@pytest.mark.parametrize("name", ["rejected.csv", "rejected.jsonl"])
def test_rejected_rows_are_exported_as_they_came(shop: Path, name: str) -> None:
    with andon.open(shop) as project:
        assert project.export_rejected("raw.t", shop / name) == 3
    with (shop / name).open(newline="") as stream:
        rows = (
            list(csv.DictReader(stream)) if name.endswith("csv") else list(map(json.loads, stream))
        )
    assert [(row["_file"], str(row["_line"] or ""), row["_text"]) for row in rows] == [
        ("data/a.csv", "3", "2"),
        ("data/a.csv", "", '{"id":3,"n":-5}'),
        ("data/b.csv", "3", "5,50,6"),
    ]


def test_repaired_rows_take_the_place_of_those_they_name(shop: Path) -> None:
    assert (rows_of(shop, ALL), balance(shop)) == ([(1, 10), (4, 40)], 5)
    done = replay(shop, repaired(shop, mend))
    assert rows_of(shop, ALL) == [(1, 10), (2, 20), (3, 5), (4, 40), (5, 50)]
    assert (balance(shop), waiting(shop)) == (5, [])
    assert [(one.repairs, one.rows, one.is_new) for one in done.landed] == [
        ("data/a.csv", 2, True),
        ("data/b.csv", 1, True),
    ]
    told = events(shop, DeliveryReplayed)
    assert [(e.repairs, e.rows, e.by) for e in told] == [
        ("data/a.csv", 2, "ana"),
        ("data/b.csv", 1, "ana"),
    ]
    origins = {row[0] for row in rows_of(shop, "select distinct _file from raw.t")}
    assert {one.path for one in done.landed} < origins


def test_what_is_not_repaired_stays_set_aside(shop: Path) -> None:
    replay(shop, repaired(shop, lambda row: mend(row) if row["_line"] == 3 else None))
    assert rows_of(shop, ALL) == [(1, 10), (2, 20), (4, 40), (5, 50)]
    assert waiting(shop) == ["1 check data/a.csv: expect: n >= 0"]
    assert balance(shop) == 5


def test_a_repair_that_is_wrong_too_is_set_aside_and_can_be_repaired(shop: Path) -> None:
    replay(shop, repaired(shop, lambda row: "2,-1" if row["_text"] == "2" else None))
    (first,) = [row for row in exported(shop) if "~" in row["_file"]]
    assert (first["_by"], first["_row"]) == ("check", 1)
    replay(shop, repaired(shop, lambda row: '{"id": 2, "n": 2}' if "~" in row["_file"] else None))
    assert (2, 2) in rows_of(shop, ALL)
    assert balance(shop) == 5


def test_a_replay_is_safe_to_repeat(shop: Path) -> None:
    file = repaired(shop, mend)
    first, second = replay(shop, file), replay(shop, file)
    assert [one.is_new for one in (*first.landed, *second.landed)] == [True, True, False, False]
    assert [one.path for one in first.landed] == [one.path for one in second.landed]
    assert len(rows_of(shop, ALL)) == 5
    assert len(events(shop, DeliveryReplayed)) == 2


def test_a_repair_is_taken_back_by_setting_it_aside_and_put_back_by_replaying_it(
    shop: Path,
) -> None:
    path = replay(shop, repaired(shop, mend)).landed[0].path
    with andon.open(shop) as project:
        project.set_aside(path, "ana")
        project.run()
    assert rows_of(shop, ALL) == [(1, 10), (4, 40), (5, 50)]
    assert balance(shop) == 5
    assert replay(shop, path).restored == (path,)
    assert len(rows_of(shop, ALL)) == 5


def test_a_newer_version_of_the_file_needs_no_repair(shop: Path) -> None:
    replay(shop, repaired(shop, mend))
    write_files(shop, {"data/a.csv": "id,n\n1,11\n2,22\n"})
    run(shop)
    assert rows_of(shop, ALL) == [(1, 11), (2, 22), (4, 40), (5, 50)]
    assert (balance(shop), waiting(shop)) == (4, [])


def test_the_original_stays_landed_and_is_no_arrival(shop: Path) -> None:
    replay(shop, repaired(shop, mend))
    with andon.open(shop) as project:
        facts = dict(project.show("raw.t").facts)
        assert facts["deliveries"] == "4 landed"
        assert project.run().status == "nothing"
        assert project.run().warnings == ()


def test_a_rollback_takes_a_repair_back_until_it_is_released(shop: Path) -> None:
    replay(shop, repaired(shop, mend))
    with andon.open(shop) as project:
        project.rollback(to=1, by="ana")
        assert project.run().publication is None
        assert len(rows_of(shop, ALL)) == 2
        project.release(by="ana")
        project.run()
    assert len(rows_of(shop, ALL)) == 5


@pytest.mark.parametrize(
    "text",
    ["7,1\n8,2\n9,3", "7,1\r8,2", '"7\n8",1\n9,3', "7,1\n\n8,2", '{"id": "7", "n": "1"}\n8,2'],
)
def test_a_repair_that_would_bring_several_records_is_refused(shop: Path, text: str) -> None:
    file = written(shop, {"_file": "data/a.csv", "_line": 3, "_text": text})
    with andon.open(shop) as project:
        assert problem(project, file) == (
            "APP012",
            "repaired record 1 is not one line of `data/a.csv`",
        )


def test_two_repairs_that_would_become_one_record_are_refused(tmp_path: Path) -> None:
    write_project(tmp_path, {**SHOP, "data/b.csv": "id,n\n4,40\n5\n6\n7,70\n"})
    run(tmp_path)
    first, second = (row for row in exported(tmp_path) if row["_file"] == "data/b.csv")
    file = written(tmp_path, {**first, "_text": '5,"50'}, {**second, "_text": '6","60"'})
    with andon.open(tmp_path) as project:
        assert problem(project, file) == (
            "APP012",
            "a repaired record is not one line of `data/b.csv`",
        )


def test_a_repair_may_have_a_line_end_within_quotes(tmp_path: Path) -> None:
    write_project(tmp_path, {**SHOP, "data/c.csv": "id,n\n1,2\n3\n", "data/d.csv": "id,n\n8,8\n"})
    run(tmp_path)
    row = next(row for row in exported(tmp_path) if row["_file"] == "data/c.csv")
    replay(tmp_path, written(tmp_path, {**row, "_text": '"3","4"'}))
    assert (3, 4) in rows_of(tmp_path, ALL)


@pytest.mark.parametrize("number", ["²", "9" * 5000, "-3", "0", "1e3", "٣"])
@pytest.mark.parametrize("name", ["_line", "_row"])
def test_a_number_that_no_line_has_is_refused(shop: Path, number: str, name: str) -> None:
    (shop / "r.csv").write_text(f"_file,{name},_text\ndata/a.csv,{number},7\n", "utf-8")
    with andon.open(shop) as project:
        code, what = problem(project, shop / "r.csv")
    assert (code, what) == ("APP012", "record 1 of `r.csv` does not say what it repairs")


@pytest.mark.parametrize("value", ["[" * 100_000 + "]" * 100_000, "9" * 5000])
def test_a_line_that_no_reader_takes_is_refused(shop: Path, value: str) -> None:
    (shop / "r.jsonl").write_text(f'{{"_file":"data/a.csv","_line":3,"_text":{value}}}\n')
    with andon.open(shop) as project:
        assert problem(project, shop / "r.jsonl")[0] == "APP012"


def test_a_document_in_a_text_that_is_nested_too_deeply_is_refused(tmp_path: Path) -> None:
    source = f"tables:\n  t:\n    path: data/*.jsonl\n{LOOSE}"
    write_project(tmp_path, {"sources/raw.yml": source, "data/a.jsonl": '{"id":1}\n{"id":\n'})
    run(tmp_path)
    text = '{"id":' + "[" * 5000 + "]" * 5000 + "}"
    file = written(tmp_path, {"_file": "data/a.jsonl", "_line": 2, "_text": text})
    with andon.open(tmp_path) as project:
        assert problem(project, file) == ("APP012", "repaired record 1 is no JSON object")
