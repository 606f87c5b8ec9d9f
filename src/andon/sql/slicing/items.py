"""The select list, with stars written out, as far as the names in it are certain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from andon.sql.fold import folded
from andon.sql.known import set_beside
from andon.sql.single import without_brackets
from andon.sql.slicing.cut import Cut
from andon.sql.slicing.functions import kind_of
from andon.sql.slicing.rows import Joined
from andon.sql.slicing.values import Names, Value, value_of

if TYPE_CHECKING:
    from sqlglot import exp

_WIDE: Final = frozenset({"Columns", "PositionalColumn", "Star"})
"""What may be several columns, or one of any name."""


class Item(Struct, frozen=True, kw_only=True):
    """One column of the result.

    Attributes:
        name: lower-case name; None where the engine makes it of the text.
        value: what it passes on.
        tree: the expression; None for a column that a star stands for.
        position: of that column in the FROM clause.
    """

    name: str | None
    value: Value
    tree: exp.Expr | None = None
    position: int | None = None


class Items(Struct, frozen=True, kw_only=True):
    """The first columns of the result; if `is_open`, unknown ones follow."""

    items: tuple[Item, ...]
    is_open: bool = False


def aliases_of(select: exp.Expr) -> tuple[tuple[str, exp.Expr], ...]:
    """Names that the select list gives, with what they stand for, in order."""
    found: list[tuple[str, exp.Expr]] = []
    for tree in select.expressions:
        found += (
            (folded(one.alias), one.this)
            for one in (tree, *_star_of(tree).get("replace", ()))
            if type(one).__name__ == "Alias"
        )
    return tuple(found)


def items_of(select: exp.Expr, joined: Joined, cut: Cut) -> Items:
    """The select list of a query over what its FROM clause offers."""
    found: list[Item] = []
    aliases: list[tuple[str, exp.Expr]] = []
    for tree in select.expressions:
        names = Names(cut=cut, joined=joined, aliases=tuple(aliases))
        if _is_star(tree):
            for one in _written_out(tree, joined, names):
                if one is None:
                    return Items(items=tuple(found), is_open=True)
                found.append(one)
            aliases += aliases_of_star(tree)
            continue
        inner = tree.this if type(tree).__name__ == "Alias" else tree
        if any(type(node).__name__ in _WIDE for node in _own(inner)) or _makes_rows(inner):
            return Items(items=tuple(found), is_open=True)
        name = None
        if inner is not tree:
            name = folded(tree.alias)
            aliases.append((name, inner))
        elif type(plain := without_brackets(tree)).__name__ == "Column":
            name = folded(plain.name)
        found.append(Item(name=name, value=value_of(inner, names), tree=inner))
    return Items(items=tuple(found))


def aliases_of_star(tree: exp.Expr) -> Iterator[tuple[str, exp.Expr]]:
    """Names that a star replaces, with what they stand for."""
    for one in _star_of(tree).get("replace") or ():
        yield folded(one.alias), one.this


def _is_star(tree: exp.Expr) -> bool:
    return type(tree).__name__ == "Star" or (
        type(tree).__name__ == "Column" and type(tree.this).__name__ == "Star"
    )


def _star_of(tree: exp.Expr) -> dict[str, list[exp.Expr]]:
    """Parts of a star; empty if it is none."""
    if not _is_star(tree):
        return {}
    star = tree if type(tree).__name__ == "Star" else tree.this
    return {name: value for name, value in star.args.items() if isinstance(value, list)}


def _own(tree: exp.Expr) -> Iterator[exp.Expr]:
    """Nodes of an expression without the queries in it, and without the star of `count(*)`."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if kind_of(node) == "query":
            continue
        if type(node).__name__ != "Count" or type(node.this).__name__ != "Star":
            waiting.extend(node.iter_expressions())


def _makes_rows(tree: exp.Expr) -> bool:
    """Whether it holds `unnest`, which of a struct makes columns as well."""
    return any(kind_of(node) == "unnest" for node in _own(tree))


def _written_out(tree: exp.Expr, joined: Joined, names: Names) -> Iterator[Item | None]:
    """Columns that a star stands for; None where what follows is not known."""
    star = tree if type(tree).__name__ == "Star" else tree.this
    parts = _star_of(tree)
    left_out = {folded(one.name): one for one in parts.get("except_", ())}
    replaced = {folded(one.alias): one.this for one in parts.get("replace", ())}
    renamed = {folded(one.this.name): folded(one.alias) for one in parts.get("rename", ())}
    is_odd = set_beside(star, "except_", "replace", "rename") or any(
        type(one).__name__ not in {"Column", "Identifier"} or len(getattr(one, "parts", "1")) > 1
        for one in left_out.values()
    )
    order = joined.order
    if type(tree).__name__ == "Column":
        table = tuple(folded(part.name) for part in tree.parts[:-1])  # type: ignore[attr-defined]  # a column has parts
        order = tuple(at for at, one in enumerate(joined.seen) if table in one.tables)
        if None in joined.order:
            # The relation meant may be one whose columns are not all known.
            order = (*order, None)
    if is_odd or not order:
        yield None
        return
    for at in order:
        if at is None:
            yield None
            return
        column = joined.seen[at].column
        if column.name is None:
            yield Item(name=None, value=Value(note="its name is not certain"), position=at)
            continue
        if column.name in left_out:
            continue
        name = renamed.get(column.name, column.name)
        if column.name in replaced:
            inner = replaced[column.name]
            if _makes_rows(inner):
                yield None
                return
            yield Item(name=name, value=value_of(inner, names), tree=inner)
            continue
        positions = frozenset({at}) if column.roots else frozenset[int]()
        yield Item(
            name=name,
            value=Value(
                type=column.type, roots=column.roots, positions=positions, note=column.note
            ),
            position=at,
        )
