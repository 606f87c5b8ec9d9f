"""Data contracts as declarations: the properties of a contract are the columns of a raw table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from andon.acquisition.columns.types import struct
from andon.errors import Where
from andon.names import did_you_mean
from andon.project.fields import Fields, read_mapping, where_of
from andon.project.promises import RuleReader, Rules, promised
from andon.project.text import Findings, TextFile
from andon.project.yaml import MapNode, Node, ScalarNode
from andon.spec.column_type import is_column_type
from andon.spec.odcs import OBJECT_KEYS, PROPERTY_KEYS, REQUIRED_KEYS, ROOT_KEYS, TYPES
from andon.spec.policy import ColumnRule, accept
from andon.spec.source import SourceSpec, SourceTable

Notes = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
_KEEPS_PROMISE: Final = "what a contract promises is held to; what is not understood cannot be"


class Promise(Struct, frozen=True, kw_only=True):
    """One object of a contract: the table that it means, and its columns."""

    name: str
    physical_name: str
    columns: tuple[ColumnRule, ...]
    notes: Notes
    rules: Rules


class ContractFile(Struct, frozen=True, kw_only=True):
    """What a contract promises, object by object; what of the whole is not held to, in words."""

    promises: tuple[Promise, ...]
    unheld: tuple[str, ...] = ()


def read_contract(file: TextFile, findings: Findings) -> ContractFile | None:
    """The promises of a contract, or None if it is wrong, which is noted (PRJ004, PRJ005, PRJ047)."""
    before = len(findings.problems)
    node = read_mapping(file, findings, file.text)
    if node is None:
        return None
    root = Fields(file, findings, node, ROOT_KEYS, "a data contract")
    _check_head(root)
    promises = tuple(_promises(root))
    if len(findings.problems) > before:
        return None
    unheld = ("`slaProperties`",) if "slaProperties" in root.values else ()
    return ContractFile(promises=promises, unheld=unheld)


def with_contracts(
    source: SourceSpec,
    declared_in: TextFile,
    findings: Findings,
    read: Callable[[str], ContractFile | None],
) -> SourceSpec:
    """A source whose tables have the columns that their contracts promise.

    Args:
        read: a contract by its path; None if it is not there or wrong, which is noted.
    """
    if not any(table.contract for table in source.tables):
        return source
    tables = tuple(
        _with_contract(table, source.owner, declared_in, findings, read)
        if table.contract
        else table
        for table in source.tables
    )
    return replace(source, tables=tables)


def refuse_path(findings: Findings, where: Where, path: str) -> None:
    """Note that a contract is not there (PRJ047)."""
    findings.add(
        "PRJ047",
        where,
        what=f"there is no contract `{path}` in the project",
        why="a contract is a file of the project, by its path from the project's folder",
        fix="draft it with `andon source contract NAME --write`, or correct the path",
    )


def is_inside(path: str) -> bool:
    """Whether a path leads into the project."""
    return not PurePosixPath(path).is_absolute() and ".." not in path.split("/")


def _with_contract(
    table: SourceTable,
    owner: str,
    declared_in: TextFile,
    findings: Findings,
    read: Callable[[str], ContractFile | None],
) -> SourceTable:
    contract = read(table.contract)
    if contract is None:
        return table
    _, _, short = table.name.partition(".")
    promise = next(
        (p for p in contract.promises if table.name in (p.physical_name, p.name)),
        next((p for p in contract.promises if short in (p.physical_name, p.name)), None),
    )
    if promise is None and len(contract.promises) == 1:
        promise = contract.promises[0]
    if promise is None:
        known = [name for p in contract.promises for name in (p.name, p.physical_name) if name]
        findings.add(
            "PRJ047",
            declared_in.where_of(table.contract),
            what=f"`{table.contract}` says nothing about `{table.name}`",
            why="a contract with several objects is about the one that has the name of the table",
            fix=did_you_mean(short, known, f"give an object of it the name `{short}`"),
        )
        return table
    accepted = accept(promise.columns, table.rules)
    written = dict(table.column_notes)
    notes = {**dict(promise.notes), **written}
    return replace(
        table,
        columns=accepted.columns,
        accepted=accepted,
        column_notes=tuple(notes.items()),
        checks=(
            *table.checks,
            *promised(
                promise.rules, table.checks, table.rules, table.contract, table.owner or owner
            ),
        ),
        unheld=(*contract.unheld, *promise.rules.unheld),
    )


def _check_head(root: Fields) -> None:
    for name in REQUIRED_KEYS:
        if name not in root.values:
            _refuse(
                root, root.node, f"the contract has no `{name}`", f"write `{name}` at its beginning"
            )
    version, kind = root.text("apiVersion"), root.text("kind")
    if version and not version.startswith("v3."):
        _refuse(
            root,
            root.values["apiVersion"],
            f"the contract is of version `{version}` of the standard",
            "write it by version 3 of the Open Data Contract Standard: `apiVersion: v3.1.0`",
        )
    if kind and kind != "DataContract":
        _refuse(root, root.values["kind"], f"`kind` is `{kind}`", "write `kind: DataContract`")


def _promises(root: Fields) -> Iterator[Promise]:
    items = root.items("schema", "[{name: orders, properties: [{name: id}]}]")
    if not items:
        _refuse(
            root,
            root.values.get("schema", root.node),
            "the contract has no `schema`",
            "list the table with its properties: `schema: [{name: orders, properties: [...]}]`",
        )
    for item in items:
        if not isinstance(item, MapNode):
            root.wrong(item, "schema", "a list of objects", "[{name: orders, properties: [...]}]")
            continue
        fields = Fields(root.file, root.findings, item, OBJECT_KEYS, "an object of a contract")
        reader = RuleReader()
        columns, notes = _columns(fields, reader)
        yield Promise(
            name=_name(fields, "an object"),
            physical_name=fields.text("physicalName"),
            columns=columns,
            notes=notes,
            rules=reader.finish(fields),
        )


def _columns(owner: Fields, reader: RuleReader) -> tuple[tuple[ColumnRule, ...], Notes]:
    rules: list[ColumnRule] = []
    notes: list[tuple[str, tuple[tuple[str, str], ...]]] = []
    for fields in _properties(owner):
        name = fields.text("physicalName") or _name(fields, "a property")
        if any(name.casefold() == rule.name.casefold() for rule in rules):
            _refuse(fields, fields.node, f"property `{name}` comes twice", "take one of them out")
        rules.append(
            ColumnRule(
                name=name,
                type=_type(fields, name, reader),
                required=bool(fields.boolean("required")),
            )
        )
        reader.column(fields, name)
        kept = tuple((k, t) for k in ("description", "classification") if (t := fields.text(k)))
        if kept:
            notes.append((name, kept))
    if not rules:
        _refuse(
            owner, owner.node, "an object of the contract has no properties", "list its columns"
        )
    return tuple(rules), tuple(notes)


def _properties(owner: Fields) -> Iterator[Fields]:
    for item in owner.items("properties", "[{name: id, logicalType: integer}]"):
        if isinstance(item, MapNode):
            yield Fields(owner.file, owner.findings, item, PROPERTY_KEYS, "a property")
        else:
            owner.wrong(item, "properties", "a list of properties", "[{name: id}]")


def _name(fields: Fields, of: str) -> str:
    name = fields.text("name")
    if not name:
        _refuse(fields, fields.node, f"{of} of the contract has no name", "write `name`")
    return name


def _type(fields: Fields, name: str, reader: RuleReader) -> str:
    """Type of a property: by the fields in it, its physical type, else its logical type."""
    logical = fields.text("logicalType")
    if logical and logical not in TYPES:
        fix = did_you_mean(logical, TYPES, "write one of " + ", ".join(f"`{t}`" for t in TYPES))
        what = (
            f"property `{name}` has the logical type `{logical}`, which the standard does not know"
        )
        _refuse(fields, fields.values["logicalType"], what, fix)
        return ""
    if "properties" in fields.values:
        inner = []
        for part in _properties(fields):
            own = _name(part, "a property")
            reader.part(part, f"{name}.{own}")
            inner.append((own, _type(part, f"{name}.{own}", reader)))
        return struct(inner) if inner and all(kind for _, kind in inner) else ""
    items = fields.values.get("items")
    if isinstance(items, MapNode):
        element = Fields(fields.file, fields.findings, items, PROPERTY_KEYS, "`items`")
        reader.part(element, f"{name}[]")
        kind = _type(element, f"{name}[]", reader)
        return f"{kind}[]" if kind else ""
    physical = fields.text("physicalType")
    if physical and is_column_type(physical):
        return physical
    if logical == "timestamp" and _has_zone(fields.values.get("logicalTypeOptions")):
        return "TIMESTAMP WITH TIME ZONE"
    if logical:
        return TYPES[logical]
    where = fields.values.get("physicalType", fields.node)
    _refuse(
        fields,
        where,
        f"property `{name}` has {'a' if physical else 'no'} type"
        + (f" `{physical}` that the engine does not know" if physical else ""),
        "write a `logicalType` such as `string`, `integer`, `number`, `date` or `timestamp`",
    )
    return ""


def _has_zone(node: Node | None) -> bool:
    options = {key: value for key, _, value in node} if isinstance(node, MapNode) else {}
    zone = options.get("timezone")
    return isinstance(zone, ScalarNode) and zone.value is True


def _refuse(fields: Fields, node: Node, what: str, fix: str) -> None:
    fields.findings.add(
        "PRJ047", where_of(fields.file, node), what=what, why=_KEEPS_PROMISE, fix=fix
    )
