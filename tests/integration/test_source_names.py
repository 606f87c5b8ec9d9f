"""Names that differ by upper and lower case alone, or come twice: no value of theirs is lost."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from andon.acquisition.readings.refused import notes_of, problems_of
from andon.errors import TaskFailed
from andon.ports.source_reader import RawTable
from andon.spec.check import Tolerance
from andon.spec.source import SourceTable
from tests.sourcing import Project, project, table, types

ALL = Tolerance(share=1.0)
DOCUMENTS = ["json", "jsonl"]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Project]:
    with project(tmp_path) as made:
        yield made


def body(form: str, rows: Sequence[Any]) -> bytes:
    """Documents as a file of one of the formats."""
    if form == "jsonl":
        return "".join(f"{json.dumps(row)}\n" for row in rows).encode()
    return json.dumps(rows).encode()


def built(shop: Project, declared: SourceTable, *files: bytes) -> RawTable:
    for at, content in enumerate(files):
        shop.put(declared.paths[0].replace("*", "ab"[at]), content)
    shop.arrive(declared)
    return shop.build(declared)


def refused(declared: SourceTable, raw: RawTable) -> list[tuple[str, str]]:
    return [(told.code, told.what) for told in problems_of(declared, raw.deliveries)]


@pytest.mark.parametrize("form", DOCUMENTS)
@pytest.mark.parametrize("columns", [(), (("name", "BIGINT"),), (("NAME", "BIGINT"),)])
def test_columns_of_two_files_that_differ_by_case_are_one_column_with_all_values(
    shop: Project, form: str, columns: tuple[tuple[str, str], ...]
) -> None:
    declared = table(f"*.{form}", columns=columns)
    raw = built(shop, declared, body(form, [{"Name": 1, "k": 7}]), body(form, [{"name": 2}]))
    assert types(raw) == {"Name": "BIGINT", "k": "BIGINT"}
    assert [row[:2] for row in shop.rows(raw)] == [(1, 7), (2, None)]


@pytest.mark.parametrize("form", DOCUMENTS)
def test_a_value_under_another_spelling_is_held_to_the_declared_type(
    shop: Project, form: str
) -> None:
    declared = table(f"*.{form}", columns=(("id", "BIGINT"),), limit=ALL)
    raw = built(shop, declared, body(form, [{"ID": 1}, {"ID": "x"}]))
    assert [row[0] for row in shop.rows(raw)] == [1]
    assert [row[2] for row in shop.rows(raw, "aside")] == ["`ID` is no BIGINT"]


@pytest.mark.parametrize("form", DOCUMENTS)
@pytest.mark.parametrize("rows", [[{"Name": 1, "name": 2}], [{"Name": 1}, {"name": 2}]])
def test_a_file_with_two_columns_that_differ_by_case_is_refused_and_the_others_are_read(
    shop: Project, form: str, rows: list[Any]
) -> None:
    declared = table(f"*.{form}")
    raw = built(shop, declared, body(form, rows), body(form, [{"name": 3}]))
    assert [row[0] for row in shop.rows(raw)] == [3]
    ((code, what),) = refused(declared, raw)
    assert code == "SRC004"
    assert f"`a.{form}` has two columns called `Name` and `name`" in what


@pytest.mark.parametrize("form", DOCUMENTS)
@pytest.mark.parametrize(
    "rows", [[{"o": {"Name": 1, "name": 2}}], [{"o": {"Name": 1}}, {"o": {"name": 2}}]]
)
def test_fields_that_differ_by_case_are_kept_as_json_and_told(
    shop: Project, form: str, rows: list[Any]
) -> None:
    declared = table(f"*.{form}")
    raw = built(shop, declared, body(form, rows))
    assert types(raw) == {"o": "JSON"}
    assert [json.loads(row[0]) for row in shop.rows(raw)] == [row["o"] for row in rows]
    (note,) = notes_of(declared, shop.deliveries)
    assert note.endswith(
        "`o` is kept as JSON: it has names that differ by case alone: `Name`, `name`"
    )


def test_only_the_object_with_such_fields_is_kept_as_json(shop: Project) -> None:
    raw = built(shop, table("*.jsonl"), body("jsonl", [{"o": {"l": [{"A": 1, "a": 2}], "n": 5}}]))
    assert types(raw) == {"o": "STRUCT(l JSON[], n BIGINT)"}
    ((value, *_),) = shop.rows(raw)
    assert json.loads(value["l"][0]) == {"A": 1, "a": 2}


def test_fields_of_two_files_that_differ_by_case_are_kept_as_json(shop: Project) -> None:
    files = (body("jsonl", [{"o": {"Name": 1}}]), body("jsonl", [{"o": {"name": 2}}]))
    raw = built(shop, table("*.jsonl"), *files)
    assert types(raw) == {"o": "JSON"}
    assert [json.loads(row[0]) for row in shop.rows(raw)] == [{"Name": 1}, {"name": 2}]


@pytest.mark.parametrize("kind", ["STRUCT(name BIGINT)", "struct(name bigint)[]"])
def test_a_field_that_differs_from_the_declared_one_by_case_has_its_file_refused(
    shop: Project, kind: str
) -> None:
    declared = table("*.jsonl", columns=(("o", kind),))

    def wrapped(name: str) -> bytes:
        value = {name: 1}
        return body("jsonl", [{"o": [value] if kind.endswith("]") else value}])

    raw = built(shop, declared, wrapped("Name"), wrapped("name"))
    assert raw.rows == 1
    ((code, what),) = refused(declared, raw)
    at = "o[]" if kind.endswith("]") else "o"
    assert (code, f"`a.jsonl` has `{at}.Name` beside `{at}.name`" in what) == ("SRC004", True)


def test_a_record_with_fields_that_hide_behind_json_is_set_aside(shop: Project) -> None:
    declared = table("*.jsonl", columns=(("o", "STRUCT(name BIGINT)"),), limit=ALL)
    rows = [{"o": {"Name": 1, "name": 2}}, {"o": {"name": 3}}]
    raw = built(shop, declared, body("jsonl", rows))
    assert [row[0] for row in shop.rows(raw)] == [{"name": 3}]
    ((_, _, reason, text, number),) = shop.rows(raw, "aside")
    assert (reason, number) == ("`o` has fields that are not declared", 1)
    assert json.loads(text) == rows[0]


@pytest.mark.parametrize("columns", [(), (("a", "BIGINT"),)])
@pytest.mark.parametrize("twice", [b'{"a":1,"a":2}', b'{"a":1,"o":{"b":1,"b":2}}'])
def test_a_document_with_a_name_twice_is_set_aside(
    shop: Project, twice: bytes, columns: tuple[tuple[str, str], ...]
) -> None:
    declared = table("*.jsonl", limit=ALL, columns=columns)
    raw = built(shop, declared, b'{"a":5,"o":{"b":1}}\n' + twice + b"\n", b'{"a":6}\n')
    assert [row[0] for row in shop.rows(raw)] == [5, 6]
    ((file, line, reason, text, *_),) = shop.rows(raw, "aside")
    assert (file, line, text) == ("a.jsonl", 2, twice.decode())
    assert reason.endswith("is there twice")


def test_a_declared_struct_with_a_name_twice_is_set_aside(shop: Project) -> None:
    declared = table("*.json", limit=ALL, columns=(("o", "STRUCT(b BIGINT)"),))
    raw = built(shop, declared, b'[{"o": {"b": 1, "b": 2}}, {"o": {"b": 3}}]')
    assert [row[0] for row in shop.rows(raw)] == [{"b": 3}]
    assert [row[2] for row in shop.rows(raw, "aside")] == ["`o` is no STRUCT(b BIGINT)"]


def test_an_array_with_a_name_twice_is_refused_and_the_others_are_read(shop: Project) -> None:
    declared = table("*.json")
    raw = built(shop, declared, b'[{"a":1,"a":2}]', b'[{"a":3}]')
    assert [row[0] for row in shop.rows(raw)] == [3]
    ((code, what),) = refused(declared, raw)
    assert (code, "a name twice" in what) == ("SRC003", True)


@pytest.mark.parametrize("twice", [b'[{"a":1,"a":2}]', b'[{"a":1,"o":[{"b":1,"b":2}]}]'])
def test_a_file_with_a_name_twice_anywhere_is_left_out(shop: Project, twice: bytes) -> None:
    declared = table("*.json")
    raw = built(shop, declared, twice, b'[{"a":3,"o":[{"b":1}]}]')
    assert [row[0] for row in shop.rows(raw)] == [3]
    ((code, what),) = refused(declared, raw)
    assert (code, "`a.json`" in what, "a name twice" in what) == ("SRC003", True, True)


def test_a_member_with_a_name_twice_is_named(shop: Project) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("b.json", b'[{"a":1,"o":{"b":1,"b":2}}]')
        archive.writestr("c.json", b'[{"a":2}]')
    with pytest.raises(TaskFailed, match=r"`a\.zip/b\.json` cannot be read") as told:
        built(shop, table("*.zip"), out.getvalue())
    assert told.value.code == "SRC003"


def test_records_within_documents_with_a_name_twice_are_set_aside(shop: Project) -> None:
    declared = table("*.json", records="d", limit=ALL)
    raw = built(shop, declared, b'{"d": [{"a": 1}, {"a": 2, "a": 3}]}')
    assert [row[0] for row in shop.rows(raw)] == [1]
    assert [row[2] for row in shop.rows(raw, "aside")] == ["`a` is there twice"]


def test_an_element_with_an_attribute_and_a_child_that_differ_by_case_is_refused(
    shop: Project,
) -> None:
    with pytest.raises(TaskFailed) as told:
        built(shop, table("*.xml"), b'<r><i Name="1"><name>2</name></i></r>')
    assert told.value.code == "SRC004"
