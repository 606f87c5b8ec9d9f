"""Columns that a header names: each must be one of the query's."""

from __future__ import annotations

from collections.abc import Iterator

from andon.names import did_you_mean
from andon.project.fields import Fields, where_of
from andon.project.yaml import ListNode, MapNode, Node, ScalarNode


def refuse_unknown(fields: Fields, columns: tuple[str, ...]) -> None:
    """Note every column of `key` and `interval` that the query does not have (PRJ051).

    Args:
        columns: of the query; none if its text does not tell them, then building does.
    """
    known = {column.casefold() for column in columns}
    for word, node in _named(fields):
        name = str(node.value)
        if known and name.casefold() not in known:
            fields.findings.add(
                "PRJ051",
                where_of(fields.file, node),
                what=f"`{word}` names the column `{name}`, which the query does not have",
                why="what is told by a column that is not there cannot be told at all",
                fix=did_you_mean(name, columns, "select the column, or correct the name"),
            )


def _named(fields: Fields) -> Iterator[tuple[str, ScalarNode]]:
    key = fields.values.get("key")
    for item in key.items if isinstance(key, ListNode) else (key,):
        yield from _texts("key", item)
    interval = fields.values.get("interval")
    for name, _, value in interval if isinstance(interval, MapNode) else ():
        if name == "column":
            yield from _texts("interval", value)


def _texts(word: str, node: Node | None) -> Iterator[tuple[str, ScalarNode]]:
    if isinstance(node, ScalarNode) and isinstance(node.value, str):
        yield word, node
