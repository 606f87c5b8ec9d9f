"""Write a database file of views that other tools can open."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from andon.engines.duckdb.faults import translate
from andon.engines.duckdb.types import literal, quote

STORAGE = "v1.2.0"
"""Old storage version, so that DuckDB 1.5 opens the file too."""


def write_views(
    path: Path, base: Path | None, views: Mapping[str, str], gone: Sequence[str]
) -> None:
    """Write a database at `path`: the views of `base`, with some replaced and some dropped.

    Args:
        base: an earlier database to start from, or None for an empty one.
        views: dotted name -> select; the first part becomes the schema.
        gone: names to drop.

    Raises:
        AndonError: (ENG...) the engine could not write it, for example because the disk is full.
    """
    if base is not None:
        shutil.copyfile(base, path)
    connection = duckdb.connect(config={"threads": 1})
    try:
        _fill(connection, path, views, gone)
    except duckdb.Error as error:
        raise translate(error) from error
    finally:
        connection.close()


def _fill(
    connection: duckdb.DuckDBPyConnection, path: Path, views: Mapping[str, str], gone: Sequence[str]
) -> None:
    connection.execute(
        f"attach {literal(str(path))} as target (storage_version {literal(STORAGE)})"
    )
    connection.execute("use target")
    connection.execute("begin")
    for name in gone:
        connection.execute(f"drop view if exists {_qualified(name)}")
    for schema in sorted({name.partition(".")[0] for name in views}):
        connection.execute(f"create schema if not exists {quote(schema)}")
    for name, select in views.items():
        connection.execute(f"create or replace view {_qualified(name)} as {select}")
    connection.execute("commit")
    connection.execute("checkpoint target")
    connection.execute("use memory")
    connection.execute("detach target")


def _qualified(name: str) -> str:
    schema, _, table = name.partition(".")
    return f"{quote(schema)}.{quote(table)}"
