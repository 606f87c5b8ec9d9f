"""Judging checks on tables of a real engine, for tests of several folders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from andon.checks.ask import ask
from andon.checks.failing import failing_rows
from andon.checks.judge import Findings, judge
from andon.checks.plan import Reference, plan
from andon.checks.problems import problems_of
from andon.checks.split import Split, split
from andon.errors import Problem
from andon.schema import Column, Schema
from andon.spec.check import Check

if TYPE_CHECKING:
    import duckdb

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
ASSET = "raw.t"


class Table:
    """A query's rows under the name `raw.t`, and other tables by name."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        query: str,
        others: Mapping[str, str] | None = None,
    ) -> None:
        self.connection = connection
        self.relation = f"({query})"
        self.schema = self._schema(query)
        self.references = {
            name: Reference(relation=f"({other})", schema=self._schema(other))
            for name, other in (others or {}).items()
        }

    def _schema(self, query: str) -> Schema:
        found = self.connection.execute(f"describe {query}").fetchall()
        return Schema(tuple(Column(name=row[0], type=row[1]) for row in found))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query).fetchall()

    def audit(self, *checks: Check, rows: int | None = None) -> Findings:
        made = plan(
            checks,
            asset=ASSET,
            schema=self.schema,
            relation=self.relation,
            references=self.references,
            digest=None,
            logical_time=NOW,
            rows=rows,
        )
        return judge(made, ask(made, self.rows))

    def failing(self, *checks: Check, rows: int | None = None) -> list[int]:
        return [result.failing for result in self.audit(*checks, rows=rows).results]

    def failing_rows(self, check: Check, limit: int = 1000) -> list[tuple[object, ...]]:
        query = failing_rows(
            check,
            asset=ASSET,
            schema=self.schema,
            relation=self.relation,
            references=self.references,
            logical_time=NOW,
            limit=limit,
        )
        assert query is not None
        return self.rows(query)

    def split(self, checks: Sequence[Check]) -> Split:
        made = split(
            checks,
            asset=ASSET,
            schema=self.schema,
            relation=self.relation,
            references=self.references,
            logical_time=NOW,
        )
        assert made is not None
        return made

    def problems(self, *checks: Check) -> tuple[Problem, ...]:
        return problems_of(checks, asset=ASSET, schema=self.schema, references=self.references)
