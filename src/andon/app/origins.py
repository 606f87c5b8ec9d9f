"""Origins: the adapter of each kind of outside system, made on first use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from andon.ports.origin import Origin
from andon.ports.python_runner import PythonRunner
from andon.ports.table_store import TableStore
from andon.spec.origin import FilesOrigin, PushOrigin, PythonOrigin
from andon.spec.source import SourceTable


def origins(
    root: Path, store: TableStore, runner: Callable[[], PythonRunner], timeout_s: float
) -> Callable[[SourceTable], Origin]:
    """What acquires a table, by the kind of its origin.

    Args:
        root: folder of the project.
        store: keeps what arrives.
        runner: calls functions of the project; timeout_s: longest wait for what they yield.
    """
    made: dict[type, Origin] = {}

    def make(kind: type) -> Origin:
        if kind is PythonOrigin:
            from andon.sources.python.origin import PythonFunctions

            return PythonFunctions(root, store, runner, timeout_s)
        return _make(kind, root, store)

    def origin_of(table: SourceTable) -> Origin:
        kind = type(table.origin)
        if kind not in made:
            made[kind] = make(kind)
        return made[kind]

    return origin_of


def _make(kind: type, root: Path, store: TableStore) -> Origin:
    if kind is FilesOrigin:
        from andon.sources.files import LocalFiles

        return LocalFiles(root, store)
    if kind is PushOrigin:
        from andon.sources.pushed import PushedDocuments

        return PushedDocuments()
    raise TypeError(f"no adapter for {kind.__name__}")
