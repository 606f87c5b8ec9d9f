"""What can happen: the closed union of events. Everything that is reported is a fold over them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """A run began."""

    run_id: str
    environment: str
    assets: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryLanded:
    """Bytes of a file arrived and are kept."""

    run_id: str
    table: str
    path: str
    content: str
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRepeated:
    """The same bytes came under another path and were not loaded twice."""

    run_id: str
    table: str
    path: str
    same_as: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryVanished:
    """A file that was landed is no longer at its path; its rows stay."""

    run_id: str
    table: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverySetAside:
    """A person let the line go on without a delivery."""

    table: str
    path: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFinished:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckFailedEvent:
    """A check failed or warned."""

    run_id: str
    asset: str
    check: str
    verdict: str
    failing: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Pointers moved."""

    run_id: str
    publication_id: str
    environment: str
    changed: int
    held: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RolledBack:
    """Pointers moved back."""

    publication_id: str
    environment: str
    assets: tuple[str, ...]
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedEvent:
    """A person allowed withdrawn builds again."""

    environment: str
    assets: tuple[str, ...]
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineAdopted:
    """A person kept snapshots that another minor version of the engine built."""

    version: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished:
    """A run ended."""

    run_id: str
    status: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """gc removed snapshots."""

    snapshots: int
    bytes: int


Event = (
    RunStarted
    | DeliveryLanded
    | DeliveryRepeated
    | DeliveryVanished
    | DeliverySetAside
    | TaskFinished
    | CheckFailedEvent
    | Published
    | RolledBack
    | ReleasedEvent
    | EngineAdopted
    | RunFinished
    | Collected
)
