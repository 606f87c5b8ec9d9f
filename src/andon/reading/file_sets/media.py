"""What bytes are, by how they begin: media type, size of an image, seconds of a sound."""

from __future__ import annotations

import struct
import wave
from pathlib import Path, PurePosixPath
from typing import IO

from msgspec import Struct

_BY_START: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (8, b"WAVE", "audio/wav"),
    (0, b"fLaC", "audio/flac"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"OggS", "audio/ogg"),
    (4, b"ftyp", "video/mp4"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"\x28\xb5\x2f\xfd", "application/zstd"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (0, b"PAR1", "application/vnd.apache.parquet"),
    (0, b"BM", "image/bmp"),
)
_RIFF = ("image/webp", "audio/wav")
_BY_SUFFIX = {
    ".csv": "text/csv",
    ".css": "text/css",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".eml": "message/rfc822",
    ".htm": "text/html",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".md": "text/markdown",
    ".m4a": "audio/mp4",
    ".mp3": "audio/mpeg",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".py": "text/x-python",
    ".sql": "application/sql",
    ".svg": "image/svg+xml",
    ".tsv": "text/tab-separated-values",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xml": "application/xml",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".zip": "application/zip",
}
_ZIPPED = (".docx", ".pptx", ".xlsx")
_MOST_SEGMENTS = 1000
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


class Media(Struct, frozen=True, kw_only=True):
    """What is known of a file besides its text.

    Attributes:
        type: media type.
        width, height: of an image, in pixels; seconds: of a sound.
    """

    type: str
    width: int | None = None
    height: int | None = None
    seconds: float | None = None


def media_of(path: Path, name: str, *, is_text: bool) -> Media:
    """Look at the beginning of a file; its name counts where the bytes do not tell."""
    with path.open("rb") as stream:
        head = stream.read(64)
        kind = _kind(head, PurePosixPath(name).suffix.lower(), is_text=is_text)
        try:
            width, height = _size(stream, head, kind) if kind.startswith("image/") else (None, None)
            seconds = _seconds(path, head, kind) if kind.startswith("audio/") else None
        except (
            struct.error,
            IndexError,
            EOFError,
            RuntimeError,
            ValueError,
            ZeroDivisionError,
            wave.Error,
        ):
            # A damaged picture is a file all the same; what it does not tell stays unknown.
            return Media(type=kind)
    return Media(type=kind, width=width, height=height, seconds=seconds)


def _kind(head: bytes, suffix: str, *, is_text: bool) -> str:
    for at, start, kind in _BY_START:
        is_riff = kind not in _RIFF or head.startswith(b"RIFF")
        if head.startswith(start, at) and is_riff and not (kind == "image/bmp" and is_text):
            return kind
    if head.startswith(b"PK\x03\x04"):
        return _BY_SUFFIX[suffix] if suffix in _ZIPPED else "application/zip"
    if suffix in _BY_SUFFIX and is_text:
        return _BY_SUFFIX[suffix]
    return "text/plain" if is_text else "application/octet-stream"


def _size(stream: IO[bytes], head: bytes, kind: str) -> tuple[int | None, int | None]:
    match kind:
        case "image/png":
            return struct.unpack(">II", head[16:24])
        case "image/gif":
            return struct.unpack("<HH", head[6:10])
        case "image/bmp":
            width, height = struct.unpack("<ii", head[18:26])
            return width, abs(height)
        case "image/webp":
            return _webp(head)
        case "image/jpeg":
            return _jpeg(stream)
        case _:
            return None, None


def _webp(head: bytes) -> tuple[int | None, int | None]:
    match head[12:16]:
        case b"VP8 ":
            width, height = struct.unpack("<HH", head[26:30])
            return width & 0x3FFF, height & 0x3FFF
        case b"VP8L":
            (bits,) = struct.unpack("<I", head[21:25])
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8X":
            return (
                int.from_bytes(head[24:27], "little") + 1,
                int.from_bytes(head[27:30], "little") + 1,
            )
        case _:
            return None, None


def _jpeg(stream: IO[bytes]) -> tuple[int | None, int | None]:
    """Go from segment to segment until the one that begins a frame."""
    stream.seek(2)
    for _ in range(_MOST_SEGMENTS):
        mark = stream.read(2)
        while mark[1:] == b"\xff":
            mark = mark[1:] + stream.read(1)
        (length,) = struct.unpack(">H", stream.read(2))
        if mark[1] in _FRAMES:
            height, width = struct.unpack(">xHH", stream.read(5))
            return width, height
        stream.seek(length - 2, 1)
    return None, None


def _seconds(path: Path, head: bytes, kind: str) -> float | None:
    if kind == "audio/wav":
        with wave.open(str(path)) as sound:
            return float(sound.getnframes() / sound.getframerate())
    if kind == "audio/flac":
        # Twenty bits of rate, eight of channels and depth, thirty-six of samples.
        packed = int.from_bytes(head[18:26], "big")
        return (packed & (1 << 36) - 1) / (packed >> 44)
    return None
