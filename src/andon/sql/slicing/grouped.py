"""What GROUP BY groups by, grouping sets included."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from andon.sql.fold import folded
from andon.sql.single import without_brackets
from andon.sql.slicing.items import Item
from andon.sql.slicing.values import Names, Value, value_of

if TYPE_CHECKING:
    from sqlglot import exp


class Grouped(Struct, frozen=True, kw_only=True):
    """What GROUP BY groups by in every one of its grouping sets.

    Attributes:
        trees: the expressions.
        others: those that some grouping sets leave out.
        is_plain: whether there is only one grouping set, so that every column is one of it.
    """

    trees: tuple[exp.Expr, ...]
    others: tuple[exp.Expr, ...] = ()
    is_plain: bool = True


def grouped_by(select: exp.Expr, items: tuple[Item, ...]) -> Grouped | None:
    """What a select groups by; None without GROUP BY."""
    group = select.args.get("group")
    if group is None:
        return None
    if group.args.get("all"):
        # It groups by each item that is no aggregate, and only such a one can tell a part.
        return Grouped(trees=tuple(item.tree for item in items if item.tree))
    trees: list[exp.Expr] = []
    others: list[exp.Expr] = []
    is_plain = True
    for tree in (*group.expressions, *_apart(group)):
        match type(tree).__name__:
            case "Rollup" | "Cube":
                is_plain = False
                others += (one for part in tree.expressions for one in members(part))
            case "GroupingSets":
                is_plain = False
                sets = [list(members(one)) for one in tree.expressions]
                named = [one for part in sets for one in part]
                trees += [one for one in named if all(one in part for part in sets)]
                others += [one for one in named if not all(one in part for part in sets)]
            case _:
                trees += members(tree)
    return Grouped(trees=tuple(trees), others=tuple(others), is_plain=is_plain)


def _apart(group: exp.Expr) -> Iterator[exp.Expr]:
    for name in ("rollup", "cube", "grouping_sets"):
        found = group.args.get(name)
        yield from found if isinstance(found, list) else ()


def members(tree: exp.Expr) -> Iterator[exp.Expr]:
    """The expressions that one in brackets stands for; none for grouping sets within others."""
    tree = without_brackets(tree)
    if type(tree).__name__ == "Tuple":
        yield from (without_brackets(one) for one in tree.expressions)
    elif type(tree).__name__ not in {"Rollup", "Cube", "GroupingSets"}:
        yield tree


def in_all_sets(item: Item, grouped: Grouped, items: tuple[Item, ...], names: Names) -> Item:
    """The item as it is where it stands in every grouping set; elsewhere it may be null."""
    # The engine may take it for another of the expressions that means the same column.
    hidden = any(
        item.value.positions & group_value(tree, items, names).positions for tree in grouped.others
    )
    if not hidden and any(_is_item(tree, item, items, names) for tree in grouped.trees):
        return item
    return Item(
        name=item.name,
        value=Value(note="some grouping sets leave it out"),
        tree=item.tree,
        position=item.position,
    )


def _is_item(tree: exp.Expr, item: Item, items: tuple[Item, ...], names: Names) -> bool:
    """Whether an expression of GROUP BY is certainly an item of the select list."""
    if item.tree is not None and tree == without_brackets(item.tree):
        return True
    if type(tree).__name__ == "Literal":
        return _at(tree, items) is item
    if type(tree).__name__ != "Column" or len(tree.parts) > 1:  # type: ignore[attr-defined]  # a column has parts
        return False
    name = folded(tree.name)
    is_alias = None not in names.joined.order and not names.joined.positions((name,))
    return is_alias and name == item.name


def _at(tree: exp.Expr, items: tuple[Item, ...]) -> Item | None:
    place = int(tree.name) if tree.is_int else 0
    return items[place - 1] if 0 < place <= len(items) else None


def group_value(tree: exp.Expr, items: tuple[Item, ...], names: Names) -> Value:
    """What an expression of GROUP BY passes on; a number is a place in the select list."""
    if type(tree).__name__ == "Literal":
        item = _at(tree, items)
        return Value() if item is None else item.value
    return value_of(tree, names)
