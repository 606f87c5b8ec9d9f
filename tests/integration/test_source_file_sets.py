"""Documents, images, sounds and any other bytes as a table with one row per file."""

from __future__ import annotations

import io
import os
import struct
import wave
import zlib
from pathlib import Path
from typing import Any

import pytest

import andon
from andon.errors import TaskFailed
from tests.factories import rows_of, write_project

SOURCE = "tables:\n  docs:\n    path: in/**/*\n    format: files\n"


def png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IEND", b"")


def jpeg(width: int, height: int) -> bytes:
    app = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0" + bytes(9)
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + bytes(3)
    return b"\xff\xd8" + app + frame + b"\xff\xd9"


def webp(width: int, height: int) -> bytes:
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF" + struct.pack("<I", 22) + b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + size


def wav(seconds: float) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(int(16000 * seconds)))
    return out.getvalue()


def flac(rate: int, samples: int) -> bytes:
    packed = (rate << 44) | (1 << 41) | (15 << 36) | samples
    return b"fLaC\0\0\0\x22" + bytes(10) + packed.to_bytes(8, "big") + bytes(16)


FILES: dict[str, bytes] = {
    "in/notes/a.txt": "Grüße\nzwei\n".encode(),
    "in/b.md": "Zürich\r\nGenève".encode("cp1252"),
    "in/c.json": b'{"a": 1}',
    "in/pic.png": png(640, 480),
    "in/pic.jpg": jpeg(1024, 768),
    "in/pic.gif": b"GIF89a" + struct.pack("<HH", 7, 9) + bytes(5),
    "in/pic.webp": webp(300, 200),
    "in/pic.bmp": b"BM" + bytes(16) + struct.pack("<ii", 20, -10) + bytes(40),
    "in/s.wav": wav(1.5),
    "in/s.flac": flac(44_100, 88_200),
    "in/raw.bin": bytes(range(256)),
    "in/empty.txt": b"",
    "in/u16.txt": "hé\n".encode("utf-16"),
    "in/bad.png": b"\x89PNG\r\n\x1a\n",
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    write_project(folder, {"andon.toml": '[project]\nname = "shop"\n', "sources/raw.yml": SOURCE})
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    os.utime(folder / "in/b.md", (1_700_000_000, 1_700_000_000))
    with andon.open(folder) as project:
        report = project.run()
    assert report.status == "done"
    assert report.warnings == ()
    return folder


def one(shop: Path, columns: str, name: str) -> tuple[Any, ...]:
    (row,) = rows_of(shop, f"select {columns} from raw.docs where name = '{name}'")
    return tuple(row)


def test_every_file_is_a_row_with_its_place_and_hash(shop: Path) -> None:
    assert rows_of(shop, "select count(*) from raw.docs") == [(len(FILES),)]
    import hashlib

    columns = "path, folder, suffix, bytes, sha256, _file, _row"
    content = FILES["in/notes/a.txt"]
    assert one(shop, columns, "a.txt") == (
        "in/notes/a.txt", "in/notes", ".txt", len(content),
        hashlib.sha256(content).hexdigest(), "in/notes/a.txt", 1,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.txt", ("text/plain", "utf-8", 2, "Grüße\nzwei\n")),
        ("b.md", ("text/markdown", "cp1252", 2, "Zürich\r\nGenève")),
        ("c.json", ("application/json", "utf-8", 1, '{"a": 1}')),
        ("u16.txt", ("text/plain", "utf-16", 1, "hé\n")),
        ("empty.txt", ("text/plain", "utf-8", 0, "")),
        ("raw.bin", ("application/octet-stream", None, None, None)),
        ("pic.png", ("image/png", None, None, None)),
    ],
)
def test_texts_have_encoding_lines_and_text(
    shop: Path, name: str, expected: tuple[Any, ...]
) -> None:
    assert one(shop, "media_type, encoding, lines, text", name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("pic.png", ("image/png", 640, 480)),
        ("pic.jpg", ("image/jpeg", 1024, 768)),
        ("pic.gif", ("image/gif", 7, 9)),
        ("pic.webp", ("image/webp", 300, 200)),
        ("pic.bmp", ("image/bmp", 20, 10)),
        ("bad.png", ("image/png", None, None)),
    ],
)
def test_images_have_a_size(shop: Path, name: str, expected: tuple[Any, ...]) -> None:
    assert one(shop, "media_type, width, height", name) == expected


@pytest.mark.parametrize(("name", "seconds"), [("s.wav", 1.5), ("s.flac", 2.0), ("a.txt", None)])
def test_sounds_have_a_length(shop: Path, name: str, seconds: float | None) -> None:
    assert one(shop, "seconds", name) == (seconds,)


def test_the_time_of_the_last_change_is_kept(shop: Path) -> None:
    (when,) = one(shop, "epoch(modified_at)", "b.md")
    assert when == 1_700_000_000


def test_of_a_long_text_the_beginning_is_kept(tmp_path: Path) -> None:
    write_project(
        tmp_path,
        {
            "andon.toml": '[project]\nname = "shop"\n',
            "sources/raw.yml": SOURCE + "    text_limit: 5b\n",
            "in/a.txt": "ééééé\n" * 10,
        },
    )
    with andon.open(tmp_path) as project:
        project.run()
    assert rows_of(tmp_path, "select text, lines, bytes from raw.docs") == [("éé", 10, 110)]


READS = """
import pyarrow as pa

from andon import asset, open_file


@asset(inputs={"docs": "raw.docs"})
def sizes(docs: pa.Table) -> pa.Table:
    names, counted = [], []
    for name, sha256 in zip(docs["name"].to_pylist(), docs["sha256"].to_pylist()):
        with open_file(sha256) as stream:
            names.append(name)
            counted.append(len(stream.read()))
    return pa.table({"name": names, "counted": counted})
"""


def test_a_python_asset_opens_the_bytes_even_if_the_file_is_gone(tmp_path: Path) -> None:
    write_project(
        tmp_path,
        {
            "andon.toml": '[project]\nname = "shop"\n',
            "sources/raw.yml": SOURCE,
            "in/a.txt": "one\n",
            "in/b.txt": "three\n",
        },
    )
    with andon.open(tmp_path) as project:
        project.run()
    (tmp_path / "in/a.txt").unlink()
    write_project(tmp_path, {"assets/staging/sizes.py": READS})
    with andon.open(tmp_path) as project:
        assert project.run().status == "done"
    found = rows_of(tmp_path, "select name, counted from staging.sizes order by name")
    assert found == [("a.txt", 4), ("b.txt", 6)]


def test_outside_of_a_run_the_store_is_named(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (sha256,) = one(shop, "sha256", "a.txt")
    monkeypatch.delenv("ANDON_STORE", raising=False)
    with pytest.raises(TaskFailed, match="SRC032"):
        andon.open_file(sha256)
    monkeypatch.setenv("ANDON_STORE", str(shop / ".andon"))
    with andon.open_file(sha256) as stream:
        assert stream.read() == FILES["in/notes/a.txt"]
    for wrong in ("0" * 64, "../../etc/passwd"):
        with pytest.raises(TaskFailed, match="SRC032"):
            andon.open_file(wrong)
