"""What is judged: rows of one asset behind a table expression, and what its checks may read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from andon.schema import Schema
from andon.spec.check import Relationship, SqlCheck
from andon.sql.bind import bind
from andon.sql.fill import put
from andon.sql.quote import identifier


class Reference(Struct, frozen=True, kw_only=True):
    """Another asset that a check reads: a table expression in parentheses, and its columns."""

    relation: str
    schema: Schema


class Subject(Struct, frozen=True, kw_only=True):
    """The rows under judgement.

    Attributes:
        asset: name of the asset; schema: its columns.
        relation: table expression in parentheses that reads the rows.
        added: the same of those rows only that were not judged before; empty if all are new.
        references: other assets by name.
        logical_time: what clock functions return.
    """

    asset: str
    schema: Schema
    relation: str
    references: Mapping[str, Reference]
    logical_time: datetime
    added: str = ""

    @property
    def alias(self) -> str:
        """Quoted name under which conditions may qualify the asset's own columns."""
        return identifier(self.asset.rpartition(".")[2])

    @property
    def table(self) -> str:
        """The relation with its alias."""
        return f"{self.relation} as {self.alias}"

    @property
    def scanned(self) -> str:
        """The rows that checks of single rows look at, with the alias."""
        return f"{self.added or self.relation} as {self.alias}"

    def type_of(self, name: str) -> str:
        """Type of a column that `problems_of` has found to exist."""
        column = self.schema.column(name)
        if column is None:
            raise KeyError(name)
        return column.type

    def target_of(self, check: Relationship) -> str:
        """Table expression that a relationship points to: another asset, or these rows."""
        if check.to_asset == self.asset:
            return self.relation
        return self.references[check.to_asset].relation

    def query_of(self, check: SqlCheck) -> str:
        """The query of a check file with tables, clocks and parameters put in place."""
        if check.body is None:
            raise ValueError(f"the check file {check.path} was not read")
        tables = {name: reference.relation for name, reference in self.references.items()}
        bound = bind(check.body, tables | {self.asset: self.relation}, self.logical_time)
        return put(bound, dict(check.parameters))
