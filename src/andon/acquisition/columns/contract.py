"""A data contract drafted from what is served: columns, types, and rules that no value gives away."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from andon.acquisition.columns.shape import LIST, STRUCT, inner
from andon.spec.source import SourceSpec, SourceTable

API_VERSION = "v3.1.0"
"""Version of the Open Data Contract Standard that drafts are written in."""

MOST_VALUES = 20
"""Different values up to which a column of codes gets a list of accepted ones."""

LEAST_ROWS = 100
LEAST_TIMES = 5
"""Rows of the table, and of every value, from which a list of values says anything."""

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.+-]{0,23}\Z")
_PERSONAL = frozenset(
    """
    account address age birth birthday birthdate bic card city comment company contact credit customer
    disability dob email employee ethnicity family fax first gender given health iban ip language last
    lat latitude license location login lon longitude mail maiden marital message middle mobile name
    nationality note number passport password person phone photo plate postal postcode race religion
    remark salary sex sign ssn street surname tax tel telephone text title token user username vat zip
    """.split()
)
_LOGICAL: Mapping[str, str] = {
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"), "integer"),
    **dict.fromkeys(("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"), "integer"),
    **dict.fromkeys(("FLOAT", "DOUBLE", "DECIMAL", "BIGNUM"), "number"),
    **dict.fromkeys(("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"), "timestamp"),
    "TIMESTAMP WITH TIME ZONE": "timestamp",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIME": "time",
    "MAP": "object",
}


class ColumnProfile(Struct, frozen=True, kw_only=True):
    """What is known of the values of one column.

    Attributes:
        is_unique: no value comes twice and none is null, as was counted.
        is_negative: of numbers, whether one is below zero, or none at all (NaN); None of others.
        values: the different values with how often each comes, where they are few; else empty.
    """

    name: str
    type: str
    nulls: int
    is_unique: bool = False
    is_negative: bool | None = None
    values: tuple[tuple[str, int], ...] = ()


def draft(
    project: str,
    environment: str,
    source: SourceSpec,
    table: SourceTable,
    rows: int,
    columns: Sequence[ColumnProfile],
    key: Sequence[str],
) -> dict[str, Any]:
    """A contract as plain values, keys in the order they are written.

    Args:
        key: columns of the table's key, if no two rows share it.

    No value of a row is in it but words that come often in a column of codes, and none of a column
    that may tell of a person.
    """
    schema_name, _, name = table.name.partition(".")
    document: dict[str, Any] = {
        "apiVersion": API_VERSION,
        "kind": "DataContract",
        "id": f"{project}.{table.name}",
        "name": table.name,
        "version": "0.1.0",
        "status": "draft",
    }
    purpose = table.description or source.description
    if purpose:
        document["description"] = {"purpose": purpose}
    owner = table.owner or source.owner
    if owner:
        document["team"] = {"name": owner}
    if table.tags:
        document["tags"] = list(table.tags)
    document["servers"] = [
        {
            "server": environment,
            "type": "duckdb",
            "database": f"{environment}.duckdb",
            "schema": schema_name,
        }
    ]
    places = {column.casefold(): at for at, column in enumerate(key, start=1)}
    notes = {column.casefold(): dict(kept) for column, kept in table.column_notes}
    document["schema"] = [
        {
            "name": name,
            "physicalName": table.name,
            "logicalType": "object",
            "physicalType": "table",
            "properties": [
                _property(column, places, notes.get(column.name.casefold(), {}), rows)
                for column in columns
            ],
        }
    ]
    if rows:
        document["schema"][0]["quality"] = [
            {
                "metric": "rowCount",
                "mustBeGreaterThan": 0,
                "description": "the table is never empty",
            }
        ]
    custom = [("sourceSystem", table.system or table.source), ("legalBasis", source.legal_basis)]
    document["customProperties"] = [
        {"property": word, "value": value} for word, value in custom if value
    ]
    return document


def _property(
    column: ColumnProfile, key: Mapping[str, int], notes: Mapping[str, str], rows: int
) -> dict[str, Any]:
    found: dict[str, Any] = {"name": column.name, **_typed(column.type)}
    if "description" in notes:
        found["description"] = notes["description"]
    if rows and not column.nulls:
        found["required"] = True
    at = key.get(column.name.casefold())
    if column.is_unique:
        found["unique"] = True
    if at:
        found["primaryKey"] = True
        found["primaryKeyPosition"] = at
    if "classification" in notes:
        found["classification"] = notes["classification"]
    if rows and column.is_negative is False and not may_be_personal(column.name, notes):
        found["logicalTypeOptions"] = {"minimum": 0}
    words = accepted(column, notes, rows)
    if words:
        found["quality"] = [
            {"metric": "invalidValues", "arguments": {"validValues": words}, "mustBe": 0}
        ]
    return found


def _typed(kind: str) -> dict[str, Any]:
    """Logical and physical type of a column, with the fields within it."""
    what, fields = inner(kind)
    if what == STRUCT:
        return {
            "logicalType": "object",
            "physicalType": kind,
            "properties": [{"name": name, **_typed(part)} for name, part in fields],
        }
    if what == LIST:
        return {"logicalType": "array", "physicalType": kind, "items": _typed(fields[0][1])}
    logical = _LOGICAL.get(kind.partition("(")[0], "string")
    found: dict[str, Any] = {"logicalType": logical, "physicalType": kind}
    if kind == "TIMESTAMP WITH TIME ZONE":
        found["logicalTypeOptions"] = {"timezone": True}
    return found


def may_be_personal(name: str, notes: Mapping[str, str]) -> bool:
    """Whether a column may tell of a person: it is classified, or its name says so.

    >>> may_be_personal("firstName", {}), may_be_personal("status", {})
    (True, False)
    """
    if notes.get("classification"):
        return True
    words = re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).casefold())
    return not _PERSONAL.isdisjoint(words)


def accepted(column: ColumnProfile, notes: Mapping[str, str], rows: int) -> list[str]:
    """The words of a column of codes, sorted; empty where they may be more than codes.

    A value is given away only if it is one short word without blanks, comes often, and the column
    neither is classified nor has a name that may tell of a person.
    """
    if rows < LEAST_ROWS or not 1 < len(column.values) <= MOST_VALUES:
        return []
    if may_be_personal(column.name, notes):
        return []
    if any(count < LEAST_TIMES or not _CODE.match(word) for word, count in column.values):
        return []
    return sorted(word for word, _ in column.values)
