"""Checksums of the pages of Parquet files, which the engine does not look at.

Writers may put a CRC-32 of its compressed bytes into the header of every page. Headers are structs
of Thrift's compact protocol (https://github.com/apache/parquet-format, `PageHeader`).
"""

from __future__ import annotations

import mmap
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

_COMPRESSED_SIZE, _CRC = 3, 4
_STOP, _I16, _I32, _I64 = 0, 4, 5, 6
_MOST_DEPTH = 8

Chunk = tuple[int, int]
"""Where the pages of one column of one row group begin, and how many bytes they take."""


class Broken(Exception):
    """Pages that are not what was written; the text says how."""


class PageHeader(NamedTuple):
    """What is needed of a page's header: where its bytes begin, how many they are, their CRC-32."""

    start: int
    length: int
    crc: int | None


def check_pages(path: Path, chunks: Sequence[Chunk], first: int) -> int:
    """Compare the checksum of every page with its bytes, if the writer wrote checksums.

    Args:
        first: how many chunks, from the first, are asked whether there are any: a writer gives
            them to all pages or to none.

    Returns:
        Pages compared; 0 if there are no checksums.

    Raises:
        Broken: a checksum differs, or a page lies where none can be.
    """
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        size = len(data)
        for start, length in chunks:
            if start < 4 or length < 0 or start + length > size:
                raise Broken("its footer names bytes that it does not have")
        asked = (_header(data, start) for start, length in chunks[:first] if length)
        if all(header.crc is None for header in asked):
            return 0
        with memoryview(data) as view:
            return sum(_check_chunk(data, view, chunk) for chunk in chunks)


def _check_chunk(data: mmap.mmap, view: memoryview, chunk: Chunk) -> int:
    at, compared = chunk[0], 0
    end = at + chunk[1]
    while at < end:
        header = _header(data, at)
        at = header.start + header.length
        if at > len(view):
            raise Broken("a page is longer than the file")
        if header.crc is not None:
            with view[header.start : at] as page:
                if zlib.crc32(page) != header.crc:
                    raise Broken("the checksum of a page is not that of its bytes")
            compared += 1
    return compared


def _header(data: mmap.mmap, at: int) -> PageHeader:
    """The header that begins at a place.

    Raises:
        Broken: there is none.
    """
    try:
        end, found = _struct(data, at, 0)
    except IndexError as error:
        raise Broken("the header of a page is cut off") from error
    length = found.get(_COMPRESSED_SIZE)
    if length is None or length < 0:
        raise Broken("the header of a page is damaged")
    crc = found.get(_CRC)
    return PageHeader(end, length, None if crc is None else crc & 0xFFFFFFFF)


def _struct(data: mmap.mmap, at: int, depth: int) -> tuple[int, dict[int, int]]:
    """Whole numbers of a struct by field, and where it ends."""
    if depth > _MOST_DEPTH:
        raise Broken("the header of a page is damaged")
    field = 0
    found: dict[int, int] = {}
    while True:
        head = data[at]
        at += 1
        kind = head & 0x0F
        if kind == _STOP:
            return at, found
        if head >> 4:
            field += head >> 4
        else:
            at, field = _whole(data, at)
        if kind in (_I16, _I32, _I64):
            at, found[field] = _whole(data, at)
        else:
            at = _skip(data, at, kind, depth)


def _skip(data: mmap.mmap, at: int, kind: int, depth: int) -> int:
    match kind:
        case 1 | 2:
            return at
        case 3:
            return at + 1
        case 4 | 5 | 6:
            return _whole(data, at)[0]
        case 7:
            return at + 8
        case 8:
            at, length = _varint(data, at)
            return at + length
        case 9 | 10:
            head = data[at]
            at, count = (at + 1, head >> 4) if head >> 4 != 15 else _varint(data, at + 1)
            if depth > _MOST_DEPTH:
                raise Broken("the header of a page is damaged")
            for _ in _few(range(count)):
                # A truth value of a list is a byte of its own; that of a field is in its head.
                kind = head & 0x0F
                at = at + 1 if kind in (1, 2) else _skip(data, at, kind, depth + 1)
            return at
        case 12:
            return _struct(data, at, depth + 1)[0]
        case _:
            raise Broken("the header of a page is damaged")


def _few(items: range) -> Iterable[int]:
    if len(items) > 1_000_000:
        raise Broken("the header of a page is damaged")
    return items


def _varint(data: mmap.mmap, at: int) -> tuple[int, int]:
    found = shift = 0
    while True:
        byte = data[at]
        at += 1
        found |= (byte & 0x7F) << shift
        if byte < 0x80:
            return at, found
        shift += 7
        if shift > 63:
            raise Broken("the header of a page is damaged")


def _whole(data: mmap.mmap, at: int) -> tuple[int, int]:
    at, found = _varint(data, at)
    return at, (found >> 1) ^ -(found & 1)
