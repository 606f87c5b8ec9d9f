"""What a database as an origin says when it cannot go on. Never a value of a row or a secret."""

from __future__ import annotations

from andon.acquisition.cursors.cursor import NO_LAG
from andon.errors import AndonError, Problem, TaskFailed, Unavailable, Where
from andon.names import did_you_mean
from andon.ports.door import DoorClosed, Field
from andon.spec.origin import DatabaseKind, DatabaseOrigin
from andon.spec.source import SourceTable

EXTRAS: dict[DatabaseKind, str] = {
    "postgres": "postgres",
    "mysql": "mysql",
    "sqlite": "arrow",
    "duckdb": "arrow",
}


_FILES = {"sqlite": "SQLite", "duckdb": "DuckDB"}


def origin_of(table: SourceTable) -> DatabaseOrigin:
    """The database a table is read from."""
    assert isinstance(table.origin, DatabaseOrigin), table.name
    return table.origin


def told(failure: DoorClosed, table: SourceTable, place: str) -> AndonError:
    """The error for a database that did not give what it was asked for.

    Args:
        place: host, user and database in words.
    """
    origin = origin_of(table)
    where, what = where_of(table), origin.relation or "the query"
    match failure.reason:
        case "no_driver":
            return TaskFailed(_no_driver(origin, failure.said, where))
        case "refused" if "path" in dict(origin.settings):
            return TaskFailed(
                Problem(
                    code="SRC041",
                    what=f"{place} cannot be opened: {failure.said}",
                    why=f"`{table.name}` is read from the file that `path` of its connection names, "
                    "relative to the project",
                    fix=f"correct `path`, or put a file of {_FILES[origin.kind]} there",
                    where=where,
                )
            )
        case "refused":
            return TaskFailed(
                Problem(
                    code="SRC041",
                    what=f"{place} does not let us in: {failure.said}",
                    why=f"`{table.name}` is read with the user and password of its connection",
                    fix="correct `user`, `database` or the secret that `password` names",
                    where=where,
                )
            )
        case "unreachable" | "lost":
            did = "cannot be reached" if failure.reason == "unreachable" else "stopped to answer"
            return Unavailable(
                Problem(
                    code="SRC042",
                    what=f"{place} {did}: {failure.said}",
                    why="what was read until then is kept; nothing is published from half a table",
                    fix="look at the server and the network, then run again: it goes on where it was",
                    where=where,
                )
            )
        case "no_relation" | "no_column":
            return TaskFailed(
                Problem(
                    code="SRC043",
                    what=f"{place} has no {_absent(failure, what)}",
                    why=f"`{table.name}` is read from it, spelled as the database spells it",
                    fix=did_you_mean(
                        failure.column or what,
                        failure.near,
                        "correct the name, or give the user the right to see it",
                    ),
                    where=where,
                )
            )
        case "denied" | "invalid":
            return TaskFailed(
                Problem(
                    code="SRC044",
                    what=f"{place} refuses to read {_shown(what)}: {failure.said}",
                    why="the user of the connection lacks the right, or the query is not valid there",
                    fix="grant the right to select, or correct `query`"
                    if failure.reason == "denied"
                    else "run the query in a client of the database, and correct it",
                    where=where,
                )
            )
        case "value":
            return TaskFailed(
                Problem(
                    code="SRC047",
                    what=f"column `{failure.column}` of {_shown(what)} holds a value that its type "
                    f"does not keep: {failure.said}",
                    why="a value is never rounded, cut or made null on the way",
                    fix=f"declare it as text, `columns: {{{failure.column}: VARCHAR}}`, or convert it in"
                    " a `query`",
                    where=where,
                )
            )


def _absent(failure: DoorClosed, what: str) -> str:
    if failure.reason == "no_relation":
        return f"table {_shown(what)}" if what != "the query" else f"such table: {failure.said}"
    if failure.column:
        return f"column `{failure.column}` in {_shown(what)}"
    return f"such column: {failure.said}"


def _shown(what: str) -> str:
    return what if what == "the query" else f"`{what}`"


def _no_driver(origin: DatabaseOrigin, said: str, where: Where | None) -> Problem:
    is_declared = "driver" in dict(origin.settings)
    return Problem(
        code="SRC040",
        what=f"the driver for {origin.kind} is {said}",
        why="drivers are installed only where they are used",
        fix=f"pip install --upgrade 'andon[{EXTRAS[origin.kind]}]'"
        + (", or correct `driver` of the connection" if is_declared else ""),
        where=where,
    )


def cursor_unusable(table: SourceTable, field: Field, reason: str, fix: str) -> TaskFailed:
    """A column that does not tell what is new."""
    return TaskFailed(
        Problem(
            code="SRC045",
            what=f"`{field.name}` cannot be the cursor of `{table.name}`: {reason}",
            why="rows that the cursor does not show would be missed, and nobody would see it",
            fix=fix,
            where=where_of(table),
        )
    )


def typing_of(table: SourceTable, field: Field) -> str:
    """How a column of a type that is no cursor's becomes one."""
    fits = "use a whole number, a decimal of declared scale, a date, a timestamp or a text"
    if origin_of(table).kind != "sqlite":
        return fits
    return (
        "use a column that is declared as a whole number, a date, a time or a text; where its texts "
        f"grow, as ISO 8601 does, a `query` with `cast({field.name} as text) as {field.name}`"
    )


def filling_of(table: SourceTable, field: Field) -> str:
    """How a column that may be null becomes a cursor, in the words of its database."""
    altering = {
        "mysql": f"`alter table ... modify {field.name} {field.type} not null`",
        "sqlite": f"make the table anew with `{field.name} {field.type} not null`",
    }.get(origin_of(table).kind, f"`alter table ... alter column {field.name} set not null`")
    if field.kind not in NO_LAG:
        return f"{altering}, or declare `lag:` if a row gets its value soon"
    left_out = f"where {field.name} is not null"
    return (
        f"{altering}, or, if a row has its value at once or never, read a `query` with `{left_out}`"
    )


def cursor_turned(table: SourceTable, cursor: str, reason: str) -> TaskFailed:
    """A cursor that is not what it was when it was read before."""
    return TaskFailed(
        Problem(
            code="SRC046",
            what=f"the cursor `{cursor}` of `{table.name}` {reason}",
            why="rows behind a cursor that goes back or changes are not the rows that follow those read",
            fix="if the table was replaced or restored, change `system` of the source: everything is "
            "read anew",
            where=where_of(table),
        )
    )


def where_of(table: SourceTable) -> Where | None:
    """File that declares a table."""
    return Where(path=table.where_path) if table.where_path else None
