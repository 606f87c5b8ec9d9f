"""The sequence in which an origin was read."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec.structs import replace

from andon.acquisition.cursors.sequence import identity, in_force, next_number, part, position
from andon.acquisition.deliveries.choose import choose
from andon.catalog.records import Delivery
from andon.names import AssetName
from andon.spec.origin import DatabaseOrigin, HttpOrigin, PushOrigin, PythonOrigin, Secret
from andon.spec.source import SourceTable

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ORDERS = SourceTable(
    name=AssetName("shop.orders"),
    source="shop",
    origin=DatabaseOrigin(kind="postgres", relation="public.orders", mode="append", cursor="id"),
)


def piece(number: int, content: str = "00", reached: str = "") -> Delivery:
    return part(ORDERS, "public.orders", number, (content, 2), "run", NOON, position=reached)


def test_a_part_tells_its_place_in_its_path() -> None:
    assert piece(3).path == "public.orders#3"
    assert next_number([piece(1), piece(3)]) == 4
    assert next_number([]) == 1


def test_equal_parts_of_a_sequence_are_loaded_as_often_as_they_came() -> None:
    assert [load.number for load in choose([piece(2), piece(1)])] == [1, 2]


def test_reading_goes_on_from_the_last_position() -> None:
    assert position([piece(2, reached="7"), piece(1, reached="9"), piece(3)]) == "7"
    assert position([]) == ""


def test_what_only_a_withdrawn_snapshot_holds_is_asked_for_again() -> None:
    parts = [piece(1, "aa"), piece(2, "bb"), piece(3, "cc")]
    ids = [one.id for one in parts]
    assert in_force(ORDERS, parts, ids[:1], [ids[:2]]) == (parts[0], parts[2])
    assert in_force(ORDERS, parts, (), []) == tuple(parts)


def test_what_cannot_be_asked_for_again_stays_in_force() -> None:
    yielded = PythonOrigin(path="sources/s.py", function="f", mode="append")
    for origin in (PushOrigin(), yielded):
        table = replace(ORDERS, origin=origin)
        parts = [part(table, "f", number, ("aa", 2), "run", NOON) for number in (1, 2)]
        assert in_force(table, parts, (), [[parts[1].id]]) == tuple(parts)
    table = replace(ORDERS, origin=replace(yielded, mode="full"))
    full = part(table, "f", 1, ("aa", 2), "run", NOON)
    assert in_force(table, [full], (), [[full.id]]) == ()


def test_what_is_asked_for_again_and_is_the_same_is_another_arrival() -> None:
    before = piece(2, "bb")
    again = part(ORDERS, "public.orders", 2, ("bb", 2), "later run", NOON)
    assert in_force(ORDERS, [before, again], (), [[before.id]]) == (again,)


def test_parts_of_what_was_asked_for_before_are_not_in_force() -> None:
    other = replace(ORDERS, origin=replace(ORDERS.origin, relation="public.orders_2"))
    assert in_force(other, [piece(1)]) == ()


def test_identity_holds_what_is_asked_for_and_no_address() -> None:
    moved = replace(
        ORDERS,
        origin=replace(ORDERS.origin, settings=(("password", Secret(via="env", name="PW")),)),
    )
    assert identity(moved) == identity(ORDERS)
    assert identity(replace(ORDERS, system="erp")) != identity(ORDERS)
    here, there = (
        replace(ORDERS, origin=HttpOrigin(url=f"http://{host}/issues")) for host in ("a", "b")
    )
    assert identity(here) == identity(there)
