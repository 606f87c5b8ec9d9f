"""Sources: one YAML file each below ``sources/``."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from pathlib import PurePosixPath
from typing import Final, get_args

from andon.names import AssetName, closest, is_identifier
from andon.project.asset_keys import COMMON, DEFAULT_LIMIT, read_declared
from andon.project.dialect import read_dialect
from andon.project.fields import Fields, read_mapping, where_of
from andon.project.origins.files import FILES
from andon.project.origins.kind import OriginKind
from andon.project.origins.known import KINDS, kind_of
from andon.project.policies import read_policy
from andon.project.text import Findings, TextFile
from andon.project.widths import read_widths
from andon.project.yaml import MapNode, ScalarNode
from andon.spec.format import format_of
from andon.spec.origin import FilesOrigin
from andon.spec.policy import accept
from andon.spec.quantity import bytes_of
from andon.spec.source import Format, SourceSpec, SourceTable

SOURCE_KEYS = (
    "connection",
    "description",
    "owner",
    "system",
    "legal_basis",
    "schema",
    "tables",
)
_TEXT: Final = frozenset({"csv", "tsv"})
_FIXED: Final = frozenset({"fixed"})
_SHEET: Final = frozenset({"xlsx"})
_FILES: Final = frozenset({"files"})
_JSON: Final = frozenset({"json", "jsonl"})
_APPLIES: Final = {
    "delimiter": _TEXT,
    "quote": _TEXT,
    "header": _TEXT | _FIXED | _SHEET,
    "encoding": _TEXT | _FIXED | _JSON | _FILES,
    "nulls": _TEXT | _FIXED | _SHEET,
    "escape": _TEXT,
    "comment": _TEXT,
    "decimal": _TEXT | _FIXED,
    "dates": _TEXT | _FIXED,
    "widths": _FIXED,
    "sheet": _SHEET,
    "records": _JSON | {"xml"},
    "text_limit": _FILES,
}
"""Keys of how a file is read, each with the formats that have such a thing."""

DIALECT_KEYS = (*_APPLIES, "expand_limit")
TABLE_KEYS = (*COMMON, "contract", "quarantine_limit", "schema")


def read_source(file: TextFile, findings: Findings) -> SourceSpec | None:
    """The source that a file declares, or None if it is wrong."""
    before = len(findings.problems)
    node = read_mapping(file, findings, file.text)
    if node is None:
        return None
    fields = Fields(file, findings, node, SOURCE_KEYS, "a source")
    name = PurePosixPath(file.path).stem
    tables = fields.mapping("tables", "{orders: {path: data/orders.csv}}")
    if not tables or not tables.entries:
        findings.add(
            "PRJ005",
            file.where(node.line, node.column),
            what=f"source `{name}` declares no tables",
            why="a source is read table by table",
            fix="write `tables: {orders: {path: data/orders.csv}}`",
        )
        return None
    reached = _read_connection(fields)
    if reached is None:
        return None
    kind, connection = reached
    found = tuple(
        table
        for word, _, value in tables
        if (table := _read_table(fields, name, word, value, kind, connection))
    )
    for word, key, _ in tables:
        if not is_identifier(word):
            findings.add(
                "PRJ007",
                where_of(file, key),
                what=f"`{word}` is no name of a table",
                why="names are lower-case letters, digits and underscores, not starting with a digit",
                fix="rename the key; the file's own name stays in `path`",
            )
    if len(findings.problems) > before:
        return None
    return SourceSpec(
        name=name,
        path=file.path,
        tables=tuple(sorted(found, key=lambda table: table.name)),
        system=fields.text("system"),
        legal_basis=fields.text("legal_basis"),
        owner=fields.text("owner"),
        description=fields.text("description"),
    )


def _read_connection(source: Fields) -> tuple[OriginKind, Fields | None] | None:
    """The kind of origin and how it is reached; files where nothing is said.

    A wrong word is read as the one close to it, so that its mistake is told once; None without one.
    """
    node = source.mapping("connection", "{kind: postgres, host: localhost, database: shop}")
    if node is None:
        return FILES, None
    words = Fields(source.file, Findings(), node, ("kind",), "a connection")
    named = words.values.get("kind")
    kind = kind_of(str(named.value)) if isinstance(named, ScalarNode) else None
    if kind is None:
        if named is None:
            known = ", ".join(f"`{word}`" for word in KINDS)
            source.wrong(node, "kind", f"one of {known}", KINDS[0], "it is not written")
        else:
            source.not_among(named, "kind", KINDS)
        near = closest(str(named.value), KINDS) if isinstance(named, ScalarNode) else None
        kind = kind_of(near) if near else None
        if kind is None:
            return None
    keys = ("kind", *kind.connection_keys)
    return kind, Fields(source.file, source.findings, node, keys, "this connection")


def _read_table(
    source: Fields,
    name: str,
    word: str,
    value: object,
    kind: OriginKind,
    connection: Fields | None,
) -> SourceTable | None:
    file, findings = source.file, source.findings
    if not isinstance(value, MapNode):
        source.wrong(source.values["tables"], word, "a mapping", "{path: data/orders.csv}")
        return None
    dialect_keys = DIALECT_KEYS if kind.has_dialect else ()
    keys = (*TABLE_KEYS, *kind.table_keys, *dialect_keys)
    fields = Fields(file, findings, value, keys, f"table `{name}.{word}`")
    declared = read_declared(fields, is_raw=True)
    origin = kind.read(fields, connection)
    if origin is None:
        return None
    paths = origin.paths if isinstance(origin, FilesOrigin) else ()
    form = fields.choice("format", get_args(Format), "") if "format" in fields.values else ""
    _refuse_idle_keys(fields, {form} if form else {format_of(path) or "" for path in paths})
    return SourceTable(
        name=AssetName(f"{name}.{word}"),
        source=name,
        origin=origin,
        system=source.text("system") or name,
        format=next((known for known in get_args(Format) if known == form), kind.format),
        dialect=read_dialect(fields),
        records=fields.text("records"),
        widths=read_widths(fields, form),
        sheet=fields.text("sheet"),
        text_limit=fields.quantity("text_limit", bytes_of, "write for example `1MB`"),
        expand_limit=fields.quantity("expand_limit", bytes_of, "write for example `20GB`"),
        columns=declared.columns,
        contract=fields.text("contract"),
        rules=declared.rules,
        accepted=accept((), declared.rules),
        schema_policy=read_policy(source, fields, declared.rules),
        column_notes=declared.notes,
        checks=declared.checks,
        key=declared.key,
        limit=declared.limit,
        quarantine_limit=fields.tolerance("quarantine_limit", DEFAULT_LIMIT),
        together=declared.together,
        description=declared.description,
        owner=declared.owner or source.text("owner"),
        tags=declared.tags,
        where_path=file.path,
    )


def _refuse_idle_keys(fields: Fields, formats: AbstractSet[str]) -> None:
    """Note every key that means nothing for any of the formats; "" is one that is not known yet."""
    for name, applies in _APPLIES.items():
        if name in fields.values and formats and formats.isdisjoint(applies | {""}):
            shown = " and ".join(sorted(formats))
            fields.findings.add(
                "PRJ036",
                where_of(fields.file, fields.values[name]),
                what=f"`{name}` means nothing for {shown} files",
                why="a key without an effect would let one believe in it",
                fix=f"take `{name}` out, or correct `format` or `path`",
            )
