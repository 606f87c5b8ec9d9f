"""The embedded engine: one in-memory DuckDB instance over the files of the store."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from andon.engines.duckdb import digest, forms
from andon.engines.duckdb.faults import translate
from andon.engines.duckdb.references import references
from andon.engines.duckdb.session import open_session
from andon.engines.duckdb.types import literal, quote
from andon.errors import Problem, TaskFailed
from andon.ports.engine import Scalar, Written
from andon.schema import Column, Schema

T = TypeVar("T")

_COPY = "(format parquet, compression zstd, compression_level 1)"


class DuckDBEngine:
    """Runs SQL in process; implements the port `Engine`.

    Args:
        store_root: folder of the store; with `extra_directories` all that SQL may read or write.
        threads: engine threads; None is one per core.
        memory_bytes: memory limit; None is DuckDB's default, 80 % of the machine.
        spill_bytes: size limit of the spill folder; None is DuckDB's default.
        spill_dir: folder of this process for spilled data, removed by `close`.
    """

    def __init__(
        self,
        store_root: Path,
        *,
        threads: int | None = None,
        memory_bytes: int | None = None,
        spill_bytes: int | None = None,
        spill_dir: Path | None = None,
        extra_directories: Sequence[Path] = (),
    ) -> None:
        self._spill_dir = spill_dir or store_root / "spill"
        self._connection = open_session(
            [store_root, *extra_directories, self._spill_dir],
            threads=threads,
            memory_bytes=memory_bytes,
            spill_bytes=spill_bytes,
            spill_dir=self._spill_dir,
        )
        self._lock = threading.Lock()
        self._live: set[duckdb.DuckDBPyConnection] = set()
        self._is_closed = False
        self.version: str = duckdb.__version__

    def scan(self, schema: Schema, paths: Sequence[Path]) -> str:
        """Table expression that reads stored files in the declared types; none gives no rows."""
        if not paths:
            empty = ", ".join(f"cast(null as {c.type}) as {quote(c.name)}" for c in schema.columns)
            return f"(select {empty} where false)"
        listed = ", ".join(literal(_without_glob(str(path))) for path in paths)
        source = f"read_parquet([{listed}], hive_partitioning = false)"
        if all(column.stored is None for column in schema.columns):
            return f"(from {source})"
        columns = (
            f"{forms.decode(quote(c.name), c.type)} as {quote(c.name)}"
            if c.stored
            else quote(c.name)
            for c in schema.columns
        )
        return f"(select {', '.join(columns)} from {source})"

    def describe(self, query: str, parameters: Mapping[str, Scalar]) -> Schema:
        """Schema of a query without running it.

        Raises:
            TaskFailed: (ENG002) the query is not valid; (ENG010) it is not one select; (ENG011) two
                columns share a name; (ENG012) a type cannot be stored.
        """
        return self._run(query, lambda cursor: self._describe(cursor, query, parameters))

    def _describe(
        self, cursor: duckdb.DuckDBPyConnection, query: str, parameters: Mapping[str, Scalar]
    ) -> Schema:
        relation = cursor.sql(query, params=_bound(cursor, query, parameters))
        names, types = relation.columns, [str(kind) for kind in relation.types]
        del relation
        columns = []
        seen: set[str] = set()
        for name, kind in zip(names, types, strict=True):
            if name.casefold() in seen:
                raise _repeated(name)
            seen.add(name.casefold())
            if part := forms.refused_part(kind):
                raise _not_storable(name, part)
            columns.append(Column(name=name, type=kind, stored=forms.stored_form(kind)))
        return Schema(tuple(columns))

    def write(
        self, query: str, parameters: Mapping[str, Scalar], schema: Schema, path: Path
    ) -> Written:
        """Write a query's rows as one Parquet file in the columns, order and types of `schema`.

        Streams: memory does not grow with the rows. Not durable; repeating overwrites the file.
        """
        columns = ", ".join(f"{_stored_column(c)} as {quote(c.name)}" for c in schema.columns)
        target = literal(str(path))

        def copy(cursor: duckdb.DuckDBPyConnection) -> int:
            bound = _bound(cursor, query, parameters)
            cursor.execute(f"copy (select {columns} from ({query}\n)) to {target} {_COPY}", bound)
            row = cursor.fetchone()
            return int(row[0]) if row else 0

        rows = self._run(query, copy)
        return Written(rows=rows, bytes=path.stat().st_size)

    def rows(
        self, query: str, parameters: Mapping[str, Scalar] | None = None
    ) -> list[tuple[Any, ...]]:
        """All rows of a (small) result, as Python values."""

        def fetch(cursor: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
            bound = _bound(cursor, query, parameters) if parameters else None
            return cursor.execute(query, bound).fetchall()

        return self._run(query, fetch)

    def digest_columns(self, schema: Schema) -> tuple[str, str]:
        """Two aggregate expressions: sums of the high and of the low 64 bits of the row hashes."""
        return digest.digest_columns(schema)

    def digest_algorithm(self) -> str:
        """Name, version and engine version of the digest."""
        return f"rowsum{digest.VERSION}-duckdb{self.version}"

    def parse_references(self, sql: str) -> Sequence[tuple[str, int, int]]:
        """Tables a query reads: (dotted name, start, end) in characters of `sql`.

        Raises:
            TaskFailed: (ENG002) it cannot be parsed.
        """
        found = self.rows(f"select json_serialize_sql({literal(sql)})")
        tree = json.loads(found[0][0])
        if tree["error"]:
            raise _not_parsed(tree)
        return references(tree, sql)

    def define_macros(self, statements: Sequence[str]) -> None:
        """Create macros, in order; repeating replaces them."""
        for statement in statements:
            self.rows(_replacing(statement))

    def interrupt(self) -> None:
        """Stop everything that runs now; each call raises `Cancelled`."""
        with self._lock:
            for cursor in self._live:
                cursor.interrupt()

    def close(self) -> None:
        """Release memory and spill files. Safe to repeat."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
        self._connection.close()
        shutil.rmtree(self._spill_dir, ignore_errors=True)

    def _run(self, query: str, work: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
        """Do work on a cursor of its own, with the engine's errors translated."""
        with self._cursor() as cursor:
            try:
                return work(cursor)
            except duckdb.Error as error:
                raise translate(error, query) from error

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        cursor = self._connection.cursor()
        with self._lock:
            self._live.add(cursor)
        try:
            yield cursor
        finally:
            with self._lock:
                self._live.discard(cursor)
            cursor.close()


def _stored_column(column: Column) -> str:
    if column.stored is not None:
        typed = f"cast({quote(column.name)} as {column.type})"
        return forms.encode(typed, column.type)
    return f"cast({quote(column.name)} as {column.type})"


def _bound(
    cursor: duckdb.DuckDBPyConnection, query: str, parameters: Mapping[str, Scalar]
) -> dict[str, Scalar] | None:
    """The parameters a query reads. Refuses what is not exactly one select."""
    statements = cursor.extract_statements(query)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise _not_one_select(len(statements))
    wanted = {
        name: parameters[name] for name in statements[0].named_parameters if name in parameters
    }
    return wanted or None


def _without_glob(path: str) -> str:
    """A path in which wildcards stand for themselves."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in path)


def _replacing(statement: str) -> str:
    head = statement.lstrip()
    words = head.split(None, 1)
    if words[0].lower() == "create" and not words[1].lower().startswith("or "):
        return f"create or replace {words[1]}"
    return head


def _failed(code: str, what: str, why: str, fix: str) -> TaskFailed:
    return TaskFailed(Problem(code=code, what=what, why=why, fix=fix))


def _not_one_select(count: int) -> TaskFailed:
    return _failed(
        "ENG010",
        f"the query is not one select ({count} statements)"
        if count != 1
        else "the query is no select",
        "an asset is the rows of one select; a `pivot` without `in (...)` is two statements",
        "write one select; name the values of a pivot: `pivot t on c in ('a', 'b') using sum(x)`",
    )


def _repeated(name: str) -> TaskFailed:
    return _failed(
        "ENG011",
        f"two columns are called `{name}`",
        "columns are told apart by name without case, in files and by readers",
        f"rename one: `... as {name}_2`, or leave it out: `select * exclude ({name})`",
    )


def _not_storable(name: str, kind: str) -> TaskFailed:
    return _failed(
        "ENG012",
        f"column `{name}` has a type that cannot be stored: {kind}",
        "no file format keeps its values exactly",
        f"cast it: `cast({name} as JSON)` or to the type that is meant",
    )


def _not_parsed(tree: Mapping[str, Any]) -> TaskFailed:
    return _failed(
        "ENG002",
        f"the query is not valid: {tree.get('error_message', 'unknown')}",
        "the engine could not parse it",
        "correct the query",
    )
