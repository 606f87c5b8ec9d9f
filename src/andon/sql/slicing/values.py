"""Expressions that pass on a column of an input, or at least the interval that it lies in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from msgspec import Struct

from andon.intervals import Every
from andon.sql.fold import folded
from andon.sql.known import set_beside
from andon.sql.single import without_brackets
from andon.sql.slicing.cut import Cut, quoted
from andon.sql.slicing.rows import Joined, Root

if TYPE_CHECKING:
    from sqlglot import exp

TIMES: Final = {
    "DATE": "DATE",
    "TIMESTAMP": "TIMESTAMP",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ",
    "TIMESTAMPTZ": "TIMESTAMPTZ",
}
"""Types of which intervals can be made. Of others the engine rounds some, even into the next day."""

_CASTS: Final = {"DATE": "DATE", "TIMESTAMPNTZ": "TIMESTAMP", "TIMESTAMPTZ": "TIMESTAMPTZ"}
_LENGTHS: Final[tuple[Every, ...]] = ("hour", "day", "week", "month", "year")
_NESTS: Final[dict[str, tuple[Every, ...]]] = {
    **dict.fromkeys(("MICROSECOND", "MILLISECOND", "SECOND", "MINUTE", "HOUR"), _LENGTHS),
    "DAY": ("day", "week", "month", "year"),
    "WEEK": ("week",),
    "MONTH": ("month", "year"),
    "QUARTER": ("year",),
    "YEAR": ("year",),
}
"""Of what `date_trunc` cuts to: the intervals that it leaves a value in."""

_CALLED: Final = {
    "ArrayAgg": "list",
    "DateBin": "time_bucket",
    "DateFromParts": "make_date",
    "Explode": "unnest",
    "GroupConcat": "string_agg",
    "LogicalAnd": "bool_and",
    "LogicalOr": "bool_or",
    "PercentileCont": "quantile_cont",
    "PercentileDisc": "quantile_disc",
    "Rand": "random",
    "StrToTime": "strptime",
    "TimestampTrunc": "date_trunc",
    "TimeToStr": "strftime",
    "TimeToUnix": "epoch",
    "UnixToTime": "to_timestamp",
}
"""Functions that the parser calls otherwise than the engine."""


class Value(Struct, frozen=True, kw_only=True):
    """What an expression passes on.

    Attributes:
        type: type of the column, as in `Column`.
        roots: as in `Column`.
        positions: columns of the FROM clause of which it is the first that is not null.
        note: why it passes nothing on, in words.
    """

    type: str = ""
    roots: frozenset[Root] = frozenset()
    positions: frozenset[int] = frozenset()
    note: str = ""


class Names(Struct, frozen=True, kw_only=True):
    """What the names in an expression may mean.

    Attributes:
        aliases: names of the select list in sight, with what they stand for; each may use those
            before it.
    """

    cut: Cut
    joined: Joined
    aliases: tuple[tuple[str, exp.Expr], ...] = ()


def value_of(tree: exp.Expr, names: Names) -> Value:
    """What an expression passes on; of an expression that is not listed, nothing."""
    tree = without_brackets(tree)
    match type(tree).__name__:
        case "Column":
            return _column(tree, names)
        case "Coalesce":
            return _coalesce(tree, names)
        case "Cast" | "TryCast" | "Date" if names.cut.every is not None:
            return _cast(tree, names)
        case "TimestampTrunc" | "DateTrunc" if names.cut.every is not None:
            return _trunc(tree, names)
        case _:
            return Value(note=f"it is {described(tree)}")


def _column(tree: exp.Expr, names: Names) -> Value:
    parts = tuple(folded(part.name) for part in tree.parts)  # type: ignore[attr-defined]  # a column has parts
    if type(tree.this).__name__ == "Star":
        return Value(note="it is a star")
    positions = names.joined.positions(parts)
    meanings = [_passed(names.joined, at) for at in positions]
    if len(parts) == 1:
        for at, (alias, meant) in enumerate(names.aliases):
            if alias == parts[0]:
                before = Names(cut=names.cut, joined=names.joined, aliases=names.aliases[:at])
                meanings.append(value_of(meant, before))
    name = ".".join(parts)
    if not meanings:
        if None in names.joined.order:
            return Value(note=f"the columns of {quoted(names.joined.reads)} are not all known")
        return Value(note=f"nothing known to Andon is called `{name}` there")
    first = meanings[0]
    if any((one.roots, one.positions) != (first.roots, first.positions) for one in meanings):
        return Value(note=f"`{name}` may mean two things there")
    return first


def _passed(joined: Joined, at: int) -> Value:
    column = joined.seen[at].column
    if not column.roots:
        return Value(note=column.note)
    return Value(type=column.type, roots=column.roots, positions=frozenset({at}))


def _coalesce(tree: exp.Expr, names: Names) -> Value:
    values = [value_of(one, names) for one in (tree.this, *tree.expressions)]
    lacking = next((one for one in values if not one.roots), None)
    if lacking is not None:
        return lacking
    type_ = common({one.type for one in values}, names.cut)
    if not type_:
        return Value(note="its types differ")
    return Value(
        type=type_,
        roots=frozenset().union(*(one.roots for one in values)),
        positions=frozenset().union(*(one.positions for one in values)),
    )


def common(types: set[str], cut: Cut) -> str:
    """The type that columns become when they are put together; empty if values may change by it."""
    if len(types) == 1:
        return next(iter(types))
    if cut.every is None or not types <= set(TIMES.values()):
        return ""
    return "TIMESTAMPTZ" if "TIMESTAMPTZ" in types else "TIMESTAMP"


def _cast(tree: exp.Expr, names: Names) -> Value:
    value = value_of(tree.this, names)
    if not value.roots:
        return value
    to = "DATE"
    if type(tree).__name__ == "Date":
        if set_beside(tree, "this"):
            return Value(note="it is `date()` with more than one argument")
    else:
        target = tree.args["to"]
        to = "" if set_beside(target, "this") else _CASTS.get(target.this.name, "")
        if not to or set_beside(tree, "this", "to"):
            return Value(note="it is a cast to another type than DATE, TIMESTAMP and TIMESTAMPTZ")
    if to == "DATE" and value.type != "DATE" and names.cut.every == "hour":
        return _coarse("a cast to DATE", "DAY", names.cut)
    return Value(type=to, roots=value.roots, positions=value.positions)


def _trunc(tree: exp.Expr, names: Names) -> Value:
    value = value_of(tree.this, names)
    if not value.roots:
        return value
    unit = _unit(tree)
    if set_beside(tree, "this", "unit") or unit not in _NESTS:
        return Value(note="it is `date_trunc` to a unit that Andon does not know")
    if names.cut.every not in _NESTS[unit]:
        return _coarse(f"`date_trunc('{unit.lower()}', ...)`", unit, names.cut)
    type_ = "TIMESTAMP" if value.type == "DATE" else value.type
    return Value(type=type_, roots=value.roots, positions=value.positions)


def _unit(tree: exp.Expr) -> str:
    unit = tree.args.get("unit")
    if type(unit).__name__ != "Var":
        return ""
    name = cast("exp.Expr", unit).name.upper()
    return name if name in _NESTS else name.removesuffix("S")


def _coarse(what: str, unit: str, cut: Cut) -> Value:
    fitting = " or ".join(f"`every: {every}`" for every in _NESTS[unit][:2])
    if unit == "WEEK" and cut.every in {"month", "year"}:
        return Value(note=f"{what} may lie in the {cut.every} before ({fitting} would do)")
    return Value(note=f"{what} is longer than one {cut.every} ({fitting} would do)")


def base_value(table: str, column: str, type_: str, cut: Cut) -> tuple[str, str]:
    """Type of a column of an input as it is followed, and why it cannot be, if so."""
    if not type_:
        return "", f"the type of `{table}.{column}` is not known"
    if cut.every is None:
        return type_.upper(), ""
    if type_.upper() not in TIMES:
        return "", f"`{table}.{column}` is {type_}, and not DATE, TIMESTAMP or TIMESTAMPTZ"
    return TIMES[type_.upper()], ""


def described(tree: exp.Expr) -> str:
    """An expression in two words."""
    match type(tree).__name__:
        case "Literal" | "Null" | "Boolean":
            return "a constant"
        case "Window":
            return f"a window function (`{called(tree.this)}()`)"
        case "Subquery":
            return "a subquery"
        case "Cast" | "TryCast":
            return "a cast"
        case _:
            name = called(tree)
            return f"`{name}()`" if name else "computed from other values"


def called(tree: exp.Expr) -> str:
    """Name of a function as a user knows it; empty if it is none."""
    while type(tree).__name__ in {"IgnoreNulls", "RespectNulls", "Filter", "WithinGroup"}:
        tree = tree.this
    if type(tree).__name__ == "Anonymous":
        return tree.name.lower()
    if type(tree).__name__ in _CALLED:
        return _CALLED[type(tree).__name__]
    known = getattr(tree, "sql_name", None)
    names = getattr(type(tree), "_sql_names", None)
    if known is None:
        return ""
    return str(names[0] if names else known()).lower()
