"""One select over its FROM clause: where its grouping, windows and DISTINCT keep parts apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from andon.sql.fold import folded
from andon.sql.single import without_brackets
from andon.sql.slicing.cut import Cut, Refused, quoted
from andon.sql.slicing.grouped import Grouped, group_value, grouped_by, in_all_sets, members
from andon.sql.slicing.items import Item, aliases_of, items_of
from andon.sql.slicing.rows import Column, Joined, Marks, Rows, certain, few
from andon.sql.slicing.values import Names, Value, called, value_of

if TYPE_CHECKING:
    from sqlglot import exp


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
        items = tuple(in_all_sets(item, grouped, items, names) for item in items)
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
    raise Refused(f"`{clause}` counts {cut.all_rows} together", node)


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
        values = [group_value(tree, items, names) for tree in grouped.trees]
    if is_told(values, names):
        return
    cut = names.cut
    advice = names.joined.telling(cut.columns)
    if not grouped.is_plain:
        what = "a grouping set puts" if grouped.trees else "`rollup` or `cube` puts"
        raise Refused(f"{what} {cut.rows} together{_by(advice)}", group)
    raise Refused(f"`group by` puts {cut.rows} together{_by(advice)}", group)


def _by(names: tuple[str, ...]) -> str:
    return f": group by {quoted(names)} as well" if names else ""


def _check_distinct(select: exp.Expr, items: tuple[Item, ...], names: Names) -> None:
    distinct = select.args.get("distinct")
    if distinct is None:
        return
    on = distinct.args.get("on")
    if on is None:
        values = [item.value for item in items]
    else:
        values = [value_of(tree, names) for tree in members(on)]
    if is_told(values, names):
        return
    cut = names.cut
    what = "distinct" if on is None else "distinct on"
    advice = names.joined.telling(cut.columns)
    fix = f": have {quoted(advice)} among its columns" if advice else ""
    raise Refused(f"`{what}` compares {cut.rows}{fix}", select)


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
