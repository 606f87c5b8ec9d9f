"""Tables a query reads, by DuckDB's own parser."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_NOWHERE = 1 << 63


def references(tree: Mapping[str, Any], sql: str) -> list[tuple[str, int, int]]:
    """(dotted name, start, end) of each table read, from the output of ``json_serialize_sql``.

    Names of CTEs in scope are left out. Offsets are characters of `sql`; end is excluded.
    """
    places = _CharacterOffsets(sql)
    found = []
    for statement in tree["statements"]:
        for path, start, length in _tables(statement["node"], frozenset()):
            found.append((".".join(path), places.at(start), places.at(start + length)))
    return sorted(found, key=lambda item: item[1])


def _tables(
    node: Any,
    ctes: frozenset[str],
) -> Iterator[tuple[Sequence[str], int, int]]:
    if isinstance(node, list):
        for child in node:
            yield from _tables(child, ctes)
        return
    if not isinstance(node, dict):
        return
    if node.get("type") == "BASE_TABLE":
        path = node["qualified_name"]["path"]
        is_cte = len(path) == 1 and path[0].casefold() in ctes
        if not is_cte and node["query_location"] < _NOWHERE:
            yield path, node["query_location"], node["query_location_length"]
    inner = ctes
    for entry in (node.get("cte_map") or {}).get("map", ()):
        name = entry["key"].casefold()
        yield from _tables(entry["value"]["query_node"], _visible(entry, inner, name))
        inner |= {name}
    for key, child in node.items():
        if key != "cte_map":
            yield from _tables(child, inner)


def _visible(entry: Mapping[str, Any], before: frozenset[str], name: str) -> frozenset[str]:
    """A CTE sees the ones before it, and itself if it is recursive."""
    kind = entry["value"]["query_node"].get("type", "")
    return before | {name} if "RECURSIVE" in kind else before


class _CharacterOffsets:
    """Offsets in characters from offsets in UTF-8 bytes."""

    def __init__(self, sql: str) -> None:
        self._bytes = None if sql.isascii() else sql.encode()

    def at(self, offset: int) -> int:
        if self._bytes is None:
            return offset
        return len(self._bytes[:offset].decode(errors="ignore"))
