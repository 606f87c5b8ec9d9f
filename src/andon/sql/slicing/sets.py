"""UNION, EXCEPT and INTERSECT of what is parted alike, or of which one is read whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from andon.sql.slicing.cut import Cut, Refused, quoted
from andon.sql.slicing.joins import Wish
from andon.sql.slicing.rows import Column, Marks, Rows, few
from andon.sql.slicing.values import Value, common

if TYPE_CHECKING:
    from sqlglot import exp


class Operation(Struct, frozen=True, kw_only=True):
    """A set operation.

    Attributes:
        kind: ``Union``, ``Except`` or ``Intersect``.
        is_all: whether it leaves equal rows as they are.
        is_by_name: whether columns are matched by name.
    """

    kind: str
    is_all: bool
    is_by_name: bool
    node: exp.Expr

    @property
    def name(self) -> str:
        """As a user writes it."""
        return self.kind.lower() + (" all" if self.is_all else "")


def combined(
    left: Rows, right: Rows, operation: Operation, cut: Cut
) -> tuple[Rows, tuple[Wish, ...]]:
    """Two relations put together, and inputs that might be parted as well.

    Raises:
        Refused: if the parts of the two, put together, may differ from the whole.
    """
    columns, left, right = _aligned(left, right, operation, cut)
    found = Rows(columns=columns, is_open=left.is_open or right.is_open)
    if not (left.is_parted or right.is_parted):
        return found, ()
    ones, others = _marks(left, columns, cut), _marks(right, columns, cut)
    wishes: tuple[Wish, ...] = ()
    if left.is_parted and right.is_parted:
        shared = tuple(_shared(*pair) for pair in zip(ones, others, strict=True))
        if not (operation.is_all and operation.kind == "Union"):
            _check(shared, left, operation, cut)
        marks = shared if operation.kind == "Union" else ones
    elif operation.kind == "Union" or (operation.kind == "Except" and not left.is_parted):
        raise Refused(
            f"a side of `{operation.name}` is not read {cut.by_parts}, so its rows would come"
            f" again with every {cut.part}",
            operation.node,
        )
    else:
        marks, parted, whole = (ones, left, right) if left.is_parted else (others, right, left)
        _check(marks, parted, operation, cut)
        wishes = tuple(_wishes(marks, whole))
    return replace(found, is_parted=True, marks=marks), wishes


def _check(marks: tuple[Marks, ...], rows: Rows, operation: Operation, cut: Cut) -> None:
    if marks and all(mark.covers for mark in marks):
        return
    names = sorted({name for one in rows.columns if one.roots and (name := one.name)})
    fix = f": have {quoted(cut.columns)} on both sides in one place" if names and marks else ""
    raise Refused(f"`{operation.name}` compares {cut.rows}{fix}", operation.node)


def _aligned(
    left: Rows, right: Rows, operation: Operation, cut: Cut
) -> tuple[tuple[Column, ...], Rows, Rows]:
    """Columns of the result, and both sides with theirs in the same places."""
    if operation.is_by_name:
        names = [one.name for one in left.columns]
        if None in names or any(one.name is None for one in right.columns):
            return (), replace(left, columns=(), is_open=True), replace(right, columns=())
        at = {one.name: place for place, one in enumerate(right.columns)}
        to = {at[name]: place for place, name in enumerate(names) if name in at}
        lacking = Column(note="one side of the union lacks it")
        others = tuple(right.columns[at[name]] if name in at else lacking for name in names)
        marks = tuple(_placed(mark, to) for mark in right.marks)
        right = replace(right, columns=others, marks=marks, is_open=True)
    width = min(len(left.columns), len(right.columns))
    pairs = zip(left.columns[:width], right.columns[:width], strict=True)
    columns = tuple(_together(one, other, operation, cut) for one, other in pairs)
    is_longer = len(left.columns) > width or len(right.columns) > width
    return columns, replace(left, is_open=left.is_open or is_longer), right


def _placed(mark: Marks, to: dict[int, int]) -> Marks:
    return Marks(
        covers=frozenset(
            frozenset(to[at] for at in cover)
            for cover in mark.covers
            if all(at in to for at in cover)
        ),
        halves=frozenset(to[at] for at in mark.halves if at in to),
    )


def _together(one: Column, other: Column, operation: Operation, cut: Cut) -> Column:
    """One column of the result: the engine gives it the name of the first."""
    type_ = common({one.type, other.type}, cut)
    if not one.roots or (operation.kind == "Union" and not other.roots) or not type_:
        lacking = other.note if one.roots else one.note
        return Column(name=one.name, note=lacking or "its types differ")
    roots = one.roots | other.roots if operation.kind == "Union" else one.roots
    return Column(name=one.name, type=type_, roots=roots)


def _marks(rows: Rows, columns: tuple[Column, ...], cut: Cut) -> tuple[Marks, ...]:
    """Marks of one side in columns whose values stay what they are."""
    kept = frozenset(at for at, one in enumerate(columns) if one.type)
    if not rows.is_parted:
        return tuple(Marks() for _ in cut.columns)
    return tuple(
        Marks(
            covers=frozenset(cover for cover in mark.covers if cover <= kept),
            halves=mark.halves & kept,
        )
        for mark in rows.marks
    )


def _shared(left: Marks, right: Marks) -> Marks:
    return Marks(covers=few(left.covers & right.covers), halves=left.halves & right.halves)


def _wishes(marks: tuple[Marks, ...], whole: Rows) -> Iterator[Wish]:
    """Columns of the side that is read whole, in the places that tell the part on the other."""
    values = []
    for mark in marks:
        places = sorted(next(iter(cover)) for cover in mark.covers if len(cover) == 1)
        fitting = [at for at in places if at < len(whole.columns) and whole.columns[at].roots]
        if not fitting:
            return
        column = whole.columns[fitting[0]]
        values.append(Value(type=column.type, roots=column.roots))
    if values:
        yield Wish(values=tuple(values))
