"""Pins: snapshots that a live process reads. A pin lives as long as a lock its process holds."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path

from andon.stores import oslock
from andon.stores.durable import make_folder


def folder_of(catalog: Path) -> Path:
    """Folder of the locks that tell which pins live."""
    return catalog.parent / "pins"


def claim(folder: Path) -> tuple[str, oslock.HeldLock]:
    """A new pin id and the lock that keeps it alive; held before the catalog learns of the pin."""
    make_folder(folder)
    pin_id = os.urandom(16).hex()
    lock = oslock.take(folder / f"{pin_id}.lock", wait=True)
    assert lock is not None
    return pin_id, lock


def add(
    connection: sqlite3.Connection, pin_id: str, ids: Iterable[str], holder: str, at_us: int
) -> None:
    """Record a pin inside the open write transaction."""
    connection.executemany(
        "insert or ignore into pins values (?, ?, ?, ?)",
        [(pin_id, snapshot_id, holder, at_us) for snapshot_id in ids],
    )


def drop(connection: sqlite3.Connection, pin_ids: Iterable[str]) -> None:
    """Remove pins inside the open write transaction."""
    connection.executemany("delete from pins where pin_id = ?", [(pin_id,) for pin_id in pin_ids])


def living(connection: sqlite3.Connection, folder: Path) -> tuple[frozenset[str], frozenset[str]]:
    """Snapshots of pins whose process lives, and the ids of pins whose process is gone."""
    alive: dict[str, bool] = {}
    snapshots = set()
    for pin_id, snapshot_id in connection.execute("select pin_id, snapshot_id from pins"):
        if pin_id not in alive:
            alive[pin_id] = oslock.is_held(folder / f"{pin_id}.lock")
        if alive[pin_id]:
            snapshots.add(snapshot_id)
    return frozenset(snapshots), frozenset(pin for pin, is_alive in alive.items() if not is_alive)
