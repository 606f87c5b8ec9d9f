"""Slices of an incremental snapshot, and figures by interval of stored files."""

from __future__ import annotations

from msgspec import Struct

from andon.catalog.records import DataFile


class Slice(Struct, frozen=True, kw_only=True):
    """One interval of an incremental snapshot.

    Attributes:
        start: text of the interval's start, as the engine gives it; empty where the interval column
            is null.
        inputs: hash of the content it was built from; code: fingerprint it was built by.
        label: label of the file that holds its rows; empty if there are none, or nobody parted them.
        accepted: fingerprint under which the author let it stay although its code is older.
    """

    start: str
    inputs: str
    code: str
    label: str = ""
    accepted: str = ""


class Figure(Struct, frozen=True, kw_only=True):
    """What one stored file holds of one interval: rows, and the digest sums over them."""

    start: str
    rows: int
    sums: str


class Piece(Struct, frozen=True, kw_only=True):
    """A durable file with some intervals of an asset whose snapshot is not finished yet; its label is
    the hash of what it was built from, so that the same work is not done again after a crash."""

    asset: str
    file: DataFile
