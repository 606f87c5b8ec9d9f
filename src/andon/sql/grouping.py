"""The key that GROUP BY makes, where the names in it can mean one thing only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from andon.sql.known import Item, Key, Shown, Source, set_beside
from andon.sql.single import columns_in, has_window, is_aggregate, is_scalar, without_brackets

if TYPE_CHECKING:
    from sqlglot import exp


def is_plain_group(group: exp.Expr) -> bool:
    """Whether rows are grouped once: no grouping sets, rollup or cube, and nothing makes rows."""
    return (
        not set_beside(group, "expressions", "all")
        and bool(group.args.get("all")) != bool(group.expressions)
        and all(map(is_scalar, group.expressions))
    )


def group_key(group: exp.Expr, source: Source, list_: Shown) -> Key | None:
    """The columns of the result that hold all that is grouped by; None if one is not there."""
    if list_.passed:
        return None
    if group.args.get("all"):
        found = _grouped_by_all(list_)
        if found is None:
            return None
    else:
        given = [without_brackets(tree) for tree in group.expressions]
        chosen = [_item_of(tree, given, source, list_) for tree in given]
        found = [item for item in chosen if item is not None]
        if len(found) < len(chosen):
            return None
    names = [item.name for item in found]
    why = f"grouped by {', '.join(dict.fromkeys(names))}" if names else "it is one row"
    return Key(columns=frozenset(names), why=why)


def _grouped_by_all(list_: Shown) -> list[Item] | None:
    """The items that `group by all` groups by; None where it may group by nothing, or by more.

    The engine leaves constants out, and without an aggregate then groups nothing; what it makes of
    windows is not relied upon.
    """
    if any(has_window(item.tree) for item in list_.items):
        return None
    found = [item for item in list_.items if any(columns_in(item.tree))]
    found = [item for item in found if not is_aggregate(item.tree)]
    if not found and not any(is_aggregate(item.tree) for item in list_.items):
        return None
    return found


def _item_of(tree: exp.Expr, group: list[exp.Expr], source: Source, list_: Shown) -> Item | None:
    """The item that shows the value of one expression of GROUP BY."""
    if type(tree).__name__ == "Literal":
        return _at(tree, list_)
    column = source.column(tree)
    if not column:
        return next((item for item in list_.items if item.tree == tree), None)
    plain = next((item for item in list_.items if item.column == column), None)
    if len(column) > 1:
        return plain
    aliased = list_.meant(column[0])
    if not aliased:
        return plain
    # A column of the input goes before an alias. Which of them is meant must be certain.
    if source.rows.columns is not None and column[0] in source.rows.columns:
        return plain
    is_alias = source.rows.has_no(column[0]) or (
        plain is None and _needs_alias(aliased[0], group, source, list_)
    )
    return aliased[0] if is_alias else None


def _needs_alias(item: Item, group: list[exp.Expr], source: Source, list_: Shown) -> bool:
    """Whether the engine would refuse the query if `item.name` were a column of the input.

    It would if the item reads a column outside of what is grouped by then.
    """
    grouped = {item.name}
    for tree in group:
        column = source.column(tree)
        if column == (item.name,):
            continue
        grouped.update(*columns_in(tree))
        position = _at(tree, list_) if type(tree).__name__ == "Literal" else None
        others = (position,) if position else list_.meant(column[0]) if len(column) == 1 else ()
        for other in others:
            grouped.update(*columns_in(other.tree))
    aliases = {one.name for one in list_.items if one.column != (one.name,)}
    return is_scalar(item.tree) and any(
        parts.isdisjoint(grouped | aliases) for parts in columns_in(item.tree)
    )


def _at(tree: exp.Expr, list_: Shown) -> Item | None:
    """The item at a position; text and fractions are constants, which are no positions."""
    if not tree.is_int:
        return None
    place = int(tree.name)
    return list_.items[place - 1] if 0 < place <= len(list_.items) else None
