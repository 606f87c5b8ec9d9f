"""Content digest in SQL: two sums of 64-bit row hashes.

DuckDB's own `hash` alone is not enough: it takes the XOR of both halves of a 128-bit number (0 and
-1 collide), an empty list for null, a struct of nulls for null, and [[1], [2]] for [[1, 2]]. So each
column enters by expressions that tell its values apart, a struct by those of its fields, and each row
hash is mixed once more, since the sum of plain XOR combinations misses values exchanged between two
rows.
"""

from __future__ import annotations

from collections.abc import Iterator

from andon.engines.duckdb.types import TypeTree, literal, parse_type, quote, unquote
from andon.schema import Schema

VERSION = 2
_WIDE = {"HUGEINT", "UHUGEINT"}
_TEXTS = {"VARCHAR", "JSON"}
_BY_TEXT = {"UUID", "INTERVAL", "TIME WITH TIME ZONE", "VARIANT", "GEOMETRY", "BIGNUM", "BIT"}
_FLOATS = {"FLOAT", "DOUBLE"}


def digest_columns(schema: Schema) -> tuple[str, str]:
    """Aggregate expressions of the high and the low lane, as HUGEINT; over no rows they are 0.

    The low lane hashes other bytes of each text, in another order, and which values are null, so
    that what collides in one lane does not collide in the other.
    """
    values = [(quote(column.name), parse_type(column.type)) for column in schema.columns]
    terms = [term for value, tree in values for term in _terms(value, tree)]
    high = [sql for sql, _ in terms]
    low = [f"{sql} || {tail}" if tail else sql for sql, tail in reversed(terms)]
    nulls = [f"{value} is null" for value, _ in values]
    return _sum([*high, str(len(terms))]), _sum(["7", *nulls, *low])


def _sum(terms: list[str]) -> str:
    return f"coalesce(sum(hash(hash({', '.join(terms)}))), 0)"


def _terms(value: str, tree: TypeTree) -> Iterator[tuple[str, str]]:
    """Expressions that together tell all values of a type apart, each with a tail if it is text."""
    if _is_wide(tree):
        yield from [(value, ""), (f"cast({value} as DOUBLE)", "")]
    elif tree.kind == "STRUCT":
        yield f"{value} is null", ""
        for label, part in tree.parts:
            field = f"struct_extract({value}, {literal(unquote(label))})"
            yield f"{field} is null", ""
            yield from _terms(field, part)
    elif tree.parts or tree.kind in _BY_TEXT:
        text = f"cast({value} as VARCHAR)"
        if tree.any(lambda part: part.kind in _FLOATS):
            text = f"regexp_replace({text}, '-0\\.0($|[^0-9])', '0.0\\1', 'g')"
            text = f"replace({text}, '-nan', 'nan')"
        # Hashed by itself, a list is hashed once for both lanes.
        yield f"hash({value})" if tree.parts else value, ""
        yield text, "'x'"
    elif tree.kind in _TEXTS:
        yield value, "'x'"
    else:
        yield value, "cast('x' as BLOB)" if tree.kind == "BLOB" else ""


def _is_wide(tree: TypeTree) -> bool:
    return tree.kind in _WIDE or (tree.kind == "DECIMAL" and int(tree.arguments[0]) > 18)
