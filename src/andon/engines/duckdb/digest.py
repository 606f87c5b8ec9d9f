"""Content digest in SQL: two sums of 64-bit row hashes.

DuckDB's own `hash` alone is not enough: it takes the XOR of both halves of a 128-bit number (0 and
-1 collide), an empty list for null, a struct of nulls for null, and [[1], [2]] for [[1, 2]]. So each
column enters by expressions that tell its values apart, and each row hash is mixed once more, since
the sum of plain XOR combinations misses values exchanged between two rows.
"""

from __future__ import annotations

from andon.engines.duckdb.types import TypeTree, parse_type, quote
from andon.schema import Schema

VERSION = 1
_WIDE = {"HUGEINT", "UHUGEINT"}
_BY_TEXT = {"UUID", "INTERVAL", "TIME WITH TIME ZONE", "VARIANT", "GEOMETRY", "BIGNUM", "BIT"}


def digest_columns(schema: Schema) -> tuple[str, str]:
    """Aggregate expressions of the high and the low lane, as HUGEINT; null over no rows is 0."""
    terms = [term for column in schema.columns for term in _terms(column.name, column.type)]
    nulls = [f"{quote(column.name)} is null" for column in schema.columns]
    high = f"hash({', '.join([*terms, str(len(terms))])})"
    low = f"hash({', '.join(['7', *nulls, *reversed(terms)])})"
    return (
        f"coalesce(sum(cast(hash({high}) as HUGEINT)), 0)",
        f"coalesce(sum(cast(hash({low}) as HUGEINT)), 0)",
    )


def _terms(name: str, type_text: str) -> list[str]:
    """Expressions that together tell all values of a column apart."""
    column = quote(name)
    tree = parse_type(type_text)
    if _is_wide(tree):
        return [column, f"cast({column} as DOUBLE)"]
    if tree.parts or tree.kind in _BY_TEXT:
        return [column, f"cast({column} as VARCHAR)"]
    return [column]


def _is_wide(tree: TypeTree) -> bool:
    return tree.kind in _WIDE or (tree.kind == "DECIMAL" and int(tree.arguments[0]) > 18)
