"""Tables a query reads, by DuckDB's own parser."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from andon.ports.engine import Uses

_NOWHERE = 1 << 63
"""Locations from here on are none: DuckDB knows no place for `table x` and inside `describe x`."""


def references(tree: Mapping[str, Any], sql: str) -> list[tuple[str, int, int]]:
    """(dotted name, start, end) of each table read, from the output of ``json_serialize_sql``.

    Names of CTEs in scope are left out. Offsets are characters of `sql`; end is excluded.
    """
    places = _CharacterOffsets(sql)
    found: list[tuple[str, int, int]] = []
    unplaced: list[Sequence[str]] = []
    for path, start, length in _all_tables(tree):
        if start < _NOWHERE:
            found.append((".".join(path), places.at(start), places.at(start + length)))
        else:
            unplaced.append(path)
    for path in unplaced:
        place = _search(path, sql, {start for _, start, _ in found})
        if place is not None:
            found.append((".".join(path), *place))
    return sorted(found, key=lambda item: item[1])


def uses(tree: Mapping[str, Any]) -> Uses:
    """All tables but CTEs in scope, and all functions, from the output of ``json_serialize_sql``."""
    tables = {".".join(path) for path, _, _ in _all_tables(tree)}
    functions: set[str] = set()
    waiting: list[Any] = [tree["statements"]]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting.extend(node)
        elif isinstance(node, dict):
            if "function_name" in node:
                functions.add(node["function_name"])
            if node.get("show_type") == "SHOW_SPECIAL":
                tables.add(str(node["table_name"]).strip('"'))
            waiting.extend(child for child in node.values() if isinstance(child, list | dict))
    return Uses(tables=frozenset(tables), functions=frozenset(functions))


def _all_tables(tree: Mapping[str, Any]) -> Iterator[tuple[Sequence[str], int, int]]:
    for statement in tree["statements"]:
        yield from _tables(statement["node"], frozenset())


def _search(path: Sequence[str], sql: str, taken: set[int]) -> tuple[int, int] | None:
    """The first mention of a table in the text that is not another one's place."""
    parts = (rf'(?:"{re.escape(part)}"|{re.escape(part)})' for part in path)
    named = re.compile(r'(?<![\w."])' + r"\s*\.\s*".join(parts) + r'(?![\w."])', re.IGNORECASE)
    return next((m.span() for m in named.finditer(sql) if m.start() not in taken), None)


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
        if not is_cte:
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
