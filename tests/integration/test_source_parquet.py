"""Parquet files that are damaged in a way that decoding does not show, or that lie about themselves."""

from __future__ import annotations

import io
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from andon.errors import TaskFailed
from andon.reading.parquet.pages import Broken, check_pages
from tests.sourcing import Project, project, table


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Project]:
    with project(tmp_path) as made:
        yield made


def written(folder: Path, rows: int = 20_000, **options: Any) -> bytes:
    """A file of two columns and several row groups."""
    random.seed(1)
    columns = {
        "a": [random.randrange(10**9) for _ in range(rows)],
        "s": [f"x{n % 99}" for n in range(rows)],
    }
    target = folder / "made.parquet.tmp"
    pq.write_table(pa.table(columns), target, row_group_size=rows // 3 or 1, **options)
    return target.read_bytes()


def altered(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 0x10]) + content[at + 1 :]


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("compression", ["none", "snappy", "zstd"])
def test_a_sound_file_with_checksums_is_read(shop: Project, version: str, compression: str) -> None:
    content = written(
        shop.root, write_page_checksum=True, data_page_version=version, compression=compression
    )
    shop.put("a.parquet", content)
    assert len(shop.read(table("a.parquet"))) == 20_000


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("share", [0.1, 0.4, 0.8])
def test_a_changed_bit_in_a_page_is_told(shop: Project, version: str, share: float) -> None:
    content = written(
        shop.root,
        write_page_checksum=True,
        data_page_version=version,
        compression="none",
        use_dictionary=False,
        column_encoding={"a": "PLAIN", "s": "PLAIN"},
    )
    shop.put("a.parquet", altered(content, int(len(content) * share)))
    with pytest.raises(TaskFailed) as told:
        shop.read(table("a.parquet"))
    assert told.value.code == "SRC017"


def test_the_engine_alone_would_have_served_the_changed_bit(shop: Project) -> None:
    content = written(
        shop.root,
        compression="none",
        use_dictionary=False,
        column_encoding={"a": "PLAIN", "s": "PLAIN"},
    )
    shop.put("a.parquet", altered(content, len(content) // 10))
    assert len(shop.read(table("a.parquet"))) == 20_000


def test_every_page_is_compared(shop: Project) -> None:
    content = written(shop.root, write_page_checksum=True, data_page_size=1000)
    path = shop.root / "a.parquet"
    path.write_bytes(content)
    meta = pq.read_metadata(path)
    columns = [
        meta.row_group(g).column(c)
        for g in range(meta.num_row_groups)
        for c in range(meta.num_columns)
    ]
    chunks = [
        (c.dictionary_page_offset or c.data_page_offset, c.total_compressed_size) for c in columns
    ]
    assert check_pages(path, chunks, 2) > 20


def test_a_footer_that_claims_absurd_sizes_is_refused(shop: Project) -> None:
    content = written(shop.root, rows=30)
    broken = {
        "length": content[:-8] + b"\xff\xff\xff\x7f" + content[-4:],
        "start": content[:-8] + b"\x01\x00\x00\x00" + content[-4:],
        "cut": content[: len(content) // 2],
        "empty": b"PAR1PAR1",
    }
    for name, text in broken.items():
        shop.deliveries.clear()
        shop.put("a.parquet", text)
        with pytest.raises(TaskFailed) as told:
            shop.read(table("a.parquet"))
        assert told.value.code == "SRC003", name


@pytest.mark.parametrize("seed", range(40))
def test_a_footer_with_a_changed_byte_never_breaks_anything_else(shop: Project, seed: int) -> None:
    content = written(shop.root, rows=30, write_page_checksum=True)
    length = int.from_bytes(content[-8:-4], "little")
    chosen = random.Random(seed)
    at = len(content) - 8 - chosen.randrange(1, length)
    shop.put("a.parquet", content[:at] + bytes([chosen.randrange(256)]) + content[at + 1 :])
    shop.put("b.parquet", written(shop.root, rows=6))
    shop.arrive(table("*.parquet"))
    began = time.monotonic()
    try:
        raw = shop.build(table("*.parquet"))
    except TaskFailed as error:
        assert error.code.startswith(("SRC", "ENG"))  # noqa: PT017
    else:
        assert raw.rows >= 6
    assert time.monotonic() - began < 20
    shop.deliveries = [d for d in shop.deliveries if d.path == "b.parquet"]
    assert shop.build(table("*.parquet")).rows == 6


def test_pages_that_cannot_be_decoded_are_told_when_they_are_read_and_the_others_stay(
    shop: Project,
) -> None:
    content = written(shop.root, compression="zstd")
    # The header of a page in the second group of rows, which nobody looks at before.
    at = pq.read_metadata(io.BytesIO(content)).row_group(1).column(0).data_page_offset
    shop.put("a.parquet", content[:at] + b"\xff" * 40 + content[at + 40 :])
    shop.put("b.parquet", written(shop.root, rows=6))
    declared = table("*.parquet")
    shop.arrive(declared)
    raw = shop.build(declared)
    assert raw.rows == 6
    assert (
        '"code":"SRC003"'
        in dict(raw.facts)[next(d.id for d in shop.deliveries if d.path[0] == "a")]
    )
    assert shop.build(declared).rows == 6


@pytest.mark.parametrize("depth", [20, 5000])
def test_a_header_of_lists_within_lists_is_damage(tmp_path: Path, depth: int) -> None:
    header = b"PAR1" + b"\x19" + b"\x19" * depth + b"\x15\x02" + b"\x00" * 20
    path = tmp_path / "deep.bin"
    path.write_bytes(header)
    with pytest.raises(Broken, match="damaged"):
        check_pages(path, [(4, len(header) - 4)], 1)
