"""A decompressed UTF-8 copy of a landed file, for what the engine cannot decode by itself."""

from __future__ import annotations

import codecs
from pathlib import Path

from andon.errors import Problem, TaskFailed
from andon.reading.stored.codecs import chunks, damaged, open_plain


def write_plain_copy(
    raw: Path, copy: Path, origin: str, encoding: str | None, most: int | None = None
) -> None:
    """Write the plain bytes of `raw` to `copy`, from `encoding` to UTF-8 if one is given.

    Raises:
        TaskFailed: (SRC003) the bytes are not of that encoding; (SRC010) it is unknown; (SRC013)
            they become larger than `most`.
    """
    decoder = _decoder(encoding, origin) if encoding else None
    name = encoding or ""
    with open_plain(raw, origin, most) as stream, copy.open("wb") as out:
        for chunk in chunks(stream):
            out.write(_decoded(decoder, chunk, (origin, name), final=False) if decoder else chunk)
        if decoder:
            out.write(_decoded(decoder, b"", (origin, name), final=True))


def _decoder(encoding: str, origin: str) -> codecs.IncrementalDecoder:
    try:
        return codecs.getincrementaldecoder(encoding)()
    except LookupError as error:
        raise TaskFailed(
            Problem(
                code="SRC010",
                what=f"`{origin}` is declared in the unknown encoding `{encoding}`",
                why="no text encoding has that name",
                fix="write a known one, for example `latin-1`, `cp1252` or `utf-16`",
            )
        ) from error


def _decoded(
    decoder: codecs.IncrementalDecoder, chunk: bytes, told: tuple[str, str], *, final: bool
) -> bytes:
    try:
        return decoder.decode(chunk, final).encode()
    except UnicodeDecodeError as error:
        origin, encoding = told
        raise damaged(origin, f"its bytes are not {encoding}") from error
