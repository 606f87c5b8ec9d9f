"""What every store of intervals does."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

import pytest

from andon.catalog.commit import (
    AddPiece,
    AddSnapshot,
    Commit,
    DropPieces,
    Forget,
    PutFigures,
    PutSlices,
    Update,
)
from andon.catalog.records import DataFile
from andon.catalog.slices import Figure, Piece, Slice
from andon.ports.catalog_store import CatalogStore
from andon.ports.slice_store import SliceStore
from tests.factories import snapshot_of

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SLICES = (
    Slice(start="", inputs="i0", code="c", label="l"),
    Slice(start="2026-01-01 00:00:00", inputs="i1", code="c", label="l", accepted="d"),
)
FIGURES = (Figure(start="2026-01-01 00:00:00", rows=3, sums="00ff"),)
PIECE = Piece(asset="m.a", file=DataFile(path="data/m.a/1", rows=1, bytes=2, sha256="0", label="l"))


@pytest.fixture
def store(catalog: CatalogStore) -> SliceStore:
    return cast("SliceStore", catalog)


def put(catalog: CatalogStore, *updates: Update) -> None:
    catalog.commit(Commit(updates=updates), NOON)


def test_an_empty_store_knows_nothing(store: SliceStore) -> None:
    assert store.slices("s") == ()
    assert store.figures(["a"], "day") == {}
    assert list(store.pieces()) == []


def test_slices_are_those_recorded_last(catalog: CatalogStore, store: SliceStore) -> None:
    put(catalog, PutSlices(asset="m.a", snapshot_id="s", slices=SLICES[:1]))
    put(catalog, PutSlices(asset="m.a", snapshot_id="s", slices=SLICES))
    assert store.slices("s") == SLICES
    assert store.slices("t") == ()


def test_figures_are_of_one_file_and_one_way_of_slicing(
    catalog: CatalogStore, store: SliceStore
) -> None:
    put(catalog, PutFigures(path="a", by="day", figures=FIGURES))
    put(catalog, PutFigures(path="b", by="day", figures=()))
    assert store.figures(["a", "b", "c"], "day") == {"a": FIGURES, "b": ()}
    assert store.figures(["a"], "month") == {}


def test_pieces_go_when_their_snapshot_is_recorded(
    catalog: CatalogStore, store: SliceStore
) -> None:
    put(catalog, AddPiece(piece=PIECE))
    put(catalog, PutSlices(asset="m.b", snapshot_id="t", slices=()))
    assert list(store.pieces("m.a")) == [PIECE]
    put(catalog, PutSlices(asset="m.a", snapshot_id="s", slices=()))
    assert list(store.pieces()) == []


def test_pieces_may_be_dropped(catalog: CatalogStore, store: SliceStore) -> None:
    put(catalog, AddPiece(piece=PIECE))
    put(catalog, DropPieces(assets=("m.b",)))
    assert list(store.pieces("m.a")) == [PIECE]
    put(catalog, DropPieces(assets=("m.a",)))
    assert list(store.pieces("m.a")) == []


def test_what_is_forgotten_leaves_nothing_behind(catalog: CatalogStore, store: SliceStore) -> None:
    put(
        catalog,
        AddSnapshot(snapshot=snapshot_of("s")),
        PutSlices(asset="m.a", snapshot_id="s", slices=SLICES),
        PutFigures(path="a", by="day", figures=FIGURES),
        PutFigures(path="s", by="day", figures=FIGURES),
    )
    put(catalog, Forget(snapshot_ids=("s",), paths=("a",)))
    assert store.slices("s") == ()
    assert store.figures(["a", "s"], "day") == {}
