"""Cache of parsed declarations, below ``.andon/cache/``.

It may be missing, unwritable or damaged at any time; then everything is parsed
again. Only parsed results are kept, never syntax trees. An entry is found by a
hash of the file's path in the project and its text, and rests on other files
only where it says so.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import cache as once
from hashlib import blake2b
from operator import attrgetter
from pathlib import Path
from typing import Any, TypeVar, get_args, get_type_hints

import msgspec

from andon.spec.asset import AssetSpec, PythonBody
from andon.spec.check import Check
from andon.spec.source import SourceSpec, SourceTable
from andon.sql.body import SqlBody
from andon.sql.version import CANONICAL_VERSION
from andon.version import VERSION

T = TypeVar("T")
FORMAT = 3
_DIGEST_BYTES = 16
_CHECKS: dict[str, type] = {kind.__name__: kind for kind in get_args(Check)}


class ParseCache:
    """Entries by key. Reading never fails; what cannot be decoded is not there."""

    def __init__(self, root: Path) -> None:
        name = f"parsed-{VERSION}-{FORMAT}-{CANONICAL_VERSION}.msgpack"
        self._path = root / ".andon" / "cache" / name
        self._old = self._read()
        self._used: dict[str, msgspec.Raw] = {}
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
        """Remember an entry for the next load."""
        self._used[key] = msgspec.Raw(data)
        self._has_news = True

    def save(self) -> None:
        """Write what this load used, if anything is new. A folder that cannot be written is fine."""
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
    """Bytes of a record without a union of records in it."""
    return msgspec.msgpack.encode(value)


def decode_as(kind: Any) -> Callable[[msgspec.Raw], Any]:
    """Decoder of such a record."""
    return _decoder(kind).decode


class _StoredCheck(msgspec.Struct, array_like=True):
    kind: str
    data: msgspec.Raw


def _store_checks(checks: Sequence[Check]) -> list[_StoredCheck]:
    return [
        _StoredCheck(type(check).__name__, msgspec.Raw(msgspec.msgpack.encode(check)))
        for check in checks
    ]


def _load_checks(stored: Sequence[_StoredCheck]) -> tuple[Check, ...]:
    return tuple([_decoder(_CHECKS[item.kind]).decode(item.data) for item in stored])


class _Shape:
    """A record as a stored structure: its checks (and body) are stored with their kind.

    msgspec cannot tell the members of a union of dataclasses apart, so these fields are replaced.
    """

    def __init__(self, record: type, replaced: dict[str, Any]) -> None:
        self._record = record
        hints = get_type_hints(record)
        self._plain = [f.name for f in fields(record) if f.name not in replaced]
        self._values = attrgetter(*self._plain)
        members = [(name, hints[name]) for name in self._plain]
        self.struct: Any = msgspec.defstruct(
            f"Stored{record.__name__}", [*members, *replaced.items()], array_like=True
        )

    def store(self, record: object, *replaced: object) -> Any:
        return self.struct(*[getattr(record, name) for name in self._plain], *replaced)

    def load(self, stored: Any, **replaced: object) -> Any:
        return self._record(**dict(zip(self._plain, self._values(stored), strict=True)), **replaced)


def _list_of(kind: Any) -> Any:
    return list[kind]


@once
def _asset_shape() -> _Shape:
    body = tuple[SqlBody | None, PythonBody | None]
    return _Shape(AssetSpec, {"checks": list[_StoredCheck], "body": body})


@once
def _table_shape() -> _Shape:
    return _Shape(SourceTable, {"checks": list[_StoredCheck]})


@once
def _source_shape() -> _Shape:
    return _Shape(SourceSpec, {"tables": _list_of(_table_shape().struct)})


def encode_assets(assets: Sequence[AssetSpec]) -> bytes:
    """Bytes of assets before their names are resolved."""
    return msgspec.msgpack.encode([_store_asset(asset) for asset in assets])


def _store_asset(asset: AssetSpec) -> Any:
    body = asset.body
    pair = (body, None) if isinstance(body, SqlBody) else (None, body)
    return _asset_shape().store(asset, _store_checks(asset.checks), pair)


def decode_assets(raw: msgspec.Raw) -> tuple[AssetSpec, ...]:
    """Assets of the bytes of `encode_assets`."""
    shape = _asset_shape()
    return tuple(
        [
            shape.load(one, checks=_load_checks(one.checks), body=one.body[0] or one.body[1])
            for one in _decoder(_list_of(shape.struct)).decode(raw)
        ]
    )


def encode_source(source: SourceSpec) -> bytes:
    """Bytes of a source before its names are resolved."""
    tables = [_table_shape().store(table, _store_checks(table.checks)) for table in source.tables]
    return msgspec.msgpack.encode(_source_shape().store(source, tables))


def decode_source(raw: msgspec.Raw) -> SourceSpec:
    """Source of the bytes of `encode_source`."""
    shape, table_shape = _source_shape(), _table_shape()
    stored = _decoder(shape.struct).decode(raw)
    tables = tuple(
        [table_shape.load(table, checks=_load_checks(table.checks)) for table in stored.tables]
    )
    source: SourceSpec = shape.load(stored, tables=tables)
    return source
