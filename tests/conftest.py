"""What all tests share: how Hypothesis searches, and servers that are started where they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import databases
from tests.remotes import (
    S3,
    Azure,
    Gcs,
    Remote,
    Sftp,
    SshServer,
    azure_server,
    gcs_server,
    s3_server,
    ssh_server,
)
from tests.webserver import PlainHttp, http_server

settings.register_profile(
    "andon",
    deadline=None,  # two busy cores: a slow example is no failure
    suppress_health_check=[HealthCheck.too_slow],  # the same
    print_blob=True,  # a failure can be repeated from the log alone
)
settings.load_profile("andon")


@pytest.fixture(scope="session")
def s3_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with s3_server(tmp_path_factory.mktemp("s3")) as url:
        yield url


@pytest.fixture(scope="session")
def gcs_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with gcs_server(tmp_path_factory.mktemp("gcs")) as url:
        yield url


@pytest.fixture(scope="session")
def azure_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with azure_server(tmp_path_factory.mktemp("azure")) as url:
        yield url


@pytest.fixture(scope="session")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    with ssh_server(tmp_path_factory.mktemp("sshd")) as server:
        yield server


@pytest.fixture
def web() -> Iterator[PlainHttp]:
    with http_server() as served:
        yield served


@pytest.fixture
def s3(s3_url: str) -> S3:
    return S3(s3_url)


@pytest.fixture
def sftp(sshd: SshServer, tmp_path: Path) -> Sftp:
    return Sftp(sshd, tmp_path / "far")


@pytest.fixture
def gcs(gcs_url: str) -> Gcs:
    return Gcs(gcs_url)


@pytest.fixture
def azure(azure_url: str) -> Azure:
    return Azure(azure_url)


@pytest.fixture(params=["s3", "gcs", "azure", "sftp"])
def remote(request: pytest.FixtureRequest) -> Remote:
    """A place with files, one of each kind that can list them."""
    found: Remote = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[databases.Server]:
    """A PostgreSQL server of this worker."""
    with databases.postgres() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_execute(postgres_server: databases.Server) -> Iterator[databases.Execute]:
    """Runs statements in its database `postgres`."""
    with databases.postgres_session(postgres_server) as execute:
        yield execute


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[databases.Server]:
    """A MariaDB server of this worker, with the database `shop`."""
    with databases.mariadb() as server:
        with databases.mariadb_session(server) as execute:
            execute("create database shop")
        yield server


@pytest.fixture(scope="session")
def mariadb_execute(mariadb_server: databases.Server) -> Iterator[databases.Execute]:
    """Runs statements in its database `shop`."""
    with databases.mariadb_session(mariadb_server, "shop") as execute:
        yield execute
