"""Declared checks: expectations about an asset.

A check is a closed union by kind. Row checks judge one row at a time (null
passes all of them but `NotNull`); set checks judge the table as a whole.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from andon.errors import Where
from andon.hashing import Value, value_hash
from andon.sql.body import SqlBody

OnFail = Literal["stop", "quarantine", "warn"]
Literal_ = None | bool | int | float | str
"""A scalar as YAML or Python gives it; dates are text that the engine casts to the column's type."""


class Tolerance(Struct, frozen=True, kw_only=True):
    """How many failing rows still pass: a count of rows, or a share of them (0..1)."""

    rows: int | None = None
    share: float | None = None

    def allows(self, failing: int, total: int) -> bool:
        """Whether `failing` of `total` rows is within the tolerance."""
        if self.rows is not None:
            return failing <= self.rows
        return failing <= (self.share or 0.0) * total


NO_TOLERANCE = Tolerance(rows=0)


class Common(Struct, frozen=True, kw_only=True, tag=True):
    """What every check has. Checks that ask the same are equal, wherever they are declared.

    Attributes:
        on_fail: what a failure does.
        tolerance: failing rows that still pass (row checks, unique, relationship, sql).
        name: own name given by the author, else empty.
        heard_by: who should hear of a failure; never part of its identity.
        where: where it is declared; never part of its identity.
    """

    on_fail: OnFail = "stop"
    tolerance: Tolerance = NO_TOLERANCE
    name: str = ""
    heard_by: str = ""
    where: Where | None = None

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and _meaning(other) == _meaning(self)

    def __hash__(self) -> int:
        return hash((type(self), _meaning(self)))


class NotNull(Common, frozen=True, kw_only=True):
    """No null in `column`."""

    column: str


class Unique(Common, frozen=True, kw_only=True):
    """No two rows share the same non-null values of `columns`.

    Attributes:
        keep_first_by: order terms (``column`` or ``column desc``) whose first row stays when quarantined.
    """

    columns: tuple[str, ...]
    keep_first_by: tuple[str, ...] = ()


class Accepted(Common, frozen=True, kw_only=True):
    """Every non-null value of `column` is one of `values`."""

    column: str
    values: tuple[Literal_, ...]


class Range(Common, frozen=True, kw_only=True):
    """Every non-null value of `column` lies between `min` and `max`, both included, each optional."""

    column: str
    min: Literal_ = None
    max: Literal_ = None


class Pattern(Common, frozen=True, kw_only=True):
    """Every non-null value of `column` matches the regular expression `regex` in full (RE2 syntax)."""

    column: str
    regex: str


class Relationship(Common, frozen=True, kw_only=True):
    """Every non-null value of `columns` stands in `to_columns` of asset `to_asset`."""

    columns: tuple[str, ...]
    to_asset: str
    to_columns: tuple[str, ...]


class Expect(Common, frozen=True, kw_only=True):
    """A SQL condition that holds for every row; a null result passes.

    Attributes:
        macros: canonical text of the project macros it reaches, so that it is judged again when
            one changes.
    """

    condition: str
    macros: tuple[str, ...] = ()


class RowCount(Common, frozen=True, kw_only=True):
    """Number of rows between `min` and `max`, both included, each optional."""

    min: int | None = None
    max: int | None = None


class Reconcile(Common, frozen=True, kw_only=True):
    """What came in at another asset came out here: completeness is rows here by rows there,
    duplicates is the share of rows whose key is there already, consistency the share of the other
    asset's keys that are here too.

    Attributes:
        to_asset: the step before.
        key: columns of the key, alike in both; none where only rows are counted.
        completeness, consistency: least shares; duplicates: largest one (0..1).
    """

    to_asset: str
    key: tuple[str, ...] = ()
    completeness: float = 1.0
    duplicates: float = 0.0
    consistency: float = 1.0


class Freshness(Common, frozen=True, kw_only=True):
    """The newest value of `column` is at most `max_age_s` seconds before the run's logical time."""

    column: str
    max_age_s: float


class SqlCheck(Common, frozen=True, kw_only=True):
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
    body: SqlBody | None = None
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
    | Reconcile
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
    Reconcile: "reconcile",
    Freshness: "freshness",
    SqlCheck: "sql",
}


def _meaning(check: Common) -> tuple[object, ...]:
    """Values of all fields but those that say where it stands."""
    names = check.__struct_fields__
    return tuple(getattr(check, name) for name in names if name not in {"where", "body"})


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
        case Reconcile(to_asset=asset):
            return f"with {asset}"
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
    for name in check.__struct_fields__:
        if name in ("where", "name", "heard_by", "body"):
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
        case Relationship(to_asset=asset) | Reconcile(to_asset=asset):
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
    return not isinstance(check, RowCount | Reconcile | Freshness | SqlCheck)
