"""What a query reads, calls and writes, by DuckDB's own parser."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from andon.ports.sql_reader import Uses

_READING = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
"""Kinds of parts of a query that read; any other may write."""

_NOWHERE = 1 << 63
"""Locations from here on are none: DuckDB knows no place for `table x` and inside `describe x`."""


def references(tree: Mapping[str, Any], sql: str) -> list[tuple[str, int, int]]:
    """(dotted name, start, end) of each table read, from the output of ``json_serialize_sql``.

    Names of CTEs in scope are left out. Offsets are characters of `sql`; end is excluded.
    """
    places = _CharacterOffsets(sql)
    found: list[tuple[str, int, int]] = []
    unplaced: list[Sequence[str]] = []
    for node, ctes in _nodes(tree):
        if not _is_table(node, ctes):
            continue
        path, start = node["qualified_name"]["path"], node["query_location"]
        if start < _NOWHERE:
            end = start + node["query_location_length"]
            found.append((".".join(path), places.at(start), places.at(end)))
        else:
            unplaced.append(path)
    for path in unplaced:
        place = _search(path, sql, {start for _, start, _ in found})
        if place is not None:
            found.append((".".join(path), *place))
    return sorted(found, key=lambda item: item[1])


def written(tree: Mapping[str, Any]) -> str:
    """What a query writes by, as ``copy`` in a CTE; empty if it only reads."""
    kinds = (str(node.get("type", "")) for node, _ in _nodes(tree))
    found = next((k for k in kinds if k.endswith("_NODE") and k not in _READING), "")
    return found.removesuffix("_NODE").removesuffix("_QUERY").lower()


def uses(tree: Mapping[str, Any]) -> Uses:
    """All tables but CTEs in scope, and all functions, from the output of ``json_serialize_sql``."""
    tables: set[str] = set()
    functions: set[str] = set()
    for node, ctes in _nodes(tree):
        if "function_name" in node:
            functions.add(node["function_name"])
        if node.get("type") == "TABLE_FUNCTION":
            function = node.get("function") or {}
            if str(function.get("function_name", "")).lower() == "histogram":
                functions.add("query_table")  # as a table it reads the one that a text names
        if _is_table(node, ctes):
            tables.add(".".join(node["qualified_name"]["path"]))
        elif node.get("show_type") == "SHOW_SPECIAL":
            tables.add(str(node["table_name"]).strip('"'))
    return Uses(tables=frozenset(tables), functions=frozenset(functions))


def _search(path: Sequence[str], sql: str, taken: set[int]) -> tuple[int, int] | None:
    """The first mention of a table in the text that is not another one's place."""
    parts = (rf'(?:"{re.escape(part)}"|{re.escape(part)})' for part in path)
    named = re.compile(r'(?<![\w."])' + r"\s*\.\s*".join(parts) + r'(?![\w."])', re.IGNORECASE)
    return next((m.span() for m in named.finditer(sql) if m.start() not in taken), None)


def _nodes(tree: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], frozenset[str]]]:
    """Every node of a tree with the names of the CTEs in its scope, in one walk."""
    waiting: list[tuple[Any, frozenset[str]]] = [(tree["statements"], frozenset())]
    while waiting:
        node, ctes = waiting.pop()
        if isinstance(node, list):
            waiting.extend((child, ctes) for child in node if isinstance(child, list | dict))
            continue
        yield node, ctes
        for entry in (node.get("cte_map") or {}).get("map", ()):
            name = entry["key"].casefold()
            waiting.append((entry["value"], _visible(entry, ctes, name)))
            ctes |= {name}
        waiting.extend(
            (child, ctes)
            for key, child in node.items()
            if isinstance(child, list | dict) and key != "cte_map"
        )


def _is_table(node: Mapping[str, Any], ctes: frozenset[str]) -> bool:
    if node.get("type") != "BASE_TABLE":
        return False
    path = node["qualified_name"]["path"]
    return len(path) != 1 or path[0].casefold() not in ctes


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
