"""Compression of landed bytes, which have no file name of their own."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Literal, cast

from andon.errors import Problem, TaskFailed

Compression = Literal["none", "gzip", "zstd", "bz2", "xz"]

CHUNK = 1 << 20
_MAGIC: tuple[tuple[bytes, Compression], ...] = (
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"BZh", "bz2"),
    (b"\xfd7zXZ\x00", "xz"),
)


def compression_of(path: Path) -> Compression:
    """Compression by the first bytes, whatever the file was called."""
    with path.open("rb") as stream:
        head = stream.read(6)
    return next((name for magic, name in _MAGIC if head.startswith(magic)), "none")


@contextmanager
def open_plain(path: Path, origin: str) -> Iterator[IO[bytes]]:
    """The decompressed bytes of a landed file as a stream.

    Raises:
        TaskFailed: (SRC003) the compressed file is damaged or cut short; `origin` is named.
    """
    import gzip  # a run with nothing to do reads no file
    import lzma
    import zlib

    try:
        with _open(path, compression_of(path)) as stream:
            yield stream
    except (EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError) as error:
        raise damaged(origin, str(error)) from error


def chunks(stream: IO[bytes]) -> Iterator[bytes]:
    """The bytes of a stream in pieces that fit into memory."""
    while chunk := stream.read(CHUNK):
        yield chunk


def damaged(origin: str, reason: str) -> TaskFailed:
    """The error for a file that cannot be read at all."""
    return TaskFailed(
        Problem(
            code="SRC003",
            what=f"`{origin}` cannot be read: {reason}",
            why="the file is damaged, cut short, or not in the format it is declared in",
            fix="deliver the file again, or let the line go on without it: "
            f"`andon check --set-aside {origin}`",
        )
    )


def several_tables(origin: str, lines: Sequence[int]) -> TaskFailed:
    """The error for a file that holds more than one table."""
    listed = " and ".join(f"{line:,}" for line in lines[:5])
    return TaskFailed(
        Problem(
            code="SRC011",
            what=f"`{origin}` holds several tables: further ones begin at line {listed}",
            why="rows of two tables cannot be columns of one",
            fix="deliver each table as a file of its own; if they are one table, declare "
            "`header: true`, so that nothing is told from shapes. To go on without it: "
            f"`andon check --set-aside {origin}`",
        )
    )


def unknown_encoding(origin: str) -> TaskFailed:
    """The error for text in an encoding that cannot be told with good reason."""
    return TaskFailed(
        Problem(
            code="SRC012",
            what=f"the encoding of `{origin}` is unknown: it is no UTF-8",
            why="a wrong guess would turn its letters into others, and nobody would see it",
            fix="declare `encoding`, for example `cp1250`, `cp1251`, `shift_jis` or `gb18030`. To go "
            f"on without it: `andon check --set-aside {origin}`",
        )
    )


def _open(path: Path, compression: Compression) -> IO[bytes]:
    match compression:
        case "none":
            return path.open("rb")
        case "gzip":
            import gzip

            return cast(IO[bytes], gzip.open(path, "rb"))
        case "bz2":
            import bz2

            return bz2.open(path, "rb")
        case "xz":
            import lzma

            return lzma.open(path, "rb")
        case "zstd":
            from andon.sources.zstd import ZstdStream

            return io.BufferedReader(ZstdStream(path), CHUNK)
