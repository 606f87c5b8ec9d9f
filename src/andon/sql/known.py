"""What is known of the rows of a query before it is run: names, keys, columns without null."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from andon.sql.fold import folded
from andon.sql.single import is_single

if TYPE_CHECKING:
    from sqlglot import exp


class Key(Struct, frozen=True, kw_only=True):
    """Columns whose values together belong to one row at most.

    Attributes:
        columns: lower-case names; with none of them there is one row at most.
        why: what makes it so, in words.
        number: the one of them that numbers the rows within the others, if there is such a one.
    """

    columns: frozenset[str]
    why: str
    number: str = ""


class Known(Struct, frozen=True, kw_only=True):
    """What is known of the rows of a relation.

    Attributes:
        columns: lower-case names of all columns, in order; None where they are not all known.
        keys: its keys, none of them smaller than proven.
        filled: name of a column that is never null -> why.
    """

    columns: tuple[str, ...] | None = None
    keys: tuple[Key, ...] = ()
    filled: tuple[tuple[str, str], ...] = ()

    def has_no(self, column: str) -> bool:
        """Whether it certainly has no column of that name."""
        return self.columns is not None and column not in self.columns

    def renamed(self, columns: Sequence[str]) -> Known:
        """The same rows under other names, all of them given."""
        if self.columns is None or not len(self.columns) == len(columns) == len(set(columns)):
            return NOTHING
        to = dict(zip(self.columns, columns, strict=True))
        return Known(
            columns=tuple(columns),
            keys=tuple(
                replace(
                    key,
                    columns=frozenset(to[name] for name in key.columns),
                    number=to.get(key.number, ""),
                )
                for key in self.keys
            ),
            filled=tuple((to[name], why) for name, why in self.filled),
        )


NOTHING = Known()
"""A relation of which nothing is known, as every table."""


class Item(Struct, frozen=True, kw_only=True):
    """One column of a select list.

    Attributes:
        name: lower-case name in the result.
        tree: the expression.
        column: parts of the name of the column it merely passes on, else empty.
    """

    name: str
    tree: exp.Expr
    column: tuple[str, ...] = ()


class Source(Struct, frozen=True, kw_only=True):
    """What a select reads.

    Attributes:
        alias: name that may stand before its columns.
        rows: what is known of it.
        is_joined: whether there is more than one relation, or something odd about the one.
    """

    alias: str = ""
    rows: Known = NOTHING
    is_joined: bool = False

    def column(self, tree: exp.Expr) -> tuple[str, ...]:
        """Parts of a plain column's name, without the name of the one relation; else empty."""
        if type(tree).__name__ != "Column":
            return ()
        parts = tuple(folded(part.name) for part in tree.parts)  # type: ignore[attr-defined]  # a column has parts
        if len(parts) == 2 and parts[0] == self.alias:
            return parts[1:]
        return parts


class Shown(Struct, frozen=True, kw_only=True):
    """The select list, with stars written out as far as the columns are known.

    Attributes:
        items: columns whose names are certain.
        passed: whether `*` passes on columns of a relation whose columns are not known.
        excluded: names that `*` leaves out.
        others: columns beside such a `*`; the engine may rename them, so no name leads to them.
        trees: the expressions as written.
    """

    items: tuple[Item, ...]
    passed: bool = False
    excluded: frozenset[str] = frozenset()
    others: tuple[Item, ...] = ()
    trees: tuple[exp.Expr, ...] = ()

    @property
    def columns(self) -> tuple[str, ...] | None:
        """All names in order, if they are known."""
        return None if self.passed else tuple(item.name for item in self.items)

    def meant(self, name: str) -> tuple[Item, ...]:
        """Items that an alias `name` may mean, other than a column of that name itself."""
        return tuple(
            item
            for item in (*self.items, *self.others)
            if item.name == name and item.column != (name,)
        )

    def name_of(self, column: tuple[str, ...]) -> str | None:
        """Name in the result of a column that is passed on as it is."""
        if self.passed:
            is_plain = len(column) == 1 and column[0] not in self.excluded
            return column[0] if is_plain else None
        return next((item.name for item in self.items if item.column == column), None)

    def outputs(self, columns: Iterable[tuple[str, ...]]) -> frozenset[str] | None:
        """Names in the result of columns that are all passed on, else None."""
        names = [self.name_of(column) for column in columns]
        return None if None in names else frozenset(name for name in names if name is not None)

    def is_single(self) -> bool:
        """Whether no item makes rows of its own."""
        return all(is_single(tree) for tree in self.trees)


def shown(select: exp.Expr, source: Source) -> Shown | None:
    """The select list; None if some name in it is not certain."""
    items: list[Item] = []
    trees: list[exp.Expr] = []
    passed, excluded, at = False, frozenset[str](), 0
    for position, tree in enumerate(select.expressions):
        kind = type(tree).__name__
        if kind == "Alias":
            items.append(
                Item(name=folded(tree.alias), tree=tree.this, column=source.column(tree.this))
            )
            trees.append(tree.this)
        elif kind == "Star" or (kind == "Column" and type(tree.this).__name__ == "Star"):
            found = _left_out(tree, source)
            if found is None:
                return None
            if source.rows.columns is None:
                # Only the first star keeps the names it finds: the engine renames what comes later.
                if position:
                    return None
                passed, excluded, at = True, found, len(items)
                continue
            items += [
                Item(name=name, tree=tree, column=(name,))
                for name in source.rows.columns
                if name not in found
            ]
        elif kind == "Column":
            column = source.column(tree)
            items.append(Item(name=column[-1], tree=tree, column=column))
        else:
            return None  # its name is its text, as the engine writes it
    if passed:
        return Shown(
            items=(), passed=True, excluded=excluded, others=tuple(items[at:]), trees=tuple(trees)
        )
    if len({item.name for item in items}) != len(items):
        return None
    return Shown(items=tuple(items), trees=tuple(trees))


def _left_out(star: exp.Expr, source: Source) -> frozenset[str] | None:
    """Names that a star over the one relation leaves out; None for every other star."""
    if type(star).__name__ == "Column":
        parts = star.parts  # type: ignore[attr-defined]  # a column has parts
        if len(parts) != 2 or folded(parts[0].name) != source.alias:
            return None
        star = star.this
    if source.is_joined or set_beside(star, "except_"):
        return None
    left_out = star.args.get("except_") or ()
    if any(type(name).__name__ != "Column" or len(name.parts) != 1 for name in left_out):
        return None
    return frozenset(folded(name.name) for name in left_out)


def set_beside(tree: exp.Expr, *expected: str) -> bool:
    """Whether a node has parts other than the expected ones."""
    return any(value and name not in expected for name, value in tree.args.items())
