"""One plan for all checks of an asset: as few statements as their kinds allow.

Everything that one row decides, the newest value of a column, the row count and the content digest
share one scan. Keys need a hash table each, so they get a statement of their own: many distinct
counts in one scan cost twice as much. Of a small table it is the statement that costs, so there
keys are brought back with the scan and counted by `judge`. What the query that made the rows proves
of them needs no statement at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, assert_never

from msgspec import Struct, field

from andon.checks.conditions import fails, has_parts, listed
from andon.checks.keys import compared, neighbours, newly_repeated, orphans, repeated
from andon.checks.subject import Reference, Subject
from andon.schema import Schema
from andon.spec.check import (
    Accepted,
    Check,
    Expect,
    Freshness,
    NotNull,
    Pattern,
    Range,
    Reconcile,
    Relationship,
    RowCount,
    SqlCheck,
    Unique,
    identity_of,
)
from andon.sql.clocks import may_hold_clock
from andon.sql.quote import identifier

SMALL_ROWS = 2_048
"""Tables up to this many rows send their keys back with the scan: above, a statement is cheaper."""

MANY_VALUES = 64
"""Accepted values beyond which looking them up in a join is cheaper."""

_PLAIN_KEY = re.compile(
    r"U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)\Z|VARCHAR\Z|BOOLEAN\Z|UUID\Z|BLOB\Z|DECIMAL\("
)
_MOMENT_KEY = re.compile(r"DATE\Z|TIME\Z|TIMESTAMP(_NS|_MS|_S)?\Z")


Merge = Literal["sum", "max"]
"""How the figures of several parts of a table become that of the whole."""


class Cell(Struct, frozen=True):
    """A figure in the first row of the answer to a query of the plan."""

    query: int
    column: int


class Counted(Struct, frozen=True):
    """The engine counts the failing rows."""

    failing: Cell


class Present(Struct, frozen=True):
    """The engine counts the rows that do not fail."""

    passing: Cell


class Keys(Struct, frozen=True):
    """The engine sends the keys (null where a part is null); they are counted here."""

    keys: Cell
    keeps_first: bool


class Compared(Struct, frozen=True):
    """Rows of the other asset; distinct keys here, there and in both (null without a key)."""

    rows: Cell
    own: Cell
    other: Cell
    shared: Cell


class Newest(Struct, frozen=True):
    """Microseconds since 1970 of the newest value (null if infinite), and the number of values."""

    micros: Cell
    values: Cell


class Rows(Struct, frozen=True):
    """The row count itself answers."""


class Proved(Struct, frozen=True):
    """The query that made the rows answers: none of them can fail."""

    why: str


Measure = Counted | Present | Keys | Compared | Newest | Rows | Proved


class AuditPlan(Struct, frozen=True, kw_only=True):
    """Statements to run and how their answers map to the checks; plain data.

    Attributes:
        queries: statements in order; the first begins with the row count.
        screens: for some queries, by their place, a cheaper one: if it finds 0, they would too.
        parts: the first statement once for every part of the table, if that is how it is scanned.
        merges: how each figure of the first statement is put together over the parts.
        kept: rows that are not scanned, since they passed these checks before.
        checks: as given; measures: one for each of them.
        digest: columns of the two digest sums in the first answer, if they were asked for.
    """

    queries: tuple[str, ...]
    checks: tuple[Check, ...]
    measures: tuple[Measure, ...]
    digest: tuple[int, int] | None
    logical_time: datetime
    screens: tuple[tuple[int, str], ...] = ()
    parts: tuple[str, ...] = ()
    merges: tuple[Merge, ...] = ()
    kept: int = 0


class _Draft(Struct):
    """The scan's aggregates, each once, and the statements beside it."""

    is_small: bool
    aggregates: dict[str, int] = field(default_factory=dict)
    merges: list[Merge] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    screens: dict[int, str] = field(default_factory=dict)

    def cell(self, aggregate: str, merge: Merge = "sum") -> Cell:
        if aggregate not in self.aggregates:
            self.aggregates[aggregate] = len(self.aggregates)
            self.merges.append(merge)
        return Cell(0, self.aggregates[aggregate])

    def statement(self, query: str, screen: str = "") -> Cell:
        if query not in self.others:
            self.others.append(query)
        place = self.others.index(query) + 1
        if screen:
            self.screens[place] = screen
        return Cell(place, 0)


def plan(
    checks: Sequence[Check],
    *,
    asset: str,
    schema: Schema,
    relation: str,
    references: Mapping[str, Reference],
    digest: tuple[str, str] | None,
    logical_time: datetime,
    rows: int | None = None,
    proved: Mapping[str, str] | None = None,
    parts: Sequence[str] = (),
    kept: int | None = None,
) -> AuditPlan:
    """Statements that answer all checks, the row count and the digest of a table together.

    Args:
        checks: found free of problems by `problems_of`.
        asset: name of the asset they stand on.
        schema: its columns.
        relation: table expression in parentheses that reads it.
        references: other assets that the checks read, by name.
        digest: aggregates of the digest sums, if it is wanted.
        logical_time: the run's time, which clock functions and freshness take as now.
        rows: row count if it is known beforehand; it decides only how keys are counted.
        proved: identities of checks that need no statement, each with the reason.
        parts: table expressions of the parts to be scanned, so that each one's digest is known;
            together they are the relation, or what is new of it.
        kept: rows beside the parts, which passed all these checks before and are not scanned
            again; every check `goes_on`. None if all rows are scanned.

    Raises:
        KeyError: a column or a reference is missing; `problems_of` tells these in words.
    """
    subject = Subject(
        asset=asset,
        schema=schema,
        relation=relation,
        references=references,
        logical_time=logical_time,
        added=_together(parts, schema) if kept is not None else "",
    )
    is_whole = len(parts) <= 1 and kept is None
    draft = _Draft(is_small=is_whole and rows is not None and rows <= SMALL_ROWS)
    draft.cell("count(*)")
    sums = None
    if digest is not None:
        high, low = (draft.cell(aggregate).column for aggregate in digest)
        sums = (high, low)
    known = proved or {}
    measures = tuple(
        Proved(known[identity])
        if known and (identity := identity_of(check)) in known
        else _measure(check, subject, draft)
        for check in checks
    )
    listed_aggregates = ", ".join(draft.aggregates)
    scans = tuple(
        f"select {listed_aggregates} from {part} as {subject.alias}"
        for part in (parts or (subject.added or subject.relation,))
    )
    return AuditPlan(
        queries=(scans[0], *draft.others),
        checks=tuple(checks),
        measures=measures,
        digest=sums,
        logical_time=logical_time,
        screens=tuple(draft.screens.items()),
        parts=scans if len(scans) > 1 else (),
        merges=tuple(draft.merges),
        kept=kept or 0,
    )


def goes_on(check: Check) -> bool:
    """Whether, where some rows passed a check before, looking at the other rows alone is enough."""
    if isinstance(check, Expect):
        return not may_hold_clock(check.condition)
    return isinstance(check, NotNull | Accepted | Range | Pattern | Unique | RowCount)


def _together(parts: Sequence[str], schema: Schema) -> str:
    """Table expression of all parts."""
    if not parts:
        nothing = ", ".join(f"null::{c.type} as {identifier(c.name)}" for c in schema.columns)
        return f"(select {nothing} where false)"
    return parts[0] if len(parts) == 1 else f"({' union all '.join(f'from {p}' for p in parts)})"


def _measure(check: Check, subject: Subject, draft: _Draft) -> Measure:
    match check:
        case NotNull(column=column):
            # Counting values can be answered from the file's own figures, counting nulls cannot.
            return Present(draft.cell(f"count({identifier(column)})"))
        case Accepted(column=column) if len(check.values) > MANY_VALUES and not draft.is_small:
            # A condition compares with one value after the other, a join looks them up.
            values = f"(select unnest([{listed(check, subject)}]) as value)"
            query = orphans([column], ["value"], table=subject.scanned, reference=values)
            return Counted(draft.statement(query))
        case Accepted() | Range() | Pattern() | Expect():
            condition = fails(check, subject)
            return Counted(draft.cell(f"count_if({condition})"))
        case Unique(columns=columns, keep_first_by=first):
            return _unique(columns, bool(first), subject, draft)
        case Relationship():
            query = orphans(
                check.columns,
                check.to_columns,
                table=subject.table,
                reference=subject.target_of(check),
            )
            if draft.is_small:
                return Counted(draft.cell(f"({query})"))
            return Counted(draft.statement(query))
        case Reconcile(key=key, to_asset=other):
            reference = subject.references[other].relation
            cell = draft.statement(compared(key, table=subject.table, reference=reference))
            return Compared(*(Cell(cell.query, at) for at in range(4)))
        case Freshness(column=column):
            name = identifier(column)
            return Newest(
                draft.cell(f"epoch_us(max({name}))", "max"),
                draft.cell(f"count({name})"),
            )
        case RowCount():
            return Rows()
        case SqlCheck():
            query = f"select count(*) from (\n{subject.query_of(check)}\n)"
            return Counted(draft.statement(query))
        case _:
            assert_never(check)


def _unique(columns: Sequence[str], keeps_first: bool, subject: Subject, draft: _Draft) -> Measure:
    # A view may give a column a collation, which its type does not show.
    is_collated = "collate" in subject.relation.lower()
    parts = [_portable(c, subject.type_of(c)) if not is_collated else None for c in columns]
    if subject.added:
        query = repeated(columns, table=subject.table, keeps_first=keeps_first)
        screen = newly_repeated(columns, table=subject.table, added=subject.scanned)
        return Counted(draft.statement(query, screen))
    if draft.is_small and all(parts):
        key = str(parts[0]) if len(parts) == 1 else f"row({', '.join(map(str, parts))})"
        whole = key if len(parts) == 1 else f"case when {has_parts(columns)} then {key} end"
        return Keys(draft.cell(f"list({whole})"), keeps_first)
    # Only of these types is it known that equal values have equal hashes.
    screen = neighbours(columns, table=subject.table) if all(parts) else ""
    query = repeated(columns, table=subject.table, keeps_first=keeps_first)
    return Counted(draft.statement(query, screen))


def _portable(column: str, type_: str) -> str | None:
    """A key part whose Python values are equal exactly where the engine's are; None if unsure."""
    if _PLAIN_KEY.match(type_) and "[" not in type_:
        return identifier(column)
    if _MOMENT_KEY.match(type_):
        # Infinite dates have no Python value, their text has.
        return f"cast({identifier(column)} as VARCHAR)"
    return None


__all__ = ["AuditPlan", "Reference", "plan"]
