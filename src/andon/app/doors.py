"""Doors: what opens each kind of database, made on first use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from andon.ports.door import Door
from andon.spec.origin import DatabaseKind


def _postgres() -> Door:
    from andon.sources.databases.postgres import PostgresDoor

    return PostgresDoor()


DOORS: Final[Mapping[DatabaseKind, Callable[[], Door]]] = {"postgres": _postgres}
