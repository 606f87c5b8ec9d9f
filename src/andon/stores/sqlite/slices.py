"""Intervals of snapshots and files, inside an open transaction. Nothing here commits."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING, assert_never

from andon.stores.sqlite.encoding import decode_figures, decode_piece, decode_slices, encode

if TYPE_CHECKING:
    from andon.catalog.commit import SliceUpdate
    from andon.catalog.slices import Figure, Piece, Slice

_FIGURES = "select body from figures where path = ? and slicing = ?"


def write(connection: sqlite3.Connection, update: SliceUpdate) -> None:
    """Apply one update."""
    from andon.catalog.commit import AddPiece, DropPieces, PutFigures, PutSlices

    match update:
        case PutSlices(asset=asset, snapshot_id=id_, slices=found):
            connection.execute("insert or replace into slices values (?, ?)", (id_, encode(found)))
            connection.execute("delete from pieces where asset = ?", (asset,))
        case PutFigures(path=path, by=by, figures=found_here):
            row = (path, by, encode(found_here))
            connection.execute("insert or replace into figures values (?, ?, ?)", row)
        case AddPiece(piece=piece):
            row = (piece.asset, piece.file.label, encode(piece))
            connection.execute("insert or replace into pieces values (?, ?, ?)", row)
        case DropPieces(assets=assets):
            connection.executemany(
                "delete from pieces where asset = ?", [(asset,) for asset in assets]
            )
        case _:
            assert_never(update)


def slices(connection: sqlite3.Connection, snapshot_id: str) -> tuple[Slice, ...]:
    """Intervals of a snapshot, in order."""
    row = connection.execute(
        "select body from slices where snapshot_id = ?", (snapshot_id,)
    ).fetchone()
    return decode_slices(row[0]) if row else ()


def figures(
    connection: sqlite3.Connection, paths: Sequence[str], by: str
) -> dict[str, tuple[Figure, ...]]:
    """What files hold of each interval, of those that were looked at."""
    rows = (
        (path, connection.execute(_FIGURES, (path, by)).fetchone()) for path in dict.fromkeys(paths)
    )
    return {path: decode_figures(row[0]) for path, row in rows if row}


def pieces(connection: sqlite3.Connection, asset: str | None) -> list[Piece]:
    """Finished parts of snapshots that are being built."""
    rows = connection.execute(
        "select body from pieces where ? is null or asset = ? order by asset, label", (asset, asset)
    )
    return [decode_piece(body) for (body,) in rows]
