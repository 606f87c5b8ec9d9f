"""Walk over a query: whether its parts, each over parts of its inputs, are together the whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from andon.schema import Schema
from andon.sql.conjuncts import conditions
from andon.sql.fold import folded
from andon.sql.known import set_beside
from andon.sql.slicing.cut import Cut, Refused
from andon.sql.slicing.functions import kind_of
from andon.sql.slicing.guard import check_clauses
from andon.sql.slicing.how import how_of
from andon.sql.slicing.inputs import input_rows
from andon.sql.slicing.joins import How, Wish, join
from andon.sql.slicing.rows import UNKNOWN, Joined, Marks, Rows, joined_of
from andon.sql.slicing.scope import Cte, Scope, input_name, inputs_read, tables
from andon.sql.slicing.select import refuse_limit, selected
from andon.sql.slicing.sets import Operation, combined

if TYPE_CHECKING:
    from sqlglot import exp

_DEEPEST: Final = 60
"""Relations within relations that are followed."""

_AROUND: Final = ("with_", "order", "limit", "offset")


class Walk:
    """One walk over one query with one choice of inputs that are read part by part.

    Attributes:
        wishes: columns of other inputs that could tell the part too.
    """

    def __init__(self, cut: Cut, columns_of: Mapping[str, Schema]) -> None:
        self.wishes: list[Wish] = []
        self._cut = cut
        self._columns_of = columns_of
        self._ctes: dict[int, Rows] = {}
        self._visited: set[int] = set()
        self._depth = 0

    def rows(self, tree: exp.Expr) -> Rows:
        """Rows of the whole query.

        Raises:
            Refused: if some part of it may need rows of several parts at once.
        """
        found = self._rows(tree, Scope())
        self._check_all_visited(tree)
        return found

    def _check_all_visited(self, tree: exp.Expr) -> None:
        """Refuses a reading of a parted input other than as a relation that was followed."""
        for table, cte in tables(tree, Scope()):
            if id(table) in self._visited:
                continue
            name = input_name(table)
            read = {name} if cte is None else inputs_read(cte.tree.this, cte.inside)
            for one in sorted(read & set(self._cut.inputs)):
                raise Refused(
                    f"`{one}` is read {self._cut.by_parts}, and in another place as a whole", table
                )

    def _rows(self, tree: exp.Expr, scope: Scope) -> Rows:
        if self._depth > _DEEPEST:
            raise Refused("the query is nested too deeply", tree)
        self._depth += 1
        scope = scope.below(tree)
        match type(tree).__name__:
            case "Select":
                found = self._of_select(tree, scope)
            case "Union" | "Except" | "Intersect":
                found = self._of_set(tree, scope)
            case "Subquery" if not set_beside(tree, "this", "alias", "joins", *_AROUND):
                found = self._rows(tree.this, scope)
            case "Table":
                found = self._read_whole(self._item(tree, scope))
            case _:
                self._refuse_parted(tree, scope)
                found = UNKNOWN
        self._depth -= 1
        if type(tree).__name__ != "Select":
            for clause in ("limit", "offset"):
                if found.is_parted and tree.args.get(clause) is not None:
                    refuse_limit(clause, self._cut, tree)
        is_any = tree.args.get("limit") is not None and tree.args.get("order") is None
        if is_any and self._cut.inputs:
            # Each part would join with rows of its own choice.
            raise Refused("`limit` without `order by` may keep other rows for each part", tree)
        return found

    def _refuse_parted(self, tree: exp.Expr, scope: Scope) -> None:
        """Refuses a construct that is not followed, if it reads what is parted."""
        for name in sorted(inputs_read(tree, scope) & set(self._cut.inputs)):
            what = "function" if kind_of(tree) != "query" else type(tree).__name__.lower()
            raise Refused(f"`{name}` is read through `{what}`, which Andon does not follow", tree)

    def _read_whole(self, joined: Joined) -> Rows:
        """A FROM clause as a relation; only the columns before an unknown one are certain."""
        return Rows(is_open=True, is_parted=joined.is_parted, marks=_none(joined))

    def _of_set(self, tree: exp.Expr, scope: Scope) -> Rows:
        left, right = self._rows(tree.this, scope), self._rows(tree.expression, scope)
        operation = Operation(
            kind=type(tree).__name__,
            is_all=not tree.args.get("distinct"),
            is_by_name=bool(tree.args.get("by_name")),
            node=tree,
        )
        found, wishes = combined(left, right, operation, self._cut)
        self.wishes += wishes
        if found.is_parted and set_beside(
            tree, "this", "expression", "distinct", "by_name", *_AROUND
        ):
            raise Refused(f"`{operation.name}` is written in a way Andon does not follow", tree)
        return found

    def _of_select(self, select: exp.Expr, scope: Scope) -> Rows:
        joined = self._from(select, scope)
        if joined.is_parted:
            check_clauses(select, joined, self._cut, lambda query: self._below(query, scope))
        return selected(select, joined, self._cut)

    def _below(self, query: exp.Expr, scope: Scope) -> Iterator[tuple[exp.Expr, Joined]]:
        """Selects in a query within an expression; what is parted is refused there anyway."""
        probe = Walk(Cut(), self._columns_of)
        waiting = [(query, scope)]
        while waiting:
            node, around = waiting.pop()
            around = around.below(node)
            if type(node).__name__ == "Select":
                yield node, probe._from(node, around)
            waiting.extend((child, around) for child in node.iter_expressions())

    def _from(self, select: exp.Expr, scope: Scope) -> Joined:
        """What the FROM clause of a select offers; commas join what stands between them."""
        given = select.args.get("from_")
        laterals = select.args.get("laterals") or []
        if given is None or laterals:
            for one in laterals:
                self._refuse_parted(one, scope)
            if given is None:
                return Joined()
        chains: list[list[exp.Expr]] = [[]]
        for one in (*(given.this.args.get("joins") or ()), *(select.args.get("joins") or ())):
            if set_beside(one, "this"):
                chains[-1].append(one)
            else:
                chains.append([one])
        where = tuple(conditions(select, "where"))
        found = self._chain(self._item(given.this, scope), chains[0], scope, where)
        for first, *rest in chains[1:]:
            one = self._chain(self._item_of_join(first, scope), rest, scope, where)
            found = self._join(found, one, How(kind="inner", node=first, conditions=where))
        if laterals:
            if found.is_parted:
                raise Refused("`lateral view` is not followed by Andon", select)
            found = replace(found, order=(*found.order, None))
        return found

    def _chain(
        self,
        found: Joined,
        joins: Sequence[exp.Expr],
        scope: Scope,
        where: tuple[exp.Expr, ...] = (),
    ) -> Joined:
        """A relation with others joined to it one after the other."""
        for at, tree in enumerate(joins):
            other = self._item_of_join(tree, scope)
            how = how_of(tree, found, other)
            is_kept = all(one.side in {"", "LEFT"} and not one.method for one in joins[at + 1 :])  # type: ignore[attr-defined]  # a join has them
            if how.kind == "inner" and is_kept:
                # What WHERE demands of the pairs, it may as well demand here.
                how = replace(how, conditions=(*how.conditions, *where))
            found = self._join(found, other, how)
        return found

    def _join(self, left: Joined, right: Joined, how: How) -> Joined:
        found, wishes = join(left, right, how, self._cut)
        self.wishes += wishes
        return found

    def _item_of_join(self, tree: exp.Expr, scope: Scope) -> Joined:
        """The right side of a join, with what is joined to it before."""
        nested = tree.this.args.get("joins") or ()
        return self._chain(self._item(tree.this, scope), nested, scope)

    def _item(self, tree: exp.Expr, scope: Scope) -> Joined:
        """One relation of a FROM clause, without what is joined to it."""
        alias = tree.args.get("alias")
        name = folded(tree.alias)
        match type(tree).__name__:
            case "Table" if not set_beside(tree, "this", "db", "catalog", "alias", "joins"):
                if input_name(tree):
                    return self._table(tree, scope)
            case "Subquery" if type(tree.this).__name__ == "Table" and not alias:
                if not set_beside(tree, "this", "joins"):
                    inner = tree.this
                    nested = inner.args.get("joins") or ()
                    return self._chain(self._item(inner, scope), nested, scope)
            case "Subquery" if not set_beside(tree, "this", "alias", "joins", *_AROUND):
                rows = self._rows(tree, scope)
                return joined_of(_renamed(rows, alias), [(name,)] if name else [], name or "(...)")
            case "Lateral" if type(tree.this).__name__ == "Subquery" and not set_beside(
                tree, "this", "alias"
            ):
                rows = self._rows(tree.this, scope)
                return joined_of(_renamed(rows, alias), [(name,)] if name else [], name or "(...)")
            case _:
                pass
        self._refuse_parted(tree, scope)
        return joined_of(_renamed(UNKNOWN, alias), [(name,)] if name else [], name or "(...)")

    def _table(self, tree: exp.Expr, scope: Scope) -> Joined:
        """A table: an input, or a common table expression."""
        self._visited.add(id(tree))
        cte = scope.find(tree)
        name = input_name(tree)
        rows = input_rows(name, self._cut, self._columns_of) if cte is None else self._of_cte(cte)
        alias = tree.args.get("alias")
        parts = [folded(part.name) for part in tree.parts]  # type: ignore[attr-defined]  # a table has parts
        names = [tuple(parts[at:]) for at in range(len(parts))]
        if alias is not None and tree.alias:
            names = [(folded(tree.alias),)]
        return joined_of(_renamed(rows, alias), names, name)

    def _of_cte(self, cte: Cte) -> Rows:
        if id(cte.tree) not in self._ctes:
            if cte.is_recursive or set_beside(cte.tree, "this", "alias", "materialized"):
                self._refuse_recursive(cte)
                rows = UNKNOWN
            else:
                rows = self._rows(cte.tree.this, cte.scope)
            self._ctes[id(cte.tree)] = _renamed(rows, cte.tree.args.get("alias"))
        return self._ctes[id(cte.tree)]

    def _refuse_recursive(self, cte: Cte) -> None:
        for name in sorted(inputs_read(cte.tree.this, cte.inside) & set(self._cut.inputs)):
            raise Refused(
                f"`{cte.tree.alias}` is recursive, so its rows of one {self._cut.part} may come"
                f" from rows of `{name}` of another",
                cte.tree,
            )


def _none(joined: Joined) -> tuple[Marks, ...]:
    return tuple(Marks() for _ in joined.marks)


def _renamed(rows: Rows, alias: exp.Expr | None) -> Rows:
    names = [] if alias is None else [folded(one.name) for one in alias.args.get("columns") or ()]
    return rows.renamed(names) if names else rows
