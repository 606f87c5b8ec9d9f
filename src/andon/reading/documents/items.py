"""Records that lie within JSON documents, at a declared path: each as it is written there."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
from msgspec import Raw

from andon.acquisition.deliveries.choose import Load
from andon.errors import Problem, TaskFailed
from andon.reading.delimited.survey import BOM
from andon.reading.documents.clean import LONGEST, CleanLines
from andon.reading.documents.survey import MOST_DEPTH, depth_of, fault_of, json_lines
from andon.reading.stored.codecs import chunks, damaged
from andon.reading.stored.encodings import by_mark
from andon.reading.stored.readable import ReadableFiles
from andon.spec.format import format_of
from andon.spec.source import SourceTable

_MOST = 1_000_000_000
"""Largest document in bytes that is looked into: it is held in memory."""

_INDEX = re.compile(r"-?\d{1,9}\Z")


class Items:
    """Finds the records of documents; implements `Convert`."""

    def __init__(self, table: SourceTable, readable: ReadableFiles) -> None:
        self._table = table
        self._readable = readable
        self._path = tuple(table.records.split("."))

    def __call__(self, load: Load, out: CleanLines) -> None:
        """Write every record at the path; a null there is none.

        Raises:
            TaskFailed: (SRC003) it is no JSON; (SRC019) nothing is at the path.
        """
        number = 0
        for text in self._documents(load):
            try:
                found = list(self._at_path(text, load.path))
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise damaged(load.path, "it is not valid JSON") from error
            except RecursionError:
                raise damaged(load.path, f"it is nested more than {MOST_DEPTH} deep") from None
            for raw in found:
                number += 1
                _put(out, bytes(raw), number)

    def _documents(self, load: Load) -> Iterator[bytes]:
        encoding = "" if self._table.dialect.encoding else by_mark(self._readable.head(load, 4))
        with self._readable.open(load, encoding) as stream:
            if (self._table.format or format_of(load.path)) == "jsonl":
                for _, body in json_lines(stream, LONGEST):
                    yield body
                return
            parts: list[bytes] = []
            total = 0
            for chunk in chunks(stream):
                parts.append(chunk)
                total += len(chunk)
                if total > _MOST:
                    raise damaged(load.path, "it is one document of more than 1 GB")
        text = b"".join(parts).removeprefix(BOM)
        if text.strip():
            yield text

    def _at_path(self, text: bytes | Raw, origin: str) -> Iterator[bytes | Raw]:
        found: list[bytes | Raw] = [text]
        for name in self._path:
            found = [inner for outer in found for inner in self._step(outer, name, origin)]
        for value in found:
            match _kind(value):
                case "list":
                    yield from msgspec.json.decode(value, type=list[Raw])
                case "object":
                    yield value
                case "null":
                    pass
                case _:
                    raise _nothing_there(self._table, origin, "it is neither a list nor an object")

    def _step(self, text: bytes | Raw, name: str, origin: str) -> list[bytes | Raw]:
        kind = _kind(text)
        if kind == "list":
            items: list[bytes | Raw] = list(msgspec.json.decode(text, type=list[Raw]))
            if not _INDEX.match(name):
                return [inner for item in items for inner in self._step(item, name, origin)]
            if -len(items) <= int(name) < len(items):
                return [items[int(name)]]
        if kind == "object":
            members = msgspec.json.decode(text, type=dict[str, Raw])
            if name in members:
                return [members[name]]
        if kind == "null":
            return []
        raise _nothing_there(self._table, origin, f"there is no `{name}`")


def _put(out: CleanLines, body: bytes, number: int) -> None:
    if len(body) > LONGEST:
        out.put(body, number, "longer than 16 MB")
    elif body.count(b"{") + body.count(b"[") > MOST_DEPTH and depth_of(body) > MOST_DEPTH:
        out.put(body, number, f"nested more than {MOST_DEPTH} deep")
    else:
        fault = fault_of(body)
        out.put(body if fault else msgspec.json.format(body, indent=-1), number, fault)


def _kind(text: bytes | Raw) -> str:
    first = bytes(memoryview(text)[:64]).lstrip()[:1]
    first = first or bytes(text).lstrip()[:1]
    return {b"{": "object", b"[": "list", b"n": "null"}.get(first, "other")


def _nothing_there(table: SourceTable, origin: str, reason: str) -> TaskFailed:
    return TaskFailed(
        Problem(
            code="SRC019",
            what=f"`{origin}` has no records at `{table.records}`: {reason}",
            why="`records` is the path to the list of records, from the outside in",
            fix=f"correct `records` of `{table.name}`; null or an empty list there is no record. To go "
            f"on without the file: `andon check --set-aside {origin}`",
        )
    )
