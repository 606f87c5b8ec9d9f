"""Records of every format are repaired one by one, and read as part of the file they come from."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import duckdb
import fastavro
import openpyxl
import pytest

import andon
from andon.events import DeliveryReplayed
from tests.factories import rows_of, write_project
from tests.replaying import (
    ALL,
    LOOSE,
    POLICY,
    Row,
    balance,
    events,
    problem,
    repaired,
    replay,
    run,
    waiting,
)

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


# --- XML, spreadsheets, Avro: what is repaired lies apart, and is read to the same rows

DAY = dt.date(2024, 1, 2)
XML = (
    b"<shop><order id='1'><day>2024-01-02</day><item n='1'>Tea</item><item n='2'>Bun</item></order>"
    b"<order id='2'><day>no day</day><item n='3'>Milk</item></order>"
    b"<order id='3'><day>2024-01-04</day><item n='4'>-</item></order></shop>"
)
COLUMNS = "    columns: {id: BIGINT, day: DATE}\n"


def sheet(rows: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    page = book.create_sheet("one")
    for row in rows:
        page.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def avro(records: list[Row], **kinds: Any) -> bytes:
    listed = [{"name": name, "type": kind} for name, kind in kinds.items()]
    schema = fastavro.parse_schema({"type": "record", "name": "r", "fields": listed})
    out = io.BytesIO()
    fastavro.writer(out, schema, records)
    return out.getvalue()


def made(folder: Path, name: str, body: bytes, more: str = COLUMNS) -> None:
    """A project over one file, once it has run."""
    write_project(folder, {"sources/raw.yml": f"tables:\n  t:\n    path: data/*\n{LOOSE}{more}"})
    (folder / "data").mkdir()
    (folder / "data" / name).write_bytes(body)
    run(folder)


def kinds(folder: Path) -> list[tuple[Any, ...]]:
    return rows_of(folder, "select column_name, column_type from (describe from raw.t)")


def test_a_record_of_xml_is_repaired_and_keeps_its_shape(tmp_path: Path) -> None:
    made(tmp_path, "a.xml", XML)
    before = kinds(tmp_path)
    assert waiting(tmp_path) == ["1 schema data/a.xml: `day` is no DATE"]
    done = replay(
        tmp_path, repaired(tmp_path, lambda row: row["_text"].replace("no day", str(DAY)))
    )
    found = rows_of(tmp_path, "select id, day, [i._text for i in item], _file from raw.t")
    assert [row[:3] for row in found] == [
        (1, DAY, ["Tea", "Bun"]),
        (2, DAY, ["Milk"]),
        (3, dt.date(2024, 1, 4), ["-"]),
    ]
    assert found[1][3] == done.landed[0].path
    assert (kinds(tmp_path), waiting(tmp_path), balance(tmp_path)) == (before, [], 3)


def test_a_record_of_a_spreadsheet_is_repaired_in_the_types_of_its_cells(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["id", "day", "at", "x"],
        [1, DAY, dt.datetime(2024, 1, 2, 3, tzinfo=dt.UTC).replace(tzinfo=None), 1.5],
        ["two", DAY, None, 2],
    ]
    made(tmp_path, "a.xlsx", sheet(rows))
    before = kinds(tmp_path)
    replay(tmp_path, repaired(tmp_path, lambda row: row["_text"].replace('"two"', "2")))
    assert rows_of(tmp_path, "select id, day, x from raw.t") == [(1, DAY, 1.5), (2, DAY, 2.0)]
    assert (kinds(tmp_path), waiting(tmp_path), balance(tmp_path)) == (before, [], 2)


def test_a_record_of_avro_is_repaired_in_the_types_of_its_schema(tmp_path: Path) -> None:
    nested = {"type": "record", "name": "n", "fields": [{"name": "x", "type": "int"}]}
    records: list[Row] = [
        {"id": "1", "d": Decimal("1.50"), "o": {"x": 1}, "b": b"\x00\xff"},
        {"id": "?", "d": Decimal("2.50"), "o": {"x": 2}, "b": b"\x01"},
    ]
    money = {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}
    body = avro(records, id="string", d=money, o=nested, b="bytes")
    made(tmp_path, "a.avro", body, "    columns: {id: BIGINT}\n")
    before = kinds(tmp_path)
    assert ("d", "DECIMAL(9,2)") in before
    replay(tmp_path, repaired(tmp_path, lambda row: row["_text"].replace('"?"', '"2"')))
    assert rows_of(tmp_path, "select id, d, o.x, b from raw.t") == [
        (1, Decimal("1.50"), 1, b"\x00\xff"),
        (2, Decimal("2.50"), 2, b"\x01"),
    ]
    assert (kinds(tmp_path), waiting(tmp_path), balance(tmp_path)) == (before, [], 2)


APART = {
    "xml": b"<r><i><id>1</id></i><i><id>x</id></i></r>",
    "xlsx": sheet([["id"], [1], ["x"]]),
    "avro": avro([{"id": "1"}, {"id": "x"}], id="string"),
}


@pytest.mark.parametrize("form", APART)
def test_a_repair_apart_is_recorded_checked_and_taken_back_like_any(
    tmp_path: Path, form: str
) -> None:
    more = "    columns: {id: BIGINT}\n    checks: [{expect: id > 0, on_fail: quarantine}]\n"
    made(tmp_path, f"a.{form}", APART[form], more)
    file = repaired(tmp_path, lambda _: '{"id": "-2"}')
    first, second = replay(tmp_path, file), replay(tmp_path, file)
    assert [one.is_new for one in (*first.landed, *second.landed)] == [True, False]
    assert [(e.repairs, e.rows, e.by) for e in events(tmp_path, DeliveryReplayed)] == [
        (f"data/a.{form}", 1, "ana")
    ]
    path = first.landed[0].path
    assert waiting(tmp_path) == [f"1 check {path}: expect: id > 0"]
    again = replay(tmp_path, repaired(tmp_path, lambda _: '{"id": "2"}'))
    assert rows_of(tmp_path, "select id from raw.t") == [(1,), (2,)]
    with andon.open(tmp_path) as project:
        project.set_aside(again.landed[0].path, "ana")
        project.set_aside(path, "ana")
        project.run()
    assert rows_of(tmp_path, "select id from raw.t") == [(1,)]
    assert waiting(tmp_path)[0] == f"1 schema data/a.{form}: `id` is no BIGINT"


@pytest.mark.parametrize("form", APART)
@pytest.mark.parametrize("text", ["2", '{"ID_": 2}'])
def test_a_repair_apart_that_cannot_be_meant_so_is_refused(
    tmp_path: Path, form: str, text: str
) -> None:
    made(tmp_path, f"a.{form}", APART[form], "    columns: {id: BIGINT}\n")
    file = repaired(tmp_path, lambda _: text)
    with andon.open(tmp_path) as project:
        assert problem(project, file)[0] == "APP012"


def test_a_repaired_value_of_a_spreadsheet_is_of_the_kind_of_its_column(tmp_path: Path) -> None:
    more = "    checks: [{expect: n > 0, on_fail: quarantine}]\n"
    made(tmp_path, "a.xlsx", sheet([["n"], [1], [-2]]), more)
    file = repaired(tmp_path, lambda _: '{"n": "two"}')
    with andon.open(tmp_path) as project:
        assert problem(project, file)[0] == "APP012"
    replay(tmp_path, repaired(tmp_path, lambda _: '{"n": 2}'))
    assert rows_of(tmp_path, "select n from raw.t") == [(1,), (2,)]


def test_a_record_of_xml_in_an_archive_is_repaired(tmp_path: Path) -> None:
    out = io.BytesIO()
    with ZipFile(out, "w") as archive:
        archive.writestr("one.xml", APART["xml"])
    made(tmp_path, "a.zip", out.getvalue(), "    columns: {id: BIGINT}\n")
    replay(tmp_path, repaired(tmp_path, lambda _: '{"id": 2}'))
    assert rows_of(tmp_path, "select id from raw.t") == [(1,), (2,)]


@pytest.mark.parametrize("form", ["xml", "parquet"])
def test_a_repair_that_brings_fields_which_would_be_lost_is_refused(
    tmp_path: Path, form: str
) -> None:
    checks = "    checks: [{expect: o.a > 0, on_fail: quarantine}]\n"
    if form == "xml":
        body = b"<r><i><o a='1'/></i><i><o a='-2'/></i></r>"
        checks = "    columns: {o: 'STRUCT(a BIGINT)'}\n" + checks
    else:
        target = tmp_path / "made.parquet"
        duckdb.execute(f"copy (select unnest([{{'a': 1}}, {{'a': -2}}]) as o) to '{target}'")
        body = target.read_bytes()
    made(tmp_path, f"a.{form}", body, checks)
    with andon.open(tmp_path) as project:
        file = repaired(tmp_path, lambda _: '{"o": {"a": 2, "b": 3}}')
        assert problem(project, file)[0] == "APP012"
    replay(tmp_path, repaired(tmp_path, lambda _: '{"o": {"a": 2}}'))
    assert rows_of(tmp_path, "select o.a from raw.t") == [(1,), (2,)]
