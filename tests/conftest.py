"""What all tests share: how Hypothesis searches, and servers that are started where they are asked for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests import servers

settings.register_profile(
    "andon",
    deadline=None,  # two busy cores: a slow example is no failure
    suppress_health_check=[HealthCheck.too_slow],  # the same
    print_blob=True,  # a failure can be repeated from the log alone
)
settings.load_profile("andon")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[servers.Server]:
    """A PostgreSQL server of this worker."""
    with servers.postgres() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_execute(postgres_server: servers.Server) -> Iterator[servers.Execute]:
    """Runs statements in its database `postgres`."""
    with servers.postgres_session(postgres_server) as execute:
        yield execute


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[servers.Server]:
    """A MariaDB server of this worker, with the database `shop`."""
    with servers.mariadb() as server:
        with servers.mariadb_session(server) as execute:
            execute("create database shop")
        yield server


@pytest.fixture(scope="session")
def mariadb_execute(mariadb_server: servers.Server) -> Iterator[servers.Execute]:
    """Runs statements in its database `shop`."""
    with servers.mariadb_session(mariadb_server, "shop") as execute:
        yield execute
