"""Which snapshots garbage collection may mark, and which marked ones it may delete.

Roots are the pointers of every environment, the sets of all kept publications
and the pins of live processes. What a kept view reads is kept with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from andon.catalog.records import Publication, Snapshot


class Keep(Struct, frozen=True, kw_only=True):
    """How much history is kept.

    Attributes:
        days: publications and unpublished snapshots younger than this are kept.
        last: of each environment at least so many of the newest publications are kept.
        grace: time between marking a snapshot and deleting its files.
    """

    days: int = 30
    last: int = 20
    grace: timedelta = timedelta(hours=1)


class Collectible(Struct, frozen=True, kw_only=True):
    """What gc may do now.

    Attributes:
        mark: ids of snapshots to mark, oldest first; from then on no plan reuses them.
        delete: ids of marked snapshots whose files may go, oldest first.
        horizons: environment -> number of its oldest publication that stays whole.
        keep_publications_from: number for `RequireUnreferenced` that guards both commits.
    """

    mark: tuple[str, ...]
    delete: tuple[str, ...]
    horizons: Mapping[str, int]

    @property
    def keep_publications_from(self) -> int:
        """Newest of the horizons: a guard against what is published in the meantime."""
        return max(self.horizons.values(), default=0)


def collect(
    *,
    snapshots: Iterable[Snapshot],
    publications: Mapping[str, Sequence[Publication]],
    pointers: Mapping[str, Collection[str]],
    pinned: Collection[str],
    now: datetime,
    keep: Keep,
) -> Collectible:
    """Decide what to mark and what to delete.

    Args:
        snapshots: every snapshot in the catalog.
        publications: environment -> all its publications ever, in any order.
        pointers: environment -> ids of the snapshots it points to now.
        pinned: ids of snapshots that live processes pin.
        now: time of the decision, not before any recorded time.
        keep: how much history is kept.
    """
    held = sorted(snapshots, key=lambda snapshot: (snapshot.created_at, snapshot.id))
    since = now - timedelta(days=keep.days)
    horizons = {
        environment: _horizon(found, since, keep.last)
        for environment, found in publications.items()
        if found
    }
    roots = set(pinned).union(*pointers.values())
    for environment, horizon in horizons.items():
        roots |= _named_since(publications[environment], horizon)
    young = {s.id for s in held if s.status != "accepted" and s.created_at > since}
    unmarked = {s.id for s in held if s.status != "marked"}
    needed = with_view_inputs(roots, held)
    # A young candidate view may be published later by its key, so its inputs are kept too.
    kept = needed | with_view_inputs(young & unmarked, held)
    return Collectible(
        mark=tuple(s.id for s in held if s.id in unmarked and s.id not in kept),
        delete=tuple(
            s.id
            for s in held
            if s.status == "marked"
            and s.id not in kept
            and s.status_at is not None
            and s.status_at + keep.grace <= now
        ),
        horizons=horizons,
    )


def with_view_inputs(ids: Iterable[str], snapshots: Iterable[Snapshot]) -> set[str]:
    """The ids and everything that views among them read, through views of views."""
    reads = {s.id: [ref.snapshot_id for ref in s.inputs] for s in snapshots if s.kind == "view"}
    reached: set[str] = set()
    waiting = list(ids)
    while waiting:
        current = waiting.pop()
        if current not in reached:
            reached.add(current)
            waiting.extend(reads.get(current, ()))
    return reached


def _horizon(publications: Sequence[Publication], since: datetime, last: int) -> int:
    """Number of the oldest publication kept whole.

    The set that was in effect when the kept days began is kept too, or a reader could not ask
    for a moment within them that lies before the first publication of those days.
    """
    newest_first = sorted(publications, key=lambda p: p.number, reverse=True)
    kept = newest_first[: max(last, 1)]
    for publication in newest_first[len(kept) :]:
        if kept[-1].at <= since:
            break
        kept.append(publication)
    return kept[-1].number


def _named_since(publications: Sequence[Publication], horizon: int) -> set[str]:
    """Ids of all snapshots that the set at the horizon, or any later set, names."""
    in_effect: dict[str, str | None] = {}
    named: set[str] = set()
    for publication in sorted(publications, key=lambda p: p.number):
        if publication.number > horizon:
            named.update(change.after for change in publication.changes if change.after)
        else:
            in_effect.update((change.asset, change.after) for change in publication.changes)
    named.update(after for after in in_effect.values() if after)
    return named
