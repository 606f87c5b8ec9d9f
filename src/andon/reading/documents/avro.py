"""Avro container files: the one file that imports fastavro."""

from __future__ import annotations

import datetime as dt
import decimal
import json
import math
import uuid
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from andon.acquisition.columns.types import struct
from andon.acquisition.deliveries.choose import Load
from andon.reading.documents.clean import CleanLines, Columns
from andon.reading.stored.codecs import damaged, missing_library, most_expanded, swollen
from andon.reading.stored.readable import ReadableFiles
from andon.spec.source import SourceTable

_MAGIC = b"Obj\x01"
_MOST_BLOCK = 256_000_000
"""Largest block in bytes once it is decompressed: it is held in memory."""

_PLAIN = {
    "null": "NULL",
    "boolean": "BOOLEAN",
    "int": "INTEGER",
    "long": "BIGINT",
    "float": "FLOAT",
    "double": "DOUBLE",
    "string": "VARCHAR",
    "enum": "VARCHAR",
}
_LOGICAL = {
    ("int", "date"): "DATE",
    ("int", "time-millis"): "TIME",
    ("long", "time-micros"): "TIME",
    ("long", "timestamp-millis"): "TIMESTAMP WITH TIME ZONE",
    ("long", "timestamp-micros"): "TIMESTAMP WITH TIME ZONE",
    ("long", "local-timestamp-millis"): "TIMESTAMP",
    ("long", "local-timestamp-micros"): "TIMESTAMP",
    ("string", "uuid"): "UUID",
}


class AvroFiles:
    """Reads container files; implements `Convert`."""

    def __init__(self, table: SourceTable, readable: ReadableFiles) -> None:
        self._table = table
        self._readable = readable

    def __call__(self, load: Load, out: CleanLines) -> Columns:
        """Write every record; the types are those of the schema in the file.

        Raises:
            TaskFailed: (SRC003) it is damaged, or does not hold the records that it counts; (SRC013)
                it becomes too large; (SRC018) the library is missing.
        """
        path = self._readable.path(load)
        claimed = _scan(path, load.path, most_expanded(path, self._table.expand_limit))
        count = 0
        with path.open("rb") as stream:
            reader = _opened(stream, load.path)
            schema = reader.writer_schema
            if not isinstance(schema, dict) or schema.get("type") != "record":
                raise damaged(load.path, "its records are no records with fields")
            columns = _columns(schema, load.path)
            for count, record in enumerate(_records(reader, load.path), start=1):
                out.put(record, count)
        if count != claimed:
            raise damaged(load.path, f"it gave {count:,} records of {claimed:,} counted")
        return columns


def _records(reader: Iterable[Any], origin: str) -> Iterator[bytes]:
    """Records as documents; where they are written is no concern of what may be wrong with them."""
    done = 0
    try:
        for record in reader:
            yield _document(record)
            done += 1
    except MemoryError:
        raise
    except Exception as error:  # damaged bytes make the library raise whatever they lead to
        raise damaged(origin, f"record {done + 1:,} cannot be decoded") from error


def _opened(stream: IO[bytes], origin: str) -> Any:
    try:
        import fastavro
    except ImportError as error:
        raise missing_library(origin, "Avro files", "avro") from error
    try:
        return fastavro.reader(stream)
    except Exception as error:  # as above, of a schema that is damaged
        raise damaged(origin, "it is no complete Avro file") from error


def _columns(schema: dict[str, Any], origin: str) -> Columns:
    """Columns of a schema, of which the library proves no more than it needs itself.

    Raises:
        TaskFailed: (SRC003) it is none.
    """
    try:
        return tuple((f["name"], (_type(f["type"], (), is_top=True),)) for f in schema["fields"])
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise damaged(origin, "its schema is damaged") from error


def _type(schema: Any, within: tuple[str, ...], *, is_top: bool = False) -> str:
    """The engine's type of a schema. What has no exact one is kept as JSON."""
    if isinstance(schema, list):
        rest = [one for one in schema if one != "null"]
        return _type(rest[0], within, is_top=is_top) if len(rest) == 1 else "JSON"
    if isinstance(schema, str):
        # Names of records defined elsewhere in the schema may refer to themselves.
        kind = "bytes" if schema == "bytes" else _PLAIN.get(schema, "JSON")
        return ("BLOB" if is_top else "VARCHAR") if kind == "bytes" else kind
    kind = schema["type"]
    logical = schema.get("logicalType")
    if logical == "decimal" and kind in ("bytes", "fixed") and schema.get("precision", 0) <= 38:
        return f"DECIMAL({schema['precision']},{schema.get('scale', 0)})"
    if (kind, logical) in _LOGICAL:
        return _LOGICAL[kind, logical]
    match kind:
        case "record":
            name = schema.get("name", "")
            if name in within or not schema["fields"]:
                return "JSON"
            inner = (*within, name)
            return struct((f["name"], _type(f["type"], inner)) for f in schema["fields"])
        case "array":
            return f"{_type(schema['items'], within)}[]"
        case "map":
            return f"MAP(VARCHAR, {_type(schema['values'], within)})"
        case "bytes" | "fixed":
            return "BLOB" if is_top else "VARCHAR"
        case _:
            return _type(kind, within, is_top=is_top)


def _document(record: Any) -> bytes:
    try:
        return json.dumps(record, default=_json, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        return json.dumps(_finite(record), default=_json, ensure_ascii=False).encode()


def _finite(value: Any) -> Any:
    """The same with the numbers that JSON does not have as text."""
    match value:
        case float():
            return value if math.isfinite(value) else str(value)
        case dict():
            return {name: _finite(inner) for name, inner in value.items()}
        case list():
            return [_finite(inner) for inner in value]
        case _:
            return value


def _json(value: Any) -> Any:
    match value:
        case bytes():
            return value.hex()
        case dt.datetime():
            return value.isoformat(sep=" ")
        case dt.date() | dt.time():
            return value.isoformat()
        case decimal.Decimal():
            return f"{value:f}"
        case uuid.UUID():
            return str(value)
        case _:
            raise TypeError(type(value).__name__)


def _scan(path: Path, origin: str, most: int) -> int:
    """Records that the blocks of a file claim; its size once it is decompressed is proved on the way.

    Raises:
        TaskFailed: (SRC003) it is damaged; (SRC013) it becomes too large.
    """
    try:
        with path.open("rb") as stream:
            codec, sync = _header(stream)
            size = path.stat().st_size
            count = total = 0
            while stream.tell() < size:
                records, length = _long(stream), _long(stream)
                if records < 0 or not 0 <= length <= size - stream.tell():
                    raise EOFError("a block is longer than the file")
                total += _expanded(stream.read(length), codec, origin, most - total)
                count += records
                if stream.read(16) != sync:
                    raise EOFError("a block does not end where it should")
    except (EOFError, ValueError, zlib.error) as error:
        raise damaged(origin, f"it is no complete Avro file: {error}") from error
    return count


def _header(stream: IO[bytes]) -> tuple[str, bytes]:
    if stream.read(4) != _MAGIC:
        raise EOFError("it does not begin like one")
    found: dict[str, bytes] = {}
    while entries := _long(stream):
        if entries < 0:
            entries = -entries
            _long(stream)
        for _ in range(min(entries, 10_000)):
            name = _bytes(stream).decode()
            found[name] = _bytes(stream)
    return found.get("avro.codec", b"null").decode(), stream.read(16)


def _expanded(block: bytes, codec: str, origin: str, most: int) -> int:
    """Size of a block once it is decompressed; never more of it than allowed is held."""
    limit = min(most, _MOST_BLOCK)
    total = sum(len(piece) for piece in _pieces(block, codec, limit))
    if total > limit:
        raise swollen(origin, limit)
    return total


def _pieces(block: bytes, codec: str, limit: int) -> Iterator[bytes]:
    if codec == "deflate":
        inflate = zlib.decompressobj(-15)
        piece = inflate.decompress(block, 1 << 20)
        total = 0
        while piece and total <= limit:
            total += len(piece)
            yield piece
            piece = inflate.decompress(inflate.unconsumed_tail, 1 << 20)
    elif codec in ("null", "snappy", "bzip2", "xz", "zstandard"):
        # The block tells no more; what it becomes is bounded when the records are written.
        yield block
    else:
        raise ValueError(f"its codec `{codec}` is unknown")


def _long(stream: IO[bytes]) -> int:
    found = shift = 0
    while True:
        byte = stream.read(1)
        if not byte or shift > 63:
            raise EOFError("it ends too early")
        found |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return (found >> 1) ^ -(found & 1)
        shift += 7


def _bytes(stream: IO[bytes]) -> bytes:
    length = _long(stream)
    if not 0 <= length <= 1 << 24:
        raise EOFError("its header is damaged")
    return stream.read(length)
