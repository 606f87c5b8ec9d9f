"""Doors: what opens each kind of database, made on first use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from andon.ports.door import Door
from andon.spec.origin import DatabaseKind


def _postgres() -> Door:
    from andon.sources.databases.postgres import PostgresDoor

    return PostgresDoor()


def _mysql() -> Door:
    from andon.sources.databases.mysql import MySqlDoor

    return MySqlDoor()


def _sqlite() -> Door:
    from andon.sources.databases.sqlite import SqliteDoor

    return SqliteDoor()


def _duckdb() -> Door:
    from andon.engines.duckdb.door import DuckDBDoor

    return DuckDBDoor()


DOORS: Final[Mapping[DatabaseKind, Callable[[], Door]]] = {
    "postgres": _postgres,
    "mysql": _mysql,
    "sqlite": _sqlite,
    "duckdb": _duckdb,
}
