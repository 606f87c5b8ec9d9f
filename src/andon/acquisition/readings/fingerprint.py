"""Identity of a raw table's reading, and of one reading of one set of deliveries."""

from __future__ import annotations

from collections.abc import Sequence

from andon.acquisition.cursors.sequence import identity, is_sequence
from andon.acquisition.deliveries.choose import Load, choose
from andon.catalog.records import Delivery
from andon.hashing import Value, value_hash
from andon.spec.source import CsvDialect, SourceTable

READER_VERSION = 5
"""Raise it whenever the same bytes and options would be read into other rows or types."""


def reading(table: SourceTable) -> str:
    """Hash of all that decides how bytes become rows: format, dialect, declared types, reader.

    Facts of a delivery are valid for one reading only. The delivery of the bytes is no part of
    it: paths, limits, checks, keys, owner and description never change a row. What deliveries are
    held to is: it decides which of them are refused.
    """
    dialect = table.dialect
    return value_hash(
        [
            READER_VERSION,
            table.format,
            [dialect.delimiter, dialect.quote, dialect.header, dialect.encoding],
            None if dialect.nulls is None else sorted(set(dialect.nulls)),
            [[name, kind] for name, kind in table.columns],
            table.records,
            [[field.name, field.start, field.width] for field in table.widths],
            table.sheet,
            table.text_limit,
            # It never changes a row, but which files are refused.
            table.expand_limit,
            *_written(dialect),
            *_held_to(table),
        ]
    )


def _written(dialect: CsvDialect) -> list[Value]:
    """How records and values are written; nothing where that is as usual."""
    if not (dialect.escape or dialect.comment or dialect.decimal or dialect.dates):
        return []
    return [["written", dialect.escape, dialect.comment, dialect.decimal, list(dialect.dates)]]


def _held_to(table: SourceTable) -> list[Value]:
    """What deliveries are held to; nothing where they are taken as they come."""
    if not table.contract and table.is_open:
        return []
    policy, accepted = table.schema_policy, table.accepted
    return [
        [policy.columns, policy.types, policy.missing],
        bool(table.contract),
        list(accepted.names),
        sorted(accepted.required),
        sorted([name, word] for name, word in accepted.words),
    ]


def fingerprint(table: SourceTable) -> str:
    """Fingerprint of a raw table: its reading, what is asked for, and the identity of its system."""
    asked = [identity(table), list(table.key)] if is_sequence(table) else []
    return value_hash(["source", reading(table), table.system or table.source, *asked])


def build_key(fingerprint: str, deliveries: Sequence[Delivery], engine_version: str) -> str:
    """Key of the raw table read from a set of deliveries, whatever order they came in."""
    return key_of(fingerprint, choose(deliveries), engine_version)


def key_of(fingerprint: str, loads: Sequence[Load], engine_version: str) -> str:
    """Key of the raw table that consists of these loads.

    Of the engine's version only major and minor enter: a patch release does not read anew.
    """
    minor = ".".join(engine_version.split(".")[:2])
    # Without repeats and repairs the key is the one it always was.
    told: list[Value] = [
        [
            load.path,
            load.content,
            *([load.repeats] if load.repeats else []),
            *([[list(one) for one in load.replaced]] if load.replaced else []),
        ]
        for load in loads
    ]
    return value_hash([fingerprint, told, minor])
