"""Repairs: what counts, what is replaced, whatever order things came in."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import pytest

from andon.acquisition.deliveries.choose import Load, choose
from andon.acquisition.deliveries.repairs import Repair, encode, repair_of, standing, together
from andon.acquisition.readings.fingerprint import build_key
from andon.catalog.records import Delivery
from andon.spec.format import format_of

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def delivery(id_: str, path: str = "", repairs: Repair | None = None, **other: Any) -> Delivery:
    return Delivery(
        id=id_,
        table="raw.t",
        path=path or f"{id_}.csv",
        content=other.pop("content", id_),
        bytes=1,
        modified_ns=0,
        arrived_at=NOON,
        run_id="r",
        repairs=encode(repairs) if repairs else "",
        **other,
    )


A, B = delivery("a"), delivery("b")
FIX = delivery("fix", "a.csv~00000001", Repair(of="a", lines="3", rows="7-8", by="me"))
AGAIN = delivery("again", "a.csv~00000001~00000002", Repair(of="fix", rows="1"))
WHOLE = delivery("whole", "b.csv~00000003", Repair(of="b", is_whole=True))


def read(*deliveries: Delivery) -> dict[str, Load]:
    return {load.id: load for load in choose(deliveries)}


def test_a_repair_comes_back_from_its_text() -> None:
    assert repair_of(FIX) == Repair(of="a", lines="3", rows="7-8", by="me")
    assert repair_of(A) is None


def test_a_repair_is_read_and_what_it_replaces_is_not() -> None:
    loads = read(A, B, FIX)
    assert list(loads) == ["a", "b", "fix"]
    assert (loads["a"].lines, loads["a"].rows, loads["a"].left_out) == ("3", "7-8", "7-8")
    assert (loads["fix"].rank, loads["b"].mark) == (1, "b")
    assert loads["a"].mark != "a"


def test_a_repair_of_a_repair_replaces_of_that() -> None:
    loads = read(A, FIX, AGAIN)
    assert (loads["fix"].rows, loads["a"].rows) == ("1", "7-8")


def test_what_repairs_a_whole_delivery_takes_its_place() -> None:
    assert list(read(A, B, WHOLE)) == ["a", "whole"]
    for state in ("refused", "set_aside"):
        assert list(read(A, delivery("b", state=state), WHOLE)) == ["a", "whole"]


@pytest.mark.parametrize(
    "deliveries",
    [
        [delivery("b"), FIX],
        [delivery("a", state="superseded"), B, FIX, AGAIN],
        [delivery("a", state="set_aside"), B, FIX],
    ],
)
def test_a_repair_of_what_is_not_in_force_counts_for_nothing(deliveries: list[Delivery]) -> None:
    assert list(read(*deliveries)) == ["b"]


def test_a_repair_that_was_taken_back_counts_for_nothing() -> None:
    aside = delivery("fix", FIX.path, repair_of(FIX), state="set_aside")
    loads = read(A, aside, AGAIN)
    assert list(loads) == ["a"]
    assert loads["a"].replaced == ()


def test_equal_repairs_of_two_files_are_both_read() -> None:
    one = delivery("1", "a.csv~00000001", Repair(of="a", lines="1"), content="same")
    two = delivery("2", "b.csv~00000002", Repair(of="b", lines="1"), content="same")
    assert list(read(A, B, one, two)) == ["a", "b", "1", "2"]


def test_a_repair_of_a_file_that_lies_under_two_paths_holds_for_both() -> None:
    twin = delivery("z", "z", content="a")
    loads = read(A, twin, FIX)
    assert loads["z"].rows == "7-8"


def test_repairs_of_one_number_come_right_behind_it() -> None:
    parts = [delivery(f"p{n}", f"t#{n}", number=n) for n in (1, 2)]
    fix = delivery("fix", "t#1~00000001", Repair(of="p1", rows="1"), number=1)
    loads = choose([fix, *parts])
    assert [(load.id, load.number, load.rank) for load in loads] == [
        ("p1", 1, 0),
        ("fix", 1, 1),
        ("p2", 2, 0),
    ]


def test_neither_order_of_arrival_nor_what_does_not_count_is_in_the_key() -> None:
    deliveries = [A, B, FIX, AGAIN, WHOLE]
    wanted, keys = choose(deliveries), set()
    shuffler = random.Random(2)
    for _ in range(50):
        shuffler.shuffle(deliveries)
        assert choose(deliveries) == wanted
        keys.add(build_key("f", deliveries, "2.0"))
    assert len(keys) == 1
    assert build_key("f", [A, FIX], "2.0") != build_key("f", [A], "2.0")
    assert build_key("f", [B, FIX], "2.0") == build_key("f", [B], "2.0")


def test_only_what_stands_is_standing() -> None:
    assert set(standing([A, FIX, AGAIN, WHOLE])) == {"fix", "again"}


def test_spans_are_joined() -> None:
    assert together("1-3", "9,4", "") == "1-4,9"
    assert together("", "") == ""


def test_the_mark_of_a_repair_is_no_part_of_the_format() -> None:
    names = ["a.csv~0123abcd", "t.json#3~0123abcd", "a.csv.gz~0123abcd~99999999", "a.csv~1"]
    assert [format_of(name) for name in names] == ["csv", "json", "csv", None]
