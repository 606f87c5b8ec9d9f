"""Any files as a table: one row per file, with what can be told of it; the bytes stay landed."""

from __future__ import annotations

import codecs
import datetime as dt
import json
from pathlib import Path, PurePosixPath
from typing import Any

from andon.acquisition.deliveries.choose import Load
from andon.reading.delimited.survey import BOM
from andon.reading.documents.clean import CleanLines, Columns
from andon.reading.file_sets.media import media_of
from andon.reading.stored import encodings
from andon.reading.stored.codecs import CHUNK, chunks
from andon.reading.stored.readable import ReadableFiles
from andon.spec.source import SourceTable

MOST_TEXT = 1_000_000
"""Bytes of a text that are kept as text, where nothing is declared."""

_COLUMNS = {
    "path": "VARCHAR",
    "folder": "VARCHAR",
    "name": "VARCHAR",
    "suffix": "VARCHAR",
    "media_type": "VARCHAR",
    "bytes": "BIGINT",
    "sha256": "VARCHAR",
    "modified_at": "TIMESTAMP WITH TIME ZONE",
    "encoding": "VARCHAR",
    "lines": "BIGINT",
    "text": "VARCHAR",
    "width": "BIGINT",
    "height": "BIGINT",
    "seconds": "DOUBLE",
}


class FileSet:
    """Tells of each file; implements `Convert`."""

    def __init__(self, table: SourceTable, readable: ReadableFiles) -> None:
        self._most_text = MOST_TEXT if table.text_limit is None else table.text_limit
        self._encoding = table.dialect.encoding
        self._readable = readable

    def __call__(self, load: Load, out: CleanLines) -> Columns:
        """Write the one record of a file. What a damaged file does not tell is null."""
        path = self._readable.raw(load)
        pure = PurePosixPath(load.path)
        encoding = self._encoding or _encoding_of(path)
        lines, text = _read_text(path, encoding, self._most_text) if encoding else (None, None)
        media = media_of(path, load.path, is_text=lines is not None)
        if not _is_told_as_text(media.type):
            encoding, lines, text = "", None, None
        record: dict[str, Any] = {
            "path": load.path,
            "folder": "" if pure.parent == PurePosixPath() else pure.parent.as_posix(),
            "name": pure.name,
            "suffix": pure.suffix.lower(),
            "media_type": media.type,
            "bytes": load.bytes,
            "sha256": load.content,
            "modified_at": _moment(load.modified_ns),
            "encoding": encoding or None,
            "lines": lines,
            "text": text,
            "width": media.width,
            "height": media.height,
            "seconds": media.seconds,
        }
        out.put(json.dumps(record).encode(), 1)
        return tuple((name, (kind,)) for name, kind in _COLUMNS.items())


def _is_told_as_text(kind: str) -> bool:
    """Whether bytes of a media type are text: a file that begins like a picture is none."""
    return not kind.startswith(("image/", "audio/", "video/")) or kind == "image/svg+xml"


def _encoding_of(path: Path) -> str:
    """Encoding of a text; empty if it is none, or in an encoding that cannot be told."""
    with path.open("rb") as stream:
        head = stream.read(1 << 16)
    told = encodings.by_mark(head) or encodings.by_zeros(head)
    if told:
        return told
    if b"\0" in head:
        return ""
    if _decodes(path, "utf-8"):
        return "utf-8"
    told = encodings.of_lines(line for line in head.splitlines() if not line.isascii())
    return told if told == "cp1252" and not _has_controls(head) and _decodes(path, told) else ""


def _has_controls(head: bytes) -> bool:
    """Whether there are signs that no text has: compressed bytes are full of them."""
    return any(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in head)


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as stream:
            for chunk in chunks(stream):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _read_text(path: Path, encoding: str, most: int) -> tuple[int | None, str | None]:
    """Lines of a text, and its beginning up to so many bytes; nothing if it is none."""
    decoder = codecs.getincrementaldecoder(encoding)()
    begun: list[str] = []
    kept = lines = 0
    last = ""
    try:
        with path.open("rb") as stream:
            while True:
                chunk = stream.read(CHUNK)
                text = decoder.decode(chunk, final=not chunk)
                lines += text.count("\n")
                last = text[-1:] or last
                if kept < most and text:
                    begun.append(text)
                    kept += len(text.encode(errors="replace"))
                if not chunk:
                    break
    except UnicodeDecodeError:
        return None, None
    whole = "".join(begun).removeprefix(BOM.decode())
    shown = whole.encode(errors="replace")[:most].decode(errors="ignore")
    return lines + (last not in ("", "\n")), shown.replace("\0", "�")


def _moment(modified_ns: int) -> str | None:
    if not modified_ns:
        return None
    return dt.datetime.fromtimestamp(modified_ns / 1e9, dt.UTC).isoformat(sep=" ")
