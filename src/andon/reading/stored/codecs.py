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
_TIMES = 100
_LEAST = 100_000_000
_MOST = 10_000_000_000
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


def is_for_the_engine(path: Path) -> bool:
    """Whether the engine decompresses a file by itself. Of gzip it knows no header with a remark, a
    checksum of its own or the mark of text."""
    compression = compression_of(path)
    if compression != "gzip":
        return compression in ("none", "zstd")
    with path.open("rb") as stream:
        flags = stream.read(4)[3:]
    return flags in (b"\x00", b"\x04", b"\x08")


def most_expanded(path: Path, declared: int | None) -> int:
    """Bytes that a compressed file may become: what is declared, else a hundred times its own size
    and at least 100 MB, but never more than 10 GB."""
    if declared is not None:
        return declared
    return min(_MOST, max(_LEAST, path.stat().st_size * _TIMES))


@contextmanager
def open_plain(path: Path, origin: str, most: int | None = None) -> Iterator[IO[bytes]]:
    """The decompressed bytes of a landed file as a stream.

    Args:
        most: bytes that it may become as declared; None is by its size.

    Raises:
        TaskFailed: (SRC003) the compressed file is damaged or cut short; (SRC013) it becomes too
            large. `origin` is named.
    """
    import lzma  # a run with nothing to do reads no file
    import zlib

    try:
        compression = compression_of(path)
        with _open(path, compression) as stream:
            if compression == "none":
                yield stream
            else:
                yield cast(IO[bytes], _Bounded(stream, most_expanded(path, most), origin))
    except (EOFError, zlib.error, lzma.LZMAError, OSError) as error:
        # Bytes that are no gzip or bz2 are told as an error of the system, without its number.
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise damaged(origin, str(error)) from error


def chunks(stream: IO[bytes]) -> Iterator[bytes]:
    """The bytes of a stream in pieces that fit into memory."""
    while chunk := stream.read(CHUNK):
        yield chunk


class _Bounded:
    """A stream that refuses to give more bytes than it may."""

    def __init__(self, stream: IO[bytes], most: int, origin: str) -> None:
        self._stream = stream
        self._most = self._left = most
        self._origin = origin

    def read(self, size: int = CHUNK) -> bytes:
        """The next bytes, at most a chunk of them."""
        found = self._stream.read(min(size, CHUNK) if size >= 0 else CHUNK)
        self._left -= len(found)
        if self._left < 0:
            raise swollen(self._origin, self._most)
        return found


def swollen(origin: str, most: int) -> TaskFailed:
    """The error for a compressed file that becomes too large."""
    shown = f"{most / 1e9:,.1f} GB" if most >= _LEAST else f"{most / 1e6:g} MB"
    return TaskFailed(
        Problem(
            code="SRC013",
            what=f"`{origin}` becomes larger than {shown} when it is decompressed",
            why="a small file that becomes huge would fill memory and disk; more often than not it is "
            "damaged or hostile",
            fix="if it is right, declare `expand_limit` of the table, for example `expand_limit: 50GB`. "
            f"To go on without it: `andon check --set-aside {origin}`",
        )
    )


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


def missing_library(origin: str, what: str, extra: str) -> TaskFailed:
    """The error for a format whose library is not installed."""
    return TaskFailed(
        Problem(
            code="SRC018",
            what=f"`{origin}` cannot be read: the library for {what} is not installed",
            why="libraries that few projects need are no part of the plain installation",
            fix=f"pip install 'andon[{extra}]'",
        )
    )


def too_deep(origin: str, most: int) -> TaskFailed:
    """The error for a document that is nested too deeply."""
    return TaskFailed(
        Problem(
            code="SRC014",
            what=f"`{origin}` is nested more than {most} deep",
            why="deeper nesting breaks the engine down, and more often than not the file is damaged "
            "or hostile",
            fix=f"have it written flatter. To go on without it: `andon check --set-aside {origin}`",
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
            from andon.reading.stored.zstd import ZstdStream

            return io.BufferedReader(ZstdStream(path), CHUNK)
