"""Numbered migrations: each brings a catalog from one version to the next."""

from __future__ import annotations

import sqlite3
from functools import cache
from pathlib import Path

from andon.stores.sqlite import failures

_APPLICATION = 0x414E444F
"""Marks the file as a catalog of Andon (the letters ANDO)."""

KNOWN_VERSION = 3
"""Version this program reads and writes; a test compares it with the migrations there are."""


@cache
def migrations() -> tuple[tuple[int, str], ...]:
    """Number and SQL text of every migration, in order."""
    # Needed once in the life of a catalog, and slow to import.
    from importlib.resources import files

    folder = files("andon.stores.sqlite") / "migrations"
    found = [entry for entry in folder.iterdir() if entry.name.endswith(".sql")]
    return tuple(sorted((int(entry.name[:4]), entry.read_text()) for entry in found))


def version_of(connection: sqlite3.Connection, path: Path) -> int:
    """Version of an open catalog, 0 for an empty file.

    Raises:
        Denied: (CAT006) a newer Andon wrote it.
        DataCorrupt: (CAT008) it is a database of something else.
    """
    (version,) = connection.execute("pragma user_version").fetchone()
    if version > KNOWN_VERSION:
        raise failures.newer(path, version, KNOWN_VERSION)
    if version:
        (application,) = connection.execute("pragma application_id").fetchone()
        if application != _APPLICATION:
            raise failures.damaged(path, "it is a database of another program")
    return int(version)


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring a catalog to the known version inside the open write transaction. Safe to repeat."""
    version = version_of(connection, path)
    for number, text in migrations():
        if number <= version:
            continue
        for statement in _statements(text):
            connection.execute(statement)
        connection.execute(f"pragma user_version = {number:d}")
    connection.execute(f"pragma application_id = {_APPLICATION:d}")


def _statements(text: str) -> list[str]:
    """The statements one by one: running a whole script would commit first."""
    found, part = [], ""
    for line in text.splitlines(keepends=True):
        part += line
        if sqlite3.complete_statement(part):
            found.append(part)
            part = ""
    return found
