"""Every format in every compression becomes the same rows."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest
import zstandard

from andon.errors import TaskFailed
from andon.spec.source import CsvDialect
from tests.sourcing import Project, project, table, types

CSV = b"id,name,at\n1,Ann,2026-01-02\n2,,2026-01-03\n"
BODIES = {
    "csv": CSV,
    "tsv": CSV.replace(b",", b"\t"),
    "jsonl": b'{"id":1,"name":"Ann","at":"2026-01-02"}\n{"id":2,"name":null,"at":"2026-01-03"}\n',
    "json": b'[{"id":1,"name":"Ann","at":"2026-01-02"},\n {"id":2,"name":null,"at":"2026-01-03"}]',
}
PACK: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".zst": zstandard.ZstdCompressor().compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Project]:
    with project(tmp_path) as made:
        yield made


@pytest.mark.parametrize("suffix", PACK)
@pytest.mark.parametrize("form", BODIES)
@pytest.mark.parametrize("columns", [(), (("at", "DATE"),)])
def test_every_format_and_compression_gives_the_same_rows(
    shop: Project, form: str, suffix: str, columns: tuple[tuple[str, str], ...]
) -> None:
    name = f"in/a.{form}{suffix}"
    shop.put(name, PACK[suffix](BODIES[form]))
    rows = shop.read(table("in/*", columns=columns))
    assert [(row[0], row[1], str(row[2]), *row[3:]) for row in rows] == [
        (1, "Ann", "2026-01-02", name, 1),
        (2, None, "2026-01-03", name, 2),
    ]


@pytest.mark.parametrize("suffix", PACK)
def test_lines_without_declared_types_are_read_whatever_packs_them(
    shop: Project, suffix: str
) -> None:
    shop.put(f"a.jsonl{suffix}", PACK[suffix](BODIES["jsonl"]))
    assert [row[:2] for row in shop.read(table("a.*"))] == [(1, "Ann"), (2, None)]


def test_parquet_keeps_its_types_and_numbers_its_rows(shop: Project) -> None:
    staged = shop.store.stage("make", "p")
    query = (
        "select 1::smallint as a, {'b': 2.5::decimal(4,1)} as s union all select 2::smallint, null"
    )
    shop.engine.write(query, {}, shop.engine.describe(query, {}), staged)
    shop.put("p.parquet", staged.read_bytes())
    shop.arrive(table("p.parquet"))
    raw = shop.build(table("p.parquet"))
    assert types(raw) == {"a": "SMALLINT", "s": "STRUCT(b DECIMAL(4,1))"}
    assert [row[-2:] for row in shop.rows(raw)] == [("p.parquet", 1), ("p.parquet", 2)]


def test_one_json_document_is_one_row(shop: Project) -> None:
    shop.put("a.json", b'{"a": {"b": [1, 2]},\n "c": "x\\"{"}')
    assert shop.read(table("a.json")) == [({"b": [1, 2]}, 'x"{', "a.json", 1)]


def test_a_new_nested_field_widens_the_struct(shop: Project) -> None:
    shop.put("a.jsonl", b'{"s":{"x":1},"l":[{"p":1}]}\n')
    shop.put("b.jsonl", b'{"s":{"x":1.5,"y":"t"},"l":[{"q":true}]}\n')
    shop.arrive(table("*.jsonl"))
    raw = shop.build(table("*.jsonl"))
    assert types(raw) == {
        "s": "STRUCT(x DOUBLE, y VARCHAR)",
        "l": "STRUCT(p BIGINT, q BOOLEAN)[]",
    }
    assert shop.rows(raw)[0][0] == {"x": 1.0, "y": None}


def test_nested_and_flat_values_meet_as_json(shop: Project) -> None:
    shop.put("a.jsonl", b'{"a":{"x":1}}\n{"a":"t"}\n')
    shop.arrive(table("a.jsonl"))
    raw = shop.build(table("a.jsonl"))
    assert types(raw) == {"a": "JSON"}
    assert [row[0] for row in shop.rows(raw)] == ['{"x":1}', '"t"']


def test_latin_1_is_read_when_declared(shop: Project) -> None:
    shop.put("a.csv", "name\nZoë\n".encode("latin-1"))
    assert shop.read(table("a.csv", dialect=CsvDialect(encoding="latin-1")))[0][0] == "Zoë"


def test_json_is_read_in_its_declared_encoding(shop: Project) -> None:
    shop.put("a.jsonl", '{"name": "Zoë"}\n'.encode("utf-16"))
    assert shop.read(table("a.jsonl", dialect=CsvDialect(encoding="utf-16")))[0][0] == "Zoë"


def test_bytes_are_kept_as_they_came(shop: Project) -> None:
    shop.put("a.csv.gz", gzip.compress(CSV))
    (landed,) = shop.arrive(table("a.csv.gz"))
    source = (shop.root / "a.csv.gz").read_bytes()
    assert landed.content == sha256(source).hexdigest()
    assert shop.store.raw(landed.content).read_bytes() == source


def test_landing_again_adds_nothing(shop: Project) -> None:
    shop.put("a.csv", CSV)
    declared = table("a.csv")
    found = shop.origin.look(declared, (), None)
    first = shop.arrive(declared)
    before = sorted((shop.store.root / "raw").rglob("*"))
    again = shop.origin.land(declared, found, (), "run", first[0].arrived_at)
    assert [batch.deliveries for batch in again] == [first]
    assert sorted((shop.store.root / "raw").rglob("*")) == before


@pytest.mark.parametrize("suffix", [".gz", ".zst", ".bz2", ".xz"])
def test_a_file_cut_short_is_named(shop: Project, suffix: str) -> None:
    shop.put(f"a.csv{suffix}", PACK[suffix](CSV * 3000)[:-9])
    with pytest.raises(TaskFailed, match="a.csv") as told:
        shop.read(table("a.csv*"))
    assert told.value.code == "SRC003"


def test_frames_of_zstandard_one_after_the_other_are_one_file(shop: Project) -> None:
    shop.put("a.csv.zst", PACK[".zst"](CSV) + PACK[".zst"](b"3,Cy,2026-01-04\n"))
    assert [row[0] for row in shop.read(table("a.csv.zst"))] == [1, 2, 3]


def test_a_format_that_no_name_tells_is_asked_for(shop: Project) -> None:
    shop.put("a.dat", CSV)
    with pytest.raises(TaskFailed) as told:
        shop.read(table("a.dat"))
    assert told.value.code == "SRC002"
    shop.deliveries.clear()
    assert len(shop.read(table("a.dat", format="csv"))) == 2


def test_text_and_parquet_do_not_mix_in_one_table(shop: Project) -> None:
    shop.put("a.csv", CSV)
    shop.put("a.parquet", b"PAR1")
    with pytest.raises(TaskFailed, match="mixes formats") as told:
        shop.read(table("a.*"))
    assert told.value.code == "SRC002"


def test_what_is_no_parquet_is_named(shop: Project) -> None:
    shop.put("a.parquet", b"PAR1 and nothing more")
    with pytest.raises(TaskFailed, match="`a.parquet`") as told:
        shop.read(table("a.parquet"))
    assert told.value.code == "SRC003"


def test_no_file_at_all_is_a_clear_problem(shop: Project) -> None:
    with pytest.raises(TaskFailed) as told:
        shop.read(table("in/*.csv"))
    assert told.value.code == "SRC001"


CLASHES = ("n", "r", "o", "j", "fi", "origin", "before", "file_index", "filename", "place", "json")


def test_columns_may_have_any_name_that_the_reader_uses_itself(shop: Project) -> None:
    for number in (1, 2):
        body = ", ".join(f'"{name}": {number}' for name in (*CLASHES, "file_row_number"))
        shop.put(f"{number}.jsonl", f"{{{body}}}\n{{{body}}}\n".encode())
        query = "select " + ", ".join(f'{number} as "{name}"' for name in CLASHES)
        staged = shop.store.stage("make", f"p{number}")
        twice = f"{query} union all {query}"
        shop.engine.write(twice, {}, shop.engine.describe(twice, {}), staged)
        shop.put(f"{number}.parquet", staged.read_bytes())
    for form in ("jsonl", "parquet"):
        shop.deliveries.clear()
        rows = shop.read(table(f"*.{form}"))
        assert [(row[0], *row[-2:]) for row in rows] == [
            (1, f"1.{form}", 1), (1, f"1.{form}", 2), (2, f"2.{form}", 1), (2, f"2.{form}", 2),
        ]  # fmt: skip


def test_whole_numbers_of_json_with_and_without_a_sign_are_one_type(shop: Project) -> None:
    shop.put("in/a.jsonl", b'{"a":1,"n":[1,-1]}\n{"a":-2}\n')
    shop.put("in/b.json", b'[{"a": 3}, {"a": -9007199254740993}]')
    declared = table("in/*.json*")
    shop.arrive(declared)
    assert types(shop.build(declared)) == {"a": "BIGINT", "n": "BIGINT[]"}
