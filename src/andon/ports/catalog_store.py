"""Port of the catalog: the one place where state is kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from andon.catalog.commit import Commit, Committed
    from andon.catalog.records import Audit, Delivery, Publication, RunRecord, Snapshot, State
    from andon.catalog.use import Read
    from andon.events import Event


class CatalogStore(Protocol):
    """Keeps records and events; every commit is one transaction.

    Safe for many threads and processes at once; waiting for another writer is its own business.
    """

    def commit(self, commit: Commit, now: datetime) -> Committed:
        """Carry out a commit.

        Recorded times are `now`, or a moment after the newest recorded time if that is later.

        Raises:
            RequirementFailed: (CAT001) a requirement did not hold; nothing was changed.
            Unavailable: (CAT002) busy for too long or disk full; nothing was changed.
            OutcomeUnknown: (CAT003) it may have landed; ask for the id of what was committed.
            Denied: (CAT004) the project is read-only here.
        """
        ...

    def state(self, environment: str, *, deliveries: bool = True) -> State:
        """All that planning needs, in one consistent read; of many files deliveries are most of it."""
        ...

    def environments(self) -> Sequence[str]:
        """Names of all environments that were ever published to, sorted."""
        ...

    def state_at(self, environment: str, publication: int) -> dict[str, Snapshot]:
        """Asset -> snapshot as a publication left them.

        Raises:
            UsageError: (CAT005) unknown publication, or beyond the horizon of gc, which it names.
        """
        ...

    def publication_at(self, environment: str, moment: datetime) -> int:
        """Number of the newest publication at or before a recorded time (0: none)."""
        ...

    def publications(self, environment: str, limit: int | None = None) -> Sequence[Publication]:
        """Newest first; all of them without a limit."""
        ...

    def publication(self, publication_id: str) -> Publication | None:
        """By its id, to settle an unknown outcome."""
        ...

    def find(self, keys: Iterable[tuple[str, str, str]]) -> dict[tuple[str, str, str], Snapshot]:
        """Usable snapshots by (asset, build key, split); marked ones are left out."""
        ...

    def snapshots(
        self, asset: str | None = None, ids: Sequence[str] | None = None
    ) -> Sequence[Snapshot]:
        """Snapshots of an asset, of ids, or all; newest first."""
        ...

    def audits(self, snapshot_id: str) -> Sequence[Audit]:
        """Audits of a snapshot, newest first."""
        ...

    def deliveries(self, table: str | None = None) -> Sequence[Delivery]:
        """All deliveries ever, in order of arrival."""
        ...

    def last_number(self, table: str) -> int:
        """Largest number of a delivery of a table, 0 if none has one."""
        ...

    def runs(self, limit: int) -> Sequence[RunRecord]:
        """Newest first."""
        ...

    def events(
        self,
        after: int = 0,
        limit: int | None = 1000,
        kinds: Sequence[str] = (),
        since: datetime | None = None,
    ) -> Sequence[tuple[int, datetime, Event]]:
        """Events in order, each with its number and recorded time.

        Args:
            after: number of the last one that is left out; limit: most of them, None for all.
            kinds: names of the kinds wanted, all of them if none is named.
            since: recorded time of the first one.
        """
        ...

    def pin(self, snapshot_ids: Sequence[str], holder: str) -> AbstractContextManager[list[Read]]:
        """Keep snapshots from gc for as long as the context is open and its process lives.

        What is put into the list is counted when the context ends, in the step that drops the pin.
        Where that cannot be written it is lost, and the reader is neither failed nor kept waiting.
        A read-only project cannot pin; then the grace period alone protects, and nothing is counted.
        """
        ...

    def pinned(self) -> frozenset[str]:
        """Ids of snapshots that a live process pins."""
        ...

    def close(self) -> None:
        """Release connections. Safe to repeat."""
        ...
