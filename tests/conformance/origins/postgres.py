"""Tables of a real PostgreSQL server."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest

from andon.spec.origin import Mode, Secret
from tests.conformance.origins.subject import Maker
from tests.conformance.origins.tables import MODES, Table
from tests.databases import ADMIN, PASSWORD


def _make(mode: Mode, request: pytest.FixtureRequest, folder: Path) -> Table:
    server = request.getfixturevalue("postgres_server")
    execute = request.getfixturevalue("postgres_execute")
    (folder / "secret").write_text(PASSWORD)
    settings = (
        ("database", "postgres"),
        ("host", "127.0.0.1"),
        ("password", Secret(via="file", name="secret")),
        ("port", str(server.port)),
        ("user", ADMIN),
    )
    name = f"public.t{uuid4().hex}"
    return Table(folder, "postgres", settings, execute, mode, relation=name, secret=PASSWORD)


MAKERS: dict[str, Maker] = {f"postgres-{mode}": partial(_make, mode) for mode in MODES}
