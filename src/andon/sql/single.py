"""Expressions that give exactly one value for each row, or for each group of rows.

Everything is listed that is known to; what is not listed may be anything, above all ``unnest``,
which multiplies rows wherever it stands, in ORDER BY too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from andon.sql.fold import folded

if TYPE_CHECKING:
    from sqlglot import exp

_SCALARS: Final = frozenset(
    "Column Identifier Literal Boolean Null Paren Placeholder Var Interval "
    "Neg Not And Or Add Sub Mul Div IntDiv Mod DPipe "
    "EQ NEQ GT GTE LT LTE Is Between In Like ILike NullSafeEQ NullSafeNEQ "
    "Cast TryCast DataType DataTypeParam Case If Coalesce Nullif Greatest Least "
    "Abs Ceil Floor Round Sign Sqrt Ln Exp Pow "
    "Lower Upper Trim Length Left Right Substring Replace SplitPart RegexpReplace RegexpLike Concat "
    "TimestampTrunc DateTrunc DateDiff Extract Year Quarter Month Week Day DayOfWeek DayOfMonth "
    "DayOfYear Hour Minute Second Date LastDay StrToTime TimeToStr".split()
)
_AGGREGATES: Final = frozenset(
    "Count CountIf Sum Avg Min Max AnyValue First Last ArgMin ArgMax Median ArrayAgg GroupConcat "
    "LogicalAnd LogicalOr Stddev StddevSamp StddevPop Variance VariancePop Corr ApproxDistinct "
    "Quantile PercentileCont PercentileDisc Mode".split()
)
_WINDOWS: Final = frozenset(
    "Window WindowSpec RowNumber Rank DenseRank PercentRank CumeDist Ntile Lag Lead FirstValue "
    "LastValue NthValue".split()
)
_AROUND: Final = frozenset(
    "Filter Where Distinct Order Ordered IgnoreNulls RespectNulls WithinGroup".split()
)
_ALL: Final = _SCALARS | _AGGREGATES | _WINDOWS | _AROUND


def is_scalar(tree: exp.Expr) -> bool:
    """Whether an expression gives one value that only the row it stands in decides."""
    return all(type(node).__name__ in _SCALARS for node in _nodes(tree))


def is_single(tree: exp.Expr) -> bool:
    """Whether an expression, aggregates and windows included, makes no rows of its own."""
    return all(type(node).__name__ in _ALL for node in _nodes(tree))


def has_window(tree: exp.Expr) -> bool:
    """Whether an expression holds a window function."""
    return any(type(node).__name__ in _WINDOWS for node in _nodes(tree))


def is_aggregate(tree: exp.Expr) -> bool:
    """Whether an expression holds an aggregate, and no column outside of one."""
    found = False
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        name = type(node).__name__
        if name in _AGGREGATES:
            found = True
        elif name in _WINDOWS or name == "Column":
            return False
        elif name in {"Filter", "WithinGroup", "IgnoreNulls", "RespectNulls"}:
            waiting.append(node.this)
        else:
            waiting.extend(node.iter_expressions())
    return found


def without_brackets(tree: exp.Expr) -> exp.Expr:
    """An expression without the brackets around it."""
    while type(tree).__name__ == "Paren":
        tree = tree.this
    return tree


def columns_in(tree: exp.Expr) -> Iterator[frozenset[str]]:
    """Each column that an expression names, as the lower-case parts of its name."""
    for node in _nodes(tree):
        if type(node).__name__ == "Column":
            yield frozenset(folded(part.name) for part in node.parts)  # type: ignore[attr-defined]  # a column has parts


def _nodes(tree: exp.Expr) -> Iterator[exp.Expr]:
    """All nodes of an expression; a loop, because it may be deeper than Python's stack."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if type(node).__name__ != "Count" or type(node.this).__name__ != "Star":
            waiting.extend(node.iter_expressions())
