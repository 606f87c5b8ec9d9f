"""Sources: one YAML file each below ``sources/``."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from pathlib import PurePosixPath
from typing import Final, get_args

from andon.names import AssetName, is_identifier
from andon.project.asset_keys import COMMON, DEFAULT_LIMIT, read_declared
from andon.project.fields import Fields, read_mapping, where_of
from andon.project.text import Findings, TextFile
from andon.project.yaml import MapNode
from andon.spec.format import format_of
from andon.spec.origin import FilesOrigin
from andon.spec.source import CsvDialect, Format, SourceSpec, SourceTable

SOURCE_KEYS = ("description", "owner", "system", "legal_basis", "tables")
_TEXT: Final = frozenset({"csv", "tsv"})
_APPLIES: Final = {
    "delimiter": _TEXT,
    "quote": _TEXT,
    "header": _TEXT,
    "encoding": _TEXT | {"json", "jsonl"},
    "nulls": _TEXT,
}
"""Keys of how a file is read, each with the formats that have such a thing."""

DIALECT_KEYS = tuple(_APPLIES)
TABLE_KEYS = (*COMMON, *DIALECT_KEYS, "path", "format", "quarantine_limit")


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
    owner = fields.text("owner")
    found = tuple(
        table
        for word, key, value in tables
        if (table := _read_table(fields, name, word, value, owner, key.line))
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
        owner=owner,
        description=fields.text("description"),
    )


def _read_table(
    source: Fields, name: str, word: str, value: object, owner: str, line: int
) -> SourceTable | None:
    file, findings = source.file, source.findings
    if not isinstance(value, MapNode):
        source.wrong(source.values["tables"], word, "a mapping", "{path: data/orders.csv}")
        return None
    fields = Fields(file, findings, value, TABLE_KEYS, f"table `{word}`")
    declared = read_declared(fields)
    paths = fields.names("path", "data/orders/*.csv")
    if "path" not in fields.values:
        findings.add(
            "PRJ005",
            file.where(line, 1),
            what=f"table `{name}.{word}` has no `path`",
            why="it is read from files",
            fix=f"write `path: data/{word}.csv`, a glob, or a list of them",
        )
    kind = fields.choice("format", get_args(Format), "") if "format" in fields.values else ""
    _refuse_idle_keys(fields, {kind} if kind else {format_of(path) or "" for path in paths})
    return SourceTable(
        name=AssetName(f"{name}.{word}"),
        source=name,
        origin=FilesOrigin(paths=paths),
        system=source.text("system") or name,
        format=next((known for known in get_args(Format) if known == kind), None),
        dialect=_read_dialect(fields),
        columns=declared.columns,
        column_notes=declared.notes,
        checks=declared.checks,
        key=declared.key,
        limit=declared.limit,
        quarantine_limit=fields.tolerance("quarantine_limit", DEFAULT_LIMIT),
        together=declared.together,
        description=declared.description,
        owner=declared.owner or owner,
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


def _read_dialect(fields: Fields) -> CsvDialect:
    signs: dict[str, str | None] = {}
    for name in ("delimiter", "quote"):
        text = fields.text(name) if name in fields.values else None
        if text is not None and text != "" and len(text) != 1:
            fields.wrong(fields.values[name], name, "one character", '";"')
            text = None
        signs[name] = text or None
    encoding = fields.text("encoding") or None
    if encoding is not None:
        encoding = _known_encoding(fields, encoding)
    return CsvDialect(
        delimiter=signs["delimiter"],
        quote=signs["quote"],
        header=fields.boolean("header"),
        encoding=encoding,
        nulls=_read_nulls(fields),
    )


def _read_nulls(fields: Fields) -> tuple[str, ...] | None:
    return fields.names("nulls", "[NA, '-']") if "nulls" in fields.values else None


def _known_encoding(fields: Fields, name: str) -> str | None:
    import codecs

    try:
        return codecs.lookup(name).name
    except LookupError:
        fields.wrong(
            fields.values["encoding"], "encoding", "the name of a text encoding", "latin-1"
        )
        return None
