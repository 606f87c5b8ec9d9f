"""PostgreSQL through its Arrow driver, which reads by binary `COPY`."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from andon.acquisition.cursors.ask import Ask, source_of, statement
from andon.acquisition.cursors.cursor import CursorKind
from andon.ports.door import DoorClosed, Field
from andon.reading.quoting import identifier
from andon.sources.databases.postgres_faults import told
from andon.sources.databases.postgres_types import Column, Plan, column_of

if TYPE_CHECKING:
    import pyarrow as pa

_SESSION = {
    "timezone": "UTC",
    "intervalstyle": "postgres",
    "datestyle": "ISO, YMD",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    # Rows that did not change come in the order of the last time, so that they are the same bytes.
    "synchronize_seqscans": "off",
    "max_parallel_workers_per_gather": "0",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
}
_VALUE = "andon.value_"
_KEPT = "andon"
"""Savepoint that a refused statement goes back to: what is seen stays the same."""
_CASTS: dict[CursorKind, str] = {
    "integer": "bigint",
    "decimal": "numeric",
    "date": "date",
    "timestamp": "timestamp",
    "timestamptz": "timestamptz",
    "text": "text",
    "uuid": "uuid",
}
_NEAR = """
    select case when n.nspname = 'public' then '' else n.nspname || '.' end || c.relname
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'v', 'm', 'p', 'f')
      and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
    order by 1 limit 10000
"""
_NULLABLE = """
    select a.attname::text, a.attnotnull or c.relkind not in ('r', 'p')
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    where a.attrelid = to_regclass($1) and a.attnum > 0 and not a.attisdropped
"""


class PostgresDoor:
    """Implements the port `Door` for PostgreSQL."""

    def open(self, settings: Mapping[str, str]) -> PostgresSight:
        """Connect and begin a transaction that sees one state and writes nothing; see the port."""
        connection = _connect(settings)
        try:
            return PostgresSight(connection)
        except BaseException:
            connection.close()
            raise

    def place(self, settings: Mapping[str, str]) -> str:
        """Host, user and database in words."""
        from andon.sources.databases.address import parts_of

        known = {"host": "localhost", "port": "5432", **parts_of(settings)}
        known.setdefault("user", "")
        database = known.get("database") or known["user"]
        return f"database `{database}` of {known['host']}:{known['port']} as user `{known['user']}`"


class PostgresSight:
    """Implements the port `Sight`: a repeatable read."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._cursor = connection.cursor()
        self._reader: pa.RecordBatchReader | None = None
        self._columns: dict[Ask, tuple[Column, ...]] = {}
        self._begin()

    def fields(self, ask: Ask) -> tuple[Field, ...]:
        """Columns of the table or query; see the port."""
        nullable: dict[str, bool] = {}
        if ask.relation:
            name = source_of(ask, identifier)
            rows = self._rows(_NULLABLE, name)
            nullable = {str(row[0]): not row[1] for row in rows}
        return tuple(
            Field(
                name=column.name,
                type=column.type,
                kind=column.kind,
                nullable=nullable.get(column.name, False) if nullable else None,
            )
            for column in self._describe(ask)
        )

    def batches(self, ask: Ask) -> Generator[Any]:
        """Rows as Arrow; see the port."""
        columns = self._describe(ask)
        wanted = [column for column in columns if not ask.columns or column.name in ask.columns]
        outputs = [column.output(column.name.lower() in ask.texts) for column in wanted]
        compared = _COMPARED.get(ask.kind, str)
        query = statement(ask, outputs, identifier, self._bind(ask), compared)
        sizes = {
            one.name: one.size
            for one in wanted
            if one.size and not one.is_list and one.name.lower() not in ask.texts
        }
        yield from self._stream(query, sizes)

    def close(self) -> None:
        """End the transaction and the connection."""
        self._end_stream()
        for ending in (self._cursor, self._connection):
            with contextlib.suppress(self._connection.Error, OSError):
                ending.close()

    def _bind(self, ask: Ask) -> list[str]:
        """Values as settings of the transaction: `COPY` takes no parameters."""
        names = [f"{_VALUE}{at}" for at in range(len(ask.bounds))]
        if names:
            sets = (f"set_config('{name}', ${at}, true)" for at, name in enumerate(names, start=1))
            self._rows(f"select {', '.join(sets)}", *(text for _, _, text in ask.bounds))
        return [
            f"current_setting('{name}')::{_CASTS[kind]}"
            for name, (_, kind, _) in zip(names, ask.bounds, strict=True)
        ]

    def _begin(self) -> None:
        # The driver's own transactions do not outlive a refused statement; this one does.
        self._rows("begin isolation level repeatable read, read only")
        for name, value in _SESSION.items():
            self._rows("select set_config($1, $2, true)", name, value)
        self._rows(f"savepoint {_KEPT}")

    def _describe(self, ask: Ask) -> tuple[Column, ...]:
        asked = Ask(relation=ask.relation, query=ask.query)
        if asked not in self._columns:
            schema = self._schema(f"select * from {source_of(ask, identifier)}")
            self._columns[asked] = tuple(column_of(field) for field in schema)
        return self._columns[asked]

    def _schema(self, query: str) -> pa.Schema:
        with self._told():
            return self._cursor.adbc_execute_schema(query)

    def _rows(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        with self._told():
            self._end_stream()
            self._cursor.execute(query, values or None)
            return self._cursor.fetchall() if self._cursor.description else []

    def _stream(self, query: str, sizes: Mapping[str, tuple[int, int]]) -> Iterator[pa.RecordBatch]:
        with self._told():
            self._end_stream()
            self._cursor.execute(query)
            self._reader = self._cursor.fetch_record_batch()
            plan = Plan(self._reader.schema, sizes)
            any_rows = False
            for batch in self._reader:
                any_rows = True
                yield plan.convert(batch)
            if not any_rows:
                yield plan.empty()
            self._end_stream()

    def _end_stream(self) -> None:
        """Give up what was not read of the last stream: nothing else can be asked until then."""
        reader, self._reader = self._reader, None
        if reader is not None:
            with contextlib.suppress(self._connection.Error, OSError):
                reader.close()

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Failures in the words of the port; what a statement broke is taken back."""
        try:
            yield
        except (self._connection.Error, OSError) as error:
            failure = told(error)
        else:
            return
        self._end_stream()
        if failure.reason != "lost":
            with contextlib.suppress(self._connection.Error):
                self._cursor.execute(f"rollback to savepoint {_KEPT}")
                if failure.reason == "no_relation":
                    self._cursor.execute(_NEAR)
                    failure.near = tuple(str(row[0]) for row in self._cursor.fetchall())
        raise failure


def _connect(settings: Mapping[str, str]) -> Any:
    """A connection of the driver's package, or of another build that is declared."""
    try:
        from adbc_driver_manager import AdbcStatusCode
        from adbc_driver_manager import dbapi as manager
        from adbc_driver_postgresql import dbapi
    except ImportError:
        raise DoorClosed("no_driver", "not installed") from None
    address, driver = _address(settings), settings.get("driver")
    try:
        if driver is None:
            return dbapi.connect(address, autocommit=True)
        return manager.connect(driver, address, autocommit=True)
    except dbapi.Error as error:
        if driver is not None and error.status_code == AdbcStatusCode.NOT_FOUND:
            raise DoorClosed("no_driver", f"not to be loaded from `{driver}`") from None
        raise told(error, is_connecting=True) from None


def _bytewise(name: str) -> str:
    return f'{name} collate "C"'


def _as_number(name: str) -> str:
    # A bare name would be that of what is selected, which is a text.
    return f"{name}::numeric"


_COMPARED: dict[CursorKind | None, Callable[[str], str]] = {
    "text": _bytewise,
    "decimal": _as_number,
}


def _address(settings: Mapping[str, str]) -> str:
    """What libpq connects by: the address that is given, or words and values."""
    if "url" in settings:
        return settings["url"]
    words = {
        "host": settings.get("host", "localhost"),
        "port": settings.get("port", "5432"),
        "dbname": settings.get("database", ""),
        "user": settings.get("user", ""),
        "password": settings.get("password", ""),
        "sslmode": settings.get("sslmode", ""),
        "sslrootcert": settings.get("sslrootcert", ""),
        "connect_timeout": "10",
        "application_name": "andon",
    }
    return " ".join(f"{word}='{_escaped(value)}'" for word, value in words.items() if value)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")
