"""Tables of a real MariaDB server."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest

from andon.spec.origin import Mode, Secret
from tests.conformance.origins.subject import Maker
from tests.conformance.origins.tables import Table
from tests.databases import ADMIN, PASSWORD

MODES: tuple[Mode, ...] = ("full", "merge")
"""Appending reads as merging does."""


def _make(mode: Mode, request: pytest.FixtureRequest, folder: Path) -> Table:
    server = request.getfixturevalue("mariadb_server")
    execute = request.getfixturevalue("mariadb_execute")
    (folder / "secret").write_text(f"mysql://{ADMIN}:{PASSWORD}@127.0.0.1:{server.port}/shop")
    settings = (("url", Secret(via="file", name="secret")),)
    name = f"t{uuid4().hex}"
    return Table(folder, "mysql", settings, execute, mode, relation=name, secret=PASSWORD)


MAKERS: dict[str, Maker] = {f"mysql-{mode}": partial(_make, mode) for mode in MODES}
