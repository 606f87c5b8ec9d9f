"""Declared checks: expectations about an asset.

A check is a closed union by kind. Row checks judge one row at a time (null
passes all of them but `NotNull`); set checks judge the table as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from andon.errors import Where
from andon.hashing import Value, value_hash
from andon.sql.body import SqlBody

OnFail = Literal["stop", "quarantine", "warn"]
Literal_ = None | bool | int | float | str
"""A scalar as YAML or Python gives it; dates are text that the engine casts to the column's type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """How many failing rows still pass: a count of rows, or a share of them (0..1)."""

    rows: int | None = None
    share: float | None = None

    def allows(self, failing: int, total: int) -> bool:
        """Whether `failing` of `total` rows is within the tolerance."""
        if self.rows is not None:
            return failing <= self.rows
        return failing <= (self.share or 0.0) * total


NO_TOLERANCE = Tolerance(rows=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """What every check has.

    Attributes:
        on_fail: what a failure does.
        tolerance: failing rows that still pass (row checks, unique, relationship, sql).
        name: own name given by the author, else empty.
        where: where it is declared; never part of its identity.
    """

    on_fail: OnFail = "stop"
    tolerance: Tolerance = NO_TOLERANCE
    name: str = ""
    where: Where | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotNull(Common):
    """No null in `column`."""

    column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unique(Common):
    """No two rows share the same non-null values of `columns`.

    Attributes:
        keep_first_by: order terms (``column`` or ``column desc``) whose first row stays when quarantined.
    """

    columns: tuple[str, ...]
    keep_first_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted(Common):
    """Every non-null value of `column` is one of `values`."""

    column: str
    values: tuple[Literal_, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Range(Common):
    """Every non-null value of `column` lies between `min` and `max`, both included, each optional."""

    column: str
    min: Literal_ = None
    max: Literal_ = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern(Common):
    """Every non-null value of `column` matches the regular expression `regex` in full (RE2 syntax)."""

    column: str
    regex: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Relationship(Common):
    """Every non-null value of `columns` stands in `to_columns` of asset `to_asset`."""

    columns: tuple[str, ...]
    to_asset: str
    to_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expect(Common):
    """A SQL condition that holds for every row; a null result passes.

    Attributes:
        macros: canonical text of the project macros it reaches, so that it is judged again when
            one changes.
    """

    condition: str
    macros: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RowCount(Common):
    """Number of rows between `min` and `max`, both included, each optional."""

    min: int | None = None
    max: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness(Common):
    """The newest value of `column` is at most `max_age_s` seconds before the run's logical time."""

    column: str
    max_age_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlCheck(Common):
    """A query kept in a file of the project; every row it returns is a bad row.

    Attributes:
        path: file, relative to the project.
        sql: its text.
        reads: assets it reads, its own asset included if it does.
        body: the text as read, so that tables and clocks can be bound; never part of its identity.
        parameters: values of the parameters it reads, as SQL literals.
        macros: canonical text of the project macros it reaches.
    """

    path: str
    sql: str
    reads: tuple[str, ...]
    body: SqlBody | None = field(default=None, compare=False)
    parameters: tuple[tuple[str, str], ...] = ()
    macros: tuple[str, ...] = ()


Check = (
    NotNull
    | Unique
    | Accepted
    | Range
    | Pattern
    | Relationship
    | Expect
    | RowCount
    | Freshness
    | SqlCheck
)

KINDS: dict[type[Common], str] = {
    NotNull: "not_null",
    Unique: "unique",
    Accepted: "accepted",
    Range: "range",
    Pattern: "pattern",
    Relationship: "relationship",
    Expect: "expect",
    RowCount: "row_count",
    Freshness: "freshness",
    SqlCheck: "sql",
}


def kind_of(check: Check) -> str:
    """Word for the kind of a check, as it is declared."""
    return KINDS[type(check)]


def subject_of(check: Check) -> str:
    """What the check is about, in few words: columns, condition, file or bounds."""
    match check:
        case NotNull(column=column) | Freshness(column=column):
            return column
        case Unique(columns=columns):
            return ", ".join(columns)
        case Accepted(column=column, values=values):
            shown = ", ".join(str(value) for value in values[:5])
            return f"{column} in {shown}{', …' if len(values) > 5 else ''}"
        case Range(column=column, min=low, max=high):
            return f"{column} {_bounds(low, high)}"
        case Pattern(column=column, regex=regex):
            return f"{column} like {regex}"
        case Relationship(columns=columns, to_asset=asset, to_columns=to):
            return f"{', '.join(columns)} in {asset}.{', '.join(to)}"
        case Expect(condition=condition):
            return condition
        case RowCount(min=low, max=high):
            return _bounds(low, high)
        case SqlCheck(path=path):
            return path


def _bounds(low: object, high: object) -> str:
    if low is None:
        return f"<= {high}"
    if high is None:
        return f">= {low}"
    return f"{low} to {high}"


def label_of(check: Check) -> str:
    """Name shown to people: the author's, else kind and subject."""
    return check.name or f"{kind_of(check)}: {subject_of(check)}"


def identity_of(check: Check) -> str:
    """Hash of everything that decides the verdict; equal checks have equal identities."""
    body: dict[str, Value] = {"kind": kind_of(check)}
    for name in check.__dataclass_fields__:
        if name in ("where", "name", "body"):
            continue
        value = getattr(check, name)
        if isinstance(value, Tolerance):
            value = [value.rows, value.share]
        body[name] = _plain(value) if isinstance(value, tuple) else value
    return value_hash(body)


def _plain(values: tuple[object, ...]) -> Value:
    return [_plain(v) if isinstance(v, tuple) else v for v in values]  # type: ignore[misc]  # scalars


def references_of(check: Check, own: str) -> tuple[str, ...]:
    """Other assets the check reads (`own` is the asset it stands on)."""
    match check:
        case Relationship(to_asset=asset):
            return () if asset == own else (asset,)
        case SqlCheck(reads=reads):
            return tuple(name for name in reads if name != own)
        case _:
            return ()


def is_crossing(check: Check, own: str) -> bool:
    """Whether the check reads another asset, so that it is judged on the set to be published."""
    return bool(references_of(check, own))


def is_row_check(check: Check) -> bool:
    """Whether single rows fail it, so that they can be set aside."""
    return not isinstance(check, RowCount | Freshness | SqlCheck)
