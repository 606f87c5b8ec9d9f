"""MySQL and MariaDB through PyMySQL: rows are streamed as text and made into columns batch by batch."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import Any, Final

from andon.acquisition.cursors.ask import Ask, source_of, statement
from andon.acquisition.cursors.cursor import CursorKind
from andon.ports.door import DoorClosed, Field, Reason
from andon.sources.databases.address import parts_of
from andon.sources.databases.columns import BATCH_ROWS, Output, batches_of
from andon.sources.databases.mysql_types import output_of

_SESSION: Final = (
    "set time_zone = '+00:00'",
    "set session transaction isolation level repeatable read",
    "start transaction with consistent snapshot, read only",
)
_BOUND: Final[dict[CursorKind, str]] = {
    "decimal": "cast({} as decimal(65, 30))",
    "date": "cast({} as date)",
    "timestamp": "cast({} as datetime(6))",
    "timestamptz": "cast({} as datetime(6))",
    # By what it is compared with: a key by the order of its own column, so that an index is of use.
    "text": "{}",
}
_REASONS: Final[dict[int, Reason]] = {
    1044: "refused", 1045: "refused", 1049: "refused", 1698: "refused", 1129: "refused",
    1130: "refused", 1040: "unreachable", 1203: "unreachable", 2002: "unreachable",
    2003: "unreachable", 2005: "unreachable", 2006: "lost", 2013: "lost", 2014: "lost", 2055: "lost",
    1053: "lost", 1077: "lost", 1317: "lost", 1927: "lost", 0: "lost", 1146: "no_relation",
    1054: "no_column", 1142: "denied", 1143: "denied", 1227: "denied", 1064: "invalid",
    1060: "invalid", 1792: "invalid",
}  # fmt: skip
_NEAR: Final = (
    "select if(table_schema = database(), table_name, concat(table_schema, '.', table_name))"
    " from information_schema.tables where table_schema not in"
    " ('information_schema', 'mysql', 'performance_schema', 'sys') order by 1 limit 10000"
)


class MySqlDoor:
    """Implements the port `Door` for MySQL and MariaDB."""

    def open(self, settings: Mapping[str, str]) -> MySqlSight:
        """Connect and begin a transaction that sees one state and writes nothing; see the port."""
        try:
            import pymysql
            from pymysql import converters
        except ImportError:
            raise DoorClosed("no_driver", "not installed") from None
        known = parts_of(settings)
        try:
            connection = pymysql.connect(
                host=known.get("host", "localhost"),
                port=int(known.get("port", "3306")),
                user=known.get("user"),
                password=known.get("password", ""),
                database=known.get("database"),
                charset="utf8mb4",
                connect_timeout=10,
                ssl={"ca": known["ssl_ca"]} if "ssl_ca" in known else None,
                # Values stay as the server writes them: columns are converted as a whole.
                conv={k: v for k, v in converters.conversions.items() if not isinstance(k, int)},
            )
        except pymysql.Error as error:
            raise _told(error) from None
        try:
            return MySqlSight(connection)
        except BaseException:
            connection.close()
            raise

    def place(self, settings: Mapping[str, str]) -> str:
        """Host, user and database in words."""
        known = {"host": "localhost", "port": "3306", "user": "", **parts_of(settings)}
        database = known.get("database", "")
        return f"database `{database}` of {known['host']}:{known['port']} as user `{known['user']}`"


class MySqlSight:
    """Implements the port `Sight`: a consistent snapshot."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        for setting in _SESSION:
            self._rows(setting)

    def fields(self, ask: Ask) -> tuple[Field, ...]:
        """Columns of the table or query; see the port."""
        return tuple(
            Field(name=one.name, type=one.type, kind=one.cursor, nullable=one.nullable)
            for one in self._outputs(ask)
        )

    def batches(self, ask: Ask) -> Generator[Any]:
        """Rows as Arrow; see the port."""
        outputs = [one for one in self._outputs(ask) if not ask.columns or one.name in ask.columns]
        bounds = [self._bound(kind, text) for _, kind, text in ask.bounds]
        compared: Callable[[str], str] = str
        if ask.kind == "text":
            compared = _bytewise
            bounds[:1] = map(_bytewise, bounds[:1])
        query = statement(ask, [one.expression for one in outputs], _quoted, bounds, compared)
        yield from batches_of(self._stream(query), outputs)

    def _bound(self, kind: CursorKind, text: str) -> str:
        """A value as the driver writes it, quoted, in the type it is compared as."""
        if kind in ("timestamp", "timestamptz"):
            text = text.replace("T", " ").removesuffix("+00:00")
        sign = "signed" if text.startswith("-") else "unsigned"
        return _BOUND.get(kind, f"cast({{}} as {sign})").format(self._connection.escape(text))

    def close(self) -> None:
        """End the transaction and the connection."""
        from pymysql import Error

        with contextlib.suppress(Error):  # it is closed already
            self._connection.close()

    def _outputs(self, ask: Ask) -> list[Output]:
        query = f"select * from {source_of(ask, _quoted)} limit 0"
        with self._failures(), self._connection.cursor() as cursor:
            cursor.execute(query)
            fields = cursor._result.fields  # noqa: SLF001  (description leaves flags and lengths out)
        is_known = bool(ask.relation)
        return [output_of(one, ask.texts, _quoted, is_known=is_known) for one in fields]

    def _rows(self, query: str, *values: str) -> Sequence[Sequence[Any]]:
        with self._failures(), self._connection.cursor() as cursor:
            cursor.execute(query, values or None)
            found: Sequence[Sequence[Any]] = cursor.fetchall()
            return found

    def _stream(self, query: str) -> Iterator[Sequence[Any]]:
        from pymysql.cursors import SSCursor

        with self._failures():
            cursor = SSCursor(self._connection)
            is_whole = False
            try:
                cursor.execute(query)
                while found := cursor.fetchmany(BATCH_ROWS):
                    yield from found
                is_whole = True
            finally:
                if not is_whole:
                    self._break_off(cursor)

    def _break_off(self, cursor: Any) -> None:
        """End the connection: the server would send the rest of the rows, and nobody waits for them."""
        if cursor._result is not None:  # noqa: SLF001  (closing would wait)
            cursor._result.unbuffered_active = False  # noqa: SLF001
        self._connection._force_close()  # noqa: SLF001

    @contextlib.contextmanager
    def _failures(self) -> Iterator[None]:
        """Failures in the words of the port."""
        import pymysql

        try:
            yield
        except (pymysql.Error, OSError, AttributeError) as error:
            failure = _told(error)
        else:
            return
        if failure.reason == "no_relation":
            with contextlib.suppress(pymysql.Error, DoorClosed):
                failure.near = tuple(str(row[0]) for row in self._rows(_NEAR))
        raise failure


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _bytewise(name: str) -> str:
    return f"cast(convert({name} using utf8mb4) as binary)"


def _told(error: Exception) -> DoorClosed:
    code = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    reason = _REASONS.get(code)
    if reason is None:
        # Other messages quote what stood in a row.
        return DoorClosed("invalid", f"error {code} of the server")
    said = str(error.args[1]) if len(error.args) > 1 else "the connection is closed"
    return DoorClosed(reason, said.partition("\n")[0])
