"""Zip archives: each member is a file of its own; nothing is written where a member's name says."""

from __future__ import annotations

import errno
import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from andon.acquisition.deliveries.choose import Load
from andon.errors import Problem, TaskFailed
from andon.hashing import value_hash
from andon.reading.stored.codecs import CHUNK, damaged, swollen
from andon.spec.source import Format

MOST_MEMBERS = 10_000
_MOST_DIRECTORY = 8 << 20
"""Largest list of members in bytes: what is read before it can be judged."""

_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
_END = b"PK\x05\x06"
_LOCATOR_64 = b"PK\x06\x07"
_END_64 = b"PK\x06\x06"
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    KeyError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)
_METHODS = frozenset(
    {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA}
)


def is_archive(path: Path, form: Format | None) -> bool:
    """Whether landed bytes are a zip archive; a spreadsheet is one too, and a file
    set takes it as it lies."""
    if form in ("xlsx", "files"):
        return False
    with path.open("rb") as stream:
        return stream.read(4) in _MAGIC


def members_of(path: Path, load: Load) -> tuple[Load, ...]:
    """A load for each member in order of name; folders and hidden names are none.

    Raises:
        TaskFailed: (SRC003) it is damaged; (SRC016) it has too many members.
    """
    _check_directory(path, load.path)
    found: dict[str, Load] = {}
    with _opened(path, load.path) as archive:
        for info in archive.infolist():
            if not info.filename:
                raise damaged(load.path, "a member of it has no name")
            if info.is_dir() or _is_hidden(info.filename):
                continue
            if info.filename in found:
                raise _unsafe(load.path, f"two members are called `{info.filename}`")
            found[info.filename] = _member(load, info)
    return tuple(found[name] for name in sorted(found))


def extract(path: Path, load: Load, copy: Path, most: int) -> None:
    """Write the bytes of one member to `copy`; its checksum is proved on the way.

    Raises:
        TaskFailed: (SRC003) it is damaged; (SRC013) it is larger than `most`; (SRC016) its name
            leads out of the archive, it is a link, encrypted, or packed in an unknown way.
    """
    with _opened(path, load.path) as archive:
        info = archive.getinfo(load.member)
        reason = _refusal(info)
        if reason:
            raise _unsafe(load.path, reason)
        written = 0
        with (
            _told(load.path, "its archive is damaged"),
            archive.open(info) as stream,
            copy.open("wb") as out,
        ):
            for chunk in _chunks(stream):
                written += len(chunk)
                if written > most:
                    raise swollen(load.path, most)
                out.write(chunk)
    copy_head = _head(copy)
    if copy_head in _MAGIC and PurePosixPath(load.member).suffix.lower() not in (".xlsx", ".xlsm"):
        raise _unsafe(load.path, "it is an archive within an archive")


def check_expanded(path: Path, origin: str, most: int) -> None:
    """Decompress every member of an archive that a library will read by itself, to know its size.

    Raises:
        TaskFailed: (SRC003) it is damaged; (SRC013) it is larger than `most`; (SRC016) it has too
            many members.
    """
    _check_directory(path, origin)
    total = 0
    with _opened(path, origin) as archive:
        for info in archive.infolist():
            with _told(origin, "it is damaged"), archive.open(info) as stream:
                for chunk in _chunks(stream):
                    total += len(chunk)
                    if total > most:
                        raise swollen(origin, most)


def _opened(path: Path, origin: str) -> zipfile.ZipFile:
    with _told(origin, "it is no complete zip archive"):
        return zipfile.ZipFile(path)


@contextmanager
def _told(origin: str, reason: str) -> Iterator[None]:
    """What the library makes of damaged bytes, as the damage of the file.

    Raises:
        TaskFailed: (SRC003)
    """
    try:
        yield
    except _DAMAGE as error:
        # It seeks to where damaged bytes say; whatever else the system refuses is not of the file.
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise
        raise damaged(origin, reason) from error


def _member(load: Load, info: zipfile.ZipInfo) -> Load:
    identity = value_hash([load.id, info.filename])
    return Load(
        path=f"{load.path}/{info.filename}",
        content=value_hash([load.content, info.filename]),
        bytes=info.file_size,
        id=identity,
        ids=(identity,),
        number=load.number,
        role=load.role,
        archive=load.content,
        member=info.filename,
    )


def _check_directory(path: Path, origin: str) -> None:
    """Refuse a list of members that is too long to be read. What its end says of it is only a claim."""
    with path.open("rb") as stream:
        size = stream.seek(0, 2)
        stream.seek(max(0, size - (1 << 16) - 98))
        tail = stream.read()
        at = tail.rfind(_END)
        if at < 0 or len(tail) < at + 22:
            raise damaged(origin, "it is no complete zip archive")
        claims = [struct.unpack("<HI", tail[at + 10 : at + 16])]
        if at >= 20 and tail.startswith(_LOCATOR_64, at - 20):
            (place,) = struct.unpack("<Q", tail[at - 12 : at - 4])
            if place > size - 56:
                raise damaged(origin, "its end names bytes that it does not have")
            stream.seek(place)
            # A library may take the record that is named, or the one that lies before.
            records = (stream.read(56), tail[max(0, at - 76) : at - 20])
            large = [r for r in records if r.startswith(_END_64) and len(r) == 56]
            claims = [struct.unpack("<QQ", record[32:48]) for record in large] or claims
    count, length = max(c for c, _ in claims), max(n for _, n in claims)
    if count > MOST_MEMBERS or length > _MOST_DIRECTORY:
        raise TaskFailed(
            Problem(
                code="SRC016",
                what=f"`{origin}` has {count:,} members",
                why=f"at most {MOST_MEMBERS:,} members of an archive are read",
                fix="deliver smaller archives, or the files by themselves. To go on without it: "
                f"`andon check --set-aside {origin}`",
            )
        )


def _refusal(info: zipfile.ZipInfo) -> str:
    """Why a member is not taken out; empty if it may be."""
    name = info.filename
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or ".." in parts or name[1:2] == ":" or "\0" in name:
        return "its name leads out of the archive"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "it is a symbolic link"
    if info.flag_bits & 0x1:
        return "it is encrypted"
    if info.compress_type not in _METHODS:
        return f"it is packed by the method {info.compress_type}, which cannot be read"
    return ""


def _unsafe(origin: str, reason: str) -> TaskFailed:
    return TaskFailed(
        Problem(
            code="SRC016",
            what=f"`{origin}` is not taken out of its archive: {reason}",
            why="members are read like files of their own, and only where that is safe and clear",
            fix="have the archive made anew from plain files",
        )
    )


def _is_hidden(name: str) -> bool:
    """Names that begin with a dot, as everywhere, and what some systems put beside the files."""
    parts = name.replace("\\", "/").split("/")
    return parts[0] == "__MACOSX" or any(p.startswith(".") and p != ".." for p in parts)


def _head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(4)


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    while chunk := stream.read(CHUNK):
        yield chunk
