"""What every catalog store keeps from being collected, and what it remembers of what was."""

from __future__ import annotations

from datetime import timedelta

import pytest

from andon.catalog.commit import (
    AddAudit,
    Commit,
    Forget,
    RequireUnreferenced,
    SetStatus,
)
from andon.errors import RequirementFailed
from andon.ports.catalog_store import CatalogStore
from tests.conformance.catalog_records import (
    KEY,
    NOW,
    add,
    audit,
    publish,
    snapshot,
)


def unreferenced(snapshot_id: str, kept_from: int = 99) -> Commit:
    needed = RequireUnreferenced(snapshot_ids=(snapshot_id,), keep_publications_from=kept_from)
    return Commit(updates=(), requirements=(needed,))


def test_a_pointer_of_any_environment_keeps_a_snapshot(catalog: CatalogStore) -> None:
    catalog.commit(add(snapshot("s1")), NOW)
    catalog.commit(unreferenced("s1"), NOW)
    catalog.commit(publish("p1", ("marts.a", None, "s1"), environment="pr-12"), NOW)
    with pytest.raises(RequirementFailed, match="still needed"):
        catalog.commit(unreferenced("s1"), NOW)


def test_a_kept_publication_keeps_what_was_in_effect(catalog: CatalogStore) -> None:
    catalog.commit(add(snapshot("s1"), snapshot("s2"), snapshot("b1", "marts.b")), NOW)
    catalog.commit(publish("p1", ("marts.a", None, "s1")), NOW)
    catalog.commit(publish("p2", ("marts.b", None, "b1")), NOW)
    catalog.commit(publish("p3", ("marts.a", "s1", "s2")), NOW)
    with pytest.raises(RequirementFailed):
        catalog.commit(unreferenced("s1", kept_from=2), NOW)
    catalog.commit(unreferenced("s1", kept_from=3), NOW)


def test_a_published_view_keeps_what_it_reads(catalog: CatalogStore) -> None:
    inner = snapshot("v1", "marts.v", reads=("s1",))
    outer = snapshot("w1", "marts.w", reads=("v1",))
    catalog.commit(add(snapshot("s1"), inner, outer), NOW)
    catalog.commit(publish("p1", ("marts.w", None, "w1")), NOW)
    with pytest.raises(RequirementFailed):
        catalog.commit(unreferenced("s1"), NOW)


def test_a_pin_keeps_a_snapshot_while_it_is_open(catalog: CatalogStore) -> None:
    catalog.commit(add(snapshot("s1")), NOW)
    with catalog.pin(["s1"], "a reader"):
        assert catalog.pinned() == {"s1"}
        with pytest.raises(RequirementFailed):
            catalog.commit(unreferenced("s1"), NOW)
    assert catalog.pinned() == frozenset()
    catalog.commit(unreferenced("s1"), NOW)


def test_one_pin_does_not_end_another(catalog: CatalogStore) -> None:
    with catalog.pin(["s1"], "one"):
        with catalog.pin(["s1", "s2"], "two"):
            assert catalog.pinned() == {"s1", "s2"}
        assert catalog.pinned() == {"s1"}


def test_forgotten_snapshots_leave_their_history(catalog: CatalogStore) -> None:
    catalog.commit(add(snapshot("s1")), NOW)
    catalog.commit(Commit(updates=(AddAudit(audit=audit("s1")),)), NOW)
    catalog.commit(publish("p1", ("marts.a", None, "s1")), NOW)
    catalog.commit(publish("p2", ("marts.a", "s1", None)), NOW)
    catalog.commit(Commit(updates=(Forget(snapshot_ids=("s1",)),)), NOW)
    assert not catalog.snapshots()
    assert not catalog.audits("s1")
    assert not catalog.find([KEY])
    assert catalog.publications("prod", 9)[1].changes[0].after == "s1"


def test_marking_records_when_it_was_done(catalog: CatalogStore) -> None:
    catalog.commit(add(snapshot("s1")), NOW)
    later = NOW + timedelta(hours=1)
    mark = Commit(updates=(SetStatus(snapshot_ids=("s1",), status="marked"),))
    catalog.commit(mark, later)
    catalog.commit(mark, later + timedelta(hours=1))
    (found,) = catalog.snapshots()
    assert (found.status, found.status_at) == ("marked", later)
