"""Origins: the adapter of each kind of outside system, made on first use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from andon.ports.origin import Origin
from andon.ports.table_store import TableStore
from andon.spec.origin import FilesOrigin, HttpOrigin
from andon.spec.source import SourceTable


def origins(root: Path, store: TableStore) -> Callable[[SourceTable], Origin]:
    """What acquires a table, by the kind of its origin.

    Args:
        root: folder of the project.
        store: keeps what arrives.
    """
    made: dict[type, Origin] = {}

    def origin_of(table: SourceTable) -> Origin:
        kind = type(table.origin)
        if kind not in made:
            made[kind] = _make(kind, root, store)
        return made[kind]

    return origin_of


def _make(kind: type, root: Path, store: TableStore) -> Origin:
    if kind is FilesOrigin:
        from andon.sources.files import LocalFiles

        return LocalFiles(root, store)
    if kind is HttpOrigin:
        from andon.sources.http.origin import HttpApi

        return HttpApi(root, store)
    raise TypeError(f"no adapter for {kind.__name__}")
