"""The keys that every asset may declare, in YAML or in Python."""

from __future__ import annotations

from msgspec import Struct

from andon.names import did_you_mean, is_identifier
from andon.project.check_entries import read_checks
from andon.project.fields import Fields, where_of
from andon.project.yaml import MapNode, Node, ScalarNode
from andon.spec.check import Check, Tolerance
from andon.spec.column_type import NESTED, SIMPLE, base_of, is_column_type
from andon.spec.policy import WORDS, ColumnRule

COMMON = ("description", "owner", "tags", "key", "checks", "limit", "together", "columns")
SQL_ONLY = ("materialize", "interval", "strategy", "every", "retries", "for", "name")
DEFAULT_LIMIT = Tolerance(share=0.01)
_OF_RAW = ("required", "schema")

Types = tuple[tuple[str, str], ...]
Notes = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


class Declared(Struct, frozen=True, kw_only=True):
    """What tables of any origin may declare."""

    description: str
    owner: str
    tags: tuple[str, ...]
    key: tuple[str, ...]
    checks: tuple[Check, ...]
    together: tuple[str, ...]
    columns: Types
    notes: Notes
    limit: Tolerance
    rules: tuple[ColumnRule, ...] = ()


def read_declared(fields: Fields, *, is_view: bool = False, is_raw: bool = False) -> Declared:
    """The common keys; problems are noted in the findings of `fields`."""
    types, notes, rules = read_columns(fields, is_raw=is_raw)
    before = len(fields.findings.problems)
    key = fields.names("key")
    if "key" in fields.values and not key and len(fields.findings.problems) == before:
        fields.wrong(fields.values["key"], "key", "the names of columns", "id")
    together = fields.names("together")
    check_groups(fields, together)
    return Declared(
        description=fields.text("description"),
        owner=fields.text("owner"),
        tags=fields.names("tags"),
        key=key,
        checks=read_checks(fields, is_view=is_view),
        together=together,
        columns=types,
        notes=notes,
        limit=fields.tolerance("limit", DEFAULT_LIMIT),
        rules=rules,
    )


def read_columns(
    fields: Fields, *, is_raw: bool = False
) -> tuple[Types, Notes, tuple[ColumnRule, ...]]:
    """Declared types, notes and rules by column; a raw table knows more of them."""
    types: list[tuple[str, str]] = []
    rules: list[ColumnRule] = []
    notes: list[tuple[str, tuple[tuple[str, str], ...]]] = []
    for name, _, value in fields.mapping("columns", "{amount: DECIMAL(18,2)}") or ():
        if isinstance(value, MapNode):
            known = ("type", "description", "classification", *(_OF_RAW if is_raw else ()))
            column = Fields(fields.file, fields.findings, value, known, f"column `{name}`")
            declared = column.text("type")
            kept = tuple((k, t) for k in known[1:3] if (t := column.text(k)))
            word = column.choice("schema", WORDS, "") if is_raw else ""
            rules.append(
                ColumnRule(
                    name=name,
                    type=declared,
                    required=column.boolean("required") if is_raw else None,
                    word=next((w for w in WORDS if w == word), ""),
                )
            )
            if kept:
                notes.append((name, kept))
            if declared and check_type(fields, column.values["type"], name, declared):
                types.append((name, declared))
        elif isinstance(value, ScalarNode) and isinstance(value.value, str):
            if check_type(fields, value, name, value.value):
                types.append((name, value.value))
            rules.append(ColumnRule(name=name, type=value.value))
        else:
            fields.wrong(value, name, "a type or `{type, description, classification}`", "INTEGER")
    return tuple(types), tuple(notes), tuple(rules)


def check_type(fields: Fields, node: Node, column: str, text: str) -> bool:
    """Whether a declared type is one; else PRJ030 is noted."""
    if is_column_type(text):
        return True
    fields.findings.add(
        "PRJ030",
        where_of(fields.file, node),
        what=f"column `{column}` is declared as `{text}`, which is no type of the engine",
        why="columns are cast to their declared types when they are written",
        fix=did_you_mean(
            (base_of(text) or text).lower(),
            sorted(name.lower() for name in SIMPLE | NESTED),
            "write a type such as `INTEGER`, `DECIMAL(18,2)`, `VARCHAR` or `TIMESTAMP`",
        ),
    )
    return False


def check_groups(fields: Fields, groups: tuple[str, ...]) -> None:
    """Names of publication groups are plain identifiers; else PRJ007 is noted."""
    for group in groups:
        if not is_identifier(group):
            fields.findings.add(
                "PRJ007",
                fields.where("together"),
                what=f"`{group}` is no name of a group",
                why="names are lower-case letters, digits and underscores",
                fix="rename the group",
            )
