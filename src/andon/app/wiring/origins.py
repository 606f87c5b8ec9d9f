"""Origins: the adapter of each kind of outside system, made on first use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import assert_never

from andon.ports.engine import Engine
from andon.ports.origin import Origin
from andon.ports.python_runner import PythonRunner
from andon.ports.table_store import TableStore
from andon.spec.address import is_remote
from andon.spec.origin import DatabaseOrigin, FilesOrigin, HttpOrigin, PushOrigin, PythonOrigin
from andon.spec.source import SourceTable


def origins(
    root: Path,
    store: TableStore,
    *,
    engine: Callable[[], Engine],
    runner: Callable[[], PythonRunner],
    timeout_s: float,
) -> Callable[[SourceTable], Origin]:
    """What acquires a table, by the kind of its origin.

    Args:
        root: folder of the project.
        store: keeps what arrives.
        engine: compares what arrives with what is kept, where an origin needs it.
        runner: calls functions of the project; timeout_s: longest wait for what they yield.
    """
    made: dict[tuple[type, bool, bool], Origin] = {}

    def make(table: SourceTable) -> Origin:
        origin = table.origin
        match origin:
            case FilesOrigin():
                return _files(root, store, is_far=_is_far(table), grows=origin.grows)
            case DatabaseOrigin():
                from andon.app.wiring.doors import DOORS
                from andon.sources.databases.origin import DatabaseTables

                return DatabaseTables(root, store, engine, DOORS)
            case HttpOrigin():
                from andon.sources.http.origin import HttpApi

                return HttpApi(root, store)
            case PythonOrigin():
                from andon.sources.python.origin import PythonFunctions

                return PythonFunctions(root, store, runner, timeout_s)
            case PushOrigin():
                from andon.sources.pushed import PushedDocuments

                return PushedDocuments()
            case _:
                assert_never(origin)

    def origin_of(table: SourceTable) -> Origin:
        kind = (type(table.origin), _is_far(table), _grows(table))
        if kind not in made:
            made[kind] = make(table)
        return made[kind]

    return origin_of


def _grows(table: SourceTable) -> bool:
    return isinstance(table.origin, FilesOrigin) and table.origin.grows


def _is_far(table: SourceTable) -> bool:
    return any(is_remote(path) for path in table.paths)


def _files(root: Path, store: TableStore, *, is_far: bool, grows: bool) -> Origin:
    if is_far:
        from andon.sources.remote.files import RemoteFiles

        return RemoteFiles(root, store)
    if grows:
        from andon.sources.local.growing import GrowingFiles

        return GrowingFiles(root, store)
    from andon.sources.local.files import LocalFiles

    return LocalFiles(root, store)
