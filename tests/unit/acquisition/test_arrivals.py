"""What arrived, and which deliveries a raw table is read from."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs
from msgspec.structs import replace

from andon.acquisition.deliveries.arrivals import Found
from andon.acquisition.deliveries.choose import choose
from andon.acquisition.deliveries.decide import decide, delivery_id, has_to_be_read
from andon.acquisition.readings.fingerprint import build_key, fingerprint, reading
from andon.catalog.records import Delivery
from andon.names import AssetName
from andon.spec.check import Tolerance
from andon.spec.origin import FilesOrigin
from andon.spec.source import CsvDialect, SourceTable

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
NOON_NS = int(NOON.timestamp()) * 1_000_000_000
TABLE = SourceTable(name=AssetName("raw.t"), source="raw", origin=FilesOrigin(paths=("*.csv",)))


def found(path: str, content: str | None) -> Found:
    return Found(path=path, bytes=3, modified_ns=NOON_NS, content=content)


def delivery(path: str, content: str, day: int = 0) -> Delivery:
    return Delivery(
        id=delivery_id("raw.t", path, content),
        table="raw.t",
        path=path,
        content=content,
        bytes=3,
        modified_ns=NOON_NS,
        arrived_at=NOON + timedelta(days=day),
        run_id="r",
    )


@pytest.mark.parametrize(
    ("seconds_after", "is_read"), [(0, True), (1, True), (2, True), (3, False), (3600, False)]
)
def test_a_file_younger_than_the_last_run_and_two_seconds_is_read(
    seconds_after: int, is_read: bool
) -> None:
    last_run = NOON + timedelta(seconds=seconds_after)
    assert has_to_be_read(found("a", None), delivery("a", "1"), last_run) is is_read


def test_another_size_or_an_unknown_path_is_read() -> None:
    longer = Found(path="a", bytes=4, modified_ns=NOON_NS)
    late = NOON + timedelta(days=1)
    assert has_to_be_read(longer, delivery("a", "1"), late)
    assert has_to_be_read(longer, None, late)


def test_files_are_sorted_into_new_changed_repeated_and_vanished() -> None:
    known = [delivery("kept", "1"), delivery("altered", "2"), delivery("gone", "3")]
    seen = decide(
        "raw.t",
        [found("kept", None), found("altered", "4"), found("fresh", "5"), found("twin", "1")],
        known,
    )
    assert [file.path for file in seen.new] == ["fresh"]
    assert [file.path for file in seen.changed] == ["altered"]
    assert [(file.path, same) for file, same in seen.repeated] == [("twin", "kept")]
    assert seen.vanished == ("gone",)


def test_a_file_touched_without_a_change_is_nothing() -> None:
    seen = decide("raw.t", [found("a", "1")], [delivery("a", "1")])
    assert (seen.new, seen.changed, seen.repeated) == ((), (), ())


def test_of_new_files_with_the_same_bytes_the_shortest_path_is_the_origin() -> None:
    seen = decide("raw.t", [found("a/b", "1"), found("b", "1"), found("a", "1")], [])
    assert [file.path for file in seen.new] == ["a"]
    assert [(file.path, same) for file, same in seen.repeated] == [("a/b", "a"), ("b", "a")]


def test_a_superseded_or_set_aside_delivery_is_not_loaded() -> None:
    deliveries = [
        replace(delivery("a", "1"), state="superseded"),
        delivery("a", "2", day=1),
        replace(delivery("b", "3"), state="set_aside"),
    ]
    assert [(load.path, load.content) for load in choose(deliveries)] == [("a", "2")]


def test_what_is_loaded_does_not_depend_on_the_order_of_arrival() -> None:
    deliveries = [delivery(f"d/{n}.csv", str(n % 7)) for n in range(20)]
    wanted = choose(deliveries)
    keys = {build_key("f", deliveries, "2.0.1")}
    shuffler = random.Random(1)
    for _ in range(100):
        shuffler.shuffle(deliveries)
        assert choose(deliveries) == wanted
        keys.add(build_key("f", deliveries, "2.0.0"))
    assert [load.path for load in wanted] == sorted(f"d/{n}.csv" for n in range(7))
    assert len(keys) == 1


def test_the_key_follows_bytes_origin_and_minor_version() -> None:
    base = build_key("f", [delivery("a", "1")], "2.0.0")
    others = [
        build_key("g", [delivery("a", "1")], "2.0.0"),
        build_key("f", [delivery("a", "2")], "2.0.0"),
        build_key("f", [delivery("b", "1")], "2.0.0"),
        build_key("f", [delivery("a", "1")], "2.1.0"),
    ]
    assert base not in others
    assert len(set(others)) == 4


def test_only_what_changes_rows_is_in_the_fingerprint() -> None:
    same = structs.replace(
        TABLE,
        origin=FilesOrigin(paths=("x/*",)),
        owner="me",
        description="d",
        key=("a",),
        limit=Tolerance(rows=3),
    )
    assert fingerprint(same) == fingerprint(TABLE)
    assert reading(same) == reading(TABLE)
    for other in (
        structs.replace(TABLE, format="csv"),
        structs.replace(TABLE, columns=(("a", "DATE"),)),
        structs.replace(TABLE, dialect=CsvDialect(nulls=("-",))),
    ):
        assert fingerprint(other) != fingerprint(TABLE)
    assert fingerprint(structs.replace(TABLE, system="other")) != fingerprint(TABLE)
