"""Pages of a real HTTP API on loopback."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from andon.names import AssetName
from andon.ports.engine import Engine
from andon.ports.origin import Origin
from andon.ports.table_store import TableStore
from andon.sources.http.origin import HttpApi
from andon.sources.http.session import Pace
from andon.spec.origin import Auth, HttpOrigin, Mode, Paging, Secret
from andon.spec.source import SourceTable
from tests.conformance.origins.subject import Maker, Row
from tests.servers.api import Api, serving

SECRET = "s3cret/of+the=tests"


class Pages:
    """A table of an API, three rows on a page."""

    gives_back = False
    secret = SECRET

    def __init__(self, api: Api, folder: Path, mode: Mode) -> None:
        self._api, self._folder = api, folder
        self._moment = 0
        self.sees_changes = mode != "append"
        (folder / "secret").write_text(SECRET)
        api.tokens = {SECRET}
        behind: dict[str, Any] = {"cursor": "updated", "cursor_parameter": "since"}
        self.table = SourceTable(
            name=AssetName("shop.rows"),
            source="shop",
            origin=HttpOrigin(
                url=f"{api.url}/link",
                auth=Auth(by="bearer", settings=(("token", Secret(via="file", name="secret")),)),
                paging=Paging(by="link"),
                mode=mode,
                **({} if mode == "full" else behind),
            ),
            key=("id",) if mode == "merge" else (),
        )

    def origin(self, store: TableStore, engine: Callable[[], Engine]) -> Origin:  # noqa: ARG002
        return HttpApi(self._folder, store, Pace(base_s=0.01))

    def put(self, rows: Sequence[Row]) -> None:
        self._moment += 1
        self._api.rows += [self._record(number, word) for number, word in rows]

    def change(self, number: int, word: str) -> None:
        """A change gives a record its place behind all others, as its time of change does."""
        self._moment += 1
        others = [row for row in self._api.rows if row["id"] != number]
        self._api.rows = [*others, self._record(number, word)]

    def lose(self) -> None:
        self._api.answer = lambda _: (404, {}, b"{}")

    def _record(self, number: int, word: str) -> dict[str, Any]:
        return {"id": number, "word": word, "updated": f"2026-01-{self._moment:02}"}


def _make(mode: Mode, request: pytest.FixtureRequest, folder: Path) -> Pages:
    stack = ExitStack()
    request.addfinalizer(stack.close)
    return Pages(stack.enter_context(serving()), folder, mode)


MODES: tuple[Mode, ...] = ("full", "append", "merge")
MAKERS: dict[str, Maker] = {f"http-{mode}": partial(_make, mode) for mode in MODES}
