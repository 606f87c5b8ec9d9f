"""Types that change from one delivery to the next: wider breaks nothing, narrower or another one does."""

from __future__ import annotations

import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import andon
from andon.schema import FieldChange
from tests.factories import rows_of, write_project

HUGE = "12345678901234567890123"
FEED = "owner: growth\ntables:\n  t:\n    path: data/*\n"


def told(folder: Path, first: tuple[str, bytes], later: tuple[str, bytes]) -> list[FieldChange]:
    """Changes that the second of two deliveries brings; a warning if and only if one breaks."""
    write_project(folder, {"sources/raw.yml": FEED})
    (folder / "data").mkdir()
    (folder / "data" / first[0]).write_bytes(first[1])
    with andon.open(folder) as project:
        assert project.run().exit_code == 0
        (folder / "data" / later[0]).write_bytes(later[1])
        report = project.run()
    assert report.exit_code == 0
    found = [change for event in report.schema_changes for change in event.changes]
    warned = [problem.code for problem in report.warnings]
    assert warned == (["SRC070"] if any(change.is_breaking for change in found) else [])
    return found


def as_file(form: str, value: Any) -> bytes:
    """One row with a value as a file writes it."""
    if form == "csv":
        return f"k,n\nx,{value}\n".encode()
    if form == "xml":
        return f"<r><i><k>x</k><n>{value}</n></i></r>".encode()
    return f'{{"k": "x", "n": {value}}}\n'.encode()


def parquet(values: list[Any], kind: pa.DataType) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({"n": pa.array(values, kind)}), out)
    return out.getvalue()


@pytest.mark.parametrize("form", ["csv", "xml"])
@pytest.mark.parametrize(
    ("first", "later", "before", "after", "kind"),
    [
        ("1", "1.5", "BIGINT", "DOUBLE", "widened"),
        ("1", HUGE, "BIGINT", "VARCHAR", "retyped"),
        ("1", "007", "BIGINT", "VARCHAR", "retyped"),
        ("1.5", HUGE, "DOUBLE", "VARCHAR", "retyped"),
        ("1.5", "1234567890123456789", "DOUBLE", "VARCHAR", "retyped"),
        ("2024-01-31", "2024-01-31 05:00:00", "DATE", "TIMESTAMP", "widened"),
        ("2024-01-31", "31.01.2024", "DATE", "VARCHAR", "retyped"),
        ("2024-01-31", "01/31/2024", "DATE", "VARCHAR", "retyped"),
        ("2024-01-31", "20240131", "DATE", "VARCHAR", "retyped"),
        (
            "2024-01-31T05:00:00Z",
            "2024-01-31 05:00:00",
            "TIMESTAMP WITH TIME ZONE",
            "VARCHAR",
            "retyped",
        ),
        ("true", "1", "BOOLEAN", "VARCHAR", "retyped"),
    ],
)
def test_text_of_another_kind_is_told_and_every_value_kept(
    tmp_path: Path, form: str, first: str, later: str, before: str, after: str, kind: str
) -> None:
    files = (f"a.{form}", as_file(form, first)), (f"b.{form}", as_file(form, later))
    (change,) = told(tmp_path, *files)
    assert (change.path, change.before, change.after) == ("n", before, after)
    assert (change.kind, change.is_breaking) == (kind, kind != "widened")
    if after == "VARCHAR":
        assert rows_of(tmp_path, "select n from raw.t") == sorted([(first,), (later,)])


@pytest.mark.parametrize(
    ("first", "later", "after", "kind"),
    [
        ("1", "1.5", "DOUBLE", "widened"),
        ("1", HUGE, "VARCHAR", "retyped"),
        ("1", '"x"', "VARCHAR", "retyped"),
        ("1", '{"a": 1}', "JSON", "retyped"),
        ("1", "18446744073709551615", "HUGEINT", "widened"),
    ],
)
def test_a_number_of_documents_that_grows_is_told(
    tmp_path: Path, first: str, later: str, after: str, kind: str
) -> None:
    files = ("a.jsonl", as_file("jsonl", first)), ("b.jsonl", as_file("jsonl", later))
    (change,) = told(tmp_path, *files)
    assert (change.before, change.after) == ("BIGINT", after)
    assert (change.kind, change.is_breaking) == (kind, kind != "widened")


@pytest.mark.parametrize(
    ("first", "later", "after", "kind"),
    [
        (pa.int32(), pa.int64(), "BIGINT", "widened"),
        (pa.int64(), pa.uint64(), "HUGEINT", "widened"),
        (pa.int64(), pa.decimal128(38, 0), "DECIMAL(38,0)", "widened"),
        (pa.int32(), pa.float64(), "DOUBLE", "widened"),
        (pa.float32(), pa.float64(), "DOUBLE", "widened"),
        (pa.date32(), pa.timestamp("us"), "TIMESTAMP", "widened"),
        (pa.int64(), pa.string(), "VARCHAR", "retyped"),
        (pa.timestamp("us"), pa.timestamp("us", "UTC"), "VARCHAR", "retyped"),
    ],
)
def test_a_type_of_parquet_that_changes_is_told(
    tmp_path: Path, first: pa.DataType, later: pa.DataType, after: str, kind: str
) -> None:
    def one(of: pa.DataType) -> bytes:
        if pa.types.is_decimal(of):
            return parquet([Decimal(1)], of)
        return parquet(["1"] if pa.types.is_string(of) else [1], of)

    (change,) = told(tmp_path, ("a.parquet", one(first)), ("b.parquet", one(later)))
    assert (change.after, change.kind, change.is_breaking) == (after, kind, kind != "widened")


@pytest.mark.parametrize(
    ("first", "later", "before", "after", "kind"),
    [
        ("1.5", "1", "DOUBLE", "BIGINT", "narrowed"),
        ("2024-01-31 05:00:00", "2024-01-31", "TIMESTAMP", "DATE", "narrowed"),
        (HUGE, "1", "VARCHAR", "BIGINT", "retyped"),
        ("31.01.2024", "2024-01-31", "VARCHAR", "DATE", "retyped"),
    ],
)
def test_a_replaced_file_of_a_narrower_or_another_type_breaks(
    tmp_path: Path, first: str, later: str, before: str, after: str, kind: str
) -> None:
    files = ("a.csv", as_file("csv", first)), ("a.csv", as_file("csv", later))
    (change,) = told(tmp_path, *files)
    assert (change.before, change.after, change.kind) == (before, after, kind)
    assert change.is_breaking
