"""What every catalog store does, whatever keeps its records."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from msgspec import structs
from msgspec.structs import replace

from andon.catalog.commit import (
    AddAudit,
    AddDeliveries,
    Commit,
    Emit,
    Forget,
    PutRun,
    RecordKey,
    Release,
    RequireNotWithdrawn,
    RequirePointers,
    RequireUnpublished,
    RequireUsable,
    SetDeliveryState,
    SetStatus,
    Withdraw,
)
from andon.catalog.records import RunRecord
from andon.errors import RequirementFailed, UsageError
from andon.events import Collected, EngineAdopted, Published
from andon.ports.catalog_store import CatalogStore
from tests.conformance.catalog_records import (
    KEY,
    NOW,
    add,
    audit,
    delivery,
    publication,
    publish,
    snapshot,
)


def test_a_new_catalog_knows_nothing(catalog: CatalogStore) -> None:
    state = catalog.state("prod")
    assert (state.publication, state.pointers, state.snapshots) == (0, {}, {})
    assert not catalog.find([KEY])
    assert not catalog.events()
    assert not catalog.environments()
    assert catalog.publication("p") is None
    assert catalog.pinned() == frozenset()


def test_a_snapshot_comes_back_as_it_was_given(catalog: CatalogStore) -> None:
    given = snapshot("s1")
    catalog.commit(add(given), NOW)
    assert catalog.find([KEY, ("marts.a", "other", "")]) == {KEY: given}
    assert list(catalog.snapshots(ids=["s1", "nowhere"])) == [given]


def test_snapshots_come_newest_first_and_by_asset(catalog: CatalogStore) -> None:
    catalog.commit(add(snapshot("s1"), snapshot("s2", "marts.b"), snapshot("s3")), NOW)
    assert [s.id for s in catalog.snapshots()] == ["s3", "s2", "s1"]
    assert [s.id for s in catalog.snapshots("marts.a")] == ["s3", "s1"]


def test_the_first_snapshot_of_a_build_key_keeps_it(catalog: CatalogStore) -> None:
    catalog.commit(add(snapshot("s1")), NOW)
    catalog.commit(add(snapshot("s2", key="key-s1")), NOW)
    assert catalog.find([KEY])[KEY].id == "s1"


def test_a_build_key_moves_on_when_gc_has_claimed_its_snapshot(catalog: CatalogStore) -> None:
    catalog.commit(add(snapshot("s1")), NOW)
    catalog.commit(Commit(updates=(SetStatus(snapshot_ids=("s1",), status="marked"),)), NOW)
    assert not catalog.find([KEY])
    catalog.commit(add(snapshot("s2", key="key-s1")), NOW)
    assert catalog.find([KEY])[KEY].id == "s2"


def test_a_further_key_finds_a_snapshot_already_held(catalog: CatalogStore) -> None:
    further = RecordKey(asset="marts.a", build_key="other", split="q", snapshot_id="s1")
    catalog.commit(add(snapshot("s1")), NOW)
    catalog.commit(Commit(updates=(further,)), NOW)
    assert catalog.find([("marts.a", "other", "q")])["marts.a", "other", "q"].id == "s1"


def test_repeating_a_commit_of_candidates_adds_nothing(catalog: CatalogStore) -> None:
    for _ in range(2):
        catalog.commit(add(snapshot("s1")), NOW)
    assert len(catalog.snapshots()) == 1


def test_a_publication_moves_pointers_and_accepts_snapshots(catalog: CatalogStore) -> None:
    catalog.commit(add(snapshot("s1"), snapshot("s2", "marts.b")), NOW)
    done = catalog.commit(publish("p1", ("marts.a", None, "s1"), ("marts.b", None, "s2")), NOW)
    state = catalog.state("prod")
    assert done.publication == state.publication == 1
    assert {a: p.snapshot_id for a, p in state.pointers.items()} == {
        "marts.a": "s1",
        "marts.b": "s2",
    }
    assert {s.status for s in state.snapshots.values()} == {"accepted"}
    assert catalog.state("dev").pointers == {}


def test_a_publication_may_remove_a_pointer(catalog: CatalogStore) -> None:
    catalog.commit(add(snapshot("s1")), NOW)
    catalog.commit(publish("p1", ("marts.a", None, "s1")), NOW)
    catalog.commit(publish("p2", ("marts.a", "s1", None)), NOW)
    assert catalog.state("prod").pointers == {}
    assert catalog.state_at("prod", 1)["marts.a"].id == "s1"
    assert catalog.state_at("prod", 2) == {}


def test_numbers_count_over_the_whole_catalog(catalog: CatalogStore) -> None:
    catalog.commit(add(snapshot("s1")), NOW)
    first = catalog.commit(publish("p1", ("marts.a", None, "s1")), NOW)
    second = catalog.commit(publish("p2", ("marts.a", None, "s1"), environment="dev"), NOW)
    assert (first.publication, second.publication) == (1, 2)
    assert list(catalog.environments()) == ["dev", "prod"]
    assert [p.number for p in catalog.publications("dev", 10)] == [2]


def test_every_publication_can_be_read_as_it_was(catalog: CatalogStore) -> None:
    catalog.commit(add(snapshot("s1"), snapshot("s2"), snapshot("b1", "marts.b")), NOW)
    catalog.commit(publish("p1", ("marts.a", None, "s1")), NOW)
    catalog.commit(publish("p2", ("marts.b", None, "b1")), NOW)
    catalog.commit(publish("p3", ("marts.a", "s1", "s2")), NOW)
    seen = [sorted(s.id for s in catalog.state_at("prod", n).values()) for n in (1, 2, 3)]
    assert seen == [["s1"], ["b1", "s1"], ["b1", "s2"]]


def test_an_unknown_publication_is_an_error_that_names_the_newest(catalog: CatalogStore) -> None:
    catalog.commit(add(snapshot("s1")), NOW)
    catalog.commit(publish("p1", ("marts.a", None, "s1")), NOW)
    with pytest.raises(UsageError, match="no publication 7") as error:
        catalog.state_at("prod", 7)
    assert error.value.code == "CAT005"
    assert "is 1" in error.value.problems[0].why


def test_beyond_the_horizon_is_an_error_that_names_it(catalog: CatalogStore) -> None:
    catalog.commit(add(snapshot("s1"), snapshot("s2")), NOW)
    catalog.commit(publish("p1", ("marts.a", None, "s1")), NOW)
    catalog.commit(publish("p2", ("marts.a", "s1", "s2")), NOW)
    catalog.commit(Commit(updates=(Forget(snapshot_ids=("s1",)),)), NOW)
    with pytest.raises(UsageError, match="beyond the horizon 2"):
        catalog.state_at("prod", 1)
    assert catalog.state_at("prod", 2)["marts.a"].id == "s2"
    assert len(catalog.publications("prod", 10)) == 2


def test_a_publication_is_found_by_recorded_time(catalog: CatalogStore) -> None:
    catalog.commit(add(snapshot("s1")), NOW)
    catalog.commit(publish("p1", ("marts.a", None, "s1")), NOW + timedelta(days=1))
    catalog.commit(publish("p2", ("marts.a", None, "s1")), NOW + timedelta(days=2))
    days = [catalog.publication_at("prod", NOW + timedelta(days=d)) for d in (0, 1, 1.5, 9)]
    assert days == [0, 1, 1, 2]


def test_recorded_time_never_runs_backwards(catalog: CatalogStore) -> None:
    event = EngineAdopted(version="2.0", by="me")
    for jump in (timedelta(0), -timedelta(days=9), timedelta(0)):
        catalog.commit(Commit(updates=(Emit(event=event),)), NOW + jump)
    times = [at for _, at, _ in catalog.events()]
    assert times == sorted(set(times))
    assert times[0] == NOW


def test_an_unknown_outcome_is_settled_by_id(catalog: CatalogStore) -> None:
    catalog.commit(add(snapshot("s1")), NOW)
    catalog.commit(publish("p1", ("marts.a", None, "s1")), NOW)
    found = catalog.publication("p1")
    assert found is not None
    given = publication("p1", ("marts.a", None, "s1"))
    assert found == replace(given, number=1, at=found.at)
    again = (RequireUnpublished(publication_id="p1"),)
    with pytest.raises(RequirementFailed, match="already there"):
        catalog.commit(publish("p1", ("marts.a", None, "s1"), requirements=again), NOW)


def test_a_moved_pointer_fails_the_commit_and_changes_nothing(catalog: CatalogStore) -> None:
    catalog.commit(add(snapshot("s1"), snapshot("s2")), NOW)
    catalog.commit(publish("p1", ("marts.a", None, "s1")), NOW)
    seen = (RequirePointers(environment="prod", pointers=(("marts.a", None),)),)
    with pytest.raises(RequirementFailed, match=r"marts\.a"):
        catalog.commit(publish("p2", ("marts.a", None, "s2"), requirements=seen), NOW)
    assert catalog.state("prod").pointers["marts.a"].snapshot_id == "s1"
    assert catalog.publication("p2") is None


def test_pointers_as_the_plan_saw_them_pass(catalog: CatalogStore) -> None:
    catalog.commit(add(snapshot("s1"), snapshot("s2")), NOW)
    catalog.commit(publish("p1", ("marts.a", None, "s1")), NOW)
    held = (("marts.a", "s1"), ("marts.b", None))
    seen = (RequirePointers(environment="prod", pointers=held),)
    done = catalog.commit(publish("p2", ("marts.a", "s1", "s2"), requirements=seen), NOW)
    assert done.publication == 2


@pytest.mark.parametrize("named", ["marked", "unknown"])
def test_what_gc_claimed_or_forgot_cannot_be_published(catalog: CatalogStore, named: str) -> None:
    catalog.commit(add(snapshot("marked")), NOW)
    catalog.commit(Commit(updates=(SetStatus(snapshot_ids=("marked",), status="marked"),)), NOW)
    with pytest.raises(RequirementFailed):
        catalog.commit(
            Commit(updates=(), requirements=(RequireUsable(snapshot_ids=(named,)),)), NOW
        )
    with pytest.raises(RequirementFailed):
        catalog.commit(publish("p1", ("marts.a", None, named)), NOW)
    assert catalog.state("prod").publication == 0


def test_a_view_is_as_usable_as_what_it_reads(catalog: CatalogStore) -> None:
    catalog.commit(add(snapshot("s1"), snapshot("v1", "marts.v", reads=("s1",))), NOW)
    view_key = ("marts.v", "key-v1", "")
    assert view_key in catalog.find([view_key])
    catalog.commit(Commit(updates=(SetStatus(snapshot_ids=("s1",), status="marked"),)), NOW)
    assert view_key not in catalog.find([view_key])
    with pytest.raises(RequirementFailed):
        catalog.commit(publish("p1", ("marts.v", None, "v1")), NOW)


def test_a_withdrawn_key_fails_until_it_is_released(catalog: CatalogStore) -> None:
    needed = Commit(
        updates=(), requirements=(RequireNotWithdrawn(environment="prod", keys=(KEY,)),)
    )
    catalog.commit(Commit(updates=(Withdraw(environment="prod", keys=(KEY,)),)), NOW)
    assert catalog.state("prod").withdrawn == {KEY}
    assert not catalog.state("dev").withdrawn
    with pytest.raises(RequirementFailed, match="withdrawn"):
        catalog.commit(needed, NOW)
    catalog.commit(Commit(updates=(Release(environment="prod", assets=("marts.a",)),)), NOW)
    catalog.commit(needed, NOW)


def test_releasing_no_asset_releases_all(catalog: CatalogStore) -> None:
    catalog.commit(Commit(updates=(Withdraw(environment="prod", keys=(KEY,)),)), NOW)
    catalog.commit(Commit(updates=(Release(environment="dev", assets=()),)), NOW)
    assert catalog.state("prod").withdrawn
    catalog.commit(Commit(updates=(Release(environment="prod", assets=()),)), NOW)
    assert not catalog.state("prod").withdrawn


def test_an_audit_replaces_an_older_one_of_the_same_checks(catalog: CatalogStore) -> None:
    catalog.commit(add(snapshot("s1")), NOW)
    catalog.commit(publish("p1", ("marts.a", None, "s1")), NOW)
    for made in (audit("s1", "c1"), audit("s1", "c2"), audit("s1", "c1", failing=2)):
        catalog.commit(Commit(updates=(AddAudit(audit=made),)), NOW)
    assert [a.checks for a in catalog.audits("s1")] == ["c1", "c2"]
    found = catalog.state("prod").audits
    assert found["s1", "c1"].verdict == "warn"
    assert found["s1", "c2"].verdict == "pass"


def test_a_new_version_at_a_path_supersedes_the_old(catalog: CatalogStore) -> None:
    for content in ("one", "two"):
        catalog.commit(Commit(updates=(AddDeliveries(deliveries=(delivery("a", content),)),)), NOW)
    catalog.commit(Commit(updates=(AddDeliveries(deliveries=(delivery("b", "one"),)),)), NOW)
    in_force = catalog.state("prod").deliveries["raw.x"]
    assert [(d.path, d.content) for d in in_force] == [("a", "two"), ("b", "one")]
    assert [d.state for d in catalog.deliveries()] == ["superseded", "landed", "landed"]
    assert not catalog.deliveries("raw.other")


def test_the_largest_number_of_a_sequence_is_known(catalog: CatalogStore) -> None:
    assert catalog.last_number("raw.x") == 0
    parts = tuple(replace(delivery("a#" + str(n), "c"), number=n) for n in (2, 3, 1))
    catalog.commit(Commit(updates=(AddDeliveries(deliveries=parts),)), NOW)
    assert (catalog.last_number("raw.x"), catalog.last_number("raw.other")) == (3, 0)


def test_bytes_that_come_back_to_a_path_are_its_newest_version(catalog: CatalogStore) -> None:
    for content in ("one", "two", "one"):
        catalog.commit(Commit(updates=(AddDeliveries(deliveries=(delivery("a", content),)),)), NOW)
    assert [(d.content, d.state) for d in catalog.deliveries()] == [
        ("two", "superseded"),
        ("one", "landed"),
    ]


def test_a_delivery_set_aside_stays_so_when_it_is_offered_again(catalog: CatalogStore) -> None:
    given = delivery("a", "one")
    catalog.commit(Commit(updates=(AddDeliveries(deliveries=(given,)),)), NOW)
    aside = SetDeliveryState(delivery_ids=(given.id,), state="set_aside")
    catalog.commit(Commit(updates=(aside,)), NOW)
    again = replace(given, facts='{"n": 1}')
    catalog.commit(Commit(updates=(AddDeliveries(deliveries=(again,)),)), NOW)
    (found,) = catalog.state("prod").deliveries["raw.x"]
    assert (found.state, found.facts) == ("set_aside", '{"n": 1}')


def test_a_run_is_replaced_by_its_id(catalog: CatalogStore) -> None:
    first = RunRecord(id="r1", environment="prod", started_at=NOW, logical_time=NOW)
    done = structs.replace(first, status="done", finished_at=NOW, publication=3)
    for run in (first, structs.replace(first, id="r2"), done):
        catalog.commit(Commit(updates=(PutRun(run=run),)), NOW)
    assert [(r.id, r.status) for r in catalog.runs(9)] == [("r2", "running"), ("r1", "done")]
    assert len(catalog.runs(1)) == 1


def test_events_come_in_order_after_a_number(catalog: CatalogStore) -> None:
    events = (
        Published(run_id="r", publication_id="p", environment="prod", changed=1, held=0),
        Collected(snapshots=1, bytes=2),
        EngineAdopted(version="2.0", by="me"),
    )
    catalog.commit(Commit(updates=tuple(Emit(event=e) for e in events)), NOW)
    assert [event for _, _, event in catalog.events()] == list(events)
    assert [event for _, _, event in catalog.events(after=1, limit=1)] == [events[1]]
    found = catalog.events(kinds=("EngineAdopted",))
    assert [event for _, _, event in found] == [e for e in events if isinstance(e, EngineAdopted)]


def test_events_are_found_by_the_moment_since_when(catalog: CatalogStore) -> None:
    for day in range(7):
        event = Emit(event=Collected(snapshots=day, bytes=0))
        catalog.commit(Commit(updates=(event,) * day), NOW + timedelta(days=day))
    for day in range(-1, 8):
        moment = NOW + timedelta(days=day)
        expected = [number for number, at, _ in catalog.events() if at >= moment]
        assert [number for number, _, _ in catalog.events(since=moment)] == expected
    latest = catalog.events(since=NOW + timedelta(days=6), after=18, limit=2)
    assert [number for number, _, _ in latest] == [19, 20]


def test_an_event_of_a_failed_commit_is_not_there(catalog: CatalogStore) -> None:
    event = Emit(event=Collected(snapshots=1, bytes=2))
    bad = publish("p1", ("marts.a", None, "nowhere"))
    with pytest.raises(RequirementFailed):
        catalog.commit(Commit(updates=(event, *bad.updates)), NOW)
    assert not catalog.events()


def test_all_broken_requirements_are_told_at_once(catalog: CatalogStore) -> None:
    both = (
        RequireUsable(snapshot_ids=("nowhere",)),
        RequirePointers(environment="prod", pointers=(("marts.a", "s1"),)),
    )
    with pytest.raises(RequirementFailed) as error:
        catalog.commit(Commit(updates=(), requirements=both), NOW)
    assert [p.code for p in error.value.problems] == ["CAT001", "CAT001"]


def test_what_one_handle_commits_another_reads(open_catalog: Callable[[], CatalogStore]) -> None:
    one, two = open_catalog(), open_catalog()
    assert two.state("prod").publication == 0
    one.commit(add(snapshot("s1")), NOW)
    one.commit(publish("p1", ("marts.a", None, "s1")), NOW)
    assert two.state("prod").publication == 1
    one.close()
    one.close()
    assert two.state("prod").snapshots["s1"].status == "accepted"
