"""What is known of the rows of a relation: its columns, and which of them tell the part."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import product
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

Root = tuple[str, str]
"""Name of an input and of a column of it."""

_MANY: Final = 64
"""Sets of columns that are followed; more are not needed, and dropping some is never wrong."""
_RENAMED: Final = re.compile(r".*_\d+\Z", re.DOTALL)


class Column(Struct, frozen=True, kw_only=True):
    """One column.

    Attributes:
        name: as the engine compares it; None where the engine picks it.
        type: its type, where something depends on it.
        roots: columns of inputs whose value, or its interval, it passes on.
        note: why it has none, in words.
    """

    name: str | None = None
    type: str = ""
    roots: frozenset[Root] = frozenset()
    note: str = ""


class Marks(Struct, frozen=True, kw_only=True):
    """Positions of columns that tell one component of the part.

    Attributes:
        covers: sets of positions; in each row one of the set tells it, and the others tell it too
            or are null because a join found no match.
        halves: positions of columns that tell it or are null for that reason.
    """

    covers: frozenset[frozenset[int]] = frozenset()
    halves: frozenset[int] = frozenset()

    def tell(self, positions: frozenset[int]) -> bool:
        """Whether the first value that is not null, of columns at these positions, tells it."""
        return positions <= self.halves and any(cover <= positions for cover in self.covers)

    def moved(self, by: int) -> Marks:
        """The same with all positions raised."""
        return Marks(
            covers=frozenset(frozenset(at + by for at in cover) for cover in self.covers),
            halves=frozenset(at + by for at in self.halves),
        )


class Rows(Struct, frozen=True, kw_only=True):
    """A relation.

    Attributes:
        columns: the first columns, in order.
        is_open: whether there may be others after them.
        is_parted: whether it reads an input part by part, and is itself parted so.
        marks: one for each component of the part; empty if it is read whole.
    """

    columns: tuple[Column, ...] = ()
    is_open: bool = False
    is_parted: bool = False
    marks: tuple[Marks, ...] = ()

    def renamed(self, names: Sequence[str]) -> Rows:
        """The same rows, the first columns under other names."""
        given = [
            replace(self.columns[at], name=name) if at < len(self.columns) else Column(name=name)
            for at, name in enumerate(names)
        ]
        return replace(self, columns=certain((*given, *self.columns[len(given) :])))


UNKNOWN: Final = Rows(is_open=True)
"""A relation that is read whole and of whose columns nothing is known."""


class Seen(Struct, frozen=True, kw_only=True):
    """A column of a FROM clause, and the names that may stand before its own."""

    column: Column
    tables: frozenset[tuple[str, ...]] = frozenset()


class Joined(Struct, frozen=True, kw_only=True):
    """What a FROM clause offers.

    Attributes:
        seen: all columns; marks count their positions in it.
        order: what `*` writes out and a bare name may mean; None where unknown columns stand.
        is_parted, marks: as for `Rows`.
        reads: the relations in it, as a sentence names them.
    """

    seen: tuple[Seen, ...] = ()
    order: tuple[int | None, ...] = ()
    is_parted: bool = False
    marks: tuple[Marks, ...] = ()
    reads: tuple[str, ...] = ()

    def positions(self, parts: tuple[str, ...]) -> list[int]:
        """Columns that a name may mean; more than one is an error in the engine."""
        *table, name = parts
        if table:
            return [
                at
                for at, one in enumerate(self.seen)
                if tuple(table) in one.tables and one.column.name == name
            ]
        return [at for at in self.order if at is not None and self.seen[at].column.name == name]

    def telling(self, preferred: Sequence[str]) -> tuple[str, ...]:
        """Names of columns that tell the part, one for each component; none where there is none."""
        found = []
        for at, mark in enumerate(self.marks):
            single = sorted(next(iter(cover)) for cover in mark.covers if len(cover) == 1)
            names = [name for one in single if (name := self.seen[one].column.name)]
            if not names:
                return ()
            found.append(preferred[at] if preferred[at] in names else names[0])
        return tuple(found)


def joined_of(rows: Rows, tables: Iterable[tuple[str, ...]], called: str) -> Joined:
    """A relation as the only one of a FROM clause.

    Args:
        tables: names that may stand before its columns.
        called: what a sentence calls it.
    """
    names = frozenset(tables)
    order: tuple[int | None, ...] = tuple(range(len(rows.columns)))
    return Joined(
        seen=tuple(Seen(column=column, tables=names) for column in rows.columns),
        order=(*order, None) if rows.is_open else order,
        is_parted=rows.is_parted,
        marks=rows.marks,
        reads=(called,),
    )


def certain(columns: Iterable[Column], *, is_renaming: bool = False) -> tuple[Column, ...]:
    """The columns, without the names that the engine changes because they are there twice.

    Args:
        is_renaming: whether one without a name may have got one so.
    """
    found: list[Column] = []
    taken: set[str] = set()
    for column in columns:
        name = column.name
        if name is not None and name in taken:
            is_renaming = True
            name = None
        elif name is not None and is_renaming and _RENAMED.match(name):
            name = None
        if column.name is not None:
            taken.add(column.name)
        found.append(column if name == column.name else replace(column, name=None))
    return tuple(found)


def few(covers: Iterable[frozenset[int]]) -> frozenset[frozenset[int]]:
    """Not more of them than are worth following, the smallest first."""
    return frozenset(sorted(set(covers), key=lambda cover: (len(cover), sorted(cover)))[:_MANY])


def either(left: Marks, right: Marks) -> Marks:
    """Marks of rows of which each comes from the left, or from the right, or from both."""
    pairs = product(left.covers, right.covers)
    return Marks(covers=few(one | two for one, two in pairs), halves=left.halves | right.halves)


def both(left: Marks, right: Marks) -> Marks:
    """Marks of rows of which each comes from the left and from the right."""
    return Marks(covers=few(left.covers | right.covers), halves=left.halves | right.halves)
