"""Tables of databases as an origin: how the connection and what is read are declared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, cast, get_args

from andon.project.fields import Fields, unseen, where_of
from andon.project.origins.kind import OriginKind
from andon.project.origins.settings import read_settings
from andon.project.yaml import ScalarNode
from andon.spec.origin import DatabaseKind, DatabaseOrigin, Mode, Origin, Settings
from andon.spec.quantity import lag_of

_TABLE_KEYS: Final = ("relation", "query", "mode", "cursor", "lag", "deletes", "chunk_rows")
_SERVER: Final = ("host", "port", "database", "user", "password")
_KEYS: Final[dict[DatabaseKind, tuple[str, ...]]] = {
    "postgres": ("url", *_SERVER, "sslmode", "sslrootcert", "driver"),
    "mysql": ("url", *_SERVER, "ssl_ca"),
    "sqlite": ("path",),
    "duckdb": ("path",),
}
_EXAMPLES: Final[dict[DatabaseKind, str]] = {
    "postgres": "{kind: postgres, host: localhost, database: shop, user: reader}",
    "mysql": "{kind: mysql, host: localhost, database: shop, user: reader}",
    "sqlite": "{kind: sqlite, path: data/shop.sqlite}",
    "duckdb": "{kind: duckdb, path: data/shop.duckdb}",
}
_CHUNK_ROWS: Final = DatabaseOrigin(kind="sqlite").chunk_rows


def kind_of(kind: DatabaseKind) -> OriginKind:
    """How sources of one kind of database are declared."""
    return OriginKind(
        connection_keys=_KEYS[kind],
        table_keys=_TABLE_KEYS,
        read=_reader(kind),
        format="parquet",
    )


def _reader(kind: DatabaseKind) -> Callable[[Fields, Fields | None], Origin | None]:
    def read(table: Fields, connection: Fields | None) -> DatabaseOrigin | None:
        assert connection is not None, "a kind is told by its connection"
        before = len(table.findings.problems)
        origin = DatabaseOrigin(
            kind=kind,
            settings=_settings(kind, connection),
            relation=table.text("relation"),
            query=table.text("query"),
            mode=cast("Mode", table.choice("mode", get_args(Mode), "full")),
            cursor=table.text("cursor"),
            lag_s=table.quantity("lag", lag_of, "write for example `5 minutes`, or a number"),
            deletes=table.boolean("deletes") or False,
            chunk_rows=table.count("chunk_rows") or _CHUNK_ROWS,
        )
        _judge_what(table, origin)
        _judge_mode(table, origin)
        return origin if len(table.findings.problems) == before else None

    return read


def _settings(kind: DatabaseKind, connection: Fields) -> Settings:
    """The settings, if they say where the database is, and only once."""
    written = connection.values
    settings = read_settings(connection, _KEYS[kind])
    needed = "path" if "path" in _KEYS[kind] else "database"
    others = [name for name in _SERVER if name in written]
    if "url" in written and others:
        _wrong_place(
            connection, others[0], f"the connection has both `url` and `{others[0]}`",
            "one of the two would be ignored", f"take `{others[0]}` or `url` out",
        )  # fmt: skip
    elif "url" not in written and needed not in written:
        _wrong_place(
            connection, "", f"the connection does not say which database: no `{needed}`",
            "nothing is read from a database that happens to be the default",
            f"write for example `connection: {_EXAMPLES[kind]}`",
        )  # fmt: skip
    url = written.get("url")
    if isinstance(url, ScalarNode) and isinstance(url.value, str) and _has_password(url.value):
        connection.findings.add(
            "PRJ037",
            unseen(where_of(connection.file, url)),
            what="`url` has a password in it that is written out",
            why="a secret in a file under version control is no secret any more",
            fix="write `url: {env: NAME}`, or `host`, `user` and `password: {env: NAME}`, and change the"
            " secret, since it has been seen",
        )
    return settings


def _has_password(url: str) -> bool:
    place = url.partition("://")[2].partition("/")[0]
    return "@" in place and ":" in place.rpartition("@")[0]


def _wrong_place(connection: Fields, name: str, what: str, why: str, fix: str) -> None:
    place = connection.where(name)
    told = any(p.code == "PRJ040" and p.where == place for p in connection.findings.problems)
    if not told:  # every table of the source reads the connection
        connection.findings.add("PRJ040", place, what=what, why=why, fix=fix)


def _judge_what(table: Fields, origin: DatabaseOrigin) -> None:
    if bool(origin.relation) != bool(origin.query):
        return
    both = bool(origin.relation)
    table.findings.add(
        "PRJ040",
        table.where("query" if both else ""),
        what=f"{table.of} has {'both' if both else 'neither'} `relation` {'and' if both else 'nor'} `query`",
        why="it is read from one table or one query of the database",
        fix="take one of the two out"
        if both
        else "write `relation: public.orders`, or `query: select ...`",
    )


def _judge_mode(table: Fields, origin: DatabaseOrigin) -> None:
    """Refuse keys that the mode lacks, and those that mean nothing in it."""
    moves = origin.mode != "full"
    if moves and not origin.cursor:
        _refuse(
            table, "mode", f"`mode: {origin.mode}` without `cursor`",
            "without a column that grows nothing tells which rows are new",
            "write `cursor: updated_at`, or `mode: full`",
        )  # fmt: skip
    if origin.mode == "merge" and "key" not in table.values:
        _refuse(
            table, "mode", "`mode: merge` without `key`",
            "a row replaces the one of the same key, so there has to be one",
            "write `key: order_id`, or `mode: append`",
        )  # fmt: skip
    if origin.deletes and origin.mode != "merge":
        _refuse(
            table, "deletes", f"`deletes` means nothing with `mode: {origin.mode}`",
            "a full read has what is there; appended rows have no key to look for",
            "take `deletes` out, or write `mode: merge`",
        )  # fmt: skip
    if not moves:
        for name in ("cursor", "lag"):
            if name in table.values:
                _refuse(
                    table, name, f"`{name}` means nothing with `mode: full`",
                    "all rows are read each time",
                    f"take `{name}` out, or write `mode: append` or `mode: merge`",
                )  # fmt: skip


def _refuse(table: Fields, name: str, what: str, why: str, fix: str) -> None:
    table.findings.add("PRJ039", table.where(name), what=f"{table.of}: {what}", why=why, fix=fix)


POSTGRES = kind_of("postgres")
MYSQL = kind_of("mysql")
SQLITE = kind_of("sqlite")
DUCKDB = kind_of("duckdb")
