"""Zip archives: each member is read like a file; what is unsafe, too large or damaged is told."""

from __future__ import annotations

import gzip
import io
import resource
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import zstandard

import andon
from andon.errors import TaskFailed
from andon.spec.check import Tolerance
from tests.factories import rows_of, write_project
from tests.sourcing import Project, project, table

NONE = Tolerance(rows=0)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Project]:
    with project(tmp_path) as made:
        yield made


def packed(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_csv", ".csv"), content)
    return out.getvalue()


def named(members: list[tuple[zipfile.ZipInfo | str, bytes]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for info, content in members:
            archive.writestr(info, content)
    return out.getvalue()


def test_each_member_is_read_like_a_file(shop: Project) -> None:
    shop.put("in/a.zip", packed(b_csv=b"x\n1\n2\n", c__d_csv=b"x\n3.5\n"))
    assert shop.read(table("in/*.zip")) == [
        (1.0, "in/a.zip/b.csv", 1),
        (2.0, "in/a.zip/b.csv", 2),
        (3.5, "in/a.zip/c/d.csv", 1),
    ]


def test_an_archive_and_a_plain_file_make_one_table(shop: Project) -> None:
    shop.put("a.zip", packed(b_csv=b"x\n1\n"))
    shop.put("c.csv", b"x\n2\n")
    declared = table("*")
    shop.arrive(declared)
    prior = shop.keep(shop.build(declared))
    shop.put("d.csv", b"x\n3\n")
    shop.arrive(declared)
    raw = shop.build(declared, prior)
    assert [row[0] for row in shop.rows(raw)] == [1, 2, 3]
    assert len(raw.kept) == 1


@pytest.mark.parametrize("kind", ["json", "parquet"])
def test_members_of_other_formats_are_read_too(shop: Project, kind: str) -> None:
    target = shop.store.stage("test", f"m.{kind}")
    if kind == "parquet":
        shop.engine.write("select 7 as a", {}, shop.engine.describe("select 7 as a", {}), target)
    else:
        target.write_bytes(b'[{"a": 7}]')
    shop.put("in/a.zip", named([(f"x.{kind}", target.read_bytes())]))
    assert [row[:2] for row in shop.read(table("in/a.zip"))] == [(7, f"in/a.zip/x.{kind}")]


def test_compressed_members_are_decompressed(shop: Project) -> None:
    shop.put("a.zip", named([("x.csv.gz", gzip.compress(b"x\n1\n"))]))
    assert shop.read(table("a.zip"))[0][0] == 1


def test_hidden_members_and_folders_are_no_files(shop: Project) -> None:
    content = named(
        [("d/", b""), ("__MACOSX/x.csv", b"?"), (".hidden.csv", b"?"), ("x.csv", b"x\n1\n")]
    )
    shop.put("a.zip", content)
    assert len(shop.read(table("a.zip", limit=NONE))) == 1


def test_an_empty_archive_is_a_delivery_without_rows(shop: Project) -> None:
    shop.put("a.zip", named([]))
    shop.put("b.csv", b"x\n1\n")
    assert len(shop.read(table("*"))) == 1


def _link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    ("member", "content"),
    [
        ("../evil.csv", b"x\n1\n"),
        ("/etc/evil.csv", b"x\n1\n"),
        ("a/../../evil.csv", b"x\n1\n"),
        ("C:evil.csv", b"x\n1\n"),
        (_link("link.csv"), b"/etc/passwd"),
        ("inner.zip.csv", named([("x.csv", b"x\n1\n")])),
    ],
)
def test_a_member_that_is_unsafe_is_refused_and_the_others_are_read(
    shop: Project, member: str | zipfile.ZipInfo, content: bytes
) -> None:
    shop.put("a.zip", named([(member, content), ("ok.csv", b"x\n2\n")]))
    declared = table("a.zip")
    shop.arrive(declared)
    raw = shop.build(declared)
    assert [row[0] for row in shop.rows(raw)] == [2]
    assert '"code":"SRC016"' in dict(raw.facts)[shop.deliveries[0].id]
    assert not list(shop.root.parent.glob("evil*"))


def test_an_encrypted_member_is_refused(shop: Project) -> None:
    content = bytearray(named([("x.csv", b"x\n1\n")]))
    for at in (content.find(b"PK\x03\x04") + 6, content.find(b"PK\x01\x02") + 8):
        content[at] |= 1
    shop.put("a.zip", bytes(content))
    with pytest.raises(TaskFailed) as told:
        shop.read(table("a.zip"))
    assert told.value.code == "SRC016"
    assert "encrypted" in told.value.problems[0].what


def test_a_damaged_member_is_refused_by_its_checksum(shop: Project) -> None:
    content = bytearray(zip_of_stored("x.csv", b"x\n1\n"))
    content[content.find(b"x\n1\n") + 2] = ord("7")
    shop.put("a.zip", bytes(content))
    with pytest.raises(TaskFailed) as told:
        shop.read(table("a.zip"))
    assert told.value.code == "SRC003"
    assert "--set-aside a.zip`" in told.value.problems[0].fix


def zip_of_stored(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(name, content)
    return out.getvalue()


def test_too_many_members_are_refused_without_reading_them(shop: Project) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(10_001):
            archive.writestr(f"{number}.csv", b"")
    shop.put("a.zip", out.getvalue())
    with pytest.raises(TaskFailed) as told:
        shop.read(table("a.zip"))
    assert told.value.code == "SRC016"


def test_a_list_of_members_that_claims_to_be_huge_is_refused(shop: Project) -> None:
    content = bytearray(packed(a_csv=b"x\n1\n"))
    end = content.rfind(b"PK\x05\x06")
    content[end + 12 : end + 16] = struct.pack("<I", 1 << 30)
    shop.put("a.zip", bytes(content))
    with pytest.raises(TaskFailed) as told:
        shop.read(table("a.zip"))
    assert told.value.code in ("SRC003", "SRC016")


@pytest.mark.parametrize("place", [1 << 20, (1 << 63) + 5, (1 << 64) - 1])
def test_an_end_that_names_bytes_beyond_the_file_is_damage_of_that_file(
    shop: Project, place: int
) -> None:
    content = packed(a_csv=b"x\n1\n")
    end = content.rfind(b"PK\x05\x06")
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, place, 1)
    lying = content[end : end + 10] + b"\xff\xff" + content[end + 12 :]
    shop.put("a.zip", content[:end] + locator + lying)
    shop.put("b.csv", b"x\n2\n")
    declared = table("*")
    shop.arrive(declared)
    raw = shop.build(declared)
    assert [row[:2] for row in shop.rows(raw)] == [(2, "b.csv")]
    assert [d.state for d in raw.deliveries] == ["refused", "landed"]


def test_a_large_list_of_members_is_told_wherever_its_record_lies(shop: Project) -> None:
    content = packed(a_csv=b"x\n1\n")
    end = content.rfind(b"PK\x05\x06")
    record = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 1 << 40, 1 << 40, 9, 0)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, 0, 1)
    shop.put("a.zip", content[:end] + record + locator + content[end:])
    with pytest.raises(TaskFailed) as told:
        shop.read(table("a.zip"))
    assert told.value.code == "SRC016"


def test_a_member_that_lies_beyond_the_file_is_damage_of_that_file(shop: Project) -> None:
    content = bytearray(packed(a_csv=b"x\n1\n"))
    entry = content.rfind(b"PK\x01\x02")
    extra = struct.pack("<HHQ", 1, 8, (1 << 64) - 1)
    content[entry + 42 : entry + 46] = b"\xff\xff\xff\xff"
    content[entry + 30 : entry + 32] = struct.pack("<H", len(extra))
    content[entry + 51 : entry + 51] = extra
    end = content.rfind(b"PK\x05\x06")
    length = struct.unpack("<I", content[end + 12 : end + 16])[0] + len(extra)
    content[end + 12 : end + 16] = struct.pack("<I", length)
    shop.put("a.zip", bytes(content))
    with pytest.raises(TaskFailed) as told:
        shop.read(table("a.zip"))
    assert told.value.code == "SRC003"


def test_a_member_without_a_name_is_damage_of_that_file(shop: Project) -> None:
    shop.put("a.zip", packed(a_csv=b"x\n1\n").replace(b"a.csv", b"\0.csv"))
    shop.put("b.csv", b"x\n2\n")
    assert [row[:2] for row in shop.read(table("*"))] == [(2, "b.csv")]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
@pytest.mark.parametrize(
    ("flag", "more"),
    [(4, b"\x06\x00BC\x02\x00\x1b\x00"), (8, b"a\0"), (16, b"a remark\0"), (1, b"")],
)
def test_gzip_with_any_header_is_read(shop: Project, form: str, flag: int, more: bytes) -> None:
    plain = b"x\n1\n" if form == "csv" else b'{"x": 1}\n'
    content = bytearray(gzip.compress(plain))
    content[3] = flag
    shop.put(f"a.{form}.gz", bytes(content[:10] + more + content[10:]))
    assert shop.read(table("*")) == [(1, f"a.{form}.gz", 1)]


def test_a_damaged_bz2_is_damage_of_that_file(shop: Project) -> None:
    shop.put("a.csv.bz2", b"BZh9" + b"nothing of the kind" * 9)
    shop.put("b.csv", b"x\n2\n")
    assert [row[:2] for row in shop.read(table("*"))] == [(2, "b.csv")]


@pytest.mark.parametrize("form", ["gz", "zst", "bz2", "xz", "zip"])
def test_a_bomb_is_refused(shop: Project, form: str) -> None:
    import bz2
    import lzma

    zeros = b"\0" * 20_000_000
    match form:
        case "gz":
            content = gzip.compress(zeros, 1)
        case "zst":
            content = zstandard.compress(zeros)
        case "bz2":
            content = bz2.compress(zeros, 1)
        case "xz":
            content = lzma.compress(zeros, preset=0)
        case _:
            content = packed(a_csv=zeros)
    shop.put(f"a.csv.{form}", content)
    with pytest.raises(TaskFailed) as told:
        shop.read(table("a.csv.*", expand_limit=4_000_000))
    assert told.value.code == "SRC013"


def test_without_a_declaration_a_bomb_is_told_by_its_ratio_in_little_memory(shop: Project) -> None:
    packer = zlib.compressobj(1, wbits=31)
    piece = b"\0" * 1_000_000
    content = b"".join([*(packer.compress(piece) for _ in range(110)), packer.flush()])
    shop.put("a.csv.gz", content)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(TaskFailed) as told:
        shop.read(table("a.csv.gz"))
    assert told.value.code == "SRC013"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000


def test_a_declared_limit_decides(shop: Project) -> None:
    shop.put("a.csv.gz", gzip.compress(b"x\n" + b"1\n" * 1000))
    with pytest.raises(TaskFailed) as told:
        shop.read(table("a.csv.gz", expand_limit=500))
    assert told.value.code == "SRC013"
    assert len(shop.read(table("a.csv.gz", expand_limit=5000))) == 1000


def test_the_limit_is_for_all_members_of_an_archive_together(shop: Project) -> None:
    members = {f"m{number}_csv": b"x\n" + b"1\n" * 450 for number in range(20)}
    shop.put("a.zip", packed(**members))
    shop.put("b.csv", b"x\n2\n")
    assert [row[:2] for row in shop.read(table("*", expand_limit=10_000))] == [(2, "b.csv")]
    shop.deliveries.clear()
    with pytest.raises(TaskFailed) as told:
        shop.read(table("a.zip", expand_limit=10_000))
    assert told.value.code == "SRC013"
    assert "`a.zip` becomes larger than 0.01 MB" in str(told.value)
    assert len(shop.read(table("a.zip", expand_limit=20_000))) == 9000


def test_an_archive_in_a_project_warns_of_its_bad_member_on_every_run(tmp_path: Path) -> None:
    write_project(
        tmp_path,
        {
            "andon.toml": '[project]\nname = "shop"\n',
            "sources/raw.yml": "tables:\n  t: {path: data/*.zip}\n",
            "data/.keep": "",
        },
    )
    (tmp_path / "data/a.zip").write_bytes(packed(a_csv=b"x\n1\n", b_csv=b"_file\n2\n"))
    for status in ("done", "nothing"):
        with andon.open(tmp_path) as shop:
            report = shop.run()
        assert report.status == status
        assert [p.code for p in report.warnings] == ["SRC005"]
    assert rows_of(tmp_path, "select x, _file from raw.t") == [(1, "data/a.zip/a.csv")]
