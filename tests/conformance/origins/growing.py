"""Files of the local file system that are appended to."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from andon.names import AssetName
from andon.ports.engine import Engine
from andon.ports.origin import Origin
from andon.ports.table_store import TableStore
from andon.sources.local.growing import GrowingFiles
from andon.spec.origin import FilesOrigin
from andon.spec.source import Format, SourceTable
from tests.conformance.origins.subject import Maker, Row


class Log:
    """One file to which rows are written; a changed row is written again."""

    sees_changes = False
    gives_back = True
    secret = ""

    def __init__(self, folder: Path, form: Format) -> None:
        self._folder = folder
        self._file = folder / f"rows.{form}"
        self._form = form
        self.table = SourceTable(
            name=AssetName("shop.rows"),
            source="shop",
            origin=FilesOrigin(paths=(self._file.name,), grows=True),
        )

    def origin(self, store: TableStore, engine: Callable[[], Engine]) -> Origin:  # noqa: ARG002
        return GrowingFiles(self._folder, store)

    def put(self, rows: Sequence[Row]) -> None:
        is_new = not self._file.exists()
        with self._file.open("a") as stream:
            if is_new and self._form == "csv":
                stream.write("id,word\n")
            for number, word in rows:
                text = f"{number},{word}"
                if self._form == "jsonl":
                    text = json.dumps({"id": number, "word": word})
                stream.write(text + "\n")

    def change(self, number: int, word: str) -> None:
        self.put([(number, word)])

    def lose(self) -> None:
        self._file.unlink()


def _csv(request: pytest.FixtureRequest, folder: Path) -> Log:  # noqa: ARG001
    return Log(folder, "csv")


def _jsonl(request: pytest.FixtureRequest, folder: Path) -> Log:  # noqa: ARG001
    return Log(folder, "jsonl")


MAKERS: dict[str, Maker] = {"growing-csv": _csv, "growing-jsonl": _jsonl}
