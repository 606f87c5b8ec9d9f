"""Commits as algebra: updates that change the catalog, requirements that must hold.

A `Commit` is one transaction: first every requirement is tested against the
catalog, then every update is applied, or nothing is. Stores carry it out;
planning and publication only make the value.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from andon.catalog.records import (
    Audit,
    Delivery,
    Publication,
    RunRecord,
    Snapshot,
)
from andon.catalog.slices import Figure, Piece, Slice
from andon.events import Event


class AddSnapshot(Struct, frozen=True, kw_only=True):
    """Record a built snapshot and let its key point to it."""

    snapshot: Snapshot


class RecordKey(Struct, frozen=True, kw_only=True):
    """Let a further (build key, split) of an asset point to a snapshot already held."""

    asset: str
    build_key: str
    split: str
    snapshot_id: str


class AddAudit(Struct, frozen=True, kw_only=True):
    """Record the verdicts on a snapshot; replaces an older audit of the same checks."""

    audit: Audit


class SetStatus(Struct, frozen=True, kw_only=True):
    """Move snapshots to a status."""

    snapshot_ids: tuple[str, ...]
    status: Literal["candidate", "accepted", "rejected", "marked"]


class Publish(Struct, frozen=True, kw_only=True):
    """Append a publication and move the pointers it names; its number is given by the store."""

    publication: Publication


class Withdraw(Struct, frozen=True, kw_only=True):
    """Forbid the publication of build keys in an environment."""

    environment: str
    keys: tuple[tuple[str, str, str], ...]
    """(asset, build key, split)"""


class Release(Struct, frozen=True, kw_only=True):
    """Allow withdrawn build keys of these assets again; empty means all."""

    environment: str
    assets: tuple[str, ...]


class AddDeliveries(Struct, frozen=True, kw_only=True):
    """Record arrivals; an older version at the same path becomes superseded."""

    deliveries: tuple[Delivery, ...]


class SetDeliveryState(Struct, frozen=True, kw_only=True):
    """Move deliveries to a state; where one is set aside, the version before it counts again."""

    delivery_ids: tuple[str, ...]
    state: Literal["landed", "superseded", "set_aside"]


class PutSlices(Struct, frozen=True, kw_only=True):
    """Record the intervals of an incremental snapshot; replaces those recorded before. Pieces of its
    asset are no longer needed then."""

    asset: str
    snapshot_id: str
    slices: tuple[Slice, ...]


class PutFigures(Struct, frozen=True, kw_only=True):
    """Record what a stored file holds of each interval of one of its columns."""

    path: str
    by: str
    figures: tuple[Figure, ...]


class AddPiece(Struct, frozen=True, kw_only=True):
    """Record a finished part of an incremental snapshot that is still being built."""

    piece: Piece


class DropPieces(Struct, frozen=True, kw_only=True):
    """Forget the finished parts of these assets."""

    assets: tuple[str, ...]


class PutRun(Struct, frozen=True, kw_only=True):
    """Record or replace a run by id."""

    run: RunRecord


class Forget(Struct, frozen=True, kw_only=True):
    """Remove snapshots from the catalog after gc deleted their files; history keeps their ids.

    `paths` are files that go with them; what is known of these is forgotten too.
    """

    snapshot_ids: tuple[str, ...]
    paths: tuple[str, ...] = ()


class Emit(Struct, frozen=True, kw_only=True):
    """Append an event to the log."""

    event: Event


RecordUpdate = (
    AddSnapshot
    | RecordKey
    | AddAudit
    | SetStatus
    | Publish
    | Withdraw
    | Release
    | AddDeliveries
    | SetDeliveryState
    | PutRun
    | Forget
    | Emit
)


SliceUpdate = PutSlices | PutFigures | AddPiece | DropPieces
Update = RecordUpdate | SliceUpdate


class RequirePointers(Struct, frozen=True, kw_only=True):
    """In `environment` each asset points to exactly this snapshot (None: to nothing)."""

    environment: str
    pointers: tuple[tuple[str, str | None], ...]


class RequireUsable(Struct, frozen=True, kw_only=True):
    """Each snapshot is in the catalog and neither marked by gc nor forgotten."""

    snapshot_ids: tuple[str, ...]


class RequireNotWithdrawn(Struct, frozen=True, kw_only=True):
    """None of these (asset, build key, split) is withdrawn in `environment`."""

    environment: str
    keys: tuple[tuple[str, str, str], ...]


class RequireUnpublished(Struct, frozen=True, kw_only=True):
    """No publication has this id yet."""

    publication_id: str


class RequireUnreferenced(Struct, frozen=True, kw_only=True):
    """No pointer, kept publication or pin names these snapshots at the moment of the commit.

    `keep_publications_from` is the number of the oldest publication that is kept whole.
    """

    snapshot_ids: tuple[str, ...]
    keep_publications_from: int


Requirement = (
    RequirePointers | RequireUsable | RequireNotWithdrawn | RequireUnpublished | RequireUnreferenced
)


class Commit(Struct, frozen=True, kw_only=True):
    """Requirements, then updates, in one transaction."""

    updates: tuple[Update, ...]
    requirements: tuple[Requirement, ...] = ()


class Committed(Struct, frozen=True, kw_only=True):
    """What the store added: the number of the publication (0 if none) and the recorded time."""

    publication: int = 0
