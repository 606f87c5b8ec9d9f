"""One select over its FROM clause: where its grouping, windows and DISTINCT keep parts apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from andon.sql.fold import folded
from andon.sql.single import without_brackets
from andon.sql.slicing.cut import Cut, Refused, quoted
from andon.sql.slicing.items import Item, aliases_of, items_of
from andon.sql.slicing.rows import Column, Joined, Marks, Rows, certain, few
from andon.sql.slicing.values import Names, Value, called, value_of

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


def selected(select: exp.Expr, joined: Joined, cut: Cut) -> Rows:
    """The rows of a select.

    Raises:
        Refused: if it may put rows of several parts together.
    """
    list_ = items_of(select, joined, cut)
    names = Names(cut=cut, joined=joined, aliases=aliases_of(select))
    items = list_.items
    grouped = grouped_by(select, items)
    if grouped is not None and not grouped.is_plain:
        items = tuple(_in_all_sets(item, grouped, items, names) for item in items)
    if joined.is_parted:
        _check_group(grouped, items, names, select)
        _check_distinct(select, items, names)
        for clause in ("limit", "offset"):
            if select.args.get(clause) is not None:
                refuse_limit(clause, cut, select)
    columns = (
        Column(
            name=item.name,
            type=item.value.type,
            roots=item.value.roots,
            note=item.value.note,
        )
        for item in items
    )
    return Rows(
        columns=certain(columns, is_renaming=any(not item.name for item in items)),
        is_open=list_.is_open,
        is_parted=joined.is_parted,
        marks=tuple(_passed(mark, items) for mark in joined.marks) if joined.is_parted else (),
    )


def refuse_limit(clause: str, cut: Cut, node: exp.Expr) -> None:
    """Refuses LIMIT or OFFSET over rows that are parted."""
    raise Refused(f"`{clause}` counts rows of all {cut.parts} together", node)


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
                others += (one for part in tree.expressions for one in _members(part))
            case "GroupingSets":
                is_plain = False
                sets = [list(_members(one)) for one in tree.expressions]
                named = [one for part in sets for one in part]
                trees += [one for one in named if all(one in part for part in sets)]
                others += [one for one in named if not all(one in part for part in sets)]
            case _:
                trees += _members(tree)
    return Grouped(trees=tuple(trees), others=tuple(others), is_plain=is_plain)


def _apart(group: exp.Expr) -> Iterator[exp.Expr]:
    for name in ("rollup", "cube", "grouping_sets"):
        found = group.args.get(name)
        yield from found if isinstance(found, list) else ()


def _members(tree: exp.Expr) -> Iterator[exp.Expr]:
    tree = without_brackets(tree)
    if type(tree).__name__ == "Tuple":
        yield from (without_brackets(one) for one in tree.expressions)
    elif type(tree).__name__ not in {"Rollup", "Cube", "GroupingSets"}:
        yield tree


def _in_all_sets(item: Item, grouped: Grouped, items: tuple[Item, ...], names: Names) -> Item:
    """The item as it is where it stands in every grouping set; elsewhere it may be null."""
    # The engine may take it for another of the expressions that means the same column.
    hidden = any(
        item.value.positions & _group_value(tree, items, names).positions for tree in grouped.others
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


def is_told(values: Iterable[Value], names: Names) -> bool:
    """Whether rows with equal values are always of one part."""
    found = [value.positions for value in values]
    return bool(names.cut.columns) and all(
        mark.tell(frozenset().union(*(one for one in found if one <= mark.halves)))
        for mark in names.joined.marks
    )


def _check_group(
    grouped: Grouped | None, items: tuple[Item, ...], names: Names, select: exp.Expr
) -> None:
    if grouped is None:
        return
    group = select.args["group"]
    if group.args.get("all"):
        values = [item.value for item in items]
    else:
        values = [_group_value(tree, items, names) for tree in grouped.trees]
    if is_told(values, names):
        return
    cut = names.cut
    advice = names.joined.telling(cut.columns)
    if not grouped.is_plain:
        what = "a grouping set puts" if grouped.trees else "`rollup` or `cube` puts"
        raise Refused(f"{what} rows of several {cut.parts} together{_by(advice)}", group)
    raise Refused(f"`group by` puts rows of several {cut.parts} together{_by(advice)}", group)


def _by(names: tuple[str, ...]) -> str:
    return f": group by {quoted(names)} as well" if names else ""


def _group_value(tree: exp.Expr, items: tuple[Item, ...], names: Names) -> Value:
    if type(tree).__name__ == "Literal":
        item = _at(tree, items)
        return Value() if item is None else item.value
    return value_of(tree, names)


def _check_distinct(select: exp.Expr, items: tuple[Item, ...], names: Names) -> None:
    distinct = select.args.get("distinct")
    if distinct is None:
        return
    on = distinct.args.get("on")
    if on is None:
        values = [item.value for item in items]
    else:
        values = [value_of(tree, names) for tree in _members(on)]
    if is_told(values, names):
        return
    cut = names.cut
    what = "distinct" if on is None else "distinct on"
    advice = names.joined.telling(cut.columns)
    fix = f": have {quoted(advice)} among its columns" if advice else ""
    raise Refused(f"`{what}` compares rows of several {cut.parts}{fix}", select)


def check_window(window: exp.Expr, select: exp.Expr, joined: Joined, cut: Cut) -> None:
    """Refuses a window function that looks at rows of more than one part."""
    names = Names(cut=cut, joined=joined, aliases=aliases_of(select))
    trees = [without_brackets(tree) for tree in _partition(window, select)]
    grouped = grouped_by(select, ())
    if grouped is not None and not grouped.is_plain:
        others = [value_of(tree, names).positions for tree in grouped.others]
        trees = [
            tree
            for tree in trees
            if tree in grouped.trees
            and not any(value_of(tree, names).positions & other for other in others)
        ]
    if is_told((value_of(tree, names) for tree in trees), names):
        return
    advice = joined.telling(cut.columns)
    function = called(window.this)
    if not cut.columns:
        raise Refused(f"`{function}()` looks at other rows", window)
    fix = f": partition it by {quoted(advice)}" if advice else ""
    raise Refused(f"`{function}()` looks across {cut.parts}{fix}", window)


def _partition(window: exp.Expr, select: exp.Expr) -> Iterator[exp.Expr]:
    """What a window is partitioned by, in its own brackets or in the windows that it names."""
    named = {folded(one.name): one for one in select.args.get("windows") or ()}
    one: exp.Expr | None = window
    for _ in range(len(named) + 1):
        if one is None:
            return
        yield from one.args.get("partition_by") or ()
        base = one.args.get("alias")
        one = None if base is None else named.get(folded(base.name))


def _passed(mark: Marks, items: tuple[Item, ...]) -> Marks:
    """Marks of the result: positions in the select list."""
    halves = {
        at: item.value.positions
        for at, item in enumerate(items)
        if item.value.positions and item.value.positions <= mark.halves
    }
    covers = [frozenset({at}) for at, positions in halves.items() if mark.tell(positions)]
    plain = {next(iter(one)): at for at, one in halves.items() if len(one) == 1}
    covers += (
        frozenset(plain[at] for at in cover)
        for cover in mark.covers
        if len(cover) > 1 and all(at in plain for at in cover)
    )
    return Marks(covers=few(covers), halves=frozenset(halves))
