"""An installation without the library of a format names the extra that brings it; others go on."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import fastavro
import openpyxl
import pytest

from tests.factories import ROOT, SHOP, child_environment, rows_of, write_project


def avro() -> bytes:
    out = io.BytesIO()
    schema = {"type": "record", "name": "r", "fields": [{"name": "id", "type": "long"}]}
    fastavro.writer(out, fastavro.parse_schema(schema), [{"id": 1}])
    return out.getvalue()


def sheet() -> bytes:
    out = io.BytesIO()
    book = openpyxl.Workbook()
    book.create_sheet("orders", 0).append(["id"])
    book.save(out)
    return out.getvalue()


def installation_without(library: str, folder: Path) -> dict[str, str]:
    """Environment for ``python -S`` that finds every installed library but one."""
    folder.mkdir()
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if not entry.name.startswith(library):
            (folder / entry.name).symlink_to(entry)
    path = os.pathsep.join((str(ROOT / "src"), str(folder)))
    return {**child_environment(), "PYTHONPATH": path}


@pytest.mark.parametrize(
    ("name", "body", "library", "what", "extra"),
    [
        ("plan.avro", avro(), "fastavro", "Avro files", "avro"),
        ("plan.xlsx", sheet(), "python_calamine", "spreadsheets", "excel"),
    ],
)
def test_a_missing_library_fails_its_table_alone(
    tmp_path: Path, name: str, body: bytes, library: str, what: str, extra: str
) -> None:
    source = f"tables: {{plan: {{path: data/{name}}}}}\n"
    shop = write_project(tmp_path / "shop", {**SHOP, "sources/office.yml": source})
    (shop / "data" / name).write_bytes(body)
    done = subprocess.run(
        [sys.executable, "-S", "-m", "andon.cli.main", "--project", str(shop), "run"],
        env=installation_without(library, tmp_path / "installed"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    expected = f"`data/{name}` cannot be read: the library for {what} is not installed"
    assert f"error[SRC018]: {expected}" in done.stderr
    assert f"fix: pip install 'andon[{extra}]'" in done.stderr
    assert rows_of(shop, "select count(*) from marts.value") == [(2,)]
