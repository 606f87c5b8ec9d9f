"""Walk over a query: from what is known of its relations to what is known of its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

from andon.sql.filled import filled_columns
from andon.sql.fold import folded
from andon.sql.grouping import is_plain_group
from andon.sql.keys import all_of, keys_of
from andon.sql.known import NOTHING, Known, Source, set_beside, shown
from andon.sql.single import is_single

if TYPE_CHECKING:
    from sqlglot import exp

_DEEPEST: Final = 60
"""Relations within relations that are followed; beyond, nothing is known."""

_AROUND: Final = ("with_", "order", "limit", "offset")
_SELECT: Final = (
    *("expressions", "from_", "joins", "laterals", "where", "group", "having", "qualify"),
    *("windows", "distinct", *_AROUND),
)


class Scope(Struct, frozen=True):
    """Common table expressions in sight, each with what was in sight where it stands."""

    tables: dict[str, tuple[exp.Expr, Scope] | None] = field(default_factory=dict)
    depth: int = 0

    def below(self, tree: exp.Expr) -> Scope:
        """What is in sight within a query: its own common table expressions too."""
        attached = tree.args.get("with_")
        if attached is None:
            return Scope(self.tables, self.depth + 1)
        # One that reads itself or a later one finds nothing here, whatever the engine finds.
        tables = {**self.tables, **{folded(one.alias): None for one in attached.expressions}}
        for one in attached.expressions:
            if not set_beside(attached, "expressions"):
                # Each sees those before it.
                tables = {**tables, folded(one.alias): (one, Scope(tables, self.depth + 1))}
        return Scope(tables, self.depth + 1)


def known(tree: exp.Expr, scope: Scope | None = None) -> Known:
    """What holds for the rows of a query whatever its tables hold."""
    scope = (scope or Scope()).below(tree)
    if scope.depth > _DEEPEST:
        return NOTHING
    match type(tree).__name__:
        case "Select":
            found = _of_select(tree, scope)
        case "Subquery" if not set_beside(tree, "this", "alias", *_AROUND):
            found = known(tree.this, scope)
        case "Union" | "Intersect" | "Except" if _is_distinct(tree):
            found = _of_distinct(known(tree.this, scope))
        case _:
            return NOTHING
    order = tree.args.get("order")
    # Here, too, `unnest` makes rows.
    return found if order is None or is_single(order) else Known(columns=found.columns)


def _is_distinct(tree: exp.Expr) -> bool:
    """Whether set operations, all of one kind, leave no two equal rows; brackets end a chain."""
    while True:
        if not tree.args.get("distinct") or set_beside(
            tree, "this", "expression", "distinct", *_AROUND
        ):
            return False
        if type(tree.this).__name__ in {"Select", "Subquery"}:
            return True
        if type(tree.this) is not type(tree):
            return False
        tree = tree.this


def _of_distinct(first: Known) -> Known:
    """Names are those of the first query."""
    if first.columns is None:
        return NOTHING
    return Known(columns=first.columns, keys=(all_of(first.columns),))


def _of_select(select: exp.Expr, scope: Scope) -> Known:
    group = select.args.get("group")
    distinct = select.args.get("distinct")
    if (
        set_beside(select, *_SELECT)
        or (group is not None and not is_plain_group(group))
        or (distinct is not None and distinct.args.get("on"))
    ):
        return NOTHING
    source = _source(select, scope)
    list_ = shown(select, source)
    if list_ is None:
        return NOTHING
    keys = keys_of(select, source, list_)
    filled = tuple(filled_columns(select, source, list_))
    is_last = scope.depth == 1
    if (keys or filled or not is_last) and not list_.is_single():
        return NOTHING  # neither rows nor names are certain: `unnest` makes columns too
    return Known(columns=list_.columns, keys=keys, filled=filled)


def _source(select: exp.Expr, scope: Scope) -> Source:
    given = select.args.get("from_")
    if given is None or select.args.get("joins") or select.args.get("laterals"):
        return Source(is_joined=True)
    tree = given.this
    alias = tree.args.get("alias")
    if alias is not None and alias.args.get("columns"):
        return Source(is_joined=True)
    name = folded(tree.alias_or_name)
    match type(tree).__name__:
        case "Table" if not set_beside(tree, "this", "db", "catalog", "alias"):
            if type(tree.this).__name__ != "Identifier" or tree.args.get("db") is not None:
                return Source(alias=name)
            return Source(alias=name, rows=_of_table(folded(tree.name), scope))
        case "Subquery":
            return Source(alias=name, rows=known(tree, scope))
        case _:
            return Source(is_joined=True)


def _of_table(name: str, scope: Scope) -> Known:
    found = scope.tables.get(name)
    if found is None:
        return NOTHING
    one, around = found
    if set_beside(one, "this", "alias", "materialized"):
        return NOTHING
    rows = known(one.this, Scope(around.tables, scope.depth + 1))
    columns = one.args["alias"].args.get("columns")
    return rows.renamed([folded(column.name) for column in columns]) if columns else rows
