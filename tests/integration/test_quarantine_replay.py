"""What was rejected is listed, read and exported; repaired, it takes the place of what it repairs."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import duckdb
import pytest

import andon
from andon.app.project import Project
from andon.app.replay import Replayed
from andon.errors import AndonError
from andon.events import DeliveryReplayed, DeliveryRestored
from tests.factories import rows_of, write_files, write_project

Row = dict[str, Any]
LOOSE = "    limit: 90%\n    quarantine_limit: 90%\n"
SHOP = {
    "andon.toml": '[project]\nname = "shop"\n',
    "sources/raw.yml": f"owner: sales\ntables:\n  t:\n    path: data/*.csv\n{LOOSE}"
    "    checks:\n      - {expect: n >= 0, on_fail: quarantine}\n",
    "data/a.csv": "id,n\n1,10\n2\n3,-5\n",
    "data/b.csv": "id,n\n4,40\n5,50,6\n",
}
POLICY = {
    "andon.toml": '[project]\nname = "shop"\n',
    "sources/raw.yml": f"tables:\n  t:\n    path: data/*\n{LOOSE}"
    "    schema: discard-row\n    columns: {id: BIGINT, n: INTEGER}\n",
}
ALL = "select id, n from raw.t"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    write_project(tmp_path, SHOP)
    run(tmp_path)
    return tmp_path


def run(folder: Path) -> None:
    with andon.open(folder) as project:
        assert project.run().exit_code == 0


def exported(folder: Path, name: str = "rejected.jsonl") -> list[Row]:
    with andon.open(folder) as project:
        project.export_rejected("raw.t", folder / name)
    return [json.loads(line) for line in (folder / name).read_text("utf-8").splitlines()]


def repaired(folder: Path, repair: Callable[[Row], str | None]) -> Path:
    """A file with the rejected rows of which `repair` gives a text."""
    rows = [{**row, "_text": text} for row in exported(folder) if (text := repair(row))]
    (folder / "repaired.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder / "repaired.jsonl"


def replay(folder: Path, file: Path | str | None, **how: Any) -> Replayed:
    with andon.open(folder) as project:
        done = project.replay("raw.t", file, by="ana", **how)
        assert project.run().exit_code == 0
    return done


def balance(folder: Path) -> int:
    """Rows served and rows still set aside."""
    with andon.open(folder) as project:
        snapshot = project.table("raw.t").snapshot
    return snapshot.rows + snapshot.set_aside


def waiting(folder: Path) -> list[str]:
    with andon.open(folder) as project:
        found = project.quarantine("raw.t")
    return [f"{one.count} {one.by} {one.origin}: {one.reason}" for one in found]


def events(folder: Path, kind: type) -> list[Any]:
    with andon.open(folder) as project:
        found = project._session.wired(project.spec).tools.catalog.events(kinds=(kind.__name__,))
    return [event for _, _, event in found]


def mend(row: Row) -> str | None:
    """Every row of the shop as it should have been."""
    text = row["_text"]
    if row["_by"] == "check":
        return json.dumps({**json.loads(text), "n": 5})
    return {"2": "2,20", "5,50,6": "5,50"}[text]


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


FORMS: dict[str, tuple[bytes, str]] = {
    "csv": (b"id,n\n1,1\n2,x\n", '{"id": "2", "n": "2"}'),
    "jsonl": (b'{"id": 1, "n": 1}\n{"id": 2, "n": "x"}\n', '{"id": 2, "n": 2}'),
    "json": (b'[{"id": 1, "n": 1}, {"id": 2, "n": "x"}]', '{"id": 2, "n": 2}'),
    "tsv": (b"id\tn\n1\t1\n2\tx\n", "2\t2"),
    "parquet": (b"", '{"id": 2, "n": "2"}'),
}


@pytest.mark.parametrize("form", FORMS)
def test_rows_that_were_not_as_declared_are_repaired_in_every_format(
    tmp_path: Path, form: str
) -> None:
    write_project(tmp_path, POLICY)
    body, text = FORMS[form]
    (tmp_path / "data").mkdir()
    if form == "parquet":
        rows = "select * from (values (1, '1'), (2, 'x')) t(id, n)"
        duckdb.execute(f"copy ({rows}) to '{tmp_path / 'data/a.parquet'}'")
    else:
        (tmp_path / f"data/a.{form}").write_bytes(body)
    run(tmp_path)
    assert waiting(tmp_path) == [f"1 schema data/a.{form}: `n` is no INTEGER"]
    replay(tmp_path, repaired(tmp_path, lambda _: text))
    assert rows_of(tmp_path, ALL) == [(1, 1), (2, 2)]
    assert (balance(tmp_path), waiting(tmp_path)) == (2, [])


@pytest.mark.parametrize(
    ("more", "body", "text"),
    [
        ("    encoding: latin-1\n", "id,n\nM\xfcller,1\nB\xe4r\n".encode("latin-1"), "B\xe4r,2"),
        ("    delimiter: ';'\n", b"id;n\nx;1\n'y\n", "y;2"),
        ("    header: false\n", b"x,1\ny\n", "y,2"),
        ('    quote: "\'"\n', b"id,n\nx,1\n'y,2\n", '{"id": "a,\'b", "n": 2}'),
    ],
)
def test_a_repair_is_written_as_its_original_is(
    tmp_path: Path, more: str, body: bytes, text: str
) -> None:
    source = f"tables:\n  t:\n    path: data/*.csv\n{LOOSE}{more}"
    write_project(tmp_path, {"sources/raw.yml": source})
    (tmp_path / "data").mkdir()
    (tmp_path / "data/a.csv").write_bytes(body)
    run(tmp_path)
    replay(tmp_path, repaired(tmp_path, lambda _: text))
    found = rows_of(tmp_path, "select * exclude (_file, _row) from raw.t")
    assert sorted(row[1] for row in found) == [1, 2]
    assert waiting(tmp_path) == []


def test_a_record_within_documents_is_repaired_in_its_place(tmp_path: Path) -> None:
    source = (
        f"tables:\n  t:\n    path: data/*.json\n    records: data.items\n{LOOSE}"
        "    schema: discard-row\n    columns: {id: BIGINT}\n"
    )
    body = '{"data": {"items": [{"id": 1}, {"id": "x"}]}}'
    write_project(tmp_path, {"sources/raw.yml": source, "data/a.json": body})
    run(tmp_path)
    replay(tmp_path, repaired(tmp_path, lambda _: '{"id": 2}'))
    assert rows_of(tmp_path, "select id from raw.t") == [(1,), (2,)]


def test_a_record_of_a_member_of_an_archive_is_repaired(tmp_path: Path) -> None:
    source = f"tables:\n  t:\n    path: data/*.zip\n{LOOSE}"
    write_project(tmp_path, {"sources/raw.yml": source})
    (tmp_path / "data").mkdir()
    with ZipFile(tmp_path / "data/a.zip", "w") as archive:
        archive.writestr("one.csv", "id,n\n1,1\n2\n")
        archive.writestr("two.csv", "id,n\n3\n4,4\n")
    run(tmp_path)
    replay(tmp_path, repaired(tmp_path, lambda row: "2,2" if "one" in row["_file"] else None))
    assert rows_of(tmp_path, ALL) == [(1, 1), (2, 2), (4, 4)]
    assert waiting(tmp_path) == ["1 form data/a.zip/two.csv: 1 fields, not 2"]
    assert balance(tmp_path) == 4


def test_rows_of_a_sequence_are_repaired_and_stay_where_they_were(tmp_path: Path) -> None:
    source = (
        "import andon\n\n\n"
        "@andon.source(mode='merge', key='id', cursor='v', quarantine_limit='90%', "
        "checks=[andon.expect('n >= 0', on_fail='quarantine')])\n"
        "def t(cursor=None):\n"
        "    yield from [{'id': 1, 'v': 1, 'n': 1}, {'id': 2, 'v': 2, 'n': -1}] if not cursor "
        "else [{'id': 1, 'v': 3, 'n': 3}]\n"
    )
    write_project(tmp_path, {"sources/raw.py": source})
    run(tmp_path)
    run(tmp_path)
    assert rows_of(tmp_path, ALL) == [(1, 3)]
    replay(tmp_path, repaired(tmp_path, lambda _: '{"id": 2, "v": 2, "n": 2}'))
    assert rows_of(tmp_path, ALL) == [(1, 3), (2, 2)]
    run(tmp_path)
    assert rows_of(tmp_path, ALL) == [(1, 3), (2, 2)]


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


def problem(project: Project, file: Path | str, **how: Any) -> tuple[str, str]:
    with pytest.raises(AndonError) as caught:
        project.replay(how.pop("name", "raw.t"), file, **how)
    return caught.value.code, caught.value.problems[0].what


def written(folder: Path, *rows: Row) -> Path:
    (folder / "r.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder / "r.jsonl"


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


def test_records_of_a_format_that_knows_no_single_ones_are_refused(tmp_path: Path) -> None:
    body = "<r><i><id>1</id></i><i><id>x</id></i></r>"
    source = POLICY["sources/raw.yml"].replace(", n: INTEGER", "")
    write_project(tmp_path, {**POLICY, "sources/raw.yml": source, "data/a.xml": body})
    run(tmp_path)
    file = repaired(tmp_path, lambda _: '{"id": 2}')
    with andon.open(tmp_path) as project:
        assert problem(project, file)[0] == "APP012"


def test_a_record_of_which_only_the_beginning_is_kept_is_not_exported(tmp_path: Path) -> None:
    write_project(tmp_path, {**SHOP, "data/a.csv": f"id,n\n1,1\n{'x' * 70_000}\n"})
    run(tmp_path)
    with andon.open(tmp_path) as project, pytest.raises(AndonError) as caught:
        project.export_rejected("raw.t", tmp_path / "r.csv")
    assert caught.value.code == "APP012"
    assert not list(tmp_path.glob("*r.csv*"))
