"""Pages of an API are found in every way, landed byte for byte, and read as one table."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from andon.errors import TaskFailed, Unavailable
from andon.sources.http.pages import records_of
from andon.spec.origin import Paging
from tests.apis import Reading, reading, table
from tests.servers.api import Api, Reply, Request, serving

ROWS: list[dict[str, Any]] = [
    {"id": n, "updated": f"2026-01-{n:02}T00:00:00Z", "name": f"n{n}"} for n in range(1, 9)
]


@pytest.fixture
def api() -> Iterator[Api]:
    with serving() as served:
        served.rows = list(ROWS)
        yield served


@pytest.fixture
def read(tmp_path: Path) -> Iterator[Reading]:
    with reading(tmp_path) as made:
        yield made


@pytest.mark.parametrize(
    ("path", "paging", "asked"),
    [
        ("link", Paging(by="link"), ["/link", "/link?from=3", "/link?from=6"]),
        (
            "page",
            Paging(by="page", parameter="page", size_parameter="size", size=4),
            [f"/page?size=4&page={n}" for n in (1, 2, 3, 4)],
        ),
        (
            "offset",
            Paging(by="offset", parameter="offset", size_parameter="size", size=100),
            [f"/offset?size=100&offset={n}" for n in (0, 3, 6, 8)],
        ),
        ("page", Paging(by="page", parameter="page", more="more"), None),
    ],
)
def test_pages_that_are_lists_are_read_to_the_end(
    api: Api, read: Reading, path: str, paging: Paging, asked: list[str] | None
) -> None:
    if asked is None:
        api.wrap = lambda rows: {"rows": rows, "more": len(rows) == 3}
    declared = table(f"{api.url}/{path}", paging=paging, records="" if asked else "rows")
    read.land(declared)
    assert sorted(row["id"] for row in read.rows(declared)) == list(range(1, 9))
    assert api.asked() == (asked or [f"/page?page={n}" for n in (1, 2, 3)])


@pytest.mark.parametrize(
    ("path", "paging", "records"),
    [
        ("cursor", Paging(by="cursor", where="meta.next", parameter="cursor"), "data.items"),
        ("next", Paging(by="next", where="links.next"), "items"),
    ],
)
def test_pages_with_records_inside_are_read_to_the_end(
    api: Api, read: Reading, path: str, paging: Paging, records: str
) -> None:
    declared = table(f"{api.url}/{path}", paging=paging, records=records)
    assert read.land(declared) == 3
    assert [row["id"] for row in read.rows(declared)] == list(range(1, 9))
    assert len(api.requests) == 3


def test_a_page_is_landed_byte_for_byte(api: Api, read: Reading) -> None:
    body = b'\xef\xbb\xbf [ {"id" : 1.50,\r\n "a":"\\u00e9"} ]\n\n'
    api.answer = lambda _: (200, {"Content-Type": "application/json"}, body)
    declared = table(f"{api.url}/one")
    read.land(declared)
    assert read.bodies() == [body]
    assert read.rows(declared) == [{"id": 1.5, "a": "é"}]


def test_compression_and_chunks_are_of_the_way_and_not_of_the_page(api: Api, read: Reading) -> None:
    body = json.dumps(ROWS).encode()
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    api.answer = lambda _: (200, headers, gzip.compress(body[:9]) + gzip.compress(body[9:]))
    read.land(table(f"{api.url}/one"))
    assert read.bodies() == [body]
    assert api.requests[0].headers["accept-encoding"] == "gzip"


def test_reading_the_same_again_records_nothing(api: Api, read: Reading) -> None:
    declared = table(f"{api.url}/link", paging=Paging(by="link"))
    assert read.land(declared) == 3
    assert read.land(declared) == 0
    assert read.rows(declared) == ROWS


def test_of_a_full_reading_only_pages_that_changed_are_new_deliveries(
    api: Api, read: Reading
) -> None:
    declared = table(f"{api.url}/link", paging=Paging(by="link"))
    read.land(declared)
    before = [one.id for one in read.deliveries]
    api.rows[4] = {**api.rows[4], "name": "other"}
    read.land(declared)
    after = [one.id for one in read.deliveries]
    assert [one == other for one, other in zip(before, after, strict=True)] == [True, False, True]


def test_a_full_reading_replaces_what_arrived_before(api: Api, read: Reading) -> None:
    declared = table(f"{api.url}/link", paging=Paging(by="link"))
    read.land(declared)
    api.rows = [{"id": 9, "name": "nine"}]
    read.land(declared)
    assert read.rows(declared) == [{"id": 9, "name": "nine"}]


def test_a_schema_that_changes_between_pages_widens_the_table(api: Api, read: Reading) -> None:
    api.rows = [{"id": 1}, {"id": 2}, {"id": 3}, {"id": 4.5, "more": {"x": 1}}]
    declared = table(f"{api.url}/link", paging=Paging(by="link"))
    read.land(declared)
    assert read.rows(declared) == [
        {"id": 1.0, "more": None},
        {"id": 2.0, "more": None},
        {"id": 3.0, "more": None},
        {"id": 4.5, "more": {"x": 1}},
    ]


def test_an_empty_page_amid_others_is_no_end(api: Api, read: Reading) -> None:
    pages = {"": ([1], "b"), "b": ([], "c"), "c": ([2], None)}

    def answer(request: Request) -> Reply:
        ids, following = pages[request.query.get("c", "")]
        return 200, {}, json.dumps({"rows": [{"id": n} for n in ids], "c": following}).encode()

    api.answer = answer
    paging = Paging(by="cursor", where="c", parameter="c")
    declared = table(f"{api.url}/x", paging=paging, records="rows")
    read.land(declared)
    assert [row["id"] for row in read.rows(declared)] == [1, 2]


def test_null_in_place_of_the_records_is_an_empty_page(api: Api, read: Reading) -> None:
    api.answer = lambda _: (200, {}, b'{"rows": null}')
    assert read.land(table(f"{api.url}/x", records="rows")) == 1


def test_the_content_type_tells_the_format(api: Api, read: Reading) -> None:
    api.answer = lambda _: (200, {"Content-Type": "text/csv; charset=utf-8"}, b"id,a\n1,x\n2,y\n")
    declared = table(f"{api.url}/v2/export")
    read.land(declared)
    assert [one.path for one in read.deliveries] == ["v2/export.csv#1"]
    assert read.rows(declared) == [{"id": 1, "a": "x"}, {"id": 2, "a": "y"}]


def test_json_lines_are_records_by_line(api: Api, read: Reading) -> None:
    api.answer = lambda _: (200, {"Content-Type": "application/x-ndjson"}, b'{"id":1}\n\n{"id":2}')
    declared = table(f"{api.url}/export")
    read.land(declared)
    assert [row["id"] for row in read.rows(declared)] == [1, 2]


@pytest.mark.parametrize(
    ("paging", "reason"),
    [
        (Paging(by="page", parameter="seite"), "has the records of one that was read before"),
        (Paging(by="link"), "names one that was read before"),
        (Paging(by="cursor", where="c", parameter="c"), "has the records of one"),
    ],
)
def test_pages_that_go_in_a_circle_end_with_an_error(
    api: Api, read: Reading, paging: Paging, reason: str
) -> None:
    rows = json.dumps({"rows": ROWS[:2], "c": "again"}).encode()
    api.answer = lambda _: (200, {"Link": "</x?a=1>; rel=next"}, rows)
    if paging.by == "link":
        many = iter(range(99))
        api.answer = lambda _: (
            200,
            {"Link": "</x?a=1>; rel=next"},
            json.dumps({"rows": [{"id": next(many)}]}).encode(),
        )
    with pytest.raises(TaskFailed, match=reason) as caught:
        read.land(table(f"{api.url}/x", paging=paging, records="rows"))
    assert caught.value.code == "SRC054"
    assert read.deliveries == []


def test_another_number_of_records_than_promised_is_refused(api: Api, read: Reading) -> None:
    paging = Paging(by="cursor", where="meta.next", parameter="cursor")
    declared = table(f"{api.url}/cursor", paging=paging, records="data.items", total="meta.total")
    read.land(declared)
    assert len(read.deliveries) == 3
    api.rows.append({"id": 9})
    taken = api._by_cursor
    api.answer = lambda request: (
        taken(request)[0],
        {},
        taken(request)[2].replace(b'"total": 9', b'"total": 12'),
    )
    with pytest.raises(Unavailable, match="promises 12 records, and 9 came") as caught:
        read.land(declared)
    assert caught.value.code == "SRC059"


@pytest.mark.parametrize(
    ("headers", "body", "reason"),
    [
        ({"Content-Type": "text/html"}, b"<!DOCTYPE html><title>x", "HTML page"),
        ({"Content-Type": "application/json"}, b"\n <html>Sign in</html>", "HTML page"),
        ({"Content-Type": "application/json"}, b'{"rows": [1, ', "ends before it is complete"),
        ({"Content-Type": "application/json"}, b'{"rows": [1, trux]}', "not valid JSON at byte"),
        ({"Content-Type": "application/json"}, b"", "it is empty"),
        ({"Content-Type": "application/json"}, b'{"row": []}', "it has no `rows`"),
        ({"Content-Type": "application/json"}, b'{"rows": 7}', "neither a list nor an object"),
        ({"Content-Type": "application/octet-stream"}, b"PK\3\4", "no `format` is declared"),
        ({"Content-Encoding": "br"}, b"xx", "content encoding is `br`"),
    ],
)
def test_an_answer_that_is_not_what_was_declared_is_refused(
    api: Api, read: Reading, headers: dict[str, str], body: bytes, reason: str
) -> None:
    api.answer = lambda _: (200, headers, body)
    with pytest.raises(TaskFailed, match=reason) as caught:
        read.land(table(f"{api.url}/x", records="rows"))
    assert caught.value.code == "SRC053"
    assert len(api.requests) == 1


@pytest.mark.parametrize("depth", [900, 1_000, 50_000])
def test_a_document_nested_deeply_is_landed_as_it_came(api: Api, read: Reading, depth: int) -> None:
    body = b'{"rows": [{"id": 1, "x": ' + b"[" * depth + b"]" * depth + b'}], "next": null}'
    api.answer = lambda _: (200, {"Content-Type": "application/json"}, body)
    read.land(table(f"{api.url}/x", records="rows", paging=Paging(by="next", where="next")))
    assert read.bodies() == [body]


def test_looking_sends_nothing(api: Api, read: Reading) -> None:
    found = read.origin.look(table(f"{api.url}/link"), (), None)
    assert found.is_open
    assert found.asks == f"asks {api.url}/link for all"
    assert api.requests == []


@pytest.mark.parametrize(
    ("records", "body", "expected"),
    [
        (
            "a.b",
            b'{"a": [{"b": [{"id": 1}]}, {"b": null}, {"b": [{"id": 2}, {"id": 3}]}]}',
            [1, 2, 3],
        ),
        ("a", b'{"a": {"id": 7}}', [7]),
        ("a.-1.b", b'{"a": [{"b": [{"id": 1}]}, {"b": [{"id": 2}]}]}', [2]),
    ],
)
def test_records_are_counted_as_the_reader_reads_them(
    api: Api, read: Reading, records: str, body: bytes, expected: list[int]
) -> None:
    api.answer = lambda _: (200, {"Content-Type": "application/json"}, body)
    declared = table(f"{api.url}/x", records=records)
    read.land(declared)
    assert [row["id"] for row in read.rows(declared)] == expected
    assert len(records_of(body, records)) == len(expected)


def test_records_inside_a_document_are_left_out_by_their_place(api: Api, read: Reading) -> None:
    """The second page of the second reading begins with what arrived before."""
    api.rows = [{"id": n, "updated": f"2026-01-{n:02}"} for n in range(1, 5)]
    paging = Paging(by="next", where="links.next")
    declared = table(
        f"{api.url}/next",
        paging=paging,
        records="items",
        mode="append",
        cursor="updated",
        cursor_parameter="since",
    )
    read.land(declared)
    api.rows = [*api.rows, {"id": 5, "updated": "2026-01-04", "more": [1]}]
    read.land(declared)
    assert [row["id"] for row in read.rows(declared)] == [1, 2, 3, 4, 5]
    assert [one.repeats for one in read.deliveries] == ["", "", "1"]


def test_xml_is_read_by_its_elements(api: Api, read: Reading) -> None:
    api.answer = lambda _: (
        200,
        {"Content-Type": "text/xml"},
        b"<t><r><id>1</id></r><r><id>2</id></r></t>",
    )
    declared = table(f"{api.url}/x", records="t.r")
    read.land(declared)
    assert [one.path for one in read.deliveries] == ["x.xml#1"]
    assert [row["id"] for row in read.rows(declared)] == [1, 2]


@pytest.mark.parametrize("mode", ["full", "append", "merge"])
def test_a_page_with_a_name_twice_is_told(api: Api, read: Reading, mode: str) -> None:
    body = b'[{"id": 1, "o": {"b": 1, "b": 2}}]'
    api.answer = lambda _: (200, {"Content-Type": "application/json"}, body)
    more: dict[str, Any] = {} if mode == "full" else {"cursor": "id", "cursor_parameter": "s"}
    declared = table(f"{api.url}/x", mode=mode, key=("id",), **more)
    read.land(declared)
    with pytest.raises(TaskFailed, match="`x.json#1` cannot be read: .* a name twice") as told:
        read.rows(declared)
    assert told.value.code == "SRC003"
