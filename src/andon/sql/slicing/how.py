"""What a join of the syntax tree means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from andon.sql.conjuncts import conjuncts
from andon.sql.fold import folded
from andon.sql.known import set_beside
from andon.sql.slicing.cut import Refused
from andon.sql.slicing.guard import check_condition
from andon.sql.slicing.joins import How, Kind
from andon.sql.slicing.rows import Joined

if TYPE_CHECKING:
    from sqlglot import exp

_SIDES: Final[Mapping[str, Kind]] = {"LEFT": "left", "RIGHT": "right", "FULL": "full"}
_HALVES: Final[Mapping[str, Kind]] = {"SEMI": "semi", "ANTI": "anti"}


def how_of(tree: exp.Expr, left: Joined, right: Joined) -> How:
    """How a join joins two relations.

    Raises:
        Refused: if one of the two is parted and it is not known how.
    """
    is_parted = left.is_parted or right.is_parted
    method, side, kind = tree.method, tree.side, tree.kind  # type: ignore[attr-defined]  # a join has them
    using = tuple(folded(one.name) for one in tree.args.get("using") or ())
    on = tree.args.get("on")
    if method == "NATURAL":
        using = _shared_names(left, right)
    is_odd = (
        method not in {"", "NATURAL", "ASOF"}
        or kind not in {"", "INNER", "OUTER", "CROSS", *_HALVES}
        or (side != "" and (side not in _SIDES or kind in {"INNER", "CROSS", *_HALVES}))
        or (method == "NATURAL" and not using)
        or (method == "ASOF" and bool(using))
        or set_beside(tree, "this", "method", "side", "kind", "on", "using")
    )
    if is_parted and is_odd:
        words = " ".join(one.lower() for one in (method, side, kind) if one)
        written = " with `using`" if method == "ASOF" and using else ""
        raise Refused(f"`{words} join`{written} is not followed by Andon", tree)
    if on is not None and is_parted:
        check_condition(on)
    return How(
        kind=_SIDES.get(side) or _HALVES.get(kind) or "inner",
        node=tree,
        is_asof=method == "ASOF",
        using=using,
        conditions=() if on is None else tuple(conjuncts(on)),
    )


def _shared_names(left: Joined, right: Joined) -> tuple[str, ...]:
    """Columns that a NATURAL join holds equal; none where they are not certain."""
    if None in left.order or None in right.order:
        return ()
    ones, others = (
        [side.seen[at].column.name for at in side.order if at is not None] for side in (left, right)
    )
    if None in ones or None in others:
        return ()
    return tuple(name for name in ones if name is not None and name in others)
