"""A table of a database, whatever the database: SQL that all of them understand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from andon.app.wiring.doors import DOORS
from andon.names import AssetName
from andon.ports.engine import Engine
from andon.ports.origin import Origin
from andon.ports.table_store import TableStore
from andon.sources.databases.origin import DatabaseTables
from andon.spec.origin import DatabaseKind, DatabaseOrigin, Mode, Settings
from andon.spec.source import SourceTable
from tests.conformance.origins.subject import Execute, Row

MODES: tuple[Mode, ...] = ("full", "append", "merge")


class Table:
    """One table, read in one mode, in chunks of three rows.

    Args:
        settings: how the database is reached.
        execute: runs a statement in it.
        relation: name of a table that is not there yet.
    """

    def __init__(
        self,
        folder: Path,
        kind: DatabaseKind,
        settings: Settings,
        execute: Execute,
        mode: Mode,
        relation: str = "records",
        secret: str = "",
    ) -> None:
        self._folder = folder
        self._execute = execute
        self._relation = relation
        self._moment = 0
        self.sees_changes = mode != "append"
        self.gives_back = mode == "full"
        self.secret = secret
        behind: dict[str, Any] = {} if mode == "full" else {"cursor": "seq"}
        self.table = SourceTable(
            name=AssetName("shop.rows"),
            source="shop",
            origin=DatabaseOrigin(
                kind=kind, settings=settings, relation=relation, mode=mode, chunk_rows=3, **behind
            ),
            format="parquet",
            key=("id",) if mode == "merge" else (),
        )
        execute(
            f"create table {relation}"
            " (id integer not null primary key, word varchar(40) not null, seq integer not null)"
        )

    def origin(self, store: TableStore, engine: Callable[[], Engine]) -> Origin:
        return DatabaseTables(self._folder, store, engine, DOORS, waits_s=(0.01,))

    def put(self, rows: Sequence[Row]) -> None:
        if rows:
            self._moment += 1
            listed = ", ".join(f"({number}, '{word}', {self._moment})" for number, word in rows)
            self._execute(f"insert into {self._relation} (id, word, seq) values {listed}")

    def change(self, number: int, word: str) -> None:
        self._moment += 1
        self._execute(
            f"update {self._relation} set word = '{word}', seq = {self._moment} where id = {number}"
        )

    def lose(self) -> None:
        self._execute(f"drop table {self._relation}")
