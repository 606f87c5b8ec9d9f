"""Origins: the adapter of each kind of outside system, made on first use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from andon.ports.engine import Engine
from andon.ports.origin import Origin
from andon.ports.table_store import TableStore
from andon.spec.address import is_remote
from andon.spec.origin import DatabaseOrigin, FilesOrigin, HttpOrigin
from andon.spec.source import SourceTable


def origins(
    root: Path, store: TableStore, engine: Callable[[], Engine]
) -> Callable[[SourceTable], Origin]:
    """What acquires a table, by the kind of its origin.

    Args:
        root: folder of the project.
        store: keeps what arrives.
        engine: compares what arrives with what is kept, where an origin needs it.
    """
    made: dict[tuple[type, bool], Origin] = {}

    def origin_of(table: SourceTable) -> Origin:
        kind = (type(table.origin), any(is_remote(path) for path in table.paths))
        if kind not in made:
            made[kind] = _make(*kind, root, store, engine)
        return made[kind]

    return origin_of


def _make(
    kind: type, is_far: bool, root: Path, store: TableStore, engine: Callable[[], Engine]
) -> Origin:
    if kind is FilesOrigin and is_far:
        from andon.sources.remote.files import RemoteFiles

        return RemoteFiles(root, store)
    if kind is FilesOrigin:
        from andon.sources.files import LocalFiles

        return LocalFiles(root, store)
    if kind is DatabaseOrigin:
        from andon.app.doors import DOORS
        from andon.sources.databases.origin import DatabaseTables

        return DatabaseTables(root, store, engine, DOORS)
    if kind is HttpOrigin:
        from andon.sources.http.origin import HttpApi

        return HttpApi(root, store)
    raise TypeError(f"no adapter for {kind.__name__}")
