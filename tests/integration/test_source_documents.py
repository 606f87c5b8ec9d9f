"""Records within JSON documents, XML, Avro, spreadsheets and text of fixed width."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import fastavro
import openpyxl
import pytest

from andon.acquisition.columns.facts import decode
from andon.acquisition.readings.fingerprint import reading
from andon.errors import TaskFailed
from andon.spec.check import Tolerance
from andon.spec.source import CsvDialect, FixedField
from tests.sourcing import Project, project, table, types

ALL = Tolerance(share=1.0)
NONE = Tolerance(rows=0)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Project]:
    with project(tmp_path) as made:
        yield made


def read(shop: Project, name: str, content: bytes, **declared: Any) -> list[tuple[Any, ...]]:
    shop.put(name, content)
    return [row[:-2] for row in shop.read(table(name, limit=NONE, **declared))]


def refusal(shop: Project, name: str, content: bytes, **declared: Any) -> str:
    with pytest.raises(TaskFailed) as told:
        read(shop, name, content, **declared)
    return told.value.code


# --- records within JSON


PAGE = b'{"data": {"items": [ {"id": 1, "who": {"name": "Lee"}},\n {"id": 2, "who": null} ]}}'


def test_each_item_at_the_path_is_a_row_and_nested_stays_nested(shop: Project) -> None:
    rows = read(shop, "page.json", PAGE, records="data.items")
    assert rows == [(1, {"name": "Lee"}), (2, None)]


def test_items_keep_the_digits_they_are_written_with(shop: Project) -> None:
    text = b'{"d": [{"n": 12345678901234567890123, "x": 1.10}]}'
    assert read(shop, "a.json", text, records="d") == [("12345678901234567890123", 1.1)]


def test_a_path_leads_through_lists_and_picks_from_them(shop: Project) -> None:
    pages = b'[{"d": [{"a": 1}]}, {"d": null}, {"d": {"a": 2}}]'
    assert read(shop, "a.json", pages, records="d") == [(1,), (2,)]
    assert read(shop, "a.json", pages, records="0.d") == [(1,)]


def test_every_line_of_json_lines_is_a_document_of_its_own(shop: Project) -> None:
    lines = b'{"d": [{"a": 1}, {"a": 2}]}\n{"d": []}\n{"d": [{"a": 3}]}\n'
    assert read(shop, "a.jsonl", lines, records="d") == [(1,), (2,), (3,)]


@pytest.mark.parametrize("text", [b'{"other": []}', b'{"d": 5}', b'{"d": {"x": 1}}'])
def test_a_path_that_leads_nowhere_is_refused(shop: Project, text: bytes) -> None:
    assert refusal(shop, "a.json", text, records="d.items") == "SRC019"


def test_items_that_are_no_objects_are_malformed(shop: Project) -> None:
    shop.put("a.json", b'{"d": [{"a": 1}, 5, {"a": 3}]}')
    declared = table("a.json", records="d", limit=ALL)
    shop.arrive(declared)
    raw = shop.build(declared)
    assert [row[0] for row in shop.rows(raw)] == [1, 3]
    assert [row[1:3] for row in shop.rows(raw, "aside")] == [(2, "no object")]


def test_declared_types_hold_for_items_too(shop: Project) -> None:
    rows = read(
        shop, "a.json", b'{"d": [{"a": "1.50"}]}', records="d", columns=(("a", "DECIMAL(6,2)"),)
    )
    assert rows == [(Decimal("1.50"),)]


def test_remembered_facts_give_the_same_items(shop: Project) -> None:
    shop.put("a.json", PAGE)
    declared = table("a.json", records="data.items")
    shop.arrive(declared)
    assert shop.rows(shop.build(declared)) == shop.rows(shop.build(declared))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_marks_of_an_encoding_are_understood(shop: Project, encoding: str) -> None:
    assert read(shop, "a.json", '[{"a": "ü"}]'.encode(encoding)) == [("ü",)]
    shop.deliveries.clear()
    assert read(shop, "a.jsonl", '{"a": "ü"}\n'.encode(encoding)) == [("ü",)]
    shop.deliveries.clear()
    assert read(shop, "a.json", '{"d": [{"a": "ü"}]}'.encode(encoding), records="d") == [("ü",)]


# --- XML


ORDERS = b"""<?xml version="1.0" encoding="iso-8859-1"?>
<!-- a comment --><shop xmlns:x="urn:x"><orders>
 <x:order id="7" day="2024-01-02"><city>Z\xfcrich</city><item n="1">A</item><item n="2">B</item></x:order>
 <x:order id="8"><city/><item n="3">C &amp; D</item><note><![CDATA[<b>]]></note></x:order>
</orders></shop>"""


def test_elements_become_rows_with_attributes_and_children(shop: Project) -> None:
    shop.put("a.xml", ORDERS)
    declared = table("a.xml", records="shop.orders.order")
    shop.arrive(declared)
    raw = shop.build(declared)
    found: dict[str, list[Any]] = {name: [] for name in types(raw)}
    for row in shop.rows(raw):
        for name, value in zip(found, row, strict=False):
            found[name].append(value)
    assert found["id"] == [7, 8]
    assert found["day"] == [dt.date(2024, 1, 2), None]
    assert found["city"] == ["Zürich", None]
    assert found["note"] == [None, "<b>"]
    assert [[one["_text"] for one in row] for row in found["item"]] == [["A", "B"], ["C & D"]]


def test_without_a_path_what_lies_in_the_root_is_a_row(shop: Project) -> None:
    assert read(shop, "a.xml", b"<a><r><n>1</n></r><r><n>2.5</n></r></a>") == [(1.0,), (2.5,)]


def test_text_that_only_looks_like_a_number_stays_text(shop: Project) -> None:
    assert read(shop, "a.xml", b"<a><r><zip>007</zip></r><r><zip>12</zip></r></a>") == [
        ("007",),
        ("12",),
    ]


def test_an_empty_list_of_elements_is_no_row(shop: Project) -> None:
    assert read(shop, "a.xml", b"<a><list/></a>", records="a.list.r") == []


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"<a><r></a>", "SRC003"),
        (b"<a><r>1</r>", "SRC003"),
        (b"not xml", "SRC003"),
        (b'<?xml version="1.0" encoding="no-such"?><a/>', "SRC003"),
        (b'<!DOCTYPE a [<!ENTITY e "x">]><a><r>&e;</r></a>', "SRC031"),
        (b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a><r>&e;</r></a>', "SRC031"),
        (b"<a>" + b"<b>" * 1000 + b"</b>" * 1000 + b"</a>", "SRC014"),
    ],
)
def test_xml_that_is_damaged_or_hostile_is_refused(
    shop: Project, content: bytes, code: str
) -> None:
    assert refusal(shop, "a.xml", content) == code


def test_a_wrong_path_in_xml_is_refused(shop: Project) -> None:
    assert refusal(shop, "a.xml", ORDERS, records="shop.sales.order") == "SRC019"


# --- Avro


def avro(schema: dict[str, Any], records: list[dict[str, Any]], codec: str = "null") -> bytes:
    out = io.BytesIO()
    fastavro.writer(out, fastavro.parse_schema(schema), records, codec=codec)
    return out.getvalue()


def fields(**kinds: Any) -> dict[str, Any]:
    listed = [{"name": name, "type": kind} for name, kind in kinds.items()]
    return {"type": "record", "name": "r", "fields": listed}


def test_avro_keeps_the_types_of_its_schema(shop: Project) -> None:
    schema = fields(
        i="int",
        l="long",
        f="float",
        s=["null", "string"],
        b="bytes",
        d={"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2},
        day={"type": "int", "logicalType": "date"},
        at={"type": "long", "logicalType": "timestamp-micros"},
        u={"type": "string", "logicalType": "uuid"},
        e={"type": "enum", "name": "e", "symbols": ["A", "B"]},
        tags={"type": "array", "items": "string"},
        inner=fields(x="long") | {"name": "inner"},
        m={"type": "map", "values": "double"},
    )
    uuid = UUID(int=5)
    at = dt.datetime(2024, 1, 2, 3, 4, 5, 678901, tzinfo=dt.UTC)
    record = {
        "i": 1, "l": 2**60, "f": 0.5, "s": None, "b": b"\x00\xff", "d": Decimal("12.30"),
        "day": dt.date(2024, 1, 2), "at": at, "u": uuid, "e": "B", "tags": ["x", "y"],
        "inner": {"x": 9}, "m": {"k": 1.5},
    }  # fmt: skip
    shop.put("a.avro", avro(schema, [record, {**record, "s": "t", "f": float("inf")}], "deflate"))
    shop.arrive(table("a.avro"))
    raw = shop.build(table("a.avro"))
    first, second = shop.rows(raw)
    assert dict(zip(record, first, strict=False)) == record
    assert second[3] == "t"
    assert types(raw)["i"] == "INTEGER"
    assert types(raw)["d"] == "DECIMAL(9,2)"
    assert types(raw)["at"] == "TIMESTAMP WITH TIME ZONE"


def test_avro_that_is_cut_short_or_altered_is_refused(shop: Project) -> None:
    whole = avro(fields(a="long"), [{"a": n} for n in range(1000)])
    for broken in (whole[:-20], whole[:40], b"Obj\x01", whole[:-1] + b"\x00"):
        assert refusal(shop, "a.avro", broken) == "SRC003"


def test_an_avro_bomb_is_refused(shop: Project) -> None:
    bomb = avro(fields(a="string"), [{"a": "0" * 5_000_000}], "deflate")
    assert refusal(shop, "a.avro", bomb, expand_limit=1_000_000) == "SRC013"


# --- spreadsheets


def sheet(*sheets: tuple[str, list[list[Any]]]) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    for name, rows in sheets:
        page = book.create_sheet(name)
        for row in rows:
            page.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def at(time: str) -> dt.datetime:
    return dt.datetime.fromisoformat(f"2024-01-02 {time}")


def test_a_spreadsheet_keeps_numbers_and_dates(shop: Project) -> None:
    rows: list[list[Any]] = [
        ["id", "day", "at", "ok", "x", "zip"],
        [1, dt.date(2024, 1, 2), at("03:04"), True, 1.5, "007"],
        [2, dt.date(2024, 1, 3), at("00:00"), False, 2, "12"],
    ]
    shop.put("a.xlsx", sheet(("data", rows)))
    shop.arrive(table("a.xlsx"))
    raw = shop.build(table("a.xlsx"))
    assert list(types(raw).values()) == "BIGINT DATE TIMESTAMP BOOLEAN DOUBLE VARCHAR".split()
    assert [row[:6] for row in shop.rows(raw)] == [
        (1, rows[1][1], rows[1][2], True, 1.5, "007"),
        (2, rows[2][1], rows[2][2], False, 2.0, "12"),
    ]


def test_the_header_is_found_below_a_title_and_the_foot_is_set_aside(shop: Project) -> None:
    rows: list[list[Any]] = [
        ["Sales 2024"],
        [],
        ["id", "city", "sum"],
        [1, "Bern", 5],
        [2, "Genf", 6],
        [],
        ["end"],
    ]
    shop.put("a.xlsx", sheet(("data", rows)))
    declared = table("a.xlsx", limit=NONE)
    shop.arrive(declared)
    raw = shop.build(declared)
    assert [row[:3] for row in shop.rows(raw)] == [(1, "Bern", 5), (2, "Genf", 6)]
    assert [row[1:] for row in shop.rows(raw, "aside")] == [
        (1, "before the header", "Sales 2024"),
        (7, "after the data", "end"),
    ]


def test_a_sheet_is_chosen_by_name(shop: Project) -> None:
    book = sheet(("one", [["a"], [1]]), ("two", [["b"], [2]]))
    assert read(shop, "a.xlsx", book, sheet="two") == [(2,)]
    assert refusal(shop, "a.xlsx", book, sheet="three") == "SRC030"


def test_sheets_that_are_not_read_are_noted(shop: Project) -> None:
    assert read(shop, "a.xlsx", sheet(("one", [["a"], [1]]), ("two", [["b"], [2]]))) == [(1,)]
    facts = decode(shop.deliveries[0].facts, reading(table("a.xlsx", limit=NONE)))
    assert facts is not None
    assert "`two`" in facts.notes[0]


def test_rows_without_a_header_are_numbered(shop: Project) -> None:
    book = sheet(("one", [[1, "x"], [2, "y"]]))
    shop.put("a.xlsx", book)
    declared = table("a.xlsx", dialect=CsvDialect(header=False))
    assert [row[:2] for row in shop.read(declared)] == [(1, "x"), (2, "y")]


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 cut"])
def test_what_is_no_spreadsheet_is_refused(shop: Project, content: bytes) -> None:
    assert refusal(shop, "a.xlsx", content) == "SRC003"


# --- fixed width


WIDTHS = (
    FixedField(name="id", start=1, width=4),
    FixedField(name="name", start=5, width=8),
    FixedField(name="sum", start=15, width=6),
)


def test_lines_of_fixed_width_are_cut_at_the_declared_places(shop: Project) -> None:
    text = 'id  name      sum\n   1Müller  ..  1.50\n   2"a"     ..\n\n   3\n'
    rows = read(
        shop,
        "a.txt",
        text.encode(),
        format="fixed",
        widths=WIDTHS,
        dialect=CsvDialect(header=True),
    )
    assert rows == [(1, "Müller", 1.5), (2, '"a"', None), (3, None, None)]


def test_fixed_width_is_counted_in_characters_of_the_encoding(shop: Project) -> None:
    text = "   1Zürich    1.5\n".encode("cp1252")
    assert read(shop, "a.txt", text, format="fixed", widths=WIDTHS) == [(1, "Zürich", 1.5)]


def test_a_line_that_goes_on_beyond_the_last_field_is_malformed(shop: Project) -> None:
    shop.put("a.txt", b"   1name      1.5   more\n   2name      2.5\n")
    declared = table("a.txt", format="fixed", widths=WIDTHS, limit=ALL)
    shop.arrive(declared)
    raw = shop.build(declared)
    assert [row[0] for row in shop.rows(raw)] == [2]
    assert shop.rows(raw, "aside")[0][1:3] == (1, "24 characters, not 20")


def test_declared_types_of_fixed_fields_win(shop: Project) -> None:
    shop.put("a.txt", b"   1name      1.50\n  xxname      2.5\n")
    declared = table(
        "a.txt",
        format="fixed",
        widths=WIDTHS,
        limit=ALL,
        columns=(("id", "INTEGER"), ("sum", "DECIMAL(6,2)")),
    )
    shop.arrive(declared)
    raw = shop.build(declared)
    assert [row[:3] for row in shop.rows(raw)] == [(1, "name", Decimal("1.50"))]
    assert shop.rows(raw, "aside")[0][2] == "`id` is no INTEGER"


def test_the_reading_follows_every_key_of_a_format() -> None:
    plain = reading(table("a"))
    others = [
        reading(table("a", records="x")),
        reading(table("a", widths=WIDTHS)),
        reading(table("a", sheet="x")),
        reading(table("a", expand_limit=5)),
    ]
    assert len({plain, *others}) == 5
    assert json.dumps(plain)
