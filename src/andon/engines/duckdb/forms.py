"""Lossless forms: what Parquet would change is stored in another type and restored on read.

DuckDB's Parquet writer turns HUGEINT into DOUBLE, drops the offset of a time with time zone, and
forgets ENUM, ARRAY, UNION and more, all without a word. Each such type has a stored form here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from andon.engines.duckdb.types import TypeTree, literal, parse_type, unquote

_LEAVES = {
    "HUGEINT": "DECIMAL(38,0)",
    "UHUGEINT": "VARCHAR",
    "BIGNUM": "VARCHAR",
    "BIT": "VARCHAR",
    "ENUM": "VARCHAR",
    "INTERVAL": "VARCHAR",
    "TIME WITH TIME ZONE": "VARCHAR",
    "TIMESTAMP_S": "TIMESTAMP",
    "TIMESTAMP_MS": "TIMESTAMP",
    "GEOMETRY": "BLOB",
}
_REFUSED = {"VARIANT", "TYPE"}
_ARROW = {"ENUM", "TIMESTAMP_S", "TIMESTAMP_MS"}
"""Leaves that Parquet forgets and Arrow keeps."""


@lru_cache(maxsize=4096)
def stored_form(type_text: str) -> str | None:
    """Type in the Parquet file where it differs from the column's type, else None."""
    tree = parse_type(type_text)
    stored = _stored(tree)
    return None if stored == tree else str(stored)


@lru_cache(maxsize=4096)
def refused_part(type_text: str) -> str | None:
    """The part of a type that no stored form keeps, or None."""
    for leaf in parse_type(type_text).leaves():
        if leaf.kind in _REFUSED or leaf.kind in ("STRUCT", "UNION"):
            return str(leaf)
    return None


def encode(expression: str, type_text: str) -> str:
    """SQL expression of the stored form of a value of that type."""
    tree = parse_type(type_text)
    return f"cast({_walk(expression, tree, _encode_union)} as {_stored(tree)})"


def decode(expression: str, type_text: str) -> str:
    """SQL expression that restores a value of that type from its stored form."""
    tree = parse_type(type_text)
    return f"cast({_walk(expression, tree, _decode_union)} as {tree})"


def _stored(tree: TypeTree) -> TypeTree:
    if tree.kind in _LEAVES:
        return parse_type(_LEAVES[tree.kind])
    parts = tuple((label, _stored(child)) for label, child in tree.parts)
    match tree.kind:
        case "ARRAY":
            return TypeTree(kind="LIST", parts=parts)
        case "TUPLE":
            named = tuple((f"element{at}", child) for at, (_, child) in enumerate(parts, 1))
            return TypeTree(kind="STRUCT", parts=named)
        case "UNION":
            return TypeTree(kind="STRUCT", parts=(("tag", parse_type("VARCHAR")), *_members(parts)))
        case _:
            return TypeTree(kind=tree.kind, arguments=tree.arguments, parts=parts)


def _members(parts: tuple[tuple[str, TypeTree], ...]) -> tuple[tuple[str, TypeTree], ...]:
    """Members of a union by position: a member may itself be called ``tag``."""
    return tuple((f"member{at}", child) for at, (_, child) in enumerate(parts, 1))


def _has_union(tree: TypeTree) -> bool:
    return tree.any(lambda part: part.kind == "UNION")


@lru_cache(maxsize=4096)
def arrow_form(type_text: str) -> str | None:
    """Type in which a value goes to Arrow where Arrow would change it without a word, else None.

    DuckDB hands the bits of a HUGEINT to Arrow as a decimal, also where they are no such number, and
    drops the offset of a time with time zone.
    """
    changed = any(leaf.kind in _LEAVES.keys() - _ARROW for leaf in parse_type(type_text).leaves())
    has_union = _has_union(parse_type(type_text))
    return stored_form(type_text) if changed or has_union else None


_Convert = Callable[[str, TypeTree], str]


def _walk(expression: str, tree: TypeTree, convert: _Convert, depth: int = 0) -> str:
    """The same value with `convert` applied to every union in it; casts do all other types."""
    if not _has_union(tree):
        return expression
    inner = f"e{depth}"

    def member(at: str, child: TypeTree) -> str:
        return _walk(at, child, convert, depth + 1)

    match tree.kind:
        case "UNION":
            return convert(expression, tree)
        case "LIST":
            return (
                f"list_transform({expression}, lambda {inner}: {member(inner, tree.parts[0][1])})"
            )
        case "ARRAY":
            child = tree.parts[0][1]
            listed = f"cast({expression} as {child}[])" if convert is _encode_union else expression
            return f"list_transform({listed}, lambda {inner}: {member(inner, child)})"
        case "MAP":
            key, value = (child for _, child in tree.parts)
            entry = (
                f"struct_pack(key := {member(inner + '.key', key)}, "
                f"value := {member(inner + '.value', value)})"
            )
            made = (
                f"map_from_entries(list_transform(map_entries({expression}), "
                f"lambda {inner}: {entry}))"
            )
        case "TUPLE":
            is_stored = convert is _decode_union
            parts = (
                member(f"struct_extract({expression}, {_element(at, is_stored)})", child)
                for at, (_, child) in enumerate(tree.parts, 1)
            )
            made = f"row({', '.join(parts)})"
        case _:
            packed = (
                f"{label} := "
                + member(f"struct_extract({expression}, {literal(unquote(label))})", child)
                for label, child in tree.parts
            )
            made = f"struct_pack({', '.join(packed)})"
    return f"case when {expression} is null then null else {made} end"


def _element(at: int, is_stored: bool) -> str:
    """Key of a tuple's member, which has a name only in its stored form."""
    return f"'element{at}'" if is_stored else str(at)


def _encode_union(expression: str, tree: TypeTree) -> str:
    parts = [f"tag := cast(union_tag({expression}) as VARCHAR)"]
    for at, (label, child) in enumerate(tree.parts, 1):
        value = f"union_extract({expression}, {literal(unquote(label))})"
        parts.append(f"member{at} := {_walk(value, child, _encode_union, 50 + at)}")
    return (
        f"case when union_tag({expression}) is null then null "
        f"else struct_pack({', '.join(parts)}) end"
    )


def _decode_union(expression: str, tree: TypeTree) -> str:
    cases = []
    for at, (label, child) in enumerate(tree.parts, 1):
        stored = f"struct_extract({expression}, 'member{at}')"
        value = f"cast({_walk(stored, child, _decode_union, 50 + at)} as {child})"
        cases.append(
            f"when {literal(unquote(label))} then cast(union_value({label} := {value}) as {tree})"
        )
    return f"case struct_extract({expression}, 'tag') {' '.join(cases)} end"
