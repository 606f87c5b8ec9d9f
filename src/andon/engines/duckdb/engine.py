"""The embedded engine: one in-memory DuckDB instance over the files of the store."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from andon.engines.duckdb import digest, forms, frames
from andon.engines.duckdb.describe import bound, parsed, schema_of
from andon.engines.duckdb.faults import translate
from andon.engines.duckdb.hold import MANY_ROWS, SCHEMA, Places, is_collated, may_be_renamed
from andon.engines.duckdb.reader import DuckDBReader
from andon.engines.duckdb.session import open_session
from andon.engines.duckdb.types import literal, quote
from andon.engines.duckdb.write import copy_statement, write_relation
from andon.errors import Problem, TaskFailed
from andon.ports.engine import Held, Scalar, Written
from andon.schema import Schema

T = TypeVar("T")

_DESCRIBED = 4096
"""Descriptions kept, so that `write` knows which columns need no cast."""


_HIDDEN = (
    "select distinct function_name from duckdb_functions() where not internal and lower(function_name) in"
    " (select function_name from duckdb_functions() where internal) order by 1"
)


class DuckDBEngine:
    """Runs SQL in process; implements the port `Engine`.

    Args:
        store_root: folder of the store.
        threads: engine threads; None is one per core.
        memory_bytes: memory limit; None is DuckDB's default, 80 % of the machine.
        spill_bytes: size limit of the spill folder; None is DuckDB's default.
        spill_dir: folder of this process for spilled data, removed by `close`.
        extra_directories, folders: with the spill folder all that SQL may read or write; `folders`
            are relative to the store, the whole of it if not given.
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
        folders: Sequence[str] = (".",),
    ) -> None:
        self._spill_dir = spill_dir or store_root / "spill"
        with suppress(OSError):  # a read-only store is read all the same; it just cannot spill
            self._spill_dir.parent.mkdir(parents=True, exist_ok=True)
        self._connection = open_session(
            [*(store_root / name for name in folders), *extra_directories, self._spill_dir],
            threads=threads,
            memory_bytes=memory_bytes,
            spill_bytes=spill_bytes,
            spill_dir=self._spill_dir,
        )
        self._connection.execute(f"create schema {SCHEMA}")
        self._lock = threading.Lock()
        self._live: set[duckdb.DuckDBPyConnection] = set()
        self._described: dict[str, Schema] = {}
        self._places = Places()
        self._has_collations = False
        self._is_closed = False
        self.reader = DuckDBReader(self._connection)
        self.version: str = duckdb.__version__

    def scan(self, schema: Schema, paths: Sequence[Path]) -> str:
        """Table expression that reads stored files in the declared types; none gives no rows."""
        if not paths:
            empty = ", ".join(f"cast(null as {c.type}) as {quote(c.name)}" for c in schema.columns)
            return f"(select {empty} where false)"
        listed = ", ".join(literal(str(path)) for path in paths)
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

        def look(cursor: duckdb.DuckDBPyConnection) -> Schema:
            statement, wanted = parsed(cursor, query, parameters)
            return schema_of(cursor.sql(statement, params=wanted))

        schema = self._run(query, look)
        if len(self._described) >= _DESCRIBED:
            self._described.clear()
        self._described[query] = schema
        return schema

    @contextmanager
    def hold(self, query: str, parameters: Mapping[str, Scalar]) -> Iterator[Held | None]:
        """Run a query and keep its rows in a table while the context is open; see the port.

        Raises:
            TaskFailed: (ENG...) the query or its data is at fault.
        """
        if self._has_collations or is_collated((query,)):
            yield None
            return
        place, many = self._places.take(), True
        try:
            rows, schema = self._fill(place, query, parameters)
            many = rows > MANY_ROWS
            if may_be_renamed(schema):
                yield None
                return
            self._described[f"from {place}"] = schema
            yield Held(schema=schema, table=place)
        finally:
            if many:  # few rows stay until others take their place, which costs no statement
                self._run("", lambda cursor: cursor.execute(f"drop table if exists {place}"))
            self._places.give_back(place)

    def _fill(self, place: str, query: str, parameters: Mapping[str, Scalar]) -> tuple[int, Schema]:
        def fill(cursor: duckdb.DuckDBPyConnection) -> tuple[int, Schema]:
            wanted = bound(cursor, query, parameters) if parameters else None
            made = cursor.execute(f"create or replace table {place} as\n{query}\n", wanted)
            return int(made.fetchall()[0][0]), schema_of(cursor.table(place))

        return self._run(query, fill, lines_before=1)

    def write(
        self, query: str, parameters: Mapping[str, Scalar], schema: Schema, path: Path
    ) -> Written:
        """Write a query's rows as one Parquet file in the columns, order and types of `schema`.

        Streams: memory does not grow with the rows. Not durable; repeating overwrites the file.
        """
        is_described = self._described.get(query) == schema
        statement = copy_statement(query, schema, path, is_described=is_described)

        def copy(cursor: duckdb.DuckDBPyConnection) -> int:
            wanted = bound(cursor, query, parameters) if parameters else None
            return int(cursor.execute(statement, wanted).fetchall()[0][0])

        rows = self._run(query, copy, lines_before=1)
        return Written(rows=rows, bytes=path.stat().st_size)

    def rows(
        self, query: str, parameters: Mapping[str, Scalar] | None = None
    ) -> list[tuple[Any, ...]]:
        """All rows of a (small) result, as Python values."""

        def fetch(cursor: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
            wanted = bound(cursor, query, parameters) if parameters else None
            return cursor.execute(query, wanted).fetchall()

        return self._run(query, fetch)

    def relation(
        self, query: str, parameters: Mapping[str, Scalar] | None = None
    ) -> duckdb.DuckDBPyRelation:
        """The query as a lazy relation on a connection of its own, open as long as the relation."""
        cursor = self._connection.cursor()
        try:
            return cursor.sql(query, params=bound(cursor, query, parameters or {}))
        except (duckdb.Error, UnicodeDecodeError) as error:
            raise translate(error, query) from error

    def write_table(
        self, table: object, columns: Sequence[tuple[str, str]], path: Path
    ) -> tuple[Schema, Written]:
        """Write a table of Python as one Parquet file, with declared `columns` cast to their types.

        Args:
            table: polars.DataFrame or LazyFrame, pandas.DataFrame, pyarrow.Table or a relation.
            columns: (name, type) of declared columns, in any order; others keep their types.
            path: file to write; repeating overwrites it.

        Raises:
            TaskFailed: (ENG014) not a table; (ENG015) it cannot be read as one; (ENG016) a declared
                column is missing; (ENG009) a value does not fit its declared type.
        """
        with self._cursor() as cursor:
            try:
                relation = frames.typed(frames.relation_of(cursor, table), columns)
                schema = schema_of(relation)
                return schema, write_relation(relation, schema, path)
            except duckdb.Error as error:
                raise translate(error) from error

    def digest_columns(self, schema: Schema) -> tuple[str, str]:
        """Two aggregate expressions: sums of the high and of the low 64 bits of the row hashes."""
        return digest.digest_columns(schema)

    def digest_algorithm(self) -> str:
        """Name, version and engine version of the digest."""
        return f"rowsum{digest.VERSION}-duckdb{self.version}"

    def define_macros(self, statements: Sequence[str]) -> None:
        """Create macros, in order; repeating replaces them.

        Raises:
            TaskFailed: (ENG018) one has the name of a function of the engine.
        """
        self._has_collations = self._has_collations or is_collated(statements)
        for statement in statements:
            self.rows(_replacing(statement))
        hidden = self.rows(_HIDDEN) if statements else []
        if hidden:
            raise _hides(str(hidden[0][0]))

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
        self.reader.close()
        self._connection.close()
        shutil.rmtree(self._spill_dir, ignore_errors=True)

    def _run(
        self, query: str, work: Callable[[duckdb.DuckDBPyConnection], T], lines_before: int = 0
    ) -> T:
        """Do work on a cursor of its own, with the engine's errors translated."""
        with self._cursor() as cursor:
            try:
                return work(cursor)
            except (duckdb.Error, UnicodeDecodeError) as error:
                raise translate(error, query, lines_before) from error
            except RuntimeError as error:
                if "conversion error" not in str(error):
                    raise
                # A name or message of a damaged file that is no UTF-8 cannot be handed over.
                raise translate(error, query, lines_before) from error

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


def _replacing(statement: str) -> str:
    head = statement.lstrip()
    words = head.split(None, 1)
    if words[0].lower() == "create" and not words[1].lower().startswith("or "):
        return f"create or replace {words[1]}"
    return head


def _hides(name: str) -> TaskFailed:
    return TaskFailed(
        Problem(
            code="ENG018",
            what=f"the macro `{name}` has the name of a function of the engine",
            why="it would take that function's place everywhere, in the checks that prove the data too",
            fix=f"rename it in macros/, for example to `my_{name}`",
        )
    )
