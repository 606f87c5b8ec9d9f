"""Tables of SQLite files."""

from __future__ import annotations

import sqlite3
from functools import partial
from pathlib import Path

import pytest

from andon.spec.origin import Mode
from tests.conformance.origins.subject import Maker
from tests.conformance.origins.tables import MODES, Table


def _make(mode: Mode, request: pytest.FixtureRequest, folder: Path) -> Table:
    connection = sqlite3.connect(folder / "shop.sqlite", isolation_level=None)
    request.addfinalizer(connection.close)
    return Table(folder, "sqlite", (("path", "shop.sqlite"),), connection.execute, mode)


MAKERS: dict[str, Maker] = {f"sqlite-{mode}": partial(_make, mode) for mode in MODES}
