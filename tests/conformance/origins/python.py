"""Functions of a project, whose worker runs in the process of the test."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from andon.names import AssetName
from andon.ports.engine import Engine
from andon.ports.origin import Origin
from andon.ports.table_store import TableStore
from andon.sources.python.origin import PythonFunctions
from andon.spec.origin import Mode, PythonOrigin, Secret
from andon.spec.source import SourceTable
from tests.conformance.origins.subject import Maker, Row
from tests.generating import Here

CODE = """
import json, pathlib

def rows(token, cursor=None):
    try:
        found = json.loads((pathlib.Path(__file__).with_name("rows.json")).read_text())
    except OSError as error:
        raise RuntimeError("nothing for " + token) from error
    wanted = [row for row in found if cursor is None or row["seq"] >= cursor]
    for at in range(0, len(wanted), 3):
        yield wanted[at : at + 3]
"""


class Function:
    """One function that yields lists of three rows."""

    gives_back = False
    secret = "sesame-open"

    def __init__(self, folder: Path, mode: Mode, runner: Here) -> None:
        self._folder = folder / "sources"
        self._folder.mkdir()
        (self._folder / "shop.py").write_text(CODE)
        (folder / "token").write_text(self.secret)
        self._runner = runner
        self._rows: dict[int, dict[str, Any]] = {}
        self._moment = 0
        self.sees_changes = mode != "append"
        self.table = SourceTable(
            name=AssetName("shop.rows"),
            source="shop",
            origin=PythonOrigin(
                path="sources/shop.py",
                function="rows",
                mode=mode,
                cursor="" if mode == "full" else "seq",
                takes_cursor=mode != "full",
                settings=(("token", Secret(via="file", name="token")),),
            ),
            key=("id",) if mode == "merge" else (),
        )

    def origin(self, store: TableStore, engine: Callable[[], Engine]) -> Origin:  # noqa: ARG002
        return PythonFunctions(self._folder.parent, store, lambda: self._runner, 60)

    def put(self, rows: Sequence[Row]) -> None:
        for number, word in rows:
            self.change(number, word)

    def change(self, number: int, word: str) -> None:
        self._moment += 1
        self._rows[number] = {"id": number, "word": word, "seq": self._moment}
        (self._folder / "rows.json").write_text(json.dumps(list(self._rows.values())))

    def lose(self) -> None:
        (self._folder / "rows.json").unlink()


def _make(request: pytest.FixtureRequest, folder: Path, mode: Mode) -> Function:
    path, runner = list(sys.path), Here(folder / "spill")

    def end() -> None:
        runner.close()
        sys.path[:] = path

    request.addfinalizer(end)
    return Function(folder, mode, runner)


MODES: tuple[Mode, ...] = ("full", "append", "merge")
MAKERS: dict[str, Maker] = {f"python-{mode}": partial(_make, mode=mode) for mode in MODES}
