"""Commits as algebra: updates that change the catalog, requirements that must hold.

A `Commit` is one transaction: first every requirement is tested against the
catalog, then every update is applied, or nothing is. Stores carry it out;
planning and publication only make the value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from andon.catalog.records import (
    Audit,
    Delivery,
    Publication,
    RunRecord,
    Snapshot,
)
from andon.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class AddSnapshot:
    """Record a built snapshot and let its key point to it."""

    snapshot: Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordKey:
    """Let a further (build key, split) of an asset point to a snapshot already held."""

    asset: str
    build_key: str
    split: str
    snapshot_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddAudit:
    """Record the verdicts on a snapshot; replaces an older audit of the same checks."""

    audit: Audit


@dataclass(frozen=True, slots=True, kw_only=True)
class SetStatus:
    """Move snapshots to a status."""

    snapshot_ids: tuple[str, ...]
    status: Literal["candidate", "accepted", "rejected", "marked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Publish:
    """Append a publication and move the pointers it names; its number is given by the store."""

    publication: Publication


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw:
    """Forbid the publication of build keys in an environment."""

    environment: str
    keys: tuple[tuple[str, str, str], ...]
    """(asset, build key, split)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Allow withdrawn build keys of these assets again; empty means all."""

    environment: str
    assets: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AddDeliveries:
    """Record arrivals; an older version at the same path becomes superseded."""

    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetDeliveryState:
    """Move deliveries to a state; where one is set aside, the version before it counts again."""

    delivery_ids: tuple[str, ...]
    state: Literal["landed", "superseded", "set_aside"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PutRun:
    """Record or replace a run by id."""

    run: RunRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Forget:
    """Remove snapshots from the catalog after gc deleted their files; history keeps their ids."""

    snapshot_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Emit:
    """Append an event to the log."""

    event: Event


Update = (
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


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirePointers:
    """In `environment` each asset points to exactly this snapshot (None: to nothing)."""

    environment: str
    pointers: tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequireUsable:
    """Each snapshot is in the catalog and neither marked by gc nor forgotten."""

    snapshot_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequireNotWithdrawn:
    """None of these (asset, build key, split) is withdrawn in `environment`."""

    environment: str
    keys: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequireUnpublished:
    """No publication has this id yet."""

    publication_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequireUnreferenced:
    """No pointer, kept publication or pin names these snapshots at the moment of the commit.

    `keep_publications_from` is the number of the oldest publication that is kept whole.
    """

    snapshot_ids: tuple[str, ...]
    keep_publications_from: int


Requirement = (
    RequirePointers | RequireUsable | RequireNotWithdrawn | RequireUnpublished | RequireUnreferenced
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """Requirements, then updates, in one transaction."""

    updates: tuple[Update, ...]
    requirements: tuple[Requirement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """What the store added: the number of the publication (0 if none) and the recorded time."""

    publication: int = 0
