"""Schema of a query and the refusals that come with it."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from andon.engines.duckdb import forms
from andon.errors import Problem, TaskFailed
from andon.ports.engine import Scalar
from andon.schema import Column, Schema


def schema_of(relation: duckdb.DuckDBPyRelation) -> Schema:
    """Columns of a relation with their stored forms."""
    columns = []
    seen: set[str] = set()
    for name, kind in zip(relation.columns, map(str, relation.types), strict=True):
        if name.casefold() in seen:
            raise _repeated(name)
        seen.add(name.casefold())
        if part := forms.refused_part(kind):
            raise _not_storable(name, part)
        columns.append(Column(name=name, type=kind, stored=forms.stored_form(kind)))
    return Schema(tuple(columns))


def bound(
    cursor: duckdb.DuckDBPyConnection, query: str, parameters: Mapping[str, Scalar]
) -> dict[str, Scalar] | None:
    """The parameters a query reads. Refuses what is not exactly one select."""
    return parsed(cursor, query, parameters)[1]


def parsed(
    cursor: duckdb.DuckDBPyConnection, query: str, parameters: Mapping[str, Scalar]
) -> tuple[duckdb.Statement, dict[str, Scalar] | None]:
    """The one select that a query is, parsed once, and the parameters it reads."""
    statements = cursor.extract_statements(query)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise not_one_select(len(statements))
    wanted = {
        name: parameters[name] for name in statements[0].named_parameters if name in parameters
    }
    return statements[0], wanted or None


def failed(code: str, what: str, why: str, fix: str) -> TaskFailed:
    """A refusal of a query with one problem."""
    return TaskFailed(Problem(code=code, what=what, why=why, fix=fix))


def not_one_select(count: int) -> TaskFailed:
    """What is told of a text that is no asset's query."""
    return failed(
        "ENG010",
        f"the query is not one select ({count} statements)"
        if count != 1
        else "the query is no select",
        "an asset is the rows of one select; a `pivot` without `in (...)` is two statements",
        "write one select; name the values of a pivot: `pivot t on c in ('a', 'b') using sum(x)`",
    )


def _repeated(name: str) -> TaskFailed:
    return failed(
        "ENG011",
        f"two columns are called `{name}`",
        "columns are told apart by name without case, in files and by readers",
        f"rename one: `... as {name}_2`, or leave it out: `select * exclude ({name})`",
    )


def _not_storable(name: str, kind: str) -> TaskFailed:
    return failed(
        "ENG012",
        f"column `{name}` has a type that cannot be stored: {kind}",
        "no file format keeps its values exactly",
        f"cast it: `cast({name} as JSON)` or to the type that is meant",
    )
