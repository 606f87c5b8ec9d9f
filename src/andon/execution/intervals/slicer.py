"""Slicer: runs an asset on some intervals of its inputs, and writes files anew without some."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from andon.catalog.records import DataFile
from andon.errors import Problem, TaskFailed
from andon.execution.building.named_columns import unknown
from andon.execution.intervals.parting import MOMENTS, Parting
from andon.execution.line import Line
from andon.execution.subject import Staged
from andon.planning.slices import behind
from andon.ports.engine import Engine, Scalar
from andon.schema import Schema
from andon.spec.slicing import Slicing
from andon.sql.quote import identifier
from andon.sql.span import within


class Rows(Struct, frozen=True, kw_only=True):
    """Rows of some intervals as the asset's code gives them.

    Attributes:
        query, parameters: reads them.
        written: staged file that holds them already, and how many there are.
    """

    schema: Schema
    query: str
    parameters: Mapping[str, Scalar] = {}
    written: tuple[Path, int] | None = None


class Slicer:
    """Runs one incremental asset on some intervals of its inputs.

    Args:
        tables: table expression of every input, whole.
        kinds: type of the interval column of every input that is parted.
        rows_of: the asset's rows over given table expressions.
        schema: columns that every interval has; None until the first one was run.
    """

    def __init__(
        self,
        line: Line,
        name: str,
        slicing: Slicing,
        parting: Parting,
        engine: Engine,
        tables: Mapping[str, str],
        kinds: Mapping[str, str],
        rows_of: Callable[[Mapping[str, str]], Rows],
        schema: Schema | None,
    ) -> None:
        self._line, self._name, self._slicing, self._parting = line, name, slicing, parting
        self._engine, self._tables, self._kinds, self._rows_of = engine, tables, kinds, rows_of
        self._schema = schema
        if schema is not None:
            self._check_column(schema)

    @property
    def schema(self) -> Schema:
        """Columns of the asset; nothing where no interval was ever run."""
        return self._schema or Schema(())

    @property
    def kind(self) -> str:
        """Type of the column that tells the interval."""
        column = self.schema.column(self._slicing.column)
        return column.type if column else "TIMESTAMP"

    def run(self, batch: Sequence[str], label: str, *, is_whole: bool) -> Staged:
        """Rows of some intervals; with `is_whole` these are all there are."""
        slicing = self._slicing
        tables = dict(self._tables)
        if not is_whole:
            read = sorted(
                {s for one in batch for s in behind(one, slicing.every, slicing.lookback)}
            )
            for name, column in self._parting.sliced:
                chosen = within(column, self._kinds[name], read, slicing.every)
                tables[name] = f"(select * from {tables[name]} where {chosen})"
        rows = self._rows_of(tables)
        self._settle(rows.schema)
        query, inside = rows.query, within(slicing.column, self.kind, batch, slicing.every)
        if slicing.lookback and not is_whole:
            query = f"select * from (\n{query}\n) where {inside}"
        if len(batch) > 1:
            # In order, so that a reader of few intervals finds them side by side.
            query = f"select * from (\n{query}\n) order by {identifier(slicing.column)}"
        if rows.written is not None and query == rows.query:
            staged, count = rows.written
        else:
            staged = self._stage()
            count = self._engine.write(query, rows.parameters, rows.schema, staged).rows
        part = Staged(path=staged, rows=count, label=label)
        if self._parting.is_vouched and not is_whole and not slicing.lookback:
            self._check(part, inside)
        return part

    def _settle(self, schema: Schema) -> None:
        """All intervals have the same columns; the first one says which."""
        if self._schema is None:
            self._check_column(schema)
            self._schema = schema
        elif schema != self._schema:
            raise _unlike(self._name, self._schema, schema)

    def _check_column(self, schema: Schema) -> None:
        column = schema.column(self._slicing.column)
        if column is None:
            raise TaskFailed(unknown(self._name, "interval", self._slicing.column, schema))
        if column.type not in MOMENTS:
            raise _no_moment(self._name, self._slicing.column, column.type)

    def rewrite(self, files: Sequence[DataFile], condition: str, label: str) -> Staged:
        """The rows of kept files that meet a condition, as one new file."""
        store, staged = self._line.tools.store, self._stage()
        for file in files:
            store.verify(file)
        source = self._engine.scan(self.schema, [store.path(file) for file in files])
        query = (
            f"select * from {source} where {condition} order by {identifier(self._slicing.column)}"
        )
        written = self._engine.write(query, {}, self.schema, staged)
        return Staged(path=staged, rows=written.rows, label=label)

    def rewrite_aside(self, file: DataFile, condition: str) -> Staged:
        """The rows set aside before that meet a condition."""
        store, staged = self._line.tools.store, self._stage()
        store.verify(file)
        query = (
            f"select * from {self._engine.scan(Schema(()), [store.path(file)])} where {condition}"
        )
        written = self._engine.write(query, {}, self._engine.describe(query, {}), staged)
        return Staged(path=staged, rows=written.rows, role="aside", label=file.label)

    def _check(self, part: Staged, inside: str) -> None:
        """Where nobody proved it, rows of other intervals must not come out."""
        source = self._engine.scan(self.schema, [part.path])
        (count,) = self._engine.rows(f"select count(*) from {source} where ({inside}) is not true")[
            0
        ]
        if count:
            raise _strayed(self._name, self._slicing, count)

    def _stage(self) -> Path:
        tools = self._line.tools
        return tools.store.stage(self._line.run_id, f"{tools.new_id()}.parquet")


def _unlike(asset: str, first: Schema, other: Schema) -> TaskFailed:
    known = {column.name: column.type for column in first.columns}
    found = {column.name: column.type for column in other.columns}
    differ = sorted(n for n in known.keys() | found.keys() if known.get(n) != found.get(n))
    shown = ", ".join(
        f"`{name}` {known.get(name, 'missing')} / {found.get(name, 'missing')}"
        for name in differ[:5]
    )
    return TaskFailed(
        Problem(
            code="INC004",
            what=f"`{asset}`: intervals have different columns: {shown or 'their order differs'}",
            why="all rows of a table have the same columns; a data frame takes its types from the "
            "values it happens to hold",
            fix="declare the types in `columns`, and return the same columns for every interval",
        )
    )


def _no_moment(asset: str, column: str, kind: str) -> TaskFailed:
    return TaskFailed(
        Problem(
            code="INC003",
            what=f"column `{column}` of `{asset}` is a {kind}, which tells no interval of time",
            why="intervals are told by a date or a timestamp",
            fix=f"cast it in the query, for example `{column}::date as {column}`",
        )
    )


def _strayed(asset: str, slicing: Slicing, count: int) -> TaskFailed:
    return TaskFailed(
        Problem(
            code="INC002",
            what=f"`{asset}`: {count:,} rows belong to other {slicing.every}s than were run",
            why="the author vouched that the query can be run interval by interval; rows that fall "
            "into other intervals would stand twice or be lost",
            fix="correct the query, declare `lookback`, or write `materialize: table`",
        )
    )
