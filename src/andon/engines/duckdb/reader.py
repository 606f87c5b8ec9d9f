"""DuckDB's own reading of SQL, from its tokens and from its syntax tree."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from andon.engines.duckdb.describe import failed, not_one_select
from andon.engines.duckdb.faults import translate
from andon.engines.duckdb.references import references, uses, written
from andon.engines.duckdb.types import literal
from andon.engines.duckdb.words import may_reach_out
from andon.errors import TaskFailed
from andon.ports.sql_reader import Uses


class DuckDBReader:
    """Implements the port `SqlReader` beside an engine, on a cursor of its own.

    Args:
        connection: of the engine; the cursor is opened when it is first needed.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._cursor: duckdb.DuckDBPyConnection | None = None

    def parse_references(self, sql: str) -> Sequence[tuple[str, int, int]]:
        """Tables a query reads; see the port."""
        tree = self._tree(sql)
        if tree["error"]:
            raise _not_parsed(tree)
        return references(tree, sql)

    def may_reach_out(self, sql: str) -> bool:
        """Whether a query could read or call what is not its own; see the port."""
        return may_reach_out(sql)

    def parse_uses(self, sql: str) -> Uses | None:
        """Tables and functions of a query, those inside ``describe`` and ``table x`` too.

        None where DuckDB tells no tree: a `pivot` without `in (...)`, and what is no query.
        """
        tree = self._tree(sql)
        if not tree["error"]:
            if len(tree["statements"]) != 1:
                raise not_one_select(len(tree["statements"]))
            return uses(tree)
        if tree.get("error_type") == "not implemented":
            return None
        with self._connection.cursor() as cursor:
            try:
                cursor.extract_statements(sql)
            except duckdb.Error as error:  # it tells the place, which the tree does not
                raise translate(error, sql) from error
        raise _not_parsed(tree)

    def close(self) -> None:
        """Release the cursor. Safe to repeat."""
        with self._lock:
            if self._cursor is not None:
                self._cursor.close()
                self._cursor = None

    def _tree(self, sql: str) -> dict[str, Any]:
        """Syntax tree of a query; the statement is prepared once, which halves its cost."""
        with self._lock:
            if self._cursor is None:
                self._cursor = self._connection.cursor()
                self._cursor.execute("prepare tree as select json_serialize_sql($1)")
            found = self._cursor.execute(f"execute tree({literal(sql)})").fetchall()
        tree: dict[str, Any] = json.loads(found[0][0])
        by = "" if tree["error"] else written(tree)
        if by:
            raise _writes(by)
        return tree


def _writes(by: str) -> TaskFailed:
    return failed(
        "ENG010",
        f"the query writes: a part of it is `{by}`",
        "an asset is the rows of one select; Andon does the writing",
        "take that part out, and let an asset of its own give the rows",
    )


def _not_parsed(tree: Mapping[str, Any]) -> TaskFailed:
    return failed(
        "ENG002",
        f"the query is not valid: {tree.get('error_message', 'unknown')}",
        "the engine could not parse it",
        "correct the query",
    )
