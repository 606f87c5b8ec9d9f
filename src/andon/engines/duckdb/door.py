"""DuckDB files as databases that tables are read from: a connection of its own, read-only."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import duckdb

from andon.acquisition.cursors.ask import Ask, source_of, statement
from andon.acquisition.cursors.cursor import CursorKind
from andon.ports.door import DoorClosed, Field
from andon.sql.quote import identifier

_BATCH_ROWS = 100_000
_KINDS: Final[dict[str, CursorKind]] = {
    "TINYINT": "integer", "SMALLINT": "integer", "INTEGER": "integer", "BIGINT": "integer",
    "UTINYINT": "integer", "USMALLINT": "integer", "UINTEGER": "integer", "UBIGINT": "integer",
    "DATE": "date", "TIMESTAMP": "timestamp", "TIMESTAMP WITH TIME ZONE": "timestamptz",
    "TIMESTAMP_S": "timestamp", "TIMESTAMP_MS": "timestamp", "VARCHAR": "text", "UUID": "uuid",
}  # fmt: skip
_CASTS: Final[dict[CursorKind, str]] = {
    "integer": "hugeint",
    "date": "date",
    "timestamp": "timestamp",
    "timestamptz": "timestamptz",
    "text": "varchar",
    "uuid": "uuid",
}
_WHOLE: Final = frozenset({"HUGEINT", "UHUGEINT"})
_TEXTS: Final = re.compile(
    r"INTERVAL|ENUM|BIT|UNION|VARINT|BIGNUM|TIME WITH TIME ZONE|TIME_NS|GEOMETRY"
)
"""Types that Arrow or Parquet would change, alone or within others."""

_FIXED: Final = re.compile(r"\[\d+\]")

_NEAR: Final = (
    "select case when schema_name = 'main' then '' else schema_name || '.' end || name from"
    " (select schema_name, table_name as name from duckdb_tables() union all"
    " select schema_name, view_name from duckdb_views() where not internal) order by 1"
)
_SESSION: Final = (
    "set timezone = 'UTC'",
    "set autoinstall_known_extensions = false",
    "set enable_external_access = false",
    "set preserve_insertion_order = true",
    # JSON and UUID keep their types, also within others.
    "set arrow_lossless_conversion = true",
)


class DuckDBDoor:
    """Implements the port `Door` for files of DuckDB."""

    def open(self, settings: Mapping[str, str]) -> DuckDBSight:
        """Open a file for reading only; see the port."""
        path = Path(settings["path"])
        if not path.is_file():
            raise DoorClosed("refused", "there is no such file")
        try:
            connection = duckdb.connect(str(path), read_only=True)
        except duckdb.Error as error:
            raise _told(error) from None
        try:
            return DuckDBSight(connection)
        except BaseException:
            connection.close()
            raise

    def place(self, settings: Mapping[str, str]) -> str:
        """The file in words."""
        return f"database `{settings['path']}`"


class DuckDBSight:
    """Implements the port `Sight`: a transaction."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        with self._failures():
            for setting in _SESSION:
                connection.execute(setting)
            connection.execute("begin")

    def fields(self, ask: Ask) -> tuple[Field, ...]:
        """Columns of the table or query; see the port."""
        filled: dict[str, bool] = {}
        if ask.relation:
            with self._failures():
                rows = self._connection.execute(
                    "select column_name, is_nullable from duckdb_columns() where not internal and"
                    " table_name in (select table_name from duckdb_tables()) and table_name = ? and schema_name = ?",
                    [ask.relation[-1], ask.relation[-2] if len(ask.relation) > 1 else "main"],
                ).fetchall()
            filled = {str(name): not nullable for name, nullable in rows}
        return tuple(
            Field(
                name=name,
                type=kind,
                kind=_kind_of(kind),
                nullable=not filled[name] if name in filled else None,
            )
            for name, kind in self._types(ask)
        )

    def batches(self, ask: Ask) -> Generator[Any]:
        """Rows as Arrow; see the port."""
        outputs = [
            _output(name, kind, is_text=name.lower() in ask.texts)
            for name, kind in self._types(ask)
            if not ask.columns or name in ask.columns
        ]
        types = dict(self._types(ask)) if ask.bounds else {}
        bounds = [
            f"cast($value_{at} as {_CASTS.get(kind, types.get(name, ''))})"
            for at, (name, kind, _) in enumerate(ask.bounds)
        ]
        query = statement(ask, outputs, identifier, bounds)
        with self._failures():
            values = {f"value_{at}": text for at, (_, _, text) in enumerate(ask.bounds)}
            reader = self._connection.sql(query, params=values or None).to_arrow_reader(_BATCH_ROWS)
            any_rows = False
            for batch in reader:
                any_rows = True
                yield batch
            if not any_rows:
                yield _nothing(reader.schema)

    def close(self) -> None:
        """End the transaction and the connection."""
        with contextlib.suppress(duckdb.Error):
            self._connection.close()

    def _types(self, ask: Ask) -> list[tuple[str, str]]:
        with self._failures():
            made = self._connection.execute(f"describe select * from {source_of(ask, identifier)}")
            return [(str(row[0]), str(row[1])) for row in made.fetchall()]

    @contextlib.contextmanager
    def _failures(self) -> Iterator[None]:
        """Failures in the words of the port; a transaction they broke begins anew, in the same file."""
        try:
            yield
        except (duckdb.Error, OSError) as error:
            failure = _told(error)
        else:
            return
        with contextlib.suppress(duckdb.Error):
            self._connection.execute("rollback")
            if failure.reason == "no_relation":
                failure.near = tuple(
                    str(row[0]) for row in self._connection.execute(_NEAR).fetchall()
                )
            self._connection.execute("begin")
        raise failure


def _kind_of(kind: str) -> CursorKind | None:
    return "decimal" if kind.startswith("DECIMAL") else _KINDS.get(kind)


def _output(name: str, kind: str, *, is_text: bool) -> str:
    """Expression that selects a column in a type that Parquet keeps."""
    quoted = identifier(name)
    if kind in _WHOLE:
        return f"cast({quoted} as {'varchar' if is_text else 'decimal(38, 0)'}) as {quoted}"
    if is_text or _TEXTS.search(kind) or any(word in kind for word in _WHOLE):
        return f"cast({quoted} as varchar) as {quoted}"
    if _FIXED.search(kind):
        return f"cast({quoted} as {_FIXED.sub('[]', kind)}) as {quoted}"
    return quoted


def _nothing(schema: Any) -> Any:
    import pyarrow as pa

    arrays = [pa.array([], field.type) for field in schema]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _told(error: Exception) -> DoorClosed:
    text = str(error).partition("\n")[0]
    match error:
        case duckdb.CatalogException():
            return DoorClosed("no_relation", text)
        case duckdb.BinderException():
            return DoorClosed("no_column" if "column" in text else "invalid", text)
        case duckdb.ParserException() | duckdb.SyntaxException() | duckdb.PermissionException():
            return DoorClosed("invalid", text)
        case duckdb.ConversionException() | duckdb.OutOfRangeException():
            # These quote the value.
            return DoorClosed("invalid", f"{type(error).__name__}: a value does not fit its type")
        case duckdb.IOException() if "lock" in text.lower():
            return DoorClosed("unreachable", "another process has it open for writing")
        case duckdb.IOException() | duckdb.SerializationException():
            return DoorClosed("refused", text)
        case _:
            return DoorClosed("invalid", type(error).__name__)
