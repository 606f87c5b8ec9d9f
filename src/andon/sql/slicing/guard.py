"""Expressions of a select that is parted: each may look at rows of one part only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from andon.sql.fold import folded
from andon.sql.slicing.cut import Cut, Refused, quoted
from andon.sql.slicing.functions import kind_of
from andon.sql.slicing.rows import Joined
from andon.sql.slicing.select import check_window
from andon.sql.slicing.values import called

if TYPE_CHECKING:
    from sqlglot import exp

_APART: Final = frozenset({"with_", "from_", "joins", "laterals", "limit", "offset"})
_CLAUSES: Final = frozenset(
    {"expressions", "where", "group", "having", "qualify", "windows", "distinct", "order"} | _APART
)
_AROUND_CALL: Final = frozenset({"IgnoreNulls", "RespectNulls", "Filter", "WithinGroup"})

Below = Callable[["exp.Expr"], Iterator[tuple["exp.Expr", Joined]]]
"""Selects within a query in an expression, each with what its own FROM clause offers."""


def check_clauses(select: exp.Expr, joined: Joined, cut: Cut, below: Below) -> None:
    """Refuses a select that is parted for what its expressions look at.

    Raises:
        Refused: of the first that may look at rows of several parts, or is not known not to.
    """
    for name, value in select.args.items():
        if value and name not in _CLAUSES:
            raise Refused(f"`{name.strip('_').replace('_', ' ')}` is not known to Andon", select)
    is_grouped = select.args.get("group") is not None
    for name in _CLAUSES - _APART:
        found = select.args.get(name)
        for tree in found if isinstance(found, list) else [found] if found is not None else []:
            for node in _nodes(tree):
                if kind_of(node) == "query":
                    if not is_grouped:
                        _check_query(node, joined, cut, below)
                    continue
                _check(node, select, joined, cut, is_listed=name == "expressions")
    if not is_grouped and select.args.get("having") is not None:
        raise Refused(f"`having` without `group by` takes all {cut.parts} together", select)


def check_condition(tree: exp.Expr) -> None:
    """Refuses a condition of a join that holds what is not known to look at two rows only."""
    for node in _nodes(tree):
        if kind_of(node) not in {"row", "query"}:
            raise Refused(f"{_named(node)} in a join is not known to Andon", node)


def _nodes(tree: exp.Expr) -> Iterator[exp.Expr]:
    """Nodes of an expression; queries in it, types and stars are not gone into."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        name = type(node).__name__
        if name == "Star" or (name == "Column" and type(node.this).__name__ == "Star"):
            star = node if name == "Star" else node.this
            waiting.extend(star.args.get("replace") or ())
            if node is not tree:
                yield node
            continue
        yield node
        if kind_of(node) == "query" or name == "DataType":
            continue
        if name != "Count" or type(node.this).__name__ != "Star":
            waiting.extend(node.iter_expressions())


def _check(node: exp.Expr, select: exp.Expr, joined: Joined, cut: Cut, *, is_listed: bool) -> None:
    match kind_of(node):
        case "row":
            pass
        case "frame":
            if not _is_named_window(node):
                check_window(node, select, joined, cut)
        case "aggregate":
            if select.args.get("group") is None and not _is_windowed(node):
                _refuse_aggregate(node, joined, cut)
        case "window":
            if not _is_windowed(node):
                raise Refused(f"{_named(node)} stands outside of a window", node)
        case "unnest":
            if not is_listed or select.args.get("group") is not None:
                raise Refused("`unnest` is known to Andon in FROM and among columns only", node)
        case "changing":
            raise Refused(f"{_named(node)} gives another result at each run", node)
        case _:
            raise Refused(f"{_named(node)} is not known to look at one row only", node)


def _refuse_aggregate(node: exp.Expr, joined: Joined, cut: Cut) -> None:
    if not cut.columns:
        raise Refused(f"{_named(node)} takes rows together", node)
    advice = joined.telling(cut.columns)
    fix = f": group by {quoted(advice)}" if advice else ""
    raise Refused(f"{_named(node)} without `group by` takes all {cut.parts} together{fix}", node)


def _is_named_window(node: exp.Expr) -> bool:
    """Whether it is one of the WINDOW clause, which counts only where a function names it."""
    return type(node.this).__name__ == "Identifier"


def _is_windowed(node: exp.Expr) -> bool:
    """Whether a call is the one of a window, and no aggregate of its own."""
    above = node.parent
    while above is not None and type(above).__name__ in _AROUND_CALL and above.this is node:
        node, above = above, above.parent
    return above is not None and type(above).__name__ == "Window" and above.this is node


def _check_query(query: exp.Expr, joined: Joined, cut: Cut, below: Below) -> None:
    """Refuses an aggregate in a subquery that the engine takes for one of the query around it."""
    for select, own in below(query):
        for node in _aggregates(select):
            columns = [one for one in _nodes(node) if type(one).__name__ == "Column"]
            if columns and all(_may_be_outer(one, own, joined) for one in columns):
                raise Refused(
                    f"{_named(node)} in a subquery reads columns of the query around it only, so it"
                    f" may take {cut.all_rows} together",
                    node,
                )


def _aggregates(select: exp.Expr) -> Iterator[exp.Expr]:
    """Aggregates that stand in a select itself, and names that may be some."""
    for name in ("expressions", "having", "qualify", "order"):
        found = select.args.get(name)
        for tree in found if isinstance(found, list) else [found] if found is not None else []:
            for node in _nodes(tree):
                kind = kind_of(node)
                if kind in {"aggregate", "unknown"} and not _is_windowed(node):
                    yield node


def _may_be_outer(column: exp.Expr, own: Joined, outer: Joined) -> bool:
    parts = tuple(folded(part.name) for part in column.parts)  # type: ignore[attr-defined]  # a column has parts
    if own.positions(parts):
        return False
    if len(parts) > 1:
        return not any(parts[:-1] in one.tables for one in own.seen)
    return bool(outer.positions(parts)) or None in outer.order


def _named(node: exp.Expr) -> str:
    name = called(node)
    return f"`{name}()`" if name else f"`{type(node).__name__.lower()}`"
