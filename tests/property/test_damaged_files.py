"""However the bytes of a file were altered, it is read or refused with a code, and breaks nothing else."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import fastavro
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from andon.errors import TaskFailed
from andon.spec.check import Tolerance
from andon.spec.source import FixedField, Format
from tests.sourcing import Project, project, table

FEW = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
ALL = Tolerance(share=1.0)
WIDTHS = (FixedField(name="a", start=1, width=3), FixedField(name="b", start=4, width=3))


def _avro() -> bytes:
    out = io.BytesIO()
    fields = [{"name": "a", "type": "long"}, {"name": "b", "type": ["null", "string"]}]
    schema = fastavro.parse_schema({"type": "record", "name": "r", "fields": fields})
    fastavro.writer(out, schema, [{"a": n, "b": f"x{n}"} for n in range(20)], codec="deflate")
    return out.getvalue()


def _sheet() -> bytes:
    book, out = openpyxl.Workbook(write_only=True), io.BytesIO()
    page = book.create_sheet("one")
    for row in (["a", "b"], [1, "x"], [2, "y"]):
        page.append(row)
    book.save(out)
    return out.getvalue()


def _zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", "a,b\n1,x\n")
        archive.writestr("b.csv", "a,b\n2,y\n")
    return out.getvalue()


def _parquet() -> bytes:
    out = io.BytesIO()
    columns = {"a": list(range(50)), "b": [f"x{n}" for n in range(50)]}
    pq.write_table(pa.table(columns), out, write_page_checksum=True)
    return out.getvalue()


WHOLE: dict[str, bytes] = {
    "t.csv": b'a,b\n1,x\n2,"y\nz"\n\n3,w\n',
    "t.csv.gz": gzip.compress(b"a,b\n1,x\n2,y\n"),
    "t.jsonl": b'{"a": 1, "b": {"c": [1, 2]}}\n{"a": 2.5}\n',
    "t.json": b'[{"a": 1, "b": {"c": [1, 2]}}, {"a": "x"}]',
    "t.xml": b'<?xml version="1.0"?><a><r i="1"><b>x</b></r><r i="2"><b>y</b><b>z</b></r></a>',
    "t.avro": _avro(),
    "t.xlsx": _sheet(),
    "t.zip": _zip(),
    "t.parquet": _parquet(),
    "t.fixed": b"  1  x\n  2  y\n",
    "t.files": b"\x89PNG\r\n\x1a\n" + bytes(40),
}
FORMATS: dict[str, Format] = {"t.fixed": "fixed", "t.files": "files"}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Project]:
    with project(tmp_path) as made:
        yield made


@pytest.mark.parametrize("name", WHOLE)
@FEW
@given(st.data())
def test_altered_bytes_are_read_or_refused_and_break_nothing_else(
    shop: Project, name: str, data: st.DataObject
) -> None:
    content = bytearray(WHOLE[name])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, max(len(content) - 1, 0)))
        match data.draw(st.sampled_from(["change", "cut", "drop", "put"])):
            case "change":
                content[at : at + 1] = data.draw(st.binary(min_size=1, max_size=1))
            case "cut":
                del content[at:]
            case "drop":
                del content[at : at + data.draw(st.integers(1, 9))]
            case _:
                content[at:at] = data.draw(st.binary(max_size=9))
    shop.put(name, bytes(content))
    shop.deliveries.clear()
    form = FORMATS.get(name)
    declared = table(name, limit=ALL, format=form, widths=WIDTHS if form == "fixed" else ())
    shop.arrive(declared)
    try:
        raw = shop.build(declared)
    except TaskFailed as error:
        assert all(p.code.startswith("SRC") for p in error.problems)  # noqa: PT017
    else:
        assert len(shop.rows(raw)) == raw.rows
        assert len(shop.rows(raw, "aside")) == raw.set_aside
    assert shop.engine.rows("select 1") == [(1,)]
