"""Implementations that the suites of this folder run against."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from andon.ports.catalog_store import CatalogStore
from andon.stores.sqlite.catalog import SqliteCatalog


def _sqlite(folder: Path) -> CatalogStore:
    return SqliteCatalog(folder / "catalog.sqlite")


CATALOGS: dict[str, Callable[[Path], CatalogStore]] = {"sqlite": _sqlite}


@pytest.fixture(params=sorted(CATALOGS))
def open_catalog(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[[], CatalogStore]]:
    """Opens the same catalog again and again, as several processes would."""
    opened: list[CatalogStore] = []

    def open_once() -> CatalogStore:
        opened.append(CATALOGS[request.param](tmp_path))
        return opened[-1]

    yield open_once
    for store in opened:
        store.close()


@pytest.fixture
def catalog(open_catalog: Callable[[], CatalogStore]) -> CatalogStore:
    """An empty catalog."""
    return open_catalog()
