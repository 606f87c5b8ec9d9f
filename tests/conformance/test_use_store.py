"""What every store of reads does."""

from __future__ import annotations

import threading
from datetime import date, datetime, timedelta
from typing import cast

import pytest

from andon.catalog.use import KEPT_DAYS, Read, Reads
from andon.ports.catalog_store import CatalogStore
from andon.ports.use_store import UseStore
from tests.conformance.catalog_records import NOW, add, snapshot

LONG_AGO = date(2000, 1, 1)


@pytest.fixture
def store(catalog: CatalogStore) -> UseStore:
    return cast("UseStore", catalog)


def read(catalog: CatalogStore, asset: str, reader: str = "ana", at: datetime = NOW) -> None:
    with catalog.pin(["s1"], "a reader") as noted:
        noted.append(Read(asset=asset, reader=reader, at=at))


def test_a_catalog_that_nobody_read_has_no_reads(catalog: CatalogStore, store: UseStore) -> None:
    assert list(store.reads(LONG_AGO)) == []
    catalog.commit(add(snapshot("s1")), NOW)
    assert list(store.reads(LONG_AGO)) == []
    assert store.counting_since() is None


def test_reads_are_told_by_table_and_reader(catalog: CatalogStore, store: UseStore) -> None:
    later = NOW + timedelta(hours=2)
    for asset, reader, at in [("m.b", "bo", NOW), ("m.a", "ana", later), ("m.a", "ana", NOW)]:
        read(catalog, asset, reader, at)
    assert list(store.reads(LONG_AGO)) == [
        Reads(asset="m.a", reader="ana", count=2, newest=later),
        Reads(asset="m.b", reader="bo", count=1, newest=NOW),
    ]


def test_only_reads_of_the_period_are_counted_but_the_newest_is_known(
    catalog: CatalogStore, store: UseStore
) -> None:
    read(catalog, "m.a", "ana", NOW - timedelta(days=2))
    read(catalog, "m.a", "bo", NOW)
    found = {one.reader: (one.count, one.newest) for one in store.reads(NOW.date())}
    assert found == {"ana": (0, NOW - timedelta(days=2)), "bo": (1, NOW)}


def test_nothing_is_counted_of_a_pin_that_noted_nothing(
    catalog: CatalogStore, store: UseStore
) -> None:
    with catalog.pin(["s1"], "a run"):
        pass
    assert list(store.reads(LONG_AGO)) == []


def test_readers_at_once_are_all_counted(catalog: CatalogStore, store: UseStore) -> None:
    def read_often() -> None:
        for _ in range(10):
            read(catalog, "m.a")

    threads = [threading.Thread(target=read_often) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.count for one in store.reads(LONG_AGO)] == [60]


def test_days_long_before_the_newest_of_their_table_are_forgotten(
    catalog: CatalogStore, store: UseStore
) -> None:
    old = NOW - timedelta(days=KEPT_DAYS + 1)
    read(catalog, "m.a", "ana", old)
    read(catalog, "m.b", "ana", old)
    read(catalog, "m.a", "bo", NOW)
    assert [(one.asset, one.reader) for one in store.reads(LONG_AGO)] == [
        ("m.a", "bo"),
        ("m.b", "ana"),
    ]
