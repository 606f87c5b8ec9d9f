"""One published table in the hands of Python: polars, pandas, Arrow or rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from msgspec import Struct

from andon.app.holding.hold import held, pinned, reads_of
from andon.app.holding.permit import require
from andon.app.showing.inspect import find_asset
from andon.app.showing.read import Moment, never_published, served
from andon.app.showing.views import Result
from andon.app.wiring.wire import Wired
from andon.catalog.records import Snapshot
from andon.execution.line import Scans
from andon.schema import Schema
from andon.spec.project import ProjectSpec

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    import polars as pl
    import pyarrow as pa

PREVIEW_ROWS = 10


class Table(Struct, frozen=True):
    """A snapshot of one asset. It does not move when something newer is published."""

    name: str
    snapshot: Snapshot
    _wired: Wired

    @property
    def schema(self) -> Schema:
        """Columns in order, with the engine's types."""
        return self.snapshot.schema

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self.snapshot.rows

    def pl(self) -> pl.DataFrame:
        """All rows as a polars frame (needs ``pip install andon[polars]``)."""
        from andon.engines.duckdb.frames import to_polars

        with self._relation() as relation:
            return to_polars(relation)

    def df(self) -> pd.DataFrame:
        """All rows as a pandas frame (needs ``pip install andon[pandas]``)."""
        from andon.engines.duckdb.frames import to_pandas

        with self._relation() as relation:
            return to_pandas(relation)

    def arrow(self) -> pa.Table:
        """All rows as an Arrow table (needs ``pip install andon[arrow]``)."""
        from andon.engines.duckdb.frames import to_arrow

        with self._relation() as relation:
            return to_arrow(relation)

    def head(self, limit: int = PREVIEW_ROWS) -> Result:
        """The first rows, in no promised order."""
        engine = self._wired.tools.engine()
        with self._reading():
            rows = engine.rows(f"select * from {self._scan()} limit {int(limit)}", {})
        return Result(
            columns=self.schema.names,
            types=tuple(column.type for column in self.schema.columns),
            rows=tuple(rows),
            is_cut=self.rows > len(rows),
        )

    @contextmanager
    def _relation(self) -> Iterator[duckdb.DuckDBPyRelation]:
        with self._reading():
            yield self._wired.engine().relation(f"select * from {self._scan()}")

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Keep the snapshot from gc; rows that were got are counted as a read of the table."""
        tools = self._wired.tools
        with pinned(tools, [self.snapshot.id]) as noted:
            yield
            noted.extend(reads_of(tools, [self.name]))

    def _scan(self) -> str:
        return Scans(self._wired.tools).of(self.snapshot)

    def __repr__(self) -> str:
        columns = ", ".join(f"{c.name} {c.type}" for c in self.schema.columns)
        return f"<table {self.name}: {self.rows:,} rows ({columns})>"

    def _repr_html_(self) -> str:
        from html import escape

        shown = self.head()
        heads = "".join(
            f"<th>{escape(name)}<br><small>{escape(type_)}</small></th>"
            for name, type_ in zip(shown.columns, shown.types, strict=True)
        )
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(str(value))}</td>" for value in row) + "</tr>"
            for row in shown.rows
        )
        caption = f"{escape(self.name)}: {self.rows:,} rows"
        return f"<table><caption>{caption}</caption><thead><tr>{heads}</tr></thead>{body}</table>"


def open_table(
    wired: Wired, spec: ProjectSpec, environment: str, name: str, as_of: Moment
) -> Table:
    """A published asset as a table.

    Raises:
        UsageError: (APP002) unknown name; (APP003) never published, with the reason.
        Denied: (POL001) a rule refuses it.
    """

    def choose(sight: Mapping[str, Snapshot]) -> tuple[Snapshot, ...]:
        if name not in sight:
            find_asset(spec, name)
            raise never_published(wired.tools, name)
        require(wired.tools, spec, (name,))
        return (sight[name],)

    with held(wired.tools, lambda: served(wired.tools, environment, as_of), choose) as found:
        return Table(name, found[0], wired)
