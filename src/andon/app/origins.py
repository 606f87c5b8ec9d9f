"""Origins: the adapter of each kind of outside system, made on first use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from andon.ports.engine import Engine
from andon.ports.origin import Origin
from andon.ports.python_runner import PythonRunner
from andon.ports.table_store import TableStore
from andon.spec.address import is_remote
from andon.spec.origin import DatabaseOrigin, FilesOrigin, HttpOrigin, PushOrigin, PythonOrigin
from andon.spec.source import SourceTable


class Origins:
    """What acquires a table, by the kind of its origin.

    Args:
        root: folder of the project.
        store: keeps what arrives.
        engine: compares what arrives with what is kept, where an origin needs it.
        runner: calls functions of the project; timeout_s: longest wait for what they yield.
    """

    def __init__(
        self,
        root: Path,
        store: TableStore,
        engine: Callable[[], Engine],
        runner: Callable[[], PythonRunner],
        timeout_s: float,
    ) -> None:
        self._root, self._store, self._engine = root, store, engine
        self._runner, self._timeout_s = runner, timeout_s
        self._made: dict[str, Origin] = {}

    def __call__(self, table: SourceTable) -> Origin:
        """The adapter of a table; the same one for all tables of a kind."""
        kind = type(table.origin).__name__
        if isinstance(table.origin, FilesOrigin):
            is_far = any(is_remote(path) for path in table.paths)
            kind += " far" if is_far else " growing" if table.origin.grows else ""
        if kind not in self._made:
            self._made[kind] = self._make(table)
        return self._made[kind]

    def _make(self, table: SourceTable) -> Origin:
        match table.origin:
            case FilesOrigin(grows=grows):
                return self._of_files(table, grows=grows)
            case DatabaseOrigin():
                from andon.app.doors import DOORS
                from andon.sources.databases.origin import DatabaseTables

                return DatabaseTables(self._root, self._store, self._engine, DOORS)
            case HttpOrigin():
                from andon.sources.http.origin import HttpApi

                return HttpApi(self._root, self._store)
            case PythonOrigin():
                from andon.sources.python.origin import PythonFunctions

                return PythonFunctions(self._root, self._store, self._runner, self._timeout_s)
            case PushOrigin():
                from andon.sources.pushed import PushedDocuments

                return PushedDocuments()

    def _of_files(self, table: SourceTable, *, grows: bool) -> Origin:
        if any(is_remote(path) for path in table.paths):
            from andon.sources.remote.files import RemoteFiles

            return RemoteFiles(self._root, self._store)
        if grows:
            from andon.sources.growing import GrowingFiles

            return GrowingFiles(self._root, self._store)
        from andon.sources.files import LocalFiles

        return LocalFiles(self._root, self._store)
