"""Files of buckets, containers, SSH servers and web servers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest

from andon.names import AssetName
from andon.ports.engine import Engine
from andon.ports.origin import Origin
from andon.ports.table_store import TableStore
from andon.sources.remote.files import RemoteFiles
from andon.spec.origin import FilesOrigin, Settings
from andon.spec.source import SourceTable
from tests.conformance.origins.subject import Maker, Row
from tests.remotes import Remote

MOST_LOTS = 4


class Far:
    """One CSV file per lot of rows, put there and taken away by whatever means the place has."""

    sees_changes = True
    gives_back = True
    secret = ""

    def __init__(
        self,
        folder: Path,
        paths: tuple[str, ...],
        settings: Settings,
        put: Callable[[str, bytes], None],
        remove: Callable[[str], None],
    ) -> None:
        self._folder, self._put, self._remove = folder, put, remove
        self._lots: list[dict[int, str]] = []
        self.table = SourceTable(
            name=AssetName("shop.rows"),
            source="shop",
            origin=FilesOrigin(paths=paths, settings=settings),
        )

    def origin(self, store: TableStore, engine: Callable[[], Engine]) -> Origin:  # noqa: ARG002
        return RemoteFiles(self._folder, store)

    def put(self, rows: Sequence[Row]) -> None:
        self._lots.append(dict(rows))
        self._write(len(self._lots) - 1)

    def change(self, number: int, word: str) -> None:
        at = next(at for at, lot in enumerate(self._lots) if number in lot)
        self._lots[at][number] = word
        self._write(at)

    def lose(self) -> None:
        for at in range(len(self._lots)):
            self._remove(name_of(at))

    def _write(self, at: int) -> None:
        lines = "".join(f"{number},{word}\n" for number, word in self._lots[at].items())
        self._put(name_of(at), f"id,word\n{lines}".encode())


def name_of(at: int) -> str:
    return f"in/{at:03}.csv"


def _far(kind: str, request: pytest.FixtureRequest, folder: Path) -> Far:
    remote: Remote = request.getfixturevalue(kind)
    # A web server lists nothing, so all that may come are named.
    paths = map(name_of, range(MOST_LOTS)) if kind == "web" else ["in/*.csv"]
    addresses = tuple(remote.address(path) for path in paths)
    return Far(folder, addresses, remote.settings, remote.put, remote.remove)


MAKERS: dict[str, Maker] = {
    kind: partial(_far, kind) for kind in ("s3", "gcs", "azure", "sftp", "web")
}
