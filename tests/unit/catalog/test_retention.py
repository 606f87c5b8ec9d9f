"""What gc may take, decided from values alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from andon.catalog.records import Change, Publication, Snapshot, SnapshotStatus
from andon.catalog.retention import Collectible, Keep, collect
from tests.factories import publication_of, snapshot_of

NOW = datetime(2026, 6, 1, tzinfo=UTC)
LAST_TWO = Keep(days=30, last=2, grace=timedelta(hours=1))


def snapshot(
    key: str, days: float = 90, status: SnapshotStatus = "accepted", reads: tuple[str, ...] = ()
) -> Snapshot:
    return snapshot_of(key, reads=reads, created_at=NOW - timedelta(days=days), status=status)


def published(number: int, days: float, after: str | None, asset: str = "marts.a") -> Publication:
    change = Change(asset=asset, before=None, after=after)
    return publication_of(number, change, at=NOW - timedelta(days=days))


def decide(
    *snapshots: Snapshot,
    history: tuple[Publication, ...] = (),
    pointed: tuple[str, ...] = (),
    pinned: tuple[str, ...] = (),
    keep: Keep = LAST_TWO,
) -> Collectible:
    return collect(
        snapshots=snapshots,
        publications={"prod": history},
        pointers={"prod": pointed},
        pinned=pinned,
        now=NOW,
        keep=keep,
    )


def test_what_no_kept_publication_names_is_marked() -> None:
    history = (published(1, 80, "s1"), published(2, 70, "s2"), published(3, 60, "s3"))
    found = decide(*map(snapshot, ("s1", "s2", "s3")), history=history, pointed=("s3",))
    assert found.mark == ("s1",)
    assert found.horizons == {"prod": 2}
    assert found.keep_publications_from == 2


def test_what_was_still_in_effect_at_the_horizon_is_kept() -> None:
    history = (
        published(1, 80, "s1", "marts.b"),
        published(2, 70, "s2"),
        published(3, 60, "s3"),
    )
    found = decide(*map(snapshot, ("s1", "s2", "s3")), history=history, pointed=("s1", "s3"))
    assert found.mark == ()


def test_publications_within_the_days_are_kept_beyond_the_last_ones() -> None:
    history = tuple(published(n, 28 - n, f"s{n}") for n in range(1, 6))
    found = decide(*(snapshot(f"s{n}") for n in range(1, 6)), history=history)
    assert found.mark == ()
    assert found.horizons == {"prod": 1}


def test_the_set_in_effect_when_the_kept_days_began_is_kept() -> None:
    history = (
        published(1, 60, "s1"),
        published(2, 50, "s2"),
        *(published(n, 20 - n, f"s{n}") for n in range(3, 6)),
    )
    found = decide(*(snapshot(f"s{n}") for n in range(1, 6)), history=history)
    assert found.mark == ("s1",)
    assert found.horizons == {"prod": 2}


def test_a_pointer_of_another_environment_keeps_a_snapshot() -> None:
    found = collect(
        snapshots=[snapshot("s1")],
        publications={},
        pointers={"dev": ("s1",)},
        pinned=(),
        now=NOW,
        keep=LAST_TWO,
    )
    assert found.mark == ()
    assert found.keep_publications_from == 0


def test_a_kept_view_keeps_what_it_reads_through_views() -> None:
    inner, outer = snapshot("v", reads=("s1",)), snapshot("w", reads=("v",))
    found = decide(snapshot("s1"), inner, outer, snapshot("s2"), pointed=("w",))
    assert found.mark == ("s2",)


def test_a_table_does_not_keep_what_it_was_built_from() -> None:
    table = replace(snapshot("t", reads=("s1",)), kind="table")
    assert decide(snapshot("s1"), table, pointed=("t",)).mark == ("s1",)


def test_a_pin_keeps_a_snapshot_from_mark_and_deletion() -> None:
    marked = replace(snapshot("m", status="marked"), status_at=NOW - timedelta(days=1))
    found = decide(snapshot("s1"), marked, pinned=("s1", "m"))
    assert (found.mark, found.delete) == ((), ())


def test_young_failures_stay_for_inspection_with_what_they_read() -> None:
    found = decide(
        snapshot("old", days=31, status="rejected"),
        snapshot("young", days=29, status="rejected"),
        snapshot("view", days=1, status="candidate", reads=("s1",)),
        snapshot("s1"),
    )
    assert found.mark == ("old",)


def test_files_go_only_after_the_grace_period() -> None:
    late = replace(snapshot("late", status="marked"), status_at=NOW - timedelta(minutes=61))
    fresh = replace(snapshot("fresh", status="marked"), status_at=NOW - timedelta(minutes=59))
    never = snapshot("never", status="marked")
    found = decide(late, fresh, never)
    assert found.delete == ("late",)
    assert found.mark == ()


def test_nothing_is_collected_from_an_empty_catalog() -> None:
    assert decide().mark == decide().delete == ()
