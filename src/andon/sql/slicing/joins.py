"""Joins: of what is parted with what is read whole, and of two that are parted alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from andon.sql.slicing.cut import Cut, Refused, quoted
from andon.sql.slicing.rows import Column, Joined, Marks, Seen, both, either
from andon.sql.slicing.values import Names, Value, common, value_of

if TYPE_CHECKING:
    from sqlglot import exp

Kind = Literal["inner", "left", "right", "full", "semi", "anti"]

_OF_LEFT: Final = frozenset({"inner", "left", "semi", "anti"})
"""Kinds that give rows of the left only, so that it may be parted while the right is whole."""

_OF_RIGHT: Final = frozenset({"inner", "right"})


class How(Struct, frozen=True, kw_only=True):
    """A join.

    Attributes:
        kind: which rows are kept.
        node: where it stands.
        is_asof: whether only the nearest row of the right is taken for each of the left.
        using: columns of USING; of a NATURAL join, all that both have.
        conditions: what certainly holds for the pairs that remain.
    """

    kind: Kind
    node: exp.Expr | None = None
    is_asof: bool = False
    using: tuple[str, ...] = ()
    conditions: tuple[exp.Expr, ...] = ()


class Wish(Struct, frozen=True, kw_only=True):
    """Columns of what is read whole that are held equal to what tells the part on the other side.

    Attributes:
        values: one for each component of the part.
    """

    values: tuple[Value, ...]


def join(left: Joined, right: Joined, how: How, cut: Cut) -> tuple[Joined, tuple[Wish, ...]]:
    """Two relations joined, and inputs that might be parted as well.

    Raises:
        Refused: if the parts of the two, joined and put together, may differ from the whole.
    """
    shift = len(left.seen)
    pair = Joined(seen=(*left.seen, *right.seen), order=(*left.order, *_moved(right, shift)))
    sides = (_marks(left, cut, 0), _marks(right, cut, shift))
    equal = tuple(_equal(left, right, how, Names(cut=cut, joined=pair), shift))
    wishes: tuple[Wish, ...] = ()
    if left.is_parted and right.is_parted:
        if how.is_asof and how.kind not in _OF_LEFT:
            raise Refused(
                f"`asof {how.kind} join` is not known to keep {cut.parts} apart", how.node
            )
        _both_parted(left, right, how, cut, _agree(equal, sides, cut))
    elif left.is_parted or right.is_parted:
        fitting = _OF_LEFT if left.is_parted else frozenset() if how.is_asof else _OF_RIGHT
        if how.kind not in fitting:
            raise Refused(_one_parted(left, right, how, cut), how.node)
        wishes = tuple(_wishes(equal, sides, cut, left.is_parted))
    marks = tuple(_kept(how.kind, *one) for one in zip(*sides, strict=True))
    if not (left.is_parted or right.is_parted):
        marks = ()
    seen = left.seen if how.kind in {"semi", "anti"} else pair.seen
    found = Joined(
        seen=seen,
        order=left.order if how.kind in {"semi", "anti"} else pair.order,
        is_parted=left.is_parted or right.is_parted,
        marks=marks,
        reads=(*left.reads, *right.reads),
    )
    return _merged(found, left, right, how, cut), wishes


def _moved(joined: Joined, by: int) -> tuple[int | None, ...]:
    return tuple(None if at is None else at + by for at in joined.order)


def _marks(joined: Joined, cut: Cut, by: int) -> tuple[Marks, ...]:
    """Marks of a side, where it is parted; else as many that mark nothing."""
    if not joined.is_parted:
        return tuple(Marks() for _ in cut.columns)
    return tuple(mark.moved(by) for mark in joined.marks)


def _kept(kind: Kind, left: Marks, right: Marks) -> Marks:
    """Marks of the rows that a join keeps; of a side that may be missing, halves only."""
    match kind:
        case "inner":
            return both(left, right)
        case "left":
            return Marks(covers=left.covers, halves=left.halves | right.halves)
        case "right":
            return Marks(covers=right.covers, halves=left.halves | right.halves)
        case "full":
            return either(left, right)
        case "semi" | "anti":
            return left


def _equal(
    left: Joined, right: Joined, how: How, names: Names, shift: int
) -> Iterator[tuple[Value, Value]]:
    """What the join holds equal: of the left, and of the right."""
    for name in how.using:
        ones, others = left.positions((name,)), right.positions((name,))
        if len(ones) == len(others) == 1:
            yield (
                _seen(left.seen[ones[0]], ones[0]),
                _seen(right.seen[others[0]], others[0] + shift),
            )
    for one in how.conditions:
        if type(one).__name__ not in {"EQ", "NullSafeEQ"}:
            continue
        values = value_of(one.this, names), value_of(one.expression, names)
        for first, second in (values, values[::-1]):
            is_pair = first.positions and second.positions
            if is_pair and max(first.positions) < shift <= min(second.positions):
                yield first, second


def _seen(one: Seen, at: int) -> Value:
    column = one.column
    positions = frozenset({at}) if column.roots else frozenset[int]()
    return Value(type=column.type, roots=column.roots, positions=positions)


def _agree(
    equal: tuple[tuple[Value, Value], ...], sides: tuple[tuple[Marks, ...], ...], cut: Cut
) -> bool:
    """Whether a row of one part never meets a row of another."""
    return bool(cut.columns) and all(
        any(
            left.tell(one.positions)
            and right.tell(other.positions)
            and common({one.type, other.type}, cut)
            for one, other in equal
        )
        for left, right in zip(*sides, strict=True)
    )


def _wishes(
    equal: tuple[tuple[Value, Value], ...],
    sides: tuple[tuple[Marks, ...], ...],
    cut: Cut,
    is_left: bool,
) -> Iterator[Wish]:
    """What could be parted on the side that is read whole."""
    pairs = equal if is_left else tuple((other, one) for one, other in equal)
    found = []
    for mark in sides[0 if is_left else 1]:
        fitting = [
            other
            for one, other in pairs
            if mark.tell(one.positions) and other.roots and common({one.type, other.type}, cut)
        ]
        if not fitting:
            return
        found.append(fitting[0])
    if found:
        yield Wish(values=tuple(found))


def _merged(found: Joined, left: Joined, right: Joined, how: How, cut: Cut) -> Joined:
    """The join with one column in place of the two of each name in USING."""
    if not how.using or how.kind in {"semi", "anti"}:
        return found
    shift = len(left.seen)
    seen, marks = list(found.seen), list(found.marks)
    hidden = {at + shift for at, one in enumerate(right.seen) if one.column.name in how.using}
    shown: dict[int, int] = {}
    for name in how.using:
        ones, others = left.positions((name,)), right.positions((name,))
        if len(ones) != 1 or len(others) != 1:
            shown.update(dict.fromkeys(ones, -1))
            continue
        one, other = ones[0], others[0] + shift
        shown[one] = one
        if how.kind == "right":
            shown[one] = other
        elif how.kind == "full":
            shown[one] = len(seen)
            marks = [
                Marks(
                    covers=mark.covers | {frozenset({len(seen)})}
                    if mark.tell(frozenset({one, other}))
                    else mark.covers,
                    halves=mark.halves | {len(seen)}
                    if {one, other} <= mark.halves
                    else mark.halves,
                )
                for mark in marks
            ]
            seen.append(Seen(column=_together(seen[one].column, seen[other].column, cut)))
    order = (
        *(at if at is None else shown.get(at, at) for at in left.order),
        *(at for at in _moved(right, shift) if at is None or at not in hidden),
    )
    return replace(
        found,
        seen=tuple(seen),
        order=tuple(None if at == -1 else at for at in order),
        marks=tuple(marks),
    )


def _together(one: Column, other: Column, cut: Cut) -> Column:
    """The first of two columns that is not null."""
    type_ = common({one.type, other.type}, cut)
    if not (one.roots and other.roots and type_):
        return Column(name=one.name, note="one side of the join does not come from an input")
    return Column(name=one.name, type=type_, roots=one.roots | other.roots)


def _both_parted(left: Joined, right: Joined, how: How, cut: Cut, do_agree: bool) -> None:
    if do_agree:
        return
    one, other = quoted(left.reads), quoted(right.reads)
    common_ = set(left.reads) & set(right.reads)
    if common_:
        what = f"{quoted(sorted(common_))} is read twice"
    else:
        what = f"{one} and {other} are both read by {cut.parts}"
    if not cut.columns:
        raise Refused(f"{what}, so a row depends on more than one of them", how.node)
    names = left.telling(cut.columns)
    on = f"hold {quoted(names)} equal in the join" if names else f"join rows of one {cut.part} only"
    raise Refused(f"{what}, and the join may pair rows of unlike {cut.parts}: {on}", how.node)


def _one_parted(left: Joined, right: Joined, how: How, cut: Cut) -> str:
    whole, parted = (right, left) if left.is_parted else (left, right)
    name = "asof join" if how.is_asof else f"{how.kind} join"
    if how.kind in {"left", "right", "full"} and not how.is_asof:
        return (
            f"`{name}` keeps rows of {quoted(whole.reads)} that match nothing in"
            f" {quoted(parted.reads)}, and these would come again with every {cut.part}"
        )
    return (
        f"`{name}` looks for each row of {quoted(whole.reads)} through"
        f" {quoted(parted.reads)} of all {cut.parts}"
    )
