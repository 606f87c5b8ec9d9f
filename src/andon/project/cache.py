"""Caches of what was worked out of declarations, below ``.andon/cache/``.

They may be missing, unwritable or damaged at any time; then everything is worked
out again. Only results are kept, never syntax trees. An entry of a parsed file is
found by a hash of the file's path in the project and its text, and rests on other
files only where it says so.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from functools import cache as once
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from andon.sql.version import CANONICAL_VERSION, PROOF_VERSION
from andon.version import VERSION

T = TypeVar("T")
FORMAT = 5
_DIGEST_BYTES = 16


def parse_cache(root: Path) -> Cache:
    """Parsed files of a project, those that its last load used."""
    name = f"parsed-{VERSION}-{FORMAT}-{CANONICAL_VERSION}.msgpack"
    return Cache(root / ".andon" / "cache" / name, keeps_unused=False)


def proof_cache(store: Path) -> Cache:
    """What was proved of queries; a run asks for few of them, and the others stay."""
    name = f"proved-{VERSION}-{PROOF_VERSION}.msgpack"
    return Cache(store / "cache" / name, keeps_unused=True)


class Cache:
    """Entries by key, in one file; implements the port `Memory`.

    Reading never fails; what cannot be decoded is not there.

    Args:
        path: the file.
        keeps_unused: whether entries that nobody asked for stay when others are saved.
    """

    def __init__(self, path: Path, *, keeps_unused: bool) -> None:
        self._path = path
        self._old = self._read()
        self._used = dict(self._old) if keeps_unused else {}
        self._has_news = False

    def _read(self) -> dict[str, msgspec.Raw]:
        try:
            data = self._path.read_bytes()
        except OSError:
            return {}
        digest, payload = data[:_DIGEST_BYTES], data[_DIGEST_BYTES:]
        if blake2b(payload, digest_size=_DIGEST_BYTES).digest() != digest:
            return {}
        try:
            entries: dict[str, msgspec.Raw] = _decoder(dict[str, msgspec.Raw]).decode(payload)
        except msgspec.DecodeError:
            return {}
        return entries

    def find(self, key: str, decode: Callable[[msgspec.Raw], T]) -> T | None:
        """The entry of that key, or None."""
        raw = self._old.get(key)
        if raw is None:
            return None
        try:
            value = decode(raw)
        except (msgspec.DecodeError, KeyError, TypeError):
            return None
        self._used[key] = raw
        return value

    def keep(self, key: str, data: bytes) -> None:
        """Remember an entry for the next time."""
        self._used[key] = msgspec.Raw(data)
        self._has_news = True

    def save(self) -> None:
        """Write what is kept, if anything is new. A folder that cannot be written is fine."""
        if not self._has_news:
            return
        payload = msgspec.msgpack.encode(self._used)
        digest = blake2b(payload, digest_size=_DIGEST_BYTES).digest()
        staged = self._path.with_name(f"{self._path.name}.{os.getpid()}.tmp")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            staged.write_bytes(digest + payload)
            staged.replace(self._path)
        except OSError:
            with contextlib.suppress(OSError):
                staged.unlink(missing_ok=True)


@once
def _decoder(kind: Any) -> msgspec.msgpack.Decoder[Any]:
    return msgspec.msgpack.Decoder(kind)


def encode(value: object) -> bytes:
    """Bytes of records."""
    return msgspec.msgpack.encode(value)


def decode_as(kind: Any) -> Callable[[msgspec.Raw], Any]:
    """Decoder of the bytes of such a record."""
    return _decoder(kind).decode
