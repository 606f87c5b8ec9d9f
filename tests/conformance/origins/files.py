"""Files of the local file system."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from andon.names import AssetName
from andon.ports.engine import Engine
from andon.ports.origin import Origin
from andon.ports.table_store import TableStore
from andon.sources.local.files import LocalFiles
from andon.spec.origin import FilesOrigin
from andon.spec.source import SourceTable
from tests.conformance.origins.subject import Maker, Row


class Files:
    """A folder with one CSV file per lot of rows."""

    sees_changes = True
    gives_back = True
    secret = ""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._folder.mkdir()
        self._lots: list[dict[int, str]] = []
        self.table = SourceTable(
            name=AssetName("shop.rows"), source="shop", origin=FilesOrigin(paths=("in/*.csv",))
        )

    def origin(self, store: TableStore, engine: Callable[[], Engine]) -> Origin:  # noqa: ARG002
        return LocalFiles(self._folder.parent, store)

    def put(self, rows: Sequence[Row]) -> None:
        self._lots.append(dict(rows))
        self._write(len(self._lots) - 1)

    def change(self, number: int, word: str) -> None:
        at = next(at for at, lot in enumerate(self._lots) if number in lot)
        self._lots[at][number] = word
        self._write(at)

    def lose(self) -> None:
        for file in self._folder.glob("*.csv"):
            file.unlink()

    def _write(self, at: int) -> None:
        lines = "".join(f"{number},{word}\n" for number, word in self._lots[at].items())
        (self._folder / f"{at:03}.csv").write_text(f"id,word\n{lines}")


def _make(request: pytest.FixtureRequest, folder: Path) -> Files:  # noqa: ARG001
    return Files(folder / "in")


MAKERS: dict[str, Maker] = {"files": _make}
