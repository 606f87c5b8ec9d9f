"""Search in values: which columns of published tables hold a value, or match a pattern."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from andon.app.holding.hold import held
from andon.app.holding.permit import refused
from andon.app.showing.read import served
from andon.catalog.records import DataFile, Snapshot
from andon.discovery.values import Wanted, is_comparable
from andon.errors import AndonError, Problem, TaskFailed, UsageError
from andon.execution.line import Scans, Tools
from andon.governance.access import told
from andon.spec.project import ProjectSpec
from andon.sql.quote import identifier, literal

MOST_ROWS = 1_000_000
MOST_SECONDS = 30.0


class Holds(Struct, frozen=True, kw_only=True):
    """A column that holds what was looked for, in so many of the rows that were looked at."""

    table: str
    column: str
    rows: int
    looked_at: int


class LeftOut(Struct, frozen=True, kw_only=True):
    """A table that was not looked at, or not as a whole, and why."""

    table: str
    why: str


class ValueAnswer(Struct, frozen=True, kw_only=True):
    """Where a value was found, and what was looked at.

    Attributes:
        found: in order of the tables looked at, then of their columns.
        tables, columns, rows: how much was looked at; tables without a column that could hold it count
            too.
        ruled_out: columns that by the statistics of their files cannot hold it.
        left_out: tables that were not looked at, or not as a whole.
    """

    found: tuple[Holds, ...]
    tables: int
    columns: int
    rows: int
    ruled_out: int
    left_out: tuple[LeftOut, ...]


def search_values(
    tools: Tools,
    spec: ProjectSpec,
    environment: str,
    wanted: Wanted,
    names: Sequence[str] | None = None,
    *,
    most_rows: int = MOST_ROWS,
    most_seconds: float = MOST_SECONDS,
) -> ValueAnswer:
    """Look for a value in published tables that whoever looks may read; no value of the data is in the answer.

    Args:
        names: tables to look at, in this order; None is all of them, in order of name.
        most_rows: rows of a table that are looked at; 0 is all.
        most_seconds: no table is begun after so long.

    Raises:
        UsageError: (APP013) the pattern is no regular expression.
    """
    _refuse_pattern(tools, wanted)

    def choose(sight: Mapping[str, Snapshot]) -> tuple[Snapshot, ...]:
        order = sorted(sight) if names is None else [name for name in names if name in sight]
        return tuple(sight[name] for name in order)

    with held(tools, lambda: served(tools, environment), choose) as snapshots:
        closed = refused(tools, spec, (snapshot.asset for snapshot in snapshots))
        reasons = {name: f"you may not read it: {told(one)}" for name, one in closed.items()}
        return _Look(tools, wanted, most_rows, reasons).through(snapshots, most_seconds)


def _refuse_pattern(tools: Tools, wanted: Wanted) -> None:
    if not wanted.is_pattern:
        return
    try:
        tools.engine().rows("select regexp_full_match('', $wanted)", {"wanted": wanted.text})
    except TaskFailed as error:
        raise UsageError(
            Problem(
                code="APP013",
                what="the pattern of values is no regular expression",
                why="the engine reads it as RE2 does, and could not",
                fix="write for example `--values 'DE[0-9]{20}'`; a value as it stands is `--value`",
            )
        ) from error


class _Look:
    """One look through tables, but for those that are closed to whoever looks."""

    def __init__(
        self, tools: Tools, wanted: Wanted, most_rows: int, closed: Mapping[str, str]
    ) -> None:
        self._tools, self._wanted, self._most = tools, wanted, most_rows
        self._closed = closed
        self._fits: dict[str, bool] = {}
        self._ruled_out = self._columns = self._rows = 0
        self._left_out: list[LeftOut] = []

    def through(self, snapshots: Iterable[Snapshot], most_seconds: float) -> ValueAnswer:
        until = time.monotonic() + most_seconds
        found: list[Holds] = []
        count = 0
        for snapshot in snapshots:
            if snapshot.asset in self._closed:
                self._leave_out(snapshot, self._closed[snapshot.asset])
            elif snapshot.kind == "view":
                self._leave_out(snapshot, "a view, whose rows are made of tables")
            elif time.monotonic() >= until:
                self._leave_out(snapshot, "the time was over")
            else:
                try:
                    found += self._at(snapshot)
                    count += 1
                except AndonError as error:
                    self._leave_out(snapshot, f"it cannot be read ({error.code})")
        return ValueAnswer(
            found=tuple(found),
            tables=count,
            columns=self._columns,
            rows=self._rows,
            ruled_out=self._ruled_out,
            left_out=tuple(self._left_out),
        )

    def _leave_out(self, snapshot: Snapshot, why: str) -> None:
        self._left_out.append(LeftOut(table=snapshot.asset, why=why))

    def _at(self, snapshot: Snapshot) -> list[Holds]:
        """The columns of a table that hold what is looked for."""
        columns = [c.name for c in snapshot.schema.columns if self._may_hold(c.type)]
        if not columns or not snapshot.rows:
            return []
        scan, possible, held_there = self._scan(snapshot, columns)
        self._ruled_out += len(columns) - len(possible)
        if not possible:
            return []
        kinds = {column.name: column.type for column in snapshot.schema.columns}
        counts = ", ".join(
            f"count(*) filter ({self._condition(name, kinds[name])})" for name in possible
        )
        most = f" limit {self._most:d}" if self._most else ""
        selected = ", ".join(identifier(name) for name in possible)
        (row,) = self._tools.engine().rows(
            f"select count(*), {counts} from (select {selected} from {scan}{most})",
            {"wanted": self._wanted.text},
        )
        looked_at = int(row[0])
        self._columns += len(possible)
        self._rows += looked_at
        if looked_at < held_there:
            self._leave_out(snapshot, f"all but its first {looked_at:,} rows")
        return [
            Holds(table=snapshot.asset, column=name, rows=int(rows), looked_at=looked_at)
            for name, rows in zip(possible, row[1:], strict=True)
            if rows
        ]

    def _may_hold(self, kind: str) -> bool:
        """Whether columns of a type can hold it: text, and what the one value can be read as."""
        if kind == "VARCHAR" or self._wanted.is_pattern or not is_comparable(kind):
            return kind == "VARCHAR"
        if kind not in self._fits:
            query = f"select try_cast($wanted as {kind}) is not null"
            ((fits,),) = self._tools.engine().rows(query, {"wanted": self._wanted.text})
            self._fits[kind] = bool(fits)
        return self._fits[kind]

    def _condition(self, name: str, kind: str) -> str:
        if self._wanted.is_pattern:
            return f"regexp_full_match({identifier(name)}, $wanted)"
        if kind == "VARCHAR":
            return f"{identifier(name)} = $wanted"
        return f"{identifier(name)} = try_cast($wanted as {kind})"

    def _scan(self, snapshot: Snapshot, columns: list[str]) -> tuple[str, list[str], int]:
        """What to read of a table: the files and columns that can hold it, and how many rows that is."""
        scans = Scans(self._tools)
        if snapshot.query:
            # Read from landed files, whose statistics another program wrote.
            return scans.of(snapshot), columns, snapshot.rows
        files = {str(self._tools.store.path(file)): file for file in snapshot.data_files}
        scans.paths(snapshot)
        texts = {
            c.name for c in snapshot.schema.columns if c.stored is None and c.type == "VARCHAR"
        }
        excluded = self._excluded(list(files), texts.intersection(columns))
        wanted: dict[str, DataFile] = {}
        possible: set[str] = set()
        for path, file in files.items():
            here = [name for name in columns if (path, name) not in excluded]
            if here:
                wanted[path] = file
                possible.update(here)
        kept = replace(snapshot, files=tuple(wanted.values()))
        in_order = [name for name in columns if name in possible]
        rows = sum(file.rows for file in wanted.values())
        return (scans.of(kept) if wanted else ""), in_order, rows

    def _excluded(self, paths: Sequence[str], columns: set[str]) -> set[tuple[str, str]]:
        """Files and text columns that by least and most value of every part cannot hold it."""
        if not paths or not columns:
            return set()
        listed = ", ".join(literal(path) for path in paths)
        rows = self._tools.engine().rows(
            # Of long texts the writer keeps the beginning, which is no more than the text itself.
            "select file_name, path_in_schema, min(stats_min_value),"
            " case when bool_and(coalesce(max_is_exact, false)) then max(stats_max_value) end"
            f" from parquet_metadata([{listed}]) group by all"
            " having bool_and(stats_min_value is not null and stats_max_value is not null)"
        )
        return {
            (str(file), str(name))
            for file, name, least, most in rows
            if name in columns and not self._wanted.may_lie_in(least, most)
        }
