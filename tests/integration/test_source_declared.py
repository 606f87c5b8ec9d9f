"""Values that do not fit their declared type, in every format, and fields beside the declared ones."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fastavro
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from andon.acquisition.readings.refused import notes_of, problems_of
from andon.errors import TaskFailed
from andon.ports.source_reader import RawTable
from andon.spec.check import Tolerance
from andon.spec.policy import ColumnRule, SchemaPolicy, accept
from andon.spec.source import SourceTable
from tests.sourcing import Project, project, table, types

ALL = Tolerance(share=1.0)
UTC_US = pa.timestamp("us")


def day(year: int, hour: int = 0) -> dt.datetime:
    """A moment without a zone."""
    return dt.datetime(year, 1, 1, hour, tzinfo=dt.UTC).replace(tzinfo=None)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Project]:
    with project(tmp_path) as made:
        yield made


def parquet(values: Any, kind: Any = None, **more: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({"n": pa.array(values, kind), **more}), out)
    return out.getvalue()


def avro(values: list[Any]) -> bytes:
    schema = {"type": "record", "name": "r", "fields": [{"name": "n", "type": ["string", "long"]}]}
    out = io.BytesIO()
    fastavro.writer(out, fastavro.parse_schema(schema), [{"n": value} for value in values])
    return out.getvalue()


def sheet(values: list[Any]) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    page = book.create_sheet("one")
    for value in ["n", *values]:
        page.append([value])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


FILES = {
    "csv": b"n\n1\nx\n3\n",
    "jsonl": b'{"n": 1}\n{"n": "x"}\n{"n": "3"}\n',
    "json": b'[{"n": 1}, {"n": "x"}, {"n": "3"}]',
    "xml": b"<r><i><n>1</n></i><i><n>x</n></i><i><n>3</n></i></r>",
    "parquet": parquet(["1", "x", "3"]),
    "avro": avro([1, "x", 3]),
    "xlsx": sheet([1, "x", 3]),
}


def built(shop: Project, declared: SourceTable, **files: bytes) -> RawTable:
    for name, content in files.items():
        shop.put(declared.paths[0].replace("*", name), content)
    shop.arrive(declared)
    return shop.build(declared)


def asides(shop: Project, raw: RawTable) -> list[tuple[Any, ...]]:
    """File, number and reason of what is set aside, in order."""
    rows = [(row[0], row[4], row[2]) for row in shop.rows(raw, "aside")]
    return sorted(rows, key=lambda row: row[:2])


@pytest.mark.parametrize("form", FILES)
def test_a_value_that_does_not_fit_sets_its_row_aside_in_every_format(
    shop: Project, form: str
) -> None:
    declared = table(f"*.{form}", columns=(("n", "INTEGER"),), limit=ALL)
    raw = built(shop, declared, a=FILES[form])
    assert [row[0] for row in shop.rows(raw)] == [1, 3]
    assert [row[-1] for row in shop.rows(raw)] == [1, 3]
    ((file, _, reason, *_),) = shop.rows(raw, "aside")
    assert (file, reason) == (f"a.{form}", "`n` is no INTEGER")
    assert (raw.rows, raw.set_aside) == (2, 1)


@pytest.mark.parametrize(
    ("values", "kind", "declared", "bad"),
    [
        (["1", "x", None], None, "INTEGER", [2]),
        ([1.0, 1.5, float("nan"), 4.0], None, "INTEGER", [2, 3]),
        ([1, 2**40], None, "INTEGER", [2]),
        ([2**64 - 1, 1], pa.uint64(), "BIGINT", [1]),
        ([1.25, 1e9, 1.255], None, "DECIMAL(6,2)", [2, 3]),
        ([day(2300), day(2020)], UTC_US, "TIMESTAMP_NS", [1]),
        ([day(2020), day(2020, 5)], UTC_US, "DATE", [2]),
        (["2020-01-01", "31.12.2020", None], None, "DATE", [2]),
        (["true", "5 o'clock"], None, "BOOLEAN", [2]),
        ([{"a": "1"}, {"a": "x"}], None, "STRUCT(a INTEGER)", [2]),
        ([[1.0], [1.5]], None, "INTEGER[]", [2]),
    ],
)
def test_what_does_not_fit_in_parquet_is_set_aside_with_its_exact_number(
    shop: Project, values: list[Any], kind: Any, declared: str, bad: list[int]
) -> None:
    asked = table("*.parquet", columns=(("n", declared),), limit=ALL)
    raw = built(shop, asked, a=parquet(values, kind), b=parquet(values[:1], kind))
    assert types(raw) == {"n": declared}
    numbers = [(row[1], row[2]) for row in shop.rows(raw)]
    good = [at for at in range(1, len(values) + 1) if at not in bad]
    assert numbers[: len(good)] == [("a.parquet", at) for at in good]
    found = [one for one in asides(shop, raw) if one[0] == "a.parquet"]
    assert found == [("a.parquet", at, f"`n` is no {declared}") for at in bad]
    assert raw.rows + raw.set_aside == len(values) + 1


def test_numbers_are_exact_behind_many_groups_of_rows(shop: Project) -> None:
    out = io.BytesIO()
    texts = [str(at) if at % 4999 else "x" for at in range(1, 30_001)]
    pq.write_table(pa.table({"n": texts}), out, row_group_size=700)
    asked = table("*.parquet", columns=(("n", "BIGINT"),), limit=ALL)
    raw = built(shop, asked, a=out.getvalue())
    assert [number for _, number, _ in asides(shop, raw)] == list(range(4999, 30_001, 4999))
    assert all(value == number for value, _, number in shop.rows(raw))


def test_what_does_not_fit_in_parquet_counts_against_the_limit(shop: Project) -> None:
    with pytest.raises(TaskFailed) as told:
        built(shop, table("*.parquet", columns=(("n", "INTEGER"),)), a=FILES["parquet"])
    assert told.value.code == "SRC007"
    assert "`a.parquet` has 1 (record 2: `n` is no INTEGER)" in told.value.problems[0].what


def test_parquet_that_fits_its_declaration_is_still_served_as_it_lies(shop: Project) -> None:
    shop.put("a.parquet", parquet(["1", "2"], None, m=pa.array([1, 2], pa.int32())))
    asked = table("*.parquet", columns=(("n", "INTEGER"), ("m", "BIGINT")))
    shop.arrive(asked)
    raw = shop.reader.build(
        asked, shop.deliveries, None, lambda name: shop.store.stage("run", name), in_place=True
    )
    assert (raw.rows, raw.parts) == (2, ())
    assert raw.query


@pytest.mark.parametrize("is_in_place", [True, False])
def test_a_moment_beyond_the_common_type_has_its_file_refused_and_the_others_read(
    shop: Project, is_in_place: bool
) -> None:
    shop.put("a.parquet", parquet([day(9999)], UTC_US))
    shop.put("b.parquet", parquet([1], pa.timestamp("ns")))
    asked = table("*.parquet")
    shop.arrive(asked)
    raw = shop.reader.build(
        asked, shop.deliveries, None, lambda name: shop.store.stage("r", name), in_place=is_in_place
    )
    assert raw.rows == 1
    (told,) = problems_of(asked, raw.deliveries)
    assert told.code == "SRC003"
    assert "`a.parquet`" in told.what
    assert "beyond what its column can hold" in told.what


# --- fields beside the declared ones


NESTED = {
    "jsonl": (b'{"o": {"a": 1, "b": 2}}\n', b'{"o": {"c": {"d": "x"}, "a": 3}}\n'),
    "json": (b'[{"o": {"a": 1, "b": 2}}]', b'[{"o": {"c": {"d": "x"}, "a": 3}}]'),
    "parquet": (
        parquet([0], o=pa.array([{"a": 1, "b": 2}])),
        parquet([0], o=pa.array([{"c": {"d": "x"}, "a": 3}])),
    ),
}


@pytest.mark.parametrize("form", NESTED)
@pytest.mark.parametrize("is_contract", [False, True])
def test_new_fields_of_a_declared_struct_are_taken_in(
    shop: Project, form: str, is_contract: bool
) -> None:
    rules = (ColumnRule(name="o", type="struct(a smallint)"),)
    accepted = accept(rules, ()) if is_contract else accept((), rules)
    asked = table(
        f"*.{form}",
        columns=accepted.columns,
        accepted=accepted,
        rules=rules,
        contract="c.yaml" if is_contract else "",
    )
    first, second = NESTED[form]
    raw = built(shop, asked, a=first, b=second)
    assert types(raw)["o"] == "STRUCT(a SMALLINT, b BIGINT, c STRUCT(d VARCHAR))"
    at = list(types(raw)).index("o")
    assert [row[at] for row in shop.rows(raw)] == [
        {"a": 1, "b": 2, "c": None},
        {"a": 3, "b": None, "c": {"d": "x"}},
    ]
    assert notes_of(asked, shop.deliveries) == ()


def test_new_fields_of_structs_in_a_declared_list_are_taken_in(shop: Project) -> None:
    asked = table("*.jsonl", columns=(("o", "STRUCT(a BIGINT)[]"),), limit=ALL)
    raw = built(shop, asked, a=b'{"o": [{"a": 1, "b": "x"}]}\n{"o": [{"a": "y"}]}\n')
    assert types(raw) == {"o": "STRUCT(a BIGINT, b VARCHAR)[]"}
    assert [row[0] for row in shop.rows(raw)] == [[{"a": 1, "b": "x"}]]
    assert asides(shop, raw) == [("a.jsonl", 2, "`o` is no STRUCT(a BIGINT)[]")]


def test_a_declared_json_column_keeps_every_field(shop: Project) -> None:
    raw = built(shop, table("*.jsonl", columns=(("o", "JSON"),)), a=b'{"o": {"a": 1, "b": 2}}\n')
    assert [json.loads(row[0]) for row in shop.rows(raw)] == [{"a": 1, "b": 2}]


@pytest.mark.parametrize("word", ["discard-row", "freeze"])
def test_fields_beside_a_declared_struct_are_told_where_it_may_not_grow(
    shop: Project, word: Any
) -> None:
    rules = (ColumnRule(name="o", type="STRUCT(a BIGINT)"),)
    accepted = accept((), rules)
    asked = table(
        "*.jsonl",
        columns=accepted.columns,
        accepted=accepted,
        rules=rules,
        schema_policy=SchemaPolicy(columns=word),
        limit=ALL,
    )
    # The second value is no object, so that what was found of the first one is JSON.
    raw = built(shop, asked, a=b'{"o": {"a": 1, "b": 2}}\n{"o": 5}\n', b=b'{"o": {"a": 3}}\n')
    assert [row[0] for row in shop.rows(raw)] == [{"a": 3}]
    if word == "discard-row":
        assert asides(shop, raw)[0] == ("a.jsonl", 1, "`o` has fields that are not declared")
    else:
        assert [told.code for told in problems_of(asked, raw.deliveries)] == ["SRC071"]
