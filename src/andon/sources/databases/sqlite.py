"""SQLite through the standard library: a file, read in one transaction."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote as url_quote

from andon.acquisition.cursors.ask import Ask, source_of, statement
from andon.ports.door import DoorClosed, Field
from andon.reading.quoting import identifier
from andon.sources.databases.columns import BATCH_ROWS, Misfit, Output, batches_of

_BUSY_S = 10.0
_SIZED: Final = re.compile(r"(?:DECIMAL|NUMERIC)\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)", re.IGNORECASE)
_UNTYPED: Final = "no declared type"
_NEAR: Final = "select name from sqlite_master where type in ('table', 'view') order by 1"


class SqliteDoor:
    """Implements the port `Door` for SQLite."""

    def open(self, settings: Mapping[str, str]) -> SqliteSight:
        """Open a file for reading only; see the port."""
        path = Path(settings["path"])
        if not path.is_file():
            raise DoorClosed("refused", "there is no such file")
        uri = f"file:{url_quote(str(path.absolute()))}?mode=ro"
        try:
            connection = sqlite3.connect(
                uri, uri=True, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise _told(error) from None
        try:
            return SqliteSight(connection)
        except BaseException:
            connection.close()
            raise

    def place(self, settings: Mapping[str, str]) -> str:
        """The file in words."""
        return f"database `{settings['path']}`"


class SqliteSight:
    """Implements the port `Sight`: a read transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        with _failures():
            connection.execute("pragma temp_store = memory")
            connection.execute("pragma query_only = on")
            connection.execute("begin")
            # The state is held from the first read on.
            connection.execute("select count(*) from sqlite_master").fetchall()

    def fields(self, ask: Ask) -> tuple[Field, ...]:
        """Columns of the table or query; see the port."""
        return tuple(
            Field(name=one.name, type=one.type, kind=one.cursor, nullable=one.nullable)
            for one in self._outputs(ask)
        )

    def batches(self, ask: Ask) -> Generator[Any]:
        """Rows as Arrow; see the port."""
        outputs = [one for one in self._outputs(ask) if not ask.columns or one.name in ask.columns]
        values = [int(text) if kind == "integer" else text for _, kind, text in ask.bounds]
        marks = ["?"] * len(values)
        is_cast = any(one.name == ask.cursor and one.type == _UNTYPED for one in outputs)
        compared = _as_text if is_cast else _bytewise
        query = statement(ask, [one.expression for one in outputs], identifier, marks, compared)
        with _failures():
            cursor = self._connection.execute(query, values)
            cursor.arraysize = BATCH_ROWS
            yield from batches_of(_rows(cursor), outputs)

    def close(self) -> None:
        """End the transaction and the connection."""
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()

    def _outputs(self, ask: Ask) -> list[Output]:
        with _failures(self._near):
            query = f"select * from {source_of(ask, identifier)} limit 0"
            names = [found[0] for found in self._connection.execute(query).description]
            declared: dict[str, tuple[str, bool | None]] = {}
            if ask.relation:
                schema = f"{identifier(ask.relation[0])}." if len(ask.relation) > 1 else ""
                table = ask.relation[-1]
                info = self._connection.execute(f"pragma {schema}table_xinfo({identifier(table)})")
                declared = {row[1]: (row[2], not _is_filled(row)) for row in info}
            else:
                declared = dict.fromkeys(self._texts_of(ask), ("TEXT", None))
        return [
            _output(name, *declared.get(name, ("", None)), is_text=name.lower() in ask.texts)
            for name in names
        ]

    def _texts_of(self, ask: Ask) -> list[str]:
        """Columns of a query that are text by its words, as columns and `cast(... as text)` are.

        Only a table that is made of it tells; this one is of the connection, and has no rows.
        """
        name = "temp.andon_told"
        self._connection.execute("pragma query_only = off")
        try:
            made = f"create table {name} as select * from {source_of(ask, identifier)} limit 0"
            self._connection.execute(made)
            rows = self._connection.execute("pragma temp.table_xinfo(andon_told)").fetchall()
            self._connection.execute(f"drop table {name}")
        finally:
            self._connection.execute("pragma query_only = on")
        return [row[1] for row in rows if row[2] == "TEXT"]

    def _near(self) -> tuple[str, ...]:
        return tuple(row[0] for row in self._connection.execute(_NEAR))


def _is_filled(column: Sequence[Any]) -> bool:
    """Whether a column is never null: other primary keys than whole numbers may be, in SQLite."""
    _, _, kind, is_filled, _, in_key, _ = column
    return bool(is_filled) or (bool(in_key) and kind.upper() == "INTEGER")


def _rows(cursor: sqlite3.Cursor) -> Iterator[Sequence[Any]]:
    while found := cursor.fetchmany():
        yield from found


def _bytewise(name: str) -> str:
    return f"{name} collate binary"


def _as_text(name: str) -> str:
    return f"cast({name} as text) collate binary"


def _output(name: str, declared: str, is_nullable: bool | None, *, is_text: bool) -> Output:
    """How a column is kept: by its declared type, as SQLite tells affinity; text is for all others."""
    import pyarrow as pa

    word = declared.upper()
    sized = _SIZED.search(declared)
    kind: Any = pa.string()
    make: Callable[[Sequence[Any]], Any] = _texts
    cursor: Any = "text"
    is_moment = "DATE" in word or "TIME" in word
    if is_text:
        # Numbers do not grow as text does.
        cursor = "text" if not word or is_moment or _is_text(word) else None
    elif "INT" in word:
        kind, make, cursor = pa.int64(), _integers, "integer"
    elif _is_text(word):
        pass
    elif "BLOB" in word:
        kind, make, cursor = pa.binary(), _bytes, None
    elif "REAL" in word or "FLOA" in word or "DOUB" in word:
        kind, make, cursor = pa.float64(), _floats, None
    elif word in ("BOOL", "BOOLEAN"):
        kind, make, cursor = pa.bool_(), _booleans, None
    elif sized and int(sized[1]) <= 38 and int(sized[2] or 0) <= int(sized[1]):
        scale = int(sized[2] or 0)
        kind, cursor = pa.decimal128(int(sized[1]), scale), None
        make = _decimals(scale)
    else:
        cursor = "text" if is_moment else None
    return Output(
        name=name,
        type=declared or _UNTYPED,
        expression=identifier(name),
        kind=kind,
        make=make,
        cursor=cursor,
        nullable=is_nullable if declared else None,
    )


def _is_text(word: str) -> bool:
    return "CHAR" in word or "CLOB" in word or "TEXT" in word


def _texts(values: Sequence[Any]) -> Any:
    import pyarrow as pa

    return pa.array([_text(value) for value in values], pa.string())


def _text(value: Any) -> str | None:
    match value:
        case None | str():
            return value
        case int():
            return str(value)
        case float():
            return repr(value)
        case _:
            raise Misfit("it holds bytes")


def _integers(values: Sequence[Any]) -> Any:
    import pyarrow as pa

    if any(type(value) is not int and value is not None for value in values):
        raise Misfit("it is declared as whole numbers and holds others")
    return pa.array(values, pa.int64())


def _floats(values: Sequence[Any]) -> Any:
    import pyarrow as pa

    if any(not isinstance(value, int | float | None) for value in values):
        raise Misfit("it is declared as numbers and holds others")
    if any(isinstance(value, int) and abs(value) > 2**53 for value in values):
        raise Misfit("it holds a whole number that no double does")
    return pa.array(values, pa.float64())


def _booleans(values: Sequence[Any]) -> Any:
    import pyarrow as pa

    if any(value not in (None, 0, 1) or isinstance(value, str | bytes) for value in values):
        raise Misfit("it is declared as truth values and holds others than 0 and 1")
    return pa.array([None if value is None else bool(value) for value in values], pa.bool_())


def _bytes(values: Sequence[Any]) -> Any:
    import pyarrow as pa

    if any(not isinstance(value, bytes | None) for value in values):
        raise Misfit("it is declared as bytes and holds others")
    return pa.array(values, pa.binary())


def _decimals(scale: int) -> Callable[[Sequence[Any]], Any]:
    def make(values: Sequence[Any]) -> Any:
        import pyarrow as pa

        return pa.array([_decimal(value, scale) for value in values])

    return make


def _decimal(value: Any, scale: int) -> Decimal | None:
    """The number that the shortest text of a double shows, if the scale holds all of it."""
    if value is None:
        return None
    try:
        exact = Decimal(_text(value) or "")
        kept = exact.quantize(Decimal(1).scaleb(-scale))
    except InvalidOperation:
        raise Misfit("it is declared as decimals and holds others") from None
    if kept != exact:
        raise Misfit(f"it holds more than {scale} digits behind the point")
    return kept


@contextlib.contextmanager
def _failures(near: Callable[[], tuple[str, ...]] = tuple) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        failure = _told(error)
        if failure.reason == "no_relation":
            failure.near = near()
        raise failure from None


def _told(error: sqlite3.Error) -> DoorClosed:
    text = str(error)
    code = getattr(error, "sqlite_errorname", "")
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return DoorClosed("unreachable", "another process writes to it")
    if code.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return DoorClosed("refused", text)
    if code.startswith(("SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH")):
        return DoorClosed("refused", text)
    if "no such table" in text:
        return DoorClosed("no_relation", text)
    if "no such column" in text:
        return DoorClosed("no_column", text)
    return DoorClosed("invalid", text)
