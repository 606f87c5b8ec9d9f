"""Tables that could not be told apart once each stands under the last part of its name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from andon.errors import Problem
from andon.sql.body import SqlBody, TableRef
from andon.sql.lex import Token
from andon.sql.place import place

if TYPE_CHECKING:
    from sqlglot import exp

_SET_OPERATORS = frozenset({"union", "intersect", "except"})


def collisions(body: SqlBody, tokens: Sequence[Token], path: str) -> list[Problem]:
    """Problems of tables with one last name, in one FROM or with columns qualified by schema."""
    bare = [table for table in body.tables if not table.has_alias]
    seen: dict[str, list[TableRef]] = {}
    problems: list[Problem] = []
    for table in bare:
        last = table.name.rpartition(".")[2]
        others = [other for other in seen.get(last, ()) if other.name != table.name]
        seen.setdefault(last, []).append(table)
        for other in others:
            names = {table.name, other.name}
            if _is_one_from(tokens, other, table) or _cut_tables(body) & names:
                problems.append(_problem(body, table, f"`{other.name}`", path))
                break
    return problems


def shadows(body: SqlBody, tree: exp.Expr, path: str) -> list[Problem]:
    """Problems of aliases that hide a table whose columns are qualified by schema and table."""
    cut = _cut_tables(body)
    if not cut:
        return []
    from sqlglot import exp

    aliases = {alias.name.lower() for alias in tree.find_all(exp.TableAlias)}
    return [
        _problem(body, table, "something else", path)
        for table in {table.name: table for table in body.tables if not table.has_alias}.values()
        if table.name in cut and table.name.rpartition(".")[2] in aliases
    ]


def _cut_tables(body: SqlBody) -> set[str]:
    """Names of tables by whose whole name a column is qualified."""
    qualifiers: Iterable[str] = (
        "".join(body.text[drop.start : drop.end].lower().replace('"', "").split())
        for drop in body.drops
    )
    wanted = set(qualifiers)
    return {table.name for table in body.tables if table.name.rpartition(".")[0] + "." in wanted}


def _is_one_from(tokens: Sequence[Token], one: TableRef, two: TableRef) -> bool:
    """Whether two tables stand in the same brackets with no set operator between."""
    depth = 0
    for token in tokens:
        if token.start < one.span.end:
            continue
        if token.start >= two.span.start:
            break
        if token.text in {"(", "[", "{"}:
            depth += 1
        elif token.text in {")", "]", "}"}:
            depth -= 1
            if depth < 0:
                return False
        elif depth == 0 and token.lower in _SET_OPERATORS:
            return False
    return depth == 0


def _problem(body: SqlBody, table: TableRef, other: str, path: str) -> Problem:
    last = table.name.rpartition(".")[2]
    return Problem(
        code="SQL007",
        what=f"{path} reads `{table.name}` and {other} under the one name `{last}`",
        why="a table stands under the last part of its name when the query runs",
        fix=f"give an alias and use it: `{table.name} as {table.name.replace('.', '_')}`",
        where=place(body.text, table.span.start, path, table.span.end - table.span.start),
    )
