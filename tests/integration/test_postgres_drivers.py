"""Which build of the driver reads PostgreSQL: that of the package, or one that is declared."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

import andon
from andon.ports.door import DoorClosed
from andon.sources.databases.postgres_types import column_of
from tests.databases import ADMIN, PASSWORD, Execute, Server
from tests.factories import write_files


@pytest.fixture
def folder(
    tmp_path: Path, postgres_server: Server, postgres_execute: Execute
) -> Iterator[tuple[Path, str]]:
    """A folder for a project, and the connection to a server with a table, without its end."""
    postgres_execute("create table driven as select 1 as id, 2.50::numeric(12, 2) as amount")
    (tmp_path / "secret").write_text(PASSWORD)
    connection = (
        f"connection: {{kind: postgres, host: 127.0.0.1, port: {postgres_server.port},"
        f" database: postgres, user: {ADMIN}, password: {{file: secret}}"
    )
    yield tmp_path, connection
    postgres_execute("drop table driven")


def project(folder: Path, connection: str, driver: str) -> andon.Project:
    tables = "tables:\n  driven: {relation: driven}\n"
    files = {
        "andon.toml": '[project]\nname = "shop"\n',
        "sources/shop.yml": f"{connection}, driver: {driver}}}\n{tables}",
    }
    return andon.open(write_files(folder, files))


def library() -> Path:
    """The library in the package of the driver."""
    package = importlib.metadata.distribution("adbc-driver-postgresql")
    found = [file for file in package.files or () if file.suffix == ".so"]
    return Path(str(package.locate_file(found[0]))).resolve()


def test_a_declared_library_reads_the_table(folder: tuple[Path, str], tmp_path: Path) -> None:
    other = tmp_path / "another_build.so"
    other.symlink_to(library())
    with project(*folder, str(other)) as opened:
        assert opened.run().exit_code == 0
        found = opened.query("select id, amount::varchar, typeof(amount) from shop.driven").rows
    assert [tuple(row) for row in found] == [(1, "2.50", "DECIMAL(12,2)")]


@pytest.mark.parametrize("driver", ["/nowhere/driver.so", "no_such_manifest"])
def test_a_declared_library_that_is_not_there_is_named(
    folder: tuple[Path, str], driver: str
) -> None:
    with project(*folder, driver) as opened:
        problems = [one for outcome in opened.run().outcomes for one in outcome.problems]
    assert [one.code for one in problems] == ["SRC040"]
    assert driver in problems[0].what
    assert "`driver`" in problems[0].fix


def test_a_driver_that_does_not_tell_types_is_refused_before_they_become_text() -> None:
    as_before = pa.field("amount", pa.string(), metadata={"ADBC:postgresql:typname": "numeric"})
    with pytest.raises(DoorClosed, match=r"older than 1\.13") as caught:
        column_of(as_before)
    assert caught.value.reason == "no_driver"
