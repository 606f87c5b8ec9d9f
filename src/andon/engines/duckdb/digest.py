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
_TEXTS = {"VARCHAR", "JSON"}
_BY_TEXT = {"UUID", "INTERVAL", "TIME WITH TIME ZONE", "VARIANT", "GEOMETRY", "BIGNUM", "BIT"}
_FLOATS = {"FLOAT", "DOUBLE"}


def digest_columns(schema: Schema) -> tuple[str, str]:
    """Aggregate expressions of the high and the low lane, as HUGEINT; over no rows they are 0.

    The low lane hashes other bytes of each text, in another order, and which values are null, so
    that what collides in one lane does not collide in the other.
    """
    terms = [term for column in schema.columns for term in _terms(column.name, column.type)]
    high = [sql for sql, _ in terms]
    low = [f"{sql} || {tail}" if tail else sql for sql, tail in reversed(terms)]
    nulls = [f"{quote(column.name)} is null" for column in schema.columns]
    return _sum([*high, str(len(terms))]), _sum(["7", *nulls, *low])


def _sum(terms: list[str]) -> str:
    return f"coalesce(sum(hash(hash({', '.join(terms)}))), 0)"


def _terms(name: str, type_text: str) -> list[tuple[str, str]]:
    """Expressions that together tell all values of a column apart, each with a tail if it is text."""
    column = quote(name)
    tree = parse_type(type_text)
    if _is_wide(tree):
        return [(column, ""), (f"cast({column} as DOUBLE)", "")]
    if tree.parts or tree.kind in _BY_TEXT:
        text = f"cast({column} as VARCHAR)"
        if tree.any(lambda part: part.kind in _FLOATS):
            text = f"regexp_replace({text}, '-0\\.0($|[^0-9])', '0.0\\1', 'g')"
            text = f"replace({text}, '-nan', 'nan')"
        return [(column, ""), (text, "'x'")]
    if tree.kind in _TEXTS:
        return [(column, "'x'")]
    return [(column, "cast('x' as BLOB)")] if tree.kind == "BLOB" else [(column, "")]


def _is_wide(tree: TypeTree) -> bool:
    return tree.kind in _WIDE or (tree.kind == "DECIMAL" and int(tree.arguments[0]) > 18)
