"""What can happen: the closed union of events. Everything that is reported is a fold over them."""

from __future__ import annotations

from msgspec import Struct

from andon.schema import FieldChange


class RunStarted(Struct, frozen=True, kw_only=True):
    """A run began."""

    run_id: str
    environment: str
    assets: int


class OriginAsked(Struct, frozen=True, kw_only=True):
    """A run asked the origin of a raw table for what is new, and kept what came.

    `seconds` is the time on the clock, waiting included; origins are asked one after another.
    """

    run_id: str
    table: str
    seconds: float


class DeliveryLanded(Struct, frozen=True, kw_only=True):
    """Bytes of a file arrived and are kept."""

    run_id: str
    table: str
    path: str
    content: str
    bytes: int


class DeliveryRepeated(Struct, frozen=True, kw_only=True):
    """The same bytes came under another path and were not loaded twice."""

    run_id: str
    table: str
    path: str
    same_as: str


class DeliveryVanished(Struct, frozen=True, kw_only=True):
    """A file that was landed is no longer at its path; its rows stay."""

    run_id: str
    table: str
    path: str


class DeliverySetAside(Struct, frozen=True, kw_only=True):
    """A person let the line go on without a delivery."""

    table: str
    path: str
    by: str


class DeliveryReplayed(Struct, frozen=True, kw_only=True):
    """A person repaired records that were set aside, or a whole delivery.

    `path` is the delivery of what was repaired, `repairs` the one it repairs; `rows` is how many
    records of that it replaces, None if it replaces all.
    """

    table: str
    path: str
    repairs: str
    by: str
    rows: int | None = None


class DeliveryRestored(Struct, frozen=True, kw_only=True):
    """A person put back a delivery that was set aside, or had a refused one tried again."""

    table: str
    path: str
    by: str


class ReadDenied(Struct, frozen=True, kw_only=True):
    """A person asked for rows of a table that rules do not let that person read."""

    table: str
    reader: str
    rules: tuple[str, ...]


class TaskFinished(Struct, frozen=True, kw_only=True):
    """An asset was built, reused, re-audited or failed.

    `outcome` is one of built, same_content, reused, reaudited, failed, held, cancelled.
    """

    run_id: str
    asset: str
    outcome: str
    seconds: float
    rows: int | None = None
    snapshot_id: str | None = None
    attempts: int = 1
    reason: str = ""


class CheckFailedEvent(Struct, frozen=True, kw_only=True):
    """A check failed or warned."""

    run_id: str
    asset: str
    check: str
    verdict: str
    failing: int
    total: int


class Published(Struct, frozen=True, kw_only=True):
    """Pointers moved."""

    run_id: str
    publication_id: str
    environment: str
    changed: int
    held: int


class SchemaChanged(Struct, frozen=True, kw_only=True):
    """A raw table was published with other columns than before.

    `seconds` is the time from the arrival of the data to the publication that made it usable.
    """

    run_id: str
    publication_id: str
    table: str
    changes: tuple[FieldChange, ...]
    is_breaking: bool
    seconds: float


class RolledBack(Struct, frozen=True, kw_only=True):
    """Pointers moved back."""

    publication_id: str
    environment: str
    assets: tuple[str, ...]
    by: str


class ReleasedEvent(Struct, frozen=True, kw_only=True):
    """A person allowed withdrawn builds again."""

    environment: str
    assets: tuple[str, ...]
    by: str


class EngineAdopted(Struct, frozen=True, kw_only=True):
    """A person kept snapshots that another minor version of the engine built."""

    version: str
    by: str


class RunFinished(Struct, frozen=True, kw_only=True):
    """A run ended."""

    run_id: str
    status: str
    seconds: float


class Collected(Struct, frozen=True, kw_only=True):
    """gc removed snapshots."""

    snapshots: int
    bytes: int


Event = (
    RunStarted
    | OriginAsked
    | DeliveryLanded
    | DeliveryRepeated
    | DeliveryVanished
    | DeliverySetAside
    | DeliveryReplayed
    | DeliveryRestored
    | ReadDenied
    | TaskFinished
    | CheckFailedEvent
    | Published
    | SchemaChanged
    | RolledBack
    | ReleasedEvent
    | EngineAdopted
    | RunFinished
    | Collected
)
