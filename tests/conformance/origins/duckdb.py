"""Tables of DuckDB files, which one process at a time may write."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import duckdb
import pytest

from andon.spec.origin import Mode
from tests.conformance.origins.subject import Maker
from tests.conformance.origins.tables import Table

MODES: tuple[Mode, ...] = ("full", "merge")
"""Appending reads as merging does."""


def _make(mode: Mode, request: pytest.FixtureRequest, folder: Path) -> Table:  # noqa: ARG001
    place = folder / "shop.duckdb"

    def execute(statement: str) -> None:
        with duckdb.connect(str(place)) as connection:
            connection.execute(statement)

    return Table(folder, "duckdb", (("path", "shop.duckdb"),), execute, mode)


MAKERS: dict[str, Maker] = {f"duckdb-{mode}": partial(_make, mode) for mode in MODES}
